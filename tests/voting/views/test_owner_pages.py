"""The owner's way over HTTP, without JavaScript: what each page says, refuses and keeps."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client
from django.utils import timezone

from accounts.gateways import MemoryGateway
from accounts.models import Attempts, Message
from accounts.texts import rendered
from core.deadlines import start_of
from documents.papers import ReceiptFacts
from logbook.models import Entry
from voting import notice_facts
from voting.models import Ballot, CheckCode, LetterCode, Party
from voting.services.closing import close_session
from voting.services.letters import reissue_letter
from voting.services.telling import tell_opened
from voting.views import receipts

from .story import LI, OUYANG, PHONE, WANG, Vote, make_vote

pytestmark = pytest.mark.django_db
TAIL = {WANG: ("王", "01001X"), OUYANG: ("欧阳", "01002x"), LI: ("李", "01003X")}


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


@pytest.fixture
def vote() -> Vote:
    return make_vote()


def enter(client: Client, vote: Vote, unit: str = WANG) -> None:
    """Letter and second check, up to the motions."""
    letter = vote.letters[unit]
    client.get(letter.path)
    answer = client.post(f"{letter.path}/start", {"login": "", "letter_key": ""})
    assert (answer.status_code, answer["Location"]) == (303, f"/vote/{vote.code}/")
    answer = check(client, vote, unit)
    assert (answer.status_code, answer["Location"]) == (303, vote.url(""))


def check(client: Client, vote: Vote, unit: str = WANG) -> Any:
    """The second check: the digits for who has a phone on the roll, else the document."""
    if not vote.letters[unit].party.phone:
        name, tail = TAIL[unit]
        typed = {"family_name": name, "answer": tail}
        return client.post(vote.url("identity/document/"), typed)
    CheckCode.objects.all().delete()  # a minute passed
    client.post(vote.url("identity/send"))
    digits = re.findall(r"\d{6}", MemoryGateway.sent[-1][1])
    return client.post(vote.url("identity/sms/"), {"answer": digits[0]})


def fill_in(client: Client, vote: Vote, *answers: str) -> str:
    """Answer every motion; return the number of the form."""
    for step, given in enumerate(answers):
        client.post(vote.url(f"motions/?step={step}"), {"answer": given})
    page = client.get(vote.url("review/")).content.decode()
    found = re.search(r'name="submission" value="([^"]+)"', page)
    assert found
    return found[1]


def cast(client: Client, vote: Vote, *answers: str) -> Any:
    return client.post(
        vote.url("submit/"), {"submission": fill_in(client, vote, *(answers or ("0", "2")))}
    )


class TestTheCode:
    @pytest.mark.parametrize(
        "typed",
        ["{code}", "{lower}", "{a}-{b}-{c}", " {a} {b} {c} ", "{wide}", "{looks}"],
    )
    def test_as_people_type_it(self, client: Client, vote: Vote, typed: str) -> None:
        code = vote.letters[WANG].code
        typed = typed.format(
            code=code,
            lower=code.lower(),
            a=code[:4],
            b=code[4:8],
            c=code[8:],
            wide="".join(chr(ord(char) + 0xFEE0) for char in code),
            looks=code.replace("0", "O").replace("1", "l"),
        )
        answer = client.post("/q/", {"code": typed})
        assert (answer.status_code, answer["Location"]) == (303, f"/q/{code}")

    @pytest.mark.parametrize(
        "typed", ["", "7K4M", "7K4M-2QXH-9T3U", "x" * 61, "一二三四五六七八九十一二"]
    )
    def test_what_cannot_be_one_is_refused_and_kept(self, client: Client, typed: str) -> None:
        answer = client.post("/q/", {"code": typed})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'href="#id_code"' in page
        assert "错误：" in page
        assert f'value="{typed}"' in page or not typed

    def test_the_home_page_asks_for_it(self, client: Client) -> None:
        assert 'action="/q/"' in client.get("/").content.decode()


class TestTheLetter:
    def test_it_says_whose_it_is_and_until_when(self, client: Client, vote: Vote) -> None:
        page = text_of(client.get(vote.letters[OUYANG].path))
        for said in (
            "1幢1单元101室",
            "1幢1单元301室",
            "3 套房",
            "268.40 ㎡",
            "还剩 5 天 3 小时",
        ):
            assert said in page
        assert "欧阳" not in page

    def test_opening_it_changes_nothing(self, client: Client, vote: Vote) -> None:
        entries = Entry.objects.count()
        for _each in range(3):
            client.get(vote.letters[WANG].path)
        assert Entry.objects.count() == entries
        assert "sessionid" not in client.cookies

    def test_four_pages_of_refusal(self, client: Client, vote: Vote) -> None:
        early = make_vote(opens_in=timedelta(days=2), closes_in=timedelta(days=9))
        late = make_vote(opens_in=timedelta(days=-9), closes_in=timedelta(days=-1))
        old = vote.letters[LI]
        reissue_letter(party_id=old.party.pk, actor="test", at=timezone.now(), reason="lost")
        answers = {
            "还没有开始": client.get(early.letters[WANG].path),
            "已经结束": client.get(late.letters[WANG].path),
            "作废": client.get(old.path),
            "没有找到": client.get("/q/0123456789AB"),
        }
        for word, answer in answers.items():
            assert answer.status_code not in {404, 500}
            assert [w for w in answers if w in text_of(answer)] == [word]
            for label in ("301室", "502室", "王", "李"):
                assert label not in text_of(answer)

    def test_a_cancelled_vote_says_so(self, client: Client, vote: Vote) -> None:
        vote.session.state = "cancelled"
        vote.session.save(update_fields=["state"])
        page = text_of(client.get(vote.letters[WANG].path))
        assert "已经取消" in page
        assert "0556-0000000" in page

    def test_guessing_is_limited(self, client: Client, vote: Vote) -> None:
        codes = [f"0123456789{number:02}" for number in range(61)]
        statuses = [client.get(f"/q/{code}").status_code for code in codes]
        assert statuses == [422] * 60 + [429]

    def test_the_code_is_in_no_later_address(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        answer = cast(client, vote)
        page = client.get(answer["Location"]).content.decode()
        assert vote.letters[WANG].code not in page + answer["Location"]

    def test_starting_needs_a_vote_that_has_begun(self, client: Client) -> None:
        early = make_vote(opens_in=timedelta(days=2), closes_in=timedelta(days=9))
        letter = early.letters[WANG]
        answer = client.post(f"{letter.path}/start")
        assert (answer.status_code, answer["Location"]) == (303, letter.path)
        assert "sessionid" not in client.cookies

    @pytest.mark.parametrize("key", ["", "x", "A" * 87, "é" * 87])
    @pytest.mark.parametrize("login", ["", "A" * 130, "!" * 130])
    def test_a_forged_login_goes_on_by_the_code(
        self, client: Client, vote: Vote, key: str, login: str
    ) -> None:
        letter = vote.letters[WANG]
        client.get(letter.path)
        answer = client.post(f"{letter.path}/start", {"login": login, "letter_key": key})
        assert answer.status_code == 303
        assert client.session["visits"][vote.code]["by_letter"] == ""


class TestTheSecondCheck:
    def start(self, client: Client, vote: Vote, unit: str = WANG) -> None:
        client.post(f"{vote.letters[unit].path}/start")

    def test_by_sms(self, client: Client, vote: Vote) -> None:
        self.start(client, vote)
        assert "1******0001" in text_of(client.get(vote.url("identity/")))
        assert not MemoryGateway.sent
        client.post(vote.url("identity/send"))
        ((phone, sms),) = MemoryGateway.sent
        found = re.search(r"\d{6}", sms)
        assert phone == PHONE
        assert found
        answer = client.post(vote.url("identity/sms/"), {"answer": f" {found[0]} "})
        assert answer["Location"] == vote.url("")

    def test_a_second_sms_has_to_wait(self, client: Client, vote: Vote) -> None:
        self.start(client, vote)
        client.post(vote.url("identity/send"))
        answer = client.post(vote.url("identity/send"))
        assert answer.status_code == 429
        assert "请等一分钟" in text_of(answer)
        assert len(MemoryGateway.sent) == 1

    def test_without_a_phone_the_document_is_offered(self, client: Client, vote: Vote) -> None:
        self.start(client, vote, OUYANG)
        page = text_of(client.get(vote.url("identity/")))
        assert client.get(vote.url("identity/sms/"))["Location"] == vote.url("identity/")
        assert client.post(vote.url("identity/send")).status_code == 429
        assert "发短信验证码" not in page
        assert "最后 6 位" in page

    @pytest.mark.parametrize("provided", [False, True])
    @pytest.mark.parametrize("paper", [False, True])
    def test_with_a_phone_no_document_will_do_and_the_page_says_the_way_on(
        self, client: Client, settings: Any, paper: bool, provided: bool
    ) -> None:
        """Whoever found the letter may know the owner's document number too."""
        if provided:
            settings.IDENTITY_PROVIDER = "accounts.identity.TestIdentityProvider"
        vote = make_vote(allow_document_check=True, paper=paper)
        self.start(client, vote)
        for tail in ("identity/", "identity/sms/", "identity/document/"):
            answer = client.get(vote.url(tail))
            page, said = answer.content.decode(), text_of(answer)
            assert "最后 6 位" not in said
            assert "要等 24 小时才能用新号码" in said
            assert 'href="tel:0556-0000000"' in page
            assert (f"/s/{vote.code}/lost/" in page) == provided
            assert ("<p>也可以交纸质表决票。</p>" in page) == paper
        name, tail = TAIL[WANG]
        right = {"family_name": name, "answer": tail}
        refused = client.post(vote.url("identity/document/"), right)
        assert refused.status_code == 422
        assert "不能用证件代替" in text_of(refused)
        assert client.get(vote.url("motions/")).status_code == 403
        assert check(client, vote).status_code == 303

    def test_a_landline_gets_no_code_and_the_document_is_asked(
        self, client: Client, vote: Vote
    ) -> None:
        party = vote.letters[WANG].party
        party.phone = "055600000000"
        party.save(update_fields=["phone"])
        self.start(client, vote)
        page = text_of(client.get(vote.url("identity/")))
        assert "发短信验证码" not in page
        assert client.post(vote.url("identity/send")).status_code == 429
        assert MemoryGateway.sent == []
        name, tail = TAIL[WANG]
        right = {"family_name": name, "answer": tail}
        assert client.post(vote.url("identity/document/"), right).status_code == 303

    def test_with_neither_the_phone_number_to_call(self, client: Client) -> None:
        vote = make_vote(allow_document_check=False)
        self.start(client, vote, OUYANG)
        page = text_of(client.get(vote.url("identity/")))
        assert "0556-0000000" in page
        assert "最后 6 位" not in page

    def test_an_old_code_and_an_earlier_one_are_named_as_such(
        self, client: Client, vote: Vote
    ) -> None:
        self.start(client, vote)
        client.post(vote.url("identity/send"))
        earlier = MemoryGateway.sent[-1][1]
        sent = timezone.now() - timedelta(minutes=2)
        CheckCode.objects.update(sent_at=sent)
        client.post(vote.url("identity/send"))
        wrong = {"answer": re.findall(r"\d{6}", earlier)[0]}
        if wrong["answer"] in MemoryGateway.sent[-1][1]:
            pytest.skip("the same six digits twice")
        answer = client.post(vote.url("identity/sms/"), wrong)
        newest = f"{timezone.localtime(CheckCode.objects.get().sent_at):%H:%M}"
        assert f"请填 {newest} 发出的那一条短信里的数字" in text_of(answer)
        assert "<details open>" in answer.content.decode()
        CheckCode.objects.update(expires_at=timezone.now())
        right = {"answer": re.findall(r"\d{6}", MemoryGateway.sent[-1][1])[0]}
        answer = client.post(vote.url("identity/sms/"), right)
        assert answer.status_code == 422
        assert "短信验证码已经失效" in text_of(answer)
        assert "<details open>" in answer.content.decode()
        # What is said changes no limit: both counted.
        assert Attempts.objects.get(key__startswith="check:").count == 2

    @pytest.mark.parametrize(
        ("name", "tail"),
        [("李", "01002X"), ("欧阳", "01001X"), ("", "01002X"), ("欧阳", "0100")],
    )
    def test_which_field_was_wrong_is_not_said(
        self, client: Client, vote: Vote, name: str, tail: str
    ) -> None:
        self.start(client, vote, OUYANG)
        answer = client.post(
            vote.url("identity/document/"), {"family_name": name, "answer": tail}
        )
        assert answer.status_code == 422
        page = answer.content.decode()
        assert f'value="{tail}"' in page
        if name and len(tail) == 6:
            assert "核对不上" in page
        assert client.get(vote.url("motions/")).status_code == 403

    def test_five_wrong_answers_lock_it_and_give_a_phone(
        self, client: Client, vote: Vote
    ) -> None:
        self.start(client, vote, OUYANG)
        wrong = {"family_name": "欧阳", "answer": "999999"}
        for _try in range(5):
            assert client.post(vote.url("identity/document/"), wrong).status_code == 422
        right = {"family_name": "欧阳", "answer": "01002X"}
        answer = client.post(vote.url("identity/document/"), right)
        assert answer.status_code == 429
        assert "15 分钟" in text_of(answer)
        assert "0556-0000000" in text_of(answer)

    def test_nothing_goes_without_it(self, client: Client, vote: Vote) -> None:
        for tail in ("", "identity/", "motions/", "motions/?step=0", "review/", "receipt/"):
            answer = client.get(vote.url(tail))
            assert answer.status_code == 403
            assert "重新扫" in text_of(answer)
        self.start(client, vote)
        for tail in ("motions/", "review/", "receipt/"):
            assert client.get(vote.url(tail)).status_code == 403
        assert client.post(vote.url("submit/"), {"submission": "x"}).status_code == 403

    def test_half_an_hour_of_nothing_ends_the_visit(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        session = client.session
        session["visits"][vote.code]["seen"] -= 31 * 60
        session.save()
        assert client.get(vote.url("motions/")).status_code == 403

    def test_a_second_scan_goes_on_where_it_stood(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        client.post(f"{vote.letters[WANG].path}/start")
        assert client.get(vote.url(""))["Location"] == vote.url("motions/")

    def test_another_letter_is_checked_anew(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        self.start(client, vote, LI)
        assert client.get(vote.url(""))["Location"] == vote.url("identity/")


class TestTheMotions:
    def test_nothing_is_preselected(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        for address in ("motions/", "motions/?step=0", "motions/?step=1"):
            assert " checked" not in client.get(vote.url(address)).content.decode()

    def test_the_share_in_yuan(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        page = text_of(client.get(vote.url("motions/?step=0")))
        # 89.32 m² at 15.00 yuan each, as the story's proposer has it.
        assert "186,400.00 元" in page
        assert "1,339.80 元" in page

    def test_the_server_path_says_who_encrypts(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        assert "服务器" in text_of(client.get(vote.url("motions/")))

    def test_an_answer_is_needed(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        for given in ({}, {"answer": ""}, {"answer": "3"}, {"answer": "for"}):
            answer = client.post(vote.url("motions/?step=0"), given)
            assert answer.status_code == 422
            assert 'href="#answer-0"' in answer.content.decode()

    @pytest.mark.parametrize("step", ["2", "-1", "x", "", "٣", "9" * 5000])
    def test_a_motion_that_is_not_there(self, client: Client, vote: Vote, step: str) -> None:
        enter(client, vote)
        assert client.get(vote.url(f"motions/?step={step}")).status_code == 303

    def test_back_shows_what_was_chosen(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        client.post(vote.url("motions/?step=0"), {"answer": "1"})
        page = client.get(vote.url("motions/?step=0")).content.decode()
        assert re.findall(r'value="(\w+)"[^>]*? checked', page) == ["1"]

    def test_the_check_asks_for_what_is_missing(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        client.post(vote.url("motions/?step=0"), {"answer": "1"})
        assert client.get(vote.url("review/"))["Location"] == vote.url("motions/?step=1")

    def test_a_change_leads_back_to_the_check(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        fill_in(client, vote, "0", "1")
        answer = client.post(vote.url("motions/?step=0&change=1"), {"answer": "2"})
        assert answer["Location"] == vote.url("review/")
        assert re.findall(
            r"(同意|反对|弃权)(?= 修改)", text_of(client.get(answer["Location"]))
        ) == [
            "弃权",
            "反对",
        ]

    def test_no_choice_lies_on_the_server(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        before = dict(client.session)
        client.post(vote.url("motions/?step=0"), {"answer": "1"})
        kept = dict(client.session)
        kept["visits"][vote.code].pop("seen"), before["visits"][vote.code].pop("seen")
        assert kept == before
        cookie = client.cookies["draft"]
        assert cookie["httponly"]
        assert cookie["path"] == f"/vote/{vote.code}/"
        assert "answers" not in cookie.value

    def test_the_cookie_of_another_party_is_empty(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        client.post(vote.url("motions/?step=0"), {"answer": "1"})
        stolen = client.cookies["draft"].value
        other = Client()
        enter(other, vote, LI)
        for value in (stolen, stolen[:-4], "x", ""):
            other.cookies["draft"] = value
            page = other.get(vote.url("motions/?step=0")).content.decode()
            assert " checked" not in page


class TestRecording:
    def test_it_is_recorded_and_said_how(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        answer = cast(client, vote)
        assert (answer.status_code, answer["Location"]) == (303, vote.url("receipt/"))
        ballot = Ballot.objects.get()
        assert (ballot.encrypted_by, ballot.replacement) == ("server", True)
        page = text_of(client.get(answer["Location"]))
        assert "已收到您的票" in page
        assert "服务器代您加密" in page
        assert "1幢2单元301室" in page
        for choice in ("同意", "反对", "弃权"):
            assert choice not in page
        assert client.cookies["draft"].value == ""

    def test_the_same_form_again_is_the_same_receipt(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        form = {"submission": fill_in(client, vote, "0", "0")}
        draft = client.cookies["draft"].value
        for _each in range(3):
            assert client.post(vote.url("submit/"), form)["Location"] == vote.url("receipt/")
            client.cookies["draft"] = draft  # a browser that kept its cookie
        assert Ballot.objects.count() == 1

    @pytest.mark.parametrize("address", ["motions/", "motions/?step=0", "review/"])
    def test_who_comes_back_is_told_of_the_vote(
        self, client: Client, vote: Vote, address: str
    ) -> None:
        enter(client, vote)
        fill_in(client, vote, "0", "2")
        assert "已经记录了您家的一张票" not in text_of(client.get(vote.url(address)))
        cast(client, vote)
        fill_in(client, vote, "0", "2")
        answer = client.get(vote.url(address))
        assert answer["Cache-Control"] == "no-store"
        assert "已经记录了您家的一张票" in text_of(answer)
        assert "以最后一次为准" in text_of(answer)

    def test_a_form_whose_answers_are_gone_records_nothing(
        self, client: Client, vote: Vote
    ) -> None:
        enter(client, vote)
        form = {"submission": fill_in(client, vote, "0", "0")}
        client.cookies["draft"] = ""
        assert client.post(vote.url("submit/"), form)["Location"] == vote.url("review/")
        assert client.post(vote.url("submit/"), {})["Location"] == vote.url("review/")
        assert not Ballot.objects.exists()

    def test_half_a_ballot_is_not_cast(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        form = {"submission": fill_in(client, vote, "0", "0")}
        # The same draft with an answer too few, made by going through one motion only.
        client.cookies["draft"] = ""
        client.post(vote.url("motions/?step=0"), {"answer": "0"})
        assert client.post(vote.url("submit/"), form)["Location"] == vote.url("review/")
        assert not Ballot.objects.exists()

    def test_taking_part_in_nothing_is_no_ballot(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        for step in (0, 1):
            client.post(vote.url(f"motions/?step={step}"), {"answer": "none"})
        page = client.get(vote.url("review/"))
        assert "至少要对一项表态" in text_of(page)
        assert 'name="submission"' not in page.content.decode()

    def test_who_declares_to_own_the_rooms_sees_them(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        assert WANG in text_of(client.get(vote.url("motions/")))
        fill_in(client, vote, "0", "2")
        assert WANG in text_of(client.get(vote.url("review/")))

    def test_a_motion_left_out_is_visible_on_the_board(
        self, client: Client, vote: Vote
    ) -> None:
        enter(client, vote)
        cast(client, vote, "none", "0")
        line = json.loads(bytes(Entry.objects.get(kind="ballot").line))
        assert [answer is None for answer in line["body"]["answers"]] == [True, False]

    def test_three_units_are_one_ballot(self, client: Client, vote: Vote) -> None:
        enter(client, vote, OUYANG)
        page = text_of(client.get(cast(client, vote)["Location"]))
        for label in ("101室", "201室", "301室"):
            assert f"1幢1单元{label}" in page
        assert "人数算 1 票，面积合计 268.40 ㎡" in page
        assert Ballot.objects.count() == 1

    def test_a_second_vote_replaces_the_first(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        cast(client, vote)
        landing = client.get(vote.letters[WANG].path)
        assert "您已于" in text_of(landing)
        assert "改票" in text_of(landing)
        cast(client, vote, "1", "1")
        first, second = Ballot.objects.order_by("number")
        assert "替换" in text_of(client.get(f"/r/{first.receipt_code}"))
        assert "这张票已记录" in text_of(client.get(f"/r/{second.receipt_code}"))

    def test_where_one_vote_is_all_there_is(self, client: Client) -> None:
        vote = make_vote(revote=False)
        enter(client, vote)
        form = {"submission": fill_in(client, vote, "0", "0")}
        client.post(vote.url("submit/"), form)
        landing = text_of(client.get(vote.letters[WANG].path))
        assert "只能投一次" in landing
        assert "改票" not in landing
        for address in ("motions/", "motions/?step=0", "review/"):
            assert client.get(vote.url(address))["Location"] == vote.url("receipt/")

    def test_too_late_between_the_check_and_the_submit(
        self, client: Client, vote: Vote
    ) -> None:
        enter(client, vote)
        form = {"submission": fill_in(client, vote, "0", "0")}
        vote.session.closes_at = timezone.now()
        vote.session.save(update_fields=["closes_at"])
        answer = client.post(vote.url("submit/"), form)
        assert answer.status_code == 409
        assert "截止" in text_of(answer)
        assert 'href="/vote/' in answer.content.decode()
        assert "已经结束" in text_of(client.get(vote.url("motions/")))
        assert not Ballot.objects.exists()

    @pytest.mark.parametrize(
        "sent",
        ["", "{", "[]", "null", '{"a": 1.0}', '{"a":NaN}', "[" * 100_000, "9" * 300_000, "{}"],
    )
    def test_a_sealed_ballot_that_is_none(self, client: Client, vote: Vote, sent: str) -> None:
        enter(client, vote)
        answer = client.post(vote.url("cast/"), {"ballot": sent})
        assert answer.status_code in {400, 409}
        assert "data-vote" in answer.content.decode()
        assert not Ballot.objects.exists()

    def test_addresses_for_posting_lead_back_when_opened(
        self, client: Client, vote: Vote
    ) -> None:
        enter(client, vote)
        assert client.get(vote.url("cast/"))["Location"] == vote.url("motions/")
        assert client.get(vote.url("submit/"))["Location"] == vote.url("review/")
        assert client.get(f"{vote.letters[WANG].path}/start").status_code == 303
        assert client.get(vote.url("identity/send"))["Location"] == vote.url("identity/sms/")


def close(vote: Vote) -> None:
    """The clock strikes: the vote has been open from an hour ago to now."""
    now = timezone.now()
    vote.session.closes_at = now
    vote.session.save(update_fields=["closes_at"])


class TestAfterTheClose:
    def test_owners_see_which_rooms_took_part(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        cast(client, vote, "1", "0")
        assert client.get(vote.url("participants/"))["Location"] == vote.url("motions/")
        close(vote)
        late = Client()
        enter(late, vote, OUYANG)
        assert late.get(vote.url(""))["Location"] == vote.url("participants/")
        page = text_of(late.get(vote.url("participants/")))
        assert "1幢2单元301室" in page
        assert "您家没有参加" in page
        for told in ("1幢1单元101室", "反对", "同意", "王"):
            assert told not in page
        close_session(session_id=vote.session.pk, at=timezone.now())
        assert "您家参加了" in text_of(client.get(vote.url("participants/")))

    def test_nobody_else_does(self, client: Client, vote: Vote) -> None:
        close(vote)
        for tail in ("participants/", "board.zip"):
            assert client.get(vote.url(tail)).status_code == 403
        assert client.post(vote.url("board.zip")).status_code == 403

    def test_the_whole_board_can_be_verified(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        cast(client, vote)
        assert client.post(vote.url("board.zip"))["Location"] == vote.url("participants/")
        close(vote)
        assert client.get(vote.url("board.zip"))["Location"] == vote.url("participants/")
        answer = client.post(vote.url("board.zip"))
        packed = ZipFile(BytesIO(b"".join(answer.streaming_content)))
        assert {Path(name).name for name in packed.namelist()} == {
            "board.jsonl",
            "checkpoints.jsonl",
            "index.json",
            "roll.jsonl",
        }
        index = json.loads(packed.read(f"{vote.code}/index.json"))
        for name, stated in index["files"].items():
            content = packed.read(f"{vote.code}/{name}")
            assert sha256(content).hexdigest() == stated["sha256"]


class TestReceipts:
    def test_the_public_page_names_nobody(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        cast(client, vote)
        code = Ballot.objects.get().receipt_code
        page = text_of(Client().get(f"/r/{code.lower()}"))
        for told in ("301室", "王", "89.32"):
            assert told not in page

    def test_the_picture(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        cast(client, vote)
        answer = Client().get(f"/r/{Ballot.objects.get().receipt_code}.png")
        assert answer["Content-Type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")

    @pytest.mark.parametrize("code", ["0123456789AB", "x", "..", "%00"])
    def test_an_unknown_one_leads_to_the_check(
        self, client: Client, code: str, db: None
    ) -> None:
        answer = client.get(f"/r/{code}")
        assert answer.status_code == 404
        assert 'href="/check">' in answer.content.decode().partition("<footer")[0]
        assert "要投票" not in text_of(answer)

    def test_a_replaced_credential_is_said(
        self, client: Client, vote: Vote, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        enter(client, vote)
        page = text_of(client.get(cast(client, vote)["Location"]))
        ballot = Ballot.objects.get()
        said = "最初那封通知书里的密钥不再有效"
        assert said in page
        assert said in text_of(Client().get(f"/r/{ballot.receipt_code}"))
        drawn: list[ReceiptFacts] = []
        monkeypatch.setattr(receipts, "receipt_png", lambda facts: drawn.append(facts) or b"")
        Client().get(f"/r/{ballot.receipt_code}.png")
        assert [facts.replaced for facts in drawn] == [True]

    def test_why_the_time_is_round(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        cast(client, vote)
        for address in (vote.url("receipt/"), f"/r/{Ballot.objects.get().receipt_code}"):
            assert "往前取整到十分钟" in text_of(client.get(address))
            assert "可能早于开始时间" in text_of(client.get(address))

    def test_the_check_without_javascript(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        cast(client, vote)
        text = bytes(Ballot.objects.get().receipt).decode()
        assert "一致" in text_of(client.post("/check", {"receipt": f" {text}\n"}))
        changed = text.replace('"seq":2', '"seq":1')
        assert changed != text
        for wrong in (
            changed,
            "{}",
            "x",
            "[" * 5000,
            text[:-1],
            text.replace(vote.code, "\\u0000"),
        ):
            assert "没有这张回执" in text_of(client.post("/check", {"receipt": wrong}))
        assert client.post("/check", {"receipt": ""}).status_code == 422

    def test_the_check_by_number(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        page = text_of(client.get(cast(client, vote)["Location"]))
        found = re.search(r"回执号 ([0-9A-Z-]{19}) ", page)
        assert found
        code = Ballot.objects.get().receipt_code
        answer = client.post("/check", {"number": found[1].lower().replace("-", " ")})
        assert answer["Location"] == f"/r/{code}"
        for wrong in ("", "x", found[1][:-1], "0000-0000-0000-0000"):
            assert client.post("/check", {"number": wrong}).status_code == 422

    def test_the_proof_is_for_who_holds_the_receipt(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        cast(client, vote)
        ballot = Ballot.objects.get()
        asked = {"session": vote.code, "seq": str(ballot.seq), "tracker": ballot.digest}
        proof = client.get("/check/proof", asked).json()
        assert json.loads(proof["entry"])["seq"] == ballot.seq
        assert json.loads(proof["manifest"])["body"] == json.loads(bytes(vote.session.manifest))
        for name, wrong in (
            ("session", "X"),
            ("seq", "0"),
            ("seq", "x"),
            ("tracker", "0" * 64),
        ):
            assert client.get("/check/proof", asked | {name: wrong}).status_code == 404
            assert client.get("/check/proof", {**asked, name: ""}).status_code == 404

    def test_the_manifest_for_a_tested_ballot(self, client: Client, vote: Vote) -> None:
        answer = client.get("/check/proof", {"manifest": vote.session.manifest_hash}).json()
        assert set(answer) == {"manifest"}
        assert json.loads(answer["manifest"])["type"] == "manifest"
        for wrong in ("", "0" * 64, "x"):
            assert client.get("/check/proof", {"manifest": wrong}).status_code == 404


class TestWhatAnybodySees:
    def test_the_page_of_the_vote(self, client: Client, vote: Vote) -> None:
        page = text_of(client.get(f"/s/{vote.code}/"))
        for said in ("正在投票", "4 人", "598.72 ㎡", "三分之二", "更换方案和报价单.pdf"):
            assert said in page
        assert "301室" not in page

    def test_the_manifest_byte_for_byte(self, client: Client, vote: Vote) -> None:
        answer = client.get(f"/s/{vote.code}/board/manifest.json")
        assert answer.content == bytes(vote.session.manifest)

    def test_checkpoints(self, client: Client, vote: Vote) -> None:
        answer = client.get(f"/s/{vote.code}/board/checkpoints.jsonl")
        assert [json.loads(line)["size"] for line in answer.content.splitlines()] == [1]
        assert client.get(f"/s/{vote.code}/board/").status_code == 200

    def test_no_result_before_the_count(self, client: Client, vote: Vote) -> None:
        assert client.get(f"/s/{vote.code}/board/result.json").status_code == 404

    def test_an_attachment_is_shown(self, client: Client, vote: Vote) -> None:
        motion = vote.session.motions.get(position=1)
        (file,) = motion.attachments.all()
        answer = client.get(f"/s/{vote.code}/files/{file.pk}/")
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("inline")
        assert client.get(f"/s/ZZZZZZZZ/files/{file.pk}/").status_code == 404

    def test_a_draft_is_nobodys_business(self, client: Client, vote: Vote) -> None:
        vote.session.state = "draft"
        vote.session.save(update_fields=["state"])
        assert client.get(f"/s/{vote.code}/").status_code == 404


class TestPaper:
    """Paper is offered where the vote takes it, and nowhere else."""

    OFFERS = ("交纸质表决票", "纸质表决票，投到票箱")

    def pages(self, client: Client, vote: Vote) -> list[str]:
        letter = vote.letters[WANG]
        seen = [client.get(letter.path), client.get(f"/s/{vote.code}/")]
        seen.append(client.get(f"/s/{vote.code}/lost/"))
        client.post(f"{letter.path}/start")
        seen += [client.get(vote.url(tail)) for tail in ("identity/", "identity/document/")]
        wrong = {"answer": "999999"}
        seen += [client.post(vote.url("identity/sms/"), wrong) for _try in range(6)]
        assert seen[-1].status_code == 429
        other = Client()
        enter(other, vote, LI)
        seen += [other.get(vote.url(tail)) for tail in ("motions/", "motions/?step=0")]
        seen.append(other.get(cast(other, vote)["Location"]))
        third = Client()
        third.post(f"{vote.letters[OUYANG].path}/start")
        seen.append(third.get(vote.url("identity/")))
        return [text_of(one) for one in seen]

    def test_a_vote_without_paper_offers_none(self, client: Client) -> None:
        vote = make_vote(allow_document_check=True)
        for page in self.pages(client, vote):
            assert not [offer for offer in self.OFFERS if offer in page], page

    def test_a_vote_with_paper_offers_it_on_every_page(self, client: Client) -> None:
        vote = make_vote(allow_document_check=True, paper=True)
        for page in self.pages(client, vote):
            assert "也可以交纸质表决票。" in page, page
        # Where the roll helps nobody.
        alone = make_vote(allow_document_check=False)
        third = Client()
        third.post(f"{alone.letters[OUYANG].path}/start")
        page = text_of(third.get(alone.url("identity/")))
        assert "补登手机号" in page
        assert "纸质表决票" not in page

    def test_pages_of_no_vote_say_where_it_depends(self, client: Client, db: None) -> None:
        for answer in (client.get("/help"), client.get("/q/0123456789AB")):
            assert "印有纸质表决票" in text_of(answer)
            assert not [offer for offer in self.OFFERS if offer in text_of(answer)]
        assert "我没收到信" in text_of(client.get("/help"))


class TestTheKeyOfTheLetter:
    """What the page hands the browser to compare with: the letter's key, or nothing."""

    def given(self, client: Client, path: str) -> str:
        found = re.search(r'data-key="([^"]*)"', client.get(path).content.decode())
        assert found
        return found[1]

    def test_until_another_takes_its_place(self, client: Client, vote: Vote) -> None:
        letter = vote.letters[WANG]
        assert self.given(client, letter.path) == letter.party.key
        enter(client, vote)
        cast(client, vote)
        assert self.given(client, letter.path) == ""

    def test_of_a_letter_made_again_until_the_next_ballot(
        self, client: Client, vote: Vote
    ) -> None:
        enter(client, vote)
        cast(client, vote)
        party = vote.letters[WANG].party
        made = reissue_letter(party_id=party.pk, actor="test", at=timezone.now(), reason="lost")
        party.refresh_from_db()
        assert self.given(client, f"/q/{made.code}") == party.current_key != party.key
        again = Client()
        again.post(f"/q/{made.code}/start")
        check(again, vote)
        cast(again, vote)
        assert self.given(client, f"/q/{made.code}") == ""


class TestLeaving:
    """On a phone or computer that others use too."""

    def test_from_the_receipt_and_nobody_gets_back_without_a_check(
        self, client: Client, vote: Vote
    ) -> None:
        enter(client, vote)
        receipt = cast(client, vote)["Location"]
        page = client.get(receipt).content.decode()
        assert f'action="{vote.url("leave")}"' in page
        kept = client.cookies["sessionid"].value
        assert client.post(vote.url("leave"))["Location"] == f"/s/{vote.code}/"
        pages = (receipt, vote.url("motions/"), vote.url("review/"), vote.url("identity/"))
        for tail in pages:
            assert client.get(tail).status_code == 403
        client.cookies["sessionid"] = kept  # whoever kept the cookie
        assert client.get(vote.url("motions/")).status_code == 403
        client.post(f"{vote.letters[WANG].path}/start")
        assert client.get(vote.url(""))["Location"] == vote.url("identity/")
        assert "离开？" in text_of(client.get(vote.url("leave")))


class TestMidnight:
    """A vote to the end of 4 December ends on the 4th at 24:00 wherever its end is said."""

    @pytest.fixture
    def midnight(self) -> Vote:
        start = start_of(timezone.localdate())
        return make_vote(
            opens_in=start - timedelta(days=1) - timezone.now(),
            closes_in=start + timedelta(days=6) - timezone.now(),
        )

    def spoken(self, vote: Vote) -> tuple[str, str]:
        assert vote.session.closes_at
        closes = timezone.localtime(vote.session.closes_at)
        assert (closes.hour, closes.minute) == (0, 0)
        last = closes - timedelta(days=1)
        return f"{last.month}月{last.day}日", f"{closes.month}月{closes.day}日"

    def test_the_owners_pages(self, client: Client, midnight: Vote) -> None:
        vote = midnight
        last, after = self.spoken(vote)
        enter(client, vote)
        receipt = cast(client, vote)["Location"]
        for address in (vote.letters[LI].path, receipt, f"/s/{vote.code}/"):
            page = text_of(client.get(address))
            assert re.search(last + r"（星期.）24:00", page), address
            assert after not in page, address
        # A beginning stays a beginning.
        assert re.search(
            r"投票开始\s*\d+月\d+日（星期.）0:00", text_of(client.get(f"/s/{vote.code}/"))
        )
        english = Client(headers={"accept-language": "en"})
        assert ", 24:00" in text_of(english.get(vote.letters[LI].path))

    def test_before_and_after(self, client: Client) -> None:
        start = start_of(timezone.localdate())
        early = make_vote(
            opens_in=start + timedelta(days=1) - timezone.now(),
            closes_in=start + timedelta(days=8) - timezone.now(),
        )
        page = text_of(client.get(early.letters[WANG].path))
        assert re.search(r"）0:00 到 .*）24:00 之间", page)
        late = make_vote(
            opens_in=start - timedelta(days=9) - timezone.now(),
            closes_in=start - timezone.now(),
        )
        assert "）24:00 截止" in text_of(client.get(late.letters[WANG].path))

    def test_the_paper_and_the_messages(self, midnight: Vote) -> None:
        last, after = self.spoken(midnight)
        assert midnight.session.closes_at
        times = {point.label: point.text for point in notice_facts._times(midnight.session)}
        for text in times.values():
            assert f"{last}24时" in text or "以后" in text
            assert f"{after}0:00" not in text
        tell_opened(session_id=midnight.session.pk, at=timezone.now())
        texts = [rendered(one.template, one.params) for one in Message.objects.all()]
        assert texts
        for text in texts:
            assert re.search(last + r"（星期.）24:00截止", text)


class TestRoundAbout:
    def test_the_size_of_letters(self, client: Client, db: None) -> None:
        answer = client.post("/i18n/text-size", {"size": "30", "next": "/help"})
        assert (answer.status_code, answer["Location"]) == (303, "/help")
        assert 'class="text-30"' in client.get("/help").content.decode()
        away = client.post("/i18n/text-size", {"size": "18", "next": "https://example.com/"})
        assert away["Location"] == "/"
        assert client.post("/i18n/text-size", {"size": "99"}).status_code == 400

    def test_headers(self, client: Client, vote: Vote) -> None:
        answer = client.get(vote.letters[WANG].path)
        assert answer["Referrer-Policy"] == "strict-origin"
        assert answer["Cache-Control"] == "no-store"
        assert "unsafe" not in answer["Content-Security-Policy"]

    def test_a_stale_form_is_explained(self, vote: Vote) -> None:
        strict = Client(enforce_csrf_checks=True)
        answer = strict.post(f"{vote.letters[WANG].path}/start")
        assert answer.status_code == 403
        assert "什么也没有记录" in text_of(answer)

    @pytest.mark.parametrize(
        ("address", "allowed", "onward"),
        [
            ("/i18n/text-size", "POST", "/"),
            ("/s/{code}/lost/identity", "POST", "/s/{code}/"),
        ],
    )
    def test_an_address_for_buttons_has_a_way_on(
        self, client: Client, vote: Vote, address: str, allowed: str, onward: str
    ) -> None:
        enter(client, vote)
        answer = client.get(address.format(code=vote.code))
        assert (answer.status_code, answer["Allow"]) == (405, allowed)
        assert "不能直接打开" in text_of(answer)
        page = answer.content.decode()
        assert f'class="button" href="{onward.format(code=vote.code)}"' in page
        assert client.get(onward.format(code=vote.code), follow=True).status_code == 200

    @pytest.mark.parametrize(
        ("address", "onward"), [("/help", "/"), ("/vote/{code}/receipt/", "/vote/{code}/")]
    )
    def test_so_has_a_page_that_is_only_read(
        self, client: Client, vote: Vote, address: str, onward: str
    ) -> None:
        answer = client.post(address.format(code=vote.code))
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
        assert f'href="{onward.format(code=vote.code)}"' in answer.content.decode()

    @pytest.mark.parametrize("address", ["/nothing", "/s/NOTHING1/", "/v/NOTHING"])
    def test_a_page_that_is_not_there_has_a_way_on(
        self, client: Client, db: None, address: str
    ) -> None:
        answer = client.get(address)
        assert answer.status_code == 404
        assert 'href="/"' in answer.content.decode()

    def test_no_page_has_inline_script_or_style(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        pages = ["/", "/help", "/check", "/q/", f"/s/{vote.code}/", f"/s/{vote.code}/board/"]
        pages += [vote.letters[WANG].path, vote.url("motions/"), vote.url("motions/?step=0")]
        for address in pages:
            html = client.get(address).content.decode()
            assert not re.search(r"<style|\sstyle=|\son\w+=", html), address
            for tag in re.findall(r"<script[^>]*>", html):
                assert "src=" in tag or 'type="application/json"' in tag
            assert html.count("<h1") == 1 or address.endswith("motions/"), address

    def test_who_took_part_stays_with_the_party(self, client: Client, vote: Vote) -> None:
        enter(client, vote)
        cast(client, vote)
        assert Party.objects.get(pk=vote.letters[WANG].party.pk).ballots == 1
        assert "您已于" not in text_of(client.get(vote.letters[LI].path))
        assert LetterCode.objects.filter(voided_at__isnull=True).count() == 4
