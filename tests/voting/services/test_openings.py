"""Named votes through the commands: opened by the platform or by trustees, and who may look."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest

from core.canonical import parse_canonical
from core.errors import RuleViolation
from logbook.models import Entry
from tests.factories import AGAINST, CLOSE, FOR, frozen_vote, make_profile, small_estate
from tests.voting.services.test_kills import run
from tests.voting.services.test_races import at_once
from tests.voting.services.test_trustees import Held, draft_session
from voting.models import Look, OpenedLine, Openings, TrusteeKey
from voting.protocol import handed, openings
from voting.selectors import board_of, body_of, terms
from voting.selectors.opened import (
    counted_ballots,
    due_to_open,
    looks_of,
    opened_choices,
    opened_lines,
    openings_came,
    waits_for_openings,
)
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.exporting import export_board
from voting.services.keys import destroy_keys
from voting.services.openings import (
    Looker,
    deliver_openings,
    look_at_ballot,
    open_ballots,
    opening_request,
)
from voting.services.rulings import Signer, confirm_ruling, propose_ruling
from voting.tasks import sweep_all
from voting.verifier import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]
AFTER = CLOSE + timedelta(days=2)  # objections are over
PDF = b"%PDF-1.4\n%%EOF\n"
SUPERVISOR = Looker("user:2", ["supervisor"])


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True


def voted(**fields):
    """Party 2 votes twice, party 4 is excluded, party 6 does not vote."""
    make_profile("waiting", challenge_hours=24)
    estate = small_estate()
    estate.profile_code = "waiting"
    estate.save()
    vote = frozen_vote(estate, opening_policy="named", matters=(5, 8), **fields)
    for number, choices in [
        (1, [FOR[0]]), (2, [FOR[0]]), (3, [AGAINST[0]]), (4, [FOR[0]]), (5, [FOR[0]]),
    ]:  # fmt: skip
        vote.cast(number, [choices, choices])
    vote.cast(2, [AGAINST, None], plain=True)
    close_session(session_id=vote.session.pk, at=CLOSE)
    made = propose_ruling(
        session_id=vote.session.pk, number=4, reason="信被别人取走", name="a.pdf", content=PDF,
        signer=Signer("user:1", "organiser"), at=CLOSE,
    )  # fmt: skip
    confirm_ruling(ruling_id=made.pk, signer=Signer("user:3", "street_office"), at=CLOSE)
    return vote


def counted(**fields):
    vote = voted(**fields)
    vote.session = count_session(session_id=vote.session.pk, at=AFTER)
    return vote


def code_of(act):
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value.code


def kinds(session):
    return list(board_of(session).entries.values_list("kind", flat=True))


def chosen(vote, number):
    found = opened_choices(vote.party(number))
    return found and [one.chosen for one in found]


def looked(vote, number=1, **changes):
    arguments = {
        "session_id": vote.session.pk, "number": number, "reason": "核对签名异议", "court": "",
        "looker": SUPERVISOR, "at": AFTER,
    }  # fmt: skip
    return look_at_ballot(**arguments | changes)


# --- the platform's key -----------------------------------------------------------------------


def test_the_sweeper_opens_what_counts_and_nothing_else(tmp_path):
    vote = counted()
    assert chosen(vote, 1) is None
    assert sweep_all(AFTER)["open"] == 1
    assert sweep_all(AFTER)["open"] == 0
    assert chosen(vote, 1) == [("for",), ("for",)]
    assert chosen(vote, 2) == [("against",), None]  # the second ballot, not the first
    assert chosen(vote, 3) == [("against",), ("against",)]
    assert chosen(vote, 4) is None  # excluded before the count: never opened
    assert chosen(vote, 6) is None  # did not vote
    folder = tmp_path / "export"
    vote.session.refresh_from_db()
    export_board(vote.session, folder, at=AFTER)
    file = tmp_path / "openings.jsonl"
    file.write_bytes(b"".join(line + b"\n" for line in opened_lines(vote.session)))
    body = body_of(vote.session, "openings")
    assert body == {"sha256": sha256(file.read_bytes()).hexdigest(), "ballots": 4}
    report = verify(folder, openings=file)
    assert report.ok, report.as_text()
    assert report.checks[-1].name == "openings"
    # No share of a single ballot is in the export, and none lies in the database in plain.
    share = json.loads(file.read_bytes().splitlines()[0])["motions"][0][0]["share"].encode()
    assert not any(share in path.read_bytes() for path in folder.iterdir())
    assert not any(share in bytes(row.line) for row in OpenedLine.objects.all())
    assert not any(share in bytes(entry.line) for entry in Entry.objects.all())


def test_not_before_the_result_and_never_in_a_secret_vote():
    vote = voted()
    act = lambda: open_ballots(session_id=vote.session.pk, at=AFTER)  # noqa: E731
    assert code_of(act) == "openings.not_counted"
    secret = frozen_vote()
    secret.cast(1, [FOR])
    secret.count(at=AFTER)
    assert not due_to_open().filter(pk=secret.session.pk).exists()
    assert code_of(lambda: open_ballots(session_id=secret.session.pk, at=AFTER)) == (
        "openings.secret"
    )
    assert not OpenedLine.objects.exists()


def test_a_key_that_was_destroyed_opens_nothing():
    vote = counted()
    key = TrusteeKey.objects.get(session=vote.session)
    destroy_keys(at=CLOSE.replace(year=CLOSE.year + 3))
    key.refresh_from_db()
    assert key.destroyed_at is not None
    act = lambda: open_ballots(session_id=vote.session.pk, at=AFTER)  # noqa: E731
    assert code_of(act) == "openings.key_gone"


def test_what_does_not_add_up_is_not_written(monkeypatch):
    vote = counted()
    honest = openings.make_lines

    def short(manifest, ballots, **changes):
        return honest(manifest, [*ballots[:-1], ballots[0]], **changes)

    monkeypatch.setattr("voting.services.openings.openings.make_lines", short)
    assert sweep_all(AFTER)["open"] == 0
    assert "openings" not in kinds(vote.session)
    assert not OpenedLine.objects.exists()


def test_an_exclusion_after_the_count_leaves_the_opened_ballot(tmp_path):
    """It was counted: without it the file would not add up to the result."""
    vote = counted()
    sweep_all(AFTER)
    vote.session.refresh_from_db()
    assert vote.session.state == "resolved"
    made = propose_ruling(
        session_id=vote.session.pk, number=1, reason="冒名", name="a.pdf", content=PDF,
        signer=Signer("user:1", "organiser"), at=AFTER,
    )  # fmt: skip
    confirm_ruling(
        ruling_id=made.pk, signer=Signer("user:3", "street_office"), at=AFTER, understood=True
    )
    assert chosen(vote, 1) == [("for",), ("for",)]
    file = tmp_path / "openings.jsonl"
    file.write_bytes(b"".join(line + b"\n" for line in opened_lines(vote.session)))
    export_board(vote.session, tmp_path / "export", at=AFTER)
    assert verify(tmp_path / "export", openings=file).ok


@pytest.mark.parametrize(
    "strike",
    [
        ["voting.services.openings", "_store", "after"],
        ["voting.services.openings", "append_to", "after"],
        ["voting.services.openings", "Openings.objects.create", "after"],
    ],
)
def test_killed_while_opening_it_is_done_by_the_next_sweep(strike):
    vote = counted()
    run("voting.tasks.open_due", strike=strike, at=AFTER)
    assert "openings" not in kinds(vote.session)
    assert sweep_all(AFTER)["open"] == 1
    assert kinds(vote.session).count("openings") == 1


@pytest.mark.postgres
def test_opened_twice_at_once_it_is_one_entry():
    vote = counted()
    act = lambda: open_ballots(session_id=vote.session.pk, at=AFTER).pk  # noqa: E731
    got = at_once(act, act, act)
    assert len(set(got)) == 1
    assert kinds(vote.session).count("openings") == 1


# --- trustees -------------------------------------------------------------------------------


def held_vote(opening_policy="named"):
    held = Held(draft_session(small_estate(), opening_policy=opening_policy))
    held.sit()
    vote = held.freeze()
    vote.cast(1, [FOR])
    vote.cast(2, [AGAINST])
    sweep_all(CLOSE)
    held.session.refresh_from_db()
    for number in (3, 1):
        held.deliver(held.share(number))
    held.session.refresh_from_db()
    return held, vote


def sealed(held, number, *, key=None, entry=None, drop=0, as_=None):
    manifest = terms(held.session)
    request = parse_canonical(opening_request(held.session).removesuffix(b"\n"))
    key = key or handed.read_request(manifest, request, result=request["result"])
    lines = list(
        openings.make_lines(
            manifest, counted_ballots(held.session), trustee=number, secret=held.keys[number]
        )
    )
    return handed.make(
        manifest,
        entry=entry or request["result"],
        trustee=as_ or number,
        recipient=key,
        lines=lines[drop:],
    )


def deliver(held, content):
    return deliver_openings(session_id=held.session.pk, content=content, at=CLOSE)


def test_the_kth_trustee_completes_the_openings(tmp_path):
    held, vote = held_vote()
    assert waits_for_openings(held.session)
    assert sweep_all(CLOSE)["open"] == 0  # the platform has no key
    first = sealed(held, 3)
    assert deliver(held, first) is False
    assert deliver(held, first) is False
    assert [one.delivered for one in openings_came(held.session)] == [False, False, True]
    assert chosen(vote, 1) is None  # k - 1 open nothing
    assert deliver(held, sealed(held, 2)) is True
    assert not waits_for_openings(held.session)
    assert deliver(held, sealed(held, 1)) is True  # one more does no harm
    assert chosen(vote, 1) == [("for",)]
    assert chosen(vote, 2) == [("against",)]
    file = tmp_path / "openings.jsonl"
    file.write_bytes(b"".join(line + b"\n" for line in opened_lines(held.session)))
    held.session.refresh_from_db()
    export_board(held.session, tmp_path / "export", at=CLOSE)
    report = verify(tmp_path / "export", openings=file)
    assert report.ok, report.as_text()


def test_files_that_are_refused():
    held, _vote = held_vote()
    good = sealed(held, 2)
    head, _, rest = good.partition(b"\n")
    for content, code in (
        (b"", "openings.file"),
        (head, "openings.file"),
        (good[:-1], "openings.file"),
        (good + b"\n", "openings.file"),
        (b"[" * 100_000, "openings.file"),
        (b"{}\n" + rest, "openings.file"),
        (head.replace(held.session.code.encode(), b"OTHER001") + b"\n" + rest, "openings.file"),
        (head.replace(b'"trustee":2', b'"trustee":3') + b"\n" + rest, "openings.file"),
        (head.replace(b'"trustee":2', b'"trustee":9') + b"\n" + rest, "openings.file"),
        (sealed(held, 2, key=bytes(31) + b"\x09"), "openings.file"),
        (sealed(held, 2, entry="0" * 64), "openings.another"),
        (sealed(held, 2, drop=1), "openings.proof"),
        (sealed(held, 2, as_=1), "openings.proof"),
    ):
        assert code_of(lambda content=content: deliver(held, content)) == code, content[:80]
    assert not OpenedLine.objects.exists()
    assert deliver(held, good) is False


def test_of_a_session_that_is_not_named_or_not_theirs():
    held, _vote = held_vote("secret")
    assert code_of(lambda: deliver(held, b"")) == "openings.secret"
    vote = counted()
    act = lambda: deliver_openings(session_id=vote.session.pk, content=b"", at=CLOSE)  # noqa: E731
    assert code_of(act) == "openings.not_due"
    held, _vote = held_vote()
    act = lambda: open_ballots(session_id=held.session.pk, at=CLOSE)  # noqa: E731
    assert code_of(act) == "openings.trustees"


@pytest.mark.postgres
def test_two_trustees_at_once_are_one_entry(tmp_path):
    held, _vote = held_vote()
    files = [sealed(held, number) for number in (1, 2)]
    got = at_once(*(lambda one=one: deliver(held, one) for one in files))
    assert sorted(got) == [False, True]
    assert kinds(held.session).count("openings") == 1
    assert Openings.objects.count() == 1


# --- who looks ------------------------------------------------------------------------------


def test_a_look_is_written_down_with_who_and_why():
    vote = counted()
    assert code_of(lambda: looked(vote)) == "look.not_opened"
    sweep_all(AFTER)
    look = looked(vote, court="测试区人民法院（2026）测0101民初1号")
    entry = Entry.objects.filter(kind="ballot.looked_at").get()
    body = parse_canonical(bytes(entry.line))["body"]
    assert body == {
        "actor": "user:2", "session": vote.session.code, "party": 1, "look": look.pk,
        "role": "supervisor", "court": True,
    }  # fmt: skip
    assert "核对签名异议" not in bytes(entry.line).decode()
    assert [(one.reason, one.role) for one in looks_of(vote.session)] == [
        ("核对签名异议", "supervisor")
    ]
    for number in (4, 6):  # excluded; did not vote
        assert code_of(lambda number=number: looked(vote, number)) == "look.not_counted"
    assert Look.objects.count() == 1


@pytest.mark.parametrize(
    ("roles", "may"),
    [
        (["supervisor"], True),
        (["street_office"], True),
        (["supervisor", "street_office"], True),
        ([], False),
        (["organiser"], False),
        (["residents_committee"], False),
        (["bureau"], False),
        (["property_manager"], False),
        (["operator"], False),
        # Whoever organises sees no neighbour's choice, in whatever other office.
        (["organiser", "supervisor"], False),
        (["supervisor", "property_manager"], False),
    ],
)
def test_who_may_look(roles, may):
    vote = counted()
    sweep_all(AFTER)
    act = lambda: looked(vote, looker=Looker("user:9", roles))  # noqa: E731
    if may:
        assert act().actor == "user:9"
    else:
        assert code_of(act) == "look.role"
        assert not Look.objects.exists()


def test_a_look_without_a_reason():
    vote = counted()
    sweep_all(AFTER)
    with pytest.raises(RuleViolation) as refused:
        looked(vote, reason=" ", court="长" * 41)
    assert [one.field for one in refused.value.facts["reasons"]] == ["reason", "court"]
    assert not Look.objects.exists()
    assert not Entry.objects.filter(kind="ballot.looked_at").exists()


def test_a_file_sealed_before_the_data_key_changed_is_still_read(settings):
    """What trustees seal to comes of the data key: requests made under the old one stand."""
    held, vote = held_vote()
    before = sealed(held, 3)
    old, settings.DATA_KEY = settings.DATA_KEY, b"\x07" * 32
    settings.DATA_KEYS_READ = (old,)
    assert deliver(held, before) is False
    assert deliver(held, sealed(held, 2)) is True  # asked for anew
    assert chosen(vote, 1) == [("for",)]


def test_a_file_sealed_under_a_key_that_is_gone_is_refused_in_words(settings):
    held, _vote = held_vote()
    before = sealed(held, 3)
    settings.DATA_KEY = b"\x07" * 32
    assert code_of(lambda: deliver(held, before)) == "openings.file"
