"""What pages and papers cite of a rule's source: the document and its article.

Profiles keep more in the same text: whether the source was read, what other places do, why a
value was chosen. That is for whoever looks after the profiles.
"""

import re

_BRACKETS = re.compile(r"（([^（）]*)）")
_RESEARCH = re.compile(r"未见原文|转载文本|未能查到|待核")


def citation(clause: str) -> str:
    """``建房〔2009〕274号第48条`` of "建房〔2009〕274号第48条（未见原文）；别处为…"."""
    plain = _BRACKETS.sub(_told, clause)
    return plain.partition("；")[0].strip()


def _told(found: re.Match[str]) -> str:
    """What brackets say of the document itself; "" where that is nothing."""
    parts = [one.strip() for one in re.split("[；，]", found[1])]
    kept = "，".join(one for one in parts if one and not _RESEARCH.search(one))
    return f"（{kept}）" if kept else ""
