"""The documents of the Tarnsea Hospitals Trust: two hospitals and a health centre, financial years from April to March."""
from email import policy
from email.message import EmailMessage

from brackwater.office import Deck, Paper, plain_workbook
from brackwater.pdfkit import Book, make_styles

NAME = "Tarnsea Hospitals Trust"
FOLDER = "tarnsea"


def book(title, footer, **more):
    return Book(title, author=NAME, header=title, footer=footer, **more)


def annual_report():
    b = book("Annual report 2024/25", "Tarnsea Hospitals Trust. Financial year from 1 April 2024 to 31 March 2025.")
    b.p("Annual report 2024/25", style="title")
    b.p("St Brannoc's Hospital, Quayside Hospital and Elverton Health Centre", style="subtitle")
    b.h2("The year in figures")
    b.statement(("", "2024/25", "2023/24", "2022/23"), [
        ("Inpatient stays", "48,315", "47,020", "44,890"), ("Day cases", "31,760", "29,455", "27,130"),
        ("Outpatient appointments", "412,900", "398,250", "371,640"), ("Emergency attendances", "118,640", "121,075", "115,330"),
        ("Births", "3,412", "3,508", "3,597"), ("Beds on average", "742", "731", "724"), ("Occupancy of beds, %", "91.3", "93.0", "90.4"),
        ("Average stay, days", "5.1", "5.4", "5.5")], (80, 28, 28, 28))
    b.p("""St Brannoc's treats about two thirds of our patients. Quayside specialises in planned surgery and rehabilitation. Elverton
        has no beds; it offers X-rays, blood tests and a minor injuries unit.""")
    b.page()
    b.h1("Letter of the chair and the chief executive")
    b.p("""This was the year of the new Lantern Building at St Brannoc's. It opened on 9 September 2024, eleven weeks late, with six
        operating theatres and a day surgery unit of 28 places. The building cost £63.4 million, £4.9 million more than approved,
        mostly because of asbestos below the old boiler house.""",
        """In January 2025 norovirus closed four wards at Quayside for nine days. 212 operations were postponed; all but 17 had
        been made up for by the end of March.""",
        """Dame Perpetua Lindqvist ends her second term as chair on 30 November 2025. The council of governors has chosen
        Rafferty Osei, formerly of the Coastal Ambulance Service, to succeed her. Chief executive Imogen Tarrant has extended her
        contract until 2029.""")
    b.page()
    b.h1("Waiting times")
    b.grid(("Measure", "Target", "2024/25", "2023/24"), [
        ("Seen within four hours in the emergency department, %", "78", "74.6", "71.2"), ("Treated within 18 weeks, %", "92", "66.1", "63.8"),
        ("Cancer treatment begun within 62 days, %", "85", "79.3", "76.0"), ("Diagnostic test within six weeks, %", "95", "88.4", "82.7"),
        ("Operations cancelled at short notice, %", "1.0", "1.3", "1.7"), ("Patients waiting longer than a year", "0", "418", "1,126")],
        (82, 20, 28, 28), numeric=(1, 2, 3))
    b.p("""The longest waits are in orthopaedics, where 203 of the patients waiting longer than a year are found. Ophthalmology met
        every target for the first time. At Quayside 81.9 % of patients were treated within 18 weeks, at St Brannoc's 58.7 %.""")
    b.page()
    b.h1("Income and spending")
    b.statement(("£000", "2024/25", "2023/24"), [
        ("Income from patient care", 471230, 446915), ("Education and training", 22480, 21760), ("Research", 9145, 8020),
        ("Car parks and catering", 4865, 4390), ("Private patients", 6310, 5975), ("*Total income", 514030, 487060),
        ("Staff costs", -331840, -312275), ("Drugs", -58615, -54430), ("Clinical supplies", -49720, -47885),
        ("Premises", -34290, -36140), ("Clinical negligence contribution", -15460, -14380), ("Depreciation", -19875, -17240),
        ("*Total spending", -509800, -482350), ("*Surplus", 4230, 4710)], (82, 32, 32))
    b.p("""Spending on agency staff fell from £14.9 million to £9.6 million. The savings programme brought £17.2 million; the plan
        had been £18.5 million.""")
    b.page()
    b.h1("Investment")
    b.statement(("£000", "2024/25", "Plan 2025/26"), [
        ("Lantern Building", 21650, 1200), ("Medical equipment", 8940, 10300), ("Digital records", 5275, 7850), ("Fire safety", 2130, 3400),
        ("Heating and energy", 1745, 6100), ("*Total", 39740, 28850)], (82, 32, 32))
    b.p("""The second MRI scanner at Quayside was delivered in February 2025. A heat pump will replace the gas boilers of Elverton in
        summer 2026. Roofs are not in the plan; a survey is due first.""")
    b.page()
    b.h1("Our people")
    b.grid(("Group", "31 March 2025", "31 March 2024", "Vacancy rate, %"), [
        ("Doctors", "812", "786", "6.2"), ("Nurses and midwives", "2,145", "2,068", "8.9"), ("Allied health professionals", "604", "590", "7.4"),
        ("Healthcare assistants", "1,087", "1,102", "10.3"), ("Administration and estates", "1,263", "1,271", "5.1"),
        ("Total", "5,911", "5,817", "7.8")], (62, 34, 34, 34), numeric=(1, 2, 3), total_rows=(-1,))
    b.p("""Sickness absence was 5.2 % (2023/24: 5.6 %). 61 % of colleagues answered the staff survey, and 68 % of those would recommend
        the trust as a place to work. 96 nurses joined us from abroad. We trained 148 apprentices.""")
    b.page()
    b.h1("Quality and safety")
    b.p("""We recorded two never events (2023/24: three): a retained swab and a wrong tooth extracted. There were 31 cases of
        Clostridioides difficile against a ceiling of 36, and one MRSA bloodstream infection. 92 % of inpatients rated their care as
        good or very good.""",
        """We received 684 formal complaints (2023/24: 731) and answered 77 % of them within 35 working days. The ombudsman
        upheld five. Compliments numbered 2,390.""")
    b.grid(("Hospital", "Inspected", "Rating"), [("St Brannoc's Hospital", "November 2023", "Requires improvement"),
                                                ("Quayside Hospital", "June 2024", "Good"), ("Elverton Health Centre", "May 2022", "Good")], (60, 44, 54))
    b.page()
    b.h1("The board")
    b.grid(("Name", "Role", "Since"), [
        ("Dame Perpetua Lindqvist", "Chair", "2019"), ("Imogen Tarrant", "Chief executive", "2021"), ("Dr Absalom Reyes", "Medical director", "2020"),
        ("Winifred Achebe", "Chief nurse", "2023"), ("Leopold Strand", "Finance director", "2018"), ("Honor Castellan", "Director of estates", "2022"),
        ("Prof. Edda Quillfeather", "Non-executive, chairs the quality committee", "2020"),
        ("Barnabas Ilves", "Non-executive, chairs the audit committee", "2022")], (56, 84, 20))
    b.p("""The chief executive was paid £214,500. The highest paid member of the board was the medical director with £231,000. The
        external auditor is Hartnoll Pyne; its fee was £142,000. The next annual members' meeting is on Wednesday 17 September
        2025 at 17:30 in the lecture hall of Quayside Hospital.""")
    return b.render()


def medicines_policy():
    b = book("Medicines policy", "Version 9 of 2 June 2025. Owner: chief pharmacist. Review: June 2027.",
             styles=make_styles("Times-Roman", "Times-Bold", 11.2, 16.2, justify=True), font="Times-Roman", bold="Times-Bold", margins=(28, 28, 26, 24))
    b.p("Medicines policy", style="title")
    b.p("For all who prescribe, store, give or carry medicines", style="subtitle")
    b.h1("1 Prescribing")
    b.p("""Prescriptions are written in the electronic system Corvane. If Corvane is down for more than 20 minutes, paper charts from
        the red box of the ward are used. A verbal order is allowed only in an emergency and must be signed within two hours.""",
        """<b>Critical medicine</b> means a medicine whose omission or delay can cause lasting harm, such as insulin, anticoagulants,
        antiepileptics and medicines for Parkinson's disease.""",
        "Antibiotics by vein are reviewed after 48 hours. The reason for giving them is recorded with the order.")
    b.page()
    b.h1("2 Storage")
    b.grid(("Place", "Temperature, °C", "Checked", "Who checks"), [
        ("Medicines refrigerator", "2 to 8", "daily", "nurse in charge"), ("Freezer for vaccines", "-25 to -15", "twice a day", "pharmacy technician"),
        ("Medicines room", "below 25", "daily", "nurse in charge"), ("Controlled drugs cupboard", "below 25", "each change of shift", "two registered nurses"),
        ("Emergency trolley", "", "weekly", "resuscitation officer")], (50, 34, 40, 40))
    b.p("""A refrigerator that was outside its range for more than one hour is closed, its contents are labelled "do not use", and the
        pharmacy is called on extension 4471. Keys are carried by the nurse in charge and never leave the ward.""")
    b.page()
    b.h1("3 Controlled drugs")
    b.p("""Two people, one of them a registered nurse, take a controlled drug from the cupboard, write the register and witness the
        giving. A difference in stock is reported to the pharmacist on call at once and to the accountable officer, Dr Absalom
        Reyes, within 24 hours. Registers are kept for two years after the last entry, those of intensive care for seven.""")
    b.h1("4 Patients' own medicines")
    b.p("""Own medicines may be used if they are in the original box, in date and checked by a member of the pharmacy. They are
        destroyed seven days after a patient has left without them. Patients who manage their medicines themselves get a locker
        with a key; the deposit is £5.""")
    b.page()
    b.h1("5 Highest doses")
    b.grid(("Medicine", "Adults, highest dose in 24 hours", "Renal impairment", "Antidote in ward stock"), [
        ("Paracetamol", "4 g", "3 g", "acetylcysteine"), ("Ibuprofen", "2.4 g", "avoid", ""), ("Oral morphine, first day", "60 mg", "30 mg", "naloxone"),
        ("Gentamicin", "5 mg/kg", "3 mg/kg", ""), ("Digoxin, loading", "1 mg", "0.5 mg", "digoxin antibodies")], (44, 46, 36, 40))
    b.p("""Children are dosed by weight from the paediatric formulary; the table above does not apply to them. A dose above the
        table needs the signature of a consultant.""")
    b.h1("6 Errors")
    b.p("""Errors and near misses are entered in Candour before the end of the shift. The patient or the family is told the same
        day if harm is possible. Errors with moderate harm are discussed by the medicines safety group, which meets on the first
        Tuesday of the month under the chief pharmacist, Thaddeus Winnow.""")
    b.page()
    b.h1("7 Leaving hospital")
    b.p("""Patients take medicines for 14 days home, for 28 days if a compliance aid was filled. Orders that reach the pharmacy by
        14:00 are ready the same day. The discharge summary reaches the general practitioner within 24 hours.""")
    b.h1("8 Training")
    b.p("""Nurses pass the calculation test each year with at least 90 %. Those who fail twice give medicines only under supervision
        until they pass. Registrars complete the module on anticoagulants in their first month.""")
    return b.render()


def knee_leaflet():
    b = book("Your new knee", "Leaflet QH-117, orthopaedics, Quayside Hospital. Printed in March 2025.")
    b.p("Your new knee", style="title")
    b.p("For patients who are waiting for a knee replacement", style="subtitle")
    b.h2("Before the operation")
    b.p("""Two to three weeks before the operation you come to the pre-assessment clinic. Bring a list of your medicines. Stop smoking
        at least four weeks before. Do not eat for six hours before the operation; clear drinks are allowed until two hours
        before. Shower twice with the pink soap that we give you.""")
    b.h2("The operation")
    b.p("""It takes 75 to 90 minutes, usually with an anaesthetic in the back. About one patient in 100 gets a deep infection, and
        about one in 50 a blood clot in the leg. 82 in 100 patients say a year later that they would have it done again.""")
    b.page()
    b.h2("In hospital")
    b.p("""Most people stay two nights. Physiotherapists help you out of bed on the day of the operation. The wound clips are
        removed by your practice nurse after 12 days. You inject a medicine against clots for 14 days.""")
    b.h2("At home")
    b.grid(("Activity", "Usually possible after"), [("Walking with one stick", "2 weeks"), ("Driving an automatic car, left knee", "4 weeks"),
                                                    ("Driving any other car", "6 weeks"), ("Office work", "6 weeks"), ("Swimming", "8 weeks"),
                                                    ("Physical work", "12 weeks"), ("Gardening on the knees", "not advised"), ("Air travel over four hours", "3 months")],
           (80, 50))
    b.p("""Call the joint line on 01632 960 418, Monday to Friday from 8:30 to 16:30, if the wound leaks or the calf swells. Sister
        Maribel Stroud leads the line. You are seen again after six weeks and after one year.""")
    return b.render()


def infection_policy():
    w = Paper("Infection control policy", "Version 4.2, valid from 1 October 2025. Owner: Winifred Achebe, chief nurse.", NAME)
    w.h("1 Hands and clothing")
    w.p("""Hands are cleaned before and after each contact. Sleeves end above the elbow. One plain ring may be worn. Uniforms are washed
        at 60 degrees; they are not worn on the way to work.""")
    w.h("2 Isolation")
    w.table(("Illness", "Room", "Mask", "Ends"), [
        ("Norovirus", "single or cohort", "surgical", "48 hours after the last symptom"), ("Influenza", "single or cohort", "surgical", "5 days after the first symptom"),
        ("Tuberculosis", "single, negative pressure", "FFP3", "after two weeks of treatment"), ("Measles", "single, negative pressure", "FFP3", "4 days after the rash"),
        ("Scabies", "single", "none", "24 hours after treatment"), ("MRSA", "single", "none", "three negative swabs")])
    w.new_page()
    w.h("3 Outbreaks")
    w.p("""Two linked cases within 72 hours are an outbreak. The infection control doctor, Dr Signe Halloran, decides on the closure
        of a ward; at night the on-call manager may close it for up to 12 hours. Visiting is then limited to one person a day.""")
    w.h("4 Cleaning")
    w.table(("Area", "Cleaned", "Audit score required, %"), [
        ("Operating theatres", "after each patient", "98"), ("Intensive care", "three times a day", "98"), ("Wards", "twice a day", "95"),
        ("Outpatient clinics", "daily", "90"), ("Offices", "weekly", "75")])
    w.p("After norovirus a room is cleaned with chlorine at 1,000 parts per million, then left empty for one hour.")
    w.new_page()
    w.h("5 Injuries by needles")
    w.items(["Let it bleed and rinse with water for five minutes.", "Call occupational health, extension 5150; at night the emergency department.",
             "Blood is taken within one hour, with consent also from the patient.", "The first dose against HIV is given within 72 hours, best within one."])
    w.h("6 Vaccination of colleagues")
    w.p("""Hepatitis B is required for all who have contact with blood. Influenza vaccination is offered from 29 September; the aim is
        75 %, last winter 58 % were reached. Measles immunity is checked on joining.""")
    w.h("7 Visitors")
    w.p("Visitors with diarrhoea stay away until they have been well for two days. Flowers are not allowed in intensive care and haematology.")
    return w.render()


def minutes():
    w = Paper("Minutes of the board", "Meeting in public on 25 September 2025, board room, St Brannoc's Hospital.", NAME)
    w.p("""Present: Dame Perpetua Lindqvist (chair), Imogen Tarrant, Leopold Strand, Winifred Achebe, Honor Castellan, Prof. Edda Quillfeather,
        Barnabas Ilves. Apologies: Dr Absalom Reyes.""")
    w.h("1 Finance at month five")
    w.p("""Mr Strand reported a deficit of £2.1 million at the end of August against a planned deficit of £1.4 million. The gap comes from
        agency doctors in radiology. The forecast for the year remains break-even. Capital spending was £7.3 million.""")
    w.h("2 Emergency department")
    w.p("""In August 76.8 % of patients were seen within four hours. Ambulances waited 24 minutes on average before handing over their
        patients (July: 31 minutes). Ms Achebe said that twelve more nurses will start in November.""")
    w.new_page()
    w.h("3 Car park at St Brannoc's")
    w.p("""Ms Castellan presented three options. The board chose option B, a deck with 310 spaces for £5.8 million, to be finished by
        March 2027. Option A, with 190 spaces, was cheaper by £2.3 million. Option C was withdrawn.""")
    w.table(("Option", "Spaces", "Cost, £ million", "Finished"), [("A", "190", "3.5", "October 2026"), ("B", "310", "5.8", "March 2027"), ("C", "420", "", "")])
    w.h("4 Maternity review")
    w.p("""The review of the maternity unit by Prof. Cordelia Anstruther made 14 recommendations; nine are done. A second obstetric theatre
        is needed; a business case follows in January 2026.""")
    w.new_page()
    w.h("5 Any other business")
    w.p("""The board approved the sale of the former nurses' home in Tidewell Lane to the housing society Brightmoor Homes for
        £1.95 million. The proceeds go to fire safety. The next meeting is on 27 November 2025.""")
    w.p("Action: Mr Ilves to report on cyber insurance by November. Action: Ms Castellan to bring a plan for the laundry by January.")
    return w.render()


def fees_workbook():
    sheets = {
        "Parking": (("Time", "St Brannoc's, £", "Quayside, £", "Elverton, £"), [
            ("Up to 30 minutes", 0, 0, 0), ("Up to 2 hours", 3.20, 2.80, 0), ("Up to 4 hours", 4.90, 4.20, 1.50), ("Up to 24 hours", 9.60, 8.00, 4.00),
            ("Weekly ticket", 18.00, 15.00, None), ("Blue badge", 0, 0, 0)]),
        "Staff permits": (("Grade", "Monthly, £", "Night shifts only, £"), [("Up to band 4", 11.50, 4.00), ("Band 5 to 7", 19.00, 6.50), ("Band 8 and above", 34.00, None),
                                                                          ("Consultants", 42.00, 12.00), ("Motorcycles", 0, 0)]),
        "Private rooms": (("Room", "A night, £", "Included"), [("Single room, St Brannoc's", 285, "television, meals"), ("Single room, Quayside", 240, "television, meals"),
                                                              ("Room with bed for a relative", 345, "television, meals, breakfast for the relative"), ("Amenity room, maternity", 190, "meals")]),
        "Records and letters": (("Service", "Charge, £", "Time"), [("Copy of own records, paper", 0, "30 days"), ("Copy of X-ray images on disc", 0, "10 days"),
                                                                  ("Report for an insurer", 126, "28 days"), ("Letter for travel", 38, "7 days"), ("Cremation form", 82, "2 days")]),
        "Restaurant": (("Meal", "Staff, £", "Visitors, £"), [("Breakfast", 3.40, 4.60), ("Lunch, main dish", 4.90, 6.80), ("Soup and bread", 2.60, 3.70), ("Child's meal", None, 4.10)])}
    return plain_workbook(NAME, "Charges 2025/26", sheets, "charges from 1 April 2025")


def pack():
    d = Deck("Winter plan 2025/26", "Board seminar, 16 October 2025 · Imogen Tarrant, chief executive", NAME)
    d.bullets("What we add", ["36 winter beds: 24 at St Brannoc's from 1 December, 12 at Quayside from 5 January", "Discharge lounge open until 21:00, before 18:00",
                              "Virtual ward for 80 patients with lung or heart disease", "Respiratory clinic at Elverton on four days a week"],
              "Cost of the winter plan: £3.75 million, of which £2.9 million is funded by the regional board.")
    d.table("Beds planned by month", ("", "November", "December", "January", "February"), [
        ("Medicine", "318", "342", "346", "340"), ("Surgery", "196", "180", "172", "184"), ("Children", "44", "46", "46", "44"), ("Critical care", "38", "40", "42", "42")])
    d.bullets("When we escalate", ["Level 2: occupancy above 94 %", "Level 3: more than 25 patients waiting for a bed", "Level 4: decided by the chief operating officer, Jolyon Marsh",
                                   "At level 3 non-urgent surgery at St Brannoc's stops"])
    d.chart("Emergency attendances a day, winter", ["2022/23", "2023/24", "2024/25"], [("Attendances", [337, 351, 342])], "Forecast for 2025/26: 348.")
    d.bullets("Risks", ["Influenza earlier than usual", "26 vacant posts for registered nurses in medicine", "The lift in the East Wing fails about twice a month; replacement in June 2026"])
    return d.render()


VISITORS = """<!doctype html><html lang="en"><head><title>Visiting and finding us</title></head><body>
<nav><a href="/">Home</a> <a href="/wards">Wards</a> <a href="/jobs">Jobs</a></nav>
<main><h1>Visiting and finding us</h1>
<h2>When can I visit?</h2><p>Wards are open to visitors from 10:00 to 20:00. Please avoid meal times: 12:00 to 13:00 and 17:30 to 18:15. In intensive care
visits are possible from 14:00 to 16:00 and from 18:00 to 19:00, two people at a time. Partners may stay on the maternity ward day and night.</p>
<h2>May children come?</h2><p>Children of any age may visit a parent. In haematology visitors must be at least twelve.</p>
<h2>How do I get there?</h2><table><tr><th>Hospital</th><th>Address</th><th>Bus</th><th>Walk from the station</th></tr>
<tr><td>St Brannoc's</td><td>88 Minster Road, Tarnsea</td><td>3, 7, 41</td><td>25 minutes</td></tr>
<tr><td>Quayside</td><td>2 Rope Walk, Tarnsea</td><td>7, 12</td><td>9 minutes</td></tr>
<tr><td>Elverton</td><td>15 Mill Street, Elverton</td><td>41</td><td>&nbsp;</td></tr></table>
<p>A free shuttle runs between St Brannoc's and Quayside every 20 minutes from 7:00 to 19:30, on working days only.</p>
<h2>Can I phone a patient?</h2><p>Each bed has a phone. Calls to it cost 12 pence a minute. The switchboard (01632 960 400) gives the number.</p>
<h2>Is there Wi-Fi?</h2><p>Yes, the network is called Tarnsea-Guest. It is free and works without a password for eight hours.</p>
<h2>Where can I eat?</h2><p>The restaurant at St Brannoc's is open from 7:30 to 19:00. At Quayside there is a café, open from 8:00 to 16:00, closed at weekends.</p>
<h2>What may I bring?</h2><p>Fruit and wrapped food. No flowers in intensive care. Electrical devices with a plug must be tested by the estates team, which takes one day.</p>
<h2>Who listens if something goes wrong?</h2><p>The patient advice team sits beside the main entrance of St Brannoc's, Monday to Friday, 9:00 to 16:00. Its head is Lucinda Farrow.</p></main>
<footer>Tarnsea Hospitals Trust</footer></body></html>
"""

HANDBOOK = """# Handbook for new colleagues

Valid from 1 April 2025. Written by the people team, extension 2020.

## Hours

Full time is 37.5 hours a week. Shifts of nurses last 12.5 hours including a break of 60 minutes. Rotas are published eight weeks
ahead. Between two shifts there must be 11 hours.

## Leave

| Years of service | Days of leave | Public holidays |
|---|--:|--:|
| less than 5 | 27 | 8 |
| 5 to 10 | 29 | 8 |
| more than 10 | 33 | 8 |

Leave is asked for six weeks ahead. Five days may be carried over, with the consent of the manager ten.

## Pay

| Band | Starting pay, £ | Top of band, £ |
|---|--:|--:|
| 2 | 23,615 | 23,615 |
| 4 | 26,530 | 29,114 |
| 5 | 29,970 | 36,483 |
| 6 | 37,338 | 44,962 |
| 7 | 46,148 | 52,809 |

Nights and Saturdays bring an extra 30 %, Sundays and public holidays 60 %. Pay day is the 27th of the month.

## Illness

Report illness to the manager at least one hour before the shift. A certificate is needed from the eighth day.

## Learning

Each nurse has 37.5 hours a year for learning. Mandatory training takes two days and is renewed every two years; resuscitation is
renewed every year.

## Childcare

The nursery Little Otters at St Brannoc's has 62 places. A day costs £54. The waiting list is about seven months long.

## Cycling

Cycles are lent for £12 a month. Showers are in the basement of the Lantern Building.

## Uniform

You get five uniforms. The deposit for the locker key is £10. Lost badges cost £8.

## Speaking up

Guardian for speaking up is Bettina Morrow, extension 6001. She reports to the board twice a year.

## Leaving

Notice is four weeks up to band 4, eight weeks in bands 5 and 6, and twelve weeks from band 7.
"""

WARDS = """ward;hospital;speciality;beds;manager;extension;closed_to_admissions_in_2025_days
Ash;St Brannoc's;General medicine;28;Corin Achterberg;3101;0
Beech;St Brannoc's;Respiratory medicine;30;Felicia Odhiambo;3102;6
Cedar;St Brannoc's;Stroke;24;Ingrid Sallow;3103;0
Elm;St Brannoc's;Care of older people;27;Matthias Bright;3104;11
Hazel;St Brannoc's;Children;22;Orla Penhaligon;3105;0
Juniper;St Brannoc's;Maternity;31;Tamsin Vole;3106;0
Rowan;St Brannoc's;Haematology;16;Desmond Achebe;3107;
Harbour;Quayside;Orthopaedics;32;Gwendolen Pike;4201;9
Anchor;Quayside;General surgery;26;Stellan Roe;4202;9
Lighthouse;Quayside;Rehabilitation;34;Yusra Halabi;4203;9
Mast;Quayside;Urology;18;;4204;9
"""

BULLETIN = """Pharmacy bulletin no. 31                                                     Tarnsea, 14 October 2025

Shortages

Amoxicillin suspension 250 mg/5 ml is short until mid-December. Use the 125 mg/5 ml suspension and double the volume. Alteplase
is rationed: 40 vials a month for the trust, all kept at St Brannoc's. Salbutamol nebules are available again.

Prices

The price of apixaban fell by 64 % in July; this saves about £310,000 a year. Insulin glargine is changed to the biosimilar
Glarvane from 1 November 2025, patients under 18 excepted.

Opening times

The dispensary at St Brannoc's is open from 8:30 to 19:00, on Saturdays from 9:00 to 14:00. Quayside opens on working days from 9:00 to
17:30. On Sundays the pharmacist on call is reached through the switchboard.

Incidents in September

Candour holds 143 reports about medicines, 11 of them with harm. Most concern delays (52), wrong doses (38) and omitted doses (29).
Ward Elm has introduced red tabards for the drug round; interruptions fell from 9 to 3 a round.

People

Rosalind Kemp starts on 3 November as antimicrobial pharmacist. Thaddeus Winnow is on leave from 20 to 31 October; his deputy
Oriel Banks stands in.
"""


def laundry_note():
    b = book("Laundry contract: options", "Annex to the mail of 21 October 2025.")
    b.h1("Laundry contract: options")
    b.grid(("Bidder", "Price per piece, pence", "Collection", "Contract, years"), [
        ("Whitesands Linen", "41.5", "daily", "5"), ("Northcote Textile Care", "38.0", "six days a week", "7"), ("Present supplier, Fulmar Laundry", "44.2", "daily", "-")],
        (56, 40, 40, 28), numeric=(1,))
    b.p("""We use about 2.9 million pieces a year. The present contract ends on 30 June 2026 and may be prolonged once by six months.
        Northcote asks for a minimum of 2.5 million pieces.""")
    return b.render()


def mail():
    m = EmailMessage(policy=policy.SMTP)
    m["From"] = "Honor Castellan <honor.castellan@tarnsea.example>"
    m["To"] = "Leopold Strand <leopold.strand@tarnsea.example>"
    m["Date"] = "Tue, 21 Oct 2025 08:12:00 +0000"
    m["Subject"] = "Power failure on 18 October and the laundry"
    m["Message-ID"] = "<20251021081200.11@tarnsea.example>"
    m.set_content("""\
Dear Leopold,

the power failure at Quayside on Saturday lasted 47 minutes. The first
generator started after 14 seconds, the second failed because of a flat
battery. No patient came to harm; two operations were broken off and
repeated on Monday. The battery costs 1,350 pounds, a service contract
for all four generators would cost 9,200 pounds a year.

The network company Seaward Power blames a digger in Rope Walk.

On the laundry: see the annex. I lean towards Whitesands Linen because
Northcote cannot wash microfibre.

Regards
Honor
""")
    m.add_attachment(laundry_note(), maintype="application", subtype="pdf", filename="laundry-options.pdf")
    m.set_boundary("=_tarnsea_20251021")
    return m.as_bytes()


def contents():
    return {
        "annual_report_2024_25.pdf": annual_report(), "medicines_policy.pdf": medicines_policy(), "knee_leaflet.pdf": knee_leaflet(),
        "infection_control_policy.docx": infection_policy(), "board_minutes_2025_09.docx": minutes(), "charges_2025_26.xlsx": fees_workbook(),
        "winter_plan.pptx": pack(), "visiting.html": VISITORS.encode(), "colleague_handbook.md": HANDBOOK.encode(), "wards.csv": WARDS.encode(),
        "pharmacy_bulletin_31.txt": BULLETIN.encode(), "power_failure_mail.eml": mail()}
