"""待核验清单: out and back."""

import pytest

from core.errors import RuleViolation
from core.tables import read_table
from registry.models import Owner
from registry.selectors import open_findings
from registry.services.verification import HEADER, record_verification, request_verification
from tests.registry.rolls import AT, as_csv, imported, line, make_estate


@pytest.fixture
def estate(db):
    estate = make_estate()
    imported(
        estate,
        [
            line(),
            line(室号="102", 权利人="=李四", 证件号码=""),
            line(室号="103", 权利人="孙七", 证件号码=""),
        ],
    )
    return estate


def asked(estate, *, without_number_only=True):
    content = request_verification(
        estate_id=estate.pk, without_number_only=without_number_only, actor="t", at=AT
    )
    return read_table(content, "list.xlsx")


def answered(estate, rows, header=HEADER):
    return record_verification(
        estate_id=estate.pk,
        file_name="list.csv",
        content=as_csv(rows, header),
        actor="t",
        at=AT,
    )


def test_the_list_has_those_without_a_number_or_everybody(estate):
    table = asked(estate)
    assert table.header == HEADER
    assert [row.cells[1:3] for row in table.rows] == [
        ("1幢1单元102室", "=李四"),
        ("1幢1单元103室", "孙七"),
    ]
    assert len(asked(estate, without_number_only=False).rows) == 3
    assert Owner.objects.filter(identity_check="asked").count() == 3


def test_answers_come_back_and_settle_or_open_findings(estate):
    assert [one.kind for one in open_findings(estate.pk)] == ["identity_missing"]
    rows = [row.cells[:-1] for row in asked(estate).rows]
    assert answered(estate, [(*rows[0], "一致"), (*rows[1], "不一致")]) == {
        "agrees": 1,
        "differs": 1,
    }
    assert [one.kind for one in open_findings(estate.pk)] == ["identity_differs"]


def test_what_is_left_empty_stays_open(estate):
    rows = [row.cells[:-1] for row in asked(estate).rows]
    assert answered(estate, [(*rows[0], ""), (*rows[1], "一致")]) == {"agrees": 1, "differs": 0}
    assert [one.kind for one in open_findings(estate.pk)] == ["identity_missing"]


def test_every_fault_is_named_and_nothing_is_written(estate):
    rows = [list(row.cells[:-1]) for row in asked(estate).rows]
    bad = [
        ["999999", *rows[0][1:], "一致"],
        [*rows[0][:2], "别人", *rows[0][3:], "一致"],
        [*rows[1], "大概"],
        [*rows[1], "一致"],
        [*rows[1], "不一致"],
    ]
    with pytest.raises(RuleViolation) as caught:
        answered(estate, bad)
    assert [(fault.row, fault.column) for fault in caught.value.facts["faults"]] == [
        (2, "编号"),
        (3, "姓名"),
        (4, "核验结果"),
        (6, "核验结果"),
    ]
    assert not Owner.objects.filter(identity_check__in=["agrees", "differs"]).exists()


def test_another_file_is_refused(estate):
    with pytest.raises(RuleViolation) as caught:
        answered(estate, [("1", "2")], ("房号", "面积"))
    assert caught.value.code == "verification.columns"


def test_nobody_is_asked_about_twice_once_answered(estate):
    rows = [row.cells[:-1] for row in asked(estate).rows]
    answered(estate, [(*row, "一致") for row in rows])
    with pytest.raises(RuleViolation) as caught:
        asked(estate)
    assert caught.value.code == "verification.nobody"
