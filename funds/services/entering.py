"""How an owner gets to the own fund with the phone on the roll, without a letter.

Whether a number is on the roll is never said: the answers are the same.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import randbelow

from django.conf import settings
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from accounts.identity import Person
from accounts.phones import clean_phone, phone_hash
from accounts.services.attempts import count_attempt, forget_attempts
from accounts.services.messages import may_get_code, send_code
from accounts.texts import COUNTED
from core.errors import RuleViolation
from core.text import typed_digits
from funds.models import PhoneCheck
from funds.selectors.phones import owners_by_document, phone_known
from registry.domain.documents import clean_number
from registry.fields import keyed_hash
from registry.models import Owner
from registry.selectors import document_key, open_number_checks
from voting.domain.people import same_person, tail_of, tails

WINDOW = timedelta(minutes=15)
# From one address, which many owners may share on a mobile network.
MOST_ASKED = 30
# Codes to other numbers that one owner asks for in a day.
MOST_NEW, DAY = 10, timedelta(days=1)
MOST_WRONG = 5
# From all addresses together: a million digits, ten codes a day.
MOST_WRONG_OF_ALL = 30
RESEND_AFTER = timedelta(seconds=60)
CODE_LIFE = timedelta(minutes=10)


@sensitive_variables("phone", "plain", "digits")
def send_own_code(*, phone: str, address: str, at: datetime, purpose: str = "own_fund") -> None:
    """Send six digits to a number on the roll; to another nothing, and nobody learns which: the
    answer, the rows and the time are the same.

    `purpose`: the text of accounts.texts that says what they are for.

    RuleViolation "phone.invalid", "own.too_many" after many requests from one address.
    """
    plain = _plain(phone)
    counter = f"own-ask:{_address(address)}"
    if not count_attempt(counter, limit=MOST_ASKED, window=WINDOW, at=at):
        raise RuleViolation("own.too_many", "要验证码的次数太多，请过十五分钟再试")
    held = phone_hash(plain)
    digits = f"{randbelow(10**6):06}"
    digest = _hmac(held, digits)
    known = phone_known(held)
    # What is written and counted is the same for both, and the message leaves aside: how long
    # it takes tells nothing either.
    if not _stored(held, digest if known else "", at):
        return
    if not known:
        may_get_code(plain, at, COUNTED[purpose])
        return
    key = f"own:{held[:24]}:{at.timestamp():.0f}"
    try:
        send_code(
            phone=plain, template=purpose, params={"code": digits}, key=key, at=at, aside=True
        )
    except RuleViolation as refused:
        # The day's limit holds for numbers on the roll only; saying so would tell.
        if refused.code != "sms.daily_limit":
            raise


@sensitive_variables("phone", "answer", "digits")
def check_own_code(*, phone: str, answer: str, at: datetime, address: str = "") -> str:
    """The hash of the number where these digits were sent to it and still hold; else "".

    They hold once. A try is counted before it is weighed, for any number alike, by number and
    address: from elsewhere nobody locks an owner out. RuleViolation "phone.invalid",
    "check.locked" after five wrong ones from an address, thirty from all, in 15 minutes.
    """
    held = phone_hash(_plain(phone))
    right = _used(held, _hmac(held, typed_digits(answer)), at, address)
    return held if right else ""


@sensitive_variables("phone", "plain", "digits")
def send_new_phone_code(*, held: str, phone: str, address: str, at: datetime) -> None:
    """Send six digits to the number that is to take the place of the one with hash `held`.

    They prove that whoever is inside has the new phone too, and open nothing else.
    RuleViolation "phone.invalid", "own.too_many", "own.too_soon", "sms.daily_limit".
    """
    plain = _plain(phone)
    if not count_attempt(
        f"own-ask:{_address(address)}", limit=MOST_ASKED, window=WINDOW, at=at
    ):
        raise RuleViolation("own.too_many", "要验证码的次数太多，请过十五分钟再试")
    # To numbers of anybody at all: messages cost money, and ring at strangers'.
    if not count_attempt(f"new-ask:{held[:40]}", limit=MOST_NEW, window=DAY, at=at):
        raise RuleViolation("own.too_many", "今天要验证码的次数太多，请明天再试")
    digits = f"{randbelow(10**6):06}"
    new = phone_hash(plain)
    if not _stored(_pair(held, new), _hmac(new, digits, instead_of=held), at):
        raise RuleViolation("own.too_soon", "验证码刚刚发过，请等一分钟再要")
    key = f"new-phone:{new[:24]}:{at.timestamp():.0f}"
    send_code(phone=plain, template="new_phone", params={"code": digits}, key=key, at=at)


@sensitive_variables("phone", "answer")
def check_new_phone_code(*, held: str, phone: str, answer: str, at: datetime) -> bool:
    """Whether these digits were sent to the new number for this old one; they hold once.

    RuleViolation "phone.invalid", "check.locked".
    """
    new = phone_hash(_plain(phone))
    return _used(_pair(held, new), _hmac(new, typed_digits(answer), instead_of=held), at)


@sensitive_variables("person")
def owner_vouched_for(person: Person) -> str:
    """The hash of the document of whom a government identity provider vouches for, where an
    owner has it and the same name; else ""."""
    held = document_key("", person.name, clean_number(person.document_number))
    named = [one for one in owners_by_document(held) if one.name == person.name.strip()]
    return held if person.document_number and named else ""


def _pair(held: str, new: str) -> str:
    """What a code for another number is kept and counted by: by both, so that it neither meets
    nor shows what the new number's own owner was sent."""
    return keyed_hash(f"{held}\x00{new}", purpose="new-phone")


def _used(held: str, digest: str, at: datetime, address: str = "") -> bool:
    counters = {f"own-check:{held[:24]}:{_address(address)[:24]}": MOST_WRONG}
    if address:
        counters[f"own-check:{held[:40]}"] = MOST_WRONG_OF_ALL
    for counter, limit in counters.items():
        if not count_attempt(counter, limit=limit, window=WINDOW, at=at):
            raise RuleViolation("check.locked", "输错次数太多，请过十五分钟再试")
    with transaction.atomic(durable=True):
        used = PhoneCheck.objects.filter(
            phone_hash=held,
            code_hmac=digest,
            sent_at__gt=at - CODE_LIFE,
            sent_at__lte=at,
        ).update(code_hmac="")
    if used:
        for counter in counters:
            forget_attempts(counter)
    return used > 0


@sensitive_variables("name", "tail")
def person_of(*, held: str, name: str, tail: str, at: datetime) -> str:
    """Of several people whose number this is, the hash of the document of whom it says.

    It chooses among the rows with this number and opens no others (`selectors.phones`).
    `held`: the hash of the number, which was proved; `name`, `tail`: family name and last six
    of the document. "" where nobody fits. RuleViolation "check.locked" after five tries.
    """
    counter = f"own-person:{held[:40]}"
    if not count_attempt(counter, limit=MOST_WRONG, window=WINDOW, at=at):
        raise RuleViolation("check.locked", "输错次数太多，请过十五分钟再试")
    found = Owner.objects.filter(phone_hash=held)
    for one in found.exclude(number_checks__in=open_number_checks()):
        known = tails([(one.name, tail_of(one.document_number))])
        if same_person(known, name, tail):
            forget_attempts(counter)
            return one.document_hash
    return ""


@transaction.atomic(durable=True)
def _stored(held: str, digest: str, at: datetime) -> bool:
    """Whether these digits are the ones to send; not within a minute of the last ones."""
    row, made = PhoneCheck.objects.get_or_create(
        phone_hash=held, defaults={"code_hmac": digest, "sent_at": at}
    )
    if made:
        return True
    row = PhoneCheck.objects.select_for_update(no_key=True).get(pk=row.pk)
    if at < row.sent_at + RESEND_AFTER:
        return False
    row.code_hmac, row.sent_at = digest, at
    row.save(update_fields=["code_hmac", "sent_at"])
    return True


def _address(address: str) -> str:
    return keyed_hash(address, purpose="guess")[:40]


def _plain(phone: str) -> str:
    plain = clean_phone(phone)
    if not plain:
        raise RuleViolation("phone.invalid", "手机号应为11位数字，请检查")
    return plain


def _hmac(held: str, digits: str, *, instead_of: str = "") -> str:
    # What was sent for one purpose opens nothing for the other.
    purpose = f"new\x00{instead_of}" if instead_of else "own"
    message = f"{purpose}\x00{held}\x00{digits}".encode()
    return hmac.new(settings.CODE_KEY, message, sha256).hexdigest()
