"""The roll doctor: what must be settled or waived by name before a roll is frozen.

It knows rooms and people by keys; what it says names rooms only, never a person, a phone or
a number, because its findings are kept and shown to more people than the roll.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from registry.domain.documents import number_of_today
from registry.domain.rooms import collision_key, natural

MAX_SUBJECT = 200

# What each kind means and what settles it; the pages show these sentences.
KINDS: dict[str, tuple[str, str]] = {
    "several_developers": (
        "未售、已售未交付的房屋写着不止一个单位",
        "计票时这些房屋合起来算一个业主（建设单位），一人；其实是一家的请统一名称和证件号码，"
        "确是几家的请核对后写明理由",
    ),
    "area_missing": (
        "没有面积",
        "面积依次按登记簿、实测、买卖合同记载确定（建筑物区分所有权司法解释第8条）；请填写面积和来源",
    ),
    "room_collision": (
        "房号去掉分隔符后相同",
        "可能是同一套房屋写了两种房号；请核对，确是两套的写明理由",
    ),
    "joint_without_voter": (
        "共有人没有推选表决人",
        "一套房屋由几人共有的，算一人，请登记推选出的表决人；没有推选的写明理由",
    ),
    "owner_sets_overlap": (
        "有的房屋由一人所有，有的由他与别人共有",
        "默认算作不同的业主，各算一人；请按本小区的规则作出认定并写明理由",
    ),
    "two_numbers": (
        "可能是同一人的新旧证件号码",
        "15 位旧号码与 18 位号码相对应；确是同一人的请统一号码，否则写明理由",
    ),
    "identity_missing": (
        "业主没有证件号码，也没有核验",
        "请导出待核验清单，由不动产登记机构核验后导回；暂不能核验的写明理由",
    ),
    "identity_differs": ("核验结果不一致", "请更正业主信息；有权属证明的写明理由"),
    "shared_phone": (
        "几位业主登记了同一个电话",
        "投票短信会发到同一部手机；请核对，确实共用的写明理由",
    ),
    "staff_phone": (
        "业主的电话是物业服务企业人员的",
        "物业人员不能代收业主的验证码；请改为业主本人的电话，或写明理由",
    ),
    "staff_name": (
        "业主与物业服务企业人员同名",
        "请核对是否同一人，是否由物业人员顶名；核对后写明理由",
    ),
    "several_units": (
        "一位业主有几套房屋",
        "几套房屋算一人，面积相加（建筑物区分所有权司法解释第9条）；请核对后确认",
    ),
}


class Person(NamedTuple):
    """An owner of a room. Keys are keyed hashes; "" where there is nothing."""

    key: str
    name: str
    number: str
    phone_key: str
    is_voter: bool
    identity_check: str  # "", "asked", "agrees" or "differs"
    is_company: bool = False


class Room(NamedTuple):
    """A living unit that counts on a roll. `area` in 0.01 m² or None."""

    unit_id: int
    label: str
    area: int | None
    is_developers: bool  # unsold or undelivered: its buyers do not vote yet
    people: tuple[Person, ...]


class Staff(NamedTuple):
    """Somebody of the property manager."""

    name: str
    phone_key: str


class Found(NamedTuple):
    """One finding; the same facts always give the same fingerprint."""

    kind: str
    subject: str
    unit_ids: tuple[int, ...]
    fingerprint: str


def examine(rooms: Sequence[Room], staff: Sequence[Staff] = ()) -> list[Found]:
    """Everything worth settling, in the order of KINDS, then by room."""
    voting = [room for room in rooms if not room.is_developers]
    found = [
        *_developers([room for room in rooms if room.is_developers]),
        *_areas(rooms),
        *_collisions(rooms),
        *_joint_owners(voting),
        *_overlaps(voting),
        *_two_numbers(voting),
        *_identities(voting),
        *_phones(voting),
        *_staff(voting, staff),
        *_several(voting),
    ]
    order = list(KINDS)
    return sorted(found, key=lambda one: (order.index(one.kind), natural(one.subject)))


def _finding(kind: str, rooms: Iterable[Room], detail: str = "") -> Found:
    concerned = sorted(set(rooms), key=lambda room: natural(room.label))
    labels = [room.label for room in concerned]
    subject = "、".join(labels)
    if len(subject) > MAX_SUBJECT:
        shown: list[str] = []
        while len("、".join([*shown, labels[len(shown)]])) < MAX_SUBJECT - 12:
            shown.append(labels[len(shown)])
        subject = "、".join(shown) + f" 等 {len(labels)} 套"
    facts = "\x00".join([kind, detail, *labels])
    return Found(
        kind,
        subject,
        tuple(room.unit_id for room in concerned),
        sha256(facts.encode()).hexdigest(),
    )


def _developers(rooms: Sequence[Room]) -> Iterator[Found]:
    # What is unsold or undelivered is one party, the developer's, whatever names stand there.
    # Somebody who bought and waits for the keys is no developer, a company may be one.
    named = [(room, one) for room in rooms for one in room.people if one.is_company]
    numbers = {one.name: one.number for _room, one in named if one.number}
    # Without a number the key is the room's; the name says then who it is.
    companies = {one.number or numbers.get(one.name) or one.name for _room, one in named}
    if len(companies) > 1:
        keys = {one.key for _room, one in named}
        yield _finding("several_developers", [room for room, _one in named], _detail(keys))


def _areas(rooms: Iterable[Room]) -> Iterator[Found]:
    # SPC interpretation (2020) art. 8; without an area a unit has no weight.
    return (_finding("area_missing", [room]) for room in rooms if room.area is None)


def _collisions(rooms: Iterable[Room]) -> Iterator[Found]:
    alike: dict[str, list[Room]] = defaultdict(list)
    for room in rooms:
        alike[collision_key(room.label)].append(room)
    return (_finding("room_collision", group) for group in alike.values() if len(group) > 1)


def _owner_set(room: Room) -> frozenset[str]:
    return frozenset(person.key for person in room.people)


def _by_owner_set(rooms: Iterable[Room]) -> dict[frozenset[str], list[Room]]:
    sets: dict[frozenset[str], list[Room]] = defaultdict(list)
    for room in rooms:
        if room.people:
            sets[_owner_set(room)].append(room)
    return sets


def _joint_owners(rooms: Iterable[Room]) -> Iterator[Found]:
    # One head for one exclusive part (SPC interpretation art. 9): joint owners choose.
    for owners, group in _by_owner_set(rooms).items():
        chosen = [{person.key for person in room.people if person.is_voter} for room in group]
        if len(owners) > 1 and any(choice != chosen[0] or not choice for choice in chosen):
            yield _finding("joint_without_voter", group, _detail(owners))


def _overlaps(rooms: Iterable[Room]) -> Iterator[Found]:
    sets = _by_owner_set(rooms)
    holding: dict[str, list[frozenset[str]]] = defaultdict(list)
    for owners in sets:
        for owner in owners:
            holding[owner].append(owners)
    seen = set()
    for alike in holding.values():
        group = frozenset(alike)
        if len(alike) > 1 and group not in seen:
            seen.add(group)
            concerned = [room for owners in alike for room in sets[owners]]
            yield _finding("owner_sets_overlap", concerned, _detail(frozenset().union(*alike)))


def _two_numbers(rooms: Iterable[Room]) -> Iterator[Found]:
    numbers: dict[str, dict[str, list[Room]]] = defaultdict(lambda: defaultdict(list))
    for room in rooms:
        for person in room.people:
            if person.number:
                numbers[number_of_today(person.number)][person.key].append(room)
    for writings in numbers.values():
        if len(writings) > 1:
            concerned = [room for group in writings.values() for room in group]
            yield _finding("two_numbers", concerned, _detail(writings))


def _identities(rooms: Sequence[Room]) -> Iterator[Found]:
    unknown = [
        room
        for room in rooms
        if any(not one.number and one.identity_check in ("", "asked") for one in room.people)
    ]
    if unknown:
        yield _finding("identity_missing", unknown)
    for room in rooms:
        differing = [one.key for one in room.people if one.identity_check == "differs"]
        if differing:
            yield _finding("identity_differs", [room], _detail(differing))


def _phones(rooms: Iterable[Room]) -> Iterator[Found]:
    users: dict[str, dict[str, list[Room]]] = defaultdict(lambda: defaultdict(list))
    for room in rooms:
        for person in room.people:
            if person.phone_key:
                users[person.phone_key][person.key].append(room)
    for phone, owners in users.items():
        # A couple with one phone for the home they share is nobody's business.
        common = set.intersection(*(set(group) for group in owners.values()))
        if len(owners) > 1 and not common:
            yield _finding(
                "shared_phone", [room for group in owners.values() for room in group], phone
            )


def _staff(rooms: Iterable[Room], staff: Sequence[Staff]) -> Iterator[Found]:
    phones = {one.phone_key for one in staff if one.phone_key}
    names = {one.name for one in staff}
    for room in rooms:
        for person in room.people:
            if person.phone_key in phones:
                yield _finding("staff_phone", [room], person.key)
            if person.name in names:
                yield _finding("staff_name", [room], person.key)


def _several(rooms: Iterable[Room]) -> Iterator[Found]:
    # SPC interpretation art. 9: one buyer of several parts is one head; areas add up.
    for owners, group in _by_owner_set(rooms).items():
        if len(group) > 1:
            yield _finding("several_units", group, _detail(owners))


def _detail(keys: Iterable[str] | Mapping[str, object]) -> str:
    return "\x01".join(sorted(keys))
