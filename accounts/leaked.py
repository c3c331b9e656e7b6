"""Passwords that are known from leaks are refused (OWASP ASVS 6.2.12), and nobody is asked.

The list is a file of the operator's, in the form leaked passwords are published in for use
without a network: a line for each, the SHA-1 of the password as 40 hex digits, a colon and how
often it was seen, sorted by the hash. A billion of them are some 40 GB; a look is a bisection
on the disk, some forty reads of a few bytes, and nothing is kept in memory.
"""

import logging
import os
from hashlib import sha1
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User

logger = logging.getLogger(__name__)
_HASH = 40
_MOST = 256  # bytes of a line; far more than a hash and a count


class ListFault(ValueError):
    """The file is no such list; the text says why."""


class LeakedPasswordsValidator:
    """For AUTH_PASSWORD_VALIDATORS; without YISHI_LEAKED_PASSWORDS it takes everything."""

    def validate(self, password: str, user: User | None = None) -> None:
        """ValidationError where the list has it, or cannot be read: a check that passes
        silently is none."""
        if not settings.LEAKED_PASSWORDS:
            return
        try:
            found = is_leaked(password, settings.LEAKED_PASSWORDS)
        except (OSError, ListFault) as fault:
            logger.error("YISHI_LEAKED_PASSWORDS: %s", fault)
            raise ValidationError(
                _(
                    "泄露密码的名单读不出来，现在不能设密码。请告诉平台管理员，原因记在服务器的日志里。"
                ),
                code="password_list",
            ) from fault
        if found:
            raise ValidationError(
                _("这个密码在别处泄露过，有人拿着名单逐个试。请换一个没有在任何地方用过的。"),
                code="password_leaked",
            )

    def get_help_text(self) -> str:
        """The rule."""
        return _("不能用在别处泄露过的密码：有人拿着名单逐个试。")


def is_leaked(password: str, path: str) -> bool:
    """Whether the list has this password. OSError, ListFault."""
    wanted = sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with open(path, "rb") as file:
        low, high = 0, file.seek(0, os.SEEK_END)  # the line lies between these two places
        if not high:
            raise ListFault("empty")
        while low < high:
            middle = (low + high) // 2
            start, after, found = _line_at(file, middle)
            if found == wanted:
                return True
            low, high = (after, high) if found < wanted else (low, start)
    return False


def check_list(path: str) -> None:
    """Look at both ends and the middle. OSError, ListFault."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        found = [_line_at(file, place)[2] for place in (0, size // 2, max(size - 1, 0))]
    if found != sorted(found):
        raise ListFault("not sorted by hash")


def _line_at(file: BinaryIO, place: int) -> tuple[int, int, bytes]:
    """Where the line around `place` begins, where the next one does, and its hash."""
    before = max(0, place - _MOST)
    file.seek(before)
    piece = file.read(place - before + _MOST)
    start = piece.rfind(b"\n", 0, place - before) + 1
    end = piece.find(b"\n", place - before)
    line = piece[start : end if end >= 0 else len(piece)]
    found, colon, _count = line.strip().partition(b":")
    if len(found) != _HASH or not colon or found.strip(b"0123456789abcdefABCDEF"):
        raise ListFault(f"no hash and count at byte {before + start}")
    return before + start, before + start + len(line) + 1, found.upper()
