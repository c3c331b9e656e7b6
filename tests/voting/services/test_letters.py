"""Letters: printed from the spool, fetched, deleted; reissued one by one."""

import os
import stat
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Job, Message
from core.canonical import parse_canonical
from core.errors import RuleViolation
from documents.letters import LettersFile
from logbook.models import Entry
from tests.factories import ACTOR, CLOSE, FOR, FREEZE, OPEN, frozen_vote
from voting.facts import letter_facts
from voting.notice_facts import notice_facts
from voting.services import letters
from voting.services.closing import close_session
from voting.services.entering import find_letter
from voting.services.letters import (
    delete_due_letters,
    due_letter_jobs,
    reissue_letter,
    run_letters,
    start_letters,
    take_letters,
)
from voting.spool import letters_path, read_spool, spool_path

pytestmark = pytest.mark.django_db
BEFORE = FREEZE + timedelta(days=1)


@pytest.fixture
def vote():
    return frozen_vote(paper=True)


@pytest.fixture
def printed(monkeypatch):
    """Stands in for the printer, which has its own tests: keeps the facts, writes a file."""
    facts = []

    def render(given, path, *, progress=lambda done, total: None, processes=2):
        facts.extend(given)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%PDF-")
        progress(len(facts), len(facts))
        return LettersFile(
            letters=len(facts),
            pages=2,
            size=5,
            sha256="a" * 64,
            first_serial="",
            last_serial="",
        )

    monkeypatch.setattr(letters, "render_letters", render)
    return facts


def start(vote, at=BEFORE):
    return start_letters(session_id=vote.session.pk, actor=ACTOR, at=at)


def take(vote, at=BEFORE):
    return take_letters(session_id=vote.session.pk, actor=ACTOR, at=at)


def reissue(vote, number=1, at=BEFORE, reason="信丢了"):
    return reissue_letter(party_id=vote.party(number).pk, actor=ACTOR, at=at, reason=reason)


def code_of(act):
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value.code


def test_a_real_letter_of_every_party(vote):
    job = start(vote)
    assert due_letter_jobs() == [job.pk]
    run_letters(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", 6, 6)
    path = take(vote)
    assert path.read_bytes().startswith(b"%PDF-")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_the_letters_say(vote, printed):
    run_letters(start(vote).pk)
    letter = printed[2]
    assert letter.units == ("1幢1单元201室", "1幢1单元202室")
    assert (letter.area, letter.masked_name) == (200_00, "张**")
    assert (letter.token, letter.code) == tuple(vote.secrets[3])
    assert printed[3].masked_name == "赵**、钱**"
    assert len({one.serial for one in printed}) == 6
    assert "王一" not in str(printed)


@pytest.mark.parametrize("place", ["", "小区东门岗亭"])
def test_where_a_paper_ballot_goes(vote, printed, place):
    """The letter's sentence is 投入…: what follows must be something to put it into."""
    vote.session.contact_place = place
    vote.session.save(update_fields=["contact_place"])
    job = start_letters(session_id=vote.session.pk, actor=ACTOR, at=BEFORE)
    run_letters(job.pk)
    boxes = printed[-1].session.ballot_boxes
    assert boxes == place if place else boxes.startswith("票箱，或者交给")


def test_rules_of_the_box_stand_only_where_there_is_one_and_as_the_profile_has_them(
    vote, printed
):
    def rules(**fields):
        for name, value in fields.items():
            setattr(vote.session, name, value)
        return "".join(letter_facts(vote.session, vote.secrets)[0].session.rules)

    both = "网上和纸质都投的"
    assert f"{both}，以网上的为准。" in rules(paper=True)
    assert both not in rules(paper=False)
    paper = {"value": "PAPER_PREVAILS", "clause": "测试条款", "verified": True}
    said = rules(paper=True, profile=vote.session.profile | {"duplicate_channel": paper})
    assert f"{both}，以纸质的为准。" in said


@pytest.mark.parametrize(
    ("document", "said"),
    [(True, "没有手机号的用姓氏和证件号码后六位"), (False, "没有手机号的请打电话登记")],
)
def test_letter_and_notice_say_which_check_there_is(vote, printed, document, said):
    vote.session.allow_document_check = document
    wanted = f"核对身份用名册上的手机收短信验证码，{said}"
    assert f"{wanted}。" in letter_facts(vote.session, vote.secrets)[0].session.rules
    notice = notice_facts(vote.session, number="测试", code="T", at=BEFORE)
    scanned = notice.ways[0]
    assert scanned.text.endswith(wanted)


def test_a_long_text_is_cut_after_a_whole_sentence(vote, printed):
    motion = vote.session.motions.get()
    sentence = "两幢电梯已运行十八年，检验机构建议更换。"
    for text, kept in (
        (sentence, sentence),
        (sentence * 3, sentence * 3),  # just fits
        (sentence * 4, f"{sentence * 2}…"),
        ("很长" * 40, f"{'很长' * 29}很…"),
    ):
        motion.text = text
        motion.save(update_fields=["text"])
        facts = letter_facts(vote.session, vote.secrets)[0]
        assert facts.session.motions[0].summary == kept


def test_the_separator_says_entrance_where_the_roll_has_its_number(vote, printed):
    vote.session.estate.units.update(entrance="1")  # as the importer writes it
    run_letters(start(vote).pk)
    assert (printed[2].building, printed[2].entrance) == ("1幢", "1单元")


def test_starting_twice_is_one_job(vote):
    assert start(vote) == start(vote)
    assert Job.objects.count() == 1


def test_two_workers_print_once(vote, printed):
    job = start(vote)
    run_letters(job.pk)
    run_letters(job.pk)
    assert len(printed) == 6
    assert due_letter_jobs() == []


def test_a_worker_that_died_is_replaced_and_a_living_one_is_not(vote, printed):
    job = start(vote)
    Job.objects.update(state="running", heartbeat_at=timezone.now())
    run_letters(job.pk)
    assert printed == []
    Job.objects.update(heartbeat_at=timezone.now() - letters.SILENCE)
    assert due_letter_jobs() == [job.pk]
    run_letters(job.pk)
    assert len(printed) == 6


def test_a_failed_job_says_so_and_can_be_started_again(vote, monkeypatch, printed):
    def fail(*_args, **_kwargs):
        raise RuleViolation("letters.overflow", "太长")

    working = letters.render_letters
    monkeypatch.setattr(letters, "render_letters", fail)
    job = start(vote)
    run_letters(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == ("failed", "太长")
    monkeypatch.setattr(letters, "render_letters", working)
    again = start(vote)
    assert again != job
    run_letters(again.pk)
    assert len(printed) == 6


def test_letters_are_deleted_soon_after_they_were_fetched(vote, printed):
    run_letters(start(vote).pk)
    assert code_of(lambda: take(frozen_vote())) == "letters.not_ready"
    take(vote, at=BEFORE)
    place = f"estate/{vote.session.estate.code}"
    assert Entry.objects.filter(log__name=place).last().kind == "letters.taken"
    assert delete_due_letters(at=BEFORE + timedelta(minutes=9)) == 0
    assert take(vote, at=BEFORE + timedelta(minutes=9)).exists()
    assert delete_due_letters(at=BEFORE + timedelta(minutes=10)) == 1
    assert not letters_path(vote.session.code).exists()
    assert read_spool(vote.session.code) is None
    assert code_of(lambda: take(vote)) == "letters.gone"


def test_letters_nobody_fetches_are_deleted_after_a_day(vote, printed):
    run_letters(start(vote).pk)
    now = timezone.now()
    assert delete_due_letters(at=now + timedelta(hours=23)) == 0
    assert delete_due_letters(at=now + timedelta(hours=25)) == 1
    assert not spool_path(vote.session.code).exists()


def test_a_spool_nobody_prints_is_deleted_after_a_week(vote):
    assert delete_due_letters(at=FREEZE + timedelta(days=6)) == 0
    assert delete_due_letters(at=FREEZE + timedelta(days=7)) == 1
    assert code_of(lambda: start(vote)) == "letters.gone"


def test_what_a_killed_printer_or_a_reissue_left_behind_is_deleted(vote, printed):
    single = reissue(vote).path
    part = single.parent / ".letters-abc"
    part.mkdir()
    (part / "0.pdf").write_bytes(b"%PDF-")
    assert delete_due_letters(at=BEFORE) == 0
    two_hours, two_days = (
        (timezone.now() - ago).timestamp() for ago in (timedelta(hours=2), timedelta(days=2))
    )
    for path in (single, part):
        os.utime(path, (two_hours, two_hours))
    assert delete_due_letters(at=BEFORE) == 1
    assert (single.exists(), part.exists()) == (True, False)
    os.utime(single, (two_days, two_days))
    assert delete_due_letters(at=BEFORE) == 1
    assert not single.exists()


class TestReissuing:
    def test_the_old_letter_is_void_and_the_new_one_votes(self, vote, printed):
        old = vote.secrets[1]
        before = vote.party(1).current_key
        new = reissue(vote)
        assert new.path.exists()
        assert find_letter(code=old.code, at=OPEN).kind == "reissued"
        assert find_letter(code=new.code, at=OPEN).kind == "valid"
        entry = vote.session.board.entries.last()
        body = parse_canonical(bytes(entry.line))["body"]
        assert body == {
            "party": 1,
            "key": vote.party(1).current_key,
            "replaces": before,
            "reason": "reissue",
        }
        assert code_of(lambda: vote.cast(1, [FOR])) == "ballot.refused"
        vote.secrets[1] = old._replace(token=new.token, code=new.code)
        assert vote.cast(1, [FOR]).replacement
        assert printed[0].reissue == 1
        assert new.token not in repr(new)

    def test_the_owner_is_told(self, vote, printed):
        reissue(vote)
        assert Message.objects.get().template == "letter_reissued"

    def test_a_ballot_cast_before_stays_and_can_be_changed(self, vote, printed):
        vote.cast(1, [FOR])
        new = reissue(vote, at=OPEN)
        vote.secrets[1] = vote.secrets[1]._replace(token=new.token)
        assert vote.cast(1, [FOR]).number == 2

    def test_not_after_the_close_and_not_without_a_reason(self, vote, printed):
        assert code_of(lambda: reissue(vote, at=CLOSE)) == "letters.closed"
        assert code_of(lambda: reissue(vote, reason=" ")) == "letters.reason"
        close_session(session_id=vote.session.pk, at=CLOSE)
        assert code_of(lambda: reissue(vote, at=OPEN)) == "letters.closed"


def test_a_second_press_does_not_void_the_letter_just_printed(vote, printed):
    first = reissue(vote)
    soon = BEFORE + timedelta(seconds=59)
    assert code_of(lambda: reissue(vote, at=soon)) == "letters.just_reissued"
    assert find_letter(code=first.code, at=soon).kind == "valid"
    second = reissue(vote, at=BEFORE + timedelta(seconds=60))
    assert find_letter(code=first.code, at=soon).kind == "reissued"
    assert find_letter(code=second.code, at=soon).kind == "valid"
