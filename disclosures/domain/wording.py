"""What is shown of an owner's question: as written, but for words that are covered."""

import re
from collections.abc import Iterable

from core.reasons import Reason

COVER = "＊"
# Identity numbers, mobile numbers, bank accounts: never in a text everybody reads.
_NUMBERS = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{17}[0-9Xx]|[0-9]{15}|1[0-9]{10}|[0-9]{16,19})(?![0-9A-Za-z])"
)


def personal_reasons(field: str, text: str) -> list[Reason]:
    """Whether a text for everybody has what looks like a number of a person."""
    if _NUMBERS.search(text):
        sentence = "人人看得到，请不要写身份证号、手机号、银行账号"
        return [Reason(f"{field}.personal", sentence, field)]
    return []


def covered(text: str, words: Iterable[str]) -> str:
    """`text` with every one of these words covered, as many marks as letters.

    Covering is all that is possible: what an owner asked is never reworded.
    """
    for word in sorted({one.strip() for one in words if one.strip()}, key=len, reverse=True):
        text = text.replace(word, COVER * len(word))
    return text
