"""A signed safe deposit agreement that exists only as page images."""
import io

import numpy as np
import pypdfium2 as pdfium
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from .pdfkit import Book, make_styles, register_liberation

DPI = 200


def source():
    """The agreement as a PDF with text, before it is printed and scanned."""
    register_liberation()
    b = Book("Safe deposit agreement", styles=make_styles("Liberation", "Liberation-Bold", 12, 18.5),
             header="Form S-12, edition of May 2019", footer="Safe deposit agreement 201-0087", font="Liberation",
             bold="Liberation-Bold", margins=(28, 28, 28, 26))
    b.h1("Safe deposit agreement")
    b.p("""between Brackwater Bank plc, Ardmoyle branch, 40 Castle Street, and the renter named below. The agreement was signed
        on 17 September 2019.""")
    b.grid(("Item", "Entry"), [
        ("Renter", "Mrs Josephine Aldercott"), ("Address", "12 Weaver's Row, Ardmoyle"), ("Second person with access",
         "Mr Rupert Aldercott"), ("Box number", "0087"), ("Size of the box", "medium, 10 by 26 by 40 cm"),
        ("Rent in the first year", "EUR 118.00"), ("Deposit for the keys", "EUR 60.00"), ("Number of keys handed over", "2"),
        ("Rent is debited from account", "BWB 201 000 5521 7")], (64, 84))
    b.h2("1 Subject")
    b.p("""The bank lets the box to the renter for an unlimited time. The rent is paid in advance for one year. The rent in later
        years follows the fee schedule of the bank. If the agreement ends during a year, the rent for full months that
        remain is paid back.""")
    b.page()
    b.h2("2 Access")
    b.p("""The box is opened with two keys: one of the renter and one of the bank. The renter signs the access card at each
        visit and shows an identity document. Visits are possible during opening hours, the last one 20 minutes before
        closing. Up to 24 visits in a calendar year are included in the rent.""",
        """The renter may name one other person with access. The authority ends on the death of the renter. After a
        death the box is sealed and opened only in the presence of the heirs or a notary.""")
    b.h2("3 What may not be kept in the box")
    b.p("""The renter must not keep in the box: weapons and ammunition, explosives, liquids, perishable goods, drugs, and things
        whose possession is against the law. The bank may open the box together with an authority that has a
        court order. It does not otherwise know what is in the box.""")
    b.h2("4 Keys")
    b.p("""The renter receives two keys and must not have copies made. The loss of a key is reported to the branch without
        delay. The lock is then changed at the renter's cost, which was EUR 185.00 at the time of signing. If both keys are
        lost, the box is drilled open in the renter's presence within ten working days.""")
    b.page()
    b.h2("5 Liability and insurance")
    b.p("""The bank is liable for damage that it causes by negligence, up to EUR 15,000 for each box. It is not liable for damage
        by flood, war or earthquake. The renter may take out additional cover with the insurer named at the branch; the
        premium was 0.9 per thousand of the insured sum a year at the time of signing, with a minimum of EUR 20.00.""",
        """Claims are reported within three working days after the damage has been noticed, and the contents are proved with
        photographs, receipts or an expert's opinion. Cash is insured up to EUR 2,500 only.""")
    b.h2("6 End of the agreement")
    b.p("""Either side may end the agreement with three months' notice to the end of a quarter. The bank may end it at once if
        the rent is more than six months overdue or if section 3 has been broken. The renter then empties the box and gives
        back both keys; the deposit for the keys is paid back within 14 days.""",
        """If the renter does not empty the box, the bank may open it before a notary after two written reminders, and keep the
        contents for two years at the renter's cost.""")
    b.page()
    b.h2("7 Signatures")
    b.p("The renter has received a copy of the agreement and of the fee schedule that was in force in September 2019.")
    b.grid(("", "Name", "Date"), [
        ("For the bank", "Grainne Osterley, Branch Manager", "17 September 2019"),
        ("Renter", "Josephine Aldercott", "17 September 2019"),
        ("Second person", "Rupert Aldercott", "19 September 2019")], (36, 68, 44))
    b.h2("Access record of the first year")
    b.grid(("Visit", "Date", "Time in", "Time out", "Signed by"), [
        ("1", "17 September 2019", "11:05", "11:20", "J. Aldercott"), ("2", "4 November 2019", "10:15", "10:40", "J. Aldercott"),
        ("3", "20 December 2019", "15:30", "15:45", "R. Aldercott"), ("4", "11 March 2020", "12:10", "12:20", "J. Aldercott"),
        ("5", "2 July 2020", "14:00", "14:35", "R. Aldercott"), ("6", "28 August 2020", "09:50", "10:05", "J. Aldercott")],
        (18, 44, 26, 26, 36))
    return b.render()


def source_pages():
    """The text of each page, for checks; the scan itself has none."""
    document = pdfium.PdfDocument(source())
    return [document[i].get_textpage().get_text_range() for i in range(len(document))]


def build():
    """Page images at 200 dpi with a slight turn, paper tone and sensor noise."""
    document = pdfium.PdfDocument(source())
    noise = np.random.default_rng(1887)
    out = io.BytesIO()
    c = canvas.Canvas(out, pagesize=A4, invariant=1)
    c.setTitle("Scan 201-0087")
    for i in range(len(document)):
        page = document[i].render(scale=DPI / 72, grayscale=True).to_pil().convert("L")
        page = page.rotate(noise.uniform(-0.35, 0.35), Image.Resampling.BICUBIC, fillcolor=255)
        pixels = np.asarray(page, dtype=np.float32) * 0.94 + 6
        pixels += noise.normal(0, 2.5, pixels.shape)
        jpeg = io.BytesIO()
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "L").save(jpeg, "JPEG", quality=52)
        jpeg.seek(0)
        c.drawImage(ImageReader(jpeg), 0, 0, A4[0], A4[1])
        c.showPage()
    c.save()
    return out.getvalue()
