"""The one exception for input that does not hold."""

from __future__ import annotations


class Refused(Exception):
    """`check` is a name of `docs/protocol.md` §12, `detail` says in English what and where.

    The detail never holds a secret, a name or a free text of the input: it may be shown.
    """

    def __init__(self, check: str, detail: str) -> None:
        super().__init__(f"{check}: {detail}")
        self.check = check
        self.detail = detail
