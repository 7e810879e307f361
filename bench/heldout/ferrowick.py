"""The documents of Ferrowick Municipal Works: drinking water, sewers, waste and swimming baths of a town."""
from email import policy
from email.message import EmailMessage

from brackwater.office import Paper, plain_workbook
from brackwater.pdfkit import Book

NAME = "Ferrowick Municipal Works"


def book(title, footer):
    return Book(title, author=NAME, header=title, footer=footer)


def water_report():
    b = book("Drinking water report 2025", "Ferrowick Municipal Works, laboratory at Sallow Weir.")
    b.p("Drinking water report 2025", style="title")
    b.h2("Where the water comes from")
    b.p("""Ferrowick drinks ground water from 14 wells in the Ottermoor and, since May 2025, water from the Kelling reservoir. The
        Ottermoor supplies 71 % of all water. The pumps at Sallow Weir deliver up to 1,900 cubic metres an hour. On the hottest
        day, 2 July 2025, the town used 31,400 cubic metres.""")
    b.h2("Quality at the tap")
    b.grid(("Substance", "Limit", "Ottermoor", "Kelling", "Unit"), [
        ("Nitrate", "50", "18.2", "4.1", "mg/l"), ("Lead", "0.010", "0.002", "0.001", "mg/l"), ("Manganese", "0.050", "0.011", "0.027", "mg/l"),
        ("Hardness", "-", "16.4", "6.8", "degrees"), ("Fluoride", "1.5", "0.22", "", "mg/l")], (40, 26, 28, 28, 30), numeric=(1, 2, 3))
    b.p("""Of 2,160 samples 2,151 kept all limits. Nine samples, all from house pipes in Tanner Street, held too much lead. Chlorine is
        added only after repairs of mains.""")
    b.page()
    b.h1("Network")
    b.statement(("", "2025", "2024", "2023"), [
        ("Length of mains, km", "486", "481", "477"), ("Bursts", "63", "88", "79"), ("Water lost, %", "7.9", "9.4", "9.1"),
        ("Mains renewed, km", "6.2", "4.8", "5.5"), ("House connections", "21,740", "21,515", "21,260"), ("Lead pipes left", "312", "405", "498")],
        (76, 28, 28, 28))
    b.p("""The longest interruption, 19 hours, hit Harl Hill on 11 November when a digger cut the main in Cooper Lane. We paid 318
        households £25 each. By 2028 the last lead pipe shall be gone.""")
    return b.render()


def annual_accounts():
    b = book("Accounts 2025 in brief", "Amounts in £000.")
    b.p("Accounts 2025 in brief", style="title")
    b.h2("Income")
    b.statement(("£000", "2025", "2024"), [("Water", 14820, 14110), ("Sewers", 17345, 16890), ("Waste", 9760, 9215), ("Baths", 2480, 2135),
                                           ("Grants", 1150, 1420), ("*Total", 45555, 43770)], (76, 32, 32))
    b.h2("Spending")
    b.statement(("£000", "2025", "2024"), [("Staff", 15240, 14685), ("Energy", 5870, 7015), ("Repairs", 8125, 7460), ("Interest", 3310, 2890),
                                           ("Depreciation", 9430, 9085), ("Other", 2895, 2640), ("*Total", 44870, 43775)], (76, 32, 32))
    b.page()
    b.h1("Notes")
    b.p("""The result is a surplus of £685,000 after a loss of £5,000. The baths alone lost £1.94 million. Energy became cheaper because
        the digester at Reedham now makes 38 % of our electricity from sludge.""",
        """On 31 December 2025 we employed 362 people, 41 of them part-time, and trained 17 apprentices. The director is Philippa
        Garrowby, her deputy Anselm Roake. The Works Committee of the town, chaired by councillor Ottilie Brandreth, approved the
        accounts on 26 March 2026. Bank loans stood at £88.4 million; £6.2 million were repaid.""",
        """In 2026 we will spend £21.3 million on building, of which £9.5 million go into the storm tank below the cattle market.""")
    return b.render()


def waste_rules():
    w = Paper("Rules for waste", "Statute of 1 January 2026.", NAME)
    w.h("1 Bins")
    w.table(("Bin", "Emptied", "Sizes, litres", "Fee for the smallest size, £ a year"), [
        ("Grey, residual waste", "every two weeks", "60, 120, 240", "96"), ("Brown, garden and kitchen", "weekly from May to October", "80, 120", "42"),
        ("Blue, paper", "every four weeks", "120, 240", "none"), ("Yellow, packaging", "every two weeks", "240", "none")])
    w.p("""Bins stand at the kerb by 6:00 with the handle towards the road. A bin that is too heavy or filled wrongly stays where it is. An
        extra sack for residual waste costs £4.50 and is sold at the baths and the town hall.""")
    w.new_page()
    w.h("2 Bulky waste")
    w.p("""Each household has two collections of up to three cubic metres a year free of charge. Further ones cost £38. Book at least ten
        days ahead. Fridges and televisions are collected separately; car tyres and rubble are not taken.""")
    w.h("3 Recycling yard")
    w.p("""The yard in Reedham Road is open from Tuesday to Saturday, 8:00 to 16:30. Private people may bring one cubic metre a day.
        Asbestos is taken on Thursdays only, packed in bags of ours, for £190 a tonne.""")
    w.new_page()
    w.h("4 Fines")
    w.table(("Offence", "First time, £", "Repeated, £"), [("Bins on the pavement after 20:00", "15", "40"), ("Rubbish beside bins", "60", "150"),
                                                          ("Dumping in the countryside", "400", "1,500"), ("Burning garden waste", "80", "")])
    w.p("Objections are made in writing within 21 days to the legal office, Mr Lucas Thornbury.")
    return w.render()


def tariffs():
    sheets = {
        "Water": (("Item", "2025, £", "2026, £"), [("Cubic metre of water", 1.62, 1.71), ("Standing charge, small meter, month", 4.80, 5.10),
                                                   ("Standing charge, large meter, month", 18.50, 19.40), ("Hydrant pipe, day", 6.00, 7.50), ("Meter test", 55, 60)]),
        "Sewers": (("Item", "2025, £", "2026, £"), [("Cubic metre of sewage", 2.34, 2.41), ("Rain water, square metre, year", 0.88, 0.93), ("Emptying a septic tank", 145, 152)]),
        "Baths": (("Ticket", "Adult, £", "Child, £", "Family, £"), [("Single, Corn Street baths", 5.20, 2.90, 13.50), ("Single, Otter Lido", 4.60, 2.40, 11.00),
                                                                   ("Sauna", 16.50, None, None), ("Ten visits", 46.00, 25.00, None), ("Season, Otter Lido", 98.00, 52.00, 215.00)])}
    return plain_workbook(NAME, "Tariffs 2026", sheets, "2026")


BATHS = """<!doctype html><html lang="en"><head><title>Swimming in Ferrowick</title></head><body><nav><a href="/">Start</a></nav><main>
<h1>Swimming in Ferrowick</h1><h2>Corn Street baths</h2><p>Open daily from 6:30 to 21:30, on Sundays from 8:00 to 19:00. The pool is 25 metres long and
28 degrees warm. Last entry is 45 minutes before closing. Mondays from 14:00 only for schools.</p>
<h2>Otter Lido</h2><p>Open from 10 May to 14 September, 9:00 to 20:00. Three pools, the largest 50 metres long. Dogs may swim on the last day of the season.</p>
<h2>Lessons</h2><table><tr><th>Course</th><th>Age</th><th>Lessons</th><th>Price</th></tr><tr><td>Sea horses</td><td>5 to 7</td><td>12</td><td>£96</td></tr>
<tr><td>Otters</td><td>8 to 12</td><td>10</td><td>£84</td></tr><tr><td>Adults</td><td>from 18</td><td>8</td><td>£110</td></tr></table>
<p>Lessons are given by Henrike Solberg and her team. Register at the till or on extension 77.</p>
<h2>Rules</h2><p>Children under eight swim only with an adult. Bathing shorts must end above the knee. Lost keys cost £20.</p></main></body></html>
"""

MANUAL = """# Manual for the emergency service

Version of 3 November 2025. Owner: Bertrand Ilkley, head of networks.

## On call

Two fitters are on call for a week, from Friday 12:00. They must be at the fault within 40 minutes. The allowance is £310 a week, and £45
for each night call.

## Levels

| Level | Meaning | Who is told | Within |
|---|---|---|---|
| green | up to 20 households | foreman | 2 hours |
| amber | up to 500 households | head of networks | 30 minutes |
| red | more than 500 households or a hospital | director and mayor | 10 minutes |

## Burst main

Close valves from both sides, take a photograph, call the police if the road is undermined. Tanks with drinking water come after six
hours without supply: one tank of 1,000 litres for 200 people.

## Contamination

The laboratory takes samples every two hours. Notice to boil water is given only by the health office. It is lifted after three
clean series.

## Vehicles

Van 4 carries the camera for sewers, van 7 the pump of 300 cubic metres an hour. Keys hang in the control room.
"""

WELLS = """well;field;depth_m;drilled;yield_m3_h;state
O1;Ottermoor;42;1961;85;in use
O2;Ottermoor;38;1961;70;in use
O3;Ottermoor;55;1974;120;in use
O4;Ottermoor;61;1988;;closed
O5;Ottermoor;47;1993;140;in use
N1;Netherby;29;1958;35;reserve
N2;Netherby;33;1966;40;reserve
"""

LETTER = """Ferrowick Municipal Works                                              9 February 2026
To the residents of Cooper Lane and Mill Row

New water main

From 2 March to 24 April 2026 we lay a new main in Cooper Lane. The firm Dunlin & Sons does the work. The road is closed to cars;
ambulances and bicycles get through. The water is off on 17 and 18 March from 8:00 to 15:00.

Bins are collected at the corner of Mill Row. Bus 6 stops at the church instead. For questions call our site manager, Ms Jorun
Easterby, 01632 960 233.

The cost of 640,000 pounds is borne by the Works; residents pay nothing. If the pipe on your ground is of lead, we pay half of its
replacement, at most 1,200 pounds.
"""


def mail():
    m = EmailMessage(policy=policy.SMTP)
    m["From"] = "Anselm Roake <anselm.roake@ferrowick.example>"
    m["To"] = "Philippa Garrowby <philippa.garrowby@ferrowick.example>"
    m["Date"] = "Thu, 12 Feb 2026 07:50:00 +0000"
    m["Subject"] = "Storm tank: bids"
    m["Message-ID"] = "<20260212075000.3@ferrowick.example>"
    m.set_content("""\
Dear Philippa,

four firms have bid for the storm tank: Calder Bau 8.9 million pounds,
Dunlin & Sons 9.4, Harrowgate Civil 9.1 and Veldkamp 10.2. Calder Bau
has no reference for tanks above 5,000 cubic metres; ours will hold
12,500. I propose Harrowgate Civil. They need 22 months.

The neighbours are worried about noise. Piling is limited to 8:00 to
17:00, with a break of an hour at noon.

Anselm
""")
    return m.as_bytes()


def contents():
    return {"drinking_water_2025.pdf": water_report(), "accounts_2025.pdf": annual_accounts(), "waste_rules.docx": waste_rules(), "tariffs_2026.xlsx": tariffs(),
            "swimming.html": BATHS.encode(), "emergency_manual.md": MANUAL.encode(), "wells.csv": WELLS.encode(), "cooper_lane.txt": LETTER.encode(),
            "storm_tank_bids.eml": mail()}
