"""The log for auditors: acts of staff, with what proves that none is missing.

An export is a ZIP file: the acts (CSV for spreadsheets, or one JSON object a line), the heads
of the logs they come from, signed, and how to check both. It is written as it is sent, so
that its size costs no memory. That it was taken away, by whom and why, is an act of its own.
"""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import (
    Permission,
    Visitor,
    authorities_reached,
    estates_for,
    everywhere,
)
from core.deadlines import start_of
from core.reasons import LEAST_REASON, Reason, demand_none, explains
from disclosures.models import Book
from funds.models import SpecialAccount
from logbook.acts import acts_between
from logbook.models import Log
from logbook.steps import PLATFORM_LOG, record_act, stamp
from portal.log_lines import WRITERS
from registry.models import Estate
from voting.protocol import ed25519
from voting.protocol.shape import b64

LONGEST = timedelta(days=366)  # of days on a page; the command takes any
EARLIEST = 2000  # a year before which there was no log
LIST, HEADS, HELP = "acts", "heads.json", "说明.txt"
_BOARDS = "board/"  # ballots, no acts of staff: they have an export of their own
_HASHED = 64 * 1024


class Wanted(NamedTuple):
    """Which acts: of these days, both included; of one estate, or (None) of all in reach."""

    first: date
    last: date
    estate: Estate | None = None

    @property
    def begin(self) -> datetime:
        """The first instant."""
        return start_of(self.first)

    @property
    def end(self) -> datetime:
        """The first instant after."""
        return start_of(self.last + timedelta(days=1))


def range_reasons(
    first: date, last: date, today: date, *, longest: timedelta | None = LONGEST
) -> list[Reason]:
    """Why these days cannot be exported; at most `longest` at once."""
    found = []
    if last < first:
        found.append(Reason("log.order", _("结束的一天早于开始的一天，请对调"), "last"))
    if first.year < EARLIEST:
        sentence = _("开始的一天不能早于%(year)s年，请核对") % {"year": EARLIEST}
        found.append(Reason("log.past", sentence, "first"))
    if max(first, last) > today:
        late = "last" if last > today else "first"
        found.append(Reason("log.future", _("还没有到的日子没有记录，请选到今天为止"), late))
    if not found and longest is not None and last - first >= longest:
        found.append(Reason("log.long", _("一次最多导出366天，请分几次"), "last"))
    return found


def logs_within(user: Visitor, estate: Estate | None) -> list[Log]:
    """The logs of acts that this auditor sees, in the order of their names."""
    if everywhere(user, Permission.EXPORT_LOG):
        return all_logs(estate)
    reached = estates_for(user, Permission.EXPORT_LOG)
    if estate is not None:
        return all_logs(estate) if reached.filter(pk=estate.pk).exists() else []
    authorities = set(
        authorities_reached(user, Permission.EXPORT_LOG).values_list("pk", flat=True)
    )
    specials = SpecialAccount.objects.filter(authority__in=authorities)
    names = {
        *_names_of_estates(reached.values_list("pk", "code")),
        *(f"authority/{pk}" for pk in authorities),
        *(one.log_name for one in specials),
    }
    return [log for log in all_logs(None) if log.name in names]


def all_logs(estate: Estate | None) -> list[Log]:
    """Every log of acts, or those of one estate."""
    logs = Log.objects.exclude(name__startswith=_BOARDS).order_by("name")
    if estate is not None:
        logs = logs.filter(name__in=_names_of_estates([(estate.pk, estate.code)]))
    return list(logs)


def _names_of_estates(estates: Iterable[tuple[int, str]]) -> set[str]:
    codes = dict(estates)
    books = Book.objects.filter(estate__in=list(codes))
    return {
        *(f"estate/{code}" for code in codes.values()),
        *(f"registry/{code}" for code in codes.values()),
        *(book.log_name for book in books),
    }


@transaction.atomic(durable=True)
def note_export(
    wanted: Wanted, *, kind: str, reason: str, actor: str, log: str, at: datetime
) -> None:
    """Write down that the log goes out, before it does. RuleViolation "log.reason"."""
    if not explains(reason):
        sentence = _("请写明为什么导出，至少%(n)s个字") % {"n": LEAST_REASON}
        demand_none("log.reason", [Reason("log.reason", sentence, "reason")])
    facts = {
        "from": wanted.first.isoformat(),
        "to": wanted.last.isoformat(),
        "estate": wanted.estate.code if wanted.estate else "",
        "kind": kind,
        "reason": reason.strip(),
    }
    record_act(log, "log.exported", facts, actor=actor, at=at)


def log_of_export(wanted: Wanted, authority: int | None) -> str:
    """Where an export is written down: with the acts it takes away."""
    if wanted.estate is not None:
        return f"estate/{wanted.estate.code}"
    return PLATFORM_LOG if authority is None else f"authority/{authority}"


def exported(
    logs: Sequence[Log], wanted: Wanted, *, kind: str, at: datetime
) -> Iterator[bytes]:
    """The ZIP file, piece by piece. `logs` with the sizes they had when it was begun."""
    sink = _Sink()
    digest = sha256()
    with ZipFile(sink, "w", ZIP_DEFLATED) as packed:
        with packed.open(f"{LIST}.{kind}", "w", force_zip64=True) as out:
            for piece in _pieces(WRITERS[kind](acts_between(logs, wanted.begin, wanted.end))):
                digest.update(piece)
                out.write(piece)
                yield sink.taken()
        packed.writestr(HEADS, signed_heads(logs, wanted, digest.hexdigest(), at))
        packed.writestr(HELP, _help())
    yield sink.taken()


def signed_heads(logs: Sequence[Log], wanted: Wanted, digest: str, at: datetime) -> str:
    """How far each log had come, over the list's SHA-256, signed with the platform's key.

    `manage.py verify_logs --against` takes it as it is.
    """
    told: dict[str, Any] = {
        "type": "heads",
        "time": stamp(at),
        "from": wanted.first.isoformat(),
        "to": wanted.last.isoformat(),
        "list": digest,
        "logs": {log.name: [log.size, log.head] for log in logs},
    }
    signature = ed25519.sign(settings.BOARD_KEY, told)
    key = ed25519.public_key(settings.BOARD_KEY)
    told |= {"key": b64(key), "signature": b64(signature)}
    return json.dumps(told, indent=1, ensure_ascii=False)


# --- the file -----------------------------------------------------------------------------


def _pieces(lines: Iterator[str]) -> Iterator[bytes]:
    gathered, size = [], 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size > _HASHED:
            yield "".join(gathered).encode()
            gathered, size = [], 0
    yield "".join(gathered).encode()


def _help() -> str:
    return _(
        "acts：每本记录里，从所选日期的第一条到最后一条，一条一行，按序号一条不少；"
        "钟拨回过的，中间也会有别的日期的。时间是世界时（UTC），取到十分钟。“谁”是账号编号，"
        "姓名请向平台管理员查；“角色”当时记了的才有。同一本记录里，每条的“前一条的哈希”等于前面一条的“本条的哈希”，"
        "序号连续，中间就没有缺。\n"
        "heads.json：每本记录当时有几条、最后一条的哈希，以及 acts 文件的 SHA-256，"
        "有平台的签名。"
        "核对签名和 acts：manage.py export_log --check 这个压缩文件。"
        "核对平台后来没有删改：manage.py verify_logs --against heads.json。\n"
        "没有导出：手工填写的文字（除理由外），它们可能写到人；理由里的证件号码、电话已遮盖。\n"
    )


class _Sink(io.RawIOBase):
    """Where ZipFile writes to; what it wrote is taken away at once."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since."""
        data = bytes(self._written)
        self._written.clear()
        return data
