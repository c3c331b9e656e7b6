"""What is shown of an owner's question: as written, but for words that are covered."""

from collections.abc import Iterable

COVER = "＊"


def covered(text: str, words: Iterable[str]) -> str:
    """`text` with every one of these words covered, as many marks as letters.

    Covering is all that is possible: what an owner asked is never reworded.
    """
    for word in sorted({one.strip() for one in words if one.strip()}, key=len, reverse=True):
        text = text.replace(word, COVER * len(word))
    return text
