"""The text of a document page by page, counted as examples/bank/README.md says."""
import email
import io
import re
import unicodedata
from email import policy

import bs4
import docx
import openpyxl
import pptx
import pypdfium2

from brackwater import scan

SCANS = {"safe_deposit_agreement_scan.pdf": scan.source_pages}


def pdf_pages(data):
    document = pypdfium2.PdfDocument(data)
    return [document[i].get_textpage().get_text_range() for i in range(len(document))]


def docx_pages(data):
    """A hard page break ends a page."""
    pages = [""]
    for element in docx.Document(io.BytesIO(data)).element.body.iter():
        tag = element.tag.rsplit("}", 1)[-1]
        if tag == "t":
            pages[-1] += element.text or ""
        elif tag == "br" and any(v == "page" for v in element.attrib.values()):
            pages.append("")
        elif tag in ("p", "tc"):
            pages[-1] += "\n"
    return pages


def xlsx_pages(data):
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [sheet.title + "\n" + "\n".join(" ".join(f"{c:.2f}" if isinstance(c, float) else str(c) for c in row if c is not None)
                                           for row in sheet.iter_rows(values_only=True)) for sheet in book]


def pptx_pages(data):
    pages = []
    for slide in pptx.Presentation(io.BytesIO(data)).slides:
        parts = []
        for shape in slide.shapes:
            if shape.has_text_frame:
                parts.append(shape.text_frame.text)
            if shape.has_table:
                parts += [" ".join(cell.text for cell in row.cells) for row in shape.table.rows]
            if shape.has_chart:
                plot = shape.chart.plots[0]
                parts += [" ".join(map(str, plot.categories))]
                parts += [series.name + " " + " ".join(f"{v:.0f}" for v in series.values) for series in plot.series]
        if slide.has_notes_slide:
            parts.append(slide.notes_slide.notes_text_frame.text)
        pages.append("\n".join(parts))
    return pages


def eml_pages(data):
    """Headers and body are page 1; the pages of attachments follow."""
    message = email.message_from_bytes(data, policy=policy.default)
    pages = ["\n".join([message["Subject"], message["From"], message.get_body(("plain",)).get_content()])]
    for part in message.iter_attachments():
        pages += pdf_pages(part.get_content())
    return pages


def html_pages(data):
    return [bs4.BeautifulSoup(data, "html.parser").get_text("\n")]


def text_pages(data):
    try:
        return [data.decode()]
    except UnicodeDecodeError:
        return [data.decode("latin-1")]


READERS = {".pdf": pdf_pages, ".docx": docx_pages, ".xlsx": xlsx_pages, ".pptx": pptx_pages, ".eml": eml_pages,
           ".html": html_pages}


def read_pages(path):
    if path.name in SCANS:
        drawn = len(pypdfium2.PdfDocument(path.read_bytes()))
        pages = SCANS[path.name]()
        assert len(pages) == drawn, path
        return pages
    return READERS.get(path.suffix, text_pages)(path.read_bytes())


def normalise(text):
    """Case fold, join hyphenated words, collapse spaces, drop thousands separators and currency signs."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub("\ufffe\\s*|\u00ad", "", text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"[€$£]|\beur\b", " ", text.casefold())
    return re.sub(r"\s+", " ", text).strip()
