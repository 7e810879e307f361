"""Writes files that nobody should trust into a folder: hostile_files.py FOLDER"""
import hashlib
import os
import random
import struct
import sys
import zipfile
import zlib

PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def rc4(key, data):
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) & 255])
    return bytes(out)


def pdf(objects, trailer=b""):
    """objects: bodies of objects 1, 2, ...; object 1 is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)


def stream(data, entries=b""):
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), entries, data)


def text_pdf(pages, box=b"0 0 612 792", encrypt=None):
    """One line of text a page. encrypt: a function from object number and bytes to bytes."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * at) for at in range(len(pages)))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>",
               b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids),
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    for at, text in enumerate(pages):
        content = b"BT /F 11 Tf 72 700 Td (%s) Tj ET" % text.encode()
        if encrypt:
            content = encrypt(5 + 2 * at, content)
        objects.append(b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>>>"
                       % (box, 5 + 2 * at))
        objects.append(stream(content))
    return objects


def locked_pdf(password):
    """Encrypted with RC4, 128 bits (revision 3 of the standard security handler), with a real user password."""
    file_id = b"0123456789abcdef"
    user = (password + PADDING)[:32]
    owner_key = hashlib.md5((b"owner" + PADDING)[:32]).digest()
    for _ in range(50):
        owner_key = hashlib.md5(owner_key).digest()
    owner_entry = user
    for i in range(20):
        owner_entry = rc4(bytes(b ^ i for b in owner_key), owner_entry)
    permissions = struct.pack("<i", -4)
    key = hashlib.md5(user + owner_entry + permissions + file_id).digest()
    for _ in range(50):
        key = hashlib.md5(key).digest()
    user_entry = hashlib.md5(PADDING + file_id).digest()
    for i in range(20):
        user_entry = rc4(bytes(b ^ i for b in key), user_entry)

    def encrypt(number, data):
        return rc4(hashlib.md5(key + struct.pack("<I", number)[:3] + b"\0\0").digest(), data)

    objects = text_pdf(["Nobody may read this."], encrypt=encrypt)
    objects.append(b"<</Filter/Standard/V 2/R 3/Length 128/P -4/O<%s>/U<%s>>>"
                   % (owner_entry.hex().encode(), (user_entry + bytes(16)).hex().encode()))
    return pdf(objects, b"/Encrypt %d 0 R/ID[<%s><%s>]" % (len(objects), file_id.hex().encode(), file_id.hex().encode()))


def image_pdf(width, height, box):
    """A page with a picture that says it is huge, and a second page of text."""
    objects = text_pdf(["", "The page behind the picture."], box)
    data = zlib.compress(bytes(1 << 20))
    objects[3] = (b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 5 0 R/Resources<</XObject<</I 8 0 R>>>>>>" % box)
    objects[4] = stream(b"q 612 0 0 792 0 0 cm /I Do Q")
    objects.append(stream(data, b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB"
                                b"/BitsPerComponent 8/Filter/FlateDecode" % (width, height)))
    return pdf(objects)


def bomb_pdf(mebibytes):
    """The first page's content unpacks to that many MiB of blanks; a second page is harmless."""
    packer = zlib.compressobj(9)
    start = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # stands for itself, so it may repeat
    objects = text_pdf(["", "The page behind the bomb."])
    objects[4] = stream(zlib.compress(start + piece * mebibytes), b"/Filter[/FlateDecode/FlateDecode]")
    return pdf(objects)


def docx(body):
    files = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                               '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                       '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
                       'relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
                             "<w:body>" + body + "</w:body></w:document>",
    }
    return files


def write_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def write_bomb(path, mebibytes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("zeros.txt", "w", force_zip64=True) as member:
            piece = b"0 " * (1 << 19)
            for _ in range(mebibytes):
                member.write(piece)


def main(folder):
    def put(name, data):
        path = os.path.join(os.fsencode(folder), name if isinstance(name, bytes) else name.encode())
        with open(path, "wb") as file:
            file.write(data)
        return os.fsdecode(path)

    put("empty.pdf", b"")
    put("blank.txt", b" \n\t\n" * 100)
    whole = pdf(text_pdf(["Page %d of a file that ends too early." % n for n in range(1, 41)]))
    put("truncated.pdf", whole[: len(whole) * 6 // 10])
    put("locked.pdf", locked_pdf(b"a real password"))
    put("many_pages.pdf", pdf(text_pdf(["Leaf %d of the ledger." % n for n in range(1, 10001)])))
    put("huge_image.pdf", image_pdf(200000, 200000, b"0 0 612 792"))
    put("scan.pdf", image_pdf(100, 100, b"0 0 612 792"))
    put("large_image.pdf", image_pdf(23000, 23000, b"0 0 612 792"))
    put("bomb.pdf", bomb_pdf(3000))
    put("huge_page.pdf", image_pdf(60000, 60000, b"0 0 2000000 2000000"))
    depth = 200000
    write_zip(put("deep.docx", b""), docx("<w:p>" + "<w:r>" * depth + "</w:r>" * depth + "</w:p>"))
    tables = "<w:tbl><w:tr><w:tc>"
    write_zip(put("deep_tables.docx", b""), docx(tables * 20000 + "</w:tc></w:tr></w:tbl>" * 20000))
    write_zip(put("entities.docx", b""),
              {**docx("<w:p/>"), "word/document.xml":
               '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">' +
               "".join('<!ENTITY %c "%s">' % (chr(98 + i), ("&%c;" % chr(97 + i)) * 10) for i in range(9)) +
               ']><w:document xmlns:w="w"><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>'})
    write_bomb(put("bomb.zip", b""), 1200)
    put("really_text.pdf", b"The teller opens the counter at nine and closes it at four.\n")
    put("really_pdf.txt", pdf(text_pdf(["This is a PDF although its name says text."])))
    put("picture.docx", b"\x89PNG\r\n\x1a\n" + bytes(100))
    put("junk.md", random.Random(7).randbytes(100000))
    put(b"two\nlines.txt", b"The name of this file has a line break.\n")
    put(b"caf\xe9.txt", b"The name of this file is Latin-1.\n")
    put("good.md", b"# Locker rules\nA locker is opened with two keys.\n")


if __name__ == "__main__":
    main(sys.argv[1])
