"""What `manage.py demo` leaves for the reader of its terminal."""

import json
import socket
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.gateways import MemoryGateway
from accounts.models import Message
from accounts.services.people import make_operator
from documents.authority import development_identity
from portal.demo import leavings, rounds
from portal.demo.story import Link
from portal.management.commands import demo
from tests.factories import AGAINST, CLOSE, FOR, OPEN, frozen_vote, small_estate
from tests.town import town
from voting.selectors.delivery import doors, figures
from voting.selectors.postings import hanging
from voting.tasks import sweep_all

__all__ = ["town"]

pytestmark = pytest.mark.django_db


def test_no_message_of_the_story_is_left_for_the_terminal():
    """A day's sweep sends 200; the open vote alone has more."""
    then = timezone.now() - timedelta(days=2)
    Message.objects.bulk_create(
        Message(
            key=f"story:{number}",
            phone=f"1000000{number:04}",
            template="ballot_recorded",
            params={
                "estate": "青枫苑",
                "title": "会议",
                "phone": "0556-0000000",
                "url": "http://127.0.0.1:8000/r/7K4M2QXH9T3W/not-mine",
            },
            not_before=then,
            created_at=then,
        )
        for number in range(450)
    )
    MemoryGateway.sent.clear()
    demo._send_the_rest()
    assert not Message.objects.filter(state="queued").exists()
    assert len(MemoryGateway.sent) == 450


def test_a_port_that_is_taken_is_told_before_the_story(settings, tmp_path):
    settings.DEBUG, settings.VAR_DIR = True, tmp_path
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CommandError, match="已被别的程序占用"):
            call_command("demo", port=str(other.getsockname()[1]))
    assert not (tmp_path / "demo").exists()


def test_a_second_demo_beside_a_running_one_is_refused(settings, tmp_path):
    settings.DEBUG, settings.VAR_DIR = True, tmp_path
    with demo._only_one(), pytest.raises(CommandError, match="Ctrl-C"):
        call_command("demo", no_serve=True)
    assert not (tmp_path / "demo").exists()


def test_the_boards_it_leaves_are_verified_and_every_forged_one_is_refused(settings, tmp_path):
    """The same functions, on a small vote: all six kinds, under the server's own keys."""
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    vote = frozen_vote(matters=(5, 8))
    for number in (1, 2, 3, 4, 6):
        vote.cast(number, [FOR, AGAINST])
    sweep_all(CLOSE)
    vote.session.refresh_from_db()
    story = SimpleNamespace(ended=vote.session)
    board, forged = tmp_path / "board", tmp_path / "forged"
    root = leavings.write_board(story, board)
    kinds = leavings.write_forged(story, board, forged, root)
    assert sorted(path.name for path in forged.iterdir()) == sorted(kinds)
    assert len(kinds) == 6
    surface = {"files", "canonical", "manifest", "chain", "checkpoints", "roll"}
    assert not surface & set(kinds.values())
    for kind, check in kinds.items():
        given = ["--json", *(["--root", root] if check == "origin" else [])]
        done = subprocess.run(
            [sys.executable, "-m", "voting.verifier", forged / kind, *given],
            capture_output=True, cwd=settings.BASE_DIR,
        )  # fmt: skip
        report = json.loads(done.stdout)
        assert (done.returncode, report["ok"]) == (1, False)
        assert [one["name"] for one in report["checks"] if not one["ok"]][:1] == [check]


def test_the_terminal_offers_letters_of_owners_who_have_not_voted(settings, tmp_path, capsys):
    links = [
        Link(f"{number}室", f"http://h/q/{number}#t", f"C{number}", number % 3 > 0)
        for number in range(60)
    ]
    operator = make_operator(username="demo-operator", actor="t", at=timezone.now())
    estate = small_estate()
    story = SimpleNamespace(
        people={"operator": operator},
        opened=SimpleNamespace(code="ABC"),
        ended=SimpleNamespace(estate=estate),
        links=links,
    )
    demo.Command()._logins(story, "geheim", tmp_path)
    said = capsys.readouterr().out
    assert f"/e/{estate.code}/accounts/" in said
    fresh, used = said.split("已经投过票的业主")
    assert "demo-operator" in fresh
    assert [one for one in links if one.address in fresh] == [
        one for one in links if not one.has_voted
    ][:6]
    assert [one for one in links if one.address in used] == [
        one for one in links if one.has_voted
    ][:2]
    assert "共 60 份，40 份投过票" in used
    assert "sms.txt" in used
    leavings.write_links(links, tmp_path / "links.csv")
    rows = (tmp_path / "links.csv").read_text("utf-8-sig").splitlines()
    assert rows[:3] == [
        "房号,二维码地址,短码,投过票",
        "0室,http://h/q/0#t,C0,",
        "1室,http://h/q/1#t,C1,是",
    ]


def test_papers_hang_and_letters_are_brought_where_the_demo_goes_round(
    town, settings, tmp_path
):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    development_identity(settings.CA_DIR)
    vote = frozen_vote()
    session = vote.session
    actor = f"user:{town.person('organiser').pk}"
    rounds.name_walls(session.estate, actor, OPEN)
    sweep_all(OPEN)
    session.refresh_from_db()
    assert [paper.missing for paper in hanging(session, OPEN)] == [2]
    rounds.hang(session, actor, OPEN)
    rounds.hang(session, actor, OPEN)
    [paper] = hanging(session, OPEN)
    assert (paper.missing, paper.overdue, len(paper.walls)) == (0, False, 2)
    rounds.deliver(session, {"organiser": town.person("organiser")}, OPEN)
    whole = figures(doors(session, at=OPEN))[0]
    assert whole.letters == session.parties.count()
    assert (whole.delivered, whole.open) == (whole.letters, 0)
