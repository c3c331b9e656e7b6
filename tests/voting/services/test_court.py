"""A court's order through the commands: two people, the board, and only the court reads."""

from hashlib import sha256

import pytest

from accounts.models import Message
from core.canonical import parse_canonical
from core.errors import RuleViolation
from logbook.models import Entry
from tests.factories import AGAINST, CLOSE, FOR, frozen_vote, small_estate
from tests.voting.services.test_kills import run
from tests.voting.services.test_races import at_once
from tests.voting.services.test_trustees import Held, draft_session
from voting import keyfiles
from voting.court.__main__ import main as court
from voting.models import CourtFile, CourtOrder
from voting.protocol import handed, openings, sealing
from voting.protocol.shape import b64, unb64
from voting.selectors import board_of, terms
from voting.selectors.opened import ballot_to_open, court_openings
from voting.services.court import (
    Paper,
    confirm_court_order,
    decline_court_order,
    deliver_court_file,
    document_of,
    enter_court_order,
    withdraw_court_order,
)
from voting.services.exporting import export_board
from voting.services.keys import destroy_keys
from voting.services.rulings import Signer
from voting.tasks import sweep_all
from voting.verifier import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]
PDF = b"%PDF-1.4\n%%EOF\n"
ORGANISER = Signer("user:1", "organiser")
SUPERVISOR = Signer("user:2", "supervisor")
STREET = Signer("user:3", "street_office")
SECRET = bytes(range(32))
KEY = b64(sealing.public_key(SECRET))
PASSPHRASE = "四个 不相干 的词 连起来"


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path, monkeypatch):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    monkeypatch.setattr(keyfiles, "COST", 2**14)


def resolved():
    vote = frozen_vote(matters=(5, 8))
    vote.cast(1, [AGAINST, None])
    vote.cast(1, [FOR, FOR])
    vote.cast(2, [FOR, FOR])
    sweep_all(CLOSE)
    vote.session.refresh_from_db()
    assert vote.session.state == "resolved"
    return vote


def entered(session, *, ballot=None, signer=ORGANISER, **changes):
    ballot = ballot or session.ballots.get(party__number=1, number=2)
    fields = {
        "court": "测试区人民法院", "number": "（2026）测0101民初1号", "key": KEY,
        "name": "裁定.pdf", "content": PDF,
    }  # fmt: skip
    return enter_court_order(
        session_id=session.pk, ballot_id=ballot.pk, paper=Paper(**fields | changes),
        signer=signer, at=CLOSE,
    )  # fmt: skip


def confirmed(order, signer=SUPERVISOR):
    return confirm_court_order(order_id=order.pk, signer=signer, at=CLOSE)


def code_of(act):
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value.code


def kinds(session):
    return list(board_of(session).entries.values_list("kind", flat=True))


# --- the platform's key -----------------------------------------------------------------------


def test_two_people_and_the_court_reads_the_one_ballot(tmp_path, capsys):
    vote = resolved()
    key = tmp_path / "court.key"
    given = ["--key", str(key), "--passphrase-file", str(tmp_path / "word")]
    (tmp_path / "word").write_text(PASSPHRASE, encoding="utf-8")
    assert court(["init", *given]) == 0
    public = capsys.readouterr().out.split("\n")[1]
    order = entered(vote.session, key=public)
    assert "court_order" not in kinds(vote.session)
    order = confirmed(order)
    assert kinds(vote.session)[-2:] == ["court_order", "court_opening"]
    body = parse_canonical(bytes(board_of(vote.session).entries.get(kind="court_order").line))[
        "body"
    ]
    assert body["sha256"] == sha256(PDF).hexdigest() == sha256(document_of(order)).hexdigest()
    assert body["signers"] == ["organiser/user:1", "supervisor/user:2"]
    [told] = court_openings(vote.session)
    assert (told.complete, told.trustees) == (True, (1,))
    assert Message.objects.filter(template="ballot_for_court").count() == 1
    folder = tmp_path / "export"
    export_board(vote.session, folder, at=CLOSE)
    report = verify(folder)
    assert report.ok, report.as_text()
    [file] = CourtFile.objects.all()
    sealed = tmp_path / "file.sealed"
    sealed.write_bytes(bytes(file.content))
    opening = ["open", str(folder), str(sealed), "--order", str(order.seq), *given]
    assert court(opening) == 0
    out = capsys.readouterr().out
    assert "第1项：同意" in out
    assert "计入结果" in out
    # Nobody else: not with another key, not the platform, not from what is public.
    lines = list(openings_of(vote, order))
    share = parse_canonical(lines[0])["motions"][0][0]["share"].encode()
    everything = b"".join(path.read_bytes() for path in folder.iterdir()) + bytes(file.content)
    assert share not in everything
    assert unb64(share.decode()) not in bytes(file.content)
    other = tmp_path / "other.key"
    assert court(["init", "--key", str(other), *given[2:]]) == 0
    assert court(["open", str(folder), str(sealed), "--order", str(order.seq),
                  "--key", str(other), *given[2:]]) == 1  # fmt: skip
    assert "另一把公钥" in capsys.readouterr().err
    last = bytes([bytes(file.content)[-1] ^ 1])  # another byte, whatever it was
    for what, words in ((last, "不是记录里登记的"), (b"", "不是记录里登记的")):
        sealed.write_bytes(bytes(file.content)[:-1] + what)
        assert court(opening) == 1
        assert words in capsys.readouterr().err
    assert court([*opening[:4], "0", *given]) == 1
    assert "不是法院要求" in capsys.readouterr().err


def openings_of(vote, order):
    from voting.models import TrusteeKey

    secret = int(TrusteeKey.objects.get(session=vote.session).secret, 16)
    ballot = ballot_to_open(vote.session, order.ballot.party, order.ballot.seq)
    return openings.make_lines(terms(vote.session), [ballot], trustee=1, secret=secret)


def test_a_superseded_ballot_can_be_ordered_too(tmp_path):
    vote = resolved()
    first = vote.session.ballots.get(party__number=1, number=1)
    order = confirmed(entered(vote.session, ballot=first))
    manifest = terms(vote.session)
    [line] = handed.unseal(manifest, bytes(order.files.get().content), private=SECRET)
    ballot = ballot_to_open(vote.session, first.party, first.seq)
    assert openings.open_one(manifest, ballot, [line]) == [[1], None]


def test_who_may_and_in_which_order():
    vote = resolved()
    order = entered(vote.session)
    assert entered(vote.session).pk == order.pk  # tapped twice
    assert code_of(lambda: entered(vote.session, content=PDF + b"2")) == "court.open"
    assert code_of(lambda: entered(vote.session, signer=SUPERVISOR)) == "court.role"
    for signer, code in (
        (ORGANISER, "court.role"),
        (Signer("user:1", "street_office"), "court.same_person"),
        (Signer("user:9", "bureau"), "court.role"),
    ):
        assert code_of(lambda signer=signer: confirmed(order, signer)) == code
    own = entered(vote.session, ballot=vote.session.ballots.get(party__number=2), signer=STREET)
    assert code_of(lambda: confirmed(own, Signer("user:4", "street_office"))) == (
        "court.same_role"
    )
    act = lambda: withdraw_court_order(order_id=order.pk, signer=STREET, at=CLOSE)  # noqa: E731
    assert code_of(act) == "court.not_yours"
    withdraw_court_order(order_id=order.pk, signer=ORGANISER, at=CLOSE)
    assert code_of(lambda: confirmed(order)) == "court.decided"
    declined = entered(vote.session)
    decline_court_order(order_id=declined.pk, signer=SUPERVISOR, at=CLOSE)
    assert code_of(lambda: confirmed(declined)) == "court.decided"
    assert "court_order" not in kinds(vote.session)
    assert not Message.objects.filter(template="ballot_for_court").exists()
    acts = list(Entry.objects.filter(kind__startswith="court_order.").values_list("kind"))
    assert [act for (act,) in acts] == [
        "court_order.entered", "court_order.entered", "court_order.withdrawn",
        "court_order.entered", "court_order.declined",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"court": "", "number": " ", "key": "x", "content": b""},
         ["court", "number", "key", "content"]),
        ({"key": b64(bytes(32))}, ["key"]),
        ({"key": KEY + "A"}, ["key"]),
        ({"key": KEY[:-1] + "!"}, ["key"]),
        ({"court": "长" * 41, "number": "长" * 61}, ["court", "number"]),
        ({"content": b"GIF89a"}, ["content"]),
    ],
)  # fmt: skip
def test_every_fault_at_once(changes, fields):
    vote = resolved()
    with pytest.raises(RuleViolation) as refused:
        entered(vote.session, **changes)
    assert [one.field for one in refused.value.facts["reasons"]] == fields
    assert not CourtOrder.objects.exists()


def test_only_after_the_resolution_and_only_of_a_secret_vote():
    vote = frozen_vote()
    vote.cast(1, [FOR])
    ballot = vote.session.ballots.get()
    assert code_of(lambda: entered(vote.session, ballot=ballot)) == "court.too_early"
    named = frozen_vote(opening_policy="named")
    named.cast(1, [FOR])
    sweep_all(CLOSE)
    ballot = named.session.ballots.get()
    assert code_of(lambda: entered(named.session, ballot=ballot)) == "court.named"


def test_a_key_that_was_destroyed_opens_nothing():
    vote = resolved()
    order = entered(vote.session)
    destroy_keys(at=CLOSE.replace(year=CLOSE.year + 3))
    assert code_of(lambda: confirmed(order)) == "court.key_gone"
    assert "court_order" not in kinds(vote.session)


@pytest.mark.parametrize("where", ["_open_by_platform", "queue_message", "checkpoint_board"])
def test_killed_while_confirming_nothing_is_opened(where):
    vote = resolved()
    order = entered(vote.session)
    arguments = {"order_id": order.pk, "actor": "user:2", "role": "supervisor", "at": CLOSE}
    run(
        "tests.voting.services.killed_acts.confirm_court",
        strike=["voting.services.court", where, "after"],
        **arguments,
    )
    assert "court_order" not in kinds(vote.session)
    assert not CourtFile.objects.exists()
    assert confirmed(order).state == "confirmed"
    assert kinds(vote.session)[-2:] == ["court_order", "court_opening"]


@pytest.mark.postgres
def test_confirmed_by_two_at_once_it_is_one_entry():
    vote = resolved()
    order = entered(vote.session)
    got = at_once(
        lambda: confirmed(order, SUPERVISOR).state, lambda: confirmed(order, STREET).state
    )
    assert sorted(got) == ["confirmed", "court.decided"]
    assert kinds(vote.session).count("court_order") == 1
    assert kinds(vote.session).count("court_opening") == 1


# --- trustees -------------------------------------------------------------------------------


def held_order():
    held = Held(draft_session(small_estate()))
    held.sit()
    vote = held.freeze()
    vote.cast(1, [FOR])
    vote.cast(1, [AGAINST])
    sweep_all(CLOSE)
    for number in (1, 2):
        held.deliver(held.share(number))
    sweep_all(CLOSE)
    held.session.refresh_from_db()
    order = confirmed(entered(held.session))
    order.refresh_from_db()
    return held, order


def sealed(held, order, number, entry=None):
    manifest = terms(held.session)
    ballot = ballot_to_open(held.session, order.ballot.party, order.ballot.seq)
    line = bytes(board_of(held.session).entries.get(seq=order.seq).line)
    return handed.make(
        manifest,
        entry=entry or manifest.suite.hash(line).hex(),
        trustee=number,
        recipient=unb64(order.key),
        lines=openings.make_lines(manifest, [ballot], trustee=number, secret=held.keys[number]),
    )


def deliver(order, content):
    return deliver_court_file(order_id=order.pk, content=content, at=CLOSE)


def test_k_trustees_open_for_the_court(tmp_path):
    held, order = held_order()
    assert not court_openings(held.session)[0].complete
    third, first = sealed(held, order, 3), sealed(held, order, 1)
    for content, code in (
        (b"", "court.file"),
        (third[:20], "court.file"),
        (third.replace(b'"trustee":3', b'"trustee":4'), "court.file"),
        (sealed(held, order, 3, entry="0" * 64), "court.another"),
    ):
        assert code_of(lambda content=content: deliver(order, content)) == code
    deliver(order, third)
    deliver(order, third)
    assert code_of(lambda: deliver(order, sealed(held, order, 3))) == "court.twice"
    assert not court_openings(held.session)[0].complete
    deliver(order, first)
    assert court_openings(held.session)[0].trustees == (3, 1)
    assert code_of(lambda: deliver(order, sealed(held, order, 2))) == "court.not_due"
    manifest = terms(held.session)
    lines = [
        line
        for data in (third, first)
        for line in handed.unseal(manifest, data, private=SECRET)
    ]
    ballot = ballot_to_open(held.session, order.ballot.party, order.ballot.seq)
    assert openings.open_one(manifest, ballot, lines) == [[1]]
    export_board(held.session, tmp_path / "export", at=CLOSE)
    report = verify(tmp_path / "export")
    assert report.ok, report.as_text()
    [said] = [one.detail for one in report.checks if one.name == "court_orders"]
    assert said.endswith("opened by trustees 3, 1")


@pytest.mark.postgres
def test_three_trustees_at_once_two_are_taken():
    held, order = held_order()
    files = [sealed(held, order, number) for number in (1, 2, 3)]
    got = at_once(*(lambda one=one: deliver(order, one).order_id for one in files))
    assert sorted(map(str, got)) == sorted([str(order.pk), str(order.pk), "court.not_due"])
    assert kinds(held.session).count("court_opening") == 2
