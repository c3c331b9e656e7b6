"""延期: once, within the window, on a signed paper; ballots stay; races with the close."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Message
from core.errors import RuleViolation
from documents.models import Document
from logbook.models import Entry
from tests.factories import ACTOR, CLOSE, FOR, OPEN, frozen_vote, make_profile, small_estate
from voting.models import Extension, TrusteeKey
from voting.selectors import body_of, phase, result_of
from voting.services.closing import close_session
from voting.services.drafting import cancel_session
from voting.services.exporting import export_board
from voting.services.extending import extend_voting
from voting.services.telling import tell_extended
from voting.tasks import tell_owners
from voting.verifier import verify

pytestmark = pytest.mark.django_db(transaction=True)
LATER = CLOSE + timedelta(days=5)
MIDWAY = OPEN + timedelta(days=3)
WHY = "参加的人数还不到三分之二"


@pytest.fixture
def vote(erasable, settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    return make_vote()


def make_vote(days=5, window=(5, 60), **fields):
    make_profile("extendable", max_extension_days=days, window_days=list(window))
    estate = small_estate()
    estate.profile_code = "extendable"
    estate.save()
    return frozen_vote(estate, **fields)


def extend(vote, closes_at=LATER, *, reason=WHY, at=MIDWAY):
    return extend_voting(
        session_id=vote.session.pk, closes_at=closes_at, reason=reason, actor=ACTOR, at=at
    )


def refused(*args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        extend(*args, **kwargs)
    return [reason.code for reason in caught.value.facts.get("reasons", [caught.value])]


def test_ballots_stay_and_voting_goes_on_until_the_new_end(vote, tmp_path):
    vote.cast(1, [FOR], at=OPEN)
    made = extend(vote)
    vote.session.refresh_from_db()
    assert vote.session.closes_at == LATER
    assert made.closed_at_first == CLOSE
    assert phase(vote.session, CLOSE) == "open"
    with pytest.raises(RuleViolation) as early:
        close_session(session_id=vote.session.pk, at=CLOSE)
    assert early.value.code == "close.too_early"
    vote.cast(2, [FOR], at=LATER - timedelta(seconds=1))
    for number in (3, 4, 5):
        vote.cast(number, [FOR], at=CLOSE)
    counted = vote.count(at=LATER)
    assert result_of(counted).participating.heads == 5
    with pytest.raises(RuleViolation):
        vote.cast(6, [FOR], at=LATER)
    export_board(vote.session, tmp_path / "export", at=LATER)
    assert verify(tmp_path / "export").ok


def test_the_board_names_the_paper(vote):
    made = extend(vote)
    body = body_of(vote.session, "extend")
    assert body == {"closes_at": "2026-04-01T00:00:00Z", "sha256": made.document.sha256}
    assert Document.objects.get().kind == "extension"
    assert Entry.objects.filter(kind="session.extended").count() == 1


@pytest.mark.parametrize(
    ("closes_at", "at", "expected"),
    [
        (LATER, CLOSE, ["extension.closed"]),  # at the very second
        (LATER, CLOSE + timedelta(days=1), ["extension.closed"]),
        (LATER, OPEN - timedelta(seconds=1), ["extension.too_early"]),
        (LATER + timedelta(minutes=1), MIDWAY, ["extension.too_long"]),
        (CLOSE, MIDWAY, ["extension.not_later"]),
        (CLOSE - timedelta(days=1), MIDWAY, ["extension.not_later"]),
        (None, MIDWAY, ["extension.missing"]),
    ],
)
def test_what_is_refused(vote, closes_at, at, expected):
    assert refused(vote, closes_at, at=at) == expected
    assert not Extension.objects.exists()
    vote.session.refresh_from_db()
    assert vote.session.closes_at == CLOSE


def test_every_reason_at_once(vote):
    assert refused(vote, None, reason=" ") == ["extension.missing", "extension.reason"]
    assert refused(vote, reason="长" * 301) == ["extension.reason"]


def test_only_once_and_a_second_press_is_the_same(vote):
    first = extend(vote, CLOSE + timedelta(days=1))
    assert extend(vote, CLOSE + timedelta(days=1)) == first
    assert refused(vote, CLOSE + timedelta(days=2)) == ["extension.twice"]
    assert Document.objects.count() == 1


def test_where_no_rule_allows_it(erasable, settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    for days in (0, None):
        assert refused(make_vote(days)) == ["extension.none"]


def test_the_whole_window_has_an_end_too(erasable, settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    vote = make_vote(30, (5, 12))
    assert refused(vote, CLOSE + timedelta(days=3)) == ["extension.window"]
    extend(vote, CLOSE + timedelta(days=2))


def test_a_closed_a_cancelled_and_a_drafted_session(vote):
    close_session(session_id=vote.session.pk, at=CLOSE)
    assert refused(vote, at=CLOSE) == ["extension.closed"]
    other = make_vote()
    cancel_session(
        session_id=other.session.pk, reason="改期", actor=ACTOR, at=OPEN - timedelta(days=1)
    )
    assert refused(other) == ["extension.draft"]


def test_owners_are_told_once_and_the_keys_are_kept_longer(vote):
    kept = TrusteeKey.objects.get().destroy_on
    extend(vote)
    assert TrusteeKey.objects.get().destroy_on == kept + timedelta(days=5)
    tell_owners(MIDWAY)
    tell_owners(MIDWAY)
    tell_extended(session_id=vote.session.pk, at=MIDWAY)
    sent = Message.objects.filter(template="session_extended")
    assert sent.count() == 5  # one of six has no phone
    assert "4月1日（星期三）8:00" in sent.first().params["deadline"]


@pytest.mark.postgres
@pytest.mark.parametrize("first", ["extend", "close"])
def test_an_extension_and_the_close_at_once(vote, first):
    """Whoever has the lock first is right; the other is refused, and the board is whole."""
    at = {"extend": CLOSE - timedelta(seconds=1), "close": CLOSE}
    outcomes, gate = {}, threading.Barrier(2)

    def run(name, call):
        gate.wait()
        try:
            call()
            outcomes[name] = "done"
        except RuleViolation as refusal:
            outcomes[name] = refusal.code
        finally:
            connection.close()

    calls = {
        "extend": lambda: extend(vote, at=at["extend"]),
        "close": lambda: close_session(session_id=vote.session.pk, at=at["close"]),
    }
    order = [first, *(name for name in calls if name != first)]
    threads = [threading.Thread(target=run, args=(name, calls[name])) for name in order]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    vote.session.refresh_from_db()
    extended = Extension.objects.exists()
    assert (vote.session.state, extended) in {("closed", False), ("frozen", True)}
    assert extended == (outcomes["extend"] == "done")
    assert (body_of(vote.session, "close") is None) is extended
    assert outcomes["close"] == ("close.too_early" if extended else "done")


@pytest.mark.postgres
def test_two_extensions_at_once_are_one(vote):
    gate, done = threading.Barrier(2), []

    def run(days):
        gate.wait()
        try:
            done.append(extend(vote, CLOSE + timedelta(days=days)))
        except RuleViolation:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(days,)) for days in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
    assert Extension.objects.count() == Document.objects.count() == 1
