"""The retail credit policy (hyphenated, with ligatures) and the account terms."""
from reportlab.lib.pagesizes import A5

from . import facts
from .pdfkit import Book, make_styles, register_liberation


def _ligatures(text):
    """Typesets ffi, ffl, fi and fl as single glyphs, as book programs do."""
    for plain, glyph in (("fi", "\ufb01"), ("fl", "\ufb02")):
        text = text.replace(plain, glyph)
    return text


class PolicyBook(Book):
    """Justified serif text with hyphenation and ligatures; each chapter starts on a new page."""

    def chapter(self, text):
        self.page()
        self.h1(text)

    def p(self, *texts, style="body"):
        super().p(*[_ligatures(t) for t in texts], style=style)


def credit_policy():
    register_liberation()
    styles = make_styles("Liberation", "Liberation-Bold", 10.8, 15.6, justify=True, hyphenate=True)
    b = PolicyBook("Retail Credit Policy", styles=styles, header="Retail Credit Policy, version 7.2",
                   footer="Internal. Effective 1 January 2026. Owner: Chief Risk Officer",
                   margins=(34, 34, 28, 26), font="Liberation", bold="Liberation-Bold")
    b.p("Retail Credit Policy", style="title")
    b.p("Version 7.2, approved by the Board Risk Committee on 25 November 2025, effective 1 January 2026. It replaces "
        "version 7.1 of 1 February 2025.", style="subtitle")
    b.gap(8)
    b.h1("1 Purpose and scope")
    b.p("""This policy says how Brackwater Bank grants, monitors and recovers loans to personal customers: mortgages for
        owner-occupied and let property, consumer loans, credit cards and overdrafts. Loans to companies, farms and
        associations fall under the Business Credit Policy. Where this policy and a procedure conflict, the policy
        prevails until the conflict has been resolved by the Chief Risk Officer.""",
        """Every colleague who takes part in a credit decision must have read the policy and passed the yearly test with
        at least 80 % of the marks. A colleague who fails the test twice loses lending authority until the test has been
        passed. The Credit Risk department keeps the register of authorities and publishes it on the first working day
        of each month.""")
    b.h1("2 Principles")
    b.p("""We lend on the ability to repay and not on the value of the security alone. The security is the second way
        out. An application is decided on verified information: what cannot be verified is not counted. Nobody decides
        an application of a relative, a friend or a business partner, nor one from which a personal commission follows.
        Each decision is taken by at least one person who does not have a sales target for the product concerned.""",
        """We treat customers alike. Age, sex, origin, religion and family status are not part of a decision, except
        that the term of a loan ends before the youngest borrower reaches the age of 70. Income that depends on a
        fixed-term contract is accepted if the contract has been renewed at least once and at least nine months remain.""")
    b.chapter("3 Affordability")
    b.h2("3.1 Income")
    b.p("""Basic salary counts in full. Of regular overtime, shift allowances and commission, 50 % of the average of the last
        24 months counts. Bonuses count with 30 % of the lower of the last two years. Rental income counts with 70 % of
        the rent under a registered lease. Child benefit and maintenance count in full if they will be paid for at
        least five more years. Income in a foreign currency is reduced by 20 %. The self-employed give certified
        accounts for two years; the lower of the two net profits counts, but not more than 110 % of the earlier one.""")
    b.h2("3.2 Expenditure")
    b.p("""The minimum living costs are EUR 1,180 a month for one adult, EUR 1,690 for two adults and EUR 345 for each
        child. If the statements of the account show higher spending, the higher amount counts. Existing loans count
        with their instalments; credit cards and overdrafts count with 3 % of the limit a month, whether they are used
        or not.""")
    b.h2("3.3 Debt service")
    b.p("""All instalments together, including those of the loan applied for, must not exceed 38 % of net monthly income.
        For net income above EUR 6,500 a month the Senior Underwriter may accept up to 42 %. The instalment of a
        mortgage is calculated with the product rate plus 2.0 percentage points, and with at least 5.5 %, unless the
        rate is fixed for ten years or more; then the product rate plus 0.75 percentage points is used.""")
    b.chapter("4 Mortgages")
    b.h2("4.1 Limits")
    b.p("Limits for the ratio of the loan to the value of the property (LTV) and to gross yearly income (LTI):")
    b.grid(("Purpose", "Maximum LTV", "Maximum LTI", "Longest term"), [
        ("First home", "90 %", "4.0 times", "35 years"), ("Second and later home, own use", "85 %", "3.5 times", "35 years"),
        ("Change of lender, no new money", "90 %", "4.0 times", "30 years"),
        ("Equity release for home improvement", "75 %", "3.5 times", "25 years"),
        ("Holiday home", "65 %", "3.0 times", "20 years"), ("Buy-to-let", "70 %", "not applied", "25 years")],
        (52, 30, 30, 30))
    b.p("""Buy-to-let applications must show an interest cover of at least 145 % of rent over interest, calculated at
        6.0 %. One customer may hold no more than four buy-to-let mortgages with the bank. Interest-only periods are
        available for buy-to-let only and for not more than 60 months.""")
    b.h2("4.2 Exceptions")
    b.p("""In each quarter not more than 8 % of the amount of new mortgages may exceed the income limit and not more than
        5 % may exceed the limit on loan to value. No exception may be made above 95 % of the value or above 4.75 times
        the income. Both kinds of exception may not be combined. The Head of Retail Credit approves exceptions one by one
        and records two compensating factors from the list in Annex A.""")
    b.h2("4.3 Valuation")
    b.p("""The property is valued by a surveyor of the panel who has seen it inside. A valuation is valid for four
        months before the offer. Automated valuation is allowed for a change of lender up to 60 % of the value and
        EUR 350,000. Flats of less than 38 square metres, houses of uncertified construction and property in flood zone C
        are not accepted as security. The surveyor states the rebuilding cost, and the property must be insured for it
        before money is paid out.""")
    b.h2("4.4 Self-build")
    b.p("""Self-build loans are paid out in not more than five stages. Before each stage the surveyor certifies the work done.
        Ten per cent of the loan is kept back until the certificate of completion has been received. The whole building
        time must not be longer than 18 months.""")
    b.chapter("5 Unsecured lending")
    b.h2("5.1 Consumer loans")
    b.p("""Consumer loans run from 12 to 84 months and from EUR 2,000 to EUR 50,000. Above EUR 30,000 the purpose must be
        documented with an invoice or a contract. Borrowers must have lived in the country for at least 12 months. The
        score must be 540 or more; between 540 and 579 a Branch Underwriter decides by hand, below 540 the application is
        declined.""")
    b.h2("5.2 Credit cards")
    b.p("""The first limit is at most 1.5 times net monthly income and not more than EUR 7,500 for Classic and EUR 15,000 for
        Gold. Limits are raised only at the customer's request. After six months in which only the minimum payment
        was made, the customer receives a letter about persistent debt and an offer of a repayment plan.""")
    b.h2("5.3 Overdrafts")
    b.p("""An arranged overdraft is at most one month's net salary and not more than EUR 5,000; for students it is EUR 750.
        It is reviewed every twelve months. An overdraft that has not been in credit for at least ten days in each
        quarter is converted into a loan of up to 36 months.""")
    b.chapter("6 Authority to approve")
    b.p("""Authority is personal and follows from training and experience. The amounts include all loans of the household
        with the bank. The approval of two people is needed at each level above Branch Underwriter.""")
    b.grid(("Level", "Secured, EUR", "Unsecured, EUR", "Exceptions"), [
        ("Branch Underwriter", "250,000", "15,000", "none"), ("Senior Underwriter", "600,000", "30,000", "debt service"),
        ("Head of Retail Credit", "1,200,000", "50,000", "LTI and LTV"),
        ("Credit Committee", "5,000,000", "150,000", "all"), ("Board Risk Committee", "above 5,000,000", "above 150,000", "all")],
        (44, 34, 34, 30))
    b.p("""Loans to directors, members of the executive committee and their relatives are approved by the Board Risk
        Committee, whatever the amount. Loans to other staff follow the normal levels, but never by a colleague of the same
        department.""")
    b.chapter("7 Monitoring and arrears")
    b.h2("7.1 Early contact")
    b.p("""Customers who call before they miss a payment are our best chance to help. On the third working day after a missed
        instalment the customer receives a text message, on the eighth day a call and on day 15 a letter. On day 31 the
        case moves to the Arrears Support team, which has 22 colleagues in Stonehaugh. We do not charge a fee for arrears
        letters, and no call is made before 9:00 or after 20:00.""")
    b.h2("7.2 Forbearance")
    b.p("""Forbearance is offered where it is likely to restore the ability to pay. The measures, in order of preference, are
        a longer term, interest only for up to twelve months, a payment holiday of up to six months, and capitalisation of
        arrears once in the life of the loan. A measure is reviewed every six months. Split mortgages and debt reduction
        need the approval of the Credit Committee.""")
    b.h2("7.3 Default and recovery")
    b.p("""A loan is in default when more than EUR 100 and more than 1 % of the exposure have been overdue for more than 90
        days, or when repayment in full is unlikely. Legal action for a family home starts no earlier than 12 months
        after default, and only when the customer has not co-operated or no measure is sustainable. A home is never sold
        for arrears of less than EUR 5,000. Unsecured loans are written off at the latest after 36 months in default.""")
    b.chapter("8 Quality assurance and reporting")
    b.p("""Credit Risk checks 5 % of approved applications each month, chosen at random, and all exceptions. Findings are
        graded from A to D. A branch with more than 4 % of findings at grade D in two successive months loses its
        authority for 60 days. The Chief Risk Officer reports volumes, exceptions, arrears and findings to the Board Risk
        Committee each quarter.""",
        """The policy is reviewed every year in November, or earlier when the law or the risk appetite changes. Changes that
        do not alter a limit may be approved by the Chief Risk Officer and are reported to the next meeting.""")
    b.h1("9 Records")
    b.p("""The file of a loan contains the application, the evidence, the calculation, the decision with its reasons, the
        contract and later correspondence. Files are kept for seven years after the loan has been repaid. Files of declined
        applications are kept for 13 months. Access is logged and checked twice a year.""")
    b.chapter("Annex A: Compensating factors")
    b.bullets([_ligatures(t) for t in (
        "At least 12 months of rent or savings at the level of the new instalment, without a missed payment.",
        "Liquid savings of at least six instalments after the purchase.",
        "Net income rising by law or contract within 12 months, for example at the end of a training post.",
        "An energy certificate of class B or better, or a binding contract for works that lead to it.",
        "A guarantee of parents, limited to 20 % of the loan and ending when the loan falls below 80 % of the value.")])
    b.h1("Annex B: Changes since version 7.1")
    b.grid(("Section", "Version 7.1 (from 1 February 2025)", "Version 7.2 (from 1 January 2026)"), [
        ("3.2", "Two adults EUR 1,620 a month", "Two adults EUR 1,690 a month"),
        ("3.3", "Debt service at most 36 %", "Debt service at most 38 %"),
        ("4.1", "Buy-to-let LTV at most 75 %", "Buy-to-let LTV at most 70 %"),
        ("4.2", "Income exceptions 10 % a quarter", "Income exceptions 8 % a quarter"),
        ("4.3", "Valuation valid for six months", "Valuation valid for four months"),
        ("6", "Branch Underwriter EUR 200,000 secured", "Branch Underwriter EUR 250,000 secured")], (18, 62, 62))
    return b.render()


def account_terms():
    b = Book("Terms and conditions for personal accounts", header="Terms and conditions for personal accounts",
             footer="Edition of 1 March 2026", styles=make_styles(size=9.6, leading=13.8), page_size=A5,
             margins=(17, 17, 22, 20))
    b.p("Terms and conditions for personal accounts", style="title")
    b.p("Edition of 1 March 2026. For the Everyday Account, Harbour Plus Account, Student Account and Basic Payment "
        "Account and for our savings accounts.", style="subtitle")
    b.gap(8)
    sections = [
        ("1 These terms", [
            f"""These terms are part of the contract between you and {facts.BANK}, {facts.HEAD_OFFICE}. The fee schedule and
            the list of interest rates belong to them. If a special condition of an account differs from these terms, the
            special condition applies.""",
            """We may change the terms, the fees and the interest on overdrafts with two months' notice. You may refuse a
            change by closing the account free of charge before it takes effect. Interest on savings may be lowered
            with one month's notice; it may be raised without notice."""]),
        ("2 Opening an account", [
            """You can open an account from the age of 16 in the app, at a branch or by post; children under 16 need a parent
            or guardian. We ask for an identity document with a photograph and for proof of address that is not older than
            six months. If you have no fixed address, a letter of a public or charitable body is enough for a Basic
            Payment Account.""",
            """A joint account can have up to four holders. Each holder may give orders alone, unless all have told us in
            writing that two signatures are needed. Each holder is liable for the whole debt of the account. You may cancel
            the contract within 14 days of opening without giving a reason."""]),
        ("3 Paying in", [
            """Cash paid in over the counter or at a deposit machine is available at once. A cheque is credited on the day we
            receive it and may be used after five working days. If it is returned unpaid, we debit the amount again.
            Incoming payments are credited on the day on which we receive them, with that value date.""",
            """Coins above EUR 100 are counted for the charge in the fee schedule. We accept at most EUR 10,000 in cash a
            day without an appointment and may ask where the money comes from."""]),
        ("4 Payments out", [
            """Give the IBAN and the name of the payee. We compare the two before we carry out a credit transfer and tell you
            if they do not match; if you go on nevertheless, we are not liable for a wrong payee.""",
            """Instant payments are carried out within ten seconds at any time. For other payments the following times are
            the latest on a working day. A payment ordered later is treated as received on the next working day."""]),
    ]
    for title, paragraphs in sections:
        b.h1(title)
        b.p(*paragraphs)
    b.grid(("Payment", "Latest time", "Arrives"), [
        ("SEPA credit transfer, online or app", "17:00", "next working day"),
        ("SEPA credit transfer, branch", "15:30", "next working day"),
        ("International payment in euro", "15:00", "two working days"),
        ("International payment in another currency", "13:30", "up to four working days"),
        ("Payment between two Brackwater accounts", "any time", "at once"),
        ("Change or recall of a standing order", "23:59 of the day before", "-")], (56, 30, 28))
    b.h2("4.1 Limits")
    b.p("These daily limits apply unless we have agreed another limit with you. You can lower them in the app at once.")
    b.grid(("Limit per day", "Everyday, Student, Basic", "Harbour Plus"), [
        ("Cash machine, EUR", 700, 1500), ("Card purchases, EUR", 5000, 10000),
        ("Payments in the app, EUR", 10000, 25000), ("Payments in online banking, EUR", 20000, 50000),
        ("Payments to a payee used for the first time, first 24 hours, EUR", 2000, 5000)], (58, 30, 26), numeric=(1, 2))
    b.p("""A contactless payment without PIN is possible up to EUR 50. After five such payments in a row, or EUR 150
        together, the card asks for the PIN. Higher limits for a single payment can be set by telephone up to EUR 100,000;
        they end at midnight.""")
    more = [
        ("5 Cards", [
            """Sign the card when you receive it. Keep the PIN apart from the card and tell nobody; we never ask for it. If the
            card is lost or stolen, or you suspect fraud, block it in the app or call us at once under """ + facts.FRAUD_PHONE +
            """, day and night. A new card is sent by post within five working days.""",
            """Payments in another currency are converted at the rate of the card scheme on the day of processing. The app
            shows the markup over the reference rate of the European Central Bank. Cards expire on the last day of the
            month printed on them and are replaced in the month before."""]),
        ("6 Payments you did not authorise", [
            """Tell us of a payment that you did not authorise or that went wrong as soon as you notice it, and within 13 months
            of the debit at the latest. We refund an unauthorised payment by the end of the next working day, unless we have
            reason to suspect fraud by you and have told the authority.""",
            """You bear at most EUR 50 of the loss from a lost or stolen card before you report it, and nothing if you could
            not have noticed. You bear the whole loss if you acted fraudulently or with gross negligence. After your report
            you bear nothing.""",
            """For a direct debit you may ask for a refund within eight weeks without giving a reason."""]),
        ("7 Overdrafts", [
            """An arranged overdraft needs an application and our approval. Interest of 13.4 % a year is calculated daily and
            debited on the last day of each quarter. The first EUR 100 of an arranged overdraft on a Harbour Plus Account are
            free of interest. You may repay at any time.""",
            """Without an arrangement an account must not be overdrawn. We refuse payments that would lead to it and
            charge the fee for a refused payment not more than four times in a calendar month. No interest above that of the
            arranged overdraft is charged. We may end an overdraft with 30 days' notice."""]),
        ("8 Savings accounts", [
            """Interest on savings is calculated on the balance at the end of each day and credited on 31 December, on
            fixed-term deposits at maturity and in any case once a year. Tax on interest is deducted as the law requires.""",
            """Notice accounts: withdrawals need notice of 35 or 95 days, according to the product. Without notice we pay out at
            our discretion and deduct 35 or 95 days of interest on the amount. Fixed-term deposits cannot be withdrawn early,
            except in case of death, serious illness or unemployment of more than three months; then interest is paid at
            the rate of the Harbour Saver. You tell us what to do at maturity up to two working days before; otherwise the
            money goes to your current account.""",
            """Young Mariner is for people under 18 and changes into a Harbour Saver on the 18th birthday. Regular Saver takes
            EUR 10 to EUR 500 a month for twelve months; one missed month is allowed, with a second one the rate of the
            Harbour Saver applies."""]),
        ("9 Statements and messages", [
            """Statements are provided each month in the app and kept there for ten years. On request we send one paper
            statement a quarter free of charge; each additional one costs the fee in the schedule. Object to a statement
            within 60 days. Important messages go to the postbox of the app with a notice by text message."""]),
        ("10 Closing an account", [
            """You may close an account at any time and free of charge. We may end the contract with two months' notice, for
            a Basic Payment Account only for the reasons in the law. If you move to another bank in the country, we switch
            standing orders and direct debits within ten working days. We forward incoming payments for 13 months.""",
            """An account without any order by its holder for 15 years is dormant. We write twice to the last known address and
            then transfer the balance to the Unclaimed Assets Fund; the holder or the heirs may reclaim it at any time,
            without limit."""]),
        ("11 Death, incapacity and powers of attorney", [
            """On proof of death we pay the costs of the funeral up to EUR 6,000 from the account before the estate is settled.
            Balances up to EUR 25,000 are paid to the heirs on a sworn statement; above that we need the grant of probate.
            A power of attorney is registered at a branch, with both persons present, within five working days."""]),
        ("12 Protection of your money", [
            """Deposits are protected by the national Deposit Guarantee Scheme up to EUR 100,000 for each person and bank;
            balances from the sale of a home are protected up to EUR 1,000,000 for six months. The scheme pays within seven
            working days. Our complaints procedure is described in a leaflet; if you are not satisfied with our final
            answer, you may turn to the Financial Ombudsman, Wellgate House, Port Selwyn, free of charge and within six
            years."""]),
        ("13 Your data", [
            """We use your data to carry out the contract, to meet our legal duties and, with your consent, to make offers. Calls
            to the contact centre are recorded and kept for six months, orders by telephone for five years. You may see and
            correct your data at any time; ask the Data Protection Officer at the head office."""]),
        ("14 Law and language", [
            """The contract is made in English. The courts of Port Selwyn have jurisdiction, but a consumer may also sue at
            the place of residence. If a term is void, the others stay in force."""]),
    ]
    for title, paragraphs in more:
        b.h1(title)
        b.p(*paragraphs)
    return b.render()
