"""Black boxes burnt into a page: what is under them is gone from the picture."""

import io
from typing import NamedTuple

from PIL import Image, ImageDraw

from core.errors import RuleViolation

MOST_BOXES = 40
_BLOCK = 8  # pixels of a JPEG are coded in squares of so many (ITU-T T.81)


class Box(NamedTuple):
    """A rectangle in thousandths of the page's width and height."""

    left: int
    top: int
    width: int
    height: int


def boxes_from(text: str) -> list[Box]:
    """Boxes as a form posts them: "left,top,width,height", one after the other by ";".

    RuleViolation "mask.boxes".
    """
    found = []
    for part in text.replace("\n", ";").split(";"):
        if not part.strip():
            continue
        sides = [side.strip() for side in part.split(",")]
        if len(sides) != 4 or not all(side.isascii() and side.isdigit() for side in sides):
            raise _wrong("每一处写四个数：左,上,宽,高，用英文逗号隔开，各处用分号隔开")
        box = Box(*(int(side[:5]) for side in sides))
        if not box.width or not box.height:
            raise _wrong("遮盖的宽和高要大于零")
        if box.left + box.width > 1000 or box.top + box.height > 1000:
            raise _wrong("遮盖超出了页面：左加宽、上加高都不能超过1000")
        found.append(box)
    if len(found) > MOST_BOXES:
        raise _wrong(f"一页最多遮盖{MOST_BOXES}处")
    return found


def masked(page: bytes, boxes: list[Box]) -> bytes:
    """The JPEG with the boxes in it, grown to its blocks: around what is covered, the rest of a
    block still carries ripples of it."""
    with Image.open(io.BytesIO(page), formats=("JPEG",)) as opened:
        picture = opened.convert("RGB")
    draw = ImageDraw.Draw(picture)
    for box in boxes:
        left, top = box.left * picture.width // 1000, box.top * picture.height // 1000
        right = -(-(box.left + box.width) * picture.width // 1000)
        bottom = -(-(box.top + box.height) * picture.height // 1000)
        left, top = left // _BLOCK * _BLOCK, top // _BLOCK * _BLOCK
        right, bottom = -(-right // _BLOCK) * _BLOCK, -(-bottom // _BLOCK) * _BLOCK
        draw.rectangle((left, top, right - 1, bottom - 1), fill="black")
    with io.BytesIO() as out:
        picture.save(out, "JPEG", quality=82, optimize=True)
        return out.getvalue()


def _wrong(sentence: str) -> RuleViolation:
    return RuleViolation("mask.boxes", sentence)
