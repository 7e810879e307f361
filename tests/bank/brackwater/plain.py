"""HTML, Markdown, CSV, text and mail."""
import csv
import io
from email import policy
from email.message import EmailMessage

from . import facts
from .pdfkit import Book

FAQ = [
    ("Accounts", [
        ("How do I avoid the monthly fee of the Everyday Account?", "The fee of EUR 4.50 is not charged for a month in which at "
         "least EUR 2,000 is paid in, and from the age of 68. Until 28 February 2026 EUR 1,500 was enough and the fee was EUR 4.00."),
        ("How long does it take to open an account in the app?", "About twelve minutes. You need your passport or identity card "
         "and a proof of address. The account can be used at once; the card arrives within five working days."),
        ("Can my child have an account?", "Young Mariner is open from birth to the 18th birthday. From the age of 10 a child can "
         "have a debit card with a limit that the parents choose, at most EUR 50 a day."),
        ("Do you have accounts in foreign currencies?", "Yes, in US dollars, pounds sterling, Swiss francs and Norwegian kroner, "
         "for adults with a current account. The minimum balance is the equivalent of EUR 500; no interest is paid.")]),
    ("Cards and payments", [
        ("My card was swallowed by a machine. What now?", "Block it in the app if you did not stand at one of our branches. "
         "Our own machines keep cards for three working days; ask at the branch. Cards kept by other banks are destroyed."),
        ("How do I raise my daily limit?", "In the app under Cards, Limits, up to the maximum of your account. For one larger payment "
         "call us; you then need the security word that you chose at registration."),
        ("Which mobile wallets do you support?", "Your debit card and both credit cards work in the wallets of the two large "
         "telephone systems and on watches of three makers. Prepaid cards are not supported."),
        ("Can I cancel an instant payment?", "No. It reaches the payee within ten seconds. If you sent it to the wrong person, we "
         "can ask the other bank for its return; a refund depends on the payee.")]),
    ("App and security", [
        ("What is the waiting time for a new telephone?", "After you register a new telephone, payments are limited to EUR 300 a day "
         "for the first 48 hours. This protects you if somebody has stolen your password."),
        ("How often do I have to change my password?", "Never, unless we ask you to. It must have at least 12 characters and must "
         "not be one of the passwords known from thefts."),
        ("What do I do if I have lost my telephone?", f"Call {facts.FRAUD_PHONE}. We cut the connection of the telephone with your "
         "account. You can register another one at once with your card and your PIN.")]),
    ("Loans", [
        ("How fast do I get a consumer loan?", "Up to EUR 15,000 you have a decision within one hour and the money on the same working "
         "day, if you have been our customer for at least six months. Otherwise it takes up to three working days."),
        ("Can I repay a loan early?", "Yes, at any time and free of charge up to EUR 10,000 in twelve months. Above that the "
         "compensation is 1 % of the amount, or 0.5 % in the last year."),
        ("Do you finance electric cars?", "Yes, since January 2026: the Green Car Loan has a rate of 5.9 %, EUR 5,000 to EUR 45,000, 24 to 72 months. "
         "The car may be up to three years old.")]),
    ("Moving and life", [
        ("I am moving abroad. Can I keep my account?", "Yes, in the European Economic Area. Elsewhere you can keep a Basic Payment "
         "Account; credit cards and overdrafts must be repaid before you leave."),
        ("How can I switch to Brackwater?", "Choose a date at least ten working days ahead; our switching team moves standing orders and "
         "direct debits. In 2025, 6,840 customers switched to us, and 97 % of them on the date they chose."),
        ("Whom do I tell about a death?", "Our bereavement team under 1800 555 026, Monday to Friday from 9:00 to 17:00. One call is "
         "enough for all accounts; we also tell the insurer.")]),
]

LIMITS = [("Cash at a machine", "EUR 700", "EUR 1,500"), ("Card purchases", "EUR 5,000", "EUR 10,000"),
          ("Payments in the app", "EUR 10,000", "EUR 25,000"), ("Payments in online banking", "EUR 20,000", "EUR 50,000")]


def faq_html():
    out = ["<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
           "<title>Questions and answers - Brackwater Bank</title>",
           "<style>body{font-family:sans-serif;max-width:46em;margin:auto}nav,footer{color:#5c6670}</style>", "</head>", "<body>",
           '<nav><a href="#accounts">Accounts</a> | <a href="#loans">Loans</a> | <a href="#limits">Limits</a></nav>',
           "<main>", "<h1>Questions and answers</h1>", "<p>Last updated on 2 March 2026. Your question is not here? "
           f"Call the customer line {facts.PHONE}.</p>"]
    for section, questions in FAQ:
        out.append(f'<h2 id="{section.split()[0].lower()}">{section}</h2>')
        for question, answer in questions:
            out += [f"<h3>{question}</h3>", f"<p>{answer}</p>"]
    out += ['<h2 id="limits">Daily limits</h2>', "<table>",
            "<thead><tr><th>Limit per day</th><th>Everyday, Student, Basic</th><th>Harbour Plus</th></tr></thead>", "<tbody>"]
    out += [f"<tr><td>{a}</td><td>{b}</td><td>{c}</td></tr>" for a, b, c in LIMITS]
    out += ["</tbody>", "</table>", "</main>", f"<footer>&copy; 2026 {facts.BANK}, {facts.HEAD_OFFICE}</footer>", "</body>", "</html>"]
    return "\n".join(out) + "\n"


HANDBOOK = """\
# Employee handbook

Edition of January 2026, for all employees of Brackwater Bank plc. Questions go to People Services, extension 4100.

## 1 Working time

The regular working week has 37.5 hours. Core time is from 9:30 to 15:30, outside branches and the contact centre. Overtime
is approved in advance; it is taken as time off within three months or paid with a supplement of 25 %, on Sundays 75 %.

### 1.1 Working from home

Colleagues outside branches may work from home up to two days a week, and in the first six months of employment one day. Work
from another country needs the consent of People Services and is limited to 20 working days a year within the European
Economic Area.

## 2 Leave

| Kind of leave | Days or weeks | Pay | Notice |
|---|---|---|---|
| Annual leave | 26 days | full | by agreement |
| Annual leave from the fifth year | 28 days | full | by agreement |
| Leave for the birth of a child, mother | 26 weeks | full for 20 weeks | 8 weeks |
| Leave for the birth of a child, other parent | 5 weeks | full | 4 weeks |
| Marriage | 3 days | full | 4 weeks |
| Death of a near relative | 5 days | full | none |
| Moving house | 1 day | full | 2 weeks |
| Volunteering | 3 days | full | 4 weeks |
| Sabbatical after seven years | up to 6 months | none | 9 months |

Up to five days of annual leave may be carried over; they lapse on 31 March. Leave is never paid out, except at the end of
employment.

### 2.1 Sickness

Tell your manager before 9:00. A certificate is needed from the fourth day. Sick pay is full pay for 13 weeks and half pay for
another 13 weeks, in any period of 12 months; in the first year of employment it is four weeks each.

## 3 Pay and benefits

- Salaries are paid on the 25th of the month.
- Pension: the bank contributes 10.5 % of salary; you may add from 1 % to 15 %.
- Staff mortgage: 0.60 percentage points below the customer rate, up to EUR 300,000, after one year of employment.
- Current account and Classic credit card are free of charge.
- Bicycle scheme: up to EUR 2,500 every four years.
- Referral of a new colleague: EUR 1,500, half after three months and half after twelve months.
- Study: up to EUR 3,200 a year for a qualification that your manager supports; repayable in part if you leave within two years.

## 4 Travel and expenses

Book through the travel desk. Trains come first; flights are for journeys of more than five hours by train.

| Item | Limit |
|---|---|
| Hotel, per night | EUR 140 |
| Hotel in a capital, per night | EUR 185 |
| Meals, full day | EUR 48 |
| Meals, half day | EUR 22 |
| Own car, per kilometre | EUR 0.42 |
| Entertaining a customer, per person | EUR 60 |

Claims are sent within 60 days with receipts and paid with the next salary. Claims above EUR 1,000 are approved by two
managers.

## 5 Conduct

### 5.1 Gifts

Gifts of a value up to EUR 50 may be accepted and need not be recorded. From EUR 50 to EUR 150 they are entered in the register
within five working days. Above EUR 150 they are declined, or given to the Community Fund if that would be impolite. Cash is
never accepted.

### 5.2 Own-account dealing

Colleagues in Treasury, Finance and the executive committee ask Compliance before they deal in shares or bonds of the bank. No
dealing is allowed in the 30 days before results are published.

### 5.3 Speaking up

Concerns can be reported to the manager, to Compliance or, without giving a name, to the external line under 1800 555 040, which is
run by a law firm. A report is acknowledged within seven days and answered within three months. Whoever reports in good faith is
protected.

### 5.4 Second jobs

A second job needs consent, which is given if it takes no more than eight hours a week and there is no conflict of interest.

## 6 Information security

- Lock the screen when you leave the desk; it locks itself after five minutes.
- Customer data never go to a private mail address or to a tool on the internet that has not been approved.
- Report a lost device to the service desk, extension 4999, within one hour.
- USB sticks do not work on our computers; exceptions last for 24 hours.
- Papers with customer data go into the grey bins, which are emptied every Friday.

## 7 Leaving the bank

The notice period is one month in the first two years, two months until the fifth year and three months after that; during the
probation of six months it is two weeks. On the last day you return badge, keys, computer and telephone. The exit interview
is voluntary.
"""

LETTER = """\
Brackwater Bank plc
4 Customs House Quay
Port Selwyn

Ms Renée Lefèvre-Müller
Apartment 5, 60 Corn Exchange
Harrowdene
                                                     22 December 2025

Our reference: SAV/2025/118, customer number 5520 1187


Change of the interest on your savings

Dear Ms Lefèvre-Müller,

the official rate has fallen three times this year. We therefore
lower the interest on our savings accounts on 2 February 2026. For
your accounts this means:

  Account                      until 1 February     from 2 February
  Harbour Saver, EUR 18,240.00           1.85 %              1.65 %
  Notice 95, EUR 40,000.00               2.55 %              2.35 %

Your fixed-term deposit of EUR 15,000.00 keeps its rate of 2.90 %
until it matures on 19 August 2026.

You need not do anything. If you do not agree, you may close the
Harbour Saver at any time. For the Notice 95 account we waive the
period of notice, if your order reaches us by 30 January 2026; we
charge nothing for it.

As a thank-you for 25 years of loyalty we have credited EUR 75.00 to
your Harbour Saver on 19 December. If you wish to discuss other ways
of saving, your adviser Zoë Andersson will be glad to meet you at the
Harrowdene branch, in the café on the ground floor if you like.

Yours sincerely,

Siobhan Vale
Branch Manager, Harrowdene

Enclosure: list of interest rates
"""


def branches_csv():
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    w.writerow(["branch", "region", "code", "address", "opens", "closes", "saturday", "cash_machines", "safe_deposit_boxes",
                "step_free", "manager", "telephone"])
    for i, (name, region, address, code, opens, closes, saturday, atms, boxes, manager) in enumerate(facts.BRANCHES):
        step_free = "no" if name in ("Stonehaugh", "Ravenscleugh", "Little Tarn") else "yes"
        w.writerow([name, region, code, address, opens, closes, saturday, atms, boxes, step_free, manager,
                    f"1800 555 {200 + 7 * i}"])
    return out.getvalue()


def deposit_rates_csv():
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    w.writerow(["product", "balance_from_eur", "balance_to_eur", "rate_percent", "valid_from", "valid_to"])
    for name, low, high, old, new in facts.DEPOSIT_RATES:
        top = "" if high is None else f"{high:.2f}"
        w.writerow([name, f"{low:.2f}", top, f"{old:.2f}", "2025-07-01", "2026-02-01"])
        w.writerow([name, f"{low:.2f}", top, f"{new:.2f}", "2026-02-02", ""])
    return out.getvalue()


def incident_report():
    b = Book("Incident report 2026-003", header="Incident report 2026-003", footer="Internal. Prepared by IT Operations, "
             "20 January 2026")
    b.h1("Incident report 2026-003: card payments declined")
    b.p("Date of the incident: 14 January 2026. Severity: 2 of 4. Reported to the Central Bank on 14 January 2026 at 13:05.")
    b.h2("Timeline")
    b.grid(("Time", "Event"), [
        ("11:42", "First declined payments; the certificate of the card switch has expired"),
        ("11:51", "Monitoring raises an alarm; on-call engineer takes over"), ("12:04", "Incident declared, crisis team called"),
        ("12:38", "Cause found: the renewal of the certificate was not installed on the second node"),
        ("13:10", "New certificate installed on both nodes and tested"), ("13:27", "All card payments work again")], (24, 136))
    b.h2("Effect")
    b.grid(("Measure", "Value"), [("Declined card payments", "18,640"), ("Customers affected", "11,275"),
                                  ("Cash withdrawals affected", "none, machines use another route"),
                                  ("Calls to the contact centre above normal", "2,130"), ("Estimated cost", "EUR 64,000")], (80, 80))
    b.page()
    b.h2("Cause")
    b.p("""The certificate was renewed on 9 December 2025, but the change order named one node only. The monitoring of
        certificates covered the first node, so that no warning was given for the second. The payment network had moved all
        traffic to the second node at 11:40 for planned maintenance.""")
    b.h2("Measures")
    b.grid(("No.", "Measure", "Owner", "Due"), [
        ("1", "Monitor the certificates of all nodes, warning 45 days ahead", "Femi Castellanos", "28 February 2026"),
        ("2", "Template for change orders that lists every node", "Agnes Thornbury", "31 March 2026"),
        ("3", "Stand-in processing for payments up to EUR 100 during an outage", "Lorcan Whitby", "30 June 2026"),
        ("4", "Exercise of the crisis team with the card scheme", "Priya Raghavan-Moore", "30 September 2026")],
        (12, 82, 36, 32))
    b.p("The cost consists of EUR 46,000 for goodwill payments and EUR 18,000 for overtime and external support.")
    return b.render()


def mail():
    m = EmailMessage(policy=policy.SMTP)
    m["From"] = "Agnes Thornbury <agnes.thornbury@brackwater.example>"
    m["To"] = "Branch Managers <branch-managers@brackwater.example>"
    m["Cc"] = "Customer Care <care@brackwater.example>"
    m["Date"] = "Wed, 21 Jan 2026 08:42:00 +0000"
    m["Subject"] = "Declined card payments on 14 January: what to tell customers"
    m["Message-ID"] = "<20260121084200.118@brackwater.example>"
    m.set_content("""\
Dear colleagues,

the report on the outage of 14 January is attached. Card payments were
declined from 11:42 to 13:27; cash machines and transfers worked.

What you may tell customers:

* No money and no data were lost.
* Whoever had a cost because of a declined payment, for example a
  reminder fee, gets it back in full against a receipt.
* On top of that, customers who complain receive a goodwill payment of
  EUR 20. Please use code GW-14 at the counter. The offer ends on
  31 March 2026.
* Business customers whose terminals could not take cards call the
  merchant desk under 1800 555 033. They get no flat amount; each case
  is looked at.

Please do not promise that it will never happen again.

The next call for branch managers is on Tuesday 27 January at 8:15.

Kind regards
Agnes Thornbury
Head of IT Service Management
""")
    m.add_attachment(incident_report(), maintype="application", subtype="pdf", filename="incident-report-2026-003.pdf")
    m.set_boundary("=_brackwater_20260121")
    return m.as_bytes()
