"""Word, Excel and PowerPoint documents, written so that the bytes repeat."""
import io
import re
import zipfile
from datetime import datetime

from docx import Document
from docx.enum.text import WD_BREAK
from docx.shared import Pt, RGBColor
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor as SlideColor
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches, Pt as SlidePt

from . import facts, figures as f

WRITTEN = datetime(2026, 3, 3, 9, 0, 0)


def fixed_zip(data):
    """The same package with fixed time stamps, so that a new run gives equal bytes."""
    out = io.BytesIO()
    stamp = WRITTEN.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            if item.filename.endswith(".xlsx"):
                content = fixed_zip(content)
            info = zipfile.ZipInfo(item.filename, WRITTEN.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            target.writestr(info, content)
    return out.getvalue()


# --- Word ------------------------------------------------------------------------
class Paper:
    def __init__(self, title, subtitle, author=facts.BANK):
        self.d = Document()
        style = self.d.styles["Normal"]
        style.font.name, style.font.size = "Calibri", Pt(11)
        for level in (1, 2):
            self.d.styles[f"Heading {level}"].font.color.rgb = RGBColor(0x12, 0x34, 0x4D)
        core = self.d.core_properties
        core.title, core.author, core.last_modified_by = title, author, author
        core.created = core.modified = WRITTEN
        self.d.add_heading(title, 0)
        self.d.add_paragraph(subtitle)

    def h(self, text, level=1):
        self.d.add_heading(text, level)

    def p(self, *texts):
        for t in texts:
            self.d.add_paragraph(" ".join(t.split()))

    def items(self, items, numbered=False):
        for t in items:
            self.d.add_paragraph(" ".join(t.split()), style="List Number" if numbered else "List Bullet")

    def table(self, header, rows):
        t = self.d.add_table(rows=1, cols=len(header), style="Light Grid Accent 1")
        for cell, text in zip(t.rows[0].cells, header):
            cell.text = text
        for row in rows:
            for cell, text in zip(t.add_row().cells, row):
                cell.text = str(text)
        self.d.add_paragraph()

    def new_page(self):
        self.d.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def render(self):
        out = io.BytesIO()
        self.d.save(out)
        return fixed_zip(out.getvalue())


def aml_procedures():
    w = Paper("Prevention of money laundering: procedures", "Version 4.1 of 15 January 2026. Internal. Owner: Brigid "
              "Halloran-Okoye, Money Laundering Reporting Officer. Next review: January 2027.")
    w.h("1 Who does what")
    w.p("""Every colleague is responsible for knowing the customer and for reporting a suspicion. The Money Laundering Reporting
        Officer (MLRO) decides whether a report goes to the Financial Intelligence Unit, and reports to the Board Audit
        Committee twice a year. The deputy is Kwame Lindqvist. Both can be reached under extension 4470.""")
    w.p("""New colleagues complete the e-learning course within 30 days of joining and before they serve a customer. All
        colleagues repeat it every year by 30 November; the pass mark is 85 %. Colleagues in payments and in branches attend a
        half-day workshop every second year.""")
    w.h("2 Identification")
    w.items(["Natural persons: passport, national identity card or driving licence with photograph, and proof of address not "
             "older than six months.", "Companies: extract from the register not older than three months, articles, and the "
             "list of directors.", "Beneficial owners: everyone with more than 25 % of shares or votes, or other control.",
             "Clubs and associations: statutes, minutes of the last election, identity of everyone who may sign."])
    w.p("""Identification by video is allowed for residents from the age of 18. The recording is kept with the file. If a
        document is expired, the account is not opened; there is no exception.""")
    w.new_page()
    w.h("3 Risk classes")
    w.p("""The system proposes a class from country, product, channel and profession. The colleague may raise but not lower
        it. Lowering needs the consent of the MLRO.""")
    w.table(("Class", "Examples", "Review of the file", "Who approves"), [
        ("Low", "Salaried residents, pensioners, public bodies", "every 60 months", "Branch"),
        ("Medium", "Self-employed, small companies, non-residents of the region", "every 36 months", "Branch Manager"),
        ("High", "Cash-intensive trades, complex ownership, customers from listed countries", "every 12 months", "MLRO"),
        ("Politically exposed", "Holders of public office, family, close associates", "every 6 months", "Executive committee member"),
        ("Not accepted", "Shell banks, anonymous companies, unlicensed money transfer", "-", "-")])
    w.h("4 Enhanced due diligence")
    w.p("""For high risk and politically exposed customers we document the source of wealth and of the money in each transaction
        above EUR 25,000, search the media in two languages, and speak with the customer in person or by video at least
        once a year. A person stays politically exposed for 18 months after leaving office.""")
    w.new_page()
    w.h("5 Cash")
    w.p("""From EUR 10,000 in cash, in one amount or in several that seem connected within seven days, the colleague fills in
        form C-3 and asks for proof of the origin. Exchange of notes into larger notes is possible for customers only, up
        to EUR 2,000 a day. Notes of EUR 500 are not paid out.""")
    w.table(("Cash transaction", "Customers", "Others"), [
        ("Up to EUR 1,000", "no identity check", "not possible"),
        ("EUR 1,000 to 9,999.99", "card or identity document", "not possible"),
        ("From EUR 10,000", "form C-3 and proof of origin", "not possible"),
        ("From EUR 50,000", "as above, notice of two working days, consent of the Branch Manager", "not possible")])
    w.h("6 Monitoring of transactions")
    w.p("""The monitoring system runs every night with 46 scenarios. In 2025 it raised 28,410 alerts. First-level analysts close or
        escalate an alert within five working days, second-level analysts within another ten. An alert on a sanctions match
        is handled within two hours, and the payment waits. In 2025, 1,126 alerts led to an internal report.""")
    w.new_page()
    w.h("7 Reporting a suspicion")
    w.items(["Write down what you saw, without asking questions that could alert the customer.",
             "Send form S-1 to the MLRO on the same working day. Your line manager need not agree and need not be told.",
             "Do not carry out the transaction until the MLRO has released it, unless refusing would tip off the customer.",
             "Do not tell anyone else. Tipping off is a criminal offence with up to five years in prison."], numbered=True)
    w.p("""The MLRO acknowledges the form within one working day and decides within three. In 2025 we received 1,342 internal
        reports, of which 418 were sent to the Financial Intelligence Unit. The unit froze 11 payments of EUR 1.9 million in
        all.""")
    w.h("8 Sanctions")
    w.p("""Customers are compared with the lists every night, payments in real time. A match of 92 % or more stops the payment. Only
        the sanctions desk in Stonehaugh, open from 7:00 to 22:00, may release it, and always with two people.""")
    w.new_page()
    w.h("9 Records")
    w.table(("Record", "Kept for", "From"), [
        ("Identification documents", "five years", "end of the relationship"),
        ("Transactions", "ten years", "date of the transaction"), ("Internal reports (form S-1)", "five years", "date of the decision"),
        ("Form C-3", "five years", "date of the transaction"), ("Training records", "three years", "date of the course")])
    w.h("10 Ending a relationship")
    w.p("""If a customer does not provide information after two reminders of 30 days each, payments out are blocked and the
        relationship is ended with two months' notice. The MLRO must agree when a report has been made. In 2025, 236
        relationships were ended for this reason.""")
    w.h("11 Contacts")
    w.items(["MLRO and deputy: extension 4470", "Sanctions desk: extension 4481", "Fraud team, day and night: " + facts.FRAUD_PHONE,
             "Legal department: extension 4402"])
    return w.render()


def complaints_procedure():
    w = Paper("Handling of complaints", "Procedure OP-17, version 3.0, in force from 1 February 2026. Owner: Customer Care, "
              "Stonehaugh.")
    w.h("1 What is a complaint")
    w.p("""Any expression of dissatisfaction, oral or written, about a product, a service or a colleague, justified or not. It does
        not have to contain the word. A question that is answered at once to the customer's satisfaction is recorded as a
        comment, if it was settled by the end of the next working day.""")
    w.h("2 Deadlines")
    w.table(("Step", "Deadline", "By whom"), [
        ("Record in the system", "same day", "whoever receives it"), ("Acknowledgement in writing", "5 working days", "Customer Care"),
        ("Update if still open", "every 20 working days", "case handler"),
        ("Final answer", "40 working days", "case handler"), ("Final answer, payment services", "15 working days", "Payments desk"),
        ("Payment of redress", "10 working days after acceptance", "Finance")])
    w.p("""For payment services the deadline may in exceptional cases be extended to 35 working days; the customer is told why.
        The final answer names the Financial Ombudsman.""")
    w.new_page()
    w.h("3 Redress")
    w.p("""The customer is put in the position as if the mistake had not happened: fees, interest and costs are paid back with
        interest of 4 % a year. For trouble and upset a gesture may be added:""")
    w.table(("Role", "Gesture up to"), [("Adviser", "EUR 100"), ("Team leader or Branch Manager", "EUR 500"),
                                        ("Head of Customer Care", "EUR 2,500"), ("Chief Operating Officer", "EUR 10,000")])
    w.p("""Above EUR 10,000 the executive committee decides. A gesture is never made on condition that the customer gives up the
        right to go to the Ombudsman.""")
    w.h("4 Vulnerable customers")
    w.p("""Signs are bereavement, illness, hearing or sight loss, debt and recent fraud. The case goes to one of the six
        specialists in Customer Care within one working day, and the customer chooses how to be contacted.""")
    w.new_page()
    w.h("5 Figures")
    for year in (2025, 2024):
        rows = [(n, *q, f"{sum(q):,}") for n, q in facts.COMPLAINTS[year].items()]
        cols = list(zip(*facts.COMPLAINTS[year].values()))
        rows.append(("Total", *[f"{sum(c):,}" for c in cols], f"{facts.complaints_total(year):,}"))
        w.p(f"Complaints received in {year}:")
        w.table(("Subject", "Q1", "Q2", "Q3", "Q4", "Year"), rows)
    w.p("""In 2025 the median time to a final answer was 11 working days (2024: 14). Redress of EUR 214,300 was paid, including
        gestures of EUR 61,850. The most frequent root cause was a missing or late notice to the customer.""")
    w.h("6 Learning")
    w.p("""Customer Care writes a root cause report each month. A cause with ten cases or more in a quarter goes to the Product
        Committee, which answers within 30 days.""")
    return w.render()


# --- Excel -----------------------------------------------------------------------
def plain_workbook(author, title, sheets, valid):
    """Sheets by name, each a header and rows under a line that says what it is and from when it is `valid`."""
    book = Workbook()
    book.properties.creator = book.properties.lastModifiedBy = author
    book.properties.title = title
    book.properties.created = WRITTEN
    book.remove(book.active)
    for name, (header, rows) in sheets.items():
        s = book.create_sheet(name)
        s["A1"] = f"{author}: {name.lower()}, {valid}"
        for r, row in enumerate([header, *rows], 3):
            for c, value in enumerate(row, 1):
                s.cell(r, c, value)
    out = io.BytesIO()
    book.save(out)
    return fixed_zip(out.getvalue())


def fee_schedule(year):
    """Workbook of the fees from 1 March of the year, one sheet for each area."""
    column = {2025: 2, 2026: 3}[year]
    book = Workbook()
    book.properties.creator = book.properties.lastModifiedBy = facts.BANK
    book.properties.title = f"Fee schedule from 1 March {year}"
    book.properties.created = WRITTEN
    state = ("Superseded on 1 March 2026 by the schedule for 2026" if year == 2025 else "Replaces the schedule of 1 March 2025")
    bold, fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="12344D")

    def sheet(name, header, widths, title):
        s = book.active if not book.sheetnames or book.sheetnames == ["Sheet"] else book.create_sheet()
        s.title = name
        s["A1"], s["A2"] = title, f"Valid from 1 March {year}. {state}."
        s["A1"].font, s["A2"].font = Font(bold=True, size=14), Font(italic=True)
        for i, text in enumerate(header, 1):
            c = s.cell(4, i, text)
            c.font, c.fill, c.alignment = bold, fill, Alignment(wrap_text=True)
            s.column_dimensions["ABCDEF"[i - 1]].width = widths[i - 1]
        s.freeze_panes = "A5"
        return s

    for name, rows in facts.FEES.items():
        s = sheet(name, ("Service", "Unit", "Fee"), (56, 36, 12), f"{facts.BANK}: fees for {name.lower()}, {year}")
        for r, row in enumerate(rows, 5):
            s.cell(r, 1, row[0])
            s.cell(r, 2, ("EUR " if not row[1].startswith("%") else "") + row[1])
            s.cell(r, 3, row[column]).number_format = "0.00"
    s = sheet("Notes", ("Subject", "Rule"), (40, 70), f"{facts.BANK}: notes to the fee schedule, {year}")
    for r, row in enumerate(facts.FEE_NOTES, 5):
        s.cell(r, 1, row[0])
        s.cell(r, 2, row[column - 1])
    out = io.BytesIO()
    book.save(out)
    return fixed_zip(out.getvalue())


# --- PowerPoint --------------------------------------------------------------------
class Deck:
    def __init__(self, title, subtitle, author=facts.BANK):
        self.p = Presentation()
        self.p.slide_width, self.p.slide_height = Inches(13.333), Inches(7.5)
        core = self.p.core_properties
        core.title, core.author, core.last_modified_by = title, author, author
        core.created = core.modified = WRITTEN
        s = self.p.slides.add_slide(self.p.slide_layouts[0])
        s.shapes.title.text, s.placeholders[1].text = title, subtitle
        self._fit(s)

    def _fit(self, slide):
        for shape in slide.placeholders:
            shape.left, shape.width = Inches(0.7), Inches(11.9)
        slide.shapes.title.text_frame.paragraphs[0].font.color.rgb = SlideColor(0x12, 0x34, 0x4D)
        slide.shapes.title.text_frame.paragraphs[0].font.bold = True

    def bullets(self, title, lines, notes=None):
        s = self.p.slides.add_slide(self.p.slide_layouts[1])
        s.shapes.title.text = title
        frame = s.placeholders[1].text_frame
        frame.text = lines[0]
        for line in lines[1:]:
            frame.add_paragraph().text = line
        for paragraph in frame.paragraphs:
            paragraph.font.size = SlidePt(22)
        if notes:
            s.notes_slide.notes_text_frame.text = notes
        self._fit(s)

    def table(self, title, header, rows, foot=""):
        s = self.p.slides.add_slide(self.p.slide_layouts[5])
        s.shapes.title.text = title
        t = s.shapes.add_table(len(rows) + 1, len(header), Inches(0.7), Inches(1.6), Inches(11.9), Inches(0.4)).table
        for r, row in enumerate([header, *rows]):
            for c, text in enumerate(row):
                cell = t.cell(r, c)
                cell.text = f"{text:,}" if isinstance(text, int) else str(text)
                cell.text_frame.paragraphs[0].font.size = SlidePt(15)
        t.columns[0].width = Inches(4.4)
        for c in range(1, len(header)):
            t.columns[c].width = Inches(7.5 / (len(header) - 1))
        if foot:
            box = s.shapes.add_textbox(Inches(0.7), Inches(6.7), Inches(11.9), Inches(0.5))
            box.text_frame.text = foot
        self._fit(s)

    def chart(self, title, categories, series, foot):
        s = self.p.slides.add_slide(self.p.slide_layouts[5])
        s.shapes.title.text = title
        data = CategoryChartData()
        data.categories = categories
        for name, values in series:
            data.add_series(name, values)
        chart = s.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(0.7), Inches(1.5), Inches(11.9), Inches(5), data).chart
        chart.has_legend = True
        box = s.shapes.add_textbox(Inches(0.7), Inches(6.6), Inches(11.9), Inches(0.5))
        box.text_frame.text = foot
        self._fit(s)

    def render(self):
        out = io.BytesIO()
        self.p.save(out)
        return fixed_zip(out.getvalue())


def results_deck():
    q25, q24 = f.quarters(2025), f.quarters(2024)
    s = f.IS
    d = Deck("Fourth quarter and full year 2025", "Results presentation for investors and analysts · 4 March 2026\n"
             "Ingrid Vasterling, CEO · Tomas Adeyemi-Roche, CFO")
    d.bullets("Highlights", [
        f"Profit for the year EUR {s[2025]['profit'] / 1000:.1f} million (2024: EUR {s[2024]['profit'] / 1000:.1f} million)",
        f"Fourth-quarter profit EUR {q25[3]['profit'] / 1000:.1f} million (Q4 2024: EUR {q24[3]['profit'] / 1000:.1f} million)",
        f"Cost-to-income ratio {s[2025]['cost_income']} % for the year, {q25[3]['cost_income']} % in the fourth quarter",
        f"CET1 ratio {f.ratio(f.cet1(2025), f.rwa(2025))} %, proposed dividend 21.0 cent per share",
        "Core banking platform moved to Wexcombe in October without loss of data",
        "Return on average equity 11.3 % (2024: 10.5 %)"])
    names = (("Net interest income", "nii"), ("Net fees and commissions", "net_fees"), ("Trading and other income", "trading_other"),
             ("Total operating income", "income"), ("Operating expenses", "expenses"), ("Impairment losses", "impairment"),
             ("Profit before tax", "pbt"), ("Income tax", "tax"), ("Profit for the period", "profit"))
    d.table("Income statement by quarter, EUR 000", ("", "Q4 2024", "Q1 2025", "Q2 2025", "Q3 2025", "Q4 2025"),
            [(n, q24[3][k], *[q[k] for q in q25]) for n, k in names], "Unaudited quarterly figures; the year has been audited.")
    d.chart("Profit before tax by quarter, EUR 000", ("Q1", "Q2", "Q3", "Q4"),
            [("2024", [q["pbt"] for q in q24]), ("2025", [q["pbt"] for q in q25])],
            "Full year: EUR 105,446 thousand in 2025, EUR 89,920 thousand in 2024.")
    book = lambda y, *names: sum(sum(f.LOAN_STAGES[n][y][:3]) for n in names)
    groups = (("Owner-occupied mortgages", ("Owner-occupied mortgages",), 4176215),
              ("Buy-to-let mortgages", ("Buy-to-let mortgages",), 388140),
              ("Consumer loans, cards, overdrafts", ("Consumer loans", "Credit cards", "Overdrafts"), 541505),
              ("SME and commercial property", ("Small and medium enterprises", "Commercial property"), 1106880))
    d.table("Loans and deposits, EUR 000", ("", "31 Dec 2024", "30 Sep 2025", "31 Dec 2025"),
            [(n, book(2024, *members), third, book(2025, *members)) for n, members, third in groups]
            + [("Gross loans", f.gross(2024), sum(g[2] for g in groups), f.gross(2025)),
               ("Customer deposits", f.total(f.DEPOSITS, 2024), 7083915, f.total(f.DEPOSITS, 2025))])
    d.bullets("Net interest income: what moved in the fourth quarter", [
        f"EUR {q25[3]['nii'] / 1000:.1f} million, EUR {(q25[3]['nii'] - q25[2]['nii']) / 1000:.1f} million more than in the third quarter",
        "Volume of mortgages and SME loans: EUR +1.1 million", "Lower cost of deposits: EUR +0.9 million",
        "Repricing of variable loans: EUR -1.2 million", "Result of hedges and other: EUR +0.6 million"],
        "The margin should peak here. Each further cut of 25 basis points costs about EUR 2 million a year.")
    d.bullets("Asset quality", [
        f"Stage 3 ratio {f.ratio(f.gross(2025, 3), f.gross(2025), 2)} % (2024: {f.ratio(f.gross(2024, 3), f.gross(2024), 2)} %)",
        f"Coverage of stage 3 loans {f.ratio(f.ecl(2025, 3), f.gross(2025, 3))} %",
        "Cost of risk 29 basis points (2024: 36 basis points)", "Watch list of business customers: 118 names, EUR 96.4 million",
        "Management adjustment for commercial property EUR 6.4 million"])
    d.table("Capital and liquidity", ("", "31 Dec 2024", "31 Dec 2025", "Requirement or limit"), [
        ("CET1 ratio, %", f.ratio(f.cet1(2024), f.rwa(2024)), f.ratio(f.cet1(2025), f.rwa(2025)), "10.6"),
        ("Total capital ratio, %", f.ratio(f.cet1(2024) + 150000, f.rwa(2024)), f.ratio(f.cet1(2025) + 150000, f.rwa(2025)), "14.95"),
        ("Leverage ratio, %", f.ratio(f.cet1(2024), f.leverage_exposure(2024)), f.ratio(f.cet1(2025), f.leverage_exposure(2025)), "3.0"),
        ("Liquidity coverage ratio, %", str(f.LCR[2024]), str(f.LCR[2025]), "100"),
        ("Net stable funding ratio, %", str(f.NSFR[2024]), str(f.NSFR[2025]), "100")])
    d.bullets("Outlook for 2026", ["Loan growth of 3 to 4 %", "Cost-to-income ratio below 55 %",
                                   "Cost of risk between 28 and 34 basis points", "Technology investment of EUR 21 million",
                                   "Next dates: first quarter on 29 April 2026, annual general meeting on 14 May 2026"])
    return d.render()
