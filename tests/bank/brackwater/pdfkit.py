"""Page layout for the PDF documents: styles, running heads, tables.

Text is set in the standard Helvetica and Times faces; a document that needs
ligatures uses Liberation Serif (Debian package fonts-liberation).
"""
import io

from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (BaseDocTemplate, Frame, ListFlowable, ListItem, NextPageTemplate,
                                PageBreak, PageTemplate, Paragraph, Spacer, Table, TableStyle)

rl_config.invariant = 1

NAVY = colors.HexColor("#12344d")
TEAL = colors.HexColor("#1f7a7a")
PALE = colors.HexColor("#e8f0f2")
GREY = colors.HexColor("#5c6670")

LIBERATION = "/usr/share/fonts/truetype/liberation/LiberationSerif-%s.ttf"


def register_liberation():
    """Makes the family `Liberation` known; the fonts are embedded as subsets."""
    for name, file in (("Liberation", "Regular"), ("Liberation-Bold", "Bold"),
                       ("Liberation-Italic", "Italic"), ("Liberation-BoldItalic", "BoldItalic")):
        pdfmetrics.registerFont(TTFont(name, LIBERATION % file))
    pdfmetrics.registerFontFamily("Liberation", normal="Liberation", bold="Liberation-Bold",
                                  italic="Liberation-Italic", boldItalic="Liberation-BoldItalic")


def make_styles(body="Helvetica", bold="Helvetica-Bold", size=10, leading=14.4, justify=False, hyphenate=False):
    extra = {"hyphenationLang": "en_GB", "embeddedHyphenation": 1} if hyphenate else {}
    base = ParagraphStyle("body", fontName=body, fontSize=size, leading=leading, spaceAfter=6,
                          alignment=TA_JUSTIFY if justify else 0, **extra)
    s = {"body": base}

    def derive(name, **kw):
        s[name] = ParagraphStyle(name, parent=base, **kw)

    head = {"fontName": bold, "textColor": NAVY, "alignment": 0, "keepWithNext": 1, "hyphenationLang": ""}
    derive("title", **{**head, "fontSize": 28, "leading": 34, "spaceAfter": 10})
    derive("subtitle", fontSize=13, leading=18, textColor=GREY, alignment=0)
    derive("h1", **{**head, "fontSize": 17, "leading": 22, "spaceBefore": 4, "spaceAfter": 9})
    derive("h2", **{**head, "fontSize": 12, "leading": 16, "spaceBefore": 9, "spaceAfter": 4})
    derive("h3", **{**head, "fontSize": size + 0.6, "leading": leading, "spaceBefore": 6, "spaceAfter": 2})
    derive("small", fontSize=size - 1.8, leading=leading - 2.8, textColor=GREY, alignment=0)
    derive("cell", fontSize=size - 1.0, leading=leading - 2.4, spaceAfter=0, alignment=0, hyphenationLang="")
    derive("cellb", fontSize=size - 1.0, leading=leading - 2.4, spaceAfter=0, alignment=0, fontName=bold, hyphenationLang="")
    derive("right", alignment=TA_RIGHT)
    derive("center", alignment=TA_CENTER)
    return s


def amount(v):
    """Accounting form: 1,234 and (1,234); a zero is a dash; text is left as it is."""
    if isinstance(v, str):
        return v
    if v == 0:
        return "-"
    return f"({abs(v):,})" if v < 0 else f"{v:,}"


class Book:
    """A document under construction: styles, a story and page furniture."""

    def __init__(self, title, author="Brackwater Bank plc", styles=None, header="", footer="", page_size=A4,
                 margins=(22, 22, 24, 22), font="Helvetica", bold="Helvetica-Bold", cover=False, first_number=1):
        self.title, self.author = title, author
        self.s = styles or make_styles(font, bold)
        self.header, self.footer, self.font, self.bold = header, footer, font, bold
        self.page_size, self.margins = page_size, [m * mm for m in margins]
        self.cover, self.first_number = cover, first_number
        self.story = []
        self.section = ""

    # -- content --------------------------------------------------------------
    def add(self, *flowables):
        self.story.extend(flowables)

    def h1(self, text):
        self.add(Paragraph(text, self.s["h1"]))

    def h2(self, text):
        self.add(Paragraph(text, self.s["h2"]))

    def h3(self, text):
        self.add(Paragraph(text, self.s["h3"]))

    def p(self, *texts, style="body"):
        for t in texts:
            self.add(Paragraph(" ".join(t.split()), self.s[style]))

    def gap(self, points=6):
        self.add(Spacer(1, points))

    def page(self):
        self.add(PageBreak())

    def bullets(self, items, numbered=False):
        kind = {"bulletType": "1"} if numbered else {"bulletType": "bullet", "start": "•"}
        self.add(ListFlowable([ListItem(Paragraph(i, self.s["body"]), leftIndent=14) for i in items],
                              leftIndent=14, bulletFontSize=8.5, **kind))
        self.gap(3)

    def grid(self, header, rows, widths, numeric=(), repeat=1, total_rows=()):
        """A ruled table; the header row repeats on each page it runs over."""
        data = [[Paragraph(str(c), self.s["cellb"]) for c in header]]
        right = ParagraphStyle("r", parent=self.s["cell"], alignment=TA_RIGHT)
        right_bold = ParagraphStyle("rb", parent=self.s["cellb"], alignment=TA_RIGHT)
        for i in numeric:
            data[0][i] = Paragraph(str(header[i]), right_bold)
        for n, row in enumerate(rows):
            bold = n in total_rows or (n - len(rows)) in total_rows
            data.append([Paragraph(amount(c), (right_bold if bold else right) if i in numeric
                                   else self.s["cellb" if bold else "cell"]) for i, c in enumerate(row)])
        t = Table(data, colWidths=[w * mm for w in widths], repeatRows=repeat, hAlign="LEFT")
        t.setStyle(TableStyle([
            ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#9fb0b8")),
            ("BACKGROUND", (0, 0), (-1, 0), PALE), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), 2.6), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.6)]))
        self.add(t)
        self.gap(7)

    def statement(self, header, rows, widths, repeat=1, size=9.2, keep=True):
        """A financial table without ruling lines. A row is (label, values...) ;
        a label that starts with `*` is a total, with `#` a sub-heading."""
        data, style = [list(header)], [
            ("FONT", (0, 0), (-1, -1), self.font, size), ("FONT", (0, 0), (-1, 0), self.bold, size),
            ("ALIGN", (1, 0), (-1, -1), "RIGHT"), ("TOPPADDING", (0, 0), (-1, -1), 2.2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.2), ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 2), ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
            ("BOTTOMPADDING", (0, 0), (-1, 0), 5)]
        for row in rows:
            label, values = row[0], [amount(v) if v is not None else "" for v in row[1:]]
            r = len(data)
            if label.startswith(("*", "#")):
                style.append(("FONT", (0, r), (-1, r), self.bold, size))
                style.append(("BOTTOMPADDING", (0, r), (-1, r), 6 if label[0] == "*" else 2.2))
                if label[0] == "#":
                    style.append(("TOPPADDING", (0, r), (-1, r), 5))
                label = label[1:]
            data.append([label] + values + [""] * (len(header) - 1 - len(values)))
        t = Table(data, colWidths=[w * mm for w in widths], repeatRows=repeat, hAlign="LEFT")
        t.setStyle(TableStyle(style))
        t.splitByRow = 0 if keep else 1
        self.add(t)
        self.gap(7)

    # -- page furniture ---------------------------------------------------------
    def _furniture(self, canvas, doc):
        canvas.saveState()
        width, height = self.page_size
        left, right = self.margins[0], width - self.margins[1]
        canvas.setFont(self.font, 7.8)
        canvas.setFillColor(GREY)
        if self.header:
            canvas.drawString(left, height - 13 * mm, self.header)
            canvas.drawRightString(right, height - 13 * mm, self.author)
        number = canvas.getPageNumber() + self.first_number - 1
        if self.footer:
            canvas.drawString(left, 11 * mm, self.footer)
        canvas.drawRightString(right, 11 * mm, f"{number}")
        canvas.restoreState()

    def _cover(self, canvas, doc):
        width, height = self.page_size
        canvas.saveState()
        canvas.setFillColor(NAVY)
        canvas.rect(0, height - 92 * mm, width, 92 * mm, stroke=0, fill=1)
        canvas.setFillColor(TEAL)
        canvas.rect(0, height - 96 * mm, width, 4 * mm, stroke=0, fill=1)
        canvas.setFillColor(colors.white)
        canvas.setFont(self.bold, 13)
        canvas.drawString(self.margins[0], height - 30 * mm, "BRACKWATER BANK")
        canvas.restoreState()

    def render(self, columns=1):
        """The finished PDF as bytes."""
        buffer = io.BytesIO()
        w, h = self.page_size
        l, r, t, b = self.margins
        doc = BaseDocTemplate(buffer, pagesize=self.page_size, title=self.title, author=self.author,
                              subject="Fictional example document", creator=self.author)
        gutter = 8 * mm
        width = (w - l - r - gutter * (columns - 1)) / columns
        frames = [Frame(l + i * (width + gutter), b, width, h - t - b, 0, 0, 0, 0, id=f"c{i}") for i in range(columns)]
        templates = [PageTemplate("page", frames, onPage=self._furniture, pagesize=self.page_size)]
        if self.cover:
            cover = PageTemplate("cover", [Frame(l, b, w - l - r, h - 118 * mm - b, 0, 0, 0, 0)],
                                 onPage=self._cover, pagesize=self.page_size)
            templates.insert(0, cover)
        doc.addPageTemplates(templates)
        doc.build(self.story)
        return buffer.getvalue()


def next_page_template(name="page"):
    return NextPageTemplate(name)
