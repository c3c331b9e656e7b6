"""待核验清单: owners go out to the registration authority and come back 一致 or 不一致."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import RuleViolation
from core.tables import Table, read_table
from logbook.steps import record_act
from registry.domain.rows import Fault
from registry.domain.sheets import workbook
from registry.former import known
from registry.models import Estate, Owner, Ownership
from registry.steps import examine_roll

HEADER = ("编号", "房号", "姓名", "证件种类", "证件号码", "核验结果")
ANSWERS = {"一致": "agrees", "不一致": "differs"}


class _Line(NamedTuple):
    owner_id: int
    rooms: str
    name: str
    document_kind: str
    document_number: str


@transaction.atomic(durable=True)
def request_verification(
    *, estate_id: int, without_number_only: bool, actor: str, at: datetime
) -> bytes:
    """The list as .xlsx, last column empty; its owners are marked as asked about.

    Present owners nobody has verified yet; all of them, or those without a number. Refused
    where there is nobody to ask about.
    """
    estate = Estate.objects.select_for_update(no_key=True).get(pk=estate_id)
    lines = [
        line for line in _lines(estate) if not (without_number_only and line.document_number)
    ]
    if not lines:
        raise RuleViolation("verification.nobody", _("没有需要核验的业主"))
    asked = [line.owner_id for line in lines]
    Owner.objects.filter(estate=estate, pk__in=asked, identity_check="").update(
        identity_check="asked"
    )
    facts = {"owners": len(lines)}
    record_act(f"registry/{estate.code}", "verification-asked", facts, actor=actor, at=at)
    rows = [(str(line.owner_id), *line[1:], "") for line in lines]
    return workbook(HEADER, rows, title="待核验清单", widths=(10, 40, 16, 16, 24, 12))


def record_verification(
    *, estate_id: int, file_name: str, content: bytes, actor: str, at: datetime
) -> dict[str, int]:
    """Take the list back; returns how many agree and differ. Rows left empty stay open.

    RuleViolation "verification.faults" with `faults` (row, column, reason) for all of them;
    then nothing is written.
    """
    table = read_table(content, file_name)
    missing = [name for name in ("编号", "姓名", "核验结果") if name not in table.header]
    if missing:
        raise RuleViolation(
            "verification.columns",
            _("表头缺少 %(columns)s，请用导出的清单填写") % {"columns": "、".join(missing)},
        )
    with transaction.atomic(durable=True):
        estate = Estate.objects.select_for_update(no_key=True).get(pk=estate_id)
        answers, faults = _answers(table, estate)
        if faults:
            raise RuleViolation(
                "verification.faults",
                _("清单有 %(count)s 处错误，没有写入任何内容") % {"count": len(faults)},
                faults=faults,
            )
        for answer in ANSWERS.values():
            owners = [pk for pk, given in answers.items() if given == answer]
            for start in range(0, len(owners), 500):
                Owner.objects.filter(pk__in=owners[start : start + 500]).update(
                    identity_check=answer
                )
        counts = Counter(answers.values())
        result = {answer: counts[answer] for answer in ANSWERS.values()}
        examine_roll(estate, at=at)
        record_act(
            f"registry/{estate.code}", "verification-answered", result, actor=actor, at=at
        )
    return result


def _lines(estate: Estate) -> list[_Line]:
    rooms: dict[int, list[str]] = defaultdict(list)
    titles = (
        Ownership.objects.filter(
            unit__estate=estate,
            unit__is_active=True,
            valid_to__isnull=True,
            owner__identity_check__in=["", "asked"],
        )
        .order_by("unit_id")
        .values_list("owner_id", "unit__label")
    )
    for owner_id, label in titles:
        rooms[owner_id].append(label)
    return [
        _Line(
            owner.pk,
            "、".join(rooms[owner.pk]),
            owner.name,
            owner.document_kind,
            owner.document_number,
        )
        for owner in Owner.objects.filter(estate=estate).order_by("pk")
        if owner.pk in rooms
    ]


def _answers(table: Table, estate: Estate) -> tuple[dict[int, str], list[Fault]]:
    column = {name: table.header.index(name) for name in ("编号", "姓名", "核验结果")}
    owners = Owner.objects.filter(known(), estate=estate)
    names = {str(owner.pk): owner.name for owner in owners}
    answers: dict[int, str] = {}
    faults = []
    for row in table.rows:
        number, name, answer = (row.cells[column[key]].strip() for key in column)
        if not answer:
            continue
        if number not in names:
            faults.append(Fault(row.number, "编号", "本小区的名册里没有这个编号"))
        elif names[number] != name:
            faults.append(Fault(row.number, "姓名", "与名册不同，请重新导出清单再核验"))
        elif answer not in ANSWERS:
            faults.append(Fault(row.number, "核验结果", "只能填 一致 或 不一致"))
        elif answers.get(int(number), ANSWERS[answer]) != ANSWERS[answer]:
            faults.append(Fault(row.number, "核验结果", "同一编号前后两行的结果不同"))
        else:
            answers[int(number)] = ANSWERS[answer]
    return answers, faults
