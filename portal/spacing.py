"""What stands between two sentences: nothing in Chinese, a blank in other languages."""

from django.utils.translation import get_language


def gap() -> str:
    """Between a sentence and the next."""
    return "" if (get_language() or "zh-hans").startswith("zh") else " "
