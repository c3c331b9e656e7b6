"""What to look at before a repair is decided on, reviewed or paid."""

from collections.abc import Iterable

from django.db.models import Prefetch

from core.deadlines import local_day
from funds.domain import alarms
from funds.domain.alarms import Alarm, Offer, Repair
from funds.domain.instalments import GONE
from funds.models import Instalment, Quote, RepairRequest, RepairVersion
from funds.selectors.gates import decision_stands
from funds.selectors.releases import own_warranty
from funds.selectors.repairs import fund_rules
from registry.fields import keyed_hash

_GONE = ("draft", "closed")  # nothing comes of these


def alarms_of(request: RepairRequest) -> list[Alarm]:
    """Every alarm of a repair as things are now; a draft is judged as if submitted."""
    rules = fund_rules(request.estate, local_day(request.created_at))
    one = _facts([request])[0]
    others = _facts(
        RepairRequest.objects.filter(estate=request.estate_id)
        .exclude(state__in=_GONE)
        .exclude(pk=request.pk)
    )
    return [
        *alarms.splitting(
            one,
            others,
            months=rules["fund.split_months"].value,
            above_fen=rules["fund.split_above_fen"].value,
        ),
        *alarms.repeated(one, others),
        *alarms.linked([_offer(quote) for quote in request.quotes.filter(removed_at=None)]),
        *alarms.undecided(_undecided_fen(request)),
        *_own_warranty(request),
    ]


def _own_warranty(request: RepairRequest) -> list[Alarm]:
    on = local_day(request.created_at)
    before = own_warranty(request.estate, request.part, request.place, on)
    if before is None or before.warranty_until is None or before.request_id == request.pk:
        return []
    return [alarms.still_under_warranty(before.request.code, before.warranty_until)]


def phone_mark(typed: str) -> str:
    """What two quotes with one phone share; "" for none."""
    digits = "".join(sign for sign in alarms.plain_name(typed) if sign.isdigit())
    return keyed_hash(digits, purpose="quote.phone") if digits else ""


def person_mark(typed: str) -> str:
    """What two quotes with one legal person share; "" for none."""
    name = alarms.plain_name(typed)
    return keyed_hash(name, purpose="quote.person") if name else ""


def _facts(requests: Iterable[RepairRequest]) -> list[Repair]:
    rows = RepairRequest.objects.filter(pk__in=[one.pk for one in requests]).prefetch_related(
        Prefetch("versions", RepairVersion.objects.defer("content").order_by("number")),
        Prefetch("quotes", Quote.objects.filter(removed_at=None, is_chosen=True)),
    )
    return [_repair(row) for row in rows]


def _repair(request: RepairRequest) -> Repair:
    versions = [one for one in request.versions.all() if one.verdict != "withdrawn"]
    last = versions[-1] if versions else None
    return Repair(
        code=request.code,
        part=request.part,
        place=request.place,
        vendors=frozenset(key for quote in request.quotes.all() for key in _names(quote)),
        person=request.created_by,
        fen=last.budget_fen if last else request.budget_fen or 0,
        on=local_day(last.submitted_at if last else request.created_at),
    )


def _names(quote: Quote) -> list[str]:
    code = alarms.plain_name(quote.credit_code)
    return [f"name {alarms.plain_name(quote.firm)}"] + ([f"code {code}"] if code else [])


def _offer(quote: Quote) -> Offer:
    return Offer(
        quote.firm,
        {
            "credit_code": alarms.plain_name(quote.credit_code),
            "legal_person": quote.legal_person_hash,
            "phone": quote.phone_hash,
            "address": alarms.plain_name(quote.address),
        },
    )


def _undecided_fen(request: RepairRequest) -> int:
    """What was paid or ordered on versions that no decision carries now."""
    moved = Instalment.objects.filter(
        application__request=request, state__in=GONE
    ).select_related("application__version__request", "application__version__motion")
    total = 0
    stands: dict[int, bool] = {}
    for one in moved:
        version = one.application.version
        if version.pk not in stands:
            stands[version.pk] = decision_stands(version)
        if not stands[version.pk]:
            total += one.payable_fen if one.payable_fen is not None else one.fen
    return total
