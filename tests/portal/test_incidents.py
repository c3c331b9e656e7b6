"""An incident of personal data: who writes what, who is told, and what an operator sees."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.concerned import Counts, by_estate, counts_of, sent_of, unreached
from accounts.models import Incident, IncidentNotice, IncidentStep, Message, User
from accounts.phones import phone_hash
from accounts.services import incident_notices
from accounts.services.incident_notices import (
    Said,
    confirm_notice,
    propose_notice,
    queue_messages,
    told_by_letter,
    withdraw_notice,
)
from accounts.services.incidents import add_step, record_incident
from accounts.texts import TEXTS
from core.deadlines import SHANGHAI
from core.errors import RuleViolation
from logbook.models import Entry
from portal.tasks import tell_incidents
from registry.models import Estate, Owner
from registry.selectors import document_key
from tests.factories import make_owner, make_unit
from tests.town import Town, grant, make_town, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 10, 0, tzinfo=SHANGHAI)
SAID = Said(
    cause="备份介质遗失", harm="可能收到诈骗电话", measures="已停用旧钥匙，报告网信部门",
    advice="不要向来电的人提供验证码", contact="样例市业主表决平台", phone="0556-5550000",
)  # fmt: skip
ANN, BEN = "user:50901", "user:50902"


@pytest.fixture
def town() -> Town:
    made = make_town()
    Owner.objects.all().update(phone="", phone_hash="")
    return made


def owner_of(estate: Estate, label: str, name: str, number: str, phone: str) -> Owner:
    building, room = label.split("幢")
    owner = make_owner(
        estate, name, number=number, phone=phone,
        document_hash=document_key(label, name, number), phone_hash=phone_hash(phone),
    )  # fmt: skip
    room = room.removesuffix("室")
    make_unit(estate, f"{building}幢", room, 90_00, [owner], entrance="")
    return owner


def recorded(*estates: Estate, **changes: Any) -> Incident:
    said: dict[str, Any] = {
        "nature": "leak", "noticed_at": NOW - timedelta(hours=1), "kinds": ["phone", "name"],
        "what": "一份备份不见了", "estates": estates, "actor": ANN, "at": NOW,
    }  # fmt: skip
    return record_incident(**{**said, **changes})


def proposed(incident: Incident, **changes: str) -> IncidentNotice:
    return propose_notice(
        incident_id=incident.pk, said=SAID._replace(**changes), actor=ANN, at=NOW
    )


def confirmed(incident: Incident) -> IncidentNotice:
    proposed(incident)
    return confirm_notice(incident_id=incident.pk, actor=BEN, at=NOW)


def step(incident: Incident, kind: str, **changes: Any) -> IncidentStep:
    said: dict[str, Any] = {
        "kind": kind, "happened_at": NOW, "text": "已经办理", "actor": ANN, "at": NOW,
    }  # fmt: skip
    return add_step(incident_id=incident.pk, **{**said, **changes})


def codes(refused: pytest.ExceptionInfo[RuleViolation]) -> list[str]:
    return [reason.code for reason in refused.value.facts["reasons"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("phone", ["看公告", "12", "找王主任", "0556-5550000 或者 12345"])
def test_a_notice_names_a_phone_that_can_be_dialled(town: Town, phone: str) -> None:
    incident = recorded(town.here.estate)
    with pytest.raises(RuleViolation) as refused:
        proposed(incident, phone=phone)
    assert codes(refused) == ["incident.phone"]


# --- writing down --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"noticed_at": NOW + timedelta(minutes=1)}, "incident.future"),
        ({"noticed_at": datetime(1, 1, 1, tzinfo=SHANGHAI)}, "incident.past"),
        ({"what": "无"}, "incident.text"),
        ({"what": "字" * 1001}, "incident.long"),
        ({"what": "来电13900001234说的"}, "incident.personal"),
        ({"nature": "x"}, "incident.nature"),
        ({"kinds": []}, "incident.kinds"),
        ({"kinds": ["phone", "x"]}, "incident.kinds"),
        ({"estates": []}, "incident.estates"),
    ],
)
def test_what_cannot_be_recorded(town: Town, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        recorded(town.here.estate, **changes)
    assert codes(refused) == [code]
    assert not Incident.objects.exists()


def test_the_log_has_numbers_and_hashes_alone(town: Town) -> None:
    incident = recorded(town.here.estate)
    step(incident, "remedy", text="换了钥匙，停了两个账号")
    for entry in Entry.objects.filter(kind__startswith="incident."):
        body = json.loads(bytes(entry.line))["body"]
        assert "备份" not in json.dumps(body, ensure_ascii=False)
        assert "钥匙" not in json.dumps(body, ensure_ascii=False)
        assert len(body["sha256"]) == 64


def test_the_database_keeps_what_was_written(town: Town) -> None:
    incident = recorded(town.here.estate)
    made = step(incident, "remedy")
    for change in (
        lambda: Incident.objects.filter(pk=incident.pk).update(nature="loss"),
        lambda: IncidentStep.objects.filter(pk=made.pk).update(taken_by=BEN),
        lambda: IncidentStep.objects.filter(pk=made.pk).delete(),
    ):
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            change()


# --- steps ---------------------------------------------------------------------------------


def test_it_is_over_when_the_law_has_what_it_asks_for(town: Town) -> None:
    incident = recorded(town.here.estate)
    with pytest.raises(RuleViolation) as refused:
        step(incident, "closed")
    assert codes(refused) == ["incident.remedy", "incident.authority", "incident.untold"]
    step(incident, "remedy")
    step(incident, "authority")
    step(incident, "untold", text="介质已加密，找回时没有打开过")
    step(incident, "closed")
    incident.refresh_from_db()
    assert incident.closed_at == NOW
    with pytest.raises(RuleViolation, match="处置已经结束"):
        step(incident, "found")


def test_a_notice_that_was_not_sent_holds_the_end_up(town: Town) -> None:
    incident = recorded(town.here.estate)
    step(incident, "remedy")
    step(incident, "authority")
    proposed(incident)
    with pytest.raises(RuleViolation) as refused:
        step(incident, "closed")
    assert codes(refused) == ["incident.waits"]
    with pytest.raises(RuleViolation) as refused:
        step(incident, "untold")
    assert codes(refused) == ["incident.told"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"happened_at": NOW + timedelta(seconds=1)}, "incident.future"),
        ({"text": "  "}, "incident.text"),
        ({"kind": "letter"}, "incident.kind"),
        ({"kind": "x"}, "incident.kind"),
    ],
)
def test_what_is_no_step(town: Town, changes: dict[str, Any], code: str) -> None:
    incident = recorded(town.here.estate)
    with pytest.raises(RuleViolation) as refused:
        step(incident, "remedy", **changes) if "kind" not in changes else step(
            incident, changes["kind"]
        )
    assert codes(refused) == [code]


# --- the notice ----------------------------------------------------------------------------


def test_two_operators(town: Town) -> None:
    incident = recorded(town.here.estate)
    proposed(incident)
    with pytest.raises(RuleViolation, match="写通知的人不能自己确认"):
        confirm_notice(incident_id=incident.pk, actor=ANN, at=NOW)
    assert tell_incidents(NOW) == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        IncidentNotice.objects.update(confirmed_by=ANN)
    confirm_notice(incident_id=incident.pk, actor=BEN, at=NOW)
    with pytest.raises(RuleViolation, match="可能已经有人处理过"):
        confirm_notice(incident_id=incident.pk, actor=BEN, at=NOW)
    with pytest.raises(RuleViolation, match="可能已经有人处理过"):
        withdraw_notice(incident_id=incident.pk, actor=ANN, at=NOW)
    with pytest.raises(RuleViolation, match="不能再写一份"):
        proposed(incident)


def test_a_notice_taken_back_can_be_written_anew(town: Town) -> None:
    incident = recorded(town.here.estate)
    proposed(incident)
    withdraw_notice(incident_id=incident.pk, actor=BEN, at=NOW)
    confirmed(incident)


@pytest.mark.parametrize("field", SAID._fields)
def test_a_notice_says_everything_article_57_asks_for(town: Town, field: str) -> None:
    incident = recorded(town.here.estate)
    with pytest.raises(RuleViolation) as refused:
        proposed(incident, **{field: " "})
    assert len(codes(refused)) == 1


def test_no_number_of_a_person_on_the_public_page(town: Town) -> None:
    with pytest.raises(RuleViolation, match="请不要写手机号、证件号码"):
        proposed(recorded(town.here.estate), cause="张某11010119990101001X的资料")


# --- who is told ---------------------------------------------------------------------------


def test_one_message_for_a_person_in_two_estates(town: Town) -> None:
    here, there = town.here.estate, town.there.estate
    before = counts_of(recorded(here, there))
    owner_of(here, "8幢1室", "甲", "99999919800101003X", "13900000101")
    owner_of(there, "9幢1室", "甲", "99999919800101003X", "13900000101")
    owner_of(there, "9幢2室", "乙", "", "")
    owner_of(here, "9幢2室", "乙", "", "")  # another one: without a number nobody knows
    incident = recorded(here, there)
    assert counts_of(incident) == Counts(before.persons + 3, 1, before.unreached + 2)
    confirmed(incident)
    assert tell_incidents(NOW) == 1
    (message,) = Message.objects.all()
    assert message.template == "incident"
    assert message.phone == "13900000101"
    assert message.params["url"].endswith(f"/incident/{incident.code}")
    assert sent_of(incident) == (1, 0, 0)
    assert tell_incidents(NOW) == 0  # nothing is left to do
    assert Message.objects.count() == 1


def test_former_owners_are_told_too(town: Town) -> None:
    gone = owner_of(town.here.estate, "8幢1室", "甲", "", "13900000102")
    gone.ownerships.update(valid_to=date(2021, 1, 1))
    confirmed(incident := recorded(town.here.estate))
    tell_incidents(NOW)
    assert sent_of(incident).queued == 1


def test_killed_anywhere_everybody_gets_one(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        owner_of(town.here.estate, f"8幢{number}室", f"业主{number}", "", f"1390000020{number}")
    notice = confirmed(recorded(town.here.estate))
    monkeypatch.setattr(incident_notices, "PORTION", 2)
    real, left = incident_notices.queue_message, [3]

    def dies(**message: Any) -> bool:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        return real(**message)

    monkeypatch.setattr(incident_notices, "queue_message", dies)
    for more in (1, 2, 3, 50):
        try:
            queue_messages(notice_id=notice.pk, at=NOW)
        except KeyboardInterrupt:
            left[0] = more
    phones = sorted(one.phone for one in Message.objects.all())
    assert phones == [f"1390000020{number}" for number in range(7)]
    notice.refresh_from_db()
    assert notice.queued_at == NOW


def test_a_second_incident_is_told_of_again(town: Town) -> None:
    owner_of(town.here.estate, "8幢1室", "甲", "", "13900000103")
    for _number in range(2):
        confirmed(recorded(town.here.estate))
        tell_incidents(NOW)
    assert Message.objects.count() == 2


def test_the_text_is_for_a_locked_screen() -> None:
    assert "姓名" not in TEXTS["incident"]
    assert "{url}" in TEXTS["incident"]
    assert "{phone}" in TEXTS["incident"]


# --- those no message reaches --------------------------------------------------------------


def test_the_list_for_letters(town: Town) -> None:
    estate = town.here.estate
    owner_of(estate, "8幢1室", "甲甲", "", "")
    owner_of(estate, "8幢2室", "乙乙", "", "13900000104")
    owner_of(estate, "8幢3室", "丙丙", "", "13900000105")
    owner_of(town.there.estate, "8幢4室", "丁丁", "", "")
    confirmed(incident := recorded(estate, town.there.estate))
    tell_incidents(NOW)
    Message.objects.filter(key__endswith=phone_hash("13900000105")).update(state="failed")
    found = {who.name: (who.rooms, who.why) for who in unreached(incident, estate)}
    assert found["甲甲"] == ("8幢1室", "没有手机号")
    assert found["丙丙"] == ("8幢3室", "短信没有发成")
    assert not {"乙乙", "丁丁"} & found.keys()


def test_told_by_letter(town: Town) -> None:
    confirmed(incident := recorded(town.here.estate))

    def told(households: int, text: str) -> IncidentStep:
        return told_by_letter(
            incident_id=incident.pk, estate=town.here.estate, households=households,
            text=text, actor=ANN, at=NOW,
        )  # fmt: skip

    for households, text in ((0, "投入信箱"), (3, "")):
        with pytest.raises(RuleViolation):
            told(households, text)
    assert told(3, "投入信箱").text == "3户：投入信箱"


# --- pages ---------------------------------------------------------------------------------


@pytest.fixture
def page(town: Town, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    other = make_user("other_operator")
    grant(other, "operator", None)
    town.people["second"] = other

    def ask(who: str, name: str, *args: Any, data: dict[str, Any] | None = None) -> Any:
        user: User = town.people[who] if who == "second" else town.person(who)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        address = reverse(f"staff:{name}", args=args)
        return client.get(address) if data is None else client.post(address, data)

    return ask


def typed(town: Town, **changes: Any) -> dict[str, Any]:
    return {
        "nature": "leak", "noticed_at": "2026-03-20T09:00", "what": "一份备份不见了",
        "kinds": ["phone"], "estates": town.here.estate.code.lower(),
    } | changes  # fmt: skip


def test_it_works(town: Town, page: Callable[..., Any]) -> None:
    owner_of(town.here.estate, "8幢1室", "甲甲甲", "", "13900000106")
    owner_of(town.here.estate, "8幢2室", "乙乙乙", "", "")
    assert page("operator", "incident_new", data=typed(town)).status_code == 302
    incident = Incident.objects.get()
    shown = page("operator", "incident", incident.pk).content.decode()
    assert "1个手机号" in shown
    assert "发现到现在1小时" in shown
    for name in ("甲甲甲", "乙乙乙", "13900000106", "8幢"):
        assert name not in shown
    said = SAID._asdict()
    assert page("operator", "incident_notice", incident.pk, data=said).status_code == 302
    public = f"/incident/{incident.code}"
    assert Client().get(public).status_code == 404  # nobody has confirmed it
    assert page("operator", "incident_confirm", incident.pk, data={}).status_code == 409
    assert page("second", "incident_confirm", incident.pk, data={}).status_code == 302
    told = Client().get(public).content.decode()
    for part in (*SAID, "手机号", "泄露", "没有收到通知、想问有没有您的，请打下面的电话"):
        assert part in told
    tell_incidents(NOW)
    assert "等待1条" in page("operator", "incident", incident.pk).content.decode()
    code = town.here.estate.code
    desk = page("organiser", "home").content.decode()
    assert "个人信息安全事件：有业主要书面通知" in desk
    answer = page("organiser", "incident_letters_list", code, incident.pk, data={})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["房号", "姓名", "为什么要书面通知"]
    assert ["8幢2室", "乙乙乙", "没有手机号"] in rows
    assert Entry.objects.filter(kind="incident.list_taken").count() == 1
    letter = {"households": "1", "text": "投入信箱"}
    page("organiser", "incident_letters", code, incident.pk, data=letter)
    assert "有业主要书面通知" not in page("organiser", "home").content.decode()
    assert "投入信箱" in page("operator", "incident", incident.pk).content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"noticed_at": "2026-03-20T10:01"}, "时间不能晚于现在"),
        ({"noticed_at": "0001-01-01T00:00"}, "时间不能早于2000年，请核对"),
        ({"noticed_at": "昨天"}, "请填日期和时间"),
        ({"noticed_at": ""}, "请填时间"),
        ({"estates": ""}, "请填涉及的小区，至少一个"),
        ({"estates": "NOTHING1"}, "没有这些小区，请核对：NOTHING1"),
        ({"estates": "<b>"}, "没有这些小区，请核对：&lt;B&gt;"),
        ({"everything": "on"}, "勾选了全部小区，就不用再填代码"),
        ({"kinds": []}, "请选择涉及哪些个人信息"),
    ],
)
def test_what_the_form_refuses(
    town: Town, page: Callable[..., Any], changes: dict[str, Any], sentence: str
) -> None:
    answer = page("operator", "incident_new", data=typed(town, **changes))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert "一份备份不见了" in answer.content.decode()  # what was typed stays


def test_every_estate_of_the_platform(town: Town, page: Callable[..., Any]) -> None:
    data = typed(town, estates="", everything="on")
    assert page("operator", "incident_new", data=data).status_code == 302
    assert len(by_estate(Incident.objects.get())) == Estate.objects.count()


def test_an_organiser_sees_the_own_estate_only(town: Town, page: Callable[..., Any]) -> None:
    confirmed(incident := recorded(town.there.estate))
    here, there = town.here.estate.code, town.there.estate.code
    assert page("organiser", "incident_letters", here, incident.pk).status_code == 404
    assert page("organiser", "incident_letters", there, incident.pk).status_code == 404
    assert page("other organiser", "incident_letters", there, incident.pk).status_code == 200
    assert page("operator", "incident_letters", there, incident.pk).status_code == 404
    assert page("organiser", "incident", incident.pk).status_code == 404


@pytest.mark.parametrize("code", ["X", "0" * 12, "%00", "ABCDEFGHJKMN"])
def test_a_page_of_no_incident(code: str) -> None:
    assert Client().get(f"/incident/{code}").status_code == 404
