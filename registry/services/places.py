"""Divisions, authorities and estates."""

import csv
import secrets
from collections.abc import Collection, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from core.codes import new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from core.phones import PUBLIC_PHONE, is_public_phone
from core.text import half_width
from logbook.steps import record_act
from registry.models import Authority, Division, Estate, RuleProfile

DATA = Path(__file__).resolve().parent.parent / "data"
LEVELS = {"province": 1, "city": 2, "county": 3, "street": 4, "community": 5}
CODE_LENGTH, _NAME_LENGTH = 8, 80


class Place(NamedTuple):
    """A row of the shipped division tree."""

    code: str
    name: str
    level: int
    parent: str


def shipped_divisions(path: Path = DATA / "divisions.csv") -> list[Place]:
    """A division tree from a CSV, parents before children; the seed cities' by default.

    Columns code, name, level (province, city, county, street, community), parent_code.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        places = [
            Place(row["code"], row["name"], LEVELS[row["level"]], row["parent_code"])
            for row in csv.DictReader(file)
        ]
    return sorted(places, key=lambda place: (place.level, place.code))


@transaction.atomic(durable=True)
def load_divisions(*, actor: str, at: datetime, path: Path = DATA / "divisions.csv") -> int:
    """Bring a division tree into the database; returns how many were new or changed."""
    known = {division.code: division for division in Division.objects.all()}
    changed = [
        Division(
            code=place.code,
            name=place.name,
            level=place.level,
            parent_id=place.parent or None,
        )
        for place in shipped_divisions(path)
        if not _is_known(place, known.get(place.code))
    ]
    if changed:
        Division.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["name", "level", "parent"],
            batch_size=1000,
        )
        record_act("registry", "divisions-loaded", {"count": len(changed)}, actor=actor, at=at)
    return len(changed)


@transaction.atomic(durable=True)
def load_authorities(*, city: str, valid_from: date, actor: str, at: datetime) -> int:
    """Create the authorities that follow from a city's divisions; returns how many are new.

    City bureau, then a bureau per district or county, then street offices, then residents'
    and villagers' committees. Development zones that the city's papers name beside the
    districts (data/zones.csv) report to the city bureau, wherever the division codes put
    them; one of them has no code at all.
    """
    root = Division.objects.filter(code=city, level=2).first()
    if root is None:
        raise RuleViolation(
            "division.unknown", _("没有这个市的区划，请先运行 load_divisions，或核对代码")
        )
    tree = _Tree(valid_from)
    bureau = tree.authority("city_bureau", f"{root.name}住房和城乡建设局", root, None)
    for zone in _zones(city):
        division = Division.objects.get(code=zone["division"]) if zone["division"] else None
        tree.authority("zone_administration", zone["name"], division, bureau)
    below = [root]
    for _level in range(3):
        children = list(
            Division.objects.filter(parent__in=[division.code for division in below])
        )
        for division in children:
            if division.code not in tree.by_division:
                kind, name = _kind_and_name(division)
                above = tree.by_division[division.parent_id or ""]
                tree.authority(kind, name, division, above)
        below = children
    if tree.created:
        record_act(
            "registry",
            "authorities-loaded",
            {"city": city, "count": tree.created},
            actor=actor,
            at=at,
        )
    return tree.created


@transaction.atomic(durable=True)
def create_authority(
    *,
    name: str,
    kind: str,
    parent: Authority | None,
    division: Division | None,
    valid_from: date,
    actor: str,
    at: datetime,
) -> Authority:
    """Add one authority to the tree, from a day on."""
    authority = Authority.objects.create(
        name=name, kind=kind, parent=parent, division=division, valid_from=valid_from
    )
    record_act("registry", "authority-created", {"id": authority.pk}, actor=actor, at=at)
    return authority


@transaction.atomic(durable=True)
def end_authority(*, authority_id: int, last_day: date, actor: str, at: datetime) -> Authority:
    """Close an authority on a day; refused while estates or authorities still hang on it."""
    authority = Authority.objects.select_for_update(no_key=True).get(pk=authority_id)
    below = authority.children.filter(valid_to__isnull=True).exists()
    if below or authority.estates.exists():
        raise RuleViolation(
            "authority.in_use", _("这个机构下面还有机构或物业管理区域，请先移交")
        )
    if last_day < authority.valid_from:
        raise RuleViolation("authority.dates", _("终止日期早于设立日期"))
    authority.valid_to = last_day
    authority.save(update_fields=["valid_to"])
    record_act("registry", "authority-ended", {"id": authority.pk}, actor=actor, at=at)
    return authority


@transaction.atomic(durable=True)
def set_authority_phone(
    *, authority_id: int, phone: str, actor: str, at: datetime
) -> Authority:
    """The phone of an authority's office, for papers issued from now on; "" prints none.

    RuleViolation "authority.phone".
    """
    kept = half_width(phone).strip()
    if kept and not is_public_phone(kept):
        raise RuleViolation("authority.phone", _(PUBLIC_PHONE))
    authority = Authority.objects.select_for_update(of=("self",), no_key=True).get(
        pk=authority_id
    )
    authority.phone = kept
    authority.save(update_fields=["phone"])
    record_act("registry", "authority-phone", {"id": authority.pk}, actor=actor, at=at)
    return authority


@transaction.atomic(durable=True)
def create_estate(
    *,
    name: str,
    division_code: str,
    actor: str,
    at: datetime,
    small_names: str = "",
    profile_code: str = "",
) -> Estate:
    """Found an estate in a 社区 or village; its residents' committee is responsible for it.

    Without `profile_code` the rules of the city are taken where they are known, else the
    province's, else the nation's.
    """
    division = Division.objects.filter(code=division_code).first()
    if division is None or division.level != 5:
        raise RuleViolation(
            "division.unknown",
            _("区划代码应当是本市社区（村）一级的 12 位代码，请核对"),
        )
    authority = Authority.objects.filter(
        division=division, valid_from__lte=local_day(at), valid_to__isnull=True
    ).first()
    if authority is None:
        raise RuleViolation(
            "authority.unknown", _("这个社区还没有登记主管机构，请先运行 load_authorities")
        )
    if not name.strip():
        raise RuleViolation("estate.unnamed", _("请填写物业管理区域的名称"))
    if len(name.strip()) > _NAME_LENGTH or not name.strip().isprintable():
        raise RuleViolation(
            "estate.name", _("物业管理区域的名称最多80个字，不能有换行等控制字符")
        )
    estate = Estate.objects.create(
        code=new_code(CODE_LENGTH, secrets.choice),
        name=name.strip(),
        small_names=small_names,
        division=division,
        authority=authority,
        profile_code=profile_code or profile_of(division.code),
    )
    record_act(
        f"registry/{estate.code}",
        "estate-founded",
        {"division": division.code},
        actor=actor,
        at=at,
    )
    return estate


class _Tree:
    """Creates what is missing and remembers who answers for which division."""

    def __init__(self, valid_from: date) -> None:
        self.valid_from = valid_from
        self.created = 0
        self.by_division: dict[str, Authority] = {}
        self.known = {
            (authority.kind, authority.name, authority.division_id): authority
            for authority in Authority.objects.filter(valid_to__isnull=True)
        }

    def authority(
        self, kind: str, name: str, division: Division | None, parent: Authority | None
    ) -> Authority:
        code = division.code if division else None
        authority = self.known.get((kind, name, code))
        if authority is None:
            authority = Authority.objects.create(
                name=name,
                kind=kind,
                division=division,
                parent=parent,
                valid_from=self.valid_from,
            )
            self.created += 1
        if code:
            self.by_division[code] = authority
        return authority


def _kind_and_name(division: Division) -> tuple[str, str]:
    if division.level == 3:
        return "district_bureau", f"{division.name}住房和城乡建设局"
    if division.level == 5:
        return "residents_committee", division.name
    if division.name.endswith("开发区"):
        return "zone_administration", f"{division.name}管委会"
    if division.name.endswith("街道"):
        return "street_office", f"{division.name}办事处"
    if division.name.endswith(("镇", "乡")):
        return "street_office", f"{division.name}人民政府"
    return "street_office", division.name


def _zones(city: str) -> Iterator[dict[str, str]]:
    with (DATA / "zones.csv").open(encoding="utf-8", newline="") as file:
        yield from (row for row in csv.DictReader(file) if row["city"] == city)


def _is_known(place: Place, division: Division | None) -> bool:
    return division is not None and (division.name, division.level, division.parent_id) == (
        place.name,
        place.level,
        place.parent or None,
    )


def profile_of(division_code: str, known: Collection[str] | None = None) -> str:
    """The nearest place above with rules of its own: anqing, zaozhuang, else national.

    `known`: codes of the profiles there are, for whoever asks for many places.
    """
    if known is None:
        known = profile_codes()
    for prefix, code in PROFILE_PLACES:
        if division_code.startswith(prefix) and code in known:
            return code
    return "national"


def profile_codes() -> frozenset[str]:
    """The codes of all rule profiles."""
    return frozenset(RuleProfile.objects.values_list("code", flat=True))


# Division prefix → profile, the narrower place first.
PROFILE_PLACES = (
    ("3408", "anqing"),
    ("3704", "zaozhuang"),
    ("34", "anhui"),
    ("37", "shandong"),
)
