"""Nothing personal in a log: letter codes, tokens, phones and document numbers are masked."""

import logging
import re

_PATTERNS = (
    (re.compile(r"(/q/)[^/\s?\"'#]+"), r"\1***"),
    (re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])"), "***"),
    (re.compile(r"(?<!\d)\d{15}(?!\d)"), "***"),
    (re.compile(r"(?<!\d)1\d{10}(?!\d)"), "***"),
    (
        re.compile(
            r"(?<![0-9A-Za-z])[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}(?![0-9A-Za-z])"
        ),
        "***",
    ),
)


def masked(text: str) -> str:
    """Return `text` with everything that looks personal or secret replaced by ***."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class MaskFilter(logging.Filter):
    """Masks the finished message of every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = masked(record.getMessage())
        record.args = None
        return True
