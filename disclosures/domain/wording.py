"""What is shown of an owner's question: as written, but for words that are covered."""

import re
from collections.abc import Iterable

from core.reasons import Reason
from core.text import half_width

COVER = "＊"
# Identity numbers, mobile numbers, bank accounts: never in a text everybody reads.
_NUMBERS = re.compile(
    r"(?<!\d)(?:"
    r"(?:\+?86[ -]?)?1\d{2}[ -]?\d{4}[ -]?\d{4}"
    r"|\d{6}[ ]?\d{8}[ ]?\d{3}[\dXx]|\d{15}"
    r"|\d{4}(?: \d{4}){3,4}(?: \d{1,3})?|\d{16,30}"
    r")(?!\d)"
)
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def turns(text: str) -> bool:
    """Whether it turns the direction of writing (UAX 9): figures would be read backwards."""
    return _TURNS.search(text) is not None


def personal_reasons(field: str, text: str) -> list[Reason]:
    """Whether a text for everybody has what looks like a number of a person."""
    if numbers_in(text):
        sentence = "人人看得到，请不要写身份证号、手机号、银行账号"
        return [Reason(f"{field}.personal", sentence, field)]
    return []


def numbers_in(text: str) -> list[str]:
    """What looks like a number of a person, each as written, in order."""
    # Twins are as long as what they stand for: places found in one hold in the other.
    return [text[one.start() : one.end()] for one in _NUMBERS.finditer(half_width(text))]


def covered(text: str, words: Iterable[str]) -> str:
    """`text` with every one of these words covered, as many marks as letters.

    Covering is all that is possible: what an owner asked is never reworded.
    """
    for word in sorted({one.strip() for one in words if one.strip()}, key=len, reverse=True):
        text = text.replace(word, COVER * len(word))
    return text


def letters_covered(text: str, words: Iterable[str]) -> int:
    """How many letters of `text` these words cover."""
    return sum(one != other for one, other in zip(text, covered(text, words), strict=True))


def covering_reasons(text: str, words: Iterable[str], *beside: str) -> list[Reason]:
    """Whether no number of a person is shown, and something is left to read: an answer to
    nothing says nothing.

    `beside`: shown along with it and covered the same; of them nothing need be left.
    """
    words = list(words)
    shown = covered(text, words)
    if any(numbers_in(one) for one in (shown, *(covered(one, words) for one in beside))):
        sentence = "原话里像手机号、身份证号、银行账号的号码也要遮盖，请照原话写进来"
        return [Reason("covered.number", sentence, "covered")]
    if shown == text or any(one.isalnum() for one in shown):
        return []
    sentence = "不能把原话全部遮盖，只遮盖姓名、电话、房号这样的词"
    return [Reason("covered.all", sentence, "covered")]
