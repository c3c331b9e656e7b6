"""What people hand in: made plain, or refused with a sentence; nothing but pictures is kept."""

import io
import socket
import struct
import threading
from contextlib import contextmanager

import pillow_heif
import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from core.errors import RuleViolation
from documents.intake import pages_of

# In two halves, so that no scanner finds it in this repository.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


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


def pdf(pages=1, size=(595, 842), **options):
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(*size)
    if options.get("program"):
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
            {
                NameObject("/S"): NameObject("/JavaScript"),
                NameObject("/JS"): TextStringObject("app.alert('PLANTED')"),
            }
        )
        writer.add_attachment("planted.txt", b"PLANTED-FILE")
    if options.get("password"):
        writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
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
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (320, 240), (10, 200, 10))).save(out)
    [page] = pages_of(out.getvalue())
    red, green, blue = opened(page).convert("RGB").getpixel((100, 100))
    assert green > 150 > max(red, blue)


def test_forty_megapixels_are_taken_and_made_smaller():
    [page] = pages_of(picture((8000, 5000)))
    assert opened(page).size == (2400, 1500)


def test_sixty_one_megapixels_are_not():
    assert codes(picture((10_000, 6_001))) == "paper.pixels"
    assert codes(picture((10_000, 6_001), "PNG")) == "paper.pixels"


def test_a_pdf_becomes_its_pages_and_loses_its_programs():
    content = pdf(3, program=True)
    assert PdfReader(io.BytesIO(content)).trailer["/Root"]["/OpenAction"]["/S"] == "/JavaScript"
    assert b"PLANTED" in content
    pages = pages_of(content)
    assert len(pages) == 3
    assert all(b"PLANTED" not in page for page in pages)
    assert opened(pages[0]).size[1] <= 2400


def test_a_page_of_a_kilometre_is_drawn_small():
    [page] = pages_of(pdf(size=(14_400, 14_400)))
    assert max(opened(page).size) <= 2400


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ["paper.empty"]),
        (b"\xff\xd8\xff" + b"0" * (30 * 2**20), ["paper.too_large"]),
        (b"MZ\x90\x00" + b"0" * 100, ["paper.type"]),  # a program, whatever it is called
        (EICAR, ["paper.type"]),
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
    assert codes(pdf(password=True)) == "paper.password"
    assert codes(pdf(21)) == "paper.pages"
    assert len(pages_of(pdf(20))) == 20


# --- the virus scanner ---------------------------------------------------------------------


@contextmanager
def clamd(settings, answer=None):
    """A daemon that speaks INSTREAM as man clamd(8) has it, and knows one signature."""
    server = socket.create_server(("127.0.0.1", 0))
    seen = []

    def read(connection, size):
        got = b""
        while len(got) < size:
            some = connection.recv(size - len(got))
            if not some:
                return got
            got += some
        return got

    def serve():
        while True:
            try:
                connection, _address = server.accept()
            except OSError:
                return
            with connection:
                command = b""
                while not command.endswith((b"\n", b"\x00")):
                    command += connection.recv(1)
                content = b""
                while size := struct.unpack("!L", read(connection, 4))[0]:
                    content += read(connection, size)
                seen.append(content)
                bad = EICAR in content
                said = answer or (b"stream: Eicar-Test FOUND" if bad else b"stream: OK")
                connection.sendall(said + command[-1:])

    threading.Thread(target=serve, daemon=True).start()
    settings.VIRUS_SCANNER = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    yield seen
    server.close()


def test_the_scanner_sees_every_byte_before_anything_is_read(settings):
    with clamd(settings) as seen:
        content = picture()
        assert len(pages_of(content)) == 1
        assert seen == [content]


def test_what_it_finds_is_not_taken(settings):
    with clamd(settings):
        assert codes(picture() + EICAR) == "scan.infected"


def test_without_its_word_nothing_is_taken(settings):
    with clamd(settings, answer=b"stream: Can't allocate memory ERROR"):
        assert codes(picture()) == "scan.unavailable"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # nobody listens there
        settings.VIRUS_SCANNER = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    assert codes(picture()) == "scan.unavailable"
    settings.VIRUS_SCANNER = "unix:///nowhere/clamd.sock"
    assert codes(picture()) == "scan.unavailable"
