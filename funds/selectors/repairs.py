"""Reads of repairs: the only way a page gets to one, and the units that decide and pay."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db.models import F, QuerySet
from django.http import Http404

from accounts.permissions import Permission, Visitor, estates_for, refuse_strange
from funds.domain.rules import FundRules
from funds.models import RepairFile, RepairRequest, RepairVersion, Settlement, SubAccount
from registry.fields import open_bytes
from registry.models import Building, Estate
from registry.selectors import current_titles, profile_for, spaces_count
from voting.domain.parties import SPACES

FILES = "funds.repairfile"  # the purpose repair files are sealed with


class ScopeUnit(NamedTuple):
    """A unit that decides on a repair and pays for it; `sub` None: it has no sub-account.

    `is_sold_home`: a home somebody bought; under 公房 its seller bears a part (165号令 20).
    """

    unit: int
    label: str
    area: int | None
    sub: int | None
    account: int | None
    building: int
    is_sold_home: bool


def fund_rules(estate: Estate, on: date) -> FundRules:
    """The fund's rules an estate runs under on a day."""
    return FundRules(profile_for(estate, on))


def repairs_for(user: Visitor, permission: Permission) -> QuerySet[RepairRequest]:
    """The repairs of all estates where `user` has `permission`."""
    return RepairRequest.objects.filter(
        estate__in=estates_for(user, permission)
    ).select_related("estate", "special")


def repair_for(user: Visitor, code: str, permission: Permission) -> RepairRequest:
    """One repair; Http404 unless `user` has `permission` at its estate."""
    refuse_strange(code)
    found = repairs_for(user, permission).filter(code=code.upper()).first()
    if found is None:
        raise Http404
    return found


def scope_units(
    estate: Estate, scope: Sequence[Mapping[str, Any]], *, on: date
) -> list[ScopeUnit]:
    """Who decides and pays: the units a vote of this scope would count, in walking order.

    The developer's unsold units are among them (165号令 21). Parking and storage spaces are
    only where the estate's rules count them, as in the vote: who benefits, decides and pays
    (165号令 19). A unit with an account of its building and one of the estate has the money in
    the former: public housing has a special account of its own (165号令 11).
    """
    spaces = spaces_count(profile_for(estate, on))
    units = [one for one in current_titles(estate.pk, scope) if spaces or one.use not in SPACES]
    subs = {
        unit: (pk, account)
        for pk, unit, account in SubAccount.objects.filter(
            account__estate=estate, unit__is_active=True
        )
        .order_by(F("account__building").asc(nulls_first=True), "pk")
        .values_list("pk", "unit", "account")
    }
    found = []
    for one in units:
        sub, account = subs.get(one.unit_id, (None, None))
        is_sold_home = one.use == "residential" and one.status != "unsold"
        found.append(
            ScopeUnit(
                one.unit_id, one.label, one.area, sub, account, one.building_id, is_sold_home
            )
        )
    return found


DECIDED = ("passed", "authorised")  # verdicts that carry a version
# While money may leave, and after it has.
PAYING = ("approved", "settled")


def version_in_force(request: RepairRequest) -> RepairVersion | None:
    """The newest version that was not withdrawn; once it is decided, the newest decided on, and
    while money may leave, the one it leaves on.

    Owners may have refused another one since.
    """
    versions = request.versions.exclude(verdict="withdrawn").order_by("number")
    if request.state in PAYING:
        return versions.filter(fundapplication__state="passed").last()
    if request.state in ("decided", "review", "returned"):
        return versions.filter(verdict__in=DECIDED).last()
    return versions.last()


def settlement_of(request: RepairRequest) -> Settlement | None:
    """What the repair cost in the end, confirmed or not."""
    return Settlement.objects.filter(request=request).first()


def files_of(request: RepairRequest) -> QuerySet[RepairFile]:
    """The papers that stand, without their content."""
    return request.files.filter(removed_at=None).defer("content")


def used_papers(request: RepairRequest) -> set[str]:
    """SHA-256 of the papers that money of a repair was asked for, reviewed or paid on."""
    used: set[str] = set()
    for application in request.applications.exclude(state="draft"):
        used |= {digest for _kind, digest in application.papers}
        for one in application.instalments.all():
            used |= {*one.papers, one.receipt_sha256}
    used |= set(request.refunds.values_list("receipt_sha256", flat=True))
    stated = settlement_of(request)
    return (used | set(stated.papers if stated else ())) - {""}


def file_content(file: RepairFile) -> bytes:
    """What is kept of a paper or photograph."""
    return open_bytes(bytes(file.content), purpose=FILES)


def scope_words(request: RepairRequest) -> str:
    """Who decides and pays, in words: 全体业主, or 1幢、2幢1单元."""
    if not request.scope:
        return "全体业主"
    buildings = Building.objects.filter(estate=request.estate_id)
    names = dict(buildings.values_list("pk", "name"))
    words = []
    for part in request.scope:
        entrance = (part["entrance"] or "").removesuffix("单元")
        words.append(names[part["building"]] + (f"{entrance}单元" if entrance else ""))
    return "、".join(words)
