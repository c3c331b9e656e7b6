"""Pages of objections: two taps for the owner, the desk's answers and rulings, standing."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message
from core.canonical import parse_canonical
from tests.portal.test_rulings import PDF, at, closed_vote, text, url
from tests.voting.views.story import WANG, make_vote
from tests.voting.views.test_owner_pages import cast, check, close, enter, fill_in, text_of
from voting.models import Ballot, Objection
from voting.services.counting import count_session
from voting.services.exporting import export_board
from voting.services.resolutions import issue_resolution
from voting.verifier import verify

pytestmark = pytest.mark.django_db
__all__ = ["at"]


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True


@pytest.fixture
def vote():
    return make_vote()


def sent(client, address, given):
    """Send a form of an owner's page, and go where it leads."""
    answer = client.post(address, given)
    while answer.status_code == 303:
        answer = client.get(answer.headers["Location"])
    return answer


def voted(vote):
    """Somebody with the letter has voted; the browser that did it."""
    thief = Client()
    enter(thief, vote)
    cast(thief, vote, "0", "0")
    return thief


def checked_by_receipt(vote, client):
    """From the SMS: the receipt's address, one button, the second check."""
    ballot = Ballot.objects.get()
    page = client.get(f"/r/{ballot.receipt_code}/not-mine")
    assert "不是我家投的，去登记" in text_of(page)
    client.post(f"/r/{ballot.receipt_code}/not-mine")
    answer = check(client, vote)
    while answer.status_code == 303:
        answer = client.get(answer.headers["Location"])
    return answer


# --- this is not mine ------------------------------------------------------------------------


def test_not_mine_in_two_taps_voids_the_letter_and_lets_the_owner_vote_at_once(vote, tmp_path):
    thief = voted(vote)
    again = fill_in(thief, vote, "1", "1")  # about to change it
    owner = Client()
    enter(owner, vote)
    page = owner.get(vote.url("not-mine/"))
    assert "是的，不是我家投的" in text_of(page)
    page = sent(owner, vote.url("not-mine/"), {"submission": "one"})
    assert "已登记：不是您家投的" in text_of(page)
    assert "重新投票" in text_of(page)
    (made,) = Objection.objects.all()
    assert (made.about, made.not_mine, made.in_time) == ("took_part", True, True)
    owner.post(vote.url("not-mine/"), {"submission": "two"})
    assert Objection.objects.count() == 1
    # The thief's visit is over, and so is the letter.
    assert thief.post(vote.url("submit/"), {"submission": again}).status_code == 409
    assert thief.get(vote.url("motions/")).status_code == 409
    assert thief.get(vote.letters[WANG].path).status_code == 410
    # The owner goes on without another letter.
    assert cast(owner, vote, "1", "1").status_code in (200, 303)
    assert Ballot.objects.filter(party=vote.letters[WANG].party).count() == 2
    kinds = [
        parse_canonical(bytes(one.line)) for one in vote.session.board.entries.order_by("seq")
    ]
    reasons = [one["body"]["reason"] for one in kinds if one["type"] == "credential"]
    assert reasons == ["code", "reissue", "code"]
    vote.session.refresh_from_db()
    export_board(vote.session, tmp_path / "board", at=timezone.now())
    assert verify(tmp_path / "board").ok
    told = Message.objects.filter(template="ballot_disowned")
    assert told.get().phone == vote.letters[WANG].party.phone


def test_from_the_sms_the_owner_can_object_but_not_vote(vote):
    voted(vote)
    (message,) = Message.objects.filter(template="ballot_recorded")
    code = Ballot.objects.get().receipt_code
    assert message.params["url"].endswith(f"/r/{code}/not-mine")
    owner = Client()
    page = checked_by_receipt(vote, owner)
    assert "这张票不是您家投的？" in text_of(page)
    # Many may know a receipt: it opens no ballot and no list of rooms.
    for tail in ("motions/", "receipt/", "participants/"):
        assert owner.get(vote.url(tail)).headers["Location"] == vote.url("not-mine/")
    page = sent(owner, vote.url("not-mine/"), {"submission": "one"})
    assert "已登记" in text_of(page)
    assert "补发通知书" in text_of(page)
    assert Objection.objects.get().party == vote.letters[WANG].party


def test_nothing_to_disown_where_nobody_voted(vote):
    owner = Client()
    enter(owner, vote)
    assert "没有您家的票" in text_of(owner.get(vote.url("not-mine/")))
    owner.post(vote.url("not-mine/"), {"submission": "one"})
    assert not Objection.objects.exists()


def test_without_the_second_check_there_is_no_objection(vote):
    voted(vote)
    stranger = Client()
    assert stranger.get(vote.url("not-mine/")).status_code == 403
    stranger.post(f"/r/{Ballot.objects.get().receipt_code}/not-mine")
    answer = stranger.post(vote.url("not-mine/"), {"submission": "one"})
    assert answer.headers["Location"] == vote.url("identity/")
    assert not Objection.objects.exists()


def test_an_objection_in_words_with_a_photograph_and_its_answer(vote):
    voted(vote)
    owner = Client()
    enter(owner, vote)
    close(vote)
    page = owner.post(vote.url("objections/new"), {"text": "", "submission": "a"})
    assert page.status_code == 422
    said = text_of(page)
    assert "请选对什么有异议" in said
    assert "请填写异议的内容和理由" in said
    photo = SimpleUploadedFile("照片.pdf", PDF, "application/pdf")
    given = {"about": "other", "text": "票箱没有封条", "submission": "a", "content": photo}
    page = sent(owner, vote.url("objections/new"), given)
    assert "票箱没有封条" in text_of(page)
    owner.post(vote.url("objections/new"), {**given, "content": ""})
    assert Objection.objects.count() == 1
    public = text_of(Client().get(reverse("voting:public_objections", args=[vote.code])))
    assert "第 1 号" in public
    assert "票箱没有封条" not in public


# --- on the desk -----------------------------------------------------------------------------


def test_the_desk_answers_the_owner_disputes_two_rule(at, town):
    vote = closed_vote(town)
    code = vote.session.code
    given = {
        "about": "took_part",
        "name": "周某",
        "contact": "10000000099",
        "room": "00701",
        "text": "我家没有投过票",
        "submission": "s",
    }
    page = at("residents_committee").post(url("objection_new", code), given, follow=True)
    assert "已登记" in text(page)
    made = Objection.objects.get()
    assert made.party.number == 7
    assert "第1号异议等答复" in text(at("organiser").get(url("home")))
    page = at("organiser").post(url("objection_answer", made.pk), {"reason": ""})
    assert page.status_code == 400
    assert "请选采纳或者不采纳" in text(page)
    at("organiser").post(
        url("objection_answer", made.pk), {"upheld": "no", "reason": "签收表在"}
    )
    page = at("residents_committee").post(
        url("objection_dispute", made.pk), {"reason": "签名不是我的"}, follow=True
    )
    assert "不服答复，等待裁定" in text(page)
    at("street_office").post(
        url("objection_propose", made.pk), {"upheld": "no", "reason": "笔迹一致"}
    )
    page = at("supervisor").post(url("objection_confirm", made.pk), follow=True)
    assert "已裁定" in text(page)
    made.refresh_from_db()
    assert (made.state, made.upheld) == ("ruled", False)


def test_a_room_that_is_not_on_the_roll_is_not_guessed(at, town):
    vote = closed_vote(town)
    given = {"about": "other", "name": "周某", "contact": "x", "room": "01", "text": "y"}
    page = at("organiser").post(url("objection_new", vote.session.code), given)
    assert page.status_code == 400
    assert "请写完整" in text(page)


def test_overdue_it_lies_on_the_street_office_s_desk(at, town):
    vote = closed_vote(town)
    given = {"about": "other", "name": "周某", "contact": "办公室", "room": "", "text": "有误"}
    at("organiser").post(url("objection_new", vote.session.code), given)
    Objection.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    made = Objection.objects.get()
    page = text(at("street_office").get(url("home")))
    assert "第1号异议等答复" in page
    page = at("street_office").get(url("objection", made.pk))
    assert "已经逾期" in text(page)
    done = at("street_office").post(
        url("objection_answer", made.pk), {"upheld": "yes", "reason": "已更正"}, follow=True
    )
    assert "已答复" in text(done)


def test_recusal_and_standing(at, town):
    vote = closed_vote(town, hours=0)
    code = vote.session.code
    page = at("supervisor").post(url("recusal", code), {"reason": "我是候选人"}, follow=True)
    assert "您已经声明回避" in text(page)
    count_session(session_id=vote.session.pk, at=timezone.now())
    document = issue_resolution(session_id=vote.session.pk, at=timezone.now())
    given = {
        "kind": "suspended",
        "authority": "样例区人民法院",
        "reference": "（2026）样01民初1号",
        "dated": timezone.localdate().isoformat(),
        "reason": "案件审理期间中止执行",
        "content": SimpleUploadedFile("裁定.pdf", PDF, "application/pdf"),
    }
    refused = at("street_office").post(
        url("standing", code), {**given, "reason": "", "content": ""}
    )
    assert refused.status_code == 400
    page = at("bureau").post(
        url("standing", code),
        given | {"content": SimpleUploadedFile("裁定.pdf", PDF, "application/pdf")},
        follow=True,
    )
    assert "人民法院裁定中止执行" in text(page)
    public = Client()
    assert "样例区人民法院" in text(public.get(f"/v/{document.code}"))
    assert "人民法院裁定中止执行" in text(public.get(f"/s/{code}/"))
    assert "人民法院裁定中止执行" in text(at("organiser").get(url("result", code)))
