"""The customer newsletter in two columns and the mortgage guide."""
from . import facts
from .pdfkit import Book, make_styles


def newsletter():
    styles = make_styles("Times-Roman", "Times-Bold", 11.8, 16.8, justify=True, hyphenate=True)
    b = Book("Harbour Light, spring 2026", styles=styles, header="Harbour Light · Spring 2026",
             footer="The newsletter for customers and friends of Brackwater Bank", margins=(24, 24, 28, 24),
             font="Times-Roman", bold="Times-Bold")
    b.p("Harbour Light", style="title")
    b.p("Spring 2026", style="subtitle")
    b.h2("Dunmere opens its doors again")
    b.p("""After five months behind scaffolding the Dunmere branch returns to Harbour Road on Monday 13 April. The listed
        front of 1902 has been cleaned, the counter hall has a ramp and a lift, and there are two private rooms for
        conversations that take longer. During the works customers were served from a cabin beside the fish market, where
        Pieter Oakshott and his team handled more than 9,000 visits. The works cost EUR 1.1 million.""",
        """On the opening day there is soup from the lifeboat kitchen, and at three o'clock Mayor Philippa Stannard cuts the
        ribbon. The 90 safe deposit boxes stayed in the vault the whole time and can be reached without an appointment
        from the first day.""")
    b.h2("The mobile branch: where and when")
    b.p("""The van with two counters takes cash and cheques, answers questions and has a cash machine. It stops once a week
        in towns that have no branch. New from April is the stop in Cullen Sands.""")
    b.grid(("Town and place", "Day", "Time"), [
        ("Alderney Row, chapel car park", "Monday", "10:00-12:30"),
        ("Fisher's Gate, old ferry slip", "Tuesday", "09:30-12:00"),
        ("Cullen Sands, village hall", "Tuesday", "13:30-15:30"),
        ("Brackenrigg, school lane", "Wednesday", "10:00-13:00"),
        ("Nether Tarn, post office", "Thursday", "14:00-16:30")], (27, 24, 26))
    b.p("""On public holidays the van rests. In heavy snow the stop in Brackenrigg moves to the next day.""")
    b.h2("Five calls you should hang up on")
    b.p("""Fraudsters know how to sound like us. Last year the average loss of customers who were talked into a payment was
        EUR 3,140. These sentences never come from Brackwater:""")
    b.bullets(["Your account is under attack, move the money to a safe account.",
               "Read me the six digits that we have just sent you.",
               "Please install this program so that I can help you.",
               "Our courier will collect your card this afternoon.",
               "Do not tell the branch, a colleague there is a suspect."])
    b.p(f"""Hang up, wait for five minutes or use another telephone, and call us under {facts.FRAUD_PHONE}. The line is
        answered day and night. You can also type the words SAFE CALL into the chat of the app: it shows whether one of our
        colleagues is really speaking with you.""")
    b.h2("Version 6.2 of the app")
    b.p("""The new version came out on 23 February. You can now split a bill with up to eight friends, freeze a card for a few
        hours and see regular payments for the next 45 days before they happen. The text can be enlarged to twice its size.
        The app needs a telephone with a system from 2021 or later; older ones keep version 5.9 until 30 September 2026.""")
    b.h2("Grants for the coast")
    b.p("""The Harbour Light Community Fund has chosen its projects. In 2025 it gave EUR 320,000 to 41 of them. The lifeboat
        station at Gannet Bay received EUR 24,000 for a slipway winch, the library of Thornby EUR 12,500 for a reading garden
        and the sailing school for blind teenagers in Whelan Strand EUR 9,800 for a second boat.""",
        """Applications for this year's round are open until 30 June 2026. Projects must serve the public in one of our four
        regions, and a grant covers at most 60 % of the cost. The form has two pages and can be sent from the website or
        handed in at any branch. The juries meet in September.""")
    b.h2("The Tresilian scholarship")
    b.p("""Edmund Tresilian left our Board last May and gave his farewell a purpose: a scholarship for apprentices of marine
        trades. Each year three young people receive EUR 4,000 for tools and training. The first are Oluchi Bramwell, a boat
        builder from Eskerfoot, Tam Hesketh, who repairs nets in Gannet Bay, and the diver Ilse Corrigan of Wexcombe.""")
    b.h2("Saving after the change of rates")
    b.p("""On 2 February we lowered the interest on savings, and some of you have written to us. The official rate fell by three
        quarters of a percentage point during 2025; this change passes on no more than a third of it. Regular Saver still pays 3.25 %, Young
        Mariner 2.75 % up to EUR 5,000. Whoever can do without the money for three months gets 2.35 % on Notice 95. A colleague
        at your branch goes through the options with you and will not try to sell you anything else.""")
    b.h2("Recipe: harbour master's chowder")
    b.p("""For four people: 600 g of smoked haddock, 400 g of potatoes, two leeks, 700 ml of milk, a bay leaf and a spoon of
        butter. Simmer the fish in the milk for eight minutes and take it out. Soften the leeks in butter, add the diced
        potatoes and the milk, and cook them for a quarter of an hour. Crush some of the potatoes, flake the fish into the
        pot, season with pepper and serve with brown bread. The harbour master of 1887 is said to have added a glass of rum;
        the ledger shows that he paid for it himself.""")
    b.h2("Dates for your calendar")
    b.bullets(["13 April: Dunmere branch opens, 9:30", "25 April: Money Day for schools in Stonehaugh, cathedral hall",
               "14 May: annual general meeting, Guildhall, Port Selwyn, 11:00", "6 June: Quayside regatta, with our boat race",
               "30 June: last day for applications to the Community Fund"])
    b.h2("Letters")
    b.p("""<i>Why do you still close at half past four?</i> asks Mrs Arkwright of Kilvarra. Because two colleagues per branch
        count cash until five, dear Mrs Arkwright. But from May the Kilvarra branch stays open until 18:30 on the first
        Thursday of each month, as a trial until the end of the year. If enough of you come, we will do the same in
        Ardmoyle and Harrowdene.""",
        """<i>My grandson found a society passbook of 1926 in a drawer. Is it worth anything?</i> asks Mr Dunstable of
        Oxlade. Yes: the balance was carried over each time the society changed its form. Bring the book to a branch; our
        archive in the Quayside cellar has the ledgers since 1887 and looks up the balance within ten working days, free of
        charge. Last year 23 books came to light, the largest with EUR 1,912 in it.""")
    b.h2("Colleagues")
    b.p("""Bernard Iveson, who manages the Stonehaugh branch, has been with us for forty years. He started as a messenger, knew
        three chief executives by their bicycles and has trained 57 apprentices. Nadia Crossfield took over the branch in
        Thornby in January; she came from the contact centre, where her team was the first to answer 90 % of calls within
        60 seconds.""")
    b.h2("Imprint")
    b.p(f"""Harbour Light appears in spring and autumn in 62,000 copies and in the app. Published by {facts.BANK},
        {facts.HEAD_OFFICE}. Editor: Rosalind Averill. Customer line: {facts.PHONE}, Monday to Friday from 8:00 to 20:00 and
        on Saturday from 9:00 to 14:00. Printed on recycled paper by Salt Lane Press, Lisgarrow.""")
    return b.render(columns=2)


def mortgage_guide():
    b = Book("Your mortgage, step by step", header="Your mortgage, step by step", footer="Rates from 2 February 2026. Valid "
             "until replaced.", styles=make_styles(size=10.6, leading=15.4), margins=(26, 26, 26, 24))
    b.p("Your mortgage,<br/>step by step", style="title")
    b.p("A guide for people who buy, build or change their home", style="subtitle")
    b.gap(10)
    b.p("""Buying a home is the largest purchase in most lives. This guide explains how a mortgage at Brackwater works, what
        it costs and what we need from you. It does not replace advice: our mortgage advisers are at every branch, and the
        first conversation is free and takes about an hour.""")
    b.h2("Is it the right time?")
    b.p("""Count what you have and what you spend. You need at least 10 % of the price as your own money, and about 4 % for tax,
        the solicitor and the move. A rule of thumb: if the new instalment and all other loans together are above 38 % of your
        net income, the house is too expensive. Keep some months of expenses aside.""")
    b.h2("The steps")
    b.bullets(["<b>Talk.</b> Meet an adviser, at a branch or by video.",
               "<b>Approval in principle.</b> You get it within two working days. It is valid for six months and costs nothing.",
               "<b>Find the home.</b> Agree on the price with the seller; pay a booking deposit only with a written receipt.",
               "<b>Application.</b> Send the documents of the list on page 2 in the app.",
               "<b>Valuation.</b> A surveyor of our panel visits the property. The fee is in the fee schedule.",
               "<b>Offer.</b> It binds us for 90 days. You have seven days to think and may accept earlier.",
               "<b>Contract and drawdown.</b> Your solicitor signs for you. We need three working days to pay out."], numbered=True)
    b.page()
    b.h1("What we need from you")
    b.grid(("Document", "Employees", "Self-employed"), [
        ("Identity document and proof of address", "yes", "yes"), ("Payslips", "last 3 months", "-"),
        ("Certificate of the employer", "not older than 30 days", "-"), ("Annual tax statement", "last year", "last 3 years"),
        ("Certified accounts", "-", "last 2 years"), ("Account statements of other banks", "last 6 months", "last 6 months"),
        ("Proof of own money", "savings statement", "savings statement"), ("Contract or draft contract of purchase", "yes", "yes"),
        ("Energy certificate", "for a green mortgage", "for a green mortgage"),
        ("Statements of existing loans", "if you have any", "if you have any")], (66, 46, 46))
    b.p("""Photographs taken with the telephone are fine if all four corners can be seen. We ask for a document once: what has
        been sent for the approval in principle need not be sent again for six months.""")
    b.h2("Gifts from family")
    b.p("""Money that parents give you counts as your own if they sign that it need not be repaid. Up to a half of your own
        money may be a gift. If they want to help in another way, a limited guarantee is possible.""")
    b.page()
    b.h1("Rates and what they mean")
    b.p("""Interest rates in per cent a year for owner-occupied homes, by the share of the value that you borrow (LTV). APRC is
        the yearly cost including fees, for a loan of EUR 250,000 over 25 years with 80 % of the value.""")
    b.grid(("Product", "LTV up to 60 %", "up to 80 %", "up to 90 %", "APRC %"), facts.MORTGAGE_RATES,
           (50, 30, 26, 26, 24), numeric=(1, 2, 3, 4))
    b.h2("Fixed or variable?")
    b.p("""With a fixed rate the instalment stays the same until the fixed period ends. The variable rate follows the official
        rate; we announce each change 30 days before. You may change from variable to fixed at any time, free of charge. At the
        end of a fixed period we write to you 60 days before with new offers; if you do nothing, the variable rate applies.""")
    b.h2("Green mortgage")
    b.p("""For a home in energy class B or better, with a certificate not older than ten years. If you renovate to class B within
        24 months of drawdown, the green rate applies from the month after we receive the new certificate.""")
    b.page()
    b.h1("Examples of instalments")
    b.p("Monthly instalment in EUR for each EUR 100,000 borrowed, capital and interest, by rate and term:")
    rows = []
    for rate in (3.10, 3.30, 3.50, 3.75, 4.05, 4.25, 4.45):
        r = rate / 1200
        rows.append([f"{rate:.2f} %"] + [f"{100000 * r / (1 - (1 + r) ** (-12 * n)):.2f}" for n in (15, 20, 25, 30, 35)])
    b.grid(("Rate", "15 years", "20 years", "25 years", "30 years", "35 years"), rows, (28, 26, 26, 26, 26, 26),
           numeric=(1, 2, 3, 4, 5))
    b.p("""A couple buys a house for EUR 320,000 with EUR 64,000 of their own. They borrow EUR 256,000, which is 80 % of the
        value, over 30 years with a 5-year fixed rate of 3.50 %. The instalment is EUR 1,149.55 a month.""")
    b.h2("Paying back faster")
    b.p("""In a fixed period you may repay up to 10 % of the original amount in each calendar year without charge. For more we
        charge the loss of interest, at most 1 % of the amount repaid, and 0.5 % if less than a year of the fixed period is
        left. The variable rate can be repaid at any time without charge.""")
    b.h2("Cashback")
    b.p("""First-time buyers who receive their salary on a Brackwater account get 1 % of the loan, at most EUR 3,000, within 60
        days of drawdown. The cashback must be returned if the loan is repaid in the first three years.""")
    b.page()
    b.h1("Insurance")
    b.p("""<b>Buildings insurance</b> is obligatory, for the rebuilding cost stated by the surveyor. You choose the insurer; we
        need a confirmation before drawdown. <b>Life cover</b> is obligatory for owner-occupiers up to the age of 50, for
        the amount of the loan, and may fall with the debt. <b>Payment protection</b> is voluntary: it pays the instalment for
        up to 12 months in case of illness or loss of work, after a waiting time of 60 days.""")
    b.h2("If money gets tight")
    b.p("""Call the Arrears Support team before you miss an instalment, under 1800 555 022. We can extend the term, agree on
        interest only for a time or pause payments for up to six months. Talking to us has no effect on your credit record;
        a missed instalment has.""")
    b.h2("Moving house")
    b.p("""You can take a fixed rate with you to a new home, if you draw down the new loan within six months of selling. The
        amount above the old loan gets the rate of the day.""")
    b.h2("Words you will hear")
    for term, text in (("Drawdown", "the day on which we pay out the loan."), ("Equity", "what the home is worth less what you "
                       "owe."), ("Redemption figure", "what you would have to pay to clear the loan on a given day; we send it "
                                 "within three working days."),
                       ("Title", "the proof of ownership in the land register.")):
        b.p(f"<b>{term}</b>: {text}")
    b.p(f"Questions? Customer line {facts.PHONE}, or any branch. If you do not keep up repayments, you may lose your home.",
        style="small")
    return b.render()
