"""The other documents of Larkmoor Mutual: Word, Excel, PowerPoint, HTML, Markdown, CSV, text and mail."""
from email import policy
from email.message import EmailMessage

from brackwater.office import Deck, Paper, plain_workbook

from larkmoor_pdf import NAME, PREMIUMS, treaty_note


def motor_policy():
    w = Paper("Motor policy terms", "Form MP-25, in force from 1 July 2025. Owner: Motor, Port Lorne.", NAME)
    w.h("1 Who may drive")
    w.p("""Everyone named in the certificate who holds a valid licence. Drivers under 21 pay an additional excess of £500, drivers of
        21 to 24 one of £300. A learner may drive when accompanied by a named driver of at least 25.""")
    w.h("2 Cover")
    w.table(("Cover", "Third party", "Comprehensive", "Comprehensive Plus"), [
        ("Injury and damage to others", "yes", "yes", "yes"), ("Fire and theft", "no", "yes", "yes"), ("Own accident damage", "no", "yes", "yes"),
        ("Windscreen", "no", "excess GBP 90", "excess GBP 25"), ("Courtesy car", "no", "up to 14 days", "up to 28 days"),
        ("Personal belongings", "no", "GBP 250", "GBP 750"), ("Wrong fuel", "no", "no", "GBP 1,500"), ("Key loss", "no", "GBP 400", "GBP 1,200")])
    w.new_page()
    w.h("3 No-claims discount")
    w.p("The discount depends on the years without a claim for which we had to pay:")
    w.table(("Years without claim", "Discount", "After one claim falls to"), [
        ("0", "0 %", "0 %"), ("1", "20 %", "0 %"), ("2", "32 %", "0 %"), ("3", "41 %", "20 %"), ("4", "50 %", "32 %"), ("5 or more", "62 %", "41 %")])
    w.p("""The discount can be protected after four years; protection costs 8 % of the premium. A broken windscreen does not affect the
        discount. Years earned abroad count if the insurer confirms them in English.""")
    w.new_page()
    w.h("4 Abroad")
    w.p("""Comprehensive cover applies in all countries of the green card for up to 90 days a year, Comprehensive Plus for up to 180
        days. Recovery to a garage at home is paid up to £2,500. Tell us before the car leaves for more than 30 days in a row.""")
    w.h("5 Not covered")
    w.items(["Racing, time trials and track days.", "Use as a taxi or for deliveries, unless the certificate says so.",
             "Driving after alcohol above the legal limit.", "Wear, and punctures by braking.",
             "Theft when the key was left in or on the car."])
    w.new_page()
    w.h("6 Total loss")
    w.p("""If repair costs more than 60 % of the value, we pay the market value on the day before the accident. A car in its first 12
        months is replaced by a new one of the same model, provided that you are its first owner and it has run less than 15,000
        miles. The wreck then belongs to us.""")
    w.h("7 Cancelling")
    w.p("""Within 14 days you pay only for the days of cover and a charge of £25. Later the charge is £45. No refund is made after a
        total loss.""")
    return w.render()


def underwriting():
    w = Paper("Underwriting guidelines for small business", "Version 5.3 of 10 November 2025. Internal. Owner: Marguerite Oyelaran, "
              "Chief Underwriting Officer.", NAME)
    w.h("1 Appetite")
    w.table(("Trade", "Appetite", "Maximum sum insured, GBP", "Survey"), [
        ("Offices and consultants", "preferred", "5,000,000", "none"), ("Shops without food", "preferred", "3,000,000", "above 1,000,000"),
        ("Cafes without deep frying", "accepted", "1,500,000", "above 750,000"), ("Restaurants with deep frying", "refer", "800,000", "always"),
        ("Joineries", "refer", "1,200,000", "always"), ("Hairdressers", "preferred", "1,000,000", "none"),
        ("Fireworks, scrap, night clubs", "declined", "-", "-")])
    w.p("""A business with more than three claims in five years, or with claims above £40,000 in that time, is always referred.
        Turnover may not exceed £4 million and there may be at most 35 employees.""")
    w.new_page()
    w.h("2 Discounts and loadings")
    w.table(("Feature", "Change of the premium"), [
        ("Monitored alarm", "-7.5 %"), ("Sprinklers", "-15 %"), ("Flat roof above 25 % of the area", "+10 %"), ("Timber frame", "+35 %"),
        ("Member of a trade association", "-5 %"), ("New business, first year", "+12 %")])
    w.p("""Discounts together may not exceed 20 %. An underwriter may give a further 5 % for commercial reasons, a senior underwriter
        10 %. The smallest premium is £145.""")
    w.new_page()
    w.h("3 Flood")
    w.p("""The map of the River Authority gives each address a class from A to E. Class D pays 1.8 times the base rate with an excess
        of £2,500; class E is declined unless the building stands on piles. The class is checked again every three years.""")
    w.h("4 Referrals")
    w.p("""Referrals go to the desk in Kirk Hanby and are answered within two working days. Sums above £5 million need the
        signature of the Chief Underwriting Officer and a facultative quotation of Castellane Re.""")
    w.new_page()
    w.h("5 Renewal")
    w.p("""Files with a loss ratio above 80 % over three years are reviewed by hand 60 days before renewal. Increases above 25 % are
        explained in a call. In 2025 we renewed 86 % of the policies (2024: 83 %).""")
    return w.render()


def rates_workbook():
    sheets = {
        "Home regions": (("Region", "Rate per GBP 1,000 buildings", "Rate per GBP 1,000 contents"), [
            ("Coast", 1.42, 3.85), ("River valleys", 1.76, 3.60), ("Hill country", 1.18, 2.95), ("Market towns", 1.05, 3.10), ("Aldbeck", 1.24, 4.40)]),
        "Motor factors": (("Feature", "Factor"), [
            ("Kept in a locked garage", 0.94), ("Kept on the street", 1.12), ("Up to 5,000 miles a year", 0.86), ("5,001 to 12,000 miles a year", 1.00),
            ("More than 12,000 miles a year", 1.19), ("Electric car", 1.07), ("Second car of the household", 0.91)]),
        "Add-ons": (("Add-on", "Line", "GBP a year 2025", "GBP a year 2026"), [
            ("Legal expenses", "Home", 24, 27), ("Home emergency", "Home", 58, 64), ("Garden plus", "Home", 19, 19), ("Breakdown, national", "Motor", 46, 49),
            ("Breakdown, Europe", "Motor", 83, 92), ("Protected discount", "Motor", 38, 41), ("Winter sports", "Travel", 31, 35), ("Cruise", "Travel", 42, 45)]),
        "Payment": (("Way of paying", "Charge"), [
            ("Yearly in advance", "none"), ("Half-yearly", "2 % of the premium"), ("Monthly by direct debit", "5 % of the premium"),
            ("Returned direct debit", "GBP 12"), ("Paper documents", "GBP 9 a year"), ("Change of address during the year", "none")])}
    return plain_workbook(NAME, "Premium rates 2026", sheets, "valid from 1 January 2026")


def briefing():
    d = Deck("Briefing of the member council", "Aldbeck, 19 March 2026 · Ottoline Braithe, Chief Financial Officer", NAME)
    d.bullets("What went well", ["Combined ratio below 100 % for the first time since 2020", "Average repair time in motor down to 17 days",
                                 "Member satisfaction 8.3 out of 10 (2024: 7.9)", "App used by 211,000 members (2024: 164,000)"])
    d.bullets("What did not", ["Heron for home claims postponed from March to September 2026", "Pet loss ratio above the target of 62 %",
                               "4,120 members left because of the price in the fourth quarter", "Telephone waiting time in January 6.5 minutes"],
              "Heron: the supplier Quillstack delivers the payment module late; extra cost about £0.9 million.")
    d.table("Quarterly figures 2025, GBP million", ("", "Q1", "Q2", "Q3", "Q4"), [
        ("Gross written premiums", "101.6", "106.3", "104.8", "100.2"), ("Net claims incurred", "62.4", "50.5", "52.9", "55.8"),
        ("Surplus before tax", "-1.8", "11.3", "9.2", "7.5"), ("Combined ratio, %", "106.9", "94.6", "96.4", "98.8")])
    d.chart("Gross written premiums by line, GBP 000", list(PREMIUMS), [("2024", [v[1] for v in PREMIUMS.values()]), ("2025", [v[0] for v in PREMIUMS.values()])],
            "Growth in all lines: 6.9 %.")
    d.bullets("Targets for 2026", ["Gross written premiums of £435 million", "Combined ratio of 98 %", "Solvency ratio not below 175 %",
                                   "Investment in technology £14.5 million", "Loyalty rebate £4.5 million, paid on 18 May 2026"])
    return d.render()


TRAVEL = """<!doctype html><html lang="en"><head><title>Travel cover: questions and answers</title></head><body>
<nav><a href="/">Start</a> <a href="/travel">Travel</a> <a href="/login">Log in</a></nav>
<main><h1>Travel cover: questions and answers</h1>
<h2>How long may a trip last?</h2><p>A trip may last up to 31 days with the yearly policy. With the extension <i>Long stay</i> it may last 75 days.</p>
<h2>Until what age can I take out the yearly policy?</h2><p>You can take it out until the day before your 76th birthday. Single trips are insured up to the age of 85.</p>
<h2>What does it cost?</h2><table><tr><th>Area</th><th>Single person, year</th><th>Family, year</th><th>Single trip of 10 days</th></tr>
<tr><td>Home country</td><td>£31</td><td>£54</td><td>£12</td></tr><tr><td>Europe</td><td>£52</td><td>£96</td><td>£19</td></tr>
<tr><td>World without North America</td><td>£84</td><td>£149</td><td>£38</td></tr><tr><td>World</td><td>£127</td><td>£218</td><td>£57</td></tr></table>
<h2>What is paid?</h2><ul><li>Medical treatment and transport home up to £10 million</li><li>Cancellation up to £5,000 a person</li>
<li>Baggage up to £2,000, of which at most £400 for a single object</li><li>Delay of more than eight hours: £60, and £30 for each further eight hours</li>
<li>Missed departure: up to £800</li></ul>
<h2>Must I declare an illness?</h2><p>Yes, if you were treated in the last 24 months. Asthma without a stay in hospital and high blood pressure under control need
not be declared.</p>
<h2>Who helps me on the way?</h2><p>Our partner Wayfarer Assist answers day and night: +44 1632 960 772. Before an operation the doctor must speak with
Wayfarer Assist, except in an emergency.</p>
<h2>May I work during the trip?</h2><p>Yes, at a desk. Work with machines or above three metres of height is not insured.</p></main>
<footer>Larkmoor Mutual, 12 Weir Street, Aldbeck</footer></body></html>
"""

STAFF = """# Staff guide

Valid from 1 January 2026. Questions: People Team, people@larkmoor.example, extension 3010.

## Working time

Full time is 36 hours a week. Core hours are 10:00 to 15:00. Up to three days a week may be worked from home; the claims centre plans
at least two of five days in the office.

## Holiday

| Years of service | Days |
|---|--:|
| up to 2 | 26 |
| 3 to 7 | 28 |
| 8 and more | 31 |

Up to six days may be carried over to 31 March. Five days may be bought each year; the form closes on 15 November.

## Illness

Report by 9:30. A doctor's note is needed from the fifth day. Full pay continues for 16 weeks, half pay for another 16.

## Parents

The second parent gets five weeks on full pay. Maternity pay is full for 24 weeks.

## Expenses

Trains in second class, first class above three hours. Hotels up to £115 a night, in the capital £160. Mileage is 42 pence. Meals
up to £34 a day. Claims must be handed in within 45 days.

## Pension

The society pays 11 % of the salary, you pay at least 4 %. New colleagues join on the first day of the fourth month.

## Learning

Each colleague has £900 a year for courses. Examinations of the Institute of Insurers are paid twice; the study leave is four days
for each paper.

## Gifts

Gifts from suppliers worth more than £35 are refused or handed to the charity raffle. Each gift is entered in the register within
seven days.

## Leaving

Notice is one month in the first two years, three months afterwards, and six months for senior managers. Laptops are returned on
the last day.
"""

AGENTS = """agent;town;manager;opened;members;premium_2025_gbp;commission_pct
A01;Aldbeck;Hester Crane;1998;8120;4015300;11.0
A02;Kirk Hanby;Barnaby Olusegun;2003;5430;2688900;11.0
A03;Port Lorne;Ignatia Feld;2011;6975;3920400;10.5
A04;Stavely Cross;Morris Tenpenny;2015;3310;1502750;12.0
A05;Castle Ings;Wilhelmina Goss;1987;4045;2210600;11.5
A06;Hoyle;Desmond Arkady;2009;2790;1187200;12.0
A07;Netherby Quay;Petra Longstaff;2019;1985;1044500;12.5
A08;Thrushcombe;Alaric Novak;2022;1240;598300;13.0
A09;Fallow Bridge;Sunniva Read;1994;4510;2306800;11.0
A10;Marram Point;Casimir Dunn;2017;2365;1321900;12.0
"""

STORM = """To all members with a home policy                                   Aldbeck, 6 February 2026

Storm Corin

Dear member,

on the night of 3 February storm Corin crossed the coast. The highest gust, 131 km/h, was measured at Marram Point. By this
morning 3,860 members had reported damage.

Please take photographs, prevent further damage and keep the receipts. For tarpaulins and boards we pay up to £250 without asking
questions. You need not wait for our surveyor if the repair costs less than £1,500.

Our vans stand on the market square in Netherby Quay and in front of the school in Marram Point until 14 February, daily from 9:00
to 18:00. Whoever cannot live at home calls 0800 555 117 and gets a room on the same day.

Damage to fences is not insured, but members in need may ask the Larkmoor Foundation for up to £300.

The excess for storm damage of this night is waived for members aged 75 or more.

With kind regards
Tobias Wrenfield
Chief Operating Officer
"""


def mail():
    m = EmailMessage(policy=policy.SMTP)
    m["From"] = "Ottoline Braithe <ottoline.braithe@larkmoor.example>"
    m["To"] = "Risk Committee <risk-committee@larkmoor.example>"
    m["Date"] = "Mon, 15 Dec 2025 16:20:00 +0000"
    m["Subject"] = "Catastrophe treaty 2026 placed"
    m["Message-ID"] = "<20251215162000.07@larkmoor.example>"
    m.set_content("""\
Dear colleagues,

the catastrophe treaty for 2026 is placed. The summary is attached.

* The price rose by 3.6 %; our broker Sallow & Pike had expected 8 %.
* We keep 6 million pounds of each event instead of 5.
* A third layer is new.
* Brightwater Re, which held 10 % in 2025, is no longer on the panel
  because its rating fell to BBB+.

The Risk Committee will discuss the cover for flood on 27 January 2026.
Please send questions to Ebba Lindgren, reinsurance manager, by 9 January.

Ottoline Braithe
""")
    m.add_attachment(treaty_note(), maintype="application", subtype="pdf", filename="catastrophe-treaty-2026.pdf")
    m.set_boundary("=_larkmoor_20251215")
    return m.as_bytes()
