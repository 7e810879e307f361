"""Financial figures of Brackwater Bank in EUR thousand.

Everything that can be a sum is computed here and checked by `check()`, so the
statements, the notes, the half-year report, the slides and the capital
disclosures cannot drift apart. Years are the fiscal years ended 31 December.
"""

YEARS = (2025, 2024, 2023)


def by_year(*values):
    return dict(zip(YEARS, values))


# --- Income statement -------------------------------------------------------
INTEREST_INCOME = {
    "Loans and advances to customers": by_year(281460, 268140, 221605),
    "Debt securities": by_year(38215, 33480, 24910),
    "Cash and balances at central banks": by_year(24930, 31275, 29860),
}
INTEREST_EXPENSE = {
    "Customer deposits": by_year(92380, 98765, 71240),
    "Debt securities in issue": by_year(24115, 21390, 17205),
    "Subordinated liabilities": by_year(7875, 7875, 7875),
    "Lease liabilities": by_year(912, 968, 1010),
}
FEE_INCOME = {
    "Current account fees": by_year(21864, 20417, 19655),
    "Card fees": by_year(17930, 16988, 15902),
    "Payments and foreign transfers": by_year(8415, 8102, 7944),
    "Lending and guarantee fees": by_year(6208, 5874, 5613),
    "Insurance and fund distribution": by_year(3517, 3149, 3022),
    "Safe deposit and custody": by_year(808, 788, 768),
}
FEE_EXPENSE = {
    "Card scheme and processing costs": by_year(9874, 9460, 9157),
    "Payment clearing costs": by_year(2918, 2802, 2731),
    "Other fee expense": by_year(1414, 1315, 1230),
}
TRADING = by_year(6385, 5912, 7044)
OTHER_INCOME = by_year(3271, 4108, 2890)
STAFF = {
    "Wages and salaries": by_year(65730, 62984, 59310),
    "Social insurance": by_year(7164, 6871, 6428),
    "Pension costs, defined contribution": by_year(6905, 6612, 6207),
    "Variable pay": by_year(3188, 2940, 2615),
    "Restructuring and other staff costs": by_year(1925, 1898, 1920),
}
ADMIN = {
    "Information technology": by_year(18442, 17356, 16610),
    "Premises": by_year(6915, 7148, 7290),
    "Regulatory levies and deposit guarantee": by_year(5872, 5640, 5418),
    "Marketing": by_year(4106, 4287, 4015),
    "Professional fees": by_year(4328, 4050, 3962),
    "Postage, communication and cash handling": by_year(3764, 3915, 4030),
    "Auditor's remuneration": by_year(684, 652, 631),
    "Other": by_year(2266, 1980, 1960),
}
DEPRECIATION = {
    "Property and equipment": by_year(5412, 5230, 5044),
    "Right-of-use assets": by_year(3968, 4015, 4120),
    "Intangible assets": by_year(8464, 7685, 6538),
}
IMPAIRMENT = {
    "Loans and advances to customers": by_year(18420, 21890, 15412),
    "Debt securities": by_year(96, 115, 88),
    "Loan commitments and guarantees": by_year(420, 470, 320),
}
TAX = by_year(22144, 18883, 16138)


def total(table, year):
    return sum(row[year] for row in table.values())


def income_statement(year):
    s = {"interest_income": total(INTEREST_INCOME, year),
         "interest_expense": total(INTEREST_EXPENSE, year),
         "fee_income": total(FEE_INCOME, year),
         "fee_expense": total(FEE_EXPENSE, year),
         "trading": TRADING[year], "other": OTHER_INCOME[year],
         "staff": total(STAFF, year), "admin": total(ADMIN, year),
         "depreciation": total(DEPRECIATION, year),
         "impairment": total(IMPAIRMENT, year), "tax": TAX[year]}
    s["nii"] = s["interest_income"] - s["interest_expense"]
    s["net_fees"] = s["fee_income"] - s["fee_expense"]
    s["income"] = s["nii"] + s["net_fees"] + s["trading"] + s["other"]
    s["expenses"] = s["staff"] + s["admin"] + s["depreciation"]
    s["operating_profit"] = s["income"] - s["expenses"]
    s["pbt"] = s["operating_profit"] - s["impairment"]
    s["profit"] = s["pbt"] - s["tax"]
    s["cost_income"] = round(100 * s["expenses"] / s["income"], 1)
    return s


IS = {y: income_statement(y) for y in YEARS}

# --- Quarters: the fourth is the year less the first three -------------------
_Q = {
    2025: {"nii": (53120, 54385, 55210), "net_fees": (10720, 11085, 11240),
           "trading_other": (2310, 2455, 2360), "staff": (20840, 21105, 21230),
           "admin": (11210, 11480, 11395), "depreciation": (4360, 4425, 4490),
           "impairment": (4215, 5130, 4480), "tax": (5360, 5420, 5735)},
    2024: {"nii": (49310, 50640, 51715), "net_fees": (10085, 10360, 10515),
           "trading_other": (2480, 2395, 2570), "staff": (19880, 20210, 20425),
           "admin": (10960, 11130, 11240), "depreciation": (4110, 4205, 4270),
           "impairment": (4980, 6240, 5690), "tax": (4610, 4540, 4860)},
}


def quarters(year):
    """Four dictionaries like `income_statement`, in order Q1 to Q4."""
    s = IS[year]
    full = {**s, "trading_other": s["trading"] + s["other"]}
    out = []
    for i in range(4):
        q = {k: (v[i] if i < 3 else full[k] - sum(v)) for k, v in _Q[year].items()}
        q["income"] = q["nii"] + q["net_fees"] + q["trading_other"]
        q["expenses"] = q["staff"] + q["admin"] + q["depreciation"]
        q["operating_profit"] = q["income"] - q["expenses"]
        q["pbt"] = q["operating_profit"] - q["impairment"]
        q["profit"] = q["pbt"] - q["tax"]
        q["cost_income"] = round(100 * q["expenses"] / q["income"], 1)
        out.append(q)
    return out


def half_year(year):
    a, b = quarters(year)[:2]
    h = {k: a[k] + b[k] for k in a if k != "cost_income"}
    h["cost_income"] = round(100 * h["expenses"] / h["income"], 1)
    return h


# --- Loans --------------------------------------------------------------------
# product: {year: (gross stage 1, stage 2, stage 3, ECL stage 1, 2, 3)}
LOAN_STAGES = {
    "Owner-occupied mortgages": {
        2025: (3896420, 268310, 53910, 5120, 9845, 12190),
        2024: (3702615, 281940, 58245, 5235, 10480, 13365)},
    "Buy-to-let mortgages": {
        2025: (341870, 33915, 10430, 890, 1705, 2610),
        2024: (348220, 36180, 11290, 925, 1840, 2835)},
    "Consumer loans": {
        2025: (362540, 34605, 15225, 4215, 4480, 8905),
        2024: (338915, 33870, 14640, 3980, 4365, 8510)},
    "Credit cards": {
        2025: (84310, 8640, 3535, 1410, 1265, 2480),
        2024: (80145, 8490, 3380, 1365, 1240, 2395)},
    "Overdrafts": {
        2025: (34205, 4815, 2210, 515, 690, 1405),
        2024: (33870, 4960, 2295, 520, 705, 1460)},
    "Small and medium enterprises": {
        2025: (668215, 91460, 32965, 4890, 7215, 14380),
        2024: (629340, 97215, 35120, 4745, 7690, 15245)},
    "Commercial property": {
        2025: (258370, 44120, 16415, 1985, 3940, 6120),
        2024: (266905, 47830, 18260, 2040, 4215, 6835)},
}
NET_LOANS_2023 = 5486220


def gross(year, stage=None):
    return sum(sum(r[year][:3]) if stage is None else r[year][stage - 1]
               for r in LOAN_STAGES.values())


def ecl(year, stage=None):
    return sum(sum(r[year][3:]) if stage is None else r[year][2 + stage]
               for r in LOAN_STAGES.values())


WRITE_OFFS_2025 = ecl(2024) + IMPAIRMENT["Loans and advances to customers"][2025] - ecl(2025)
ECL_2023 = 96190
WRITE_OFFS_2024 = ECL_2023 + IMPAIRMENT["Loans and advances to customers"][2024] - ecl(2024)

# --- Balance sheet ---------------------------------------------------------------
DEPOSITS = {
    "Current accounts": by_year(2486315, 2391840, 2310465),
    "Instant access savings": by_year(2214870, 2168425, 2205130),
    "Notice accounts": by_year(986240, 897315, 771905),
    "Fixed-term deposits": by_year(1342580, 1298760, 1096420),
    "Children's and regular savings": by_year(118465, 109280, 101745),
}
ISSUED = {
    "Senior preferred notes 3.50 % due 2027": by_year(300000, 300000, 300000),
    "Covered bonds 3.05 % due 2029": by_year(250000, 250000, 250000),
    "Covered bonds 3.375 % due 2031": by_year(150000, 0, 0),
}
PPE_ADD = {2025: 6874, 2024: 5960}
INTANGIBLE_ADD = {2025: 12310, 2024: 10945}
LEASE_ADD = {2025: 2240, 2024: 1875}
DIVIDEND_PAID = {2025: 21600, 2024: 18000}
PROPOSED_DIVIDEND = 25200
SHARES = 120000  # thousand shares of EUR 1 each

PPE = {2023: 44120}
ROU = {2023: 27930}
INTANGIBLE = {2023: 38410}
for _y in (2024, 2025):
    PPE[_y] = PPE[_y - 1] + PPE_ADD[_y] - DEPRECIATION["Property and equipment"][_y]
    ROU[_y] = ROU[_y - 1] + LEASE_ADD[_y] - DEPRECIATION["Right-of-use assets"][_y]
    INTANGIBLE[_y] = INTANGIBLE[_y - 1] + INTANGIBLE_ADD[_y] - DEPRECIATION["Intangible assets"][_y]

FVOCI = by_year(1130, -4215, -9840)
RETAINED = {2023: 452118}
for _y in (2024, 2025):
    RETAINED[_y] = RETAINED[_y - 1] + IS[_y]["profit"] - DIVIDEND_PAID[_y]
SHARE_CAPITAL, SHARE_PREMIUM = 120000, 85400

ASSETS = {  # without cash, which balances the sheet
    "Loans and advances to banks": by_year(142630, 156215, 148940),
    "Debt securities": by_year(1318740, 1204365, 1066280),
    "Derivative financial instruments": by_year(14285, 17940, 21315),
    "Loans and advances to customers": {2025: gross(2025) - ecl(2025),
                                        2024: gross(2024) - ecl(2024),
                                        2023: NET_LOANS_2023},
    "Property and equipment": PPE,
    "Right-of-use assets": ROU,
    "Intangible assets": INTANGIBLE,
    "Deferred tax assets": by_year(9465, 11120, 12870),
    "Other assets": by_year(38715, 36280, 35610),
}
LIABILITIES = {
    "Deposits from banks": by_year(96320, 118475, 142610),
    "Customer deposits": {y: total(DEPOSITS, y) for y in YEARS},
    "Derivative financial instruments": by_year(9840, 12465, 15720),
    "Debt securities in issue": {y: total(ISSUED, y) for y in YEARS},
    "Subordinated liabilities": by_year(150000, 150000, 150000),
    "Lease liabilities": by_year(25110, 26735, 28640),
    "Current tax liabilities": by_year(6215, 5480, 4905),
    "Provisions": by_year(8930, 9415, 8860),
    "Other liabilities": by_year(61480, 58325, 55940),
}


def equity(year):
    return SHARE_CAPITAL + SHARE_PREMIUM + RETAINED[year] + FVOCI[year]


def liabilities(year):
    return total(LIABILITIES, year)


def total_assets(year):
    return liabilities(year) + equity(year)


def cash(year):
    return total_assets(year) - total(ASSETS, year)


def move(table, name, year):
    return table[name][year] - table[name][year - 1]


def cash_flow(year):
    """Rows (label, amount, kind) with kind line, total or head."""
    a, l, s = ASSETS, LIABILITIES, IS[year]
    imp = {k: v[year] for k, v in IMPAIRMENT.items()}
    tax_paid = s["tax"] - move(l, "Current tax liabilities", year) + move(a, "Deferred tax assets", year)
    oci = FVOCI[year] - FVOCI[year - 1]
    lease_principal = l["Lease liabilities"][year - 1] + LEASE_ADD[year] - l["Lease liabilities"][year]
    operating = [
        ("Profit before tax", s["pbt"]),
        ("Depreciation and amortisation", s["depreciation"]),
        ("Impairment losses on financial assets", s["impairment"]),
        ("Change in loans and advances to customers",
         -move(a, "Loans and advances to customers", year) - imp["Loans and advances to customers"]),
        ("Change in loans and advances to banks", -move(a, "Loans and advances to banks", year)),
        ("Change in derivative assets and other assets",
         -move(a, "Derivative financial instruments", year) - move(a, "Other assets", year)),
        ("Change in customer deposits", move(l, "Customer deposits", year)),
        ("Change in deposits from banks", move(l, "Deposits from banks", year)),
        ("Change in derivative liabilities, provisions and other liabilities",
         move(l, "Derivative financial instruments", year) + move(l, "Other liabilities", year)
         + move(l, "Provisions", year) - imp["Loan commitments and guarantees"]),
        ("Income tax paid", -tax_paid),
    ]
    investing = [
        ("Net purchases of debt securities", -(move(a, "Debt securities", year) - oci + imp["Debt securities"])),
        ("Purchases of property and equipment", -PPE_ADD[year]),
        ("Expenditure on intangible assets", -INTANGIBLE_ADD[year]),
    ]
    financing = [
        ("Proceeds from issue of debt securities", move(l, "Debt securities in issue", year)),
        ("Principal payments on leases", -lease_principal),
        ("Dividends paid", -DIVIDEND_PAID[year]),
    ]
    return operating, investing, financing


# --- Capital ----------------------------------------------------------------------
RWA = {"Credit risk": {2025: 3684210, 2024: 3571840},
       "Counterparty credit risk": {2025: 18640, 2024: 21375},
       "Market risk": {2025: 12405, 2024: 11980},
       "Operational risk": {2025: 431560, 2024: 402915}}
LEVERAGE_OFF_BALANCE = {2025: 286340, 2024: 271815}
LCR = {2025: 168, 2024: 159}
NSFR = {2025: 131, 2024: 129}
PROPOSED = {2025: 25200, 2024: 21600}


def cet1(year):
    return (equity(year) - INTANGIBLE[year] - ASSETS["Deferred tax assets"][year]
            - PROPOSED[year])


def rwa(year):
    return sum(r[year] for r in RWA.values())


def ratio(part, whole, digits=1):
    return f"{100 * part / whole:.{digits}f}"


def leverage_exposure(year):
    return (total_assets(year) - INTANGIBLE[year] - ASSETS["Deferred tax assets"][year]
            + LEVERAGE_OFF_BALANCE[year])


# --- Segments: Retail and Business; Treasury and centre is the remainder --------------
SEGMENTS = {
    2025: {"Retail": {"nii": 148215, "net_fees": 34870, "trading_other": 2410, "expenses": 98640, "impairment": 10985},
           "Business": {"nii": 52640, "net_fees": 9905, "trading_other": 1865, "expenses": 36215, "impairment": 7740}},
    2024: {"Retail": {"nii": 139480, "net_fees": 32760, "trading_other": 2235, "expenses": 95310, "impairment": 12870},
           "Business": {"nii": 49125, "net_fees": 9240, "trading_other": 1790, "expenses": 34680, "impairment": 9395}},
}


def segments(year):
    s = {**IS[year], "trading_other": IS[year]["trading"] + IS[year]["other"]}
    out = {k: dict(v) for k, v in SEGMENTS[year].items()}
    out["Treasury and centre"] = {k: s[k] - sum(v[k] for v in SEGMENTS[year].values())
                                  for k in SEGMENTS[year]["Retail"]}
    for v in out.values():
        v["income"] = v["nii"] + v["net_fees"] + v["trading_other"]
        v["pbt"] = v["income"] - v["expenses"] - v["impairment"]
    return out


# --- Debt securities, the schedule in the annual report ----------------------------------
def bond_schedule():
    """Rows (issuer, kind, coupon, maturity, nominal, carrying amount) that add
    up to the debt securities of the 2025 balance sheet."""
    issuers = [("Kingdom of Norrvik", "Sovereign"), ("Republic of Castrelle", "Sovereign"),
               ("Federation of Oster Isles", "Sovereign"), ("Grand Duchy of Lumenau", "Sovereign"),
               ("Republic of Tarvonia", "Sovereign"), ("Haldane Development Bank", "Supranational"),
               ("Northern Reconstruction Fund", "Supranational"), ("Selmar Housing Agency", "Agency"),
               ("Castrelle Rail Infrastructure", "Agency"), ("Ostbank Hypothek", "Covered bond"),
               ("Credit Maritime Castrelle", "Covered bond"), ("Tarvonia Building Society", "Covered bond"),
               ("Lumenau Landesbank", "Covered bond"), ("Vantreight Bank", "Senior bank"),
               ("Banco Solivar", "Senior bank"), ("Quillon Energy Networks", "Corporate")]
    rows, state = [], 20251231
    for i in range(72):
        state = (state * 1103515245 + 12345) % (1 << 31)
        issuer, kind = issuers[i % len(issuers)]
        coupon = f"{0.25 + (state >> 8) % 30 * 0.125:.3f}"
        year, month = 2026 + (state >> 13) % 9, 1 + (state >> 17) % 12
        nominal = 8000 + 1000 * ((state >> 5) % 21)
        carrying = nominal * (9760 + (state >> 11) % 410) // 10000
        rows.append([issuer, kind, coupon, f"{year}-{month:02d}-15", nominal, carrying])
    rows.sort(key=lambda r: (r[3], r[0]))
    # The last bond takes the remainder, so that the list adds up.
    rest = ASSETS["Debt securities"][2025] - sum(r[5] for r in rows)
    rows.append(["Haldane Development Bank", "Supranational", "2.250", "2035-06-15", int(round(rest * 1.012, -2)), rest])
    return rows


def check():
    for year in (2025, 2024):
        flows = cash_flow(year)
        moved = sum(v for part in flows for _, v in part)
        assert moved == cash(year) - cash(year - 1), (year, moved, cash(year) - cash(year - 1))
        for key in ("nii", "net_fees", "income", "expenses", "pbt", "profit"):
            assert sum(q[key] for q in quarters(year)) == IS[year][key], (year, key)
    assert sum(r[5] for r in bond_schedule()) == ASSETS["Debt securities"][2025]
    assert min(cash(y) for y in YEARS) > 400000


if __name__ == "__main__":
    check()
    for y in YEARS:
        print(y, IS[y])
        print("  assets", total_assets(y), "cash", cash(y), "equity", equity(y), "deposits", total(DEPOSITS, y),
              "net loans", ASSETS["Loans and advances to customers"][y])
        if y > 2023:
            print("  cet1", cet1(y), rwa(y), ratio(cet1(y), rwa(y)), ratio(cet1(y) + 150000, rwa(y)),
                  ratio(cet1(y), leverage_exposure(y)), "ecl", ecl(y), gross(y), ratio(gross(y, 3), gross(y), 2),
                  "segments", segments(y))
            print("  half", half_year(y))
            print("  q4", quarters(y)[3])
            for part in cash_flow(y):
                print("   ", part)
    print(WRITE_OFFS_2025, WRITE_OFFS_2024)
    print(bond_schedule()[-3:], len(bond_schedule()), ROU, PPE, INTANGIBLE)
