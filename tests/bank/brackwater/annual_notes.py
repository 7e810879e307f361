"""Notes to the financial statements of the annual report."""
from . import facts, figures as f

TWO = (2025, 2024)


def from_table(table, last, years=TWO):
    """Rows of a dictionary of years, closed with its sum."""
    return [(n, *[r[y] for y in years]) for n, r in table.items()] + \
           [("*" + last, *[f.total(table, y) for y in years])]


def add_policies(b):
    b.h1("Notes to the financial statements")
    b.h2("1 Accounting policies")
    b.p("""The financial statements follow International Financial Reporting Standards. They are prepared on the
        historical cost basis, except for debt securities and derivatives, which are measured at fair value. The
        directors have examined a three-year plan and two stress tests and consider it appropriate to prepare the
        statements on a going concern basis. New standards that came into force in 2025 had no material effect.""")
    b.h3("Interest")
    b.p("""Interest income and expense are recognised with the effective interest method. The effective rate includes
        fees and transaction costs that are a part of it, such as mortgage valuation fees kept by the bank. For loans
        in stage 3, interest is recognised on the net carrying amount.""")
    b.h3("Fees and commissions")
    b.p("""Account maintenance fees are recognised over the month to which they relate. Fees for a single service, such as
        an international payment, are recognised when the service is complete. Annual card fees and the rent of safe
        deposit boxes are spread over twelve months.""")
    b.h3("Financial assets")
    b.p("""Loans are held to collect and measured at amortised cost. Debt securities are held to collect and sell and
        measured at fair value through other comprehensive income. Derivatives are used for hedging interest rates;
        the bank applies fair value hedge accounting to fixed-rate mortgages as a portfolio.""")
    b.h3("Expected credit losses")
    b.p("""A loan moves to stage 2 when its lifetime probability of default has at least doubled since it was granted and
        risen by 0.5 percentage points or more, when it is more than 30 days past due, or when it has been forborne. It
        moves to stage 3 when it is more than 90 days past due or repayment in full is unlikely. A loan in stage 3
        returns to stage 2 after a probation of twelve months for forborne loans and of three months for others. Loans are
        written off when there is no realistic prospect of recovery, for unsecured loans after 36 months in default at
        the latest.""")
    b.h3("Property, equipment and intangible assets")
    b.p("""Freehold buildings are depreciated over 50 years, branch fittings over 10 years, cash machines over 7 years and
        computers over 4 years. Software is amortised over 5 years, the core banking platform over 10 years from
        October 2025.""")
    b.h3("Leases")
    b.p("""The bank leases 21 of its branches and the contact centre. Leases of up to twelve months and of assets worth
        less than EUR 5,000 are expensed. The weighted average incremental borrowing rate is 3.5 %.""")
    b.h2("2 Critical judgements and estimates")
    b.p("""The allowance for expected credit losses uses three economic scenarios. Their weights and main assumptions on
        31 December 2025 were:""")
    b.grid(("Scenario", "Weight %", "GDP growth 2026 %", "Unemployment 2026 %", "House prices 2026 %", "ECL at 100 % weight, EUR 000"), [
        ("Upside", "20", "2.9", "4.1", "5.5", 86410), ("Central", "55", "1.6", "4.7", "2.5", 91835),
        ("Downside", "25", "-1.1", "6.8", "-7.0", 113852)], (26, 20, 28, 30, 28, 32), numeric=(1, 2, 3, 4, 5))
    b.p("""A management adjustment of EUR 6.4 million is included for commercial property on the Selwyn Coast, where two
        large tenants have given notice (2024: EUR 7.8 million). If the weight of the downside scenario were raised by 10
        percentage points at the expense of the central scenario, the allowance would rise by EUR 2.2 million.""")


def add_income_notes(b):
    b.h2("3 Segments")
    for year in TWO:
        s = f.segments(year)
        names = list(s)
        b.statement((f"{year}, EUR 000", *names, "Total"), [
            (("*" if k in ("income", "pbt") else "") + label, *[s[n][k] for n in names], sum(s[n][k] for n in names))
            for label, k in (("Net interest income", "nii"), ("Net fee and commission income", "net_fees"),
                             ("Trading and other income", "trading_other"), ("Total operating income", "income"),
                             ("Operating expenses", "expenses"), ("Impairment losses", "impairment"),
                             ("Profit before tax", "pbt"))], (56, 24, 24, 38, 24))
    b.h2("4 Net interest income")
    b.statement(("EUR 000", "2025", "2024", "2023"),
                [("#Interest income", None, None, None)] + from_table(f.INTEREST_INCOME, "Total interest income", f.YEARS)
                + [("#Interest expense", None, None, None)] + from_table(f.INTEREST_EXPENSE, "Total interest expense", f.YEARS)
                + [("*Net interest income", *[f.IS[y]["nii"] for y in f.YEARS])], (90, 25, 25, 25))
    b.p("""Interest on debt securities in issue includes the net cost of the swaps that hedge it. Interest income on loans
        in stage 3 was EUR 3,846 thousand (2024: EUR 4,012 thousand).""")
    b.h2("5 Net fee and commission income")
    b.statement(("EUR 000", "2025", "2024", "2023"),
                [("#Income", None, None, None)] + from_table(f.FEE_INCOME, "Fee and commission income", f.YEARS)
                + [("#Expense", None, None, None)] + from_table(f.FEE_EXPENSE, "Fee and commission expense", f.YEARS)
                + [("*Net fee and commission income", *[f.IS[y]["net_fees"] for y in f.YEARS])], (90, 25, 25, 25))
    b.h2("6 Trading and other operating income")
    b.statement(("EUR 000", "2025", "2024"), [
        ("Foreign exchange margin on customer business", 5418, 5106), ("Fair value changes of derivatives", 967, 806),
        ("*Net trading and foreign exchange income", f.TRADING[2025], f.TRADING[2024]),
        ("Rent received", 1486, 1442), ("Gain on sale of property", 640, 1725), ("Sundry income", 1145, 941),
        ("*Other operating income", f.OTHER_INCOME[2025], f.OTHER_INCOME[2024])], (100, 28, 28))
    b.p("The gain in 2025 comes from the sale of the former branch at Alderney Row.")
    b.h2("7 Staff costs")
    b.statement(("EUR 000", "2025", "2024", "2023"), from_table(f.STAFF, "Total staff costs", f.YEARS), (90, 25, 25, 25))
    b.statement(("Average employees, full-time equivalents", "2025", "2024"),
                [(n, *v) for n, v in facts.STAFF_NUMBERS.items()]
                + [("*Total", *[sum(v[i] for v in facts.STAFF_NUMBERS.values()) for i in (0, 1)])], (100, 28, 28))
    b.h2("8 Other administrative expenses")
    b.statement(("EUR 000", "2025", "2024", "2023"),
                from_table(f.ADMIN, "Total other administrative expenses", f.YEARS), (90, 25, 25, 25))
    b.p("""The auditor's remuneration of EUR 684 thousand consists of EUR 598 thousand for the statutory audit, EUR 61
        thousand for other assurance services, and EUR 25 thousand for tax advice on payroll matters.""")
    b.h2("9 Impairment losses on financial assets")
    b.statement(("EUR 000", "2025", "2024", "2023"), from_table(f.IMPAIRMENT, "Total impairment losses", f.YEARS),
                (90, 25, 25, 25))
    b.h2("10 Income tax")
    b.statement(("EUR 000", "2025", "2024"), [
        ("Current tax", 20489, 17133), ("Deferred tax", 1655, 1750), ("*Income tax expense", f.TAX[2025], f.TAX[2024])],
        (100, 28, 28))
    b.p("""The rate of corporation tax is 21.0 %. There were no material differences between the tax expense and the profit
        before tax multiplied by that rate. Deferred tax assets of EUR 9,465 thousand (2024: EUR 11,120 thousand) arise
        from loss allowances and pension contributions.""")
    b.h2("11 Earnings per share and dividends")
    b.p("""Earnings per share are the profit for the year divided by 120 million ordinary shares. There are no diluting
        instruments. A dividend of 18.0 cent per share for 2024, EUR 21,600 thousand, was paid on 30 May 2025; one of 15.0
        cent for 2023, EUR 18,000 thousand, was paid on 31 May 2024. The proposed dividend of 21.0 cent for 2025 is not
        a liability on 31 December 2025.""")


def add_loan_notes(b):
    b.h2("12 Loans and advances to customers")
    b.statement(("EUR 000", "2025", "2024"),
                [(n, *[sum(r[y][:3]) for y in TWO]) for n, r in f.LOAN_STAGES.items()]
                + [("*Gross loans", *[f.gross(y) for y in TWO]), ("Loss allowance", *[-f.ecl(y) for y in TWO]),
                   ("*Net loans and advances to customers", *[f.gross(y) - f.ecl(y) for y in TWO])], (100, 28, 28))
    b.p("""Mortgages of EUR 612.8 million are in the cover pool for covered bonds (2024: EUR 441.5 million). Loans of EUR
        187.3 million were under forbearance measures (2024: EUR 204.6 million).""")
    b.h3("Remaining term of gross loans")
    g25, g24 = f.gross(2025), f.gross(2024)
    part25, part24 = (412360, 598745, 1486220), (398515, 577910, 1421865)
    b.statement(("EUR 000", "2025", "2024"), [
        ("Up to 1 year", part25[0], part24[0]), ("1 to 5 years", part25[1], part24[1]),
        ("5 to 15 years", part25[2], part24[2]), ("More than 15 years", g25 - sum(part25), g24 - sum(part24)),
        ("*Gross loans", g25, g24)], (100, 28, 28))
    b.h2("13 Loss allowance and stages")
    for year in TWO:
        rows = []
        for name, r in f.LOAN_STAGES.items():
            v = r[year]
            rows.append((name, *v[:3], *v[3:]))
        rows.append(("*Total", *[f.gross(year, k) for k in (1, 2, 3)], *[f.ecl(year, k) for k in (1, 2, 3)]))
        b.statement((f"31 December {year}, EUR 000", "Gross S1", "Gross S2", "Gross S3", "ECL S1", "ECL S2", "ECL S3"),
                    rows, (55, 20, 20, 18, 18, 18, 18), size=8.4)
    b.p("S1, S2 and S3 are stages 1, 2 and 3.", style="small")
    b.h3("Movement of the loss allowance")
    b.statement(("EUR 000", "2025", "2024"), [
        ("On 1 January", f.ecl(2024), f.ECL_2023),
        ("Charge to the income statement", 18420, 21890),
        ("Written off, net of recoveries", -f.WRITE_OFFS_2025, -f.WRITE_OFFS_2024),
        ("*On 31 December", f.ecl(2025), f.ecl(2024))], (100, 28, 28))
    b.p("""Interest rates on new consumer loans were between 6.9 % and 11.4 %. Collateral taken into possession during the
        year: 14 properties with a value of EUR 2.6 million (2024: 19 properties, EUR 3.3 million); all but three had
        been sold by year end.""")
    b.h3("Credit quality by days past due, 31 December 2025")
    late = (31420, 12865, 82340)
    b.statement(("EUR 000", "Gross loans", "Share %"), [
        ("Not past due", g25 - sum(late) - 74180, f.ratio(g25 - sum(late) - 74180, g25, 2)),
        ("1 to 30 days", 74180, f.ratio(74180, g25, 2)), ("31 to 60 days", late[0], f.ratio(late[0], g25, 2)),
        ("61 to 90 days", late[1], f.ratio(late[1], g25, 2)), ("More than 90 days", late[2], f.ratio(late[2], g25, 2)),
        ("*Gross loans", g25, "100.00")], (90, 34, 28))


def add_asset_notes(b):
    b.h2("14 Property, equipment and right-of-use assets")
    rows = [("#Property and equipment", None, None)]
    for label, fn in (("On 1 January", lambda y: f.PPE[y - 1]), ("Additions", lambda y: f.PPE_ADD[y]),
                      ("Depreciation", lambda y: -f.DEPRECIATION["Property and equipment"][y])):
        rows.append((label, *[fn(y) for y in TWO]))
    rows += [("*On 31 December", *[f.PPE[y] for y in TWO]), ("#Right-of-use assets", None, None)]
    for label, fn in (("On 1 January", lambda y: f.ROU[y - 1]), ("Additions and renewals", lambda y: f.LEASE_ADD[y]),
                      ("Depreciation", lambda y: -f.DEPRECIATION["Right-of-use assets"][y])):
        rows.append((label, *[fn(y) for y in TWO]))
    rows.append(("*On 31 December", *[f.ROU[y] for y in TWO]))
    b.statement(("EUR 000", "2025", "2024"), rows, (100, 28, 28))
    b.p("""Property sold in both years had been fully depreciated. Of the carrying amount on 31 December 2025, EUR 31,260
        thousand is land and buildings and EUR 15,052 thousand is equipment.""")
    b.h2("15 Intangible assets")
    b.statement(("EUR 000", "2025", "2024"), [
        ("On 1 January", f.INTANGIBLE[2024], f.INTANGIBLE[2023]),
        ("Additions, core banking platform", 7900, 6120),
        ("Additions, other software", f.INTANGIBLE_ADD[2025] - 7900, f.INTANGIBLE_ADD[2024] - 6120),
        ("Amortisation", *[-f.DEPRECIATION["Intangible assets"][y] for y in TWO]),
        ("*On 31 December", f.INTANGIBLE[2025], f.INTANGIBLE[2024])], (100, 28, 28))
    b.h2("16 Debt securities")
    rows = f.bond_schedule()
    kinds = []
    for r in rows:
        if r[1] not in kinds:
            kinds.append(r[1])
    spread = {"Sovereign": 398215, "Supranational": 176340, "Agency": 138265, "Covered bond": 301480,
              "Senior bank": 118925}
    spread["Corporate"] = f.ASSETS["Debt securities"][2024] - sum(spread.values())
    b.statement(("EUR 000", "2025", "2024"),
                [(k, sum(r[5] for r in rows if r[1] == k), spread[k]) for k in spread]
                + [("*Total debt securities", f.ASSETS["Debt securities"][2025], f.ASSETS["Debt securities"][2024])],
                (100, 28, 28))
    b.p("""All securities are rated A- or better. Securities of EUR 214.0 million were pledged with the central bank but
        not used on 31 December 2025. The full list follows the notes.""")


def add_liability_notes(b):
    b.h2("17 Customer deposits")
    b.statement(("EUR 000", "2025", "2024", "2023"), from_table(f.DEPOSITS, "Total customer deposits", f.YEARS),
                (90, 25, 25, 25))
    b.p("""Of these, EUR 5,402 million is covered by the Deposit Guarantee Scheme (2024: EUR 5,218 million). The twenty
        largest depositors hold 3.1 % of the total.""")
    b.h2("18 Debt securities in issue and subordinated liabilities")
    b.statement(("EUR 000", "2025", "2024"), from_table(f.ISSUED, "Debt securities in issue")
                + [("Subordinated notes 5.25 % due 2033, callable 2028", 150000, 150000)], (100, 28, 28))
    b.h2("19 Provisions")
    b.statement(("EUR 000", "Legal", "Loan commitments", "Restructuring", "Total"), [
        ("*On 1 January 2025", 3280, 2835, 3300, 9415), ("Charged in the year", 610, 420, 850, 1880),
        ("Used in the year", -985, 0, -1380, -2365), ("*On 31 December 2025", 2905, 3255, 2770, 8930)],
        (56, 26, 34, 28, 22))
    b.p("""The restructuring provision covers the closure of branches and the move of the back office from Wexcombe to
        Stonehaugh, to be finished by the end of 2026. One legal case, about charges on tracker mortgages sold between 2006
        and 2008, accounts for EUR 1.7 million of the legal provision.""")
    b.h2("20 Share capital")
    b.p("""Authorised are 150 million ordinary shares of EUR 1.00 each, of which 120 million are issued and fully paid. The
        Brackwater Seamen's Foundation holds 31.5 %, the Selwyn Coast Pension Fund 12.2 % and staff 4.8 %; no other
        holder has more than 3 %.""")
    b.h2("21 Capital")
    rows = [("Total equity", *[f.equity(y) for y in TWO]), ("Proposed dividend", *[-f.PROPOSED[y] for y in TWO]),
            ("Intangible assets", *[-f.INTANGIBLE[y] for y in TWO]),
            ("Deferred tax assets", *[-f.ASSETS["Deferred tax assets"][y] for y in TWO]),
            ("*Common Equity Tier 1 capital", *[f.cet1(y) for y in TWO]),
            ("Tier 2 capital, subordinated notes", 150000, 150000),
            ("*Own funds", *[f.cet1(y) + 150000 for y in TWO]),
            ("Risk-weighted assets", *[f.rwa(y) for y in TWO])]
    b.statement(("EUR 000", "2025", "2024"), rows, (100, 28, 28))


def add_risk_notes(b):
    b.h2("22 Maturity of liabilities")
    b.p("Contractual, undiscounted principal on 31 December 2025. Deposits without a term are shown as on demand.")
    on_demand = f.DEPOSITS["Current accounts"][2025] + f.DEPOSITS["Instant access savings"][2025]
    notice = f.DEPOSITS["Notice accounts"][2025]
    term = f.DEPOSITS["Fixed-term deposits"][2025]
    kids = f.DEPOSITS["Children's and regular savings"][2025]
    t1, t2 = 418265, 690440
    b.statement(("EUR 000", "On demand", "To 3 months", "3-12 months", "1-5 years", "Over 5 years", "Total"), [
        ("Customer deposits", on_demand + kids, t1 + notice, t2, term - t1 - t2, 0, f.total(f.DEPOSITS, 2025)),
        ("Deposits from banks", 11320, 45000, 25000, 15000, 0, 96320),
        ("Debt securities in issue", 0, 0, 0, 550000, 150000, 700000),
        ("Subordinated liabilities", 0, 0, 0, 0, 150000, 150000),
        ("Lease liabilities", 0, 985, 2890, 12640, 8595, 25110)], (42, 22, 22, 22, 22, 22, 22), size=8.4)
    b.h2("23 Fair value")
    b.p("""The fair value of fixed-rate loans was EUR 41.6 million below their carrying amount (2024: EUR 58.3 million
        below). Debt securities are valued with quoted prices (level 1) for EUR 1,241.5 million and with observable inputs
        (level 2) for the rest. No instrument is in level 3.""")
    b.h2("24 Commitments and contingent liabilities")
    b.statement(("EUR 000", "2025", "2024"), [
        ("Undrawn loan commitments", 498620, 471385), ("Undrawn card and overdraft limits", 386410, 369275),
        ("Guarantees given", 62845, 58930), ("Documentary credits", 9320, 10115),
        ("*Total", 957195, 909705)], (100, 28, 28))
    b.h2("25 Related parties")
    b.p("""Loans to directors and key management were EUR 2,184 thousand on 31 December 2025 (2024: EUR 2,361 thousand), on
        the terms of staff loans. Deposits from them were EUR 1,730 thousand (2024: EUR 1,512 thousand). The Brackwater
        Seamen's Foundation kept deposits of EUR 14.2 million with the bank at market terms.""")
    b.h2("26 Events after the reporting period")
    b.p("""On 14 January 2026 card payments were declined for one hour and 45 minutes because of a failed certificate. The
        cost is estimated at EUR 64 thousand and will be recognised in 2026. On 2 February 2026 the bank lowered the
        interest on savings by between 0.20 and 0.25 percentage points. There were no other events that would need
        disclosure.""")


def add_notes(b):
    add_policies(b)
    add_income_notes(b)
    add_loan_notes(b)
    add_asset_notes(b)
    add_liability_notes(b)
    add_risk_notes(b)
