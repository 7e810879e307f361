"""Facts that several documents share: people, products, rates, fees, limits.

Each fact is written once here; a document that states an older value takes it
from the older table and says which period it belongs to.
"""

BANK = "Brackwater Bank plc"
HEAD_OFFICE = "4 Customs House Quay, Port Selwyn"
PHONE = "1800 555 014"
FRAUD_PHONE = "1800 555 019"

# Interest on deposits, per cent a year gross.
# product, tier from, tier to, from 1 July 2025, from 2 February 2026
DEPOSIT_RATES = [
    ("Harbour Saver", 0, 9999.99, 1.60, 1.40),
    ("Harbour Saver", 10000, 49999.99, 1.85, 1.65),
    ("Harbour Saver", 50000, None, 2.05, 1.85),
    ("Notice 35", 1000, None, 2.25, 2.05),
    ("Notice 95", 1000, None, 2.55, 2.35),
    ("Fixed Term 6 months", 5000, None, 2.45, 2.20),
    ("Fixed Term 12 months", 5000, None, 2.70, 2.45),
    ("Fixed Term 24 months", 5000, None, 2.75, 2.50),
    ("Fixed Term 36 months", 5000, None, 2.80, 2.60),
    ("Young Mariner", 0, 5000, 3.00, 2.75),
    ("Young Mariner", 5000.01, None, 1.00, 0.75),
    ("Regular Saver", 10, 500, 3.50, 3.25),
]

# Mortgage rates from 2 February 2026: product, LTV to 60, to 80, to 90, APRC.
MORTGAGE_RATES = [
    ("Standard variable", "4.05", "4.25", "4.45", "4.5"),
    ("2-year fixed", "3.45", "3.60", "3.85", "4.3"),
    ("3-year fixed", "3.40", "3.55", "3.80", "4.2"),
    ("5-year fixed", "3.30", "3.50", "3.75", "4.0"),
    ("7-year fixed", "3.55", "3.70", "3.95", "4.0"),
    ("10-year fixed", "3.75", "3.90", "4.15", "4.1"),
    ("Green 5-year fixed", "3.10", "3.30", "3.55", "3.8"),
]

# Fees: sheet -> rows (item, unit, fee from 1 March 2025, fee from 1 March 2026).
FEES = {
    "Current accounts": [
        ("Everyday Account, maintenance", "per month", 4.00, 4.50),
        ("Harbour Plus Account, maintenance", "per month", 11.00, 12.00),
        ("Student Account, maintenance", "per month", 0.00, 0.00),
        ("Basic Payment Account, maintenance", "per month", 0.00, 0.00),
        ("Business Current Account, maintenance", "per month", 9.00, 9.50),
        ("Business Current Account, each manual transaction", "per item", 0.60, 0.65),
        ("Business Current Account, each electronic transaction", "per item", 0.18, 0.18),
        ("Coin counting above EUR 100", "% of amount", 2.00, 2.50),
        ("Additional paper statement", "per statement", 1.50, 1.75),
        ("Duplicate annual interest certificate", "per copy", 5.00, 5.00),
        ("Certificate of balance", "per certificate", 20.00, 22.00),
        ("Arranged overdraft, set-up or renewal", "per facility", 25.00, 25.00),
        ("Unarranged overdraft, refused payment", "per item", 5.50, 6.00),
        ("Audit confirmation for a business", "per request", 40.00, 45.00),
    ],
    "Cards": [
        ("Debit card, first issue and renewal", "per card", 0.00, 0.00),
        ("Debit card, replacement of a lost card", "per card", 5.00, 6.00),
        ("Card sent by courier", "per delivery", 20.00, 22.00),
        ("Classic credit card", "per year", 0.00, 0.00),
        ("Gold credit card", "per year", 30.00, 35.00),
        ("Credit card cash advance", "% of amount, minimum EUR 4.00", 3.00, 3.00),
        ("Credit card late payment", "per event", 7.50, 8.00),
        ("Card payment outside the euro area", "% of amount, maximum EUR 12.00", 1.75, 1.75),
        ("Card payment outside the euro area, Harbour Plus Account", "% of amount", 0.00, 0.00),
        ("Cash withdrawal at another bank's machine, euro area", "per withdrawal", 0.80, 0.95),
        ("PIN reminder by post", "per letter", 2.00, 2.50),
        ("Retrieval of a sales voucher", "per voucher", 12.00, 12.00),
    ],
    "Payments": [
        ("SEPA credit transfer, online or app", "per payment", 0.00, 0.00),
        ("SEPA credit transfer, at a branch", "per payment", 2.00, 2.50),
        ("SEPA instant payment, online or app", "per payment", 0.00, 0.00),
        ("International payment, online", "per payment", 14.00, 15.00),
        ("International payment, at a branch", "per payment", 24.00, 26.00),
        ("Incoming international payment above EUR 100", "per payment", 7.00, 7.50),
        ("Tracing or recall of an international payment", "per request", 20.00, 20.00),
        ("Standing order, set-up at a branch", "per order", 3.00, 3.50),
        ("Unpaid direct debit", "per item", 6.50, 7.00),
        ("Stopped cheque", "per cheque", 10.00, 11.00),
        ("Bank draft", "per draft", 5.00, 5.50),
        ("Foreign cheque sent for collection", "per cheque", 18.00, 20.00),
    ],
    "Lending and safe deposit": [
        ("Mortgage application", "per application", 0.00, 0.00),
        ("Property valuation, up to EUR 500,000", "per property", 155.00, 165.00),
        ("Property valuation, above EUR 500,000", "per property", 210.00, 225.00),
        ("Release of part of a security", "per release", 90.00, 95.00),
        ("Copy of title documents", "per request", 35.00, 38.00),
        ("Consumer loan, set-up", "per loan", 0.00, 0.00),
        ("Business loan arrangement", "% of loan, minimum EUR 250", 0.75, 0.75),
        ("Bank guarantee", "% of amount per year, minimum EUR 150", 1.50, 1.60),
        ("Safe deposit box, small", "per year", 90.00, 95.00),
        ("Safe deposit box, medium", "per year", 132.00, 140.00),
        ("Safe deposit box, large", "per year", 198.00, 210.00),
        ("Access to a safe deposit box above 24 visits a year", "per visit", 5.00, 5.00),
    ],
}
FEE_NOTES = [
    ("Everyday Account waiver", "lodgements of at least EUR 1,500 in the month", "lodgements of at least EUR 2,000 in the month"),
    ("Value added tax", "not charged on the fees in this schedule", "not charged on the fees in this schedule"),
    ("When fees are taken", "last working day of the quarter", "last working day of the month"),
    ("Age exemption", "no maintenance fee from the age of 70", "no maintenance fee from the age of 68"),
]

# Complaints received, by quarter and subject.
COMPLAINTS = {
    2025: {"Cards and cash machines": (262, 248, 271, 255), "Payments and transfers": (214, 201, 196, 223),
           "Fees and charges": (148, 139, 127, 131), "Lending and mortgages": (122, 118, 109, 114),
           "Digital banking": (96, 104, 88, 93), "Other": (41, 38, 35, 39)},
    2024: {"Cards and cash machines": (298, 284, 301, 277), "Payments and transfers": (241, 236, 228, 244),
           "Fees and charges": (186, 171, 163, 158), "Lending and mortgages": (131, 127, 125, 121),
           "Digital banking": (118, 109, 112, 105), "Other": (37, 36, 35, 37)},
}


def complaints_total(year):
    return sum(sum(q) for q in COMPLAINTS[year].values())


# Towns: name, region, address, branch code, opens, closes, Saturday hours,
# cash machines, safe deposit boxes, branch manager.
BRANCHES = [
    ("Port Selwyn Quayside", "Selwyn Coast", "4 Customs House Quay", 101, "09:00", "17:00", "10:00-13:00", 4, 320, "Aoife Kerrigan"),
    ("Port Selwyn Northgate", "Selwyn Coast", "88 Northgate Street", 102, "09:30", "16:30", "10:00-13:00", 3, 0, "Martin Delacourt"),
    ("Port Selwyn University", "Selwyn Coast", "2 Library Walk", 103, "10:00", "16:00", "closed", 2, 0, "Sana Whitlock"),
    ("Dunmere", "Selwyn Coast", "17 Harbour Road", 104, "09:30", "16:30", "closed", 2, 90, "Pieter Oakshott"),
    ("Lisgarrow", "Selwyn Coast", "31 Market Square", 105, "09:30", "16:30", "closed", 2, 0, "Niamh Tolland"),
    ("Saltmarsh Cross", "Selwyn Coast", "5 Station Parade", 106, "10:00", "16:00", "closed", 1, 0, "Leo Farnham"),
    ("Gannet Bay", "Selwyn Coast", "12 The Esplanade", 107, "10:00", "15:30", "closed", 1, 0, "Ruth Abernathy"),
    ("Whelan Strand", "Selwyn Coast", "9 Pier View", 108, "10:00", "15:30", "closed", 1, 0, "Colm Ferriter"),
    ("Ardmoyle", "Moyle Valley", "40 Castle Street", 201, "09:30", "16:30", "10:00-12:30", 3, 150, "Grainne Osterley"),
    ("Kilvarra", "Moyle Valley", "3 Mill Lane", 202, "09:30", "16:30", "closed", 2, 60, "Desmond Achterberg"),
    ("Tollgate Cross", "Moyle Valley", "21 Turnpike Road", 203, "09:30", "16:30", "closed", 2, 0, "Iris Pemberley"),
    ("Ballinstow", "Moyle Valley", "66 Main Street", 204, "10:00", "16:00", "closed", 1, 0, "Eamon Strickland"),
    ("Fernhollow", "Moyle Valley", "8 Abbey Close", 205, "10:00", "16:00", "closed", 1, 0, "Marta Lindqvist"),
    ("Upper Sedge", "Moyle Valley", "14 Church Hill", 206, "10:00", "15:30", "closed", 1, 0, "Hugh Bannerman"),
    ("Corrin Bridge", "Moyle Valley", "1 Bridge Street", 207, "09:30", "16:30", "closed", 2, 0, "Yusuf Calloway"),
    ("Maltby Green", "Moyle Valley", "27 The Green", 208, "10:00", "16:00", "closed", 1, 0, "Clodagh Renshaw"),
    ("Stonehaugh", "High Fells", "52 Cathedral Street", 301, "09:00", "17:00", "10:00-13:00", 3, 210, "Bernard Iveson"),
    ("Stonehaugh Retail Park", "High Fells", "Unit 6, Fellside Park", 302, "10:00", "18:00", "10:00-16:00", 2, 0, "Lucia Markham"),
    ("Carradale", "High Fells", "19 Slate Row", 303, "09:30", "16:30", "closed", 1, 0, "Tobias Wren"),
    ("Hollin Moor", "High Fells", "4 Drovers Way", 304, "10:00", "15:30", "closed", 1, 0, "Maeve Harkin"),
    ("Ravenscleugh", "High Fells", "33 Quarry Road", 305, "10:00", "15:30", "closed", 1, 0, "Fergus Aldous"),
    ("Thornby", "High Fells", "10 Sheep Street", 306, "09:30", "16:30", "closed", 2, 0, "Nadia Crossfield"),
    ("Eskerfoot", "High Fells", "7 Lakeside", 307, "10:00", "16:00", "closed", 1, 0, "Patrick Umber"),
    ("Wexcombe", "South Plain", "71 High Street", 401, "09:00", "17:00", "10:00-13:00", 3, 180, "Olwen Mastris"),
    ("Wexcombe Docklands", "South Plain", "Pier 3, Dock Road", 402, "09:30", "16:30", "closed", 2, 0, "Jonas Pilkington"),
    ("Harrowdene", "South Plain", "15 Corn Exchange", 403, "09:30", "16:30", "closed", 2, 75, "Siobhan Vale"),
    ("Little Tarn", "South Plain", "2 Orchard Place", 404, "10:00", "15:30", "closed", 1, 0, "Gareth Moxley"),
    ("Pennard", "South Plain", "29 Cattle Market", 405, "09:30", "16:30", "closed", 1, 0, "Anneke Storr"),
    ("Millrace", "South Plain", "18 Weir Street", 406, "10:00", "16:00", "closed", 1, 0, "Dominic Fairley"),
    ("Oxlade", "South Plain", "6 Priory Gate", 407, "10:00", "16:00", "closed", 1, 0, "Teresa Halloway"),
    ("Sandhurst Ferry", "South Plain", "11 Ferry Lane", 408, "10:00", "15:30", "closed", 1, 0, "Ronan Elphick"),
    ("Castle Wray", "South Plain", "45 Wray Street", 409, "09:30", "16:30", "closed", 2, 0, "Bridie Northam"),
    ("Greywater", "South Plain", "23 Canal Side", 410, "09:30", "16:30", "closed", 2, 0, "Stefan Lockyer"),
    ("Ambry", "South Plain", "9 Almoner Street", 411, "10:00", "16:00", "closed", 2, 0, "Hester Quayle"),
]

# Average number of employees (full-time equivalents) by division.
STAFF_NUMBERS = {"Retail branches and contact centre": (562, 571), "Business banking": (148, 142),
                 "Operations and technology": (263, 248), "Risk, compliance and audit": (97, 89),
                 "Treasury, finance and head office": (78, 71)}

if __name__ == "__main__":
    print(len(BRANCHES), "branches,", sum(b[7] for b in BRANCHES), "cash machines,",
          sum(b[8] for b in BRANCHES), "boxes, complaints", complaints_total(2025), complaints_total(2024),
          "staff", [sum(v[i] for v in STAFF_NUMBERS.values()) for i in (0, 1)])
