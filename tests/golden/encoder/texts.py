"""A hundred texts of our own for comparing encoders: lengths from nothing to far over 256 tokens, several scripts,
numbers, symbols. Companies and people in them do not exist."""

SHORT = [
    "", " ", "?", "a", "7", "Hello", "hello", "HELLO, WORLD!", "The", "###",
    "interest rate", "Overdraft fee", "How do I close my account?", "closing an account",
    "What was the net profit of Brackwater Bank in 2024?", "Who chairs the audit committee?",
    "When is the annual general meeting?", "Is there a penalty for early repayment?",
    "How much is the arrangement fee for a 90 % mortgage?", "dividend per share FY2023",
    "EBITDA margin, third quarter", "§ 4.2(b) notice period", "Basel III CET1 ratio 14.7%",
    "IBAN GB33 BUKB 2020 1555 5555 55", "$1,234,567.89", "(3,456)", "-0.5 pp", "1e-9", "10-K/A", "Q3'24 vs. Q3'23",
    "fraud@brackwater.example", "https://www.brackwater.example/rates?tier=2&year=2026#notice-35",
    "C++20 and std::span<const std::byte>", "x² + y² = r²", "½ cup", "№ 5", "10 µm", "3 × 4 ≈ 12", "→ next", "☎ 1800 555 014",
]

SENTENCES = [
    "The Harbour Saver pays 1.65 % gross a year on balances from 10,000 to 49,999.99.",
    "Customers may withdraw without notice, but not more than twice in a calendar month.",
    "Net interest income rose by 8.3 percent to 412 million, helped by wider margins on fixed-term deposits.",
    "Impairment charges were 37.2 million (2023: 51.9 million).",
    "The board proposes a final dividend of 11.5 pence per ordinary share, payable on 14 May 2025.",
    "A lighthouse keeper wrote down the height of every wave that winter.",
    "Rust on the hull was scraped, primed and painted within nine days.",
    "If the counterparty defaults, collateral is sold in the order that schedule C sets out.",
    "Pump P-104B tripped on low suction pressure at 03:17 and restarted automatically.",
    "The recipe needs two eggs, a spoon of honey and patience.",
    "Our auditors found no material weakness in internal control over financial reporting.",
    "Employees who leave before the vesting date forfeit units that have not vested.",
    "Über die Zinsen entscheidet der Vorstand vierteljährlich.",
    "Le taux d’intérêt n’est pas garanti au-delà de la première année.",
    "El señor Núñez firmó el contrato de arrendamiento en Cádiz.",
    "Wąska łódź płynęła w górę rzeki Żółw.",
    "Ο ναύτης έγραψε μια επιστολή στην τράπεζα.",
    "Капитан подписал договор о поставке угля.",
    "船长在港口签署了合同。",
    "銀行の金利は来月から変わります。",
    "은행은 다음 달에 금리를 바꿉니다.",
    "البنك يغير سعر الفائدة في الشهر القادم.",
    "הבנק ישנה את הריבית בחודש הבא.",
    "बैंक अगले महीने ब्याज दर बदलेगा।",
    "Ngân hàng sẽ thay đổi lãi suất vào tháng tới.",
    "The café’s naïve façade hid a résumé full of crème brûlée.",
    "Zero\u200bwidth, soft\u00adhyphen, no\u00a0break and \u202eright to left\u202c controls.",
    "Emoji 🚢⚓️ and a family 👨‍👩‍👧 at the quay.",
    "ﬁne ligatures: oﬃce, ﬂow; full width: ＡＢＣ１２３．",
    "e\u0301 decomposed and é composed should agree.",
    "Tabs\tand\nnew lines\r\nbetween words.",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "x" * 120 + " is one word of more than a hundred letters",
    "SELECT name, sum(amount) FROM ledger WHERE day >= '2025-01-01' GROUP BY name;",
    "| Tier | Rate |\n|---|---|\n| 0 to 9,999.99 | 1.40 % |\n| 10,000 to 49,999.99 | 1.65 % |",
    "{\"collection\": \"bank\", \"k\": 10, \"filters\": [\"year:2025\", \"type:report\"]}",
    "a [MASK] in plain text and [SEP] too",
    "dz/dt = -k·z, so z(t) = z₀e^(−kt)",
    "Mr. O'Neil-Smythe's flat-rate, low-fee, no-frills account wasn't closed.",
    "1. First 2. Second 3. Third (a) (b) (c) i) ii) iii)",
]


def paragraphs():
    plain = SENTENCES[:12]
    yield " ".join(plain[:3])
    yield " ".join(plain[3:8])
    yield " ".join(plain)
    yield " ".join(SENTENCES[12:25])
    yield " ".join(SENTENCES)
    yield " ".join(plain * 3)
    yield " ".join(reversed(plain))
    yield "\n\n".join(s.upper() for s in plain)
    yield " ".join("%d,%03d.%02d" % (i, i * 37 % 1000, i * 11 % 100) for i in range(60))
    yield " ".join("word%d" % i for i in range(300))
    yield "again and " * 200
    for n in (10, 30, 60, 120, 200, 240, 253, 254, 255):
        yield " ".join(["harbour", "rate", "wave", "deposit", "night"][i % 5] for i in range(n))


TEXTS = SHORT + SENTENCES + list(paragraphs())
assert len(TEXTS) == 100, len(TEXTS)

PAIRS = [
    ("How many withdrawals a month?", "Customers may withdraw without notice, but not more than twice in a month."),
    ("profit of 2023", "The recipe needs two eggs, a spoon of honey and patience."),
]
