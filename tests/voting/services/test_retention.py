"""When the time of keeping is over: ballots go, totals and hashes stay, nothing goes early."""

import json
from datetime import timedelta
from hashlib import sha256
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from core.canonical import parse_canonical
from core.deadlines import start_of
from core.errors import RuleViolation
from logbook.models import Entry, Erasure
from logbook.selectors import checkpoint_lines, inclusion, root
from registry.fields import SealedField, open_bytes
from registry.models import Owner, Unit
from registry.services.imports import phone_hash
from registry.services.titles import NewOwner, record_transfer
from tests.factories import CLOSE, FOR, OPEN, frozen_vote, make_profile, small_estate
from tests.town import grant, make_user
from tests.voting.services import papers, test_court, test_openings, test_standins
from tests.voting.services.test_kills import run
from tests.voting.services.test_races import at_once
from voting.domain.retention import kept_until
from voting.models import (
    CourtFile,
    Objection,
    OpenedLine,
    PaperBallot,
    Proxy,
    Ruling,
    Session,
    StandingEvent,
    Transfer,
)
from voting.selectors import board_of, contested, final_results, result_of
from voting.selectors.opened import opened_choices
from voting.selectors.retention import due_to_destroy, retention_of
from voting.services.archiving import archive_path, run_archive, start_archive
from voting.services.exporting import export_board
from voting.services.proxies import decline_proxy, enter_proxy
from voting.services.retention import destroy_ballots
from voting.services.transfers import confirm_transfer, propose_transfer
from voting.tasks import sweep_all
from voting.verifier import verify

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = CLOSE.replace(year=CLOSE.year + 5) + 2 * DAY


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True


def resolved(**fields):
    vote = frozen_vote(**fields)
    for number in (1, 2, 3, 4, 5):
        vote.cast(number, [FOR], plain=number == 2)
    sweep_all(CLOSE)
    vote.session.refresh_from_db()
    assert vote.session.state == "resolved"
    return vote


def destroyed(session, at=LATER):
    return destroy_ballots(session_id=session.pk, at=at)


def code_of(act):
    with pytest.raises(RuleViolation) as caught:
        act()
    return caught.value.code


def ballots(session):
    return [bytes(one.line) for one in session.board.entries.filter(kind="ballot")]


# --- what goes and what stays -----------------------------------------------------------------


def test_ballots_go_and_totals_hashes_and_proofs_stay(tmp_path):
    vote = resolved()
    session, board = vote.session, vote.session.board
    before = [bytes(one.line) for one in board.entries.exclude(kind="ballot")]
    export_board(session, tmp_path / "full", at=CLOSE)
    signed = list(checkpoint_lines(board))
    head, result = root(board, board.size), result_of(session)
    assert sweep_all(LATER - 2 * DAY)["retention"] == 0
    assert sweep_all(LATER)["retention"] == 1
    assert sweep_all(LATER)["retention"] == 0
    assert ballots(session) == [b""] * 5
    assert [bytes(one.line) for one in board.entries.exclude(kind="ballot")] == before
    assert root(board, board.size) == head
    assert list(checkpoint_lines(board)) == signed
    assert result_of(session) == result
    assert contested(session)[0].now == final_results(session)[0] == ("passed",)
    proven = inclusion(board, 0)
    assert proven is not None
    assert proven.line == before[0]
    said = parse_canonical(bytes(Entry.objects.get(kind="ballots.destroyed").line))["body"]
    assert said == {
        "actor": "system", "session": session.code, "ballots": 5, "opened": 0,
        "court_files": 0, "scans": 0, "people": 6, "size": board.size, "root": head.hex(),
    }  # fmt: skip
    # Who kept an export from before still verifies it, against the root that is kept.
    report = verify(tmp_path / "full", root=head.hex())
    assert report.ok, report.as_text()


def test_no_ciphertext_is_left_in_any_table():
    vote = resolved()
    points = [
        option[:40]
        for line in ballots(vote.session)
        for answer in json.loads(line)["body"]["answers"]
        for option in answer["options"]
    ]
    assert points
    destroyed(vote.session)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = repr([[bytes(x) if isinstance(x, memoryview) else x for x in row]
                         for row in cursor.fetchall()])  # fmt: skip
            assert not [one for one in points if one in rows], table


def test_an_export_is_refused_with_a_sentence_and_the_day(tmp_path):
    vote = resolved()
    destroyed(vote.session)
    out = tmp_path / "out"
    assert code_of(lambda: export_board(vote.session, out)) == "ballots.destroyed"
    with pytest.raises(CommandError, match="2031年3月29日按保管期限销毁"):
        call_command("export_board", vote.session.code, out=out)
    assert not out.exists()


def test_an_archive_made_afterwards_says_so_and_holds_what_is_left():
    vote = resolved()
    destroyed(vote.session)
    job = start_archive(session_id=vote.session.pk, actor="user:1", at=LATER)
    run_archive(job.pk, at=LATER)
    job.refresh_from_db()
    assert job.state == "done", job.message
    with ZipFile(archive_path(job.bundle)) as packed:
        inside = [name for name in packed.namelist() if name.startswith("13-")]
        assert sorted(inside) == [
            "13-公告板/checkpoints.jsonl", "13-公告板/kept.jsonl", "13-公告板/销毁记录.json",
        ]  # fmt: skip
        record = json.loads(packed.read("13-公告板/销毁记录.json"))
    board = vote.session.board
    assert (record["ballots"], record["root"]) == (5, root(board, board.size).hex())


def test_the_pages_say_until_when_and_that_they_are_gone(client):
    vote = resolved()
    page = lambda name, *args: client.get(reverse(name, args=args))  # noqa: E731
    board, code = "voting:board", vote.session.code
    assert "保管到 2031-03-28" in page(board, code).content.decode()
    event(vote.session, "challenged")
    assert "决定还在异议、诉讼" in page(board, code).content.decode()
    event(vote.session, "challenge_ended", CLOSE)
    ballot = vote.session.ballots.first()
    given = json.loads(bytes(ballot.receipt))
    asked = {name: given[name] for name in ("session", "seq", "tracker")}
    assert client.get(reverse("voting:proof"), asked).status_code == 200
    destroyed(vote.session)
    assert "加密的票已于 2031-03-29 销毁" in page(board, code).content.decode()
    for name, *args in [
        ("voting:session", code), ("voting:checkpoints_file", code),
        ("voting:result_file", code),
        ("voting:manifest_file", code), ("voting:public_receipt", ballot.receipt_code),
    ]:  # fmt: skip
        assert page(name, *args).status_code == 200, name
    assert client.get(reverse("voting:proof"), asked).status_code == 410
    assert (
        client.get(reverse("voting:proof"), {**asked, "tracker": "0" * 64}).status_code == 404
    )


def test_opened_choices_go_too(tmp_path):
    vote = test_openings.counted()
    sweep_all(test_openings.AFTER)
    vote.session.refresh_from_db()
    assert vote.session.state == "resolved"
    assert OpenedLine.objects.count() == 4
    destroyed(vote.session, LATER + 2 * DAY)
    assert not OpenedLine.objects.exists()
    assert opened_choices(vote.party(1)) is None
    assert code_of(lambda: test_openings.looked(vote)) == "ballots.destroyed"
    with pytest.raises(CommandError, match="按保管期限销毁"):
        call_command("export_openings", vote.session.code, "--for=1", out=tmp_path / "o")
    # The opening sweeper does not try again.
    assert sweep_all(LATER + 2 * DAY)["open"] == 0
    kinds = list(board_of(vote.session).entries.values_list("kind", flat=True))
    assert "openings" in kinds


def test_what_was_opened_for_a_court_goes_too_and_nothing_is_opened_afterwards():
    vote = test_court.resolved()
    order = test_court.confirmed(test_court.entered(vote.session))
    assert bytes(CourtFile.objects.get().content)
    destroyed(vote.session)
    [file] = CourtFile.objects.all()
    assert (bytes(file.content), file.destroyed_at) == (b"", LATER)
    assert order.seq is not None
    assert code_of(lambda: test_court.entered(vote.session)) == "ballots.destroyed"


def test_ballots_on_paper_and_their_scans_go_too():
    vote = papers.paper_vote_of()
    vote.cast(2, [FOR])
    sheets = [papers.register(vote, number) for number in (1, 3)]
    papers.close(vote)
    papers.enter_twice(sheets[0], papers.reads(0))
    papers.enter_twice(sheets[1], papers.reads(None, spoiled="torn"))
    papers.box(vote, 2)
    sweep_all(papers.AFTER)
    vote.session.refresh_from_db()
    assert vote.session.state == "resolved"
    assert all(bytes(one.scan) for one in PaperBallot.objects.all())
    hashes = [one.scan_hash for one in PaperBallot.objects.all()]
    destroyed(vote.session)
    assert [bytes(one.scan) for one in PaperBallot.objects.all()] == [b"", b""]
    assert [one.scan_hash for one in PaperBallot.objects.all()] == hashes
    lines = vote.session.board.entries.filter(kind__in=["ballot", "paper"])
    assert [bytes(one.line) for one in lines] == [b"", b""]
    said = parse_canonical(bytes(Entry.objects.get(kind="ballots.destroyed").line))["body"]
    assert (said["ballots"], said["scans"]) == (2, 2)


# --- who was reached, stood in, bought --------------------------------------------------------

TAIL, PHONE, BUYER, AGENT = "010011", "10000004441", "10000004442", "10000004443"
WITNESS, RECORDING, CONTACT = "见证冯某", "录音4444", "10000004445"
PAPER = b"%PDF-1.7 the title of the buyer"


def peopled(tmp_path):
    """A resolved vote whose roll and desk kept what there is to keep, once each."""
    estate = small_estate()
    Owner.objects.filter(estate=estate).update(phone=PHONE)
    vote = frozen_vote(estate)
    session = vote.session
    clerk, second = test_standins.CLERK, test_standins.SECOND
    test_standins.grant(vote, 3, phone=AGENT)
    paper = enter_proxy(
        session_id=session.pk, number=4, stated=test_standins.stated(phone=AGENT),
        name="委托书甲.pdf", content=PAPER, signer=clerk, at=OPEN,
    )  # fmt: skip
    decline_proxy(proxy_id=paper.pk, reason="没有签名", signer=second, at=OPEN)
    test_standins.start(
        vote, 2, method="home", witnesses=[WITNESS, "陈二"], recording=RECORDING
    )
    unit = Unit.objects.get(label="1幢1单元101室", estate=session.estate)
    record_transfer(
        unit_id=unit.pk, owners=[NewOwner("何新", f"999999199001{TAIL}", phone=BUYER)],
        basis="register", on=OPEN.date(), actor="user:1", at=OPEN,
    )  # fmt: skip
    sold = propose_transfer(
        session_id=session.pk, number=1, name="权证甲.pdf", content=PAPER, signer=clerk, at=OPEN
    )
    confirm_transfer(transfer_id=sold.pk, signer=second, at=OPEN)
    for number in (2, 3, 4, 5):
        vote.cast(number, [FOR])
    Objection.objects.create(
        estate=estate, session=session, number=1, about="other", submission="x",
        entered_by="user:1", filed_at=CLOSE, in_time=False, due_at=CLOSE, state="answered",
        name="周某", contact=CONTACT, contact_hash="c" * 64, text="说过的话",
    )  # fmt: skip
    sweep_all(CLOSE)
    session.refresh_from_db()
    assert session.state == "resolved"
    return vote


def opened_of_voting():
    """Everything sealed in the tables of votes, opened, and every other column, as one text."""
    said = []
    for model in apps.get_app_config("voting").get_models():
        for row in model.objects.all():
            for field in model._meta.concrete_fields:
                value = getattr(row, field.attname)
                if isinstance(field, SealedField) and value:
                    purpose = field.purpose
                    if not isinstance(purpose, str):
                        purpose = purpose(*(getattr(row, name) for name in field.of))
                    value = open_bytes(bytes(value), purpose=purpose)
                said.append(f"{model.__name__}.{field.name}={value!r}")
    return "\n".join(said)


def test_who_was_reached_stood_in_or_bought_goes_too_and_everything_public_verifies(tmp_path):
    vote = peopled(tmp_path)
    session, board = vote.session, vote.session.board
    planted = [
        TAIL, PHONE, BUYER, AGENT, WITNESS, RECORDING, CONTACT, PAPER.decode(), "周七",
        "委托书甲", "权证甲", "何新", "c" * 64, phone_hash(AGENT),
    ]  # fmt: skip
    before = opened_of_voting()
    # A buyer's full name stands nowhere here; all else can be opened.
    assert [one for one in planted if one not in before] == ["何新"]
    kept = {
        number: (party.name, party.salt, party.commitment, party.key, party.area)
        for number, party in ((n, vote.party(n)) for n in range(1, 6))
    }
    export_board(session, tmp_path / "full", at=CLOSE)
    head, result = root(board, board.size), result_of(session)
    destroyed(session)
    after = opened_of_voting()
    assert [one for one in planted if one in after] == []
    for number, facts in kept.items():
        party = vote.party(number)
        assert (party.name, party.salt, party.commitment, party.key, party.area) == facts
    assert Objection.objects.get().text == "说过的话"
    assert [len(one.sha256) for one in Transfer.objects.all()] == [64]
    assert (root(board, board.size), result_of(session)) == (head, result)
    report = verify(tmp_path / "full", root=head.hex())
    assert report.ok, report.as_text()
    # Two authorities, one assistance, one sale, one objector; of the roll who had anything.
    said = parse_canonical(bytes(Entry.objects.get(kind="ballots.destroyed").line))["body"]
    assert said["people"] == 6 + 2 + 1 + 1 + 1


def test_an_archive_made_before_has_the_papers_and_one_made_afterwards_has_not(tmp_path):
    vote = peopled(tmp_path)

    def papers_in(at):
        job = start_archive(session_id=vote.session.pk, actor="user:1", at=at)
        run_archive(job.pk, at=at)
        job.refresh_from_db()
        assert job.state == "done", job.message
        with ZipFile(archive_path(job.bundle)) as packed:
            return [one for one in packed.namelist() if one.endswith(".pdf") and "09-" in one]

    assert len(papers_in(CLOSE + DAY)) == 2
    destroyed(vote.session)
    assert papers_in(LATER) == []


def test_pages_of_what_is_gone_say_so(tmp_path, client):
    vote = peopled(tmp_path)
    user = make_user("clerk")
    grant(user, "supervisor", vote.session.estate)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    code = vote.session.code
    sold, paper = Transfer.objects.get(), Proxy.objects.exclude(sha256="").get()
    names = ("proxy", paper.pk), ("transfer", sold.pk)
    page = lambda name, pk: client.get(reverse(f"staff:{name}", args=[code, pk]))  # noqa: E731
    for name, pk in names:
        assert page(f"{name}_document", pk).status_code == 200
        assert "按保存期限清空" not in page(name, pk).content.decode()
    destroyed(vote.session)
    for name, pk in names:
        assert page(f"{name}_document", pk).status_code == 404
        assert "按保存期限清空" in page(name, pk).content.decode()


# --- not early, not under dispute -------------------------------------------------------------


def test_the_day_itself_is_kept_and_three_years_are_the_least():
    decided = CLOSE
    for stated, counted in [(5, 5), (3, 3), (1, 3), (0, 3), (30, 30), (9_999, 100)]:
        until = kept_until(decided=decided, years=stated, last_act=decided)
        day = decided.date().replace(year=decided.year + counted)
        assert until == start_of(day + DAY)
    leap = start_of(CLOSE.date().replace(year=2028, month=2, day=29))
    until = kept_until(decided=leap, years=5, last_act=leap)
    assert (until.year, until.month, until.day) == (2033, 3, 2)


def test_what_befell_late_keeps_half_a_year_more():
    late = CLOSE.replace(year=CLOSE.year + 5) - DAY
    until = kept_until(decided=CLOSE, years=5, last_act=late)
    assert until == start_of(late.date() + 184 * DAY)
    assert kept_until(decided=CLOSE, years=5, last_act=late - 200 * DAY) < late + 3 * DAY


def test_to_the_instant():
    vote = resolved()
    until = retention_of(vote.session, CLOSE).until
    assert until == start_of(CLOSE.date().replace(year=CLOSE.year + 5) + DAY)
    early = until - timedelta(microseconds=1)
    assert code_of(lambda: destroyed(vote.session, early)) == "retention.kept"
    assert due_to_destroy(early) == []
    assert due_to_destroy(until) == [vote.session]
    destroyed(vote.session, until)


def test_the_profile_says_how_long():
    make_profile("long", **{"retention.ballot_years": 9})
    estate = small_estate()
    estate.profile_code = "long"
    estate.save()
    vote = resolved(estate=estate)
    assert due_to_destroy(LATER) == []
    assert due_to_destroy(LATER.replace(year=CLOSE.year + 9)) == [vote.session]


@pytest.mark.parametrize("state", ["frozen", "closed", "counted"])
def test_an_unfinished_vote_keeps_its_ballots(state):
    vote = frozen_vote()
    vote.cast(1, [FOR])
    Session.objects.filter(pk=vote.session.pk).update(state=state)
    assert due_to_destroy(LATER) == []
    assert code_of(lambda: destroyed(vote.session)) == "retention.kept"
    assert all(ballots(vote.session))


def event(session, kind, at=CLOSE):
    return StandingEvent.objects.create(
        session=session, kind=kind, authority="样例区人民法院", reference="1号",
        dated=at.date(), reason="x", content=b"x", content_type="application/pdf",
        sha256="0" * 64, recorded_by="user:3", recorded_role="street_office", recorded_at=at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("begins", "ends"),
    [("challenged", "challenge_ended"), ("suspended", "resumed"), ("correction", "corrected")],
)
def test_a_suit_a_stay_or_a_correction_keeps_them_until_half_a_year_after_it(begins, ends):
    vote = resolved()
    event(vote.session, begins)
    for at in (LATER, LATER.replace(year=2050)):
        assert due_to_destroy(at) == []
        assert code_of(lambda at=at: destroyed(vote.session, at)) == "retention.waits"
    ended = LATER.replace(year=2040)
    event(vote.session, ends, ended)
    assert due_to_destroy(ended + 183 * DAY) == []
    assert due_to_destroy(ended + 185 * DAY) == [vote.session]


def test_what_was_revoked_for_good_is_kept_as_long_as_any():
    vote = resolved()
    event(vote.session, "revoked")
    assert due_to_destroy(LATER) == [vote.session]


def test_a_courts_paper_that_waits_keeps_them():
    vote = test_court.resolved()
    order = test_court.entered(vote.session)
    assert code_of(lambda: destroyed(vote.session)) == "retention.waits"
    type(order).objects.filter(pk=order.pk).update(state="withdrawn")
    assert destroyed(vote.session).lines == 3


def test_an_objection_or_a_ruling_that_waits_keeps_them():
    vote = resolved()
    objection = Objection.objects.create(
        estate=vote.session.estate, session=vote.session, number=1, about="other",
        submission="x", entered_by="user:1", filed_at=CLOSE, in_time=False, due_at=CLOSE,
    )  # fmt: skip
    assert code_of(lambda: destroyed(vote.session)) == "retention.waits"
    Objection.objects.filter(pk=objection.pk).update(
        state="answered", dispute_until=LATER + timedelta(hours=1)
    )
    assert code_of(lambda: destroyed(vote.session)) == "retention.waits"
    Objection.objects.filter(pk=objection.pk).update(dispute_until=LATER)
    Ruling.objects.create(
        session=vote.session, party=vote.party(1), content=b"x", content_type="a/b",
        sha256="0" * 64, proposed_by="user:1", proposed_role="organiser", proposed_at=CLOSE,
    )  # fmt: skip
    assert code_of(lambda: destroyed(vote.session)) == "retention.waits"
    Ruling.objects.update(state="withdrawn")
    assert destroyed(vote.session).lines == 5


# --- the database refuses everything else -----------------------------------------------------

EMPTY = {"sqlite": "x''", "postgresql": "''::bytea"}


def refused(sql):
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.format(empty=EMPTY[connection.vendor]))


def test_no_line_is_emptied_without_its_erasure():
    resolved()
    refused("UPDATE logbook_entry SET line = {empty} WHERE kind = 'ballot'")
    refused("DELETE FROM logbook_entry WHERE kind = 'ballot'")


def test_not_before_three_years_whatever_the_erasure_says():
    vote = resolved()
    early = CLOSE.replace(year=CLOSE.year + 3) - DAY
    Erasure.objects.create(log=vote.session.board, lines=5, at=early - 12 * DAY)
    refused("UPDATE logbook_entry SET line = {empty} WHERE kind = 'ballot'")
    refused("UPDATE logbook_erasure SET lines = 4")
    refused("DELETE FROM logbook_erasure")


def test_with_its_erasure_ballots_are_emptied_and_nothing_else():
    vote = resolved()
    other = frozen_vote(small_estate())
    other.cast(1, [FOR])
    Erasure.objects.create(log=vote.session.board, lines=5, at=LATER)
    log = vote.session.board.pk
    for change in (
        "line = {empty} WHERE kind = 'result'",
        "line = {empty} WHERE kind = 'tally'",
        f"line = {{empty}} WHERE kind = 'ballot' AND log_id = {other.session.board.pk}",
        f"line = substr(line, 2) WHERE kind = 'ballot' AND log_id = {log}",
        f"line = {{empty}}, seq = seq + 100 WHERE kind = 'ballot' AND log_id = {log}",
        f"line = {{empty}}, kind = 'paper' WHERE kind = 'ballot' AND log_id = {log}",
        f"line = {{empty}}, leaf_hash = {{empty}} WHERE kind = 'ballot' AND log_id = {log}",
        f"line = {{empty}}, log_id = {other.session.board.pk} + 0 "
        f"WHERE kind = 'ballot' AND log_id = {log}",
        f"kind = 'paper' WHERE kind = 'ballot' AND log_id = {log}",
    ):
        refused(f"UPDATE logbook_entry SET {change}")
    refused("DELETE FROM logbook_entry")
    vote.session.board.entries.filter(kind="ballot").update(line=b"")
    filled = "X'00'" if connection.vendor == "sqlite" else "'\\x00'::bytea"
    refused(f"UPDATE logbook_entry SET line = {filled} WHERE log_id = {log} AND seq = 1")


def test_how_an_objector_was_reached_is_emptied_once_settled_and_nothing_else():
    vote = resolved()
    made = Objection.objects.create(
        estate=vote.session.estate, session=vote.session, number=1, about="other",
        submission="x", entered_by="user:1", filed_at=CLOSE, in_time=False, due_at=CLOSE,
        name="周某", contact=CONTACT, contact_hash="c" * 64, text="说过的话",
    )  # fmt: skip
    gone = "contact = {empty}, contact_hash = ''"
    refused(f"UPDATE voting_objection SET {gone}")  # open
    Objection.objects.filter(pk=made.pk).update(state="answered")
    for change in (
        "contact = {empty}",
        "contact_hash = ''",
        "contact = contact, contact_hash = 'd'",
        f"{gone}, name = {{empty}}",
        f"{gone}, text = {{empty}}",
        f"{gone}, party_id = NULL, number = 2",
    ):
        refused(f"UPDATE voting_objection SET {change}")
    refused("DELETE FROM voting_objection")
    Objection.objects.filter(pk=made.pk).update(contact="", contact_hash="")
    filled = "X'00'" if connection.vendor == "sqlite" else "'\\x00'::bytea"
    refused(f"UPDATE voting_objection SET contact = {filled}")


def test_a_courts_file_is_emptied_and_nothing_else():
    vote = test_court.resolved()
    test_court.confirmed(test_court.entered(vote.session))
    later = f"'{LATER:%Y-%m-%d %H:%M:%S}'"
    for change in (
        "content = {empty}",
        f"content = {{empty}}, destroyed_at = {later}, trustee = 2",
        f"destroyed_at = {later}",
        "content = {empty}, destroyed_at = '2001-01-01 00:00:00'",
    ):
        refused(f"UPDATE voting_courtfile SET {change}")
    refused("DELETE FROM voting_courtfile")


# --- evidence, races, kills -------------------------------------------------------------------


@pytest.mark.usefixtures("erasable")
@pytest.mark.django_db(transaction=True)
def test_a_board_that_does_not_verify_is_evidence_and_stays(caplog):
    vote = resolved()
    changed = vote.session.board.entries.filter(kind="ballot").first()
    line = bytes(changed.line).replace(b'"number":1', b'"number":2')
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE logbook_entry DISABLE TRIGGER USER")
        vote.session.board.entries.filter(pk=changed.pk).update(
            line=line, leaf_hash=sha256(b"\x00" + line).digest()
        )
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE logbook_entry ENABLE TRIGGER USER")
    with pytest.raises(ValueError, match="does not verify"):
        destroyed(vote.session)
    assert sweep_all(LATER)["retention"] == 0
    assert all(ballots(vote.session))
    assert not Erasure.objects.exists()


@pytest.mark.usefixtures("erasable")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("strike", "gone"),
    [
        (["voting.services.retention", "verify", "after"], 0),
        (["voting.services.retention", "erase_lines", "before"], 0),
        (["voting.services.retention", "erase_lines", "after"], 0),
        (["voting.services.retention", "record_act", "after"], 0),
        (["voting.services.retention", "_destroy", "after"], 1),
    ],
)
def test_killed_anywhere_it_is_all_or_nothing_and_resumes(strike, gone):
    vote = resolved()
    run(
        "voting.services.retention.destroy_ballots", strike=strike,
        session_id=vote.session.pk, at=LATER,
    )  # fmt: skip
    assert Erasure.objects.count() == gone
    assert (ballots(vote.session) == [b""] * 5) == bool(gone)
    assert sweep_all(LATER)["retention"] == 1 - gone
    assert ballots(vote.session) == [b""] * 5
    assert Entry.objects.filter(kind="ballots.destroyed").count() == 1


@pytest.mark.postgres
@pytest.mark.usefixtures("erasable")
@pytest.mark.django_db(transaction=True)
def test_two_workers_destroy_once():
    vote = resolved()
    at_once(*[lambda: destroyed(vote.session)] * 3)
    assert Entry.objects.filter(kind="ballots.destroyed").count() == 1
    assert Erasure.objects.count() == 1
