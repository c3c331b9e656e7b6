"""The organiser's pages: every reason at once, what was typed kept, nothing half-written."""

import csv
import io
import json
import re
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Job
from portal.selectors import worklist_for
from registry.models import Finding
from tests.factories import ABSTAIN, AGAINST, FOR, frozen_vote, make_unit
from tests.town import Town, announced, draft
from voting.models import Attachment, Motion, Session
from voting.services.closing import close_session
from voting.services.counting import count_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(town: Town, client):
    client.force_login(
        town.person("organiser"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def url(name, *args):
    return reverse(f"staff:{name}", args=args)


def text(response):
    return response.content.decode()


def words(response):
    """What is read, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text(response)))


TERMS = {
    "title": "2026年第二次业主大会会议",
    "organiser_kind": "owners_committee",
    "organiser": "样例花园业主委员会",
    "contact_phone": "0000-0000000",
    "opening_policy": "secret",
    "revote": "on",
}


# --- drafts -----------------------------------------------------------------------------


def test_an_empty_form_names_every_field(organiser, town):
    page = organiser.post(url("session_new", town.here.estate.code), {})
    assert page.status_code == 400
    for reason in ("会议名称", "组织者", "联系电话", "组织者的类型", "公布方式"):
        assert reason in text(page)
    assert not Session.objects.exists()


def test_unreadable_times_and_other_faults_come_together(organiser, town):
    page = organiser.post(
        url("session_new", town.here.estate.code),
        TERMS | {"title": "", "opens_at": "明天", "notice_on": "2026-02-30", "scope": ["999"]},
    )
    assert page.status_code == 400
    for reason in ("请填写会议名称", "日期或时间写得不对"):
        assert reason in text(page)
    assert "样例花园业主委员会" in text(page)
    assert 'value="明天"' in text(page)


def test_a_draft_is_saved_with_some_buildings(organiser, town):
    estate = town.here.estate
    second = estate.buildings.get(name="2幢")
    make_unit(estate, "2幢", "301", 80_00, [], entrance="2单元")
    page = organiser.get(url("session_new", estate.code))
    assert f'value="{second.pk}/2单元"' in text(page)
    organiser.post(
        url("session_new", estate.code),
        TERMS
        | {"scope": [str(second.pk), f"{second.pk}/2单元"], "opens_at": "2027-01-10T09:00"},
    )
    session = Session.objects.get()
    # The whole building was ticked, so its entrance adds nothing.
    assert session.scope == [{"building": second.pk, "entrance": None}]
    assert timezone.localtime(session.opens_at).hour == 9
    again = organiser.get(url("session_edit", session.code))
    assert 'value="2027-01-10T09:00"' in text(again)
    assert f'value="{second.pk}" id="id_scope_' in text(again)


def test_a_building_of_another_estate_is_no_choice(organiser, town):
    foreign = make_unit(town.there.estate, "9幢", "101", 80_00).building
    page = organiser.post(
        url("session_new", town.here.estate.code), TERMS | {"scope": [str(foreign.pk)]}
    )
    assert page.status_code == 400
    assert not Session.objects.exists()


@pytest.mark.parametrize("cost", ["-5", "1.234", "abc", "1e5", "99999999999999", "０"])
def test_an_amount_that_is_none_is_refused_and_kept(organiser, town, cost):
    session = draft(town.here.estate)
    page = organiser.post(
        url("motion_new", session.code),
        {"matter": "5", "title": "修屋面", "text": "是否同意？", "cost_fen": cost},
    )
    assert page.status_code == 400
    assert f'value="{cost}"' in text(page)
    assert "修屋面" in text(page)
    assert session.motions.count() == 1


@pytest.mark.parametrize(
    ("cost", "fen"), [("186,400", 18_640_000), ("１２．５元", 1250), ("0.01", 1), ("", None)]
)
def test_an_amount_as_people_write_it(organiser, town, cost, fen):
    session = draft(town.here.estate)
    organiser.post(
        url("motion_new", session.code),
        {"matter": "5", "title": "修屋面", "text": "是否同意？", "cost_fen": cost},
    )
    assert session.motions.get(position=2).cost_fen == fen


def test_all_nine_matters_are_offered_with_what_they_need(organiser, town):
    page = text(organiser.get(url("motion_new", draft(town.here.estate).code)))
    assert page.count('name="matter"') == 9
    assert page.count("四分之三同意") == 3
    assert page.count("超过一半同意") == 6
    assert "checked" not in page


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("方案.pdf", b"", "空的"),
        ("方案.pdf", b"MZ\x90\x00", "不是其中任何一种"),
        ("方案.pdf", b"%PDF-" + bytes(30 * 1024 * 1024), "超过20 MB"),
        ("方" * 130 + ".pdf", b"%PDF-1.4\n", "120"),
    ],
)
def test_attachments_are_told_by_their_content(organiser, town, name, content, reason):
    session = draft(town.here.estate)
    motion = session.motions.get()
    page = organiser.post(
        url("attachment_add", session.code, motion.pk),
        {"content": SimpleUploadedFile(name, content, "application/pdf")},
    )
    assert page.status_code == 400
    assert reason in text(page)
    assert motion.title in text(page)
    assert not Attachment.objects.exists()


def test_an_attachment_the_scanner_did_not_pass_is_not_kept(organiser, town, settings):
    session = draft(town.here.estate)
    motion = session.motions.get()
    settings.VIRUS_SCANNER = "unix:///nowhere/clamd.sock"
    upload = SimpleUploadedFile("方案.pdf", b"%PDF-1.4\n", "application/pdf")
    page = organiser.post(url("attachment_add", session.code, motion.pk), {"content": upload})
    assert page.status_code == 400
    assert "病毒检查服务现在不通，文件没有收下" in text(page)
    assert not Attachment.objects.exists()


def test_an_attachment_is_served_as_what_it_is(organiser, town):
    session = draft(town.here.estate)
    motion = session.motions.get()
    upload = SimpleUploadedFile("../../etc/方案.html", b"%PDF-1.4\n<script>", "text/html")
    organiser.post(url("attachment_add", session.code, motion.pk), {"content": upload})
    kept = Attachment.objects.get()
    assert kept.name == "方案.html"
    served = organiser.get(url("attachment", session.code, kept.pk))
    assert served.headers["Content-Type"] == "application/pdf"
    assert served.headers["X-Content-Type-Options"] == "nosniff"


def test_a_motion_of_another_session_is_not_found_here(organiser, town):
    one, other = draft(town.here.estate), draft(town.here.estate)
    motion = other.motions.get()
    assert organiser.get(url("motion_edit", one.code, motion.pk)).status_code == 404
    assert organiser.post(url("motion_remove", one.code, motion.pk)).status_code == 404
    assert Motion.objects.count() == 2


def test_the_shares_shown_add_up_and_are_the_ones_frozen(organiser, town):
    session = draft(town.here.estate)
    motion = session.motions.get()
    page = text(organiser.get(url("motion_edit", session.code, motion.pk)))
    assert "合计6户" in page
    assert "10,000.00" in page
    organiser.post(url("announce", session.code), {"understood": "on"})
    shares = sorted(motion.shares.values_list("fen", flat=True))
    assert sum(shares) == 1_000_000
    # 90 of 900 m² is exactly a tenth of 10,000 yuan.
    assert shares[0] == 100_000


# --- announcing -------------------------------------------------------------------------


def test_what_is_missing_is_listed_and_nothing_is_frozen(organiser, town):
    session = draft(town.here.estate)
    Session.objects.filter(pk=session.pk).update(notice_on=None, closes_at=None)
    session.motions.all().delete()
    for page in (
        organiser.get(url("session", session.code)),
        organiser.post(url("announce", session.code), {"understood": "on"}),
    ):
        for reason in ("还没有表决事项", "公告张贴的日期", "请填写截止时间"):
            assert reason in text(page)
    assert page.status_code == 409
    session.refresh_from_db()
    assert session.state == "draft"


def test_announcing_needs_an_explicit_yes(organiser, town):
    session = draft(town.here.estate)
    page = organiser.post(url("announce", session.code), {})
    assert page.status_code == 400
    assert "请先勾选" in text(page)
    session.refresh_from_db()
    assert session.state == "draft"


def test_posting_twice_announces_once(organiser, town):
    session = draft(town.here.estate)
    first = organiser.post(url("announce", session.code), {"understood": "on"})
    assert first.headers["Location"] == url("letters", session.code)
    second = organiser.post(url("announce", session.code), {"understood": "on"})
    assert second.status_code == 409
    assert session.parties.count() == 6


def test_a_refused_page_leads_to_its_session_and_not_to_itself(organiser, town):
    session = announced(town.here.estate)
    address = url("announce", session.code)
    page = organiser.get(address, headers={"referer": f"http://testserver{address}"})
    assert page.status_code == 409
    assert f'href="{url("session", session.code)}"' in page.content.decode()
    assert "纸质通知书上的电话" not in text(page)


def test_a_session_is_called_off_before_it_opens_and_not_after(organiser, town):
    waiting, running = announced(town.here.estate), announced(town.here.estate, days_ago=18)
    for session, status in ((waiting, 302), (running, 409)):
        asked = text(organiser.get(url("cancel", session.code)))
        assert ('name="reason"' in asked, "投票已经开始，不能再取消。" in asked) == (
            status == 302,
            status == 409,
        )
        page = organiser.post(url("cancel", session.code), {"reason": "方案要改"})
        assert page.status_code == status
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert organiser.get(url("session", waiting.code)).status_code == 200
    for name in ("cancel", "letters"):
        again = text(organiser.get(url(name, waiting.code)))
        assert "会议已经取消。" in again
        assert 'name="reason"' not in again


# --- an announced session ------------------------------------------------------------------


def test_the_csv_adds_up_to_the_denominators(organiser, town):
    session = announced(town.here.estate)
    file = b"".join(organiser.get(url("heads_csv", session.code)).streaming_content)
    header, *rows = csv.reader(io.StringIO(file.decode("utf-8-sig")))
    assert header[0] == "序号"
    assert len({row[0] for row in rows}) == 6
    assert sum(Decimal(row[3]) for row in rows) == 900
    page = text(organiser.get(url("heads", session.code)))
    assert "共6人、900.00平方米" in page


def test_a_room_named_like_a_formula_stays_text(organiser, town):
    unit = town.here.estate.units.get(label="1幢1单元101室")
    unit.label = '=HYPERLINK("x")'
    unit.save()
    session = announced(town.here.estate)
    file = b"".join(organiser.get(url("heads_csv", session.code)).streaming_content).decode()
    cells = [cell for row in csv.reader(io.StringIO(file)) for cell in row]
    assert '\'=HYPERLINK("x")' in cells


def test_participation_is_shown_and_no_choice_while_the_vote_runs(organiser, town):
    session = announced(town.here.estate, days_ago=18)
    session.parties.filter(number=1).update(ballots=1)
    turnout = text(organiser.get(url("turnout", session.code)))
    assert "全部：1／6人（16.66%），90.00／900.00平方米（10.00%）" in turnout
    missing = text(organiser.get(url("missing", session.code)))
    assert "1幢1单元102室" in missing
    assert "1幢1单元101室" not in missing
    home = text(organiser.get(url("session", session.code)))
    for page in (turnout, missing, home):
        # The leak audit speaks of choices, but no figure stands beside one.
        assert not re.search(r"(同意|反对|弃权)[^。，、]{0,6}\d\s*(人|票|㎡|平方米)", page)


def test_no_page_of_a_vote_names_an_owner(organiser, town):
    session = announced(town.here.estate, days_ago=18)
    for name in ("session", "turnout", "missing", "heads", "letters"):
        page = text(organiser.get(url(name, session.code)))
        for secret in ("王一", "张三", "王**", "1000000"):
            assert secret not in page, name


def test_the_board_is_exported_whole(organiser, town):
    session = announced(town.here.estate)
    file = b"".join(organiser.post(url("board_export", session.code)).streaming_content)
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        names = {name.rpartition("/")[2]: name for name in archive.namelist()}
        assert {"board.jsonl", "roll.jsonl", "index.json"} <= set(names)
        first = archive.read(names["board.jsonl"]).splitlines()[0]
    assert json.loads(first)["body"] == json.loads(bytes(session.manifest))


def test_the_result_in_fractions_words_and_margin(organiser, town):
    """Six heads of 900 m²; five take part with 600 m², four of them (490 m²) agree."""
    vote = frozen_vote(town.here.estate)
    choices = {1: FOR, 2: AGAINST, 3: FOR, 4: FOR, 5: FOR}
    for number, choice in choices.items():
        vote.cast(number, [choice])
    session = vote.count()
    page = words(organiser.get(url("result", session.code)))
    for said in (
        "5 / 6", "83.33%",  # heads that took part
        "600.00 / 900.00", "66.66%",  # exactly two thirds: enough, and rounded down
        "4 / 5", "80.00%",
        "490.00 / 600.00", "81.66%",
        "通过",
    ):  # fmt: skip
        assert said in page, said
    # Two heads or a hundredth of a square metre fewer taking part, and no quorum.
    assert re.search(r"再少 2 人.{1,6}0\.01 ㎡", page)


def test_a_missed_quorum_is_said_in_words_and_approval_is_not_weighed(organiser, town):
    vote = frozen_vote(town.here.estate)
    vote.cast(1, [FOR])
    vote.cast(2, [ABSTAIN])
    page = text(organiser.get(url("result", vote.count().code)))
    assert "参加的业主不足" in page
    assert "同意的人数" not in page
    # Two thirds of 6 heads and of 900 m² are 4 and 600; 2 heads and 200 m² took part.
    assert "还差 2 人和 400.00 ㎡ 参加" in page


# --- letters --------------------------------------------------------------------------------


def test_letters_are_started_once(organiser, town):
    session = announced(town.here.estate)
    first = organiser.post(url("letters_start", session.code))
    second = organiser.post(url("letters_start", session.code))
    assert first.headers["Location"] == second.headers["Location"]
    assert Job.objects.count() == 1


def test_a_job_says_how_far_it_is_and_when_it_fell_silent(organiser, town):
    session = announced(town.here.estate)
    organiser.post(url("letters_start", session.code))
    job = Job.objects.get()
    page = organiser.get(url("job", job.pk))
    assert '<noscript><meta http-equiv="refresh" content="3">' in text(page)
    now = timezone.now()
    Job.objects.update(state="running", done=2, total=6, heartbeat_at=now)
    state = organiser.get(url("job_state", job.pk)).json()
    assert (state["done"], state["total"], state["finished"], state["stalled"]) == (
        2, 6, False, False,
    )  # fmt: skip
    Job.objects.update(heartbeat_at=now - timedelta(seconds=61))
    assert organiser.get(url("job_state", job.pk)).json()["stalled"] is True
    assert "一分钟没有动静" in text(organiser.get(url("job", job.pk)))


def test_a_reissue_finds_the_household_by_any_of_its_rooms(organiser, town):
    session = announced(town.here.estate)
    page = text(organiser.get(url("letters", session.code), {"q": "202"}))
    assert page.count("补发</a>") == 2  # 1幢 (with 201) and the developer's 2幢
    assert "名册里没有这个房号" in text(
        organiser.get(url("letters", session.code), {"q": "没有"})
    )


def test_no_letter_is_reissued_after_the_close(organiser, town):
    session = announced(town.here.estate, days_ago=40)
    asked = text(organiser.get(url("reissue", session.code, 1)))
    assert "投票已经截止，不能再补发。" in asked
    assert 'name="reason"' not in asked
    running = announced(town.here.estate)
    assert 'name="reason"' in text(organiser.get(url("reissue", running.code, 1)))
    page = organiser.post(url("reissue", session.code, 1), {"reason": "丢失"})
    assert page.status_code == 409
    assert "已经截止" in text(page)


# --- the worklist ---------------------------------------------------------------------------


def tasks(town, name):
    return [(task.what, task.mine) for task in worklist_for(town.person(name), timezone.now())]


def test_the_worklist_follows_a_session_from_desk_to_desk(town):
    estate = town.here.estate
    assert tasks(town, "organiser") == []
    draft(estate)
    [(what, mine)] = tasks(town, "organiser")
    assert (what.startswith("完成草稿"), mine) == (True, True)
    [(what, mine)] = tasks(town, "street_office")
    assert (what.startswith("完成草稿"), mine) == (True, False)
    assert tasks(town, "bureau") == []
    elsewhere = [what for what, _mine in tasks(town, "other street_office")]
    assert not any("2026" in what for what in elsewhere)

    Session.objects.all().delete()
    session = announced(estate, days_ago=18)
    said = [what for what, _mine in tasks(town, "bureau")]
    assert [what.split("：")[0] for what in said] == ["打印通知书", "表决中，已参加0／6"]

    session = announced(estate, days_ago=40)
    Session.objects.exclude(pk=session.pk).update(state="cancelled")
    assert [what.split("：")[0] for what, _m in tasks(town, "organiser")] == ["等待计票"]
    close_session(session_id=session.pk, at=timezone.now())
    count_session(session_id=session.pk, at=timezone.now())
    assert [what.split("：")[0] for what, _m in tasks(town, "organiser")] == ["等待出决议"]


def test_an_estate_without_a_roll_says_what_to_do_first(town):
    assert tasks(town, "other organiser") == [("名册还是空的：先导入业主名册", True)]


def test_somebody_without_any_role_is_told_what_to_do(client, town):
    client.force_login(
        town.person("stranger"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert "还没有任何小区或机构的授权" in text(client.get("/staff/"))


def test_a_longer_worklist_costs_no_more_queries(client, town):
    client.force_login(
        town.person("street_office"), backend="django.contrib.auth.backends.ModelBackend"
    )

    def queries() -> int:
        client.get("/staff/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/staff/")
        return len(captured)

    announced(town.here.estate, days_ago=18)
    one = queries()
    for _number in range(3):
        announced(town.here.estate, days_ago=18)
    # Two of them are the public accounts': what lies on a desk, and what is due. Four are of
    # committees: who is late, re-elections, renewals, explanations.
    assert queries() <= one <= 42


def test_every_link_of_a_worklist_opens_for_its_reader(client, town):
    """An organiser goes to the roll, a street office to the estate: never to a 404."""
    announced(town.here.estate, days_ago=18)
    draft(town.here.estate)
    Finding.objects.create(
        estate=town.here.estate, kind="joint_without_voter", subject="1幢", fingerprint="f"
    )
    for name in ("organiser", "street_office", "bureau", "other organiser"):
        client.force_login(
            town.person(name), backend="django.contrib.auth.backends.ModelBackend"
        )
        links = {task.url for task in worklist_for(town.person(name), timezone.now())}
        assert links
        for link in links:
            assert client.get(link).status_code == 200, (name, link)


def test_officials_are_asked_for_a_second_factor_even_where_none_is_demanded(client, town):
    for name, asked in (("street_office", True), ("organiser", False)):
        client.force_login(
            town.person(name), backend="django.contrib.auth.backends.ModelBackend"
        )
        assert ("第二道验证，现在还没有设" in text(client.get("/staff/"))) is asked


def test_a_rehearsal_runs_without_the_periods_and_says_so_everywhere(organiser, town):
    now = timezone.localtime()
    times = {
        "notice_on": f"{now:%Y-%m-%d}",
        "opens_at": f"{now + timedelta(minutes=5):%Y-%m-%dT%H:%M}",
        "closes_at": f"{now + timedelta(minutes=15):%Y-%m-%dT%H:%M}",
    }
    for rehearsal, status in (({}, 409), ({"rehearsal": "on"}, 200)):
        Session.objects.all().delete()
        organiser.post(url("session_new", town.here.estate.code), TERMS | times | rehearsal)
        session = Session.objects.get()
        organiser.post(
            url("motion_new", session.code),
            {"matter": "9", "title": "关西门", "text": "是否同意夜间关西门？"},
        )
        assert organiser.get(url("announce", session.code)).status_code == status
    organiser.post(url("announce", session.code), {"understood": "on"})
    for name in ("session", "letters", "turnout", "heads"):
        assert "演练" in text(organiser.get(url(name, session.code))), name


def test_the_street_office_says_which_phone_its_papers_print(client, town):
    def enter(name):
        client.force_login(
            town.person(name), backend="django.contrib.auth.backends.ModelBackend"
        )

    page, estate = url("office_phone", town.here.estate.code), town.here.estate.code
    enter("organiser")
    assert client.get(page).status_code == 404
    assert "<dt>指导和监督</dt><dd>东街道" in text(client.get(url("estate", estate)))
    enter("street_office")
    assert "东街道管辖的小区" in text(client.get(page))
    refused = client.post(page, {"phone": "王主任"})
    assert refused.status_code == 400
    assert "电话请写数字" in text(refused)
    assert "王主任" in refused.content.decode()  # kept, to be mended
    saved = client.post(page, {"phone": "0000-1111111"}, follow=True)
    assert "东街道，0000-1111111" in text(saved)
    town.there.street.refresh_from_db()
    assert town.there.street.phone == ""
    client.post(page, {"phone": ""})
    town.here.street.refresh_from_db()
    assert town.here.street.phone == ""
