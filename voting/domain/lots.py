"""抽签: owners drawn to keep keys, so that anybody can draw again and get the same.

The list is fixed and its hash published, together with where the seed will come from, before
anybody can know the seed. Then the order follows from both.
"""

import hashlib
import re
from collections.abc import Sequence

from core.canonical import canonical
from core.text import half_width
from voting.domain.reasons import Reason

FORMAT = "yishi-lot-1"
_SEED = re.compile(r"[0-9A-Z]{6,64}")
_LONGEST = 80


def list_hash(rooms: Sequence[str]) -> str:
    """SHA-256 of the rooms as a canonical JSON list of texts (RFC 8785)."""
    return hashlib.sha256(canonical(list(rooms))).hexdigest()


def drawn(rooms: Sequence[str], seed: str) -> list[int]:
    """Places on the list (from 1) in the order drawn; whoever declines gives way to the next.

    Ascending by SHA-256 of "YISHI-1-lot/LIST/SEED/PLACE", LIST being `list_hash`.
    """
    fixed = list_hash(rooms)

    def rank(place: int) -> bytes:
        return hashlib.sha256(f"YISHI-1-lot/{fixed}/{seed}/{place}".encode()).digest()

    return sorted(range(1, len(rooms) + 1), key=rank)


def read_seed(typed: str) -> str:
    """A seed as it is hashed: digits and capital letters, nothing else counts."""
    return "".join(c for c in half_width(typed).upper() if c.isascii() and c.isalnum())


def source_reasons(source: str) -> list[Reason]:
    """What is wrong with the sentence on where the seed will come from."""
    if not source:
        return [
            Reason("lot.source", "请写明种子从哪里来，例如某天开奖的福利彩票号码", "source")
        ]
    if len(source) > _LONGEST or not source.isprintable():
        return [Reason("lot.source", f"种子的来历最多{_LONGEST}个字，不能换行", "source")]
    return []


def seed_reasons(seed: str) -> list[Reason]:
    """What is wrong with a seed."""
    if _SEED.fullmatch(seed):
        return []
    return [Reason("lot.seed", "种子要有6到64个数字或者字母", "seed")]
