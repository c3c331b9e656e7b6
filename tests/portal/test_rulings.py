"""The pages of rulings: two people, two roles, and plain words after the count."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message
from tests.factories import AGAINST, FOR, Vote, even_estate, make_profile
from tests.town import announced
from tests.voting.views.story import OUYANG, WANG, make_vote
from tests.voting.views.test_owner_pages import cast, close, enter, text_of
from voting.models import Ruling
from voting.selectors import body_of
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.resolutions import issue_resolution
from voting.services.rulings import Signer, confirm_ruling
from voting.spool import read_spool

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True


@pytest.fixture
def at(town):
    """A signed-in client of a role here."""

    def sign_in(role):
        client = Client()
        client.force_login(
            town.person(role), backend="django.contrib.auth.backends.ModelBackend"
        )
        return client

    return sign_in


def closed_vote(town, *, against=0, hours=100, of=7):
    """Closed a moment ago; `of` equal flats voted, the last `against` of them against."""
    make_profile("waiting", challenge_hours=hours)
    estate = even_estate(of, area=lambda _n: 100_00)
    estate.authority, estate.profile_code = town.here.committee, "waiting"
    estate.save()
    town.here.estate = estate  # before anybody gets a role there
    session = announced(estate, days_ago=28)
    vote = Vote(session, read_spool(session.code) or {})
    for number in range(1, of + 1):
        choice = AGAINST if number > of - against else FOR
        vote.cast(number, [choice], at=session.opens_at + timedelta(hours=1))
    close_session(session_id=session.pk, at=timezone.now())
    session.refresh_from_db()
    return vote


def url(name, *args):
    return reverse(f"staff:{name}", args=args)


def text(response):
    return response.content.decode()


def proposal(**changes):
    paper = SimpleUploadedFile("笔录.pdf", PDF, "application/pdf")
    return {"reason": "信被别人取走", "content": paper} | changes


def propose(at, vote, number=7):
    page = at("organiser").post(
        url("ruling_new", vote.session.code, number), proposal(), follow=True
    )
    assert page.status_code == 200
    return Ruling.objects.latest("pk")


def test_from_the_session_page_to_the_excluded_room(town, at):
    vote = closed_vote(town)
    code = vote.session.code
    organiser, supervisor = at("organiser"), at("supervisor")
    page = text(organiser.get(url("session", code)))
    assert "异议期结束" in page
    assert url("rulings", code) in page
    page = text(organiser.get(url("rulings", code), {"q": "00701"}))
    assert url("ruling_new", code, 7) in page
    ruling = propose(at, vote)
    page = text(organiser.get(url("ruling", code, ruling.pk)))
    assert "等待另一个人决定" in page
    assert "有裁定等第二人决定" in text(supervisor.get(url("home")))
    assert url("ruling_confirm", code, ruling.pk) not in page
    page = text(supervisor.get(url("ruling", code, ruling.pk)))
    assert "信被别人取走" in page
    assert url("ruling_confirm", code, ruling.pk) in page
    assert supervisor.get(url("ruling_document", code, ruling.pk)).content == PDF
    page = supervisor.post(url("ruling_confirm", code, ruling.pk), follow=True)
    assert "已裁定不计入" in text(page)
    assert body_of(vote.session, "ruling")["party"] == 7


def test_what_is_missing_is_said_at_once_and_the_words_are_kept(town, at):
    vote = closed_vote(town)
    where = url("ruling_new", vote.session.code, 7)
    page = at("organiser").post(where, {"reason": ""})
    assert page.status_code == 400
    assert "请填写理由" in text(page)
    assert "这个文件是空的" in text(page)
    wrong = SimpleUploadedFile("x.exe", b"MZ")
    page = at("organiser").post(where, proposal(content=wrong, reason="写好的理由"))
    assert page.status_code == 400
    assert "只收 PDF、PNG、JPEG 文件" in text(page)
    assert "可不填" not in text(page)
    assert "写好的理由" in text(page)
    assert not Ruling.objects.exists()


def test_declined_withdrawn_and_refused(town, at):
    vote = closed_vote(town)
    code = vote.session.code
    ruling = propose(at, vote)
    page = at("supervisor").post(url("ruling_decline", code, ruling.pk), {"reason": " "})
    assert page.status_code == 400
    assert "请填写理由" in text(page)
    page = at("organiser").post(url("ruling_withdraw", code, ruling.pk), follow=True)
    assert "已撤回" in text(page)
    page = at("supervisor").post(url("ruling_confirm", code, ruling.pk))
    assert page.status_code == 409
    assert "已经有人决定或者撤回" in text(page)
    # An organiser decides nothing here.
    again = propose(at, vote)
    again_page = at("organiser").post(url("ruling_confirm", code, again.pk))
    assert again_page.status_code == 404
    page = at("street_office").post(
        url("ruling_decline", code, again.pk), {"reason": "本人到场说明"}, follow=True
    )
    assert "没有同意" in text(page)
    assert "本人到场说明" in text(page)
    assert body_of(vote.session, "ruling") is None


def test_the_owner_sees_the_room_and_the_reason(client):
    story = make_vote()
    enter(client, story)
    cast(client, story, "1", "0")
    close(story)
    close_session(session_id=story.session.pk, at=timezone.now())
    party = story.letters[WANG].party
    ruling = Ruling.objects.create(
        session=story.session,
        party=party,
        reason="信被别人取走",
        content=b"",
        proposed_by="user:1",
        proposed_role="organiser",
        proposed_at=timezone.now(),
    )
    neighbour = Client()
    enter(neighbour, story, OUYANG)

    def page(visitor):
        return text_of(visitor.get(story.url("participants/")))

    assert "经裁定" not in page(neighbour)
    assert "不计入" not in page(client)  # proposed is not decided
    confirm_ruling(
        ruling_id=ruling.pk, signer=Signer("user:2", "supervisor"), at=timezone.now()
    )
    assert "1幢2单元301室 经裁定不计入" in page(neighbour)
    assert "信被别人取走" not in page(neighbour)
    assert "您家的票经两人裁定，不计入结果" in page(client)
    assert "信被别人取走" in page(client)
    (told,) = Message.objects.filter(template="ballots_excluded")
    assert told.phone == party.phone


@pytest.mark.parametrize(("against", "stands"), [(2, True), (3, False)])
def test_after_the_result_the_page_says_plainly_what_can_change(town, at, against, stands):
    vote = closed_vote(town, against=against, hours=0)
    count_session(session_id=vote.session.pk, at=timezone.now())
    issue_resolution(session_id=vote.session.pk, at=timezone.now())
    code = vote.session.code
    ruling = propose(at, vote)
    where = url("ruling", code, ruling.pk)
    page = text(at("supervisor").get(where))
    plain = "各项结论都不变" if stands else "业主大会重新表决，或者由人民法院裁判"
    assert plain in page
    assert ("understood" in page) is not stands
    confirm = url("ruling_confirm", code, ruling.pk)
    if not stands:
        refused = at("supervisor").post(confirm)
        assert refused.status_code == 409
        assert "请先勾选" in text(refused)
    page = at("supervisor").post(confirm, {"understood": "on"}, follow=True)
    assert "已裁定不计入" in text(page)
    for result in (
        at("organiser").get(url("result", code)),
        Client().get(reverse("voting:session", args=[code])),
    ):
        assert "计票以后经裁定排除" in text(result)
        assert plain in text(result)
    assert vote.session.board.entries.filter(kind="decryption").count() == 1
