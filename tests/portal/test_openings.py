"""The pages of single ballots: who looks is written down, and a court reads one."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from logbook.models import Entry
from portal.selectors import worklist_for
from tests.factories import AGAINST, FOR, Vote
from tests.portal.test_trustees import Walk
from tests.portal.test_trustees import tallied as tallied_by_trustees
from tests.town import announced, draft, grant
from tests.voting.trustee.sitting import Device
from tests.voting.views.story import OUYANG, WANG, make_vote
from tests.voting.views.test_owner_pages import cast, check, close, enter, text_of
from voting import keyfiles
from voting.court.__main__ import main as court
from voting.models import CourtFile, Look, Session
from voting.protocol import sealing
from voting.protocol.shape import b64
from voting.selectors import body_of
from voting.services.closing import close_session
from voting.services.openings import Looker, look_at_ballot
from voting.spool import read_spool
from voting.tasks import sweep_all

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n%%EOF\n"
KEY_OF_COURT = b64(sealing.public_key(bytes(range(32))))


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path, monkeypatch):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    monkeypatch.setattr(keyfiles, "COST", 2**14)


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


def resolved(town, policy):
    session = announced(town.here.estate, days_ago=28, opening_policy=policy)
    vote = Vote(session, read_spool(session.code) or {})
    vote.cast(1, [AGAINST], at=session.opens_at)
    for number in (1, 2, 3, 4, 5):
        vote.cast(number, [AGAINST if number == 2 else FOR], at=session.opens_at)
    sweep_all(timezone.now())
    session.refresh_from_db()
    assert session.state == "resolved"
    return session


def url(name, *args):
    return reverse(f"staff:{name}", args=args)


def text(response):
    return response.content.decode()


# --- the draft ------------------------------------------------------------------------------


def test_the_draft_says_who_will_see_what(town, at):
    page = text(at("organiser").get(url("session_edit", draft(town.here.estate).code)))
    for words in ("业主本人看自己的", "每次都有记录", "您作为组织者也看不到", "邻居"):
        assert words in page
    # Secret unless chosen otherwise.
    [checked] = re.findall(r'name="opening_policy" value="(\w+)"[^>]*checked', page)
    assert checked == "secret"
    named = draft(town.here.estate, opening_policy="named")
    page = at("organiser").get(url("announce", named.code))
    assert page.status_code == 200


# --- a named vote ---------------------------------------------------------------------------


def test_a_supervisor_looks_and_everybody_in_office_sees_that(town, at):
    session = resolved(town, "named")
    code = session.code
    supervisor, organiser = at("supervisor"), at("organiser")
    assert url("openings", code) in text(supervisor.get(url("session", code)))
    page = text(supervisor.get(url("openings", code), {"q": "102"}))
    assert "每张计入的票都已打开" in page
    assert url("look_new", code, 2) in page
    page = supervisor.post(url("look_new", code, 2), {"reason": " "})
    assert page.status_code == 400
    assert "请填写理由" in text(page)
    assert not Look.objects.exists()
    page = supervisor.post(url("look_new", code, 2), {"reason": "核对签名异议"}, follow=True)
    look = Look.objects.get()
    assert "反对" in text(page)
    assert "同意" not in text(page)
    assert page.headers["Cache-Control"] == "no-store"
    # Nobody else opens this look, the organiser sees that it was, never what it showed.
    for role in ("organiser", "street_office", "residents_committee", "bureau"):
        assert at(role).get(url("look", code, look.pk)).status_code == 404
    listed = text(organiser.get(url("openings", code), {"q": "102"}))
    assert "核对签名异议" in listed
    assert "监票人 supervisor" in listed
    assert "反对" not in listed
    assert url("look_new", code, 2) not in listed
    assert organiser.get(url("look_new", code, 2)).status_code == 404
    assert Entry.objects.filter(kind="ballot.looked_at").count() == 1


def test_a_look_is_over_after_a_while(town, at):
    session = resolved(town, "named")
    person = town.person("supervisor")
    look = look_at_ballot(
        session_id=session.pk, number=1, reason="核对", court="",
        looker=Looker(f"user:{person.pk}", ["supervisor"]),
        at=timezone.now() - timedelta(minutes=16),
    )  # fmt: skip
    page = at("supervisor").get(url("look", session.code, look.pk))
    assert page.status_code == 409
    assert "重新写明理由" in text(page)


def test_who_organises_too_sees_nothing(town, at):
    session = resolved(town, "named")
    grant(town.person("supervisor"), "organiser", town.here.estate)
    supervisor = at("supervisor")
    page = text(supervisor.get(url("openings", session.code), {"q": "102"}))
    assert url("look_new", session.code, 2) not in page
    page = supervisor.post(url("look_new", session.code, 2), {"reason": "想看看"})
    assert page.status_code == 400
    assert "兼任组织者或者物业的，也不能看" in text(page)
    assert not Look.objects.exists()


def test_the_owner_sees_the_own_ballot_after_the_second_check(client):
    vote = make_vote(opening_policy="named")
    enter(client, vote)
    page = text_of(client.get(f"/s/{vote.code}/"))
    assert "这是记名表决" in page
    cast(client, vote, "1", "0")
    assert client.get(vote.url("opened/")).status_code == 303  # nothing before the result
    close(vote)
    sweep_all(timezone.now())
    stranger = Client()
    assert stranger.get(vote.url("opened/")).status_code == 403
    enter_closed(client, vote)
    participants = client.get(vote.url("participants/"))
    assert vote.url("opened/") in participants.content.decode()
    page = text_of(client.get(vote.url("opened/")))
    first, second = page.index("更换1幢、2幢电梯"), page.index("小区西门夜间关闭")
    assert "反对" in page[first:second]
    assert "同意" in page[second : second + 60]
    assert "到现在还没有人看过您家的票" in page
    session = Session.objects.get(code=vote.code)
    look_at_ballot(
        session_id=session.pk, number=vote.letters[WANG].party.number, reason="核对签名异议",
        court="测试区人民法院", looker=Looker("user:9", ["street_office"]), at=timezone.now(),
    )  # fmt: skip
    page = text_of(client.get(vote.url("opened/")))
    assert "核对签名异议" in page
    assert "街道" in page
    assert "测试区人民法院" in page


def enter_closed(client, vote):
    """Letter and second check after the close."""
    letter = vote.letters[WANG]
    client.get(letter.path)
    client.post(f"{letter.path}/start", {"login": "", "letter_key": ""})
    check(client, vote)


def test_another_owner_sees_only_the_own(client):
    vote = make_vote(opening_policy="named")
    enter(client, vote)
    cast(client, vote, "1", "1")
    close(vote)
    sweep_all(timezone.now())
    other = Client()
    letter = vote.letters["1幢1单元101室"]
    other.get(letter.path)
    other.post(f"{letter.path}/start", {"login": "", "letter_key": ""})
    check(other, vote, OUYANG)
    page = text_of(other.get(vote.url("opened/")))
    assert "您家没有参加" in page
    assert "反对" not in page


# --- trustees -------------------------------------------------------------------------------


def test_trustees_open_the_ballots_of_a_named_vote(town, at, tmp_path):
    walk = Walk(at("organiser"), draft(town.here.estate, opening_policy="named"), tmp_path)
    devices = tallied_by_trustees(walk)
    export = walk.export("export")
    for device in devices[:2]:
        assert device.open(export) == 0
        assert walk.send(device.path("share.json").read_bytes(), "opening").status_code == 302
    tasks = [task.what for task in worklist_for(town.person("organiser"), timezone.now())]
    assert any("等待保管人打开记名票" in what for what in tasks)
    assert "等保管人打开单张票" in walk.get("openings")
    request = tmp_path / "request.json"
    request.write_bytes(walk.client.get(walk.url("opening_request")).content)
    counted = walk.export("counted")
    for number, device in enumerate(devices[:2]):
        sealed = named(device, counted, request)
        assert b'"share"' not in sealed  # what the organiser carries tells nothing
        assert walk.send(sealed, "openings").status_code == 302
        assert (body_of(walk.session, "openings") is not None) is (number == 1)
    assert "每张计入的票都已打开" in walk.get("openings")
    assert walk.client.get(walk.url("opening_request")).status_code == 404
    forged = tmp_path / "forged.json"
    forged.write_bytes(request.read_bytes().replace(b'"key":"', b'"key":"A', 1))
    assert devices[2].run(
        "open", counted, "--request", forged, "--key", devices[2].path("key-a"),
        "--out", devices[2].path("forged"), "--yes",
    ) == 1  # fmt: skip


def named(device: Device, export, request):
    key, out = device.path("key-a"), device.path("opened")
    assert device.run(
        "open", export, "--request", request, "--key", key, "--out", out, "--yes"
    ) == 0  # fmt: skip
    return out.read_bytes()


# --- a court ----------------------------------------------------------------------------------


def paper(**changes):
    file = SimpleUploadedFile("裁定.pdf", PDF, "application/pdf")
    return {
        "court": "测试区人民法院", "number": "（2026）测0101民初1号", "content": file,
    } | changes  # fmt: skip


def court_key(tmp_path, capsys):
    (tmp_path / "word").write_text("四个 不相干 的词 连起来", encoding="utf-8")
    given = ["--key", str(tmp_path / "court.key"), "--passphrase-file", str(tmp_path / "word")]
    assert court(["init", *given]) == 0
    return capsys.readouterr().out.split("\n")[1], given


def test_two_people_open_one_ballot_for_a_court(town, at, tmp_path, capsys):
    session = resolved(town, "secret")
    code = session.code
    key, given = court_key(tmp_path, capsys)
    organiser, supervisor = at("organiser"), at("supervisor")
    assert url("court_orders", code) in text(organiser.get(url("session", code)))
    page = text(organiser.get(url("court_orders", code), {"q": "101"}))
    assert url("court_order_new", code, 1) in page
    ballots = list(session.ballots.filter(party__number=1).order_by("number"))
    page = organiser.post(url("court_order_new", code, 1), paper(key="x", number=""))
    assert page.status_code == 400
    assert "请选文书指明的那一张票" in text(page)
    choice = {"key": key, "ballot": str(ballots[1].pk)}
    page = organiser.post(url("court_order_new", code, 1), paper(**choice, number=""))
    assert page.status_code == 400
    assert "请填写文号" in text(page)
    page = organiser.post(url("court_order_new", code, 1), paper(**choice), follow=True)
    assert "还要另一个人对照文书核对" in text(page)
    [order] = session.court_orders.all()
    assert url("court_order_confirm", code, order.pk) not in text(page)
    assert body_of(session, "court_order") is None
    where = url("court_order_confirm", code, order.pk)
    assert where in text(supervisor.get(url("court_order", code, order.pk)))
    assert supervisor.post(where).status_code == 400
    page = supervisor.post(where, {"compared": "on"}, follow=True)
    assert "已核对，记入公告板" in text(page)
    assert body_of(session, "court_order")["seq"] == ballots[1].seq
    sealed = supervisor.get(url("court_file", code, order.pk, 1)).content
    assert sealed == bytes(CourtFile.objects.get().content)
    file = tmp_path / "sealed"
    file.write_bytes(sealed)
    walk = Walk(supervisor, session, tmp_path)
    order.refresh_from_db()
    opening = ["open", str(walk.export("court")), str(file), "--order", str(order.seq)]
    assert court([*opening, *given]) == 0
    assert "同意" in capsys.readouterr().out
    public = text_of(Client().get(f"/s/{code}/"))
    assert "依法院的要求打开的一共 1 张" in public
    assert "测试区人民法院 （2026）测0101民初1号" in public
    assert "101" not in public.split("向法院打开的票")[1].split("谁能看到选择")[0].replace(
        "测0101", ""
    )


def test_trustees_open_it_with_the_paper_in_hand(town, at, tmp_path, capsys):
    key, given = court_key(tmp_path, capsys)
    walk = Walk(at("organiser"), draft(town.here.estate), tmp_path)
    devices = tallied_by_trustees(walk)
    export = walk.export("export")
    for device in devices[:2]:
        assert device.open(export) == 0
        walk.send(device.path("share.json").read_bytes(), "opening")
    sweep_all(walk.session.closes_at)
    ballot = walk.session.ballots.get(party__number=2)
    walk.post("court_order_new", 2, **paper(key=key, ballot=str(ballot.pk)))
    [order] = walk.session.court_orders.all()
    at("supervisor").post(walk.url("court_order_confirm", order.pk), {"compared": "on"})
    order.refresh_from_db()
    assert "还差2位保管人的文件" in walk.get("court_order", order.pk)
    ordered = walk.export("ordered")
    good, other = tmp_path / "good.pdf", tmp_path / "other.pdf"
    good.write_bytes(PDF)
    other.write_bytes(PDF + b"x")
    sealed = []
    for device in devices[1:]:
        arguments = ("court", ordered, "--order", order.seq, "--key", device.path("key-a"))
        out = ("--out", device.path("court"), "--yes")
        assert device.run(*arguments, "--paper", other, *out) == 1
        assert device.run(*arguments[:3], 0, *arguments[4:], "--paper", good, *out) == 1
        assert device.run(*arguments, "--paper", good, *out) == 0
        content = device.path("court").read_bytes()
        where = walk.url("court_order", order.pk)
        answer = walk.client.post(where, {"content": SimpleUploadedFile("f", content)})
        assert answer.status_code == 302
        sealed.append(str(device.path("court")))
    assert "不是同一个文件" in capsys.readouterr().err
    opening = ["open", str(walk.export("opened")), *sealed, "--order", str(order.seq)]
    assert court([*opening, *given]) == 0
    assert "反对" in capsys.readouterr().out
    assert court([*opening[:3], *opening[4:], *given]) == 1
    assert "要2位保管人的文件才打得开" in capsys.readouterr().err


# --- the leak audit ------------------------------------------------------------------------


def test_after_the_close_the_audit_is_about_who_took_part(town, at):
    session = announced(town.here.estate, days_ago=28)
    vote = Vote(session, read_spool(session.code) or {})
    for number in (1, 2):
        vote.cast(number, [FOR], at=session.opens_at)
    page = text(at("organiser").get(url("session", session.code)))
    assert "按实际参加的业主计算" not in page
    close_session(session_id=session.pk, at=timezone.now())
    page = text_of(at("supervisor").get(url("session", session.code)))
    assert "按实际参加的业主计算" in page
    assert "参加的有2位业主，2种面积，2位的面积与别人都不相同" in page
