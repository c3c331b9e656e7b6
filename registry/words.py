"""Fixed words of the property register, in the reader's language."""

from django.utils.translation import gettext_lazy as _

# Rolls write them as the register does; whatever else stands there is shown as it is.
_WORDS = {
    "居民身份证": _("居民身份证"),
    "护照": _("护照"),
    "统一社会信用代码": _("统一社会信用代码"),
    "营业执照": _("营业执照"),
    "单独所有": _("单独所有"),
    "共同共有": _("共同共有"),
    "按份共有": _("按份共有"),
}


def register_word(text: str) -> str:
    """``共同共有`` reads "Joint ownership" in English; a fraction, or a word not in the list,
    stays as written."""
    return str(_WORDS.get(text, text))
