"""归档: where originals lie, and the bundle of a session with its signed list of contents."""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import choice
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast
from zipfile import ZipFile

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Job
from core.canonical import canonical
from core.codes import LENGTH, new_code
from core.errors import RuleViolation
from core.reasons import Reason, demand_none
from documents.archives import entry
from documents.contents import (
    CONTENTS_NAME,
    CONTENTS_PATH,
    ContentsFacts,
    Item,
    contents_json,
    item,
    render_contents,
)
from documents.models import Document
from documents.steps import mark_superseded, next_number, store_signed
from logbook.models import Erasure
from logbook.selectors import checkpoint_lines, erasure_of, lines, root
from logbook.steps import record_act, stamp
from voting.facts import division_words, specimen_of
from voting.models import ArchiveBundle, Originals, Party, ReissuedSerial, Session
from voting.selectors import board_of
from voting.services.archive_parts import PARTS, File, originals_rows
from voting.services.exporting import export_board

KIND = "archive"
SILENCE = timedelta(minutes=2)
KEPT_AFTER_MAKING = timedelta(hours=24)
_SHELF = 20
_WHAT = 80
_SHEETS = 1_000_000


class Lot(NamedTuple):
    """What lies together: its kind (Originals.KINDS), in words, serials of ballots, sheets."""

    kind: str
    what: str
    first_serial: str
    last_serial: str
    sheets: int | None


@transaction.atomic(durable=True)
def enter_originals(
    *,
    session_id: int,
    lot: Lot,
    shelf: tuple[str, str, str],
    actor: str,
    at: datetime,
) -> Originals:
    """Enter where paper originals lie: cabinet, box, number (柜、盒、号).

    Serials are of ballots that were printed for this session, each in one place only.
    RuleViolation "originals.invalid" with every reason.
    """
    session = _locked(session_id)
    first = lot.first_serial.strip().upper()
    last = lot.last_serial.strip().upper() or first
    found = _shelf_reasons(shelf, lot.what)
    if lot.kind not in dict(Originals.KINDS):
        found.append(Reason("originals.kind", "请选择是什么原件", "kind"))
    if type(lot.sheets) is not int or not 0 < lot.sheets <= _SHEETS:
        found.append(Reason("originals.sheets", "请填张数", "sheets"))
    if lot.kind == "ballots":
        found += _serial_reasons(session, first, last)
    demand_none("originals.invalid", found)
    cabinet, box, slot = (part.strip() for part in shelf)
    made = Originals.objects.create(
        session=session,
        kind=lot.kind,
        what=lot.what.strip(),
        first_serial=first if lot.kind == "ballots" else "",
        last_serial=last if lot.kind == "ballots" else "",
        sheets=cast(int, lot.sheets),
        cabinet=cabinet,
        box=box,
        slot=slot,
        entered_by=actor,
        entered_at=at,
    )
    facts = {"session": session.code, "originals": made.pk, "sheets": made.sheets}
    record_act(f"estate/{session.estate.code}", "originals.entered", facts, actor=actor, at=at)
    return made


@transaction.atomic(durable=True)
def start_archive(*, session_id: int, actor: str, at: datetime) -> Job:
    """Queue the making of the bundle; the same Job while one is queued or running.

    RuleViolation "archive.too_early".
    """
    session = _locked(session_id)
    if session.state != "resolved":
        raise RuleViolation("archive.too_early", "出了决议以后才能归档")
    last = session.bundles.select_related("job").last()
    if last is not None and last.job.state in {"queued", "running"}:
        return last.job
    job = Job.objects.create(
        kind=KIND,
        subject=f"session:{session.pk}",
        estate_id=session.estate_id,
        actor=actor,
        total=len(PARTS) + 2,
        created_at=at,
    )
    ArchiveBundle.objects.create(session=session, job=job)
    facts = {"session": session.code, "job": job.pk}
    record_act(f"estate/{session.estate.code}", "archive.started", facts, actor=actor, at=at)
    return job


def run_archive(job_id: int, *, at: datetime) -> None:
    """Make a queued bundle, or one whose worker died; not a command.

    One worker gets the Job, whoever else asks. The signed list is stored once for each list;
    the file appears whole or not at all.
    """
    if not _claim(job_id):
        return
    bundle = ArchiveBundle.objects.select_related("session__estate__division").get(job=job_id)
    try:
        size, digest = _make(bundle, at)
    except RuleViolation as refusal:
        _end(job_id, state="failed", message=str(refusal)[:300])
        return
    except Exception:
        _end(job_id, state="failed", message="归档时出错，请再试一次")
        raise
    ArchiveBundle.objects.filter(pk=bundle.pk).update(size=size, sha256=digest)
    _end(job_id, state="done", done=len(PARTS) + 2, result={"sha256": digest, "size": size})


@transaction.atomic(durable=True)
def take_archive(*, session_id: int, actor: str, at: datetime) -> Path:
    """Where the bundle lies; who took it is in the log.

    RuleViolation "archive.not_ready", "archive.gone".
    """
    session = _locked(session_id)
    bundle = session.bundles.filter(job__state="done").last()
    if bundle is None:
        raise RuleViolation("archive.not_ready", "归档包还没有做好")
    path = archive_path(bundle)
    if not path.exists():
        raise RuleViolation(
            "archive.gone", "归档包做好二十四小时后自动删除，请再做一次，内容一样"
        )
    facts = {"session": session.code, "sha256": bundle.sha256}
    record_act(f"estate/{session.estate.code}", "archive.taken", facts, actor=actor, at=at)
    return path


def archive_path(bundle: ArchiveBundle) -> Path:
    """Where a bundle lies, outside the database."""
    return Path(settings.ARCHIVE_DIR) / f"{bundle.session.code}-{bundle.pk}.zip"


def due_archive_jobs() -> Sequence[int]:
    """Jobs queued, or running in a worker that has fallen silent."""
    jobs = Job.objects.filter(kind=KIND)
    dead = jobs.filter(state="running", heartbeat_at__lt=timezone.now() - SILENCE)
    return [job.pk for job in jobs.filter(state="queued").union(dead)]


def due_archives() -> list[Path]:
    """Bundles that have lain for a day, by the files' own times."""
    oldest = (timezone.now() - KEPT_AFTER_MAKING).timestamp()
    files = Path(settings.ARCHIVE_DIR).glob("*.zip*")
    return [path for path in files if path.stat().st_mtime < oldest]


def delete_due_archives() -> int:
    """Delete what has lain for a day: it can be made again."""
    due = due_archives()
    for path in due:
        path.unlink(missing_ok=True)
    return len(due)


# --- making ------------------------------------------------------------------------------


def _make(bundle: ArchiveBundle, at: datetime) -> tuple[int, str]:
    path = archive_path(bundle)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with TemporaryDirectory(dir=path.parent, prefix=".archive-") as aside:
        draft = Path(aside) / "items.zip"
        items = []
        with ZipFile(draft, "w") as packed:
            for file in _files(bundle, Path(aside)):
                packed.writestr(entry(file.path), file.content)
                items.append(item(file.path, file.title, file.content))
        contents = _contents(bundle, tuple(items), at)
        pdf = Document.objects.values_list("pdf", flat=True).get(pk=contents.pk)
        whole = Path(aside) / "whole.zip"
        with ZipFile(draft) as source, ZipFile(whole, "w") as packed:
            packed.writestr(entry(CONTENTS_PATH), bytes(pdf))
            for one in items:
                packed.writestr(entry(one.path), source.read(one.path))
        os.chmod(whole, 0o600)
        with whole.open("rb") as made:
            digest, size = sha256(), 0
            while chunk := made.read(1024 * 1024):
                digest.update(chunk)
                size += len(chunk)
            os.fsync(made.fileno())
        whole.replace(path)
    return size, digest.hexdigest()


def _files(bundle: ArchiveBundle, aside: Path) -> Iterator[File]:
    """Every file of the bundle but the list, part by part, with progress."""
    done = 0
    for part in PARTS:
        yield from part(bundle.session)
        done += 1
        _tell(bundle.job_id, done)
    gone = erasure_of(board_of(bundle.session))
    yield from _board(bundle.session, aside) if gone is None else _rest(bundle.session, gone)
    _tell(bundle.job_id, done + 1)


def _board(session: Session, aside: Path) -> Iterator[File]:
    folder = aside / "board"
    export_board(session, folder)
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            name = file.relative_to(folder).as_posix()
            yield File(f"13-公告板/{name}", f"公告板：{name}", file.read_bytes())


def _rest(session: Session, gone: Erasure) -> Iterator[File]:
    """What is left of a board whose ballots were destroyed. No export: none can be verified."""
    log = board_of(session)
    said = canonical(
        {
            "session": session.code,
            "destroyed_at": stamp(gone.at),
            "ballots": gone.lines,
            "size": log.size,
            "root": root(log, log.size).hex(),
        }
    )
    yield File("13-公告板/销毁记录.json", "公告板：选票按保管期限销毁的记录", said)
    signed = b"".join(line + b"\n" for line in checkpoint_lines(log))
    yield File("13-公告板/checkpoints.jsonl", "公告板：签名的检查点", signed)
    kept = lines(log, kinds=["manifest", "close", "result", "resolution", "late_ruling"])
    yield File(
        "13-公告板/kept.jsonl", "公告板：条款和结果", b"".join(line + b"\n" for line in kept)
    )


@transaction.atomic(durable=True)
def _contents(bundle: ArchiveBundle, items: tuple[Item, ...], at: datetime) -> Document:
    """The signed list of these items: the one that was stored, else a new one."""
    session = _locked(bundle.session_id)
    facts = _facts(session, items, at)
    data = contents_json(facts)
    digest = sha256(data).hexdigest()
    earlier = list(
        session.bundles.filter(contents__isnull=False).select_related("contents").order_by("pk")
    )
    same = next((one.contents for one in earlier if one.items_sha256 == digest), None)
    if same is None:
        same = store_signed(
            facts=facts,
            kind="contents",
            title=facts.title,
            estate=session.estate,
            pdf=render_contents(facts, attachments={CONTENTS_NAME: data}),
            data=data,
            is_public=False,
        )
        for document in {one.contents for one in earlier if one.contents}:
            if document.status == "issued":
                mark_superseded(document, by=same, reason="归档内容有增加，见新的目录")
        place = f"estate/{session.estate.code}"
        said = {"session": session.code, "sha256": same.sha256, "items": len(items)}
        record_act(place, "archive.listed", said, actor="system", at=at)
    ArchiveBundle.objects.filter(pk=bundle.pk).update(contents=same, items_sha256=digest)
    return same


def _facts(session: Session, items: tuple[Item, ...], at: datetime) -> ContentsFacts:
    code = new_code(LENGTH, choice)
    return ContentsFacts(
        number=next_number(
            session.estate, series="演练档" if session.rehearsal else "档", at=at
        ),
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
        estate=session.estate.name,
        specimen=specimen_of(session),
        issued_at=at,
        issuer=session.organiser,
        title=f"{session.estate.name}{session.title}归档目录和移交清单",
        session_code=session.code,
        session_title=session.title,
        division=division_words(session.estate.division),
        items=items,
        originals=tuple(originals_rows(session)),
        retention=_retention(session),
    )


def _retention(session: Session) -> tuple[str, ...]:
    def years(name: str, otherwise: int) -> tuple[int, str]:
        stated = session.profile.get(name)
        return (stated["value"], f"（{stated['clause']}）") if stated else (otherwise, "")

    ballots, clause = years("retention.ballot_years", 5)
    return (
        f"纸质表决票、委托书和本归档包至少保管{ballots}年{clause}；"
        "决定被提起撤销之诉的，保管到诉讼结束。",
        "平台上的选票（密文、打开的记名票、纸质票扫描件）期满以后自动销毁；归档包和导出件里的"
        "由保管的人按同一期限销毁。",
        "规约、议事规则、决议和备案材料长期保管，换届时移交（建房〔2009〕274号第四十条）。",
        "名册、异议、裁定和委托书含有个人信息，只供法定事由查阅，查阅要登记。",
    )


# --- what is looked at before --------------------------------------------------------------


def _locked(session_id: int) -> Session:
    return (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate__division")
        .get(pk=session_id)
    )


def _shelf_reasons(shelf: tuple[str, str, str], what: str) -> list[Reason]:
    found = []
    for field, label, text in zip(
        ("cabinet", "box", "slot"), ("柜", "盒", "号"), shelf, strict=True
    ):
        plain = text.strip()
        if not plain and field != "slot":
            found.append(Reason("originals.shelf", f"请填写放在哪个{label}", field))
        if len(plain) > _SHELF or (plain and not plain.isprintable()):
            found.append(Reason("originals.shelf", f"{label}最多{_SHELF}个字", field))
    if len(what.strip()) > _WHAT or (what.strip() and not what.strip().isprintable()):
        found.append(Reason("originals.what", f"说明最多{_WHAT}个字", "what"))
    return found


def _serial_reasons(session: Session, first: str, last: str) -> list[Reason]:
    issued = set(Party.objects.filter(session=session).values_list("serial", flat=True))
    issued |= set(
        ReissuedSerial.objects.filter(party__session=session).values_list("serial", flat=True)
    )
    found = [
        Reason("originals.serial", f"没有印过编号{serial or '（空）'}的票", field)
        for field, serial in (("first_serial", first), ("last_serial", last))
        if serial not in issued
    ]
    if first > last:
        found.append(Reason("originals.order", "最后一张的编号小于第一张", "last_serial"))
    for other in session.originals.filter(kind="ballots"):
        if first <= other.last_serial and other.first_serial <= last:
            sentence = f"编号与已登记的{other.first_serial}至{other.last_serial}重叠"
            found.append(Reason("originals.twice", sentence, "first_serial"))
    return found


# --- the job -------------------------------------------------------------------------------


def _claim(job_id: int) -> bool:
    # A heartbeat is about processes that live now, so it goes by the clock, not by `at`.
    now = timezone.now()
    jobs = Job.objects.filter(pk=job_id, kind=KIND)
    if jobs.filter(state="queued").update(state="running", heartbeat_at=now, done=0):
        return True
    dead = jobs.filter(state="running", heartbeat_at__lt=now - SILENCE)
    return dead.update(heartbeat_at=now, done=0) > 0


def _tell(job_id: int, done: int) -> None:
    Job.objects.filter(pk=job_id).update(done=done, heartbeat_at=timezone.now())


def _end(job_id: int, **fields: object) -> None:
    Job.objects.filter(pk=job_id).update(heartbeat_at=timezone.now(), **fields)
