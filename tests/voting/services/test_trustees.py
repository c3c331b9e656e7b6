"""Keys of trustees through the commands: in threads, under kill -9, and against the clock."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.canonical import canonical
from core.errors import RuleViolation
from tests.factories import (
    ACTOR,
    AGAINST,
    CLOSE,
    FOR,
    FREEZE,
    Vote,
    draft_session,
    make_profile,
    small_estate,
)
from tests.voting.services.test_kills import run
from tests.voting.services.test_races import at_once
from voting.domain.keyholders import Holder
from voting.facts import resolution_facts
from voting.models import Session, TrusteeKey
from voting.protocol import dealing, share, tally
from voting.selectors import (
    board_of,
    body_of,
    ceremony_of,
    deliveries,
    due_to_count,
    result_of,
    terms,
    transcript_of,
)
from voting.services.closing import close_session
from voting.services.counting import aggregates, count_session
from voting.services.exporting import export_board
from voting.services.freezing import freeze_session
from voting.services.keyholding import (
    agree_fingerprint,
    choose_platform,
    choose_trustees,
    restart_ceremony,
    take_message,
)
from voting.services.opening import deliver_share
from voting.spool import read_spool
from voting.tasks import sweep_all
from voting.verifier import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]
ACTS = "tests.voting.services.killed_acts"
SERVICES = "voting.services"


class Held:
    """A session under trustees, and what the trustees have at home."""

    def __init__(self, session: Session, count: int = 3) -> None:
        self.session = session
        self.act = {"session_id": session.pk, "actor": ACTOR, "at": FREEZE}
        holders = [Holder(f"保管人{n}", "lot") for n in range(1, count + 1)]
        choose_trustees(holders=holders, **self.act)
        self.begin()

    def begin(self) -> None:
        start = self.transcript()
        self.secrets = [
            dealing.new_secret(start, number) for number in range(1, start.count + 1)
        ]
        self.keys: dict[int, int] = {}

    def transcript(self) -> Any:
        return transcript_of(ceremony_of(self.session))

    def messages(self) -> list[bytes]:
        """What is due in the round under way."""
        current = self.transcript()
        if current.round == 0:
            return [canonical(dealing.certificate(current, one)) for one in self.secrets]
        if current.round == 1:
            return [canonical(dealing.reveal(current, one)) for one in self.secrets]
        made = [dealing.confirm(current, one) for one in self.secrets]
        self.keys = {n: key for n, (_message, key) in enumerate(made, start=1)}
        return [canonical(message) for message, _key in made]

    def sit(self) -> None:
        for _round in range(3):
            for message in self.messages():
                take_message(content=message, **self.act)
        agree_fingerprint(**self.act)

    def freeze(self) -> Vote:
        freeze_session(**self.act)
        self.session.refresh_from_db()
        secrets = read_spool(self.session.code)
        assert secrets is not None
        return Vote(self.session, secrets)

    def share(self, number: int) -> bytes:
        manifest = terms(self.session)
        log = board_of(self.session)
        _counted, sums = aggregates(self.session, manifest, log)
        [line] = [
            bytes(one)
            for one in log.entries.filter(kind="tally").values_list("line", flat=True)
        ]
        tally_hash = manifest.suite.hash(line).hex()
        body = tally.decrypt_share(
            manifest, sums, trustee=number, secret=self.keys[number], tally_hash=tally_hash
        )
        return canonical(share.make(manifest, tally_hash, body))

    def deliver(self, content: bytes, at: datetime = CLOSE) -> Session:
        return deliver_share(session_id=self.session.pk, content=content, at=at)


def tallied(count: int = 3, **fields: Any) -> Held:
    held = Held(draft_session(small_estate(), **fields), count)
    held.sit()
    vote = held.freeze()
    for number in range(1, 7):
        vote.cast(number, [AGAINST if number == 2 else FOR])
    assert sweep_all(CLOSE)["count"] == 1
    held.session.refresh_from_db()
    return held


def code_of(act: Any) -> str:
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value.code


def kinds(session: Session) -> list[str]:
    return list(board_of(session).entries.values_list("kind", flat=True))


# --- the whole way --------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "needed"), [(3, 2), (5, 3)])
def test_the_kth_share_is_the_result(count, needed, tmp_path):
    held = tallied(count)
    assert not TrusteeKey.objects.exists()
    assert terms(held.session).threshold == needed
    who = list(range(count, 0, -1))[:needed]
    for number in who[:-1]:
        assert held.deliver(held.share(number)).state == "closed"
        assert body_of(held.session, "result") is None
    assert held.deliver(held.share(who[-1])).state == "counted"
    came = [one.number for one in deliveries(held.session) if one.delivered]
    assert came == sorted(who)
    assert kinds(held.session)[-needed - 2 :] == ["tally", *["decryption"] * needed, "result"]
    held.session.refresh_from_db()
    result = result_of(held.session)
    assert result.motions[0].against == (1, 110_00)
    facts = resolution_facts(held.session, result, number="1", code="X", at=CLOSE).keys
    assert (facts.threshold, facts.platform, len(facts.names)) == (needed, False, count)
    assert facts.names[0] == "保管人1（抽签产生的业主）"
    export_board(held.session, tmp_path / "export", at=CLOSE)
    assert verify(tmp_path / "export").ok


def test_counting_again_while_shares_are_awaited_changes_nothing():
    held = tallied()
    before = kinds(held.session)
    assert count_session(session_id=held.session.pk, at=CLOSE).state == "closed"
    assert not due_to_count(CLOSE).exists()
    assert kinds(held.session) == before


def test_no_tally_is_shown_to_trustees_before_objections_are_over():
    make_profile("waiting", challenge_hours=48)
    estate = small_estate()
    estate.profile_code = "waiting"
    estate.save()
    held = Held(draft_session(estate))
    held.sit()
    held.freeze()
    close_session(session_id=held.session.pk, at=CLOSE)
    act = lambda: count_session(session_id=held.session.pk, at=CLOSE)  # noqa: E731
    assert code_of(act) == "count.too_early"
    assert code_of(lambda: held.deliver(b"{}")) == "share.not_due"


def test_a_session_of_the_platform_takes_no_share_and_no_file():
    session = draft_session(small_estate())
    held = Held(session)
    choose_platform(**held.act)
    choose_platform(**held.act)
    for act in (agree_fingerprint, restart_ceremony):
        assert code_of(lambda act=act: act(**held.act)) == "keys.platform"
    assert code_of(lambda: take_message(content=b"{}", **held.act)) == "keys.platform"
    assert code_of(lambda: held.deliver(b"{}")) == "share.not_due"


def test_not_frozen_before_the_fingerprint_was_read():
    held = Held(draft_session(small_estate()))
    for _round in range(3):
        with pytest.raises(RuleViolation) as refused:
            held.freeze()
        assert [one.code for one in refused.value.facts["reasons"]] == ["keys.unfinished"]
        assert code_of(lambda: agree_fingerprint(**held.act)) == "keys.unfinished"
        for message in held.messages():
            take_message(content=message, **held.act)
    with pytest.raises(RuleViolation):
        held.freeze()
    agree_fingerprint(**held.act)
    assert held.freeze().session.state == "frozen"


def test_after_a_restart_only_the_new_keys_count():
    held = Held(draft_session(small_estate()))
    held.sit()
    first = held.transcript()
    restart_ceremony(**held.act)
    assert ceremony_of(held.session).agreed_at is None
    held.begin()
    held.sit()
    held.freeze()
    keys = [trustee.encoded for trustee in terms(held.session).trustees]
    old = [message["key"] for message in first.messages(2)]
    assert not set(old) & {one["key"] for one in terms(held.session).value["trustees"]["keys"]}
    assert len(set(keys)) == 3
    for act in (choose_platform, restart_ceremony, agree_fingerprint):
        assert code_of(lambda act=act: act(**held.act)) == "session.not_draft"


# --- at once --------------------------------------------------------------------------------


@pytest.mark.postgres
def test_two_shares_at_once_are_one_result(tmp_path):
    held = tallied()
    shares = [held.share(number) for number in (1, 2, 3)]
    got = at_once(*(lambda one=one: held.deliver(one).state for one in shares))
    assert sorted(got) == ["closed", "counted", "share.counted"]
    assert kinds(held.session).count("result") == 1
    export_board(held.session, tmp_path / "export", at=CLOSE)
    assert verify(tmp_path / "export").ok


@pytest.mark.postgres
def test_one_share_sent_twice_at_once_is_one_entry():
    held = tallied()
    one = held.share(2)
    assert at_once(*[lambda: held.deliver(one).state] * 3) == ["closed"] * 3
    assert kinds(held.session).count("decryption") == 1


@pytest.mark.postgres
def test_two_different_files_of_one_trustee_at_once():
    held = Held(draft_session(small_estate()))
    mine = held.messages()[0]
    held.begin()
    other = held.messages()[0]
    got = at_once(
        *(lambda one=one: take_message(content=one, **held.act) for one in (mine, other))
    )
    assert sorted(map(str, got)) == ["1", "keys.file"]


# --- killed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strike", "kept"),
    [
        ([f"{SERVICES}.keyholding", "ceremony.check", "after"], False),
        ([f"{SERVICES}.keyholding", "_record", "after"], False),
    ],
)
def test_a_file_whose_upload_was_killed_is_sent_again(strike, kept):
    held = Held(draft_session(small_estate()))
    message = held.messages()[0]
    run(f"{ACTS}.take", strike=strike, content=message.decode(), **held.act)
    assert bool(bytes(ceremony_of(held.session).holders.get(index=1).certificate)) is kept
    assert take_message(content=message, **held.act) == 1
    held.sit()
    assert held.freeze().session.state == "frozen"


@pytest.mark.parametrize(
    "strike",
    [
        [f"{SERVICES}.opening", "append_to", "after"],
        [f"{SERVICES}.opening", "append_result", "after"],
        [f"{SERVICES}.opening", "checkpoint_board", "after"],
    ],
)
def test_a_share_whose_delivery_was_killed_is_sent_again(strike: list[str], tmp_path: Path):
    held = tallied()
    held.deliver(held.share(3))
    second = held.share(1)
    arguments = {"session_id": held.session.pk, "content": second.decode(), "at": CLOSE}
    run(f"{ACTS}.deliver", strike=strike, **arguments)
    held.session.refresh_from_db()
    assert held.session.state == "closed"
    assert kinds(held.session)[-2:] == ["tally", "decryption"]
    assert held.deliver(second).state == "counted"
    export_board(held.session, tmp_path / "export", at=CLOSE)
    assert verify(tmp_path / "export").ok


def test_a_tally_that_was_killed_is_made_by_the_next_sweep():
    held = Held(draft_session(small_estate()))
    held.sit()
    held.freeze().cast(1, [FOR])
    strike = [f"{SERVICES}.counting", "checkpoint_board", "before"]
    run("voting.tasks.sweep_all", strike=strike, at=CLOSE)
    assert "tally" not in kinds(held.session)
    assert sweep_all(CLOSE)["count"] == 1
    held.deliver(held.share(1))
    assert held.deliver(held.share(2)).state == "counted"
