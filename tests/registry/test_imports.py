"""Previewed, confirmed, undone: what reaches the registry, and what never does."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RuleViolation
from core.tables import read_table
from logbook.models import Entry
from registry.models import Building, Finding, Owner, Ownership, RollImport, Unit
from registry.selectors import (
    FAULT_COLUMN,
    current_titles,
    faults_workbook,
    registry_of,
    roll_preview,
)
from registry.services.imports import (
    confirm_import,
    correct_cells,
    drop_import,
    map_columns,
    preview_import,
    undo_import,
)
from registry.services.titles import NewOwner, choose_voter, record_transfer
from tests.registry.rolls import (
    AT,
    HEADER,
    as_csv,
    as_xlsx,
    imported,
    line,
    make_estate,
    number,
    previewed,
    roll_lines,
)
from voting.models import Party, PartyUnit, Session

LATER = AT + timedelta(days=10)
AREA = "建筑面积(㎡)"

pytestmark = pytest.mark.django_db


@pytest.fixture
def estate():
    return make_estate()


def everything(estate):
    """All rows of an estate as plain values, to compare before and after."""
    return (
        sorted(Building.objects.filter(estate=estate).values_list()),
        sorted(Unit.objects.filter(estate=estate).values_list()),
        sorted(Owner.objects.filter(estate=estate).values_list()),
        sorted(Ownership.objects.filter(unit__estate=estate).values_list(), key=repr),
    )


def counts(roll_import):
    return tuple(roll_import.summary[name] for name in ("new", "changed", "unchanged", "gone"))


TWO = [line(), line(室号="102", 权利人="李四", 证件号码=number(2))]


# --- preview and confirm -----------------------------------------------------------


def test_a_preview_writes_no_unit_and_no_owner_and_keeps_the_file_encrypted(estate):
    kept = previewed(estate, TWO)
    assert counts(kept) == (2, 0, 0, 0)
    assert not Unit.objects.exists()
    assert not Owner.objects.exists()
    raw = bytes(RollImport.objects.get(pk=kept.pk).rows)
    assert number(1).encode() not in raw
    assert "李四".encode() not in raw


def test_confirming_writes_units_owners_and_titles(estate):
    done = imported(estate, [line(权利人="张三、李四", 证件号码=f"{number(1)}、{number(2)}",
                                  共有情况="1/3、2/3", 联系电话="10000000001")])  # fmt: skip
    assert done.state == "confirmed"
    (unit,) = current_titles(estate.pk)
    assert (unit.label, unit.area, unit.use) == ("1幢1单元101室", 8950, "residential")
    assert [
        (owner.name, owner.document_number, owner.share_text, owner.phone, owner.is_voter)
        for owner in unit.owners
    ] == [
        ("张三", number(1), "1/3", "10000000001", False),
        ("李四", number(2), "2/3", "", False),
    ]
    title = Ownership.objects.first()
    assert (title.valid_from, title.valid_to) == (timezone.localdate(AT), None)


def test_one_owner_of_two_units_is_one_owner(estate):
    imported(estate, [line(), line(室号="102")])
    assert Owner.objects.count() == 1
    assert Ownership.objects.count() == 2


def test_namesakes_without_numbers_are_two_owners(estate):
    imported(estate, [line(证件号码=""), line(室号="102", 证件号码="")])
    assert Owner.objects.count() == 2


def test_the_same_file_again_changes_nothing(estate):
    imported(estate, roll_lines(30))
    before = everything(estate)
    again = imported(estate, roll_lines(30), at=LATER)
    assert counts(again) == (0, 0, 30, 0)
    assert everything(estate) == before


def test_the_order_of_rows_and_columns_does_not_matter(estate):
    imported(estate, roll_lines(30))
    order = list(reversed(range(len(HEADER))))
    content = as_csv(
        [[row[place] for place in order] for row in reversed(roll_lines(30))],
        [HEADER[place] for place in order],
    )
    kept = preview_import(
        estate_id=estate.pk, file_name="a.csv", content=content, mapping=None, actor="t", at=AT
    )
    assert counts(kept) == (0, 0, 30, 0)


def test_nothing_is_written_while_a_row_has_a_fault(estate):
    kept = previewed(estate, [line(), line(室号="102", **{AREA: "89.50+12.30"})])
    with pytest.raises(RuleViolation) as caught:
        confirm_import(import_id=kept.pk, actor="t", at=AT)
    assert caught.value.code == "import.faults"
    assert not Unit.objects.exists()


def test_a_typed_correction_settles_a_fault_and_is_counted_in_the_log(estate):
    kept = previewed(estate, [line(**{AREA: "89.50+12.30"})])
    fixed = correct_cells(
        import_id=kept.pk, corrections={(2, AREA): "101.80"}, actor="t", at=AT
    )
    assert fixed.summary["faults"] == 0
    confirm_import(import_id=kept.pk, actor="t", at=AT)
    assert Unit.objects.get().area == 10180
    assert b'"corrected":1' in bytes(Entry.objects.get(kind="roll-cells-corrected").line)


def test_the_log_of_an_import_holds_no_personal_data(estate):
    imported(estate, [line(联系电话="10000000001")])
    lines = b"".join(bytes(entry.line) for entry in Entry.objects.all())
    for private in ("王五", number(1), "10000000001", "101室"):
        assert private.encode() not in lines


def test_a_registry_that_moved_since_the_preview_refuses_the_import(estate):
    imported(estate, TWO)
    kept = previewed(estate, [line(), line(室号="103", 证件号码=number(3), 权利人="赵六")])
    imported(estate, [*TWO, line(室号="104", 证件号码=number(4), 权利人="孙七")], at=LATER)
    before = everything(estate)
    with pytest.raises(RuleViolation) as caught:
        confirm_import(import_id=kept.pk, actor="t", at=LATER)
    assert caught.value.code == "import.stale"
    assert everything(estate) == before


def test_a_preview_is_confirmed_once(estate):
    kept = previewed(estate, TWO)
    confirm_import(import_id=kept.pk, actor="t", at=AT)
    for act in (confirm_import, drop_import):
        with pytest.raises(RuleViolation) as caught:
            act(import_id=kept.pk, actor="t", at=AT)
        assert caught.value.code == "import.not_previewed"


def test_a_dropped_preview_keeps_nothing_of_the_file(estate):
    kept = drop_import(import_id=previewed(estate, TWO).pk, actor="t", at=AT)
    assert (kept.state, bytes(kept.rows)) == ("dropped", b"")


def test_an_empty_roll_is_refused(estate):
    kept = previewed(estate, [])
    with pytest.raises(RuleViolation) as caught:
        confirm_import(import_id=kept.pk, actor="t", at=AT)
    assert caught.value.code == "import.empty"


# --- differences -------------------------------------------------------------------


def test_a_sale_closes_one_title_and_opens_another(estate):
    imported(estate, TWO)
    done = imported(estate, [line(权利人="赵六", 证件号码=number(3)), TWO[1]], at=LATER)
    assert counts(done) == (0, 1, 1, 0)
    closed, opened = Ownership.objects.filter(unit__room="101").order_by("pk")
    assert (closed.owner.name, closed.valid_to) == ("王五", timezone.localdate(LATER))
    assert (opened.owner.name, opened.valid_from) == ("赵六", timezone.localdate(LATER))


def test_a_unit_no_longer_listed_is_gone_but_kept(estate):
    imported(estate, TWO)
    done = imported(estate, TWO[:1], at=LATER)
    assert counts(done) == (0, 0, 1, 1)
    assert [unit.label for unit in current_titles(estate.pk)] == ["1幢1单元101室"]
    gone = Unit.objects.get(room="102")
    assert not gone.is_active
    assert gone.ownerships.get().valid_to == timezone.localdate(LATER)


@pytest.mark.parametrize(
    ("living", "kept", "many"),
    [(99, 79, True), (100, 80, True), (101, 81, False), (99, 80, False), (20, 1, False)],
)
def test_many_units_go_only_where_somebody_says_so(estate, living, kept, many):
    rows = roll_lines(living)
    imported(estate, rows)
    look = previewed(estate, rows[:kept])
    if many:
        with pytest.raises(RuleViolation) as refused:
            confirm_import(import_id=look.pk, actor="clerk", at=AT)
        assert refused.value.code == "import.retires_many"
        assert f"现有 {living} 套" in str(refused.value)
        assert f"其中的 {living - kept} 套" in str(refused.value)
        assert Unit.objects.filter(is_active=True).count() == living
    confirm_import(import_id=look.pk, actor="clerk", at=AT, retiring=many)
    assert Unit.objects.filter(is_active=True).count() == kept


def test_a_file_of_a_part_leaves_the_rest_alone(estate):
    imported(estate, TWO)
    done = imported(estate, [line(**{AREA: "90"})], at=LATER, whole=False)
    assert counts(done) == (0, 1, 0, 0)
    assert len(current_titles(estate.pk)) == 2


def test_an_empty_cell_erases_nothing(estate):
    imported(estate, [line(不动产单元号="U1", 联系电话="10000000001", 规划用途="商业")])
    sparse = line(
        不动产单元号="", 联系电话="", 规划用途="", 面积来源="", 取得方式="", **{AREA: ""}
    )
    done = imported(estate, [sparse], at=LATER)
    assert counts(done) == (0, 0, 1, 0)
    (unit,) = current_titles(estate.pk)
    assert (unit.area, unit.use, unit.owners[0].phone) == (8950, "shop", "10000000001")


def test_a_number_found_later_keeps_the_title(estate):
    imported(estate, [line(证件号码="")])
    imported(estate, [line(证件号码=number(7))], at=LATER)
    title = Ownership.objects.get()
    assert title.valid_to is None
    assert title.owner.document_number == number(7)
    assert Owner.objects.count() == 1


def test_a_number_found_later_that_another_unit_has_joins_that_owner(estate):
    imported(estate, [line(), line(室号="102", 证件号码="")])
    imported(estate, [line(), line(室号="102")], at=LATER)
    numbered = Owner.objects.get(document_kind="身份证", document_hash=_key(1))
    assert {unit.owners[0].owner_id for unit in current_titles(estate.pk)} == {numbered.pk}


def _key(serial):
    from registry.selectors import document_key

    return document_key("", "", number(serial))


def test_a_renumbered_room_is_the_same_unit_by_its_registry_number(estate):
    imported(estate, [line(不动产单元号="U1")])
    unit = Unit.objects.get()
    done = imported(estate, [line(不动产单元号="U1", 室号="108")], at=LATER)
    assert counts(done) == (0, 1, 0, 0)
    unit.refresh_from_db()
    assert unit.label == "1幢1单元108室"


def test_an_unsold_unit_that_has_an_owner_now_is_delivered(estate):
    imported(estate, [line(权利人="", 证件号码="", 状态="未售")])
    imported(estate, [line(状态="")], at=LATER)
    assert Unit.objects.get().status == "delivered"


def test_new_joint_owners_choose_their_voter_again(estate):
    both = line(权利人="张三、李四", 证件号码=f"{number(1)}、{number(2)}", 共有情况="共同共有")
    imported(estate, [both])
    unit = Unit.objects.get()
    choose_voter(
        unit_id=unit.pk, owner_id=Owner.objects.get(document_hash=_key(1)).pk, actor="t", at=AT
    )
    assert not Finding.objects.filter(kind="joint_without_voter", state="open").exists()
    imported(
        estate,
        [line(权利人="张三、赵六", 证件号码=f"{number(1)}、{number(3)}", 共有情况="共同共有")],
        at=LATER,
    )
    assert not Ownership.objects.filter(valid_to__isnull=True, is_voter=True).exists()
    assert Finding.objects.filter(kind="joint_without_voter", state="open").exists()


# --- undo --------------------------------------------------------------------------


CHANGED = [
    line(**{AREA: "91.00"}, 权利人="赵六", 证件号码=number(3)),
    line(室号="103", 幢号="2幢", 权利人="孙七", 证件号码=number(4)),
]


@pytest.mark.parametrize("second", [CHANGED, TWO[:1], [], [*TWO, *CHANGED[1:]]])
def test_undoing_restores_everything_exactly(estate, second):
    imported(estate, TWO)
    before = everything(estate)
    if not second:
        second = [line(权利人="王五", 证件号码=number(1), 面积来源="实测"), TWO[1]]
    done = imported(estate, second, at=LATER)
    assert everything(estate) != before
    undone = undo_import(import_id=done.pk, actor="t", at=LATER)
    assert everything(estate) == before
    assert (undone.state, bytes(undone.undo)) == ("undone", b"")


rolls = st.lists(
    st.tuples(
        st.sampled_from(["101", "102", "103"]),
        st.sampled_from(["", "1", "2", "3"]),
        st.sampled_from(["60", "70", ""]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda unit: unit[0],
)


def as_lines(roll):
    return [
        line(
            室号=room,
            权利人=f"业{person or '零'}主",
            证件号码=number(int(person)) if person else "",
            **{AREA: area},
        )
        for room, person, area in roll
    ]


@settings(max_examples=25, deadline=None)
@given(first=rolls, second=rolls)
def test_any_two_rolls_import_undo_and_import_again(first, second):
    estate = make_estate()
    imported(estate, as_lines(first))
    before = everything(estate)
    done = imported(estate, as_lines(second), at=LATER)
    standing = {
        (unit.label, owner.name, owner.document_number)
        for unit in current_titles(estate.pk)
        for owner in unit.owners
    }
    for room, person, _area in second:
        wanted = f"业{person or '零'}主"
        assert any(
            label == f"1幢1单元{room}室" and name == wanted for label, name, _n in standing
        )
    assert len({label for label, _name, _number in standing}) == len(second)
    assert counts(previewed(estate, as_lines(second), at=LATER))[0] == 0
    undo_import(import_id=done.pk, actor="t", at=LATER)
    assert everything(estate) == before


def test_an_import_cannot_be_undone_once_the_roll_moved_on(estate):
    first = imported(estate, TWO)
    record_transfer(
        unit_id=Unit.objects.get(room="101").pk,
        owners=[NewOwner("赵六", number(3))],
        basis="register",
        on=timezone.localdate(LATER),
        actor="t",
        at=LATER,
    )
    with pytest.raises(RuleViolation) as caught:
        undo_import(import_id=first.pk, actor="t", at=LATER)
    assert caught.value.code == "import.changed_since"


def test_an_import_a_frozen_session_rests_on_cannot_be_undone(estate):
    done = imported(estate, TWO)
    session = Session.objects.create(
        estate=estate, code="S", title="会议", organiser_kind="owners_committee",
        organiser="业委会", contact_phone="0", created_by="t", created_at=AT,
    )  # fmt: skip
    party = Party.objects.create(
        session=session, number=1, area=8950, why="one_unit", commitment="", key="k",
        serial="s", current_key="k",
    )  # fmt: skip
    PartyUnit.objects.create(
        party=party, unit=Unit.objects.get(room="101"), label="", building="", area=8950
    )
    with pytest.raises(RuleViolation) as caught:
        undo_import(import_id=done.pk, actor="t", at=LATER)
    assert caught.value.code == "import.in_use"
    assert Unit.objects.count() == 2


def test_only_a_confirmed_import_is_undone_and_only_once(estate):
    kept = previewed(estate, TWO)
    with pytest.raises(RuleViolation):
        undo_import(import_id=kept.pk, actor="t", at=AT)
    confirm_import(import_id=kept.pk, actor="t", at=AT)
    undo_import(import_id=kept.pk, actor="t", at=AT)
    with pytest.raises(RuleViolation):
        undo_import(import_id=kept.pk, actor="t", at=AT)


# --- columns and faults ------------------------------------------------------------


ODD = ("门牌", "多大", "谁家", "号")


def odd(estate, mapping=None):
    return preview_import(
        estate_id=estate.pk,
        file_name="odd.csv",
        content=as_csv([("3-2-501", "89.5", "王五", number(1))], ODD),
        mapping=mapping,
        actor="t",
        at=AT,
    )


def test_columns_nobody_knows_are_mapped_once_and_remembered(estate):
    kept = odd(estate)
    assert kept.summary["mapping_faults"] == 3
    with pytest.raises(RuleViolation):
        confirm_import(import_id=kept.pk, actor="t", at=AT)
    mapping = {"room": "门牌", "area": "多大", "owners": "谁家", "document_number": "号"}
    mapped = map_columns(import_id=kept.pk, mapping=mapping, actor="t", at=AT)
    assert counts(mapped) == (1, 0, 0, 0)
    assert odd(estate).mapping == mapping


def test_columns_mapped_at_one_estate_steer_no_file_of_another(estate):
    """Or an organiser elsewhere says where this estate's phones and shares are read from."""
    other = make_estate()
    mapping = {"room": "门牌", "area": "多大", "owners": "谁家", "document_number": "号"}
    map_columns(import_id=odd(other).pk, mapping=mapping, actor="t", at=AT)
    assert odd(estate).mapping != mapping
    assert odd(other).mapping == mapping


def test_the_file_comes_back_with_its_reasons_and_can_go_in_again(estate):
    bad = [line(), line(室号="102", 权利人="=1+1", 证件号码="", **{AREA: "-1"})]
    kept = previewed(estate, bad)
    back = read_table(faults_workbook(kept), "back.xlsx")
    assert back.header == (*HEADER, FAULT_COLUMN)
    assert [row.cells[:-1] for row in back.rows] == bad
    assert back.rows[0].cells[-1] == ""
    assert "面积不能为负数" in back.rows[1].cells[-1]
    again = preview_import(
        estate_id=estate.pk, file_name="back.xlsx", content=faults_workbook(kept),
        mapping=None, actor="t", at=AT,
    )  # fmt: skip
    assert again.summary["faults"] == kept.summary["faults"]


def test_all_faults_of_all_rows_come_at_once(estate):
    rows = [
        line(室号=str(100 + index), **{AREA: "x"}, 证件号码="9.9E+17") for index in range(50)
    ]
    kept = previewed(estate, rows)
    assert kept.summary["faults"] == 100
    assert {fault.row for fault in roll_preview(kept).faults} == set(range(2, 52))


# --- files that are none -----------------------------------------------------------


def bomb():
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", lambda: b""),
        ("a.csv", lambda: b"  \n"),
        ("a.xlsx", lambda: b"MZ\x90\x00" * 100),
        ("a.csv", lambda: "房号".encode("utf-16")),
        ("a.xlsx", bomb),
        ("a.csv", lambda: as_csv([("x",) * 3] * 200_000, ("房号", "面积", "业主"))),
        ("a.pdf", lambda: b"%PDF-1.7"),
        ("a.xlsx", lambda: as_xlsx([line()])[:-200]),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(estate, name, content):
    with pytest.raises(RuleViolation) as caught:
        preview_import(
            estate_id=estate.pk, file_name=name, content=content(), mapping=None,
            actor="t", at=AT,
        )  # fmt: skip
    assert caught.value.code.startswith("table.")
    assert str(caught.value)
    assert not RollImport.objects.exists()


def test_an_estate_with_a_failing_write_keeps_its_old_state(estate, monkeypatch):
    imported(estate, TWO)
    before = everything(estate)
    kept = previewed(estate, [*TWO, *CHANGED[1:]], at=LATER)

    def fail(*_args, **_more):
        raise RuntimeError

    monkeypatch.setattr("registry.services.imports.examine_roll", fail)
    with pytest.raises(RuntimeError):
        confirm_import(import_id=kept.pk, actor="t", at=LATER)
    assert everything(estate) == before
    assert RollImport.objects.get(pk=kept.pk).state == "previewed"


def test_the_digest_follows_the_roll_and_not_who_votes(estate):
    both = line(权利人="张三、李四", 证件号码=f"{number(1)}、{number(2)}", 共有情况="共同共有")
    imported(estate, [both])
    _registry, first = registry_of(estate.pk)
    choose_voter(
        unit_id=Unit.objects.get().pk, owner_id=Owner.objects.first().pk, actor="t", at=AT
    )
    assert registry_of(estate.pk)[1] == first
    Unit.objects.update(area=1)
    assert registry_of(estate.pk)[1] != first
