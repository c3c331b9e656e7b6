"""QR codes: one SVG path for papers and pages, one PNG for receipts.

The mask is fixed. Searching the best of the eight costs seven times as much as the code
itself and no reader needs it. The version is the smallest that holds the text at level M.
"""

from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M

QUIET = 4  # modules of white around the code
_MASK = 2


@lru_cache(maxsize=64)
def _version(size: int) -> int:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M)
    code.add_data(b"x" * size, optimize=0)
    return code.best_fit(start=1)


def _modules(text: str) -> list[list[bool]]:
    data = text.encode()
    version = _version(len(data))
    code = qrcode.QRCode(version, error_correction=ERROR_CORRECT_M, mask_pattern=_MASK)
    code.add_data(data, optimize=0)
    code.make(fit=False)
    return [[bool(module) for module in row] for row in code.modules]


def _runs(rows: list[list[bool]]) -> Iterator[tuple[int, int, int]]:
    """Dark runs as (column, row, width), quiet zone included: fewer shapes than modules."""
    for y, row in enumerate(rows, QUIET):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                yield start + QUIET, y, x - start
            x += 1


def svg(text: str, *, label: str = "二维码") -> str:
    """An ``<svg>`` of one path, quiet zone included; its size is the style sheet's business."""
    rows = _modules(text)
    side = len(rows) + 2 * QUIET
    path = "".join(f"M{x} {y}h{width}v1h-{width}z" for x, y, width in _runs(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="qr" viewBox="0 0 {side} {side}"'
        f' role="img" aria-label="{label}" shape-rendering="crispEdges">'
        f'<path d="{path}"/></svg>'
    )


def drawing(text: str, *, left: float, top: float, side: float) -> bytes:
    """PDF drawing operators for a code of ``side``, its upper left corner at left, top.

    Points, y upwards as in a PDF page. Costs a fiftieth of laying out the same as SVG.
    """
    rows = _modules(text)
    module = side / (len(rows) + 2 * QUIET)
    shapes = "".join(f"{x} -{y + 1} {width} 1 re " for x, y, width in _runs(rows))
    return f"q {module:.5f} 0 0 {module:.5f} {left:.3f} {top:.3f} cm 0 g {shapes}f Q".encode()


def image(text: str, *, module: int = 8) -> Image.Image:
    """A black and white image, ``module`` pixels a module, quiet zone included."""
    rows = _modules(text)
    side = len(rows) + 2 * QUIET
    picture = Image.new("1", (side, side), 1)
    for y, row in enumerate(rows, QUIET):
        for x, dark in enumerate(row, QUIET):
            if dark:
                picture.putpixel((x, y), 0)
    return picture.resize((side * module, side * module), Image.Resampling.NEAREST)


def png(text: str, *, module: int = 8) -> bytes:
    """The same as PNG."""
    out = BytesIO()
    image(text, module=module).save(out, "PNG", optimize=True)
    return out.getvalue()
