"""The owner's receipt (回执) as a picture to keep: PNG, 750 pixels wide.

WeChat's browser cannot download or print, but a long press saves an image. There is nothing
on it that says how somebody voted.
"""

from __future__ import annotations

import subprocess
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from core.errors import RuleViolation
from documents import qr
from documents.papers import ReceiptFacts
from documents.wording import moment

_WIDTH = 750
_MARGIN = 48
_INK, _MUTED, _GREEN = "#111111", "#444444", "#00703c"
_ENCRYPTED = {
    "browser": "已在您的手机上加密",
    "server": "由服务器代为加密",
}
_HELPED = {"proxy": "由受托人代为投票", "assisted": "由他人协助操作"}
# Where Debian, Ubuntu, Fedora, Alpine and macOS put them; fontconfig is asked first.
_PLACES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-{}.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-{}.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-{}.ttc",
    "/usr/share/fonts/noto/NotoSansCJK-{}.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-{}.ttc",
    "/Library/Fonts/NotoSansCJK-{}.ttc",
)


def receipt_png(facts: ReceiptFacts) -> bytes:
    """The picture of ``facts``."""
    sheet = _Sheet()
    if facts.specimen:
        sheet.text(facts.specimen, 26, color=_MUTED)
    sheet.text("投票回执", 52, bold=True, gap=10)
    sheet.text("您的票已经收到", 38, bold=True, color=_GREEN, gap=18)
    sheet.text(facts.estate, 34, gap=4)
    sheet.text(facts.session_title, 34)
    sheet.rule()
    sheet.pair("房屋", "、".join(facts.units[:3]) + _more(len(facts.units)))
    sheet.pair("时间", moment(facts.recorded_at))
    sheet.text("往前取整到十分钟，免得有人按时间认人；可能早于开始时间", 24, color=_MUTED)
    sheet.pair("加密", _ENCRYPTED[facts.encrypted_by])
    if facts.helped_by:
        sheet.pair("投票方式", _HELPED[facts.helped_by])
    if facts.replaced:
        sheet.pair("投票凭证", "已换新，最初那封通知书里的密钥不再有效")
    sheet.text("回执号", 28, color=_MUTED, gap=2)
    sheet.text(facts.tracker, 44, bold=True)
    sheet.rule()
    sheet.code(facts.check_url)
    sheet.text("以后扫这个码，查看您的票是否计入", 28, color=_MUTED, gap=4)
    sheet.text("回执不显示您的意见，请放心保存", 28, color=_MUTED, gap=4)
    if facts.phone:
        sheet.text(f"咨询电话 {facts.phone}", 28, color=_MUTED)
    return sheet.png()


def _more(units: int) -> str:
    return f"等 {units} 处" if units > 3 else ""


class _Sheet:
    """A column that grows downwards."""

    def __init__(self) -> None:
        self._image = Image.new("RGB", (_WIDTH, 2400), "white")
        self._draw = ImageDraw.Draw(self._image)
        self._y = _MARGIN

    def text(
        self, text: str, size: int, *, bold: bool = False, color: str = _INK, gap: int = 14
    ) -> None:
        font = _font(size, bold)
        for line in _wrapped(text, font, _WIDTH - 2 * _MARGIN):
            self._draw.text((_MARGIN, self._y), line, font=font, fill=color)
            self._y += round(size * 1.45)
        self._y += gap

    def pair(self, label: str, value: str) -> None:
        self.text(label, 28, color=_MUTED, gap=2)
        self.text(value, 34)

    def rule(self) -> None:
        self._y += 6
        self._draw.line((_MARGIN, self._y, _WIDTH - _MARGIN, self._y), fill="#b1b4b6", width=2)
        self._y += 22

    def code(self, text: str) -> None:
        picture = qr.image(text)
        module = max(1, 400 // (picture.width // 8))
        picture = qr.image(text, module=module)
        self._image.paste(picture.convert("RGB"), ((_WIDTH - picture.width) // 2, self._y))
        self._y += picture.height + 10

    def png(self) -> bytes:
        out = BytesIO()
        picture = self._image.crop((0, 0, _WIDTH, self._y + _MARGIN // 2))
        picture.quantize(32).save(out, "PNG", optimize=True)
        return out.getvalue()


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines, line = [], ""
    for character in text:
        if line and font.getlength(line + character) > width:
            lines.append(line)
            line = ""
        line += character
    return [*lines, line]


@cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    path, index = _font_file("Bold" if bold else "Regular")
    return ImageFont.truetype(str(path), size, index=index)


@cache
def _font_file(weight: str) -> tuple[Path, int]:
    """A Noto CJK file and the number of its simplified Chinese face."""
    for path in (*_asked(weight), *(Path(place.format(weight)) for place in _PLACES)):
        if path.is_file():
            return path, _simplified(path)
    raise RuleViolation("fonts.missing", "服务器缺少中文字体，请安装 fonts-noto-cjk。")


def _asked(weight: str) -> list[Path]:
    try:
        answer = subprocess.run(  # noqa: S603 - no input in the arguments
            ["fc-match", "-f", "%{file}", f"Noto Sans CJK SC:style={weight}"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    # fc-match always answers with something: only a CJK font will do.
    return [Path(answer.stdout)] if "CJK" in answer.stdout else []


def _simplified(path: Path) -> int:
    for index in range(10):
        try:
            family, _style = ImageFont.truetype(str(path), 12, index=index).getname()
        except OSError:
            break
        if family == "Noto Sans CJK SC":
            return index
    return 0
