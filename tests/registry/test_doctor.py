"""The roll doctor, and settling what it finds."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import RuleViolation
from registry.domain.doctor import KINDS, MAX_SUBJECT, Person, Room, Staff, examine
from registry.models import Finding, Owner, Ownership, RuleProfile, Unit
from registry.selectors import current_titles, open_findings
from registry.services.findings import (
    add_manager_staff,
    reexamine_roll,
    remove_manager_staff,
    waive_finding,
    waive_findings,
)
from registry.services.titles import NewOwner, choose_voter, record_transfer, set_area
from tests.registry.rolls import AT, imported, line, make_estate, number

LATER = AT + timedelta(days=10)


def person(key, *, number=None, phone="", voter=False, check="", name=""):
    known = f"n-{key}" if number is None else number
    return Person(key, name or key, known, phone, voter, check)


def room(unit_id, label, *people, area=8950, developers=False):
    return Room(unit_id, label, area, developers, tuple(people))


def company(key, **more):
    return person(key, **more)._replace(is_company=True)


A, B = person("a"), person("b")
C, D = company("c"), company("d")

# What is on the roll, and the kinds of what must be found: nothing else may be.
CASES = [
    ([room(1, "1幢101室", A), room(2, "1幢102室", B)], []),
    ([room(1, "1幢101室", A, area=None)], ["area_missing"]),
    ([room(1, "1幢101室", area=None, developers=True)], ["area_missing"]),
    ([room(1, "1幢11单元1室", A), room(2, "11幢1单元1室", B)], ["room_collision"]),
    ([room(1, "1-11-1", A), room(2, "11-1-1", B)], ["room_collision"]),
    ([room(1, "1幢101室", A, B)], ["joint_without_voter"]),
    ([room(1, "1幢101室", person("a", voter=True), B)], []),
    ([room(1, "1幢101室", A, B, developers=True)], []),
    (
        [room(1, "1幢101室", person("a", voter=True), B), room(2, "1幢102室", A, B)],
        ["joint_without_voter", "several_units"],
    ),
    ([room(1, "1幢101室", A), room(2, "1幢102室", A)], ["several_units"]),
    ([room(1, "1幢101室", A), room(2, "1幢102室", A, developers=True)], []),
    (
        [room(1, "1幢101室", A), room(2, "1幢102室", person("a", voter=True), B)],
        ["owner_sets_overlap"],
    ),
    (
        [
            room(1, "1幢101室", person("a", number="999999900101001")),
            room(2, "1幢102室", person("b", number="999999199001010016")),
        ],
        ["two_numbers"],
    ),
    ([room(1, "1幢101室", person("a", number=""))], ["identity_missing"]),
    ([room(1, "1幢101室", person("a", number="", check="asked"))], ["identity_missing"]),
    ([room(1, "1幢101室", person("a", number="", check="agrees"))], []),
    ([room(1, "1幢101室", person("a", check="differs"))], ["identity_differs"]),
    (
        [
            room(1, "1幢101室", person("a", phone="p")),
            room(2, "1幢102室", person("b", phone="p")),
        ],
        ["shared_phone"],
    ),
    ([room(1, "1幢101室", person("a", phone="p", voter=True), person("b", phone="p"))], []),
    ([room(1, "1幢101室", person("a", phone="s"))], ["staff_phone"]),
    ([room(1, "1幢101室", person("a", name="物业员"))], ["staff_name"]),
    ([room(n, f"{n}幢1室", one, developers=True) for n, one in enumerate((C, C, A, B))], []),
    (
        [room(n, f"{n}幢1室", one, developers=True) for n, one in enumerate((C, D))],
        ["several_developers"],
    ),
    ([room(1, "1幢101室", C, developers=True), room(2, "1幢102室", D)], []),
    (  # without a number the name tells, and a number found once goes for all of that name
        [
            room(1, "1幢101室", company("e", number="", name="甲公司"), developers=True),
            room(2, "1幢102室", company("f", number="", name="甲公司"), developers=True),
            room(3, "1幢103室", company("g", name="甲公司"), developers=True),
        ],
        [],
    ),
    (
        [
            room(1, "1幢101室", company("e", number="", name="甲公司"), developers=True),
            room(2, "1幢102室", company("f", number="", name="乙公司"), developers=True),
        ],
        ["several_developers"],
    ),
]


@pytest.mark.parametrize(("rooms", "kinds"), CASES)
def test_exactly_what_is_wrong_is_found(rooms, kinds):
    found = examine(rooms, [Staff("物业员", "s")])
    assert [one.kind for one in found] == kinds


def test_two_numbers_needs_the_check_digit_of_the_longer_one():
    rooms = [
        room(1, "1幢101室", person("a", number="999999900101001")),
        room(2, "1幢102室", person("b", number="999999199001010010")),
    ]
    assert examine(rooms) == []


def test_a_finding_names_rooms_and_nobody():
    rooms = [
        room(number, f"{number}幢101室", person("甲某", phone="p")) for number in range(1, 60)
    ]
    rooms += [room(100, "100幢101室", person("乙某", phone="p"))]
    for one in examine(rooms):
        assert "某" not in one.subject
        assert len(one.subject) <= MAX_SUBJECT
    several = next(one for one in examine(rooms) if one.kind == "several_units")
    assert several.subject.startswith("1幢101室、2幢101室、")
    assert several.subject.endswith(" 等 59 套")
    assert len(several.unit_ids) == 59


def test_the_fingerprint_follows_the_facts_and_not_their_order():
    rooms = [room(1, "1幢101室", A), room(2, "1幢102室", A)]
    (one,), (same,) = examine(rooms), examine(list(reversed(rooms)))
    assert one.fingerprint == same.fingerprint
    (other,) = examine([*rooms, room(3, "1幢103室", A)])
    assert other.fingerprint != one.fingerprint


def test_every_kind_says_what_it_is_and_what_settles_it():
    assert {kind for _rooms, kinds in CASES for kind in kinds} == set(KINDS)
    assert all(title and advice for title, advice in KINDS.values())


# --- with the registry -------------------------------------------------------------


@pytest.fixture
def estate(db):
    return make_estate()


JOINT = line(
    室号="201", 权利人="张三、李四", 证件号码=f"{number(8)}、{number(9)}", 共有情况="共同共有"
)


def kinds(estate):
    return [finding.kind for finding in open_findings(estate.pk)]


def test_a_correction_settles_and_its_return_opens_again(estate):
    imported(estate, [line(**{"建筑面积(㎡)": ""})])
    assert kinds(estate) == ["area_missing"]
    unit = set_area(
        unit_id=Unit.objects.get().pk, area="89.50", source="survey", actor="t", at=LATER
    )
    assert (unit.area, unit.area_source, kinds(estate)) == (8950, "survey", [])
    finding = Finding.objects.get()
    assert (finding.state, finding.decided_at) == ("settled", LATER)
    Unit.objects.update(area=None)
    assert reexamine_roll(estate_id=estate.pk, actor="t", at=LATER) == 1
    assert Finding.objects.get().state == "open"


@pytest.mark.parametrize(
    ("area", "source", "code"),
    [("0", "survey", "area.zero"), ("89.50+12.30", "survey", "area.not_a_number"),
     ("89.5", "guess", "area.source")],
)  # fmt: skip
def test_an_area_is_written_with_its_source_or_not_at_all(estate, area, source, code):
    imported(estate, [line(**{"建筑面积(㎡)": ""})])
    with pytest.raises(RuleViolation) as caught:
        set_area(unit_id=Unit.objects.get().pk, area=area, source=source, actor="t", at=AT)
    assert caught.value.code == code
    assert Unit.objects.get().area is None


def test_a_waiver_holds_while_the_facts_do(estate):
    imported(estate, [line(), line(室号="102")])
    (finding,) = open_findings(estate.pk)
    waive_finding(finding_id=finding.pk, reason="核对过不动产登记簿", actor="u:1", at=LATER)
    assert kinds(estate) == []
    finding.refresh_from_db()
    assert (finding.reason, finding.decided_by) == ("核对过不动产登记簿", "u:1")
    reexamine_roll(estate_id=estate.pk, actor="t", at=LATER)
    assert kinds(estate) == []
    imported(estate, [line(), line(室号="102"), line(室号="103")], at=LATER)
    assert kinds(estate) == ["several_units"]


@pytest.mark.parametrize("reason", ["", "  ", "长" * 301])
def test_a_waiver_needs_a_reason(estate, reason):
    imported(estate, [line(), line(室号="102")])
    with pytest.raises(RuleViolation):
        waive_finding(finding_id=Finding.objects.get().pk, reason=reason, actor="t", at=AT)
    assert kinds(estate) == ["several_units"]


def test_findings_of_another_estate_are_not_waived_here(estate):
    imported(estate, [line(), line(室号="102")])
    with pytest.raises(RuleViolation):
        waive_findings(
            estate_id=make_estate("别的").pk,
            finding_ids=[Finding.objects.get().pk],
            reason="核对过了",
            actor="t",
            at=AT,
        )


def test_a_scope_is_only_blocked_by_its_own_rooms(estate):
    imported(
        estate,
        [line(**{"建筑面积(㎡)": ""}), line(幢号="2", 权利人="李四", 证件号码=number(2))],
    )
    first, second = (
        {"building": Unit.objects.get(building__name=name).building_id, "entrance": None}
        for name in ("1幢", "2幢")
    )
    assert [one.kind for one in open_findings(estate.pk, [first])] == ["area_missing"]
    assert open_findings(estate.pk, [second]) == []
    assert [unit.label for unit in current_titles(estate.pk, [second])] == ["2幢1单元101室"]
    assert current_titles(estate.pk, [{**second, "entrance": "9"}]) == []


def test_joint_owners_choose_for_all_their_units_at_once(estate):
    again = line(
        室号="202",
        权利人="李四、张三",
        证件号码=f"{number(9)}、{number(8)}",
        共有情况="共同共有",
    )
    imported(estate, [JOINT, again])
    assert "joint_without_voter" in kinds(estate)
    chosen = Owner.objects.order_by("pk").first()
    count = choose_voter(
        unit_id=Unit.objects.get(room="201").pk, owner_id=chosen.pk, actor="t", at=LATER
    )
    assert count == 2
    assert kinds(estate) == ["several_units"]
    for unit in current_titles(estate.pk):
        assert [owner.owner_id for owner in unit.owners if owner.is_voter] == [chosen.pk]


def test_only_an_owner_of_the_unit_votes_for_it(estate):
    imported(estate, [JOINT, line()])
    stranger = Ownership.objects.get(unit__room="101").owner_id
    with pytest.raises(RuleViolation):
        choose_voter(
            unit_id=Unit.objects.get(room="201").pk, owner_id=stranger, actor="t", at=AT
        )


def test_a_sole_owner_needs_no_choice(estate):
    imported(estate, [line()])
    assert current_titles(estate.pk)[0].owners[0].is_voter


def test_staff_of_the_property_manager_are_found_among_the_owners(estate):
    imported(
        estate,
        [line(联系电话="10000000001"), line(室号="102", 权利人="李四", 证件号码=number(2))],
    )
    add_manager_staff(
        estate_id=estate.pk, name="周某", phone="+86 100-0000 0001", actor="t", at=AT
    )
    other = add_manager_staff(estate_id=estate.pk, name="李四", phone="", actor="t", at=AT)
    assert kinds(estate) == ["staff_name", "staff_phone"]
    remove_manager_staff(estate_id=estate.pk, staff_id=other.pk, actor="t", at=AT)
    assert kinds(estate) == ["staff_phone"]


def test_parking_spaces_concern_nobody_until_the_rules_count_them(estate):
    imported(estate, [line(), line(室号="1", 规划用途="车位", **{"建筑面积(㎡)": ""})])
    assert kinds(estate) == []
    RuleProfile.objects.create(
        code="national",
        title="全国",
        valid_from=timezone.localdate(AT),
        values={"parking": {"value": "full", "clause": "议事规则", "verified": True}},
    )
    reexamine_roll(estate_id=estate.pk, actor="t", at=AT)
    assert sorted(kinds(estate)) == ["area_missing", "several_units"]


def test_common_rooms_are_on_no_roll(estate):
    imported(estate, [line(), line(室号="102", 权利人="", 证件号码="", 规划用途="物业用房")])
    assert [unit.room for unit in current_titles(estate.pk)] == ["101"]


# --- transfers ---------------------------------------------------------------------


def transfer(estate, **changes):
    given = {
        "unit_id": Unit.objects.get(room="101").pk,
        "owners": [NewOwner("赵六", number(3))],
        "basis": "register",
        "on": timezone.localdate(LATER),
        "actor": "t",
        "at": LATER,
    }
    return record_transfer(**{**given, **changes})


def test_title_passes_on_a_day_and_the_history_stays(estate):
    imported(estate, [line()])
    transfer(estate)
    assert [(owner.name) for owner in current_titles(estate.pk)[0].owners] == ["赵六"]
    old = Ownership.objects.order_by("pk").first()
    assert old.valid_to == timezone.localdate(LATER)


def test_handing_over_makes_the_buyer_the_owner(estate):
    imported(estate, [line(权利人="", 证件号码="", 状态="已售未交付")])
    transfer(estate, basis="possession")
    assert Unit.objects.get().status == "delivered"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"owners": []}, "transfer.owners"),
        (
            {"owners": [NewOwner("赵六", number(3)), NewOwner("赵六", number(3))]},
            "transfer.owners",
        ),
        ({"owners": [NewOwner(" ", number(3))]}, "transfer.unnamed"),
        ({"owners": [NewOwner("赵六", "9.99E+17")]}, "transfer.number"),
        ({"owners": [NewOwner("赵六", number(1))]}, "transfer.name"),
        ({"basis": "guess"}, "transfer.basis"),
        ({"on": timezone.localdate(AT) - timedelta(days=1)}, "transfer.before"),
        ({"on": timezone.localdate(LATER) + timedelta(days=1)}, "transfer.future"),
    ],
)
def test_a_transfer_that_cannot_be_changes_nothing(estate, changes, code):
    imported(estate, [line()])
    with pytest.raises(RuleViolation) as caught:
        transfer(estate, **changes)
    assert caught.value.code == code
    assert Ownership.objects.get().valid_to is None


def test_two_developers_block_a_roll_until_somebody_says_why(estate):
    unsold = {"证件种类": "统一社会信用代码", "状态": "未售"}
    imported(
        estate,
        [
            line(),
            line(室号="102", 权利人="甲置业公司", 证件号码="91999999MA00000018", **unsold),
            line(室号="103", 权利人="乙置业公司", 证件号码="91999999MA00000026", **unsold),
        ],
    )
    [finding] = open_findings(estate.pk)
    assert finding.kind == "several_developers"
    assert finding.subject == "1幢1单元102室、1幢1单元103室"
    waive_finding(finding_id=finding.pk, reason="两家联合开发，已核对", actor="u:1", at=LATER)
    assert open_findings(estate.pk) == []
