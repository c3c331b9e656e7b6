"""Mobile numbers as people write them, and as they are looked up."""

import re

from core.errors import RuleViolation
from core.text import half_width
from registry.fields import keyed_hash

_MOBILE = re.compile(r"1[0-9]{10}")


def clean_phone(text: str) -> str:
    """Return the eleven digits of a mainland mobile number; "" stays "".

    Accepts full-width digits, blanks, hyphens and +86. RuleViolation phone.invalid.
    """
    digits = re.sub(r"[\s\-()]", "", half_width(text)).removeprefix("+86")
    if len(digits) == 13:
        digits = digits.removeprefix("86")
    if digits and not _MOBILE.fullmatch(digits):
        raise RuleViolation("phone.invalid", "手机号应为11位数字，请检查")
    return digits


def mobile_of(text: str) -> str:
    """The number if messages reach it; "" for a landline, an odd number or none."""
    try:
        return clean_phone(text)
    except RuleViolation:
        return ""


def phone_hash(phone: str) -> str:
    """The keyed hash a number is found by; "" for none."""
    return keyed_hash(phone, purpose="phone") if phone else ""
