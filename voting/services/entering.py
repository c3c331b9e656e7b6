"""How an owner gets in: the letter's code or key, then one more check.

Opening a letter's address changes nothing. What an owner gets wrong is never said field
by field, and wrong answers are counted in the database, across processes.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import randbelow
from typing import Literal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.services.attempts import attempts_left, count_attempt, forget_attempts
from accounts.services.messages import send_code
from core.codes import read_code
from core.errors import RuleViolation
from core.text import typed_digits
from registry.fields import keyed_hash
from voting.domain.people import same_person
from voting.models import CheckCode, LetterCode, Party, Proxy
from voting.protocol.credential import login_message
from voting.protocol.schnorr import verify
from voting.protocol.shape import unb64
from voting.protocol.suite import suite

WINDOW = timedelta(minutes=15)
# Unknown codes from one address, which many owners may share on a mobile network. A code has
# 60 bits: a thousand addresses guessing for a year hit one of 10,000 letters with a chance of
# 1 in 50,000.
MAX_GUESSES = 60
MAX_WRONG_ANSWERS = 5  # to the second check, per party
RESEND_AFTER = timedelta(seconds=60)
CODE_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LetterState:
    """What a code leads to; party and session are 0 for an unknown one.

    `proxy_id`: the authority an agent's code is for; `letter_id`: the issue of a letter.
    """

    kind: Literal["valid", "reissued", "unknown"]
    party_id: int = 0
    session_id: int = 0
    proxy_id: int = 0
    letter_id: int = 0


def code_hmac(code: str) -> str:
    """The stored form of a letter's code (12 Crockford characters, no hyphens)."""
    return hmac.new(settings.CODE_KEY, b"letter\x00" + code.encode(), sha256).hexdigest()


@sensitive_variables("code", "plain")
def find_letter(*, code: str, at: datetime, address: str = "") -> LetterState:
    """Look a letter's code up; only an unknown one leaves a trace, against guessing.

    `address`: the client's, kept as keyed hash. RuleViolation "letter.too_many_guesses"
    for any code after sixty unknown ones from it within 15 minutes.
    """
    counter = f"guess:{keyed_hash(address, purpose='guess')[:40]}"
    if address and not attempts_left(counter, limit=MAX_GUESSES, window=WINDOW, at=at):
        raise RuleViolation(
            "letter.too_many_guesses", _("输错次数太多，请过十五分钟再试，或扫描信上的二维码。")
        )
    plain = read_code(code)
    found = plain and (
        LetterCode.objects.filter(code_hmac=code_hmac(plain))
        .values_list("party_id", "party__session_id", "voided_at", "pk")
        .first()
    )
    if not found and plain:
        agent = (
            Proxy.objects.filter(code_hmac=code_hmac(plain)).only("party", "session").first()
        )
        if agent:
            return LetterState(
                "valid" if agent.state == "active" else "reissued",
                agent.party_id,
                agent.session_id,
                proxy_id=agent.pk,
            )
    if not found:
        if address:
            count_attempt(counter, limit=MAX_GUESSES, window=WINDOW, at=at)
        return LetterState("unknown")
    party, session, voided, letter = found
    return LetterState("reissued" if voided else "valid", party, session, letter_id=letter)


def start_by_letter(*, party_id: int, challenge: bytes, key: str, login: str) -> bool:
    """Whether the browser holds the party's current key; anything else goes on by code.

    `challenge`: the 32 bytes the server issued; `key`, `login`: base64url as sent.
    """
    party = (
        Party.objects.select_related("session")
        .only("current_key", "session__code", "session__suite")
        .get(pk=party_id)
    )
    if not hmac.compare_digest(party.current_key.encode(), key.encode()):
        return False
    try:
        signature = unb64(login)
    except ValueError:
        return False
    message = login_message(party.session.code, challenge)
    return verify(suite(party.session.suite), "login", unb64(key), message, signature)


@sensitive_variables("digits", "phone")
def send_second_check_code(
    *, party_id: int, at: datetime, lost_letter: bool = False
) -> datetime:
    """Send six digits to the phone on the roll; return until when they hold.

    `lost_letter`: asked for without a letter. Such codes are counted apart, so that a stranger
    who knows room and number does not use up those of who has the letter.

    RuleViolation "check.no_phone", "check.too_soon", "sms.daily_limit".
    """
    digits = f"{randbelow(10**6):06}"
    party = _store_check_code(party_id, digits, at)
    send_code(
        phone=party.mobile,
        template="vote_check",
        params={"code": digits, "estate": party.session.estate.name},
        key=f"check:{party_id}:{at.timestamp():.0f}",
        at=at,
        counted="lost" if lost_letter else "vote",
    )
    return at + CODE_LIFE


@transaction.atomic(durable=True)
@sensitive_variables("digits")
def _store_check_code(party_id: int, digits: str, at: datetime) -> Party:
    party = Party.objects.select_for_update(of=("self",), no_key=True).get(pk=party_id)
    if not party.mobile:
        raise RuleViolation(
            "check.no_phone", _("名册上没有您的手机号，请用证件号码核对，或联系组织者。")
        )
    last = CheckCode.objects.filter(party=party).first()
    if last and at < last.sent_at + RESEND_AFTER:
        raise RuleViolation("check.too_soon", _("短信刚刚发出，请等一分钟再要。"))
    CheckCode.objects.update_or_create(
        party=party,
        defaults={
            "code_hmac": _digits_hmac(party_id, digits),
            "sent_at": at,
            "expires_at": at + CODE_LIFE,
        },
    )
    return party


@sensitive_variables("answer", "family_name")
def check_second_factor(
    *,
    party_id: int,
    method: Literal["sms", "document"],
    answer: str,
    family_name: str = "",
    assisted: bool = False,
    at: datetime,
) -> bool:
    """Whether the second check is passed; five wrong answers lock it for 15 minutes.

    `answer`: the six digits sent, or the last six of the document number (then with
    `family_name`). A try is counted before it is weighed, so that a hundred at once are
    no way round the limit. A document serves only whom the frozen roll gives no phone: family
    and whoever keeps the roll may know its number. `assisted`: somebody else operates the
    device; then it does so in every session. RuleViolation "check.locked"; "check.not_allowed"
    for a document of who has a phone, or where this session takes none.
    """
    counter = f"check:{party_id}"
    party = Party.objects.select_related("session").get(pk=party_id)
    if method == "document" and party.mobile:
        raise RuleViolation(
            "check.not_allowed",
            _("名册上有手机号的，要用这个手机收到的验证码，不能用证件代替。"),
        )
    if method == "document" and not (party.session.allow_document_check or assisted):
        raise RuleViolation("check.not_allowed", _("这次投票只能用短信验证码核对身份。"))
    if not count_attempt(counter, limit=MAX_WRONG_ANSWERS, window=WINDOW, at=at):
        raise RuleViolation("check.locked", _("输错次数太多，请过十五分钟再试，或联系组织者。"))
    if method == "document":
        right = same_person(party.document_tails, family_name, answer)
    else:
        right = use_digits(party_id, answer, at)
    if right:
        forget_attempts(counter)
    return right


@sensitive_variables("digits")
def send_agent_code(*, proxy_id: int, at: datetime) -> None:
    """Send six digits to the agent's own phone.

    RuleViolation "check.too_soon", "proxy.ended", "sms.daily_limit".
    """
    digits = f"{randbelow(10**6):06}"
    proxy = _store_agent_code(proxy_id, digits, at)
    send_code(
        phone=proxy.agent_phone,
        template="vote_check",
        params={"code": digits, "estate": proxy.session.estate.name},
        key=f"check:proxy:{proxy_id}:{at.timestamp():.0f}",
        at=at,
    )


@transaction.atomic(durable=True)
@sensitive_variables("digits")
def _store_agent_code(proxy_id: int, digits: str, at: datetime) -> Proxy:
    found = Proxy.objects.select_for_update(of=("self",), no_key=True).defer("content")
    proxy = found.select_related("session__estate").get(pk=proxy_id)
    if proxy.state != "active":
        raise RuleViolation("proxy.ended", _("这项委托已经结束。"))
    if proxy.check_sent_at and at < proxy.check_sent_at + RESEND_AFTER:
        raise RuleViolation("check.too_soon", _("短信刚刚发出，请等一分钟再要。"))
    proxy.check_hmac, proxy.check_sent_at = _digits_hmac(-proxy_id, digits), at
    proxy.save(update_fields=["check_hmac", "check_sent_at"])
    return proxy


@sensitive_variables("answer")
def check_agent(*, proxy_id: int, answer: str, at: datetime) -> bool:
    """Whether these digits were sent to the agent and still hold; they hold once.

    Five wrong answers lock it for 15 minutes: RuleViolation "check.locked".
    """
    counter = f"check:proxy:{proxy_id}"
    if not count_attempt(counter, limit=MAX_WRONG_ANSWERS, window=WINDOW, at=at):
        raise RuleViolation("check.locked", _("输错次数太多，请过十五分钟再试，或联系组织者。"))
    digits = typed_digits(answer)
    used = Proxy.objects.filter(
        pk=proxy_id,
        state="active",
        check_hmac=_digits_hmac(-proxy_id, digits),
        check_sent_at__gt=at - CODE_LIFE,
    ).update(check_hmac="")
    if used:
        forget_attempts(counter)
    return used > 0


def digits_sent_at(*, party_id: int, proxy_id: int = 0, at: datetime) -> datetime | None:
    """When the digits that hold now were sent; None where none do: too old, or used.

    Of the party's phone, or with `proxy_id` of the agent's. It says nothing of what was typed.
    """
    if proxy_id:
        agent = Proxy.objects.filter(pk=proxy_id).exclude(check_hmac="")
        sent = agent.filter(check_sent_at__gt=at - CODE_LIFE)
        return sent.values_list("check_sent_at", flat=True).first()
    holding = CheckCode.objects.filter(party_id=party_id, expires_at__gt=at)
    return holding.values_list("sent_at", flat=True).first()


def use_digits(party_id: int, typed: str, at: datetime) -> bool:
    """Whether these digits were sent and still hold; they hold once."""
    digits = typed_digits(typed)
    used, _each = CheckCode.objects.filter(
        party_id=party_id, code_hmac=_digits_hmac(party_id, digits), expires_at__gt=at
    ).delete()
    return used > 0


def _digits_hmac(party_id: int, digits: str) -> str:
    message = f"check\x00{party_id}\x00{digits}".encode()
    return hmac.new(settings.CODE_KEY, message, sha256).hexdigest()
