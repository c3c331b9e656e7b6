"""Numbers that came with a request: of rows, pages, years."""

DIGITS = 15  # every number of ours is shorter, and both databases hold it


def number_in(text: str, *, digits: int = DIGITS) -> int:
    """The number that stands in `text`, or 0, which nothing of ours has.

    Only ASCII digits, at most so many: `int` reads any length, which no column holds, and
    the digits of every script.
    """
    given = text.isascii() and text.isdigit() and len(text) <= digits
    return int(text) if given else 0
