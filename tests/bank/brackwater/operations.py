"""The manual for branch operations: cash, keys, emergencies."""
from .pdfkit import Book, make_styles


def branch_manual():
    b = Book("Branch operations manual", header="Branch operations manual, release 12", font="Times-Roman", bold="Times-Bold",
             footer="Internal. In force from 1 February 2026. Owner: Branch Operations",
             styles=make_styles("Times-Roman", "Times-Bold", 11.4, 16.4), margins=(30, 28, 28, 24))
    b.p("Branch operations manual", style="title")
    b.p("Release 12, in force from 1 February 2026", style="subtitle")
    b.h1("1 Opening and closing the branch")
    b.p("""Two colleagues open the branch. The first enters alone and walks through all rooms, while the second waits on the other
        side of the street. If everything is in order, the first shows the signal of the week at the window within seven
        minutes. Without the signal the second colleague does not enter and calls the security centre under 1800 555 030.""")
    b.bullets(["The alarm is switched off within 45 seconds of entering.", "The day book is opened with the names of both colleagues.",
               "Screens, leaflets and the rate board are checked against the list of the day.",
               "The doors are opened at the published time, and not earlier."])
    b.p("""In the evening the doors are locked from inside at closing time; customers in the hall are served. The branch is empty
        no later than 75 minutes after closing. The last colleague sends the closing message from the terminal; if it is missing
        15 minutes after the planned time, the security centre calls the manager.""")
    b.page()
    b.h1("2 Cash")
    b.p("""The limits include coins and foreign notes. Insurance does not pay for cash above a limit. Amounts above the limit are
        sent to the cash centre in Wexcombe on the same day.""")
    b.grid(("Place", "Limit, EUR", "Who has access"), [
        ("Till, each", "15,000", "one cashier"), ("Till safe with time lock of 10 minutes", "60,000", "two cashiers"),
        ("Main vault, branch with safe deposit boxes", "750,000", "two key holders"),
        ("Main vault, other branch", "400,000", "two key holders"), ("Cash machine, each", "180,000", "two colleagues"),
        ("Mobile branch", "90,000", "driver and cashier")], (74, 30, 46), numeric=(1,))
    b.h2("Differences")
    b.p("""A difference at a till is reported to the manager on the same day. Up to EUR 10 it is booked without a form. From EUR 10 to
        EUR 250 form B-6 is used. Above EUR 250 the till is counted again by a second colleague, and Internal Audit is told
        on the next working day. Three differences above EUR 50 in a quarter lead to a refresher course.""")
    b.h2("Counterfeit notes")
    b.p("""A suspect note is kept and never returned. The customer gets receipt F-2 and the value is not credited. The note
        goes to the central bank within five working days; if it is genuine, the customer is credited.""")
    b.page()
    b.h1("3 Cash machines")
    b.p("""Machines are filled twice a week, before 9:00 or after closing, behind a locked door. The filling is done by two
        colleagues, one of whom holds the code and the other the key. The code is changed every 90 days and whenever a holder
        leaves the branch.""")
    b.bullets(["Look for skimming devices each morning and each evening, and record it.",
               "A card that the machine has kept is destroyed after three working days, cards of other banks at once.",
               "A machine that is out of service for more than four hours on a working day is reported to Operations.",
               "Notes found in the tray are booked to account 9918 and returned when the journal shows the owner."])
    b.h2("Availability")
    b.p("""The target for availability is 98.5 % a month for each machine. In 2025 the average was 98.9 %; the machine at
        Sandhurst Ferry had the lowest figure, 95.7 %, because of its telephone line, which was replaced in November.""")
    b.page()
    b.h1("4 Keys, codes and safe deposit boxes")
    b.p("""Each key has a number, a holder and a deputy. The register of keys is kept in the vault, with a copy at Branch Operations.
        A handover is signed by both. Duplicates lie in sealed envelopes at the next larger branch and are opened only in the
        presence of two colleagues. Seals are checked every six months.""")
    b.p("""At a visit to the safe deposit boxes the colleague compares the signature with the card and the face with the identity
        document, opens with the bank's key and leaves the room. Visitors are accompanied to the door of the vault. Visits of
        more than 45 minutes are noted in the day book. A box whose rent is six months overdue is blocked; the branch does not
        discuss the reason at the counter.""")
    b.h2("Lost keys")
    b.p("""If a key of the bank is lost, the manager calls the security centre within 30 minutes. The lock is changed within 24
        hours, and until then two colleagues or a guard stay in the branch.""")
    b.page()
    b.h1("5 Robbery and threats")
    b.p("""No amount of money is worth an injury. Give what is demanded, do not argue, do not follow. Press the silent alarm
        only if it can be done without being seen. Watch for height, voice, hands and the direction of flight.""")
    b.bullets(["Lock the doors and put up the sign; nobody else enters.", "Call the police under 112, then the security centre.",
               "Look after injured people and ask witnesses to stay.", "Do not touch anything; cover traces with a box.",
               "Speak with nobody from the press; Corporate Communication does."], numbered=True)
    b.p("""The branch stays closed for the rest of the day. A psychologist speaks with everyone who was present within 24 hours, and
        each colleague gets five days of paid leave, which do not count as holiday. Threats by telephone are written down on the
        red card beside each telephone.""")
    b.page()
    b.h1("6 Fire, flood and loss of power")
    b.p("""The branch is left within three minutes of the fire alarm; the assembly point is on the card at each door. Drills take
        place in April and October. The manager takes the day book and the tablet with the list of people present. Nobody goes back
        for cash.""")
    b.p("""Nine branches lie in flood zones A or B: Port Selwyn Quayside, Dunmere, Gannet Bay, Whelan Strand, Eskerfoot, Wexcombe
        Docklands, Sandhurst Ferry, Greywater and Millrace. At level amber they move papers and computers 80 centimetres above
        the floor; at level red they close two hours before the forecast peak. Barriers are stored in each of them and put up
        by four people in 25 minutes.""")
    b.p("""Without power the branch may work for 90 minutes on the emergency supply. Payments out are limited to EUR 300 for each
        customer, against signature, and entered within two hours of the return of power.""")
    b.page()
    b.h1("7 Customers with special needs")
    b.p("""Every branch has a hearing loop and a magnifying reader; 31 of the 34 branches can be entered without steps. The exceptions are
        Stonehaugh, Ravenscleugh and Little Tarn, where a bell calls a colleague to the door. Documents in large print or
        Braille are ordered from Customer Care and sent within seven working days. Assistance dogs are welcome.""")
    b.p("""Sign language interpreting by video can be started on the branch tablet between 8:00 and 18:00 and costs the customer
        nothing. A customer who seems to act under pressure is asked into a private room, alone; if the doubt remains, the payment
        is put on hold for up to 24 hours and the fraud team is called.""")
    b.h2("Forms in this manual")
    b.grid(("Form", "Use", "Kept for"), [("B-6", "Difference at a till", "five years"), ("F-2", "Counterfeit note", "five years"),
                                         ("K-1", "Handover of a key", "ten years"), ("R-3", "Record of a robbery", "ten years")],
           (24, 80, 40))
    return b.render()
