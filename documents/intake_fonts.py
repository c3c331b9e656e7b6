"""The fonts a PDF may ask for: what PDFium brings along, and one Chinese font of the system.

Many invoices and bank slips name a Chinese font (宋体, 楷体) and do not carry it. PDFium looks
for one in files as it draws; where files can no longer be opened it would leave the words out.
"""

from typing import Any

from pypdfium2 import PdfDocument, PdfSysfontBase, raw

# GB2312, Big5, Shift JIS, Hangul: the fonts of the system that have the first have them all.
_CHINESE = (134, 136, 128, 129)
_ASKS = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 4 0 R"
    b"/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 31>>stream\nBT /F 9 Tf 9 9 Td <4E00> Tj ET \nendstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type0/BaseFont/SimSun/Encoding/UniGB-UCS2-H"
    b"/DescendantFonts[6 0 R]>>endobj\n"
    b"6 0 obj<</Type/Font/Subtype/CIDFontType0/BaseFont/SimSun"
    b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>>>endobj\n"
    b"trailer<</Root 1 0 R>>\n"
)


class _OneFont(PdfSysfontBase):  # type: ignore[misc]
    """Remembers what is read of the first font, and then has no other."""

    font: int | None = None
    is_found = False

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[int, bytes] = {}

    def MapFont(self, _: Any, weight: int, italic: int, charset: int, *rest: Any) -> int | None:
        if charset not in _CHINESE:
            return None
        if not self.is_found:
            self.font = self.default.MapFont(self.default, weight, italic, charset, *rest)
        return self.font

    def GetFont(self, _: Any, _face: Any) -> None:
        return None

    def GetFontData(self, _: Any, font: int, table: int, buffer: Any, size: int) -> int:
        if not self.is_found:
            read: int = self.default.GetFontData(self.default, font, table, buffer, size)
            if buffer and read <= size:
                self.tables[table] = raw.ctypes.string_at(buffer, read)
            return read
        kept = self.tables.get(table, b"")
        if buffer and len(kept) <= size:
            raw.ctypes.memmove(buffer, kept, len(kept))
        return len(kept)


def keep_one() -> None:
    """Read the system's Chinese font, if it has one, and let PDFium open no other."""
    fonts = _OneFont()
    fonts.setup()
    PdfDocument(_ASKS)[0].render()
    fonts.is_found = True
