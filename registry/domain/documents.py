"""Numbers of identity documents: cleaned, told apart, and their check digits."""

import re

from core.text import half_width

# GB 11643-1999: ISO 7064 MOD 11-2 over the first 17 digits.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_IDENTITY = re.compile(r"[0-9]{17}[0-9X]")
_OLD_IDENTITY = re.compile(r"[0-9]{15}")
# GB 32100-2015: MOD 31 over the first 17 characters, powers of 3.
_CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT = re.compile(f"[{_CREDIT_LETTERS}]{{2}}[0-9]{{6}}[{_CREDIT_LETTERS}]{{10}}")
# Passports, permits for and from Hong Kong, Macau and Taiwan, foreigners' permanent residence;
# officers' cards (军字第0012345号); organisation codes and numbers of old business licences.
_SHAPES = (
    _IDENTITY,
    _OLD_IDENTITY,
    _CREDIT,
    re.compile(r"(?=(?:[^0-9]*[0-9]){5})[A-Z0-9]{6,12}(?:\([A-Z0-9]{1,2}\))?"),
    re.compile(r"[A-Z]{3}[0-9]{12}"),
    re.compile(r"\w{1,4}字第?[0-9A-Z]{4,12}号?"),
    re.compile(r"[0-9A-Z]{8}-[0-9X]"),
    re.compile(r"[0-9]{13}"),
)
_SCIENTIFIC = re.compile(r"[0-9]\.[0-9]+E\+?[0-9]+")

_COMPANY_KINDS = ("信用代码", "营业执照", "组织机构", "法人")
_COMPANY_NAME = re.compile(
    r"(?:公司|厂|店|商行|中心|银行|学校|医院|集团|合作社|事务所|委员会|管委会|办事处|政府|局|研究院|协会|基金会)$"
)


def clean_number(text: str) -> str:
    """The number as a key: half-width, no blanks, capitals; a leading ' of Excel dropped."""
    return "".join(half_width(text).split()).upper().lstrip("'`‘’")


def number_damage(number: str) -> str:
    """Why this cannot be what the document says, or ""."""
    if _SCIENTIFIC.fullmatch(number):
        return "证件号码被表格软件改成了科学计数，请把这一列设为文本后重填"
    if len(number) > 40:
        return "证件号码过长"
    if "*" in number or "?" in number:
        return "证件号码被遮盖，需要完整号码；没有就留空，以后走待核验清单"
    return ""


def number_doubt(number: str, kind: str) -> str:
    """What looks wrong about a number without proving it is; "" if nothing does."""
    if "身份证" in kind and not (
        _IDENTITY.fullmatch(number) or _OLD_IDENTITY.fullmatch(number)
    ):
        return "身份证号码应为 18 位（旧证 15 位），请核对"
    if _IDENTITY.fullmatch(number) and not _looks_like_credit(kind):
        return (
            ""
            if identity_check_digit(number) == number[17]
            else "身份证号码的校验位不对，请核对"
        )
    if _CREDIT.fullmatch(number) and credit_check_letter(number) != number[17]:
        return "统一社会信用代码的校验位不对，请核对"
    return ""


def shape_doubt(number: str, kind: str) -> str:
    """That a number of no stated kind is like none of any document; "" where it may be one.

    Short for a slip of the pen: passports, permits and officers' cards have many shapes, so
    whatever could be one of them passes, and whatever says its kind is believed.
    """
    if not number or kind or any(shape.fullmatch(number) for shape in _SHAPES):
        return ""
    return "证件号码不像身份证（18 位，旧证 15 位）或其他证件的号码，请核对"


def identity_check_digit(number: str) -> str:
    """The 18th character that the first 17 digits ask for (GB 11643)."""
    weighted = zip(number, _WEIGHTS, strict=False)
    return _CHECKS[sum(int(digit) * weight for digit, weight in weighted) % 11]


def credit_check_letter(number: str) -> str:
    """The 18th character that the first 17 ask for (GB 32100)."""
    total = sum(
        _CREDIT_LETTERS.index(letter) * pow(3, place, 31)
        for place, letter in enumerate(number[:17])
    )
    return _CREDIT_LETTERS[-total % 31]


def number_of_today(number: str) -> str:
    """A 15-digit identity number as the 18 digits that replaced it; others unchanged.

    GB 11643: the century 19 is put in and the check digit added. Only to notice that two
    numbers may be one person's: the key of a party is the number as written.
    """
    if not _OLD_IDENTITY.fullmatch(number):
        return number
    longer = number[:6] + "19" + number[6:]
    return longer + identity_check_digit(longer)


def is_company(name: str, kind: str) -> bool:
    """Whether an owner is an organisation, by the document's kind or the name's ending."""
    return any(word in kind for word in _COMPANY_KINDS) or bool(_COMPANY_NAME.search(name))


def kind_of_number(number: str) -> str:
    """The kind of document a bare number is of, where its shape says so."""
    if _IDENTITY.fullmatch(number) or _OLD_IDENTITY.fullmatch(number):
        return "居民身份证"
    return "统一社会信用代码" if _CREDIT.fullmatch(number) else ""


def _looks_like_credit(kind: str) -> bool:
    return any(word in kind for word in _COMPANY_KINDS)
