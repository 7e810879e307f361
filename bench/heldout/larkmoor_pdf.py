"""The PDF documents of Larkmoor Mutual: annual review, half-year update, home policy, claims manual, pet leaflet, treaty."""
from brackwater.pdfkit import Book, make_styles

NAME = "Larkmoor Mutual"
YEARS = ("GBP 000", "2025", "2024", "2023")
PREMIUMS = {"Home": (148920, 137405, 127310), "Motor": (171340, 164980, 157225), "Travel": (21460, 18715, 15890),
            "Pet": (33780, 29460, 26940), "Small business": (37360, 35680, 34540)}
INCOME = {"Gross written premiums": (412860, 386240, 361905), "Outward reinsurance premiums": (-61430, -55710, -50315),
          "Change in unearned premiums": (-9215, -8640, -6120), "Investment income": (18745, 15960, 11385),
          "Other income": (4310, 4055, 3890)}
COSTS = {"Net claims incurred": (-221640, -214785, -209130), "Commission": (-48120, -45905, -43260),
         "Staff costs": (-41385, -39120, -37245), "Other operating expenses": (-27950, -26415, -25080)}
TAX = (-5235, -3136, -1206)
ASSETS = {"Government bonds": (241850, 228400), "Corporate bonds": (187320, 190115), "Listed shares": (48610, 41275),
          "Property funds": (22940, 26380), "Cash and deposits": (36715, 44060)}
CAUSES = (("Escape of water", 6412, 24365), ("Storm", 9870, 17766), ("Fire", 388, 11640), ("Flood", 486, 9720),
          ("Subsidence", 214, 7062), ("Theft", 2140, 5992), ("Accidental damage", 5316, 4253))


def total(rows):
    return tuple(map(sum, zip(*rows)))


def check():
    """The accounts add up."""
    assert total(PREMIUMS.values()) == INCOME["Gross written premiums"]


def furniture(title, footer, **more):
    return Book(title, author=NAME, header=title, footer=footer, **more)


def annual_review():
    b = furniture("Annual review 2025", "Larkmoor Mutual. Amounts in GBP 000 unless stated otherwise.")
    income, costs = total(INCOME.values()), total(COSTS.values())
    before = total((income, costs))
    surplus = total((before, TAX))
    b.p("Annual review 2025", style="title")
    b.p("Larkmoor Mutual, founded in 1874, owned by its 486,000 members", style="subtitle")
    b.h2("At a glance")
    b.statement(("", "2025", "2024", "2023"), [
        ("Gross written premiums, GBP million", "412.9", "386.2", "361.9"), ("Surplus for the year, GBP million", "20.9", "12.5", "4.8"),
        ("Combined ratio, %", "99.1", "101.3", "103.0"), ("Solvency ratio, %", "184", "176", "171"),
        ("Members at year-end", "486,210", "471,930", "459,480"), ("Policies in force", "742,600", "711,350", "688,020"),
        ("Complaints per 1,000 policies", "2.4", "2.9", "3.3"), ("Employees, full-time equivalents", "846", "818", "803")],
        (80, 26, 26, 26))
    b.h2("What the terms mean")
    b.p("""<b>Combined ratio</b> is claims, commission and expenses as a share of net earned premiums; below 100 % the insurance
        itself earns money. <b>Solvency ratio</b> is own funds divided by the capital that the regulator requires. A <b>member</b>
        is everyone who holds at least one policy in their own name on 31 December.""")
    b.page()
    b.h1("Letter from the chair")
    b.p("""Dear members, 2025 was the year in which your society earned money on insurance again. The winter storms Agnar and
        Berit cost us £14.2 million before reinsurance, of which our reinsurers carry £9.6 million. That we still close with a
        surplus of £20.9 million is owed to a calm summer and to a motor book that has been repriced.""",
        """The Board proposes to return £4.5 million to members as a loyalty rebate in May 2026, the first since 2019. Every
        member with at least five full years receives the same share for each policy, between £8 and £12. We also place
        £1.0 million in the Larkmoor Foundation, which taught first aid to 7,400 people last year.""",
        """In September we moved our head office from Tanner's Yard to 12 Weir Street in Aldbeck. In October we closed the
        telephone centre in Hoyle; its 64 colleagues were offered work in Aldbeck or from home, and 51 accepted. Roland
        Petheridge retires as Chief Executive on 30 June 2026. The Board has appointed Marguerite Oyelaran, at present Chief
        Underwriting Officer, to follow him.""",
        "Constance Ferrily, Chair of the Board, Aldbeck, 12 March 2026")
    b.page()
    b.h1("Lines of business")
    b.statement(("Gross written premiums, GBP 000", "2025", "2024", "2023"),
                [(n, *v) for n, v in PREMIUMS.items()] + [("*Total", *INCOME["Gross written premiums"])], (74, 28, 28, 28))
    b.statement(("Loss ratio, %", "2025", "2024", "2023"), [
        ("Home", "61.8", "64.9", "66.3"), ("Motor", "70.4", "72.6", "75.8"), ("Travel", "54.1", "51.7", "57.0"),
        ("Pet", "66.2", "65.0", "63.1"), ("Small business", "47.5", "53.4", "50.2"), ("*All lines", "64.8", "66.7", "68.5")],
        (74, 28, 28, 28))
    b.p("""<b>Home.</b> Premiums grew by 8.4 %, two thirds from higher sums insured. We renewed 89 % of the policies that came up.
        <b>Motor.</b> Average premium £498 (2024: £472). Repairs took 17 days on average, two days fewer than the year before.
        <b>Travel.</b> We stopped selling single trips through airlines in April. <b>Pet.</b> 118,400 animals are insured, among
        them 4,150 rabbits. <b>Small business.</b> The new product for market traders found 2,300 buyers.""")
    b.page()
    b.h1("Income statement")
    net = total((INCOME["Gross written premiums"], INCOME["Outward reinsurance premiums"]))
    b.statement(YEARS, [
        ("Gross written premiums", *INCOME["Gross written premiums"]), ("Outward reinsurance premiums", *INCOME["Outward reinsurance premiums"]),
        ("*Net written premiums", *net), ("Change in unearned premiums", *INCOME["Change in unearned premiums"]),
        ("*Net earned premiums", *total((net, INCOME["Change in unearned premiums"]))),
        ("Investment income", *INCOME["Investment income"]), ("Other income", *INCOME["Other income"]), ("*Total income", *income),
        *[(n, *v) for n, v in COSTS.items()], ("*Total claims and expenses", *costs), ("*Surplus before tax", *before),
        ("Tax", *TAX), ("*Surplus for the year", *surplus)], (74, 28, 28, 28))
    b.h2("Other operating expenses")
    b.statement(YEARS, [("Information technology", 11240, 9870, 9115), ("Premises", 5310, 6045, 5980), ("Marketing", 4125, 3960, 3740),
                        ("Professional fees", 3480, 3115, 2890), ("Postage and telephone", 1935, 2010, 2105),
                        ("Other", 1860, 1415, 1250), ("*Total", 27950, 26415, 25080)], (74, 28, 28, 28))
    b.page()
    b.h1("Investments")
    b.statement(("GBP 000", "31 Dec 2025", "31 Dec 2024"), [(n, *v) for n, v in ASSETS.items()] + [("*Total investments", *total(ASSETS.values()))],
                (74, 34, 34))
    b.p("""The average yield of the bonds was 3.9 % (2024: 3.4 %) and their average remaining term 4.6 years. 92 % of bonds are
        rated A or better. The largest single issuer apart from the government is the Northmere Water Company with
        £11.3 million. Shares lost in spring and gained 9.1 % over the year. The share of property funds may not exceed 6 % of
        investments; two funds were sold in June.""")
    b.h2("Where we do not invest")
    b.p("""Since 2022 we hold no bonds of companies that earn more than 5 % of their sales with thermal coal, and no tobacco.
        The list is reviewed every November by the Investment Committee, chaired by Dr. Ansel Thorogood.""")
    b.page()
    b.h1("Claims")
    b.p("In 2025 members reported 128,460 claims, 6.2 % fewer than in the year before. Home claims by cause:")
    b.grid(("Cause", "Claims", "Cost, GBP 000", "Average, GBP"), [(n, f"{c:,}", f"{k:,}", f"{round(1000 * k / c):,}") for n, c, k in CAUSES],
           (60, 28, 34, 34), numeric=(1, 2, 3))
    b.p("""93 % of home claims were paid in full or in part. The most frequent reason for refusing a claim was gradual damage
        (41 % of refusals), followed by unpaid premiums (18 %) and lack of cover (15 %). Our investigators found 1,015
        fraudulent claims worth £6.8 million. The largest single claim was the fire at a joinery in Castle Ings, £2.15 million.""")
    b.h2("Development of the provision for claims")
    b.statement(("GBP 000", "Home", "Motor", "Other", "Total"), [
        ("On 1 January 2025", 58240, 131615, 29880, 219735), ("Claims incurred", 81950, 104330, 35360, 221640),
        ("Claims paid", -78415, -98720, -33905, -211040), ("*On 31 December 2025", 61775, 137225, 31335, 230335)], (58, 26, 26, 26, 26))
    b.page()
    b.h1("Reinsurance and capital")
    b.grid(("Treaty", "We keep, GBP million", "Limit, GBP million", "Leading reinsurer"), [
        ("Property catastrophe", "5.0", "120.0", "Halvorsen Re"), ("Property per risk", "1.5", "15.0", "Castellane Re"),
        ("Motor liability", "2.0", "unlimited", "Halvorsen Re"), ("Travel accumulation", "0.5", "8.0", "Obermark Re")],
        (48, 40, 38, 40), numeric=(1, 2))
    b.statement(("GBP 000", "31 Dec 2025", "31 Dec 2024"), [
        ("Own funds", 246180, 223610), ("Solvency capital requirement", 133790, 127050), ("*Excess", 112390, 96560)], (74, 34, 34))
    b.p("""The Board wants a solvency ratio between 160 % and 200 %. Below 150 % no rebate is paid. A storm that happens once in
        200 years would lower the ratio by 21 points, a fall of shares by 30 % by 8 points.""")
    b.page()
    b.h1("People and places")
    b.p("""On 31 December 2025 we employed 912 people, 846 in full-time equivalents. 57 % are women; of the 38 senior managers 16
        are women. The median gender pay gap was 9.7 % (2024: 11.2 %). Staff turnover was 12.5 %, and 44 apprentices were in
        training. The average age is 41.""")
    b.grid(("Office", "Employees", "Since", "Purpose"), [
        ("Aldbeck, 12 Weir Street", 538, 2025, "Head office"), ("Kirk Hanby", 211, 1998, "Claims centre"),
        ("Port Lorne", 96, 2011, "Motor and data"), ("Stavely Cross", 67, 2020, "Pet and travel")], (52, 28, 24, 40), numeric=(1,))
    b.h2("Environment")
    b.p("""Our own emissions fell to 1,240 tonnes of carbon dioxide (2024: 1,515 tonnes). The new head office is heated with water
        from the weir. 38 % of the fleet is electric. By 2030 we want to halve the emissions of 2020, which were 2,060 tonnes.""")
    b.page()
    b.h1("Board of directors")
    b.grid(("Name", "Role", "On the Board since", "Committees"), [
        ("Constance Ferrily", "Chair", "2017", "Nomination"), ("Roland Petheridge", "Chief Executive", "2014", "-"),
        ("Ottoline Braithe", "Chief Financial Officer", "2021", "-"), ("Dr. Ansel Thorogood", "Independent director", "2016", "Investment (chair), Risk"),
        ("Jocasta Mbeki-Lunn", "Independent director", "2019", "Audit (chair)"), ("Gideon Starkweather", "Senior independent director", "2018", "Risk (chair), Audit"),
        ("Philomena Achterberg", "Independent director", "2023", "Audit, Remuneration (chair)")], (44, 44, 34, 44))
    b.p("""The Board met nine times in 2025. Fees: £48,000 for the chair, £31,000 for an independent director, and £7,500 more for
        chairing a committee. The Chief Executive received £412,000 in all, of which £96,000 was a bonus. The auditor is
        Pellew & Garrick LLP, in office since 2020; the audit fee was £385,000.""")
    b.h2("Annual general meeting")
    b.p("""The 152nd annual general meeting takes place on Thursday 21 May 2026 at 14:00 in the Corn Exchange, Aldbeck. Motions of
        members must arrive by 9 April 2026 and need the signatures of 50 members.""")
    return b.render()


def half_year_update():
    b = furniture("Half-year update 2025", "Unaudited. Six months to 30 June 2025.")
    b.p("Half-year update 2025", style="title")
    b.p("Published on 24 July 2025", style="subtitle")
    b.statement(("GBP 000", "H1 2025", "H1 2024"), [
        ("Gross written premiums", 207915, 194280), ("Net earned premiums", 168940, 158760), ("Net claims incurred", -112870, -108915),
        ("Investment income", 9120, 7655), ("Surplus before tax", 9485, 5230), ("Combined ratio, %", "100.6", "102.8")], (80, 30, 30))
    b.p("""Storm Agnar on 24 January led to 5,940 home claims within a week. The first quarter closed with a loss of £1.8 million,
        the second with a surplus of £11.3 million. The solvency ratio was 178 % on 30 June.""")
    b.page()
    b.h1("Lines of business in the half-year")
    b.statement(("GBP 000", "H1 2025", "H1 2024"), [("Home", 73640, 67850), ("Motor", 86215, 83470), ("Travel", 12380, 10960),
                ("Pet", 16495, 14310), ("Small business", 19185, 17690), ("*Gross written premiums", 207915, 194280)], (80, 30, 30))
    b.p("""The price of used cars fell, and with it the cost of total losses. Thefts of keyless cars rose to 412 after 305. From
        1 August members with such a car get a signal-blocking pouch free of charge.""")
    b.page()
    b.h1("Outlook")
    b.p("""For the whole year we expect premiums above £405 million and a combined ratio below 100 %. The move to Weir Street will
        cost £3.2 million in the second half. The new claims system Heron goes live for motor in October 2025 and for home in
        March 2026.""")
    return b.render()


def home_policy():
    b = furniture("Home policy terms", "Form HP-26, in force from 1 January 2026.", styles=make_styles("Times-Roman", "Times-Bold", 11.4, 16.6, justify=True),
                  font="Times-Roman", bold="Times-Bold", margins=(28, 28, 26, 24))
    b.p("Home policy terms", style="title")
    b.p("Buildings and contents. Form HP-26", style="subtitle")
    b.h1("1 Definitions")
    b.p("""<b>Unoccupied</b> means that nobody who is allowed to has slept in the home for more than 45 days in a row.""",
        """<b>Valuables</b> are jewellery, watches, furs, works of art, stamps, coins and objects of precious metal.""",
        """<b>Subsidence</b> is the downward movement of the ground beneath the building for a reason other than its own weight.""",
        """<b>Excess</b> is the part of each claim that you pay yourself.""",
        """<b>Garden</b> includes paths, fences, sheds and ponds, but not fields or woodland of more than one hectare.""",
        """<b>Escape of water</b> is water that leaves pipes, tanks, appliances or heating by accident.""")
    b.page()
    b.h1("2 What is covered")
    b.grid(("Cover", "Standard, up to GBP", "Plus, up to GBP"), [
        ("Buildings", "750,000", "1,000,000"), ("Contents", "60,000", "120,000"), ("Valuables in all", "15,000", "40,000"),
        ("A single valuable", "2,000", "7,500"), ("Cash at home", "500", "1,000"), ("Bicycles, each", "600", "1,800"),
        ("Garden plants", "1,000", "3,000"), ("Freezer contents", "350", "unlimited"), ("Alternative accommodation", "20,000", "75,000"),
        ("Replacement of locks", "500", "1,500"), ("Tracing a leak", "5,000", "10,000")], (70, 40, 40), numeric=(1, 2))
    b.p("""Contents are insured as new for old, except clothing and bed linen older than three years, for which we deduct wear.
        Contents in a shed are covered up to £2,500 under both covers. Students who belong to the household are covered away
        from home up to £5,000.""")
    b.page()
    b.h1("3 Excesses")
    b.grid(("Kind of damage", "Excess, GBP"), [("Subsidence", "1,000"), ("Escape of water", "350"), ("Flood", "500"), ("Theft", "200"),
                                              ("Accidental damage", "150"), ("All other damage", "250")], (90, 40), numeric=(1,))
    b.p("""The voluntary excess that you chose comes on top. If one event damages buildings and contents, only the higher excess is
        deducted. No excess applies to replacement of locks and to freezer contents.""")
    b.h1("4 What is not covered")
    b.bullets(["Damage that builds up over time, such as rot, rust, mould and wear.", "Damage by vermin, insects or pets.",
               "Theft without signs of forced entry while the home is let or shared.",
               "Storm damage to fences, gates and hedges.", "Loss of data, and the cost of restoring it.",
               "Escape of water, theft and malicious damage while the home is unoccupied."])
    b.page()
    b.h1("5 Your duties")
    b.p("""Tell us within 14 days if you start building work that costs more than £30,000, if the home will be unoccupied or if
        you begin to let rooms. Keep the building in good repair. Between 1 November and 31 March a home left empty for more than
        four days must be heated to at least 12 degrees, or the water must be turned off and drained.""",
        """Smoke alarms must be fitted on each floor. For valuables above £2,000 we need a receipt or a valuation that is not older
        than five years.""")
    b.h1("6 Claims")
    b.p("""Report damage within 30 days, theft to the police within 24 hours. Call 0800 555 117, day and night, or use the app.
        Do not throw away damaged objects until we have agreed. We pay within five working days of agreeing the amount. If more
        than a month passes after you have sent us everything, you receive interest of 4 % a year.""")
    b.page()
    b.h1("7 Premium, renewal and cancellation")
    b.p("""You may cancel within 21 days of receiving the documents and get the full premium back, as long as there was no claim.
        Later you may cancel at any time; we refund the unused part less a charge of £30. We may cancel with 28 days' notice, in
        writing, for a serious reason. The renewal offer is sent at least 35 days before the policy ends.""",
        """If an instalment is missed, we remind you after seven days. Cover ends 21 days after the reminder if nothing was paid.""")
    b.h1("8 Complaints and law")
    b.p("""Write to Member Relations, 12 Weir Street, Aldbeck. You get an answer within 20 working days. After that, or if you do
        not agree, the Insurance Arbiter helps free of charge; you have nine months to call on it. The law of the place of the
        insured home applies.""")
    return b.render()


def claims_manual():
    b = furniture("Claims handling manual", "Internal. Edition 9, in force from 1 February 2026. Owner: Claims Operations, Kirk Hanby.")
    b.p("Claims handling manual", style="title")
    b.p("Edition 9, in force from 1 February 2026", style="subtitle")
    b.h1("1 First contact")
    b.p("""A call is answered within 40 seconds on average; in a surge after a storm within three minutes. The handler asks for the
        policy number, the date and the cause, and tells the member what happens next. Each claim gets a number that starts with the
        year and the letter of the line: H, M, T, P or B. An emergency plumber or glazier may be sent at once up to £400 without
        asking a team leader.""")
    b.h1("2 Authority to pay")
    b.grid(("Role", "Home, GBP", "Motor, GBP", "Small business, GBP"), [
        ("Trainee", "500", "400", "none"), ("Handler", "5,000", "4,000", "2,500"), ("Senior handler", "20,000", "15,000", "10,000"),
        ("Team leader", "50,000", "40,000", "30,000"), ("Head of Claims", "250,000", "250,000", "150,000"),
        ("Claims Committee", "above", "above", "above")], (48, 34, 34, 44), numeric=(1, 2, 3))
    b.p("""A payment above the authority needs the approval of the next role before the member is told. The Claims Committee meets
        every Tuesday at 10:00 and is chaired by the Chief Operating Officer.""")
    b.page()
    b.h1("3 Deadlines")
    b.grid(("Step", "Home", "Motor"), [
        ("Acknowledge a claim made online", "1 working day", "1 working day"), ("Appoint a surveyor or engineer", "3 working days", "2 working days"),
        ("Report of the surveyor or engineer", "10 working days", "5 working days"), ("Decision on cover", "15 working days", "10 working days"),
        ("Update to the member", "every 10 working days", "every 5 working days")], (70, 44, 44))
    b.p("""A surveyor visits when the expected cost is above £4,000, or when the member is vulnerable. Below that, photographs or a
        video call suffice.""")
    b.page()
    b.h1("4 Signs of fraud")
    b.p("""Points are added for each sign. From 30 points the file goes to the investigators, who answer within eight working days.
        The member is not told of the points.""")
    b.grid(("Sign", "Points"), [("Policy younger than 60 days", "15"), ("Earlier claim concealed", "25"), ("Receipts altered", "30"),
                                ("Cover raised in the last 90 days", "10"), ("Caller knows the terms unusually well", "5"),
                                ("Address linked with an earlier case", "20")], (90, 30), numeric=(1,))
    b.p("""Nobody accuses a member of fraud on the telephone. The head of investigations is Leopold Quince, extension 3380.""")
    b.page()
    b.h1("5 Reserves")
    b.p("""Every open claim carries a reserve from the first day: £1,150 for home and £2,300 for motor, until the handler knows more.
        Reserves above £100,000 are looked at each month by the actuary. A change of more than £25,000 is reported to Finance
        on the same day.""")
    b.h1("6 Repair network")
    b.p("""The network has 86 garages, 41 builders and 19 drying firms. A garage must give a courtesy car from the second day of a
        repair, and a guarantee of three years on its work. Garages are visited once a year; two bad audits within 24 months end
        the contract.""")
    b.page()
    b.h1("7 Records")
    b.p("""Claim files are kept for seven years after closing, files with injury of a child until the age of 25. Recordings of
        calls are deleted after 18 months. Emails to the shared mailbox are filed within two working days.""")
    b.h1("8 Major incidents")
    b.p("""The Head of Claims declares a surge when more than 600 claims arrive in one day. Then holiday is stopped for no one, but
        the offices in Port Lorne and Stavely Cross lend 30 colleagues within 24 hours, and handlers may pay up to £8,000 for home.
        The last surge was declared on 25 January 2025 and lasted 11 days.""")
    return b.render()


def pet_leaflet():
    b = furniture("Pet cover", "Prices from 1 March 2026.", styles=make_styles(size=11, leading=16))
    b.p("Pet cover", style="title")
    b.grid(("Plan", "Vet fees a year, GBP", "Excess, GBP", "Dog, a month", "Cat, a month", "Rabbit, a month"), [
        ("Basic", "2,500", "120", "14.80", "9.20", "6.50"), ("Classic", "6,000", "99", "24.40", "14.60", "9.90"),
        ("Lifelong", "12,000", "79", "39.70", "22.30", "not offered")], (24, 34, 24, 28, 28, 32), numeric=(1, 2, 3, 4))
    b.p("""Animals can be insured from the age of eight weeks until their ninth birthday. There is a waiting time of 14 days for
        illness and 48 hours for accidents. From the age of eight the owner pays 20 % of each vet's bill on top of the excess.""")
    b.page()
    b.h1("What is included")
    b.bullets(["Travel abroad with the animal for up to 60 days a year (Classic and Lifelong).", "Search for a lost animal: up to £750.",
               "Boarding if you are in hospital for more than four days: up to £600.", "Damage that your dog does to others: up to £1.5 million.",
               "Not included: vaccination, pregnancy, teeth cleaning and illnesses that were known before."])
    b.p("A second animal of the same household costs 12 % less. Members with a home policy save another 5 %.")
    return b.render()


def treaty_note():
    b = furniture("Catastrophe treaty 2026: summary of terms", "Confidential.")
    b.p("Catastrophe treaty 2026", style="title")
    b.grid(("Layer", "Retention, GBP million", "Limit, GBP million", "Rate on line, %"), [
        ("First", "6.0", "14.0", "11.5"), ("Second", "20.0", "40.0", "5.2"), ("Third", "60.0", "75.0", "2.4")], (36, 44, 40, 40), numeric=(1, 2, 3))
    b.p("""The treaty runs from 1 January to 31 December 2026. The premium in all is £5.49 million, payable in four parts. One
        reinstatement is included for each layer, at 100 % of its premium.""")
    b.page()
    b.h1("Shares")
    b.grid(("Reinsurer", "Share, %", "Rating"), [("Halvorsen Re", "40", "AA-"), ("Castellane Re", "25", "A+"), ("Obermark Re", "20", "A+"),
                                                 ("Tideway Syndicate 1190", "15", "A")], (60, 30, 30), numeric=(1,))
    b.p("""Hours clause: 96 hours for storm, 168 hours for flood. A loss that is expected to reach half of the retention must be
        reported within ten days.""")
    return b.render()
