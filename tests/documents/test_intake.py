"""What people hand in: made plain, or refused with a sentence; nothing but pictures is kept."""

import io
import random
import zipfile

import pillow_heif
import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from core import limited
from core.errors import RuleViolation
from documents.intake import pages_of


def picture(size=(640, 480), kind="JPEG", **options):
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


def with_place():
    """A photograph that says where it was taken (30 N, 117 E) and by whom."""
    shot = Image.new("RGB", (300, 200), "white")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x013B] = "Planted Name"
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 30.0, 0.0), 3: "E", 4: (117.0, 2.0, 0.0)})
    out = io.BytesIO()
    shot.save(out, "JPEG", exif=exif)
    return out.getvalue()


def pdf(pages=1, size=(595, 842), change=None, password="", **encryption):
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(*size)
    if change:
        change(writer)
    if password or encryption:
        writer.encrypt(password, "owner", **encryption)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def of(**entries):
    """A dictionary of a PDF; a word that begins with a slash is a name."""
    values = {
        str: lambda word: NameObject(word) if word.startswith("/") else TextStringObject(word),
        int: NumberObject,
        float: FloatObject,
        list: lambda some: ArrayObject([FloatObject(one) for one in some]),
    }
    return DictionaryObject(
        {
            NameObject(f"/{key}"): values.get(type(value), lambda it: it)(value)
            for key, value in entries.items()
        }
    )


def stream(content, **entries):
    made = DecodedStreamObject()
    made.set_data(content)
    made.update(of(**entries))
    return made


def root(**entries):
    return lambda writer: writer.root_object.update(of(**entries))


def annotated(**entries):
    """A page with one annotation; its appearance, if asked for, is red all over."""

    def change(writer):
        look = stream(
            b"1 0 0 rg 0 0 99 99 re f", Type="/XObject", Subtype="/Form", BBox=[0, 0, 99, 99]
        )
        one = of(Type="/Annot", Rect=[400, 700, 499, 799], F=4, **entries)
        one[NameObject("/AP")] = of(N=writer._add_object(look))
        place = writer._add_object(one)
        writer.pages[0][NameObject("/Annots")] = ArrayObject([place])
        if entries.get("FT"):
            form = of(Fields=ArrayObject([place]), SigFlags=3)
            writer.root_object[NameObject("/AcroForm")] = form

    return pdf(change=change)


def with_file(name, content):
    return pdf(change=lambda writer: writer.add_attachment(name, content))


def ofd():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("OFD.xml", "<OFD/>")
    return out.getvalue()


def noise(kind="JPEG", **options):
    """A picture of many bytes, so that a half of it is a half."""
    out = io.BytesIO()
    Image.frombytes("RGB", (400, 300), random.Random(1).randbytes(360_000)).save(
        out, kind, **options
    )
    return out.getvalue()


def heic(picture):
    out = io.BytesIO()
    pillow_heif.from_pillow(picture).save(out)
    return out.getvalue()


def opened(page):
    found = Image.open(io.BytesIO(page))
    assert found.format == "JPEG"
    return found


def codes(content):
    with pytest.raises(RuleViolation) as refused:
        pages_of(content)
    reasons = refused.value.facts.get("reasons")
    return [one.code for one in reasons] if reasons else refused.value.code


def test_a_photograph_loses_place_and_name_and_stands_upright():
    content = with_place()
    assert b"Planted Name" in content
    [page] = pages_of(content)
    assert b"Planted" not in page
    assert not opened(page).getexif()
    assert opened(page).size == (200, 300)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_pictures(kind):
    [page] = pages_of(picture(kind=kind))
    assert opened(page).size == (640, 480)


def test_heic_becomes_jpeg():
    [page] = pages_of(heic(Image.new("RGB", (320, 240), (10, 200, 10))))
    red, green, blue = opened(page).convert("RGB").getpixel((100, 100))
    assert green > 150 > max(red, blue)


def test_the_pictures_phones_make():
    """Two pictures in one file (MPO), Exif with a thumbnail, four inks, a palette, 16 bits."""
    out = io.BytesIO()
    first, second = (Image.new("RGB", (90, 60), colour) for colour in ("white", "red"))
    exif = Image.Exif()
    exif[0x0112] = 3
    first.save(out, "MPO", save_all=True, append_images=[second], exif=exif)
    made = [out.getvalue(), picture()[:2] + picture()[2:] + b"appended by a camera"]
    for mode, kind in (
        ("CMYK", "JPEG"),
        ("L", "JPEG"),
        ("P", "PNG"),
        ("RGBA", "PNG"),
        ("I;16", "PNG"),
    ):
        out = io.BytesIO()
        Image.new(mode, (90, 60)).save(out, kind)
        made.append(out.getvalue())
    assert [len(pages_of(one)) for one in made] == [1] * len(made)


def half(content):
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    "content",
    [
        half(noise()),
        half(noise()) + bytes(len(noise()) // 2),  # a download that was filled up
        half(noise()) + b"\xff\xd9",
        half(noise(progressive=True)),
        half(noise("PNG")),
        half(heic(Image.open(io.BytesIO(noise())))),
    ],
    ids=["JPEG", "zeros", "closed", "progressive", "PNG", "HEIC"],
)
def test_half_a_picture_is_none(content):
    assert codes(content) == "paper.unreadable"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_the_same_pictures_when_they_are_whole(options):
    assert len(pages_of(noise(**options))) == 1


def test_forty_megapixels_are_taken_and_made_smaller():
    [page] = pages_of(picture((8000, 5000)))
    assert opened(page).size == (2400, 1500)


def test_sixty_one_megapixels_are_not():
    assert codes(picture((10_000, 6_001))) == "paper.pixels"
    assert codes(picture((10_000, 6_001), "PNG")) == "paper.pixels"
    assert codes(picture((20_000, 20_000), "PNG")) == "paper.pixels"  # Pillow stops before us


# --- PDFs ----------------------------------------------------------------------------------


def test_a_pdf_becomes_its_pages():
    assert [opened(page).size for page in pages_of(pdf(3))] == [(1653, 2339)] * 3


SCRIPT = of(S="/JavaScript", JS="app.alert('PLANTED')")


def behind_a_chain(writer):
    """The program is what comes after the hundredth action."""
    last = writer._add_object(of(S="/JavaScript", JS="app.alert(1)"))
    for _action in range(100):
        last = writer._add_object(of(S="/Named", N="/NextPage", Next=last))
    writer.root_object[NameObject("/OpenAction")] = last


def behind_a_reference(writer):
    name = writer._add_object(NameObject("/JavaScript"))
    writer.root_object[NameObject("/OpenAction")] = of(S=name, JS="app.alert(1)")


@pytest.mark.parametrize(
    "content",
    [
        pdf(change=root(OpenAction=SCRIPT)),
        pdf(change=root(AA=of(WC=SCRIPT))),
        pdf(change=root(Names=of(JavaScript=of(Names=ArrayObject([SCRIPT["/JS"], SCRIPT]))))),
        pdf(change=lambda writer: writer.pages[0].update(of(AA=of(O=SCRIPT)))),
        pdf(change=behind_a_chain),
        pdf(change=behind_a_reference),
        pdf(change=root(OpenAction=SCRIPT), algorithm="AES-256"),
        pdf(change=root(OpenAction=SCRIPT)).replace(b"startxref", b"startxxxx"),
        annotated(Subtype="/Link", A=SCRIPT),
        annotated(Subtype="/Link", A=of(S="/Launch", F="cmd.exe")),
        annotated(Subtype="/Screen", A=of(S="/Rendition", JS="app.alert(1)")),
        annotated(Subtype="/Widget", FT="/Tx", T="amount", AA=of(K=SCRIPT)),
    ],
    ids=["open", "close", "names", "page", "chain", "reference", "encrypted", "broken",
         "link", "launch", "rendition", "field"],
)  # fmt: skip
def test_a_pdf_that_does_something_is_refused(content):
    assert codes(content) == "paper.program"


def test_dynamic_forms_are_refused():
    def change(writer):
        form = of(Fields=ArrayObject(), XFA=writer._add_object(stream(b"<xdp/>")))
        writer.root_object[NameObject("/AcroForm")] = form

    assert codes(pdf(change=change)) == "paper.form"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("setup.exe", b"MZ\x90\x00"),
        ("notes.txt", b"PLANTED"),
        ("invoice.xml.js", b"<x/>"),
        ("invoice.xml", b"MZ\x90\x00"),  # a program, whatever it is called
        ("invoice.ofd", b"PK\x03\x04 no archive"),
        ("invoice.pdf", b"%PDF-1.7"),
    ],
)
def test_files_inside_a_pdf_are_refused(name, content):
    assert codes(with_file(name, content)) in ("paper.attached", "paper.complex")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("invoice.xml", b'\xef\xbb\xbf<?xml version="1.0"?><EInvoice/>'),
        ("发票.XML", "<发票/>".encode("utf-16")),
        ("bker_issuer.xbrl", b"<xbrl/>"),
        ("invoice.ofd", ofd()),
    ],
)
def test_the_figures_of_an_invoice_may_be_in_it(name, content):
    assert len(pages_of(with_file(name, content))) == 1


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_that_must_not_be_changed_can_be_read(algorithm):
    """Banks lock their slips against changes; no password is needed to look at them."""
    assert len(pages_of(pdf(algorithm=algorithm))) == 1


@pytest.mark.parametrize(
    "content",
    [
        annotated(Subtype="/Stamp"),
        annotated(Subtype="/Widget", FT="/Sig", T="seal", V=of(Type="/Sig")),
    ],
    ids=["stamp", "signature"],
)
def test_the_seal_is_in_the_picture(content):
    [page] = pages_of(content)
    drawn = opened(page)
    red, green, blue = drawn.getpixel((450 * drawn.width // 595, 92 * drawn.height // 842))
    assert red > 200 > 60 > max(green, blue)


def test_a_font_that_is_not_in_the_file_is_drawn():
    """Printed invoices name 宋体 and do not carry it."""

    def change(writer):
        inner = of(
            Type="/Font", Subtype="/CIDFontType0", BaseFont="/SimSun",
            CIDSystemInfo=of(Registry="Adobe", Ordering="GB1", Supplement=2),
        )  # fmt: skip
        font = of(Type="/Font", Subtype="/Type0", BaseFont="/SimSun", Encoding="/UniGB-UCS2-H")
        font[NameObject("/DescendantFonts")] = ArrayObject([writer._add_object(inner)])
        page = writer.pages[0]
        page[NameObject("/Resources")] = of(Font=of(F=font))
        words = "增值税电子普通发票".encode("utf-16-be").hex()
        said = stream(f"BT /F 40 Tf 50 700 Td <{words}> Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(said)

    [page] = pages_of(pdf(change=change))
    drawn = opened(page).convert("L").resize((595, 842))
    ink = sum(drawn.crop((50, 90, 410, 160)).histogram()[:160])
    assert ink > 2000


def in_circles(writer):
    one, two = of(), of()
    places = writer._add_object(one), writer._add_object(two)
    one[NameObject("/Next")], two[NameObject("/Next")] = places[1], places[0]
    one[NameObject("/Self")] = places[0]
    writer.root_object[NameObject("/Round")] = ArrayObject([places[0]])
    writer.pages[0][NameObject("/Up")] = writer.root_object.indirect_reference


def crowd(number):
    """Written by hand, for pypdf takes a minute: a page and objects that are something."""
    lines = [
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/Crowd 4 0 R>>endobj",
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj",
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj",
        b"4 0 obj[" + b" ".join(b"%d 0 R" % (n + 5) for n in range(number)) + b"]endobj",
        *(b"%d 0 obj<</N %d>>endobj" % (n + 5, n) for n in range(number)),
        b"trailer<</Root 1 0 R>>",
    ]
    return b"\n".join(lines)


def nested(depth, inner=b"0"):
    return crowd(0).replace(b"4 0 obj[", b"4 0 obj[" + b"[" * depth + inner + b"]" * depth)


def test_circles_and_depths_come_to_an_end():
    assert len(pages_of(pdf(change=in_circles))) == 1
    assert len(pages_of(crowd(2_000))) == 1
    assert codes(crowd(50_001)) == "paper.complex"
    assert len(pages_of(nested(20))) == 1
    assert codes(nested(20, b"<</S/JavaScript>>")) == "paper.program"
    assert codes(nested(100_000, b"<</S/JavaScript>>")) == "paper.complex"


def outcome(content):
    try:
        pages_of(content)
    except RuleViolation as refused:
        return refused.code
    return "taken"


def test_a_page_of_200_inches_is_drawn_small():
    [page] = pages_of(pdf(size=(14_400, 14_400)))
    assert max(opened(page).size) <= 2400


@pytest.mark.parametrize("size", [(14_401, 800), (1e9, 1e9), (0.001, 800), (5, 5)])
def test_pages_that_cannot_be_are_not(size):
    assert codes(pdf(size=size)) == "paper.page_size"


@pytest.mark.parametrize("size", [(0, 0), (-50, 0), (3e38, 3e38)])
def test_a_page_without_a_size_is_a_letter(size):
    """PDFium takes 8.5 by 11 inches where the box says nothing."""
    [page] = pages_of(pdf(size=size))
    assert opened(page).size == (1700, 2200)


def test_a_picture_in_a_pdf_that_unfolds_to_gigabytes():
    def change(writer):
        look = stream(
            b"0" * 1000, Type="/XObject", Subtype="/Image", Width=60_000, Height=60_000,
            ColorSpace="/DeviceRGB", BitsPerComponent=8,
        ).flate_encode()  # fmt: skip
        page = writer.pages[0]
        page[NameObject("/Resources")] = of(XObject=of(I=writer._add_object(look)))
        page[NameObject("/Contents")] = writer._add_object(stream(b"595 0 0 842 0 0 cm /I Do"))

    assert outcome(pdf(change=change)) == "taken"


def test_readers_are_asked_in_the_limited_process_alone(monkeypatch):
    """What such a process may do is in tests/core/test_limited.py."""
    asked = []

    def answer(module, content, *words, memory, seconds):
        asked.append((module, words, memory <= 2**31, seconds <= 90))
        raise limited.Failed

    monkeypatch.setattr(limited, "answer", answer)
    for content in (picture(), heic(Image.new("RGB", (64, 64))), pdf()):
        assert codes(content) == "paper.unreadable"
    assert asked == [
        ("documents.intake_reader", ("picture",), True, True),
        ("documents.intake_reader", ("heic",), True, True),
        ("documents.intake_pdf", (), True, True),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ["paper.empty"]),
        (b"\xff\xd8\xff" + b"0" * (30 * 2**20), ["paper.too_large"]),
        (b"MZ\x90\x00" + b"0" * 100, ["paper.type"]),  # a program, whatever it is called
        (b"GIF89a" + b"0" * 50, ["paper.type"]),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ["paper.type"]),
        (picture()[:400], "paper.unreadable"),
        (b"\xff\xd8\xff" + b"0" * 500, "paper.unreadable"),
        (b"\x00\x00\x00\x18ftypheic" + b"0" * 200, "paper.unreadable"),
        (b"%PDF-1.7\nnothing", "paper.unreadable"),
    ],
)
def test_refusals(content, code):
    assert codes(content) == code


def test_pdfs_with_a_password_or_too_many_pages():
    assert codes(pdf(password="secret")) == "paper.password"
    assert codes(pdf(21)) == "paper.pages"
    assert len(pages_of(pdf(20))) == 20
