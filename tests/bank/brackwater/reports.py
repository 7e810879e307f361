"""The half-year report and the capital and risk disclosures."""
import io

import pikepdf

from . import figures as f
from .pdfkit import Book


def m(thousand):
    return f"{thousand / 1000:,.1f}"


def half_year_report():
    b = Book("Half-year report 2025", header="Half-year report, six months to 30 June 2025",
             footer="Unaudited. Amounts in EUR 000 unless stated otherwise.")
    h, g = f.half_year(2025), f.half_year(2024)
    b.p("Half-year report 2025", style="title")
    b.p("Six months ended 30 June 2025 · published on 31 July 2025", style="subtitle")
    b.gap(10)
    b.h2("Summary")
    b.statement(("EUR 000", "H1 2025", "H1 2024"), [
        (("*" if k in ("income", "profit") else "") + label, h[k], g[k]) for label, k in (
            ("Net interest income", "nii"), ("Net fee and commission income", "net_fees"),
            ("Trading and other income", "trading_other"), ("Total operating income", "income"),
            ("Operating expenses", "expenses"), ("Impairment losses", "impairment"), ("Profit before tax", "pbt"),
            ("Profit for the period", "profit"))]
        + [("Cost-to-income ratio, %", str(h["cost_income"]), str(g["cost_income"]))], (90, 30, 30))
    b.p(f"""Profit for the first half of 2025 was EUR {m(h['profit'])} million, EUR {m(h['profit'] - g['profit'])} million
        more than in the first half of 2024. Income grew faster than expenses; impairment losses were lower in both
        segments. No interim dividend is paid: the Board decides once a year, with the annual results.""")
    b.h2("Events in the half-year")
    b.bullets(["9 January: instant payments become free for all customers in the app and online.",
               "28 March: the branch at Alderney Row closes; the mobile branch serves the town from 1 April.",
               "19 June: covered bond of EUR 150 million, coupon 3.375 %, due in 2031.",
               "30 June: 281,700 active personal users of the app, after 271,900 at the end of 2024."])
    b.page()
    b.h1("Business review")
    b.p("""New mortgage lending was EUR 331.7 million to 1,604 households. Demand was strong in the second quarter, when
        the 5-year fixed rate fell below 3.6 % for loans up to 60 % of the value. New lending to small and medium
        enterprises was EUR 98.2 million, a little less than we had planned.""",
        """Customer deposits stood at EUR 7,012.4 million on 30 June 2025. Notice accounts grew most, by EUR 52.8 million
        in six months. The average cost of deposits was 1.37 %, compared with 1.49 % in the first half of 2024.""")
    b.h2("Quarterly development")
    qs = f.quarters(2024)[2:] + f.quarters(2025)[:2]
    b.statement(("EUR 000", "Q3 2024", "Q4 2024", "Q1 2025", "Q2 2025"), [
        (label, *[q[k] for q in qs]) for label, k in (
            ("Net interest income", "nii"), ("Net fee and commission income", "net_fees"),
            ("Total operating income", "income"), ("Staff costs", "staff"), ("Other administrative expenses", "admin"),
            ("Depreciation and amortisation", "depreciation"), ("Impairment losses", "impairment"),
            ("Profit before tax", "pbt"), ("Income tax", "tax"), ("Profit for the period", "profit"))],
        (66, 24, 24, 24, 24))
    b.h2("Risk and capital")
    b.p("""On 30 June 2025 the Common Equity Tier 1 ratio was 16.1 %, including the profit of the half-year less the
        expected dividend. The liquidity coverage ratio was 163 %. Stage 3 loans were EUR 138.9 million, or 2.26 % of gross
        loans. The ten largest business exposures were EUR 151.2 million.""")
    b.page()
    b.h1("Condensed income statement")
    b.statement(("EUR 000", "Q1 2025", "Q2 2025", "H1 2025", "H1 2024"), [
        ((star + label), *[sign * q[k] for q in f.quarters(2025)[:2]], sign * h[k], sign * g[k])
        for label, k, sign, star in (
            ("Net interest income", "nii", 1, ""), ("Net fee and commission income", "net_fees", 1, ""),
            ("Trading and other income", "trading_other", 1, ""), ("Total operating income", "income", 1, "*"),
            ("Staff costs", "staff", -1, ""), ("Other administrative expenses", "admin", -1, ""),
            ("Depreciation and amortisation", "depreciation", -1, ""), ("Total operating expenses", "expenses", -1, "*"),
            ("Operating profit before impairment", "operating_profit", 1, "*"), ("Impairment losses", "impairment", -1, ""),
            ("Profit before tax", "pbt", 1, "*"), ("Income tax", "tax", -1, ""), ("Profit for the period", "profit", 1, "*"))],
        (66, 24, 24, 24, 24))
    b.h2("Basis of preparation")
    b.p("""This report follows the standard for interim reporting. The accounting policies are those of the annual report
        2024. Estimates are updated each quarter; the tax rate used is 21 %. The auditor has not reviewed this report.""")
    b.h2("Seasonal effects")
    b.p("""Card income is highest in July and August, when the coast has its visitors. The levy for the Deposit Guarantee
        Scheme is paid and recognised in the second quarter; in 2025 it was EUR 3.1 million.""")
    b.page()
    b.h1("Loans and deposits on 30 June 2025")
    b.statement(("EUR 000", "30 June 2025", "31 December 2024"), [
        ("#Gross loans", None, None), ("Owner-occupied mortgages", 4131480, 4042800), ("Buy-to-let mortgages", 390615, 395690),
        ("Consumer loans", 399870, 387425), ("Credit cards and overdrafts", 134925, 133140),
        ("Small and medium enterprises", 774810, 761675), ("Commercial property", 326245, 332995),
        ("*Total gross loans", 6157945, 6053725),
        ("#Customer deposits", None, None), ("Current accounts", 2431725, 2391840), ("Instant access savings", 2189460, 2168425),
        ("Notice accounts", 950115, 897315), ("Fixed-term deposits", 1327340, 1298760),
        ("Children's and regular savings", 113760, 109280), ("*Total customer deposits", 7012400, 6865620)], (90, 34, 36))
    b.h2("Outlook for the second half")
    b.p("""We expect loan growth of about 3 % for the whole year and a cost-to-income ratio of 55 % or a little less. The
        move of the core banking platform to Wexcombe is planned for the weekend of 11 and 12 October. Services will be
        limited for up to 30 hours; customers will be told by the end of August.""")
    b.h2("Responsibility statement")
    b.p("""The directors confirm that, to the best of their knowledge, this report gives a true and fair view of the
        position of the bank and of its principal risks for the rest of the year.""",
        "Port Selwyn, 30 July 2025: Ingrid Vasterling, Tomas Adeyemi-Roche, Priya Raghavan-Moore")
    return b.render()


def _rotate_page(pdf, index):
    """Stores a landscape page upright with /Rotate 90, as scanners and some
    report writers do. On screen it looks the same."""
    page = pdf.pages[index]
    width, height = float(page.mediabox[2]), float(page.mediabox[3])
    page.contents_add(pdf.make_stream(f"q 0 1 -1 0 {height:.2f} 0 cm\n".encode()), prepend=True)
    page.contents_add(pdf.make_stream(b"\nQ"))
    page.mediabox = [0, 0, height, width]
    page.Rotate = 90


def capital_disclosures():
    """Plain PDF bytes; `make_documents.py` encrypts them with the empty user password."""
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.platypus import Frame, NextPageTemplate, PageTemplate
    b = Book("Capital and risk disclosures 2025", header="Capital and risk disclosures, 31 December 2025",
             footer="Pillar 3 report. Amounts in EUR 000 unless stated otherwise.")
    b.p("Capital and risk disclosures", style="title")
    b.p("31 December 2025", style="subtitle")
    b.p("""These disclosures add to the annual report for 2025. They are published once a year, with key metrics each
        quarter, and have been approved by the Board Risk Committee on 24 February 2026. They have not been audited.""")
    b.h1("1 Key metrics")
    b.statement(("EUR 000", "31 Dec 2025", "30 Sep 2025", "30 Jun 2025", "31 Dec 2024"), [
        ("Common Equity Tier 1 capital", f.cet1(2025), 673840, 658925, f.cet1(2024)),
        ("Tier 2 capital", 150000, 150000, 150000, 150000),
        ("*Total own funds", f.cet1(2025) + 150000, 823840, 808925, f.cet1(2024) + 150000),
        ("Risk-weighted assets", f.rwa(2025), 4116290, 4092710, f.rwa(2024)),
        ("CET1 ratio, %", f.ratio(f.cet1(2025), f.rwa(2025)), f.ratio(673840, 4116290), f.ratio(658925, 4092710),
         f.ratio(f.cet1(2024), f.rwa(2024))),
        ("Total capital ratio, %", f.ratio(f.cet1(2025) + 150000, f.rwa(2025)), f.ratio(823840, 4116290),
         f.ratio(808925, 4092710), f.ratio(f.cet1(2024) + 150000, f.rwa(2024))),
        ("Leverage ratio, %", f.ratio(f.cet1(2025), f.leverage_exposure(2025)), "7.4", "7.3",
         f.ratio(f.cet1(2024), f.leverage_exposure(2024))),
        ("Liquidity coverage ratio, %", str(f.LCR[2025]), "165", "163", str(f.LCR[2024])),
        ("Net stable funding ratio, %", str(f.NSFR[2025]), "130", "130", str(f.NSFR[2024]))], (58, 28, 26, 26, 26))
    b.h2("Requirements")
    b.statement(("Per cent of risk-weighted assets", "CET1", "Total capital"), [
        ("Minimum requirement", "4.50", "8.00"), ("Supervisory requirement (pillar 2)", "1.10", "1.95"),
        ("Capital conservation buffer", "2.50", "2.50"), ("Countercyclical buffer", "1.50", "1.50"),
        ("Buffer for systemic importance", "1.00", "1.00"), ("*Overall requirement", "10.60", "14.95")], (90, 30, 34))
    b.page()
    b.h1("2 Own funds")
    b.p("""Own funds start from the equity of the balance sheet. The proposed dividend is deducted, as are intangible
        assets and deferred tax assets. The subordinated notes of 2023 count fully as Tier 2 capital until 2028, when
        the bank may call them.""")
    b.statement(("EUR 000", "2025", "2024"), [
        ("Share capital and share premium", f.SHARE_CAPITAL + f.SHARE_PREMIUM, f.SHARE_CAPITAL + f.SHARE_PREMIUM),
        ("Retained earnings", f.RETAINED[2025], f.RETAINED[2024]), ("Fair value reserve", f.FVOCI[2025], f.FVOCI[2024]),
        ("Proposed dividend", -f.PROPOSED[2025], -f.PROPOSED[2024]),
        ("Intangible assets", -f.INTANGIBLE[2025], -f.INTANGIBLE[2024]),
        ("Deferred tax assets", -f.ASSETS["Deferred tax assets"][2025], -f.ASSETS["Deferred tax assets"][2024]),
        ("*Common Equity Tier 1 capital", f.cet1(2025), f.cet1(2024)), ("Subordinated notes", 150000, 150000),
        ("*Own funds", f.cet1(2025) + 150000, f.cet1(2024) + 150000)], (100, 28, 28))
    b.h1("3 Risk-weighted assets")
    b.statement(("EUR 000", "2025", "2024", "Own funds requirement 2025"),
                [(n, r[2025], r[2024], f"{round(r[2025] * 0.08):,}") for n, r in f.RWA.items()]
                + [("*Total", f.rwa(2025), f.rwa(2024), f"{sum(round(r[2025] * 0.08) for r in f.RWA.values()):,}")],
                (70, 26, 26, 46))
    b.p("""The bank uses the standardised approach for credit, market and operational risk. The own funds requirement is
        8 % of the risk-weighted assets. The increase in operational risk follows from the growth of income over three
        years.""")
    b.add(NextPageTemplate("wide"))
    b.page()
    b.h1("4 Credit risk by exposure class")
    classes = [("Central governments and central banks", 1562480, 1562480, 0, 0), ("Multilateral banks and agencies", 371260, 371260, 20, 8940),
               ("Institutions", 298415, 298415, 30, 91620), ("Corporates", 612340, 498215, 92, 458360),
               ("Retail", 842615, 648930, 73, 474180), ("Secured by residential property", 4519870, 4398245, 42, 1847265),
               ("Secured by commercial property", 381460, 362115, 94, 340390), ("Exposures in default", 98215, 81140, 118, 95745),
               ("Covered bonds", 412630, 412630, 16, 66020), ("Other items", 348215, 348215, 87, 0)]
    rest = f.RWA["Credit risk"][2025] - sum(c[4] for c in classes)
    classes[-1] = ("Other items", 348215, 348215, round(100 * rest / 348215), rest)
    b.statement(("EUR 000, 31 December 2025", "Exposure before mitigation", "Exposure after mitigation",
                 "Average weight %", "Risk-weighted assets"),
                [(c[0], c[1], c[2], str(round(100 * c[4] / c[2])), c[4]) for c in classes]
                + [("*Total", sum(c[1] for c in classes), sum(c[2] for c in classes), "",
                    sum(c[4] for c in classes))], (82, 48, 46, 34, 40))
    b.p("""This table covers exposures on and off the balance sheet, after loss allowances and credit conversion. Guarantees
        of the state housing fund explain most of the difference between the first two columns in residential property.""")
    b.add(NextPageTemplate("page"))
    b.page()
    b.h1("5 Non-performing and forborne exposures")
    b.statement(("EUR 000", "Gross", "Allowance", "Coverage %"), [
        (n, r[2025][2], r[2025][5], f.ratio(r[2025][5], r[2025][2])) for n, r in f.LOAN_STAGES.items()]
        + [("*Total stage 3", f.gross(2025, 3), f.ecl(2025, 3), f.ratio(f.ecl(2025, 3), f.gross(2025, 3)))], (74, 28, 28, 28))
    b.p("""Forborne loans were EUR 187.3 million, of which EUR 71.6 million performing and EUR 115.7 million in stage 3. The
        most frequent measures were a longer term (46 %), interest only for up to twelve months (31 %) and a payment
        holiday of up to six months (14 %).""")
    b.h1("6 Liquidity")
    b.statement(("EUR 000, average of twelve months", "2025", "2024"), [
        ("Level 1 assets", 1684320, 1592875), ("Level 2A assets", 214615, 198340), ("Level 2B assets", 31240, 28965),
        ("*High-quality liquid assets", 1930175, 1820180), ("Outflows, retail deposits", 398420, 386215),
        ("Outflows, business deposits", 812640, 801575), ("Other outflows", 186215, 179340),
        ("Inflows", -248360, -222370), ("*Net outflows", 1148915, 1144760)], (100, 28, 28))
    b.p("""With these averages the ratio is 168 % for 2025 and 159 % for 2024. The survival horizon under the combined
        stress was 176 days at year end; the limit is 120 days.""")
    b.page()
    b.h1("7 Interest rate risk of the banking book")
    b.statement(("Change in economic value of equity, EUR 000", "2025", "2024"), [
        ("Parallel up 200 basis points", -31240, -35860), ("Parallel down 200 basis points", 18415, 20390),
        ("Steepener", -6210, -7445), ("Flattener", -4865, -5120), ("Short rates up", -12390, -14215),
        ("Short rates down", 9640, 10875)], (100, 28, 28))
    b.p(f"""The worst case is the parallel rise: it would cost {f.ratio(31240, f.cet1(2025))} % of Common Equity Tier 1
        capital. The supervisory threshold is 15 %. Non-maturity deposits are modelled with an average term of 2.8 years
        and a longest term of 7 years.""")
    b.h1("8 Operational risk")
    b.statement(("EUR 000", "2025", "2024", "2023"), [
        ("External fraud", 2348, 2382, 2105), ("Execution and process", 864, 1120, 948),
        ("Clients, products and practices", 610, 1485, 390), ("Systems and outages", 215, 148, 262),
        ("Damage to property", 94, 37, 1215), ("*Total losses", 4131, 5172, 4920)], (90, 26, 26, 26))
    b.p("""The loss from damage to property in 2023 was caused by the flood of Wexcombe Docklands on 22 November 2023. The
        insurance paid EUR 870 thousand of it in 2024.""")
    b.h1("9 Remuneration of material risk takers")
    b.statement(("2025", "Board and executive", "Other risk takers"), [
        ("Number of people", "13", "24"), ("Fixed remuneration, EUR 000", 2786, 3418),
        ("Variable remuneration, EUR 000", 476, 512), ("of which deferred, EUR 000", 190, 154)], (76, 42, 40))
    b.p("No severance payments to risk takers were made in 2025. Nobody earned EUR 1 million or more.")

    buffer = io.BytesIO(_render_with_wide_page(b, landscape(A4), Frame, PageTemplate))
    pdf = pikepdf.open(buffer)
    wide = [i for i, p in enumerate(pdf.pages) if float(p.mediabox[2]) > float(p.mediabox[3])]
    for i in wide:
        _rotate_page(pdf, i)
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _render_with_wide_page(b, size, Frame, PageTemplate):
    from reportlab.lib.units import mm
    from reportlab.platypus import BaseDocTemplate
    out = io.BytesIO()
    doc = BaseDocTemplate(out, pagesize=b.page_size, title=b.title, author=b.author,
                          subject="Fictional example document", creator="Brackwater Bank plc")

    def wide_furniture(canvas, d):
        canvas.saveState()
        canvas.setFont("Helvetica", 7.8)
        canvas.drawString(20 * mm, size[1] - 13 * mm, b.header)
        canvas.drawRightString(size[0] - 20 * mm, 11 * mm, str(canvas.getPageNumber()))
        canvas.restoreState()

    w, h = b.page_size
    l, r, t, bottom = b.margins
    doc.addPageTemplates([
        PageTemplate("page", [Frame(l, bottom, w - l - r, h - t - bottom, 0, 0, 0, 0)], onPage=b._furniture, pagesize=b.page_size),
        PageTemplate("wide", [Frame(20 * mm, 20 * mm, size[0] - 40 * mm, size[1] - 44 * mm, 0, 0, 0, 0)],
                     onPage=wide_furniture, pagesize=size)])
    doc.build(b.story)
    return out.getvalue()
