"""Retention: the list, what goes and what stays, legal holds, and both at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import StringIO
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.sessions.models import Session as WebSession
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.holds import held_at, lock_holds
from accounts.models import Attempts, Job, LegalHold, Message, SignIn
from accounts.services.holds import lift_hold, set_hold
from core.canonical import parse_canonical
from core.errors import RuleViolation
from funds.models import PhoneCheck
from funds.services.files import forget_file
from logbook.models import Entry
from portal import expiry, retention, tasks
from portal.retention import TABLE, apply, expire_due, what_is_due
from registry.fields import seal_bytes
from registry.models import Estate, RollImport
from tests.factories import (
    CLOSE,
    FOR,
    frozen_vote,
    make_estate,
    make_owner,
    make_unit,
    small_estate,
)
from tests.registry.rolls import previewed as preview
from tests.registry.rolls import roll_lines
from tests.town import make_user
from tests.voting.services import test_standins
from voting.models import CheckCode, Objection, Session, TrusteeKey
from voting.selectors.retention import (
    due_to_destroy,
    retention_of,
    unresolved_with_people,
)
from voting.services.keys import destroy_keys
from voting.services.retention import destroy_ballots, forget_people

DAY = timedelta(days=1)
AT = CLOSE + timedelta(days=60)
OLD = AT - timedelta(days=185)
REASON = "样例区人民法院（2026）样01号保全通知"


def due(at: datetime = AT) -> dict[str, int]:
    return {rule.name: found.rows for rule, found in what_is_due(at) if found.rows}


def held(at: datetime = AT) -> dict[str, int]:
    return {rule.name: found.held for rule, found in what_is_due(at) if found.held}


def message(key: str, days: int, state: str = "sent", **fields: Any) -> Message:
    then = AT - timedelta(days=days)
    return Message.objects.create(
        **{
            "key": key, "phone": "10000000001", "template": "t", "params": {"estate": "甲"},
            "state": state, "not_before": then, "created_at": then,
            "sent_at": then if state == "sent" else None, **fields,
        }
    )  # fmt: skip


def one_of_each(estate: Estate, session: Session | None = None) -> None:
    """A row that is due by every rule that ends here, and its twin that is a day too young."""
    person = make_user("zhang")
    for more, days in (("", 185), ("-young", 183)):
        message(f"session:{session.pk if session else 0}:opened{more}", days)
        then = AT - timedelta(days=days)
        person.sign_ins.create(device=f"d{more}", began_at=then, seen_at=then)
        Job.objects.create(
            kind=f"k{more}",
            subject="s",
            estate=estate,
            actor="t",
            state="done",
            created_at=then,
        )
        owner = make_owner(estate, f"王{more}")
        owner.phone_changes.create(
            way="own", state="stopped", phone="10000000001", asked_by="owner", asked_at=then,
            ended_at=then,
        )  # fmt: skip
        owner.notices.create(kind="ended", noted_at=then, told_at=then)
        RollImport.objects.create(
            estate=estate, state="confirmed", confirmed_at=then, created_at=then, actor="t",
            file_name=f"undo{more}", undo=seal_bytes(b"x", purpose="registry.rollimport.undo"),
        )  # fmt: skip
    for more, days in (("", 8), ("-young", 6)):
        then = AT - timedelta(days=days)
        Attempts.objects.create(key=f"a{more}", window_started_at=then)
        PhoneCheck.objects.create(phone_hash=f"h{more}", sent_at=then)
        expire = AT - DAY if not more else AT + DAY
        WebSession.objects.create(session_key=f"w{more}", session_data="x", expire_date=expire)
    for more, days in (("", 3 * 366 + 1), ("-young", 3 * 366 - 1)):
        then = AT - timedelta(days=days)
        make_owner(estate, f"李{more}").requests.create(
            kind="erase", text="x", state="refused", answer="y", asked_at=then,
            due_on=then, answered_at=then,
        )  # fmt: skip
    for more, days in (("", 31), ("-young", 29)):
        RollImport.objects.create(
            estate=estate, created_at=AT - timedelta(days=days), actor="t",
            file_name=f"preview{more}",
            rows=seal_bytes(b"x", purpose="registry.rollimport.rows"),
        )  # fmt: skip
        make_unit(estate, "9幢", f"{days}01", 90_00).proposals.create(
            estate=estate, kind="area", content="x", asked_by="t",
            asked_at=AT - timedelta(days=days),
        )  # fmt: skip


EACH = {
    "messages": 1, "attempts": 1, "fund_codes": 1, "web_sessions": 1, "jobs": 1,
    "roll_previews": 1, "roll_undos": 1, "sign_ins": 1, "phone_changes": 1,
    "data_requests": 1, "roll_notices": 1, "roll_proposals": 1,
}  # fmt: skip


# --- the table --------------------------------------------------------------------------


def test_every_rule_is_carried_out_by_a_sweeper_and_says_why() -> None:
    names = [rule.name for rule in TABLE]
    assert len(set(names)) == len(names)
    for rule in TABLE:
        assert rule.sweeper in tasks.BY_NAME, rule.name
        for text in (rule.thing, rule.basis, rule.kept, rule.then):
            assert len(str(text)) > 1, rule.name


@pytest.mark.parametrize("year", range(2024, 2032))
def test_184_days_are_six_months_whenever_they_begin(year: int) -> None:
    """网络安全法: at least six months. From any day of the calendar, by the calendar."""
    for ordinal in range(366):
        day = datetime(year, 1, 1) + timedelta(days=ordinal)  # noqa: DTZ001
        month = day.month + 6
        target = (day.year + (month > 12), (month - 1) % 12 + 1)
        end = day + expiry.SIX_MONTHS
        assert (end.year, end.month, end.day) >= (*target, min(day.day, 28))
        last = datetime(*target, 1) + timedelta(days=31)  # noqa: DTZ001
        assert (end.month, end.year) in {(target[1], target[0]), (last.month, last.year)}


# --- what goes and what stays -----------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
def test_journey_a6_the_list_then_only_what_the_policy_says_and_holds_are_respected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A6: a dry run lists, --apply deletes just that, a legal hold keeps what it names."""
    monkeypatch.setattr("portal.management.commands.retention.timezone.now", lambda: AT)
    mine, theirs = make_estate("甲苑"), make_estate("乙苑")
    one_of_each(mine)
    for estate in (theirs,):
        RollImport.objects.create(
            estate=estate, created_at=OLD, actor="t", file_name="theirs",
            rows=seal_bytes(b"x", purpose="registry.rollimport.rows"),
        )  # fmt: skip
    hold = set_hold(estate=theirs, reason=REASON, actor="user:9", at=AT)
    assert due() == EACH
    assert held()["roll_previews"] == 1
    before = snapshot()
    listed = StringIO()
    call_command("retention", stdout=listed)
    assert "roll_previews: 1，最早 2026-04-25，依法保全不动 1" in listed.getvalue()
    assert "什么也没有删除" in listed.getvalue()
    assert snapshot() == before  # nothing happened

    done = StringIO()
    call_command("retention", "--apply", stdout=done)
    assert "已执行 roll_previews: 1" in done.getvalue()
    assert due() == {}
    # Just the old ones; their twins are there.
    assert [one.key for one in Attempts.objects.all()] == ["a-young"]
    assert [one.phone_hash for one in PhoneCheck.objects.all()] == ["h-young"]
    assert [one.session_key for one in WebSession.objects.all()] == ["w-young"]
    assert [one.kind for one in Job.objects.all()] == ["k-young"]
    assert [one.device for one in SignIn.objects.all()] == ["d-young"]
    old, young = Message.objects.order_by("pk")
    assert (old.phone, old.params, old.template) == ("", {}, "t")
    assert young.phone == "10000000001"
    kept = {one.file_name: bool(one.rows or one.undo) for one in RollImport.objects.all()}
    assert kept == {
        "preview": False, "preview-young": True, "undo": False, "undo-young": True,
        "theirs": True,
    }  # fmt: skip

    lift_hold(hold_id=hold.pk, reason="法院已结案", actor="user:8", at=AT)
    assert due() == {"roll_previews": 1}
    assert apply(AT)["roll_previews"] == 1
    acts = {one.kind for one in Entry.objects.all()}
    assert acts >= {"hold.set", "hold.lifted", "retention.ended", "roll-dropped"}


def snapshot() -> list[Any]:
    models = (Attempts, PhoneCheck, WebSession, Job, Message, RollImport, Entry)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


@pytest.mark.django_db
def test_the_sweeper_does_the_same_and_the_log_says_how_many() -> None:
    one_of_each(make_estate())
    assert expire_due(AT) == sum(EACH.values())
    assert expire_due(AT) == 0
    said = [
        parse_canonical(bytes(one.line))["body"]
        for one in Entry.objects.filter(kind="retention.ended")
    ]
    assert {one["what"]: one["rows"] for one in said} == {
        name: 1 for name in EACH if name != "web_sessions"
    }


@pytest.mark.django_db
def test_many_go_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "PORTION", 3)
    for number in range(8):
        Attempts.objects.create(key=f"a{number}", window_started_at=OLD)
    assert expire_due(AT) == 8
    assert not Attempts.objects.exists()


@pytest.mark.django_db
def test_what_waits_or_is_pointed_at_stays() -> None:
    vote = frozen_vote(small_estate())
    message("queued", 300, state="queued")
    for state in ("queued", "running"):
        Job.objects.create(kind="k", subject="s", actor="t", state=state, created_at=OLD)
    printed = Job.objects.create(
        kind="letters", subject="s", actor="t", state="done", created_at=OLD
    )
    Session.objects.filter(pk=vote.session.pk).update(letters_job=printed)
    Message.objects.exclude(key="queued").delete()
    assert set(due()) <= {"letters"}
    assert expire_due(AT) == 0


@pytest.mark.django_db
def test_a_failed_message_goes_too_and_its_key_stays() -> None:
    message("f", 185, state="failed")
    assert expire_due(AT) == 1
    with pytest.raises(Exception, match=r"(?i)unique"):
        message("f", 0)


@pytest.mark.django_db
def test_vote_codes_go_a_week_after_they_ended() -> None:
    vote = frozen_vote(small_estate())
    for number, days in ((1, 8), (2, 6)):
        then = AT - timedelta(days=days)
        CheckCode.objects.create(
            party=vote.party(number), code_hmac="x", sent_at=then, expires_at=then
        )
    assert due()["vote_codes"] == 1
    assert expire_due(AT) >= 1
    assert [one.party.number for one in CheckCode.objects.all()] == [2]


# --- people of votes that end in nothing ------------------------------------------------


def people_left(vote: Any) -> set[tuple[str, str]]:
    return {(one.phone, one.document_tails) for one in vote.session.parties.all()}


def years(count: int) -> datetime:
    return CLOSE.replace(year=CLOSE.year + count)


def as_rehearsal(vote: Any, state: str = "frozen") -> None:
    Session.objects.filter(pk=vote.session.pk).update(rehearsal=True, state=state)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["frozen", "counted", "cancelled", "resolved"])
def test_people_of_a_rehearsal_go_half_a_year_after_its_planned_end(state: str) -> None:
    vote = frozen_vote(small_estate())
    as_rehearsal(vote, state)
    then = CLOSE + 184 * DAY
    assert "rehearsals" not in due(then - timedelta(seconds=1))
    assert forget_people(session_id=vote.session.pk, at=then - timedelta(seconds=1)) is None
    assert due(then)["rehearsals"] == 1
    assert people_left(vote) != {("", "")}
    assert apply(then)["rehearsals"] == 1
    assert people_left(vote) == {("", "")}
    assert "rehearsals" not in due(then)
    assert apply(then)["rehearsals"] == 0
    body = parse_canonical(bytes(Entry.objects.get(kind="people.forgotten").line))["body"]
    assert body["people"] == vote.session.parties.count()
    assert vote.party(1).name  # masked, as the board's page has it


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["frozen", "closed", "counted", "cancelled"])
def test_people_of_a_vote_without_a_resolution_go_with_the_years_of_ballots(state: str) -> None:
    vote = frozen_vote(small_estate())
    Session.objects.filter(pk=vote.session.pk).update(state=state)
    stated = vote.session.profile.get("retention.ballot_years")
    kept = int(stated["value"]) if stated else 5
    assert "unresolved_votes" not in due(years(kept))  # the anniversary itself
    assert "unresolved_votes" not in due(years(3))
    assert "rehearsals" not in due(years(kept + 1))
    assert due(years(kept) + 2 * DAY)["unresolved_votes"] == 1
    assert tasks.BY_NAME["people"].run(years(kept) + 2 * DAY) == 1
    assert people_left(vote) == {("", "")}
    assert vote.session.board.entries.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["everything", "estate", "session"])
@pytest.mark.parametrize("rehearsal", [True, False])
def test_a_hold_keeps_them(what: str, rehearsal: bool) -> None:
    vote = frozen_vote(small_estate())
    if rehearsal:
        as_rehearsal(vote)
    name = "rehearsals" if rehearsal else "unresolved_votes"
    hold = hold_of(what, vote)
    assert held(years(9))[name] == 1
    assert apply(years(9))[name] == 0
    assert people_left(vote) != {("", "")}
    lift_hold(hold_id=hold.pk, reason="法院已结案", actor="user:8", at=years(9))
    assert apply(years(9))[name] == 1


@pytest.mark.django_db
def test_a_late_resolution_has_its_own_time() -> None:
    vote = frozen_vote(small_estate())
    Session.objects.filter(pk=vote.session.pk).update(state="resolved")
    assert unresolved_with_people(years(9)) == []
    assert forget_people(session_id=vote.session.pk, at=years(9)) is None
    assert people_left(vote) != {("", "")}


@pytest.mark.django_db
def test_agents_witnesses_and_titles_go_too_and_an_open_objections_contact_stays() -> None:
    vote = frozen_vote(small_estate())
    proxy = test_standins.grant(vote, 3, phone="10000004443").proxy
    test_standins.start(vote, 2, method="home", witnesses=["冯某", "陈二"], recording="录音1")
    for number, state in ((1, "answered"), (2, "open")):
        Objection.objects.create(
            estate=vote.session.estate, session=vote.session, number=number, about="other",
            submission=f"x{number}", entered_by="user:1", filed_at=CLOSE, in_time=False,
            due_at=CLOSE, state=state, name="周某", contact="10000004445",
            contact_hash="c" * 64, text="说过的话",
        )  # fmt: skip
    as_rehearsal(vote)
    assert apply(CLOSE + 184 * DAY)["rehearsals"] == 1
    proxy.refresh_from_db()
    assert (proxy.agent_name, proxy.agent_phone, proxy.agent_phone_hash) == ("", "", "")
    kept = {one.number: one.contact for one in Objection.objects.all()}
    assert kept == {1: "", 2: "10000004445"}


# --- holds ------------------------------------------------------------------------------


def hold_of(what: str, vote: Any) -> LegalHold:
    estate = None if what == "everything" else vote.session.estate
    code = vote.session.code if what == "session" else ""
    return set_hold(estate=estate, session_code=code, reason=REASON, actor="user:9", at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["everything", "estate", "session"])
def test_what_a_hold_keeps(what: str) -> None:
    vote = frozen_vote(small_estate())
    Message.objects.all().delete()
    one_of_each(vote.session.estate, vote.session)
    other = message("session:999999:opened", 185)
    unknown = message("check:7:1", 185)
    hold_of(what, vote)
    kept = held()
    assert kept["messages"] == (3 if what == "everything" else 2)
    assert kept["jobs"] == kept["roll_previews"] == kept["roll_undos"] == 1
    assert kept.get("attempts", 0) == (what == "everything")
    assert "web_sessions" not in kept  # never held
    assert "fund_codes" not in kept
    expire_due(AT)
    assert Message.objects.get(key=f"session:{vote.session.pk}:opened").phone
    other.refresh_from_db()
    unknown.refresh_from_db()
    assert bool(other.phone) == (what == "everything")
    assert unknown.phone  # nobody can tell whose it is
    assert Job.objects.filter(kind="k").exists()
    assert RollImport.objects.get(file_name="undo").undo
    assert not WebSession.objects.filter(session_key="w").exists()


def resolved() -> Any:
    vote = frozen_vote(small_estate())
    for number in (1, 2, 3, 4, 5):
        vote.cast(number, [FOR])
    for sweeper in tasks.SWEEPERS:
        sweeper.run(CLOSE)
    vote.session.refresh_from_db()
    assert vote.session.state == "resolved"
    return vote


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["everything", "estate", "session"])
def test_ballots_and_keys_under_a_hold_stay_for_years(
    what: str, settings: Any, tmp_path: Any
) -> None:
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    vote = resolved()
    later = CLOSE.replace(year=CLOSE.year + 6)
    hold = hold_of(what, vote)
    assert held(later)["ballots"] == 1
    assert held(later)["trustee_keys"] == 1
    assert due_to_destroy(later) == []
    assert retention_of(vote.session, later).waits == ("依法保全期间",)
    with pytest.raises(RuleViolation, match="依法保全") as refused:
        destroy_ballots(session_id=vote.session.pk, at=later)
    assert refused.value.code == "retention.waits"
    assert destroy_keys(at=later) == 0
    assert TrusteeKey.objects.get().secret
    lift_hold(hold_id=hold.pk, reason="法院已结案", actor="user:8", at=later)
    done = apply(later)
    assert (done["ballots"], done["trustee_keys"]) == (1, 1)
    assert not TrusteeKey.objects.get().secret


@pytest.mark.django_db
def test_a_hold_ends_after_its_last_day() -> None:
    estate = make_estate()
    set_hold(estate=estate, reason=REASON, until=AT.date(), actor="user:9", at=AT)
    assert held_at(AT).keeps(estate.pk)
    assert held_at(AT + timedelta(hours=10)).keeps(estate.pk)
    assert not held_at(AT + 2 * DAY)
    assert not held_at(AT).keeps(estate.pk + 1)
    assert not held_at(AT).keeps(None)


@pytest.mark.django_db
def test_a_fund_file_of_a_held_estate_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.funds.books import make_account
    from tests.funds.services.test_files import csv, take

    account = make_account(mode="mirror")
    file = take(account.special, csv(("房号", "余额"), ("1", "2")))
    hold = set_hold(estate=account.estate, reason=REASON, actor="user:9", at=AT)
    assert forget_file(file_id=file.pk, at=AT) is None
    assert held(AT + 900 * DAY)["fund_files"] == 1
    lift_hold(hold_id=hold.pk, reason="法院已结案", actor="user:8", at=AT)
    assert forget_file(file_id=file.pk, at=AT).state == "dropped"  # type: ignore[union-attr]


@pytest.mark.django_db
def test_what_setting_and_lifting_refuse_and_write_down() -> None:
    estate = make_estate()
    for given in ({"reason": "  "}, {"reason": REASON, "until": AT.date() - DAY}):
        with pytest.raises(RuleViolation, match=r"依据|最后一天"):
            set_hold(estate=estate, actor="user:9", at=AT, **given)  # type: ignore[arg-type]
    assert not LegalHold.objects.exists()
    hold = set_hold(estate=estate, reason=REASON, actor="user:9", at=AT)
    with pytest.raises(RuleViolation):
        lift_hold(hold_id=hold.pk, reason="", actor="user:9", at=AT)
    lift_hold(hold_id=hold.pk, reason="法院已结案", actor="user:8", at=AT)
    again = lift_hold(hold_id=hold.pk, reason="又解除一次", actor="user:7", at=AT)
    assert (again.lifted_by, again.lift_reason) == ("user:8", "法院已结案")
    acts = list(Entry.objects.filter(log__name=f"estate/{estate.code}").order_by("seq"))
    assert [one.kind for one in acts] == ["hold.set", "hold.lifted"]
    assert parse_canonical(bytes(acts[0].line))["body"]["actor"] == "user:9"
    assert REASON.encode() not in bytes(acts[0].line)


@pytest.mark.django_db
def test_the_command_sets_lists_and_lifts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.management.commands.legal_hold.timezone.now", lambda: AT)
    vote = frozen_vote(small_estate())
    code, estate = vote.session.code, vote.session.estate.code
    run = lambda *words: said(*words)  # noqa: E731
    assert "已生效" in run("set", "--estate", estate, "--session", code, "--reason", REASON)
    assert held_at(AT).sessions == {code}
    assert f"会议 {code}" in run("list")
    assert "已解除" in run("lift", str(LegalHold.objects.get().pk), "--reason", "法院已结案")
    assert not held_at(AT)
    other = make_estate()
    for words in (
        ("set", "--estate", "NONE", "--reason", "x"),
        ("set", "--estate", other.code, "--session", code, "--reason", "x"),
        ("set", "--everything", "--session", code, "--reason", "x"),
        ("set", "--everything", "--reason", " "),
        ("lift", "999999", "--reason", "x"),
        ("set", "--reason", "x"),
    ):
        with pytest.raises(CommandError):
            run(*words)


def said(*words: str) -> str:
    out = StringIO()
    call_command("legal_hold", *words, stdout=out)
    return out.getvalue()


def test_the_lock_is_a_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.holds.connection", SimpleNamespace(in_atomic_block=False))
    with pytest.raises(RuntimeError, match="transaction"):
        lock_holds()


# --- both at once -----------------------------------------------------------------------


def in_thread(act: Any) -> Any:
    try:
        return act()
    finally:
        connection.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_hold_set_while_rows_are_being_deleted_waits_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    estate = make_estate()
    Job.objects.create(
        kind="k", subject="s", estate=estate, actor="t", state="done", created_at=OLD
    )
    deleting, finish = Event(), Event()
    real = expiry.JOBS.end

    def slow(rows: Any, at: datetime) -> int:
        deleting.set()
        assert finish.wait(10)
        return real(rows, at)

    end = expiry.ender(expiry.JOBS._replace(end=slow))
    with ThreadPoolExecutor(2) as pool:
        sweep = pool.submit(in_thread, lambda: end(AT))
        assert deleting.wait(10)
        setting = pool.submit(
            in_thread, lambda: set_hold(estate=estate, reason=REASON, actor="u", at=AT)
        )
        finish.wait(0.7)
        assert not setting.done()  # it may not say "held" of what is going
        finish.set()
        assert sweep.result() == 1
        setting.result()
    assert not Job.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["jobs", "keys"])
def test_whoever_deletes_while_a_hold_is_being_set_sees_it(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    vote = frozen_vote(small_estate())
    estate = vote.session.estate
    Job.objects.create(
        kind="k", subject="s", estate=estate, actor="t", state="done", created_at=OLD
    )
    setting, finish = Event(), Event()
    from accounts.services import holds

    real = holds._record

    def slow(*given: Any) -> None:
        setting.set()
        assert finish.wait(10)
        real(*given)

    monkeypatch.setattr(holds, "_record", slow)
    later = CLOSE + timedelta(days=900)
    act = (
        (lambda: expiry.ender(expiry.JOBS)(AT))
        if what == "jobs"
        else (lambda: destroy_keys(at=later))
    )
    with ThreadPoolExecutor(2) as pool:
        hold = pool.submit(
            in_thread, lambda: set_hold(estate=estate, reason=REASON, actor="u", at=AT)
        )
        assert setting.wait(10)
        sweep = pool.submit(in_thread, act)
        finish.wait(0.7)
        assert not sweep.done()
        finish.set()
        hold.result()
        assert sweep.result() == 0
    assert Job.objects.filter(kind="k").exists()
    assert TrusteeKey.objects.get().secret
    assert retention.BY_NAME["jobs"].due(AT, held_at(AT)).held == 1


@pytest.mark.django_db
def test_a_preview_that_ended_says_so_in_its_estates_log() -> None:
    estate = make_estate()
    kept = preview(estate, roll_lines(3), at=AT - timedelta(days=31))
    expire_due(AT)
    kept.refresh_from_db()
    assert (kept.state, bytes(kept.rows)) == ("dropped", b"")
    entry = Entry.objects.get(kind="roll-dropped")
    assert parse_canonical(bytes(entry.line))["body"]["actor"] == "system"
