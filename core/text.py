"""Text as people and spreadsheets write it."""

# U+FF01-FF5E are the full-width twins of ASCII; U+3000 is the full-width space. Nothing
# else is folded: NFKC would also change rare characters in names.
_TO_HALF_WIDTH = {0x3000: " "} | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}


def half_width(text: str) -> str:
    """Full-width letters, digits, signs and spaces as their ASCII twins."""
    return text if text.isascii() else text.translate(_TO_HALF_WIDTH)


def typed_digits(text: str) -> str:
    """A code as people copy it from a message: "932 345" or full-width, as its digits."""
    return "".join(half_width(text).split())


# The full-width twins work too where a spreadsheet is set to Chinese or Japanese (OWASP,
# CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain_cell(text: str) -> str:
    """Text for a cell of a CSV file: what a spreadsheet would run gets an apostrophe first."""
    return f"'{text}" if text.startswith(_FORMULA) else text
