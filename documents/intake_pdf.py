"""Draw the pages of a PDF: `documents.intake` has this done in a process of its own.

PDFium draws here and nothing else: it is built without a JavaScript engine, and what acts is
refused before.
"""

import encodings.cp437
import encodings.utf_16_be
import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePath

import pypdfium2
from pyhanko.pdf_utils import crypt, filters, generic
from pyhanko.pdf_utils.reader import PdfFileReader

from core.errors import RuleViolation
from documents.intake_fonts import keep_one
from documents.intake_reader import SIDE, packed, plain

_PAGES = 20
_DPI = 200
# ISO 32000-1 annex C: 200 inches, in points; the least is a line of small print.
_SHORTEST, _LONGEST = 9, 14_400
_OBJECTS = 50_000  # they take some four seconds
_INVOICES = frozenset({".xml", ".xbrl", ".ofd"})

# Nothing can be imported once a file is read: names inside an OFD and of files, packed files.
_MET_LATER = (encodings.cp437, encodings.utf_16_be, crypt, filters)
keep_one()


def answer(content: bytes) -> bytes:
    """The pages as `packed` has them.

    RuleViolation "paper.password", "paper.pages", "paper.program", "paper.form",
    "paper.attached", "paper.complex", "paper.page_size".
    """
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise RuleViolation("paper.password", "PDF 加了密码，请去掉密码再传") from None
        raise
    if not len(document):
        raise ValueError("no page")
    if len(document) > _PAGES:
        raise RuleViolation("paper.pages", f"PDF 超过{_PAGES}页，请分成几个文件")
    _demand_still(document)
    document.init_forms()  # a red seal may be the face of a signature, which is a field
    return packed(_drawn(document, number) for number in range(len(document)))


def _drawn(document: pypdfium2.PdfDocument, number: int) -> bytes:
    page = document[number]
    short, long = sorted(page.get_size())
    if not _SHORTEST <= short <= long <= _LONGEST:
        raise RuleViolation(
            "paper.page_size", "PDF 里有一页的尺寸不正常，请用“打印为PDF”另存一份再传"
        )
    scale = min(_DPI / 72, SIDE / long)
    return plain(
        page.render(scale=scale, draw_annots=True, may_draw_forms=True).to_pil().convert("RGB")
    )


def _demand_still(document: pypdfium2.PdfDocument) -> None:
    """It does nothing by itself and brings no other file but an invoice's figures.

    Readers get pictures, so that it could not harm them. But what a program, a dynamic form
    or a file inside would show is not in the picture, and no voucher that is printed has them.
    """
    try:
        for found in _dictionaries(document):
            _demand_harmless(found)
    except RuleViolation:
        raise
    except Exception:
        # PDFium can draw it. Whatever it is that cannot be looked through, printing mends it.
        raise RuleViolation(
            "paper.complex", "这份 PDF 的结构太复杂，请用“打印为PDF”另存一份再传"
        ) from None


def _demand_harmless(found: generic.DictionaryObject) -> None:
    does = found.get("/S", generic.NullObject()).get_object()
    if does in ("/JavaScript", "/Launch") or (does == "/Rendition" and "/JS" in found):
        raise RuleViolation(
            "paper.program", "这份 PDF 里有程序或者自动执行的动作，请用“打印为PDF”另存一份再传"
        )
    if "/XFA" in found:
        raise RuleViolation(
            "paper.form", "这份 PDF 是动态表单（XFA），请用“打印为PDF”另存一份再传"
        )
    if "/EF" in found and not _is_invoice(found):
        raise RuleViolation(
            "paper.attached", "这份 PDF 里夹带了别的文件，请用“打印为PDF”另存一份再传"
        )


def _dictionaries(document: pypdfium2.PdfDocument) -> Iterator[generic.DictionaryObject]:
    """Every dictionary that can be reached, once, however deep or in circles.

    It is what PDFium sees that is looked through: written anew by it, in plain.
    """
    with io.BytesIO() as copy:
        document.save(copy, flags=pypdfium2.raw.FPDF_REMOVE_SECURITY)
        reader = PdfFileReader(copy, strict=False)
        waiting: list[generic.PdfObject] = [reader.trailer_view]
        seen: set[generic.Reference] = set()
        for _number in range(_OBJECTS):
            if not waiting:
                return
            found = waiting.pop().get_object()
            if isinstance(found, generic.DictionaryObject):
                yield found
            for one in _within(found):
                if isinstance(one, generic.IndirectObject):
                    if one.reference in seen:
                        continue
                    seen.add(one.reference)
                waiting.append(one)
    raise ValueError("too many objects")


def _within(found: generic.PdfObject) -> Iterator[generic.PdfObject]:
    """What may be or hold a dictionary."""
    may = generic.IndirectObject | generic.DictionaryObject | generic.ArrayObject
    inner = found.values() if isinstance(found, generic.DictionaryObject) else found
    if isinstance(found, generic.DictionaryObject | generic.ArrayObject):
        yield from (one for one in inner if isinstance(one, may))


def _is_invoice(specification: generic.DictionaryObject) -> bool:
    """The figures of an electronic invoice, which its seller puts into the file."""
    names = [specification[key] for key in ("/F", "/UF") if key in specification]
    if not names or any(_suffix(name) not in _INVOICES for name in names):
        return False
    files = specification["/EF"]
    return all(_is_xml_or_ofd(files[key].data) for key in files)


def _suffix(name: generic.PdfObject) -> str:
    # Names in GBK are in no encoding a PDF knows: bytes to the reader.
    text = name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)
    return PurePath(text).suffix.lower()


def _is_xml_or_ofd(content: bytes) -> bool:
    if not content.startswith(b"PK"):
        return (
            content[:99].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] == b"<"
        )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "OFD.xml" in archive.namelist()
