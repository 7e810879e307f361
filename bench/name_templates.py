r"""Our own templates for bench/name_texts.py. A template is a text with {slots}; HARMLESS ones have nothing to be found
(or only what looks like it)."""

TEMPLATES = r"""
Dear {title} {family},
Dear {title} {family}, thank you for your letter of {date}. We have changed the address on your account to {address}.
Dear {person}, your {product} will expire on {date}. Please visit our branch in {town} or write to {mail}.
Hello {given}, this is {full} from {org}. Could you ring me back on {phone}?
Hi {given}, just a short note that {person} has signed the contract. Regards, {given}
hi its {given} here, i moved to {place} last month and need a new {product}
Hey {given}!! are you coming to {town} on {date}? {given} and {given} will be there too
my name is {full} and my card {card} does not work
My name is {full}, I was born on {date} in {town}, {country}.
My name's {given}. I am {age} years old and live at {address}.
I am {full}, {age}, from {place}, and I would like to open a {product}.
i'm {given} from {place}, how do i reset my pin
This is {title} {family} speaking. My customer number is {ref}.
Good morning, {person} here. Has my transfer of {amount} to {org} arrived?
Please send the new card to {address}.
Please send my statement to {address}, not to {address}.
Kindly deliver the parcel to {address} before {date}.
Could you change my postal address to {address}?
We moved. Our new address: {address}
I have moved house. I now live at {address}
What is the nearest branch to {address}?
Is there a cash machine near {street}?
I need a taxi from {street} to {street} at {date}.
Meet me at {corner}.
The shop stands at {corner} in {town}.
{full} lives at {address}.
{full} lives in {place} and works for {org}.
{person} lives on {street} in {town}
{person} has lived at {street}, {town} since {date}.
{person} moved from {place} to {place} in {date}.
{person} grew up in {town} and studied in {place}.
{person} was born in {town} on {date}.
{person} is a {nationality} {job} who lives in {place}.
{person}, a {age}-year-old {job} from {town}, won {amount}.
{person} ({age}) told the newspaper that the bank had called twice.
A {age} year old {nationality} woman was seen near {street}.
The applicant is a {age}-year-old male of {nationality} origin.
Patient aged {age}, no known allergies, referred by {title} {family}.
The patient, {full}, is {age} and was admitted on {date}.
She turned {age} on {date}.
I will turn {age} next month
He is {age} years of age and retired.
my daughter is {age} and my son {age}
At {age}, {person} still works as a {job}.
My mother is {age}, she needs help with the {product}
Customer: {full}\nDate of birth: {date}\nNationality: {nationality}\nAddress: {address}\nPhone: {phone}\nE-mail: {mail}
Name: {full}\nAddress: {address}\nTel: {phone}
Name: {full}\nEmployer: {org}\nPosition: {job}\nSince: {date}
Name: {person}\nDate: {date}\nAmount: {amount}
First name: {given}\nLast name: {family}\nCity: {town}\nCountry: {country}\nZip: {zip}
Surname: {family}; forename: {given}; sex: F; place of birth: {town}
Date: {date}\nTo: {full}\nFrom: {full}\nSubject: {product}
From: {full} <{mail}>\nTo: {full} <{mail}>\nSubject: your {product}
{full}\n{address}
{full}\n{org}\n{address}
{title} {full}\n{address}\n{phone}
{org}\n{address}\nPhone {phone}\nFax {phone}
{org}\n{address}\n{web}
{full}\n{org}\n{address}\nMobile: {phone}\nDesk: {phone}
{full}\n\n{street}\n{town}\n{country} {zip}\n{phone}
>{full}\n>{org}\n>{street}\n>{town}\n>{country} {zip}
{title} {full} {street}\n{town} {zip}
{full}, {street}, {zip} {town}, {country}
{full}; {org}; {job}; {phone}; {mail}
| {full} | {town} | {amount} | {date} |
1. {full}\n2. {full}\n3. {full}
- {full}, {town}\n- {full}, {town}
{family},{given},{date},{amount},{town}
{ref};{full};{street};{zip};{town};{amount}
<tr><td>{full}</td><td>{street}</td><td>{town}</td><td>{date}</td></tr>
<p>Dear {given},</p><p>your order from {org} was shipped to {address}.</p>
<input name="customer" value="{full}"><input name="city" value="{town}">
{"customer": "{full}", "city": "{town}", "country": "{country}"}
{"name": "{full}", "employer": "{org}", "born": "{date}"}
customer_name: {full}
beneficiary: {full}
full_name = "{full}"
account holder: {full}, iban {iban}
city: {town}
company: {org}
address: {address}
{full}
{reversed_name}
{town}, {country}
Please pay {amount} to {full}, {iban}.
Please pay invoice {ref} of {org} over {amount}.
Transfer {amount} from {full} to {full}, reference {ref}
Can you block the card of my wife {given}? Number {card}
The card {card} belongs to {full}.
Who is the owner of {iban}? I think it is {full}.
I'd like to add {full} as a beneficiary
I want to add my husband {given} to my {product}.
My colleague {person} said I should ask {person} about the {product}.
I spoke with {person} on {date} and he promised to refund {amount}.
Ask {person} or {person}, they know the {product}.
{person} and {person} opened a joint account at {org}.
{person}, {person} and {person} were at the meeting in {town}.
Both {family} and {family} signed.
The letter from {person} came on {date}.
According to {person}, the {product} will change in {date}.
"I never got it," said {person}.
"We are glad that {country} goes this way," {person} said on {date}.
{person} wrote: "The flight to {town} was cancelled."
{person}'s account was closed by {org}.
{given}'s brother {given} has the same {product}
It was {person} who called from {phone}.
Tell {given} that {given} is late.
thanks {given}
Thanks, {given}
Best regards,\n{full}\n{org}
Kind regards\n{full}\n{job}, {org}\n{web}
Yours sincerely, {title} {full}
signed, {full}
Cheers\n{given}
attn: {full}, {org}
cc {person}, {person}
@{given} can you check {ref} please?
{given}: did you see the mail?\n{given}: yes, from {org}\n{given}: ok
[{date}] {given}: hello, my {product} is not working
agent: may I have your name?\ncustomer: {full}\nagent: and your address?\ncustomer: {address}
What is your name? {full}
And where do you live? {address}
Where are you from? {place}
When were you born? {date}
Your date of birth, please? It is {date}.
How old are you? {age}
I'm {age}
My birthday is {date}
date of birth {date}
DOB {date}
born {date}, {nationality}
valid until {date}
It has been so since {date}
We meet on {date} in {town}.
The offer ends on {date}.
On {date} the {nationality} government changed the law.
On {date}, {org} opened an office in {town}.
During {date} the company {org} bought shares worth {amount}.
In {date}, {person} founded {org} in {town}.
Between {date} and {date} nothing was paid.
{org} is a company based in {place}.
{org} has its seat in {town}, {country}.
{org}, headquartered in {place}, makes parts for ships.
{org} was founded in {date} by {full} and {full}.
{org} announced that {full} will be its new chairman.
{org} and {org} agreed to merge.
{org} sued {org} in {town}.
{org} employs {count} people in {country}.
{org} shares fell by {amount} after {person} left.
The shares of {org} rose.
I work at {org}.
i work for {org} in {town}
I have worked for {org} since {date}
She left {org} to join {org}.
We are a supplier of {org}.
Our client {org} asks for a quotation.
My employer is {org}, {address}.
The office of {org} is at {address}.
The {org} office is at {address}
We ordered from {org} on {date} ({web}).
The website of {org} is {web}
Look at {web} for details.
see {web}
New pictures on {web}
Visit {web} or call {phone}.
Is {web} a safe page?
I found it on {web} yesterday, posted by {person}
{country} was lovely to visit.
{place} is beautiful in spring
I love {place}!
We fly to {place} on {date}.
Can I use my card in {place}?
can i withdraw money in {country} with my {product}
I am in {town} and lost my card {card}. Send a new one to {address}.
I'm in {place} for work until {date}
Trip to {town}, {country}: {amount}
Travel notice: {country}, {date} to {date}
Our branch in {town} is closed on {date}.
The bridge in {town} was built in {date}.
The weather in {town} is bad.
The mayor of {town} met the {nationality} ambassador.
He flew from {town} via {town} to {town}.
The capital of {country} is {town}.
The road between {town} and {town} is closed.
from {place} with love
{town} - {town}: {amount}
What time is it in {town}?
{country}, {country} and {country} signed the treaty.
Exports from {country} to {country} rose by {amount} in {date}.
{nationality} food is great
I love {nationality} music
We are {nationality} and live in {place}.
My husband is {nationality}, I am {nationality}.
The {nationality} police arrested {full} in {town}.
The {nationality} singer {full} was born in {town}.
{nationality} law applies.
She speaks like a {nationality}.
the restaurant at {address} has good {nationality} dishes
The song by {full} is called Blue Morning.
A great record, even without {full}.
The film of {date} with {full} and {full} is the best they made.
Directed by: {full}
Written by {full} and {full}
Cast: {full}, {full}, {full}
The band's guitarist {full} told us how they recorded it in {town}.
Do you know {full}? He plays for {town}.
{full} won the match against {full} in {town}.
The {nationality} player {full} beat {family} in two sets.
{title} {family} is a {age} year old man from {town}.
{title} {full} works as {job} at {org}.
{title} {family} and {title} {family} attended.
appointment with {title} {family} at {street}
Please book an account with {title} {given}
{title} {family} will see you now
{title} {family} lost his passport in {place}.
{title} {full}, {address}
Claim {ref}: {title} {family} reported water damage at {address} on {date}.
Policy {ref} was taken out by {full} ({date}).
The insured, {full}, of {address}, says the car was parked in {street}.
Witness: {full}, {address}, {phone}
KYC note: {full}, {nationality}, resident of {country}, source of funds: sale of shares in {org}.
Screening hit: {full} (born {date}, {town}). No match with our customer {full}.
The beneficial owner of {org} is {full} of {town}, who holds {amount}.
UBO: {full}, {amount}; {full}, {amount}
Politically exposed: {full}, minister in {country}.
Meeting note {date}: {person} explained that {org} will pay by {date}. {person} agreed.
{person} asked for a loan of {amount}; the guarantor is {person}.
Loan application of {full} and {full}, {address}, income {amount}.
The guarantor {full}, {age}, works at {org} in {town}.
Suspicious: {full} sent {amount} to {country} on {date}.
Please summarise the complaint of {full} against {org}.
Write a letter to {full} at {address} about the {product}.
Translate this for {given}: the invoice of {org} is due on {date}.
Who is {full}?
What do you know about {org}?
Find all payments from {full} to {org} in {date}.
What did {person} pay in {date}?
Which of our customers live in {town}?
is {given} still our adviser in {town}?
Why was {person} charged {amount}?
Draft an answer to {title} {family}: we cannot pay {amount}.
Remind {given} on {date} at the office.
The tenant {full} has paid {amount} for {address}.
The flat in {street}, {town}, costs {amount} a month.
House for sale: {address}, {amount}.
Invoice to: {org}, {address}
Bill to {full}, {address}
Ship to:\n{full}\n{address}
Sender: {full}, {street}, {zip} {town}
Return to {address} if it cannot be delivered.
The parcel arrived at {address} on {date}.
Our offices: {address}; {address}
How do I get to {street}?
Stop at {corner}, please
{address}
{street}, {town}
my zip code is {zip}
zip {zip}, {town}
Postcode: {zip}
What's the branch for {zip}?
update my {product}: new address {street}, {town}, {country}
change billing address for card {card} to {address}
my new address is {address} thanks
I live at {address}, call me {date}
We want to open a branch at {address}.
Sehr geehrte {title} {family}, Ihre Karte wurde an {address} geschickt.
Mein Name ist {full}, ich wohne in {town}.
Bonjour, je m'appelle {full} et j'habite à {town}.
Me llamo {full} y vivo en {town}.
Mi chiamo {full}, abito in {street}, {town}.
Ik ben {full} en woon in {town}.
Jag heter {full} och bor i {town}.
Jeg hedder {full} og bor på {street} i {town}.
Nazywam się {full}, mieszkam przy {street}.
{full} hat am {date} bei {org} angefangen.
{full} a travaillé chez {org} jusqu'en {date}.
The late {full} left {amount} to {org} and a house in {town} to {given}.
In memory of {full}, {date} - {date}
Congratulations to {full} on the new job at {org}!
Happy birthday {given}, {age} today!
{full} has been {job} of {org} since {date}; before, she was at {org} in {town}.
{full}, {job}
{full} ({org})
{full} - {job} - {org} - {town}
Speaker: {full}, {org}, {country}
The {org} card was refused in {town} on {date}.
{org} refused my card twice
I bought it at {org} for {amount} on {date}
Payment to {org} {town} {amount}
Direct debit by {org}, mandate {ref}
{org} {date} {amount}
{person} owes {person} {amount}
{given} and I want to split the bill
pls tell {given} to call {phone}
can someone from {org} call me? {full}, {phone}
{family} here again, still no answer from {given}
{given} {family} or {given} {family}? I mixed them up
The name on the card is {full}, not {full}.
Correct spelling: {full}
Login {mail} belongs to {full}, last seen from {ip} on {date}
User {full} ({mail}) signed in from {town}
{org} was bought by {org} for {amount} in {date}, says {person} from {org}.
{org} is the best place to work in {town}, everyone from {country} knows that
Thousands of people visit {place} every summer; in {date} it was closed.
The museum of {town} shows works of {full} until {date}.
In {country} and {country}, cards of {org} are not taken.
The ship left {town} for {town} on {date} with goods of {org}.
{person} thinks that {org} should leave {country}
As agreed, the address of {given}:\n\n{address}
As I told {person}, my address is {street}.
{person} told {person} that the house at {street} is empty
"{street}" is what {given} wrote down
{full} {street} {town} {country} {zip}
{street}\n{zip} {town}
{street}\n {town}\n {country} {zip}\n{phone}
The customers, {full} and {full}, live in {place} and {place}.
Card lost in {town}, {country}. Holder {full}, {age}, {nationality}. Call {phone}.
{title} {given} {family}, {nationality}, born {date} in {town}
The founders: {family}, {family} and {family}.
the firm was set up by three friends: {family}, {family} and {family}. they met in {town}
The judges were {family}, {family} and {given}.
{family} and {family} were good engineers.
Who plays like them? {family} and {family} are one.
the winners are {full}, {full} and {given}
Guests: {family}; {family}; {given} {family}.
"Nobody asked me," says {family}.
"This is the way to go," {family} said, "and {country} knows it."
{family} told us more.
{family} again.
The {family} novel is better than the film.
Unlike the {family} book this one is short.
{org} was the idea of four friends: {given}, {given}, {given} and {given}.
{org} is the work of two brothers, {given} and {given} {family}.
The {org} office is closed.
The {org} office is at {street}, {town}
{org} office, {address}
i work for {org}
He works for {org} as a {job}.
We meet on {date} at {org}, {street}, {town}
See you at {org}, {address}, on {date}
let's meet {date} at {org}
{full} from {org} is the new speaker
{full} of {org} speaks next.
During {date}, {org} put money into new machines.
In its fifth year in {town}, {org} asks singers from the whole world to come to {town}.
{org} is a small firm based in {town}.
The town lives from three firms: {org}, {org} and {org}.
Clients: {org}, {org}, {org}
Partners are {org} and {org}
Producer {full} explained to the press: "We wrote it in {town}."
The brothers {given} and {given} {family}
The songs of {full} fill the hall. Cautious Tales is the best of them.
{full}'s new record is called Summer Rain.
Ask for {given} at the desk
{family}, please!
{title} {family} is a {age} year old {job} who grew up in {town}.
I am in {town} on a business trip. My card {card} is lost, send one to {address}
Send the letter to {address} (or to {street}), please.
Return it to {street} {town} {country} if nobody is there.
The letter came to {address} last night.
{full}\n{street}\n {town}\n {region}\n{zip}
{street} {town} {region} {zip} {country}
Stop the bus at the corner of {street} and {street}.
billing address: {street}, {region} {zip}
I live in {region}, {country}
The {nationality} coast guard stopped {full} at the border.
{country} ({nationality}) rules
I'm in {place}, at a conference
{town} bridge is closed
Celebrate with us in {town}!
Sales in the {us} rose by {amount}, those in {country} fell.
The {us} Treasury rate was {amount}.
I moved from the {us} to {country} in {date}.
Revenue by region: {us}, {country}, Rest of World
In {date}, {org} ("the Company") bought {org} for {amount} in cash.
{org} ({short_org}) is a subsidiary of {org}.
{org}, a carrier of gas, signed with {org}.
Storm damage in {town}: {full} and {full} were visited on {date}.
The storm crossed {town} and {town} on {date}.
{town}, {date}\n\nDear member,
{town}, {date}\n\nDear {title} {family},
Our vans stand in {town} and in front of the school in {town} until {date}.
""".strip("\n").split("\n")

HARMLESS = r"""
How do I reset my password?
What is the interest rate of the {product}?
Please block my card {card} at once.
The limit of the {product} is {amount}.
Can I raise the limit of my {product} to {amount}?
How many days does a {product} take?
Thank you, that helped.
My IBAN is {iban}
Call me on {phone} please
my number is {phone}
ssn? no, I will not tell you
Please see section 4 of the General Terms and Conditions.
Net Interest Income rose by {amount}, Operating Expenses fell by {amount}.
The Board of Directors approved the Annual Report.
Total assets were {amount} compared with {amount}.
Write a poem about autumn.
Write a Python function that sorts a list.
SELECT name, city FROM customers WHERE id = {count};
for (int i = 0; i < {count}; ++i) total += values[i];
Error {count}: connection to {ip} refused
Your reference is {ref}.
Open ticket {ref}, priority High
The Customer shall pay the Fee within {count} days.
Each Party may terminate this Agreement by written notice.
Good morning! Hope you are well.
Hello, I have a question about my {product}.
Hi there, can you help me?
Where can I find the form?
What is the difference between a {product} and a {product}?
Explain the word dividend in one sentence.
Table 3: Balance Sheet, in thousands
Chapter 12. Risk Factors
Step 1: Press Settings. Step 2: Choose Security.
Turn off Bluetooth and restart the Device.
NOTE: This message was sent automatically.
IMPORTANT: DO NOT SHARE YOUR PIN
PLEASE READ CAREFULLY
Revenue by Segment: Retail, Corporate, Other
Gross margin improved because prices of steel fell.
The file has {count} lines and {count} words.
There were {count} items left in the box.
I ordered {count} pieces and got {count}.
We sold {count} units at {amount} each.
Room {count} is free.
My order {ref} has not arrived.
The Market is Open. Love is Blind. Time Flies.
A bird in the hand is worth two in the bush.
Never Gonna Stop is my favourite song
Happiness, Hope and Rain are three poems.
I will see him in spring, may be in summer.
Mark the box and sign below.
Will you bill me for the rose and the olive oil?
Frank answers please, no jargon.
What a grand turkey we had; the china broke.
Reading is fun. Nice weather. Bath time.
The bank is closed. Cash is King.
Who pays the fee if the Seller withdraws?
The method uses a Gaussian prior and Bayesian averaging.
Boundary layer flow over a flat plate at Mach {count}.
Type of cover: Fire, Theft, Storm
Yes. No. Maybe. OK
Sum Insured: {amount}; Excess: {amount}
Dear Sir or Madam, I write about invoice {ref}.
Dear Customer, your {product} is ready.
Dear team, the server is down again.
Management's Discussion and Analysis of Financial Condition
Accounts Receivable, Net of Allowance
Deferred Tax Assets and Liabilities
Cost of Goods Sold increased to {amount}
It costs {amount}, which is too much.
card {card} limit?
i want my money back
pls help its urgent
can u send me the code
why is the app so slow
WHY IS MY CARD BLOCKED
What is the meaning of life?
List five ideas for a talk on testing.
A brilliant piece of pop music.
I listed my top ten books for the paper.
The White Album and other records
Baroque music, Gothic novels and Modern art
The Social Insights report and the Open Data plan
Weekly Meeting, Project Phoenix, Room Blue
What can you tell me about the Second World War?
Who wrote the theory of relativity?
How can I kill time at the airport?
Is it legal to shoot a movie in a park?
Which historic figures are known for their wit?
How do I whip cream? How do I cut onions?
What is the history of the Roman Empire and the Cold War?
Explain Newton's laws and the Fibonacci numbers.
What did the president of the club decide?
How old is the universe in billions of years?
The patient has fever for three days.
Compare HTML, CSS and JavaScript.
Use Docker, Kubernetes and Redis for this.
The Lord of the Castle, the Sleeping Princess and the Wolf
Can I bring my dog on the Train?
The Group's Consolidated Statement of Cash Flows
Goodwill and Other Intangible Assets, Net
For the years ended on the balance sheet date, see Note {count}.
Class A Common Stock, par value {amount}
the flow over a thin wing at high speed is studied by the method of small disturbances .
experiments were made in a wind tunnel to find the pressure on a blunt body .
a solution is given for the heat transfer at the stagnation point, and compared with tests .
the theory of plates is extended to shells of variable thickness under axial load .
results are shown in figure {count} for angles of attack from 0 to 15 degrees .
it was found that the shear stress near the leading edge falls as the reynolds number rises .
the equations are solved by a finite difference scheme on a coarse grid .
laminar boundary layers with blowing are treated by a series expansion .
an approximate formula for the lift of a slender cone is derived .
measurements of skin friction on a smooth wall agree with earlier data .
The Company recognises revenue when control of the product passes to the customer.
The Group has adopted IFRS {count} with effect from the first day of the fiscal year.
Adjusted EBITDA was {amount} in Q4, up from {amount} in Q3.
Operating income of the Software segment rose, driven by SaaS and cloud subscriptions.
PSUs and RSUs vest over three years, subject to TSR and EPS targets.
Notes to the Consolidated Financial Statements, in millions except per share data
The Audit Committee reviewed the effectiveness of the External Auditor.
See Item {count}, Risk Factors, and Part II of this Form 10-K.
Net cash provided by operating activities was {amount}, against {amount} in the prior year.
Cost of revenue grew because of higher freight and labor; gross margin fell to {amount}.
The fair value of the options was estimated with the Black-Scholes model and a risk-free rate.
Deferred tax liabilities arise from PP&E and from intangible assets such as customer lists.
GAAP and Non-GAAP measures are reconciled in the table below.
Capital expenditure (CAPEX) and R&D were flat; SG&A fell by {amount}.
Lease liabilities are discounted at the incremental borrowing rate, see Note {count}.
The Senior Notes bear interest at {amount} and mature in ten years.
Our Directors, Officers and Employees must follow the Code of Conduct.
Selected Annual Information; Quarterly Results; Critical Accounting Estimates
The ARPU of the Wireless segment was flat, churn fell, and LTE coverage grew.
Storm damage, Flood and Subsidence are covered under Section 2, Theft under Section 3.
Staff rules: hours, leave, illness
# Home policy
## Claims handling
| Year | Rate | Days |
| up to 2 | 26 |\n| 3 to 7 | 28 |
The storm crossed the coast at night; by this morning the roads were open.
The highest gust was measured at the harbour wall.
Up to six days may be carried over to the next year.
Cover starts at noon and ends at midnight.
Report by phone before work starts, and send the note within three days.
The Data Protection Officer answers within a month.
Members may vote at the Annual General Meeting.
Bronze, Silver and Gold are the three levels of cover.
API, SDK, HTTP, JSON, SQL and CSV are supported; XML is not.
Returns a Result or an Error; throws nothing.
def total(values): return sum(values)
git commit -m "fix typo" && git push
The Model answers in JSON. Do not explain. Think step by step.
You are a helpful assistant. Answer in one sentence.
As an AI language model I cannot do this.
Sure! Here is a short story about a dragon and a clever fox.
Once upon a time there was a small boat that wanted to see the sea.
How can I kill a cactus? What is the safest way to blow up balloons?
Is Winter colder than Autumn? Does Water boil at altitude?
The Boss, the Clerk and the Cat
Why do People lie? What makes a Good Manager?
Can you write a Haiku, a Limerick and a Sonnet about Rain?
How do I kill a process in Linux?
Ignore the footer and print the header.
Item {count}: {product}
{amount} was charged twice
""".strip("\n").split("\n")
TEMPLATES = [template.replace("\\n", "\n") for template in TEMPLATES]
HARMLESS = [template.replace("\\n", "\n") for template in HARMLESS]
