"""The annual report for 2025: review, governance, statements and notes."""
from reportlab.platypus import Paragraph

from . import facts, figures as f
from .annual_notes import add_notes
from .pdfkit import Book, next_page_template


def m(thousand):
    """EUR million with one decimal from EUR thousand."""
    return f"{thousand / 1000:,.1f}"


def add_front(b):
    b.add(next_page_template("page"))
    b.p("Annual Report and<br/>Financial Statements", style="title")
    b.p("for the year ended 31 December 2025", style="subtitle")
    b.gap(24)
    b.p(f"{facts.BANK} · Registered number 018874 · Registered office: {facts.HEAD_OFFICE}", style="small")
    b.p("Amounts are in thousands of euro (EUR 000) unless the page says otherwise.", style="small")
    b.page()
    b.h1("Contents")
    for label in ("Brackwater at a glance", "Chair's statement", "Chief Executive's review", "Financial review",
                  "Risk report", "Directors and governance", "Sustainability and community",
                  "Independent auditor's report", "Financial statements", "Notes to the financial statements",
                  "Schedule of debt securities", "Branch network", "Five-year summary and glossary"):
        b.p(label)
    b.h2("About this report")
    b.p("""This report covers Brackwater Bank plc, which has no subsidiaries. It was approved by the Board on
        3 March 2026. The annual general meeting takes place on 14 May 2026 at 11:00 in the Guildhall, Port Selwyn.
        Shareholders who wish to put a question to the meeting send it to the Company Secretary by 7 May 2026.""")
    b.page()


def add_glance(b):
    s, t = f.IS[2025], f.IS[2024]
    b.h1("Brackwater at a glance")
    b.p("""Brackwater was founded in 1887 as the Brackwater Seamen's Savings Society. Crews left a part of their wages
        with the harbour master before they sailed; the society kept the book. We became a bank in 1934 and a public
        limited company in 1991. Today we serve 412,000 personal and 18,600 business customers from 34 branches in
        four regions, and through our app and our contact centre in Stonehaugh.""")
    b.h2("Key figures")
    b.statement(("", "2025", "2024"), [
        ("Total operating income, EUR million", m(s["income"]), m(t["income"])),
        ("Profit for the year, EUR million", m(s["profit"]), m(t["profit"])),
        ("Cost-to-income ratio, %", f"{s['cost_income']}", f"{t['cost_income']}"),
        ("Loans and advances to customers, EUR million", m(f.ASSETS["Loans and advances to customers"][2025]),
         m(f.ASSETS["Loans and advances to customers"][2024])),
        ("Customer deposits, EUR million", m(f.total(f.DEPOSITS, 2025)), m(f.total(f.DEPOSITS, 2024))),
        ("Loan-to-deposit ratio, %", *(f.ratio(f.ASSETS["Loans and advances to customers"][y], f.total(f.DEPOSITS, y))
                                       for y in (2025, 2024))),
        ("Common Equity Tier 1 ratio, %", *(f.ratio(f.cet1(y), f.rwa(y)) for y in (2025, 2024))),
        ("Liquidity coverage ratio, %", str(f.LCR[2025]), str(f.LCR[2024])),
        ("Dividend per share, cent", "21.0", "18.0"),
        ("Average employees, full-time equivalents", "1,148", "1,121"),
        ("Branches at year end", "34", "36"),
        ("Cash machines at year end", "58", "61"),
        ("Customers active in the app, % of personal customers", "71", "66"),
    ], (110, 25, 25))
    b.p("""The dividend for 2025 is the one the Board proposes to the annual general meeting. Ratios are unaudited.""",
        style="small")
    b.h2("Where we work")
    b.statement(("Region", "Branches", "Cash machines", "Safe deposit boxes"),
                [(r, str(len(x)), str(sum(i[7] for i in x)), f"{sum(i[8] for i in x):,}") for r, x in _regions()]
                + [("*All regions", "34", "58", f"{sum(i[8] for i in facts.BRANCHES):,}")], (70, 28, 32, 36))
    b.page()


def _regions():
    names = []
    for row in facts.BRANCHES:
        if row[1] not in names:
            names.append(row[1])
    return [(n, [r for r in facts.BRANCHES if r[1] == n]) for n in names]


def add_letters(b):
    s, t = f.IS[2025], f.IS[2024]
    b.h1("Chair's statement")
    b.p("""The year 2025 asked two things of a bank like ours: to pass on lower interest rates fairly, and to keep
        lending while some of our business customers were cautious. I believe that we did both. The official rate fell
        three times during the year. We passed each cut on to variable-rate borrowers within 30 days, and we held the
        rates on Regular Saver and Young Mariner until February 2026, because those are the accounts on which people
        learn to save.""",
        f"""Profit for the year was EUR {m(s['profit'])} million, after EUR {m(t['profit'])} million in 2024. The Board
        proposes a final dividend of 21.0 cent per share, EUR 25.2 million in all, to be paid on 29 May 2026 to
        shareholders on the register on 17 April 2026. That is 30 % of the profit, in line with the policy of
        distributing between 25 % and 35 %.""",
        """We closed two branches, Alderney Row in March and Fisher's Gate in September. Each closure was announced
        six months ahead, and a van with two counters now stops in both places once a week. The Board has decided that
        no further branch will be closed before the end of 2027.""",
        """Professor Edmund Tresilian left the Board in May after nine years. His successor as chair of the Audit
        Committee is Catriona Belmonte, who joined from the insurance industry. I thank Edmund for his patience with
        my questions, and our 1,148 colleagues for a year of careful work.""",
        "Dermot Lansing<br/>Chair of the Board")
    b.page()
    b.h1("Chief Executive's review")
    b.p(f"""Customers' deposits grew by EUR {m(f.move(f.LIABILITIES, 'Customer deposits', 2025))} million to EUR
        {m(f.total(f.DEPOSITS, 2025))} million. Nearly a third of the growth went to notice accounts, since customers
        wanted a better rate but not a fixed term. Net loans grew by EUR
        {m(f.move(f.ASSETS, 'Loans and advances to customers', 2025))} million to EUR
        {m(f.ASSETS['Loans and advances to customers'][2025])} million.""")
    b.h2("Mortgages")
    b.p("""We lent EUR 682.4 million in new mortgages to 3,270 households; in 2024 it was EUR 651.8 million to 3,195
        households. First-time buyers took 46 % of the amount. Green mortgages, for homes in energy class B or better,
        reached 22 % of new lending. The median time from a complete application to an offer fell from 14 to 9 working
        days after we moved valuations to an electronic panel.""")
    b.h2("Business banking")
    b.p("""New lending to small and medium enterprises was EUR 214.6 million. Fishing, food processing and marine
        engineering remain the largest sectors on the coast; in the High Fells it is tourism. We opened a desk for
        renewable energy with six staff in Stonehaugh, which financed 31 projects in its first year.""")
    b.h2("Digital and branches")
    b.p("""The app now has 292,500 active personal users, 71 % of personal customers. Instant payments became free on
        9 January 2025 and made up 38 % of outgoing credit transfers in December. The core banking platform moved to
        its new data centre in Wexcombe over the weekend of 11 and 12 October, four hours ahead of plan. The project
        cost EUR 9.7 million, of which EUR 7.9 million was capitalised.""")
    b.h2("Complaints")
    b.p(f"""We received {facts.complaints_total(2025):,} complaints, 12 % fewer than the {facts.complaints_total(2024):,}
        of 2024. Of these, 91 % were closed within 40 working days. The Financial Ombudsman decided 64 cases about us
        and upheld 17 of them in full or in part.""")
    b.h2("Outlook")
    b.p("""For 2026 we plan for loan growth of 3 to 4 %, a cost-to-income ratio below 55 % and a cost of risk between
        28 and 34 basis points of gross loans. We plan to invest EUR 21 million in technology. Net interest income is
        expected to be slightly lower than in 2025, because assets reprice faster than deposits.""",
        "Ingrid Vasterling<br/>Chief Executive Officer")
    b.page()


def add_review(b):
    s, t = f.IS[2025], f.IS[2024]
    b.h1("Financial review")
    growth = f.ratio(s["income"] - t["income"], t["income"])
    b.p(f"""Total operating income rose by {growth} % to EUR {m(s['income'])} million. Net interest income contributed
        EUR {m(s['nii'])} million (2024: EUR {m(t['nii'])} million). The net interest margin on average total assets was
        {f.ratio(s['nii'], (f.total_assets(2025) + f.total_assets(2024)) / 2, 2)} % (2024:
        {f.ratio(t['nii'], (f.total_assets(2024) + f.total_assets(2023)) / 2, 2)} %). Net fee and commission income grew
        to EUR {m(s['net_fees'])} million, mainly through current account fees and card use.""",
        f"""Operating expenses were EUR {m(s['expenses'])} million, EUR {m(s['expenses'] - t['expenses'])} million more
        than in 2024. Staff costs rose because of the pay settlement of 3.2 % from April 2025 and 27 more full-time
        equivalents. The cost-to-income ratio improved from {t['cost_income']} % to {s['cost_income']} %.""",
        f"""Impairment losses on financial assets fell to EUR {m(s['impairment'])} million from EUR
        {m(t['impairment'])} million. The charge on customer loans was EUR 18.4 million, which is
        {10000 * 18420 / f.gross(2025):.0f} basis points of gross loans at year end. Stage 3 loans fell to
        {f.ratio(f.gross(2025, 3), f.gross(2025), 2)} % of gross loans (2024:
        {f.ratio(f.gross(2024, 3), f.gross(2024), 2)} %).""")
    b.h2("Results by quarter, 2025")
    q = f.quarters(2025)
    b.statement(("EUR 000", "Q1", "Q2", "Q3", "Q4", "Year"), [
        (("*" if k in ("income", "profit") else "") + name, *[x[k] for x in q], sum(x[k] for x in q))
        for name, k in (("Net interest income", "nii"), ("Net fee and commission income", "net_fees"),
                        ("Trading and other income", "trading_other"), ("Total operating income", "income"),
                        ("Operating expenses", "expenses"), ("Impairment losses", "impairment"),
                        ("Profit before tax", "pbt"), ("Profit for the period", "profit"))],
        (56, 22, 22, 22, 22, 22))
    b.h2("Segments")
    b.p("""The bank reports two customer segments. Retail serves personal customers; Business serves companies,
        farms and associations. Treasury and centre holds the liquidity portfolio, wholesale funding and costs that
        are not charged to a segment. Note 3 gives the full table.""")
    b.h2("Funding and liquidity")
    b.p(f"""Customer deposits fund {f.ratio(f.total(f.DEPOSITS, 2025), f.total_assets(2025))} % of the balance sheet. In
        June we issued a covered bond of EUR 150 million with a coupon of 3.375 %, due in 2031. The order book was 3.4
        times the issue. The liquidity coverage ratio stood at {f.LCR[2025]} % and the net stable funding ratio at
        {f.NSFR[2025]} %; the Board's own minimum is 125 % and 112 %.""")
    b.h2("Capital")
    b.p(f"""The Common Equity Tier 1 ratio rose to {f.ratio(f.cet1(2025), f.rwa(2025))} % (2024:
        {f.ratio(f.cet1(2024), f.rwa(2024))} %) against a requirement of 10.6 % including buffers. The total capital
        ratio was {f.ratio(f.cet1(2025) + 150000, f.rwa(2025))} % and the leverage ratio
        {f.ratio(f.cet1(2025), f.leverage_exposure(2025))} %. The Board's target for the Common Equity Tier 1 ratio
        is 14.5 % or more at all times.""")
    b.page()


def add_risk(b):
    b.h1("Risk report")
    b.p("""The Board sets the risk appetite once a year, last on 9 December 2025. Three lines are responsible for risk:
        the business that takes it, the risk and compliance functions that set limits and check them, and internal
        audit. The Chief Risk Officer, Helena Quist, reports to the Chief Executive and may at any time address the
        chair of the Board Risk Committee.""")
    b.h2("Principal risks")
    b.grid(("Risk", "What could happen", "What we do", "Trend"), [
        ("Credit", "Borrowers cannot repay; property prices fall", "Limits on loan-to-value and loan-to-income; approval by "
         "authority level; monthly watch list", "stable"),
        ("Concentration", "Half of our loans are on the Selwyn Coast", "Cap of 55 % for one region and of 18 % for "
         "commercial property and SME property together", "stable"),
        ("Interest rate", "Falling rates narrow the margin", "Hedging of non-maturity deposits; limit of 7.5 % of own "
         "funds for a shift of 200 basis points", "rising"),
        ("Liquidity", "Deposits leave faster than expected", "Liquid assets above the regulatory level; survival horizon of "
         "at least 120 days under the combined stress", "stable"),
        ("Operational", "Systems fail or a process goes wrong", "Two data centres; recovery of payments within two "
         "hours; tests twice a year", "rising"),
        ("Cyber and fraud", "Customers are deceived; data are stolen", "Payee name check, payment delay of new payees, "
         "round-the-clock monitoring", "rising"),
        ("Conduct", "Products do not suit the customer", "Product approval committee; review of each product every two years",
         "stable"),
        ("Climate", "Flooding lowers the value of security", "Flood maps in each valuation; no new lending in zone C",
         "rising"),
    ], (24, 44, 72, 20))
    b.h2("Interest rate risk")
    b.p("Effect on net interest income in the next twelve months, if the whole curve shifts at once on 31 December:")
    b.statement(("Shift in basis points", "2025, EUR 000", "2024, EUR 000"), [
        ("+200", 14620, 16980), ("+100", 7485, 8710), ("-100", -8125, -9340), ("-200", -17890, -20415)], (70, 40, 40))
    b.h2("Credit quality")
    b.p("""Mortgages are 73 % of gross loans. The average loan-to-value of the mortgage book, indexed, was 54 % (2024:
        56 %). Loans with a loan-to-value above 90 % were EUR 61.2 million, most of them from before 2012. The ten
        largest business exposures amounted to EUR 146.8 million, or 21.2 % of Common Equity Tier 1 capital.""")
    b.h2("Fraud losses")
    b.statement(("EUR 000", "2025", "2024"), [
        ("Card fraud, net loss of the bank", 1284, 1516), ("Payment fraud refunded to customers", 946, 702),
        ("Cheque and application fraud", 118, 164), ("*Total fraud losses", 2348, 2382)], (90, 30, 30))
    b.p("""Of payments that customers were deceived into making, EUR 3.9 million was attempted and EUR 2.1 million was
        stopped or recovered.""")
    b.page()


def add_governance(b):
    b.h1("Directors and governance")
    b.p("""The Board has nine members: six independent non-executive directors, including the chair, and three
        executive directors. It met eleven times in 2025. The committees and the attendance of each director are shown
        below.""")
    b.grid(("Director", "Role", "Since", "Committees", "Meetings"), [
        ("Dermot Lansing", "Chair, independent", "2018", "Nomination (chair)", "11 of 11"),
        ("Catriona Belmonte", "Independent", "2024", "Audit (chair), Risk", "11 of 11"),
        ("Joaquin Estrela", "Independent, senior independent director", "2019", "Risk (chair), Remuneration", "10 of 11"),
        ("Wilhelmina Aske", "Independent", "2021", "Remuneration (chair), Audit", "11 of 11"),
        ("Rashid Penhallow", "Independent", "2022", "Audit, Risk", "11 of 11"),
        ("Sorcha Dunleavy", "Independent", "2025", "Nomination, Remuneration", "7 of 7"),
        ("Ingrid Vasterling", "Chief Executive Officer", "2020", "-", "11 of 11"),
        ("Tomas Adeyemi-Roche", "Chief Financial Officer", "2021", "-", "11 of 11"),
        ("Priya Raghavan-Moore", "Chief Operating Officer", "2023", "-", "10 of 11"),
    ], (38, 46, 16, 42, 22))
    b.h2("Remuneration of directors")
    b.p("Fees are paid to non-executive directors only. Variable pay is deferred over four years by 40 %.")
    b.statement(("EUR 000", "Salary or fee", "Variable", "Pension", "2025", "2024"), [
        ("Ingrid Vasterling", 585, 146, 70, 801, 768), ("Tomas Adeyemi-Roche", 412, 99, 49, 560, 534),
        ("Priya Raghavan-Moore", 378, 87, 45, 510, 483), ("Dermot Lansing", 165, 0, 0, 165, 160),
        ("Catriona Belmonte", 88, 0, 0, 88, 46), ("Joaquin Estrela", 92, 0, 0, 92, 90),
        ("Wilhelmina Aske", 84, 0, 0, 84, 82), ("Rashid Penhallow", 76, 0, 0, 76, 74),
        ("Sorcha Dunleavy (from May 2025)", 47, 0, 0, 47, 0), ("Edmund Tresilian (to May 2025)", 35, 0, 0, 35, 86),
        ("*Total", 1962, 332, 164, 2458, 2323)], (58, 26, 20, 20, 20, 20))
    b.h2("Internal control")
    b.p("""The Board reviewed the system of internal control in February 2026. Two matters were found that need
        improvement: the reconciliation of suspense accounts in payments, due by June 2026, and the inventory of
        end-user spreadsheets, due by September 2026. Neither had an effect on the financial statements.""")
    b.page()
    b.h1("Sustainability and community")
    b.p("""Our own emissions (scope 1 and 2, market based) were 1,420 tonnes of CO2 equivalent, after 1,765 tonnes in
        2024 and 2,310 tonnes in the base year 2019. We aim at 900 tonnes by 2030. Since July 2025 all branches buy
        electricity from wind and hydro power.""")
    b.grid(("Measure", "Unit", "2025", "2024", "Target 2030"), [
        ("Own emissions, scope 1 and 2", "tonnes CO2e", "1,420", "1,765", "900"),
        ("Financed emissions of mortgages", "kg CO2e per m²", "31.4", "33.0", "22.0"),
        ("Green mortgages in new lending", "%", "22", "17", "40"),
        ("Paper used", "tonnes", "58", "74", "25"),
        ("Women in senior management", "%", "43", "41", "45 to 55"),
        ("Gender pay gap, median", "%", "9.8", "10.6", "below 6"),
        ("Hours of volunteering by staff", "hours", "9,430", "8,215", "12,000"),
    ], (62, 32, 22, 22, 26), numeric=(2, 3))
    b.h2("Community fund")
    b.p("""The Harbour Light Community Fund gave EUR 320,000 to 41 projects (2024: EUR 295,000 to 38 projects). The
        largest grant, EUR 24,000, went to the lifeboat station at Gannet Bay for a new slipway winch. Staff in every
        branch vote on the local grants.""")
    b.h2("Access to cash")
    b.p("""We keep at least one cash machine in each town with a branch, and we do not charge our own customers for
        cash at our machines. Ninety-six per cent of our customers live within 10 kilometres of one.""")
    b.page()
    b.h1("Independent auditor's report")
    b.p("""To the shareholders of Brackwater Bank plc. We have audited the financial statements, which comprise the
        income statement, the statement of comprehensive income, the balance sheet, the statement of changes in equity,
        the cash flow statement and the notes. In our opinion they give a true and fair view of the bank's financial
        position on 31 December 2025 and of its profit and cash flows for the year then ended.""")
    b.h2("Materiality")
    b.p("""We set materiality at EUR 5.2 million (2024: EUR 4.5 million), about 5 % of profit before tax. We reported to
        the Audit Committee all differences above EUR 260 thousand.""")
    b.h2("Key audit matters")
    b.p("""<b>Expected credit losses on customer loans.</b> The allowance depends on models, on economic scenarios and on
        adjustments by management. We tested the data, rebuilt the calculation for mortgages independently and
        challenged the weights of the scenarios. The allowance lies within the range that we consider acceptable.""",
        """<b>Migration of the core banking platform.</b> In October 2025 accounting records moved to a new data centre. We
        compared balances of all accounts before and after the migration and found them complete.""")
    b.h2("Tenure")
    b.p("""We were first appointed in 2019. The total uninterrupted engagement covers seven financial years. We did not
        provide any service that is not allowed to an auditor.""",
        "Pellow &amp; Strand LLP, Port Selwyn, 3 March 2026")
    b.page()


def add_statements(b):
    y3 = f.YEARS
    i = f.IS
    row = lambda name, key, sign=1, star="": (star + name, *[sign * i[y][key] for y in y3])
    b.h1("Income statement")
    b.p("for the years ended 31 December", style="small")
    with_note = lambda r, note="": (r[0], note, *r[1:])
    b.statement(("EUR 000", "Note", "2025", "2024", "2023"), [
        with_note(row("Interest income", "interest_income"), "4"),
        with_note(row("Interest expense", "interest_expense", -1), "4"),
        with_note(row("Net interest income", "nii", star="*")),
        with_note(row("Fee and commission income", "fee_income"), "5"),
        with_note(row("Fee and commission expense", "fee_expense", -1), "5"),
        with_note(row("Net fee and commission income", "net_fees", star="*")),
        with_note(row("Net trading and foreign exchange income", "trading"), "6"),
        with_note(row("Other operating income", "other"), "6"),
        with_note(row("Total operating income", "income", star="*")),
        with_note(row("Staff costs", "staff", -1), "7"),
        with_note(row("Other administrative expenses", "admin", -1), "8"),
        with_note(row("Depreciation and amortisation", "depreciation", -1), "14, 15"),
        with_note(row("Total operating expenses", "expenses", -1, "*")),
        with_note(row("Operating profit before impairment", "operating_profit", star="*")),
        with_note(row("Impairment losses on financial assets", "impairment", -1), "9"),
        with_note(row("Profit before tax", "pbt", star="*")),
        with_note(row("Income tax expense", "tax", -1), "10"),
        with_note(row("Profit for the year", "profit", star="*")),
        ("Earnings per share, cent", "11", *[f"{100 * i[y]['profit'] / f.SHARES:.1f}" for y in y3]),
    ], (82, 18, 22, 22, 22))
    b.h1("Statement of comprehensive income")
    oci = {2025: f.FVOCI[2025] - f.FVOCI[2024], 2024: f.FVOCI[2024] - f.FVOCI[2023]}
    b.statement(("EUR 000", "", "2025", "2024"), [
        ("Profit for the year", "", i[2025]["profit"], i[2024]["profit"]),
        ("Debt securities at fair value, change in reserve after tax", "", oci[2025], oci[2024]),
        ("*Total comprehensive income for the year", "", i[2025]["profit"] + oci[2025], i[2024]["profit"] + oci[2024]),
    ], (96, 18, 26, 26))
    b.page()
    b.h1("Balance sheet")
    b.p("on 31 December", style="small")
    notes = {"Loans and advances to customers": "12, 13", "Debt securities": "16", "Property and equipment": "14",
             "Right-of-use assets": "14", "Intangible assets": "15", "Customer deposits": "17",
             "Debt securities in issue": "18", "Subordinated liabilities": "18", "Provisions": "19"}
    two = (2025, 2024)
    b.statement(("EUR 000", "Note", "2025", "2024"),
                [("#Assets", "", None, None),
                 ("Cash and balances at central banks", "", *[f.cash(y) for y in two])]
                + [(n, notes.get(n, ""), *[r[y] for y in two]) for n, r in f.ASSETS.items()]
                + [("*Total assets", "", *[f.total_assets(y) for y in two]), ("#Liabilities", "", None, None)]
                + [(n, notes.get(n, ""), *[r[y] for y in two]) for n, r in f.LIABILITIES.items()]
                + [("*Total liabilities", "", *[f.liabilities(y) for y in two]), ("#Equity", "", None, None),
                   ("Share capital", "20", f.SHARE_CAPITAL, f.SHARE_CAPITAL),
                   ("Share premium", "", f.SHARE_PREMIUM, f.SHARE_PREMIUM),
                   ("Retained earnings", "", *[f.RETAINED[y] for y in two]),
                   ("Fair value reserve", "", *[f.FVOCI[y] for y in two]),
                   ("*Total equity", "", *[f.equity(y) for y in two]),
                   ("*Total liabilities and equity", "", *[f.total_assets(y) for y in two])], (92, 22, 26, 26))
    b.p("Approved by the Board on 3 March 2026: D. Lansing, I. Vasterling, T. Adeyemi-Roche.", style="small")
    b.page()
    b.h1("Statement of changes in equity")
    rows = []
    for y in (2024, 2025):
        p = y - 1
        rows += [("*" + f"1 January {y}", f.SHARE_CAPITAL, f.SHARE_PREMIUM, f.RETAINED[p], f.FVOCI[p], f.equity(p)),
                 ("Profit for the year", 0, 0, i[y]["profit"], 0, i[y]["profit"]),
                 ("Other comprehensive income", 0, 0, 0, f.FVOCI[y] - f.FVOCI[p], f.FVOCI[y] - f.FVOCI[p]),
                 ("Dividends paid", 0, 0, -f.DIVIDEND_PAID[y], 0, -f.DIVIDEND_PAID[y])]
    rows.append(("*31 December 2025", f.SHARE_CAPITAL, f.SHARE_PREMIUM, f.RETAINED[2025], f.FVOCI[2025], f.equity(2025)))
    b.statement(("EUR 000", "Share capital", "Share premium", "Retained", "Fair value", "Total"), rows,
                (54, 23, 25, 22, 20, 22))
    b.h1("Cash flow statement")
    b.p("for the years ended 31 December", style="small")
    c25, c24 = f.cash_flow(2025), f.cash_flow(2024)
    rows = []
    for k, name in enumerate(("operating", "investing", "financing")):
        rows.append((f"#Cash flows from {name} activities", None, None))
        rows += [(a[0], a[1], c[1]) for a, c in zip(c25[k], c24[k])]
        rows.append((f"*Net cash from {name} activities", sum(v for _, v in c25[k]), sum(v for _, v in c24[k])))
    rows += [("*Change in cash and balances at central banks", f.cash(2025) - f.cash(2024), f.cash(2024) - f.cash(2023)),
             ("Cash on 1 January", f.cash(2024), f.cash(2023)), ("*Cash on 31 December", f.cash(2025), f.cash(2024))]
    b.statement(("EUR 000", "2025", "2024"), rows, (108, 28, 28))
    b.page()


def add_schedules(b):
    b.h1("Schedule of debt securities")
    b.p("""All debt securities on 31 December 2025 in the order of maturity. They are held to collect and sell and are
        carried at fair value. Amounts in EUR 000; the coupon is in per cent a year.""")
    rows = f.bond_schedule()
    b.grid(("Issuer", "Type", "Coupon", "Maturity", "Nominal", "Carrying amount"),
           rows + [["Total", "", "", "", sum(r[4] for r in rows), sum(r[5] for r in rows)]],
           (54, 28, 18, 24, 20, 26), numeric=(2, 4, 5), total_rows=(-1,))
    b.page()
    b.h1("Branch network")
    b.p("On 31 December 2025. Opening hours are Monday to Friday; see the website for holidays. ATMs are cash machines.")
    b.grid(("Branch", "Region", "Code", "Address", "Hours", "Saturday", "ATMs"),
           [(r[0], r[1], str(r[3]), r[2], f"{r[4]}-{r[5]}", r[6], str(r[7])) for r in facts.BRANCHES],
           (37, 22, 14, 35, 22, 22, 14), numeric=(6,))
    b.page()
    b.h1("Five-year summary")
    y5 = ("EUR 000", "2025", "2024", "2023", "2022", "2021")
    i = f.IS
    pick = lambda k: [i[y][k] for y in f.YEARS]
    b.statement(y5, [
        ("Net interest income", *pick("nii"), 152380, 141765), ("Total operating income", *pick("income"), 199845, 187420),
        ("Operating expenses", *pick("expenses"), 129770, 125340), ("Profit before tax", *pick("pbt"), 56210, 48935),
        ("Profit for the year", *pick("profit"), 44406, 38659),
        ("Total assets", *[f.total_assets(y) for y in f.YEARS], 7804560, 7489215),
        ("Loans and advances to customers", *[f.ASSETS["Loans and advances to customers"][y] for y in f.YEARS], 5268140, 5071925),
        ("Customer deposits", *[f.total(f.DEPOSITS, y) for y in f.YEARS], 6231480, 6012755),
        ("Equity", *[f.equity(y) for y in f.YEARS], 604310, 587925)], (56, 22, 22, 22, 22, 22))
    b.h2("Glossary")
    for term, text in (
            ("Cost of risk", "Impairment losses on customer loans divided by gross customer loans at year end."),
            ("Cost-to-income ratio", "Total operating expenses divided by total operating income."),
            ("Expected credit loss (ECL)", "Probability-weighted estimate of the loss on a loan; over twelve months in "
             "stage 1 and over its whole life in stages 2 and 3."),
            ("Liquidity coverage ratio", "High-quality liquid assets divided by the net outflow of 30 days of stress."),
            ("Loan-to-value (LTV)", "The amount of a loan divided by the value of the property that secures it."),
            ("Own funds", "Common Equity Tier 1 capital and Tier 2 capital."),
            ("Stage 3", "Loans in default: more than 90 days past due or unlikely to be repaid in full.")):
        b.add(Paragraph(f"<b>{term}.</b> {text}", b.s["body"]))


def build():
    b = Book("Annual Report and Financial Statements 2025", header="Annual Report 2025",
             footer="Brackwater Bank plc, year ended 31 December 2025", cover=True)
    add_front(b)
    add_glance(b)
    add_letters(b)
    add_review(b)
    add_risk(b)
    add_governance(b)
    add_statements(b)
    add_notes(b)
    add_schedules(b)
    return b.render()
