"""Letters: printed once from the spool, fetched once, reissued one by one."""

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import choice
from time import monotonic
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.models import Job
from accounts.steps import queue_message
from core.codes import LENGTH, new_code
from core.errors import RuleViolation
from documents.letters import render_letters
from logbook.steps import append_to, locked_log, record_act
from voting.facts import letter_facts
from voting.models import LetterCode, Party, ReissuedSerial, Session
from voting.protocol import credential
from voting.protocol.shape import b64
from voting.protocol.suite import suite
from voting.selectors import letter_maker_of, why_not_reissued
from voting.services.entering import code_hmac
from voting.services.freezing import new_serial
from voting.spool import (
    Secret,
    delete_letters,
    letters_lie,
    letters_path,
    read_spool,
    spool_path,
)
from voting.steps import board_name, use_once

KIND = "letters"
# A worker that has not said anything for so long is taken for dead.
SILENCE = timedelta(minutes=2)
KEPT_AFTER_PRINTING = timedelta(hours=24)
KEPT_AFTER_FETCHING = timedelta(minutes=10)  # a broken download may be repeated
REISSUED_AGAIN = timedelta(minutes=1)
KEPT_UNPRINTED = timedelta(days=7)
_EVERY = 0.5  # seconds between two words on progress


class Reissued(NamedTuple):
    """A new letter: to be handed over, never to be stored."""

    token: str
    code: str
    path: Path

    def __repr__(self) -> str:
        return "Reissued(***)"


@transaction.atomic(durable=True)
def start_letters(*, session_id: int, actor: str, at: datetime) -> Job:
    """Queue the printing; the same Job where it is queued, running or done already.

    RuleViolation "letters.not_frozen", "letters.gone".
    """
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    if session.state != "frozen":
        raise RuleViolation("letters.not_frozen", "会议还没有冻结或已经截止，不能打印通知书")
    job = session.letters_job
    if job is not None and job.state != "failed":
        return job
    maker = letter_maker_of(session)
    if maker is not None:
        raise RuleViolation(
            "letters.outside",
            f"这次的通知书由{maker.name}制作，平台不打印；丢了的可以补发12位码",
        )
    if not spool_path(session.code).exists():
        raise RuleViolation("letters.gone", "通知书文件已按规定删除，请逐户补发")
    job = Job.objects.create(
        kind=KIND,
        subject=f"session:{session.pk}",
        estate_id=session.estate_id,
        actor=actor,
        total=session.parties.count(),
        created_at=at,
    )
    session.letters_job = job
    session.save(update_fields=["letters_job"])
    record_act(
        f"estate/{session.estate.code}",
        "letters.started",
        {"session": session.code, "job": job.pk},
        actor=actor,
        at=at,
    )
    return job


@sensitive_variables("secrets", "facts")
def run_letters(job_id: int) -> None:
    """Print a queued Job's letters, or those of one whose worker died; not a command.

    One worker gets the Job, whoever else asks. The file appears whole or not at all, and
    printing twice gives the same letters, because the secrets come from the spool.
    """
    if not _claim(job_id):
        return
    job = Job.objects.get(pk=job_id)
    session = Session.objects.select_related("estate__division").get(letters_job=job)
    secrets = read_spool(session.code)
    if secrets is None:
        _end(job, state="failed", message="通知书文件已按规定删除，请逐户补发")
        return
    try:
        facts = letter_facts(session, secrets)
        written = render_letters(facts, letters_path(session.code), progress=_teller(job))
    except RuleViolation as refusal:
        _end(job, state="failed", message=str(refusal)[:300])
        return
    except Exception:
        _end(job, state="failed", message="打印时出错，请再试一次")
        raise
    result = {"sha256": written.sha256, "pages": written.pages, "letters": written.letters}
    _end(job, state="done", done=job.total, result=result)


@transaction.atomic(durable=True)
def take_letters(*, session_id: int, actor: str, at: datetime) -> Path:
    """Where the printed letters lie; from now on they are deleted within ten minutes.

    RuleViolation "letters.not_ready", "letters.gone".
    """
    session = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session_id)
    job = session.letters_job
    if job is None or job.state != "done":
        raise RuleViolation("letters.not_ready", "通知书还没有打印好")
    path = letters_path(session.code)
    if not path.exists():
        raise RuleViolation("letters.gone", "通知书文件已按规定删除，请逐户补发")
    job.result.setdefault("taken_at", at.isoformat())
    job.save(update_fields=["result"])
    facts = {"session": session.code, "sha256": job.result["sha256"]}
    record_act(f"estate/{session.estate.code}", "letters.taken", facts, actor=actor, at=at)
    return path


@sensitive_variables("token", "secret", "code", "facts")
def reissue_letter(*, party_id: int, actor: str, at: datetime, reason: str) -> Reissued:
    """A new letter for one party: new credential on the board, the old letter void.

    Where somebody outside made the letters, the new one has a code and no token: the platform
    never sees one, and the key that takes the old one's place is of a token nobody keeps.
    Allowed from freezing until the close. The PDF is written beside the others, readable
    by us alone. RuleViolation "letters.closed", "letters.reason", "letters.just_reissued"
    within a minute.
    """
    if not reason.strip():
        raise RuleViolation("letters.reason", "请写明补发的原因")
    token = credential.new_token()
    secret = Secret(b64(token), new_code(LENGTH, choice))
    party = _rotate(party_id, token, secret.code, reason, actor=actor, at=at)
    issued = party.codes.count() - 1
    if letter_maker_of(party.session) is not None:
        secret = secret._replace(token="")
    facts = letter_facts(party.session, {party.number: secret}, reissue=issued)
    name = f"{party.session.code}-{party.number}-{issued}.pdf"
    path = Path(settings.LETTER_DIR) / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    render_letters(facts, path, processes=1)
    return Reissued(secret.token, secret.code, path)


@sensitive_variables("token", "code")
def reissue_code(*, party_id: int, at: datetime) -> tuple[int, str]:
    """A new 12-character code for an owner who proved who they are from afar; no letter.

    The old letter is void. Nobody gets the new token, so the code leads through the second
    check. (Key of the issue, code.) RuleViolation "letters.closed", "letters.just_reissued".
    """
    code = new_code(LENGTH, choice)
    reason = "业主本人远程核对身份后补发"
    party = _rotate(party_id, credential.new_token(), code, reason, actor="owner", at=at)
    return party.codes.values_list("pk", flat=True).latest("pk"), code


def due_letters(at: datetime) -> list[Session]:
    """Sessions whose letters or their secrets lie here longer than they may."""
    frozen = Session.objects.filter(frozen_at__isnull=False).select_related("letters_job")
    return [one for one in frozen if letters_lie(one.code) and _delete_after(one) <= at]


def delete_due_letters(*, at: datetime) -> int:
    """Delete what was fetched, or has lain too long; returns how many things it met."""
    due = due_letters(at)
    for session in due:
        # Under the lock: `rotate_keys` writes a spool anew, and must not bring it back.
        with transaction.atomic():
            Session.objects.select_for_update(no_key=True).get(pk=session.pk)
            delete_letters(session.code)
    return len(due) + _delete_leftovers()


def due_letter_jobs() -> Sequence[int]:
    """Jobs queued, or running in a worker that has fallen silent."""
    jobs = Job.objects.filter(kind=KIND)
    queued = jobs.filter(state="queued")
    dead = jobs.filter(state="running", heartbeat_at__lt=timezone.now() - SILENCE)
    return [job.pk for job in queued.union(dead)]


def _claim(job_id: int) -> bool:
    # A heartbeat is about processes that live now, so it goes by the clock, not by `at`.
    now = timezone.now()
    jobs = Job.objects.filter(pk=job_id, kind=KIND)
    queued = jobs.filter(state="queued").update(state="running", heartbeat_at=now, done=0)
    if queued:
        return True
    dead = jobs.filter(state="running", heartbeat_at__lt=now - SILENCE)
    return dead.update(heartbeat_at=now, done=0) > 0


def _end(job: Job, **fields: object) -> None:
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now(), **fields)


def _teller(job: Job) -> Callable[[int, int], None]:
    last = -_EVERY

    def tell(done: int, total: int) -> None:
        nonlocal last
        if monotonic() - last >= _EVERY:
            last = monotonic()
            Job.objects.filter(pk=job.pk).update(
                done=done, total=total, heartbeat_at=timezone.now()
            )

    return tell


@transaction.atomic(durable=True)
@sensitive_variables("token", "code")
def _rotate(
    party_id: int, token: bytes, code: str, reason: str, *, actor: str, at: datetime
) -> Party:
    session_id = Party.objects.values_list("session_id", flat=True).get(pk=party_id)
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate__division")
        .get(pk=session_id)
    )
    closed = why_not_reissued(session, at)
    if closed:
        raise RuleViolation("letters.closed", closed)
    party = Party.objects.select_for_update(no_key=True).get(pk=party_id)
    party.session = session
    last = party.codes.order_by("issued_at", "pk").last()
    if last and party.codes.count() > 1 and at - last.issued_at < REISSUED_AGAIN:
        # A second press would void the letter that is being printed.
        raise RuleViolation(
            "letters.just_reissued",
            "一分钟内刚给这一户补发过：先打印刚下载的那一份；确实要再发，请过一分钟",
        )
    chosen = suite(session.suite)
    _secret, key = credential.derive(chosen, session.code, token)
    replaced = party.current_key
    party.current_key = b64(key)
    use_once(session.pk, [b"K" + key])
    party.save(update_fields=["current_key"])
    ReissuedSerial.objects.create(party=party, serial=new_serial(party.number), issued_at=at)
    party.codes.filter(voided_at__isnull=True).update(voided_at=at)
    LetterCode.objects.create(party=party, code_hmac=code_hmac(code), issued_at=at)
    issue = party.codes.count()
    queue_message(
        key=f"session:{session.pk}:reissued:party:{party.pk}:{issue}",
        phone=party.phone,
        template="letter_reissued",
        params={"estate": session.estate.name, "phone": session.contact_phone},
        at=at,
    )
    body = {
        "party": party.number,
        "key": party.current_key,
        "replaces": replaced,
        "reason": "reissue",
    }
    append_to(locked_log(board_name(session.code)), "credential", body, at=at)
    facts = {
        "session": session.code,
        "party": party.number,
        "reason_sha256": sha256(reason.encode()).hexdigest(),
    }
    record_act(f"estate/{session.estate.code}", "letter.reissued", facts, actor=actor, at=at)
    return party


def _delete_after(session: Session) -> datetime:
    job = session.letters_job
    if job is None or job.state != "done":
        frozen_at = session.frozen_at or session.created_at
        return frozen_at + KEPT_UNPRINTED
    taken = job.result.get("taken_at")
    if taken:
        return datetime.fromisoformat(taken) + KEPT_AFTER_FETCHING
    return (job.heartbeat_at or job.created_at) + KEPT_AFTER_PRINTING


def _delete_leftovers() -> int:
    """Reissued letters go after a day, what a killed process left half-written after an hour.

    By the files' own times, whatever instant is swept for.
    """
    now = timezone.now()
    gone = 0
    for pattern, kept in (("*-*-*.pdf", KEPT_AFTER_PRINTING), (".*", timedelta(hours=1))):
        oldest = (now - kept).timestamp()
        for path in Path(settings.LETTER_DIR).glob(pattern):
            if path.stat().st_mtime < oldest:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
                gone += 1
    return gone
