"""The pages of paper ballots: registering, two clerks, the third person, conflict, box."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.elections import frozen_election
from tests.factories import FOR, Vote, even_estate, make_profile
from tests.town import announced
from tests.voting.services.papers import JPEG, PNG
from tests.voting.views.test_owner_pages import text_of
from voting.models import BoxCount, PaperBallot, Session
from voting.selectors import candidates_of, result_of
from voting.services.box import state_box
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.papers import register_paper
from voting.spool import read_spool
from voting.steps import Signer
from voting.tasks import count_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(town):
    """A signed-in client of a role here; `n` tells people of one role apart."""

    def sign_in(role):
        client = Client()
        client.force_login(
            town.person(role), backend="django.contrib.auth.backends.ModelBackend"
        )
        return client

    return sign_in


@pytest.fixture
def vote(town):
    """Seven flats, 1-3 came on paper, 3 voted online too; closed a moment ago."""
    make_profile("now", challenge_hours=0)
    estate = even_estate(7, area=lambda _n: 100_00)
    estate.authority, estate.profile_code = town.here.committee, "now"
    estate.save()
    town.here.estate = estate
    session = announced(estate, days_ago=28, paper=True)
    vote = Vote(session, read_spool(session.code) or {})
    inside = session.opens_at + timedelta(hours=1)
    for number in (3, 4, 5, 6):
        vote.cast(number, [FOR], at=inside)
    for number in (1, 2, 3):
        register_paper(
            session_id=session.pk,
            serial=vote.party(number).serial,
            place="居委会",
            signer=Signer("user:0", "organiser"),
            at=inside,
        )
    close_session(session_id=session.pk, at=timezone.now())
    session.refresh_from_db()
    return vote


def url(vote, name, *args):
    return reverse(f"staff:{name}", args=[vote.session.code, *args])


def sheet(vote, number):
    return PaperBallot.objects.get(session=vote.session, party__number=number)


def scan():
    return SimpleUploadedFile("票.png", PNG, "image/png")


def test_the_whole_way(vote, at):
    organiser, residents = at("organiser"), at("residents_committee")
    supervisor, street = at("supervisor"), at("street_office")
    page = text_of(organiser.get(url(vote, "paper")))
    assert "等第一个人录" in page
    assert "网上也投了票" in page
    one = url(vote, "paper_sheet", sheet(vote, 1).pk)
    # nothing chosen beforehand; everything missing said at once, what was typed kept
    empty = organiser.post(one, {})
    assert empty.status_code == 400
    assert "第1项还没有选" in text_of(empty)
    assert "checked" not in organiser.get(one).content.decode()
    assert organiser.post(one, {"motion1": "1"}).status_code == 400  # no scan
    given = organiser.post(one, {"motion1": "1", "content": scan()}, follow=True)
    assert "请另一个人录第二遍" in text_of(given)
    assert organiser.post(one, {"motion1": "1"}).status_code == 409
    # the second sees neither the first's entry nor anything chosen
    blind = residents.get(one).content.decode()
    assert "checked" not in blind
    assert "看不到第一个人录的" in blind
    seen = residents.get(url(vote, "paper_scan", sheet(vote, 1).pk))
    assert (seen.content[:3], seen.headers["Cache-Control"]) == (JPEG, "no-store")
    residents.post(one, {"motion1": "1"})
    assert sheet(vote, 1).state == "entered"
    # a mismatch goes to the third
    two = url(vote, "paper_sheet", sheet(vote, 2).pk)
    organiser.post(two, {"motion1": "0", "content": scan()})
    residents.post(two, {"motion1": "blank"})
    assert "等第三个人决定" in text_of(organiser.get(url(vote, "paper")))
    assert "第三个人决定" in text_of(supervisor.get(two))
    supervisor.post(two, {"motion1": "two_marks"})
    assert (sheet(vote, 2).state, sheet(vote, 2).void) == ("spoiled", "blank")
    # both channels: two people in two roles
    three = sheet(vote, 3)
    assert "以网上的为准" in text_of(organiser.get(url(vote, "paper_sheet", three.pk)))
    bad = organiser.post(url(vote, "paper_rule", three.pk), {"reason": "两张"})
    assert bad.status_code == 400
    organiser.post(url(vote, "paper_rule", three.pk), {"outcome": "out", "reason": "两张"})
    supervisor.post(url(vote, "paper_decide", three.pk), {"agree": "1"})
    assert sheet(vote, 3).state == "ruled_out"
    # the box
    assert organiser.post(url(vote, "paper_box"), {"counted": "3"}).status_code == 400
    assert street.post(url(vote, "paper_box"), {"counted": "x"}).status_code == 400
    street.post(url(vote, "paper_box"), {"counted": "2"})
    assert ">2<" not in organiser.get(url(vote, "paper")).content.decode()
    # who arbitrated has read a sheet, and may not count either
    assert supervisor.post(url(vote, "paper_box"), {"counted": "3"}).status_code == 400
    assert count_due(timezone.now()) == 0


def test_an_empty_box_needs_two_people_and_no_more(vote, at):
    PaperBallot.objects.none()
    session = announced(vote.session.estate, days_ago=28, paper=True)
    close_session(session_id=session.pk, at=timezone.now())
    box = reverse("staff:paper_box", args=[session.code])
    organiser, supervisor = at("organiser"), at("supervisor")
    assert "两个人各填一次0" in text_of(organiser.get(box))
    organiser.post(box, {"counted": "0"})
    organiser.post(box, {"counted": "0"})
    assert BoxCount.objects.filter(session=session).get().state == "stated"
    supervisor.post(box, {"counted": "0"})
    assert BoxCount.objects.filter(session=session).get().state == "sealed"
    assert count_due(timezone.now()) == 1
    assert result_of(Session.objects.get(pk=session.pk)).ballots.paper == 0


def test_registering_with_a_scanner(vote, at):
    session = announced(vote.session.estate, days_ago=20, paper=True)
    other = Vote(session, {})
    client = at("organiser")
    page = reverse("staff:paper_register", args=[session.code])
    assert "autofocus" in client.get(page).content.decode()
    serial = other.party(1).serial
    done = client.post(page, {"serial": serial, "place": "一号楼 & 票箱"})
    assert done.status_code == 302
    again = client.get(done.headers["Location"])
    assert 'value="一号楼 &amp; 票箱"' in again.content.decode()
    assert serial in text_of(again)
    twice = client.post(page, {"serial": serial, "place": "居委会"})
    assert twice.status_code == 400
    assert "已经登记过了" in text_of(twice)
    assert serial in twice.content.decode()
    wrong = client.post(page, {"serial": vote.party(1).serial, "place": "居委会"})
    assert "另一次会议" in text_of(wrong)
    # nothing of a sheet can be opened before the close
    pk = PaperBallot.objects.get(session=session).pk
    assert "不拆封" in text_of(client.get(reverse("staff:paper", args=[session.code])))
    entry = reverse("staff:paper_sheet", args=[session.code, pk])
    assert client.post(entry, {"motion1": "0"}).status_code == 404


def test_what_a_paper_voter_can_look_up(vote, at, client):
    serial = vote.party(1).serial
    check = reverse("portal:check")
    assert "截止以后才拆封" in text_of(client.post(check, {"number": serial}))
    one = url(vote, "paper_sheet", sheet(vote, 1).pk)
    at("organiser").post(one, {"motion1": "1", "content": scan()})
    at("residents_committee").post(one, {"motion1": "1"})
    answer = text_of(client.post(check, {"number": serial.lower()}))
    assert "等待计票" in answer
    assert "反对" not in answer
    receipt = client.get(
        reverse("voting:public_receipt", args=[sheet(vote, 1).ballot.receipt_code])
    )
    assert "票写在纸上" in text_of(receipt)
    assert "没有收到票号" in text_of(client.post(check, {"number": "00001-0000"}))


def test_without_paper_there_is_no_such_page(vote, at):
    session = announced(vote.session.estate, days_ago=28)
    assert at("organiser").get(reverse("staff:paper", args=[session.code])).status_code == 404


@pytest.fixture
def election(town):
    """Two flats came on paper in an election of five of six, and in one of a single seat."""
    make_profile("now", challenge_hours=0)

    def closed(**fields):
        estate = even_estate(9, area=lambda _n: 100_00)
        estate.authority, estate.profile_code = town.here.committee, "now"
        estate.save()
        town.here.estate = estate
        at = timezone.now() - timedelta(days=28)
        times = {
            "notice_on": timezone.localdate(at),
            "opens_at": at + timedelta(days=17),
            "closes_at": at + timedelta(days=27),
        }
        vote = frozen_election(
            estate, at=at, session={"at": at, "paper": True, **times}, **fields
        )
        for number in (1, 2):
            register_paper(
                session_id=vote.session.pk,
                serial=vote.party(number).serial,
                place="居委会",
                signer=Signer("user:0", "organiser"),
                at=vote.session.opens_at,
            )
        close_session(session_id=vote.session.pk, at=vote.session.closes_at)
        vote.session.refresh_from_db()
        return vote

    return closed


def read_by_two(vote, at, number, answers):
    page = url(vote, "paper_sheet", sheet(vote, number).pk)
    at("organiser").post(page, {**answers, "content": scan()})
    at("residents_committee").post(page, answers)
    return sheet(vote, number).state


def test_clerks_see_the_names_in_drawn_order_and_can_enter_nobody(election, at):
    vote = election()
    motion = vote.session.motions.get(position=2)
    names = [f"{one.place}. {one.name}" for one in candidates_of(motion)]
    page = url(vote, "paper_sheet", sheet(vote, 1).pk)
    shown = text_of(at("organiser").get(page))
    places = [shown.index(name) for name in names]
    assert len(names) == 6
    assert places == sorted(places)
    assert "一个也不选" in shown
    # "marked" with nothing ticked is a slip, not a vote for nobody
    slip = {"motion1": "0", "motion2": "marked", "content": scan()}
    refused = at("organiser").post(page, slip)
    assert refused.status_code == 400
    assert "请在下面勾纸上画的" in text_of(refused)
    assert read_by_two(vote, at, 1, {"motion1": "0", "motion2": "nobody"}) == "entered"
    marked = {"motion1": "0", "motion2": "marked", "motion2_marks": ["1", "4"]}
    assert read_by_two(vote, at, 2, marked) == "entered"
    assert counted(vote)[1] == ((2, 200_00), [0, 1, 0, 0, 1, 0])


def test_a_single_seat_has_a_box_for_nobody_too(election, at):
    vote = election(seats=1, candidates=1, by_election=True)
    page = text_of(at("organiser").get(url(vote, "paper_sheet", sheet(vote, 1).pk)))
    assert "1. 业主1" in page
    assert "一个也不选" in page
    assert read_by_two(vote, at, 1, {"motion1": "1", "motion2": "nobody"}) == "entered"
    assert read_by_two(vote, at, 2, {"motion1": "1", "motion2": "0"}) == "entered"
    assert counted(vote)[1] == ((2, 200_00), [1])


def counted(vote):
    """Who took part and the heads of each candidate, once the box of two is said."""
    for signer in (Signer("user:8", "supervisor"), Signer("user:9", "street_office")):
        state_box(session_id=vote.session.pk, counted=2, signer=signer, at=timezone.now())
    session = count_session(session_id=vote.session.pk, at=vote.session.closes_at)
    return [
        (motion.participating, [one.votes.heads for one in motion.standings])
        for motion in result_of(session).motions
    ]
