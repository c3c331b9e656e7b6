"""The main job, told on the sample estate from the register's export to the signed resolution.

Every step is the command a person of that role would give, at an explicit instant; no period
of law is shortened. Two votes: one ended, counted and resolved; one still open.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from accounts.services.people import invite_user, make_operator
from committees.selectors.months import last_ended
from core.deadlines import local_day
from documents.authority import development_identity
from documents.wording import last_day
from portal.costs import share_tables
from portal.demo import accounts, formations, registers, repairs, reports, rounds
from portal.demo.choices import scripted_choices
from portal.demo.register_export import AS_EXPORTED, IMPORTABLE, SETTLED, register_export
from portal.demo.roles import give
from portal.demo.sample_estate import WAIVERS, SampleEstate, sample_estate
from portal.demo.sheets import EVERY, Sheet, hand_in, take_out
from registry.models import Authority, Estate, Finding
from registry.selectors import authority_chain
from registry.services import imports, places, profiles
from registry.services.findings import waive_finding
from voting.domain.organisers import Person
from voting.models import Party, Session
from voting.protocol import credential
from voting.protocol.ballot import BROWSER, seal
from voting.protocol.shape import unb64
from voting.selectors import preliminary_of, terms
from voting.services import (
    casting,
    convening,
    drafting,
    freezing,
    letters,
    objections,
    posting,
    reviews,
)
from voting.spool import Secret, read_spool
from voting.steps import Signer
from voting.tasks import sweep_all

SHANGHAI = ZoneInfo("Asia/Shanghai")
CITY = "340800000000"
# Days of the story before today.
BEGINS, NOTICE, OPENS, CLOSES = 70, 55, 38, 33
CARRIED = 21
NEXT_NOTICE, NEXT_OPENS, NEXT_CLOSES = 20, 3, -11
_OPTIONS = {"同意": 0, "反对": 1, "弃权": 2}


@dataclass(frozen=True)
class Question:
    """A motion of the story; `agreeing` per cent of its voters agree, by script.

    `repair`: it comes of a request for the fund, which writes it.
    """

    matter: int
    title: str
    text: str
    agreeing: int
    cost_fen: int | None = None
    repair: bool = False


FIRST = (
    Question(5, "", "", 86, repair=True),
    Question(
        2,
        "修改管理规约：电动自行车不得进楼充电",
        "是否同意在管理规约中增加一条：电动自行车及其电池不得在楼道、电梯、户内公共通道停放和充电？",
        91,
    ),
    Question(
        8,
        "利用电梯轿厢和门厅发布广告",
        "是否同意把电梯轿厢和门厅的墙面用于发布商业广告？收入归全体业主，每季度公布。",
        64,
    ),
)
SECOND = (
    Question(
        5,
        "使用维修资金修缮屋面防水",
        "1幢至3幢屋面多处渗漏。是否同意使用住宅专项维修资金重做屋面防水？费用由全体业主按专有部分面积分摊。",
        80,
        cost_fen=31_520_000,
    ),
    Question(
        4,
        "续聘物业服务企业",
        "现物业服务合同明年到期。是否同意续聘，服务内容和价格不变，期限三年？",
        70,
    ),
)


class Link(NamedTuple):
    """A letter: its rooms, the address of its QR code, its short code, whether it was used."""

    rooms: str
    address: str
    code: str
    has_voted: bool


@dataclass(frozen=True)
class Story:
    """What was told: for the files the demo leaves and the page it prints.

    `choices`: of the ended vote, room → motion → 同意, 反对 or 弃权. `links`: of the open
    vote, of every letter.
    """

    sample: SampleEstate
    people: Mapping[str, User]
    ended: Session
    opened: Session
    choices: Mapping[str, Mapping[str, str]]
    links: Sequence[Link]


Say = Callable[[str], None]
Keep = Callable[[Session], None]


# A draft is made, its roll put on show and it is handed to the street office so long before
# its announcement: seven full days lie between.
_DRAFTED = timedelta(days=9)
_READ = timedelta(days=8)
_PAPER = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class _Days:
    """Instants of the story: so many days before today, at an hour in Shanghai."""

    def __init__(self, today: date) -> None:
        self._today = today

    def __call__(self, days: int, hour: int = 9, minute: int = 0) -> datetime:
        day = self._today - timedelta(days=days)
        return datetime.combine(day, time(hour, minute), SHANGHAI)


def tell(*, today: date, password: str, say: Say, keep_letters: Keep) -> Story:
    """Tell the story up to `today`; `keep_letters` gets each session's printed letters."""
    sample = sample_estate()
    on = _Days(today)
    development_identity(Path(settings.CA_DIR), not_before=on(90))
    say("开发用证书已备好，早于故事开始")
    estate = _place(sample, on(BEGINS, 8), say)
    people = _people(estate, on(BEGINS, 8, 30), password, say)
    actor = f"user:{people['organiser'].pk}"
    _roll(sample, estate, (actor, f"user:{people['supervisor'].pk}"), on, say)
    rounds.name_walls(estate, actor, on(BEGINS - 3, 10))
    repairs.open_books(estate, people, on(BEGINS - 3, 11), say)

    street = f"user:{people['street'].pk}"
    first = _terms("2026年第一次业主大会会议", on(NOTICE), on(OPENS), on(CLOSES, 18))
    ended = _announce(estate, (actor, street), FIRST, first, say, people)
    tokens = _letters(ended, actor, on(NOTICE, 10), keep_letters, say)
    rounds.deliver(ended, people, on(NOTICE - 1, 19))
    window = (on(OPENS, 9, 10), on(CLOSES, 16))
    choices, sheets = _vote(ended, FIRST, tokens, window, say, people=people)
    _end(ended, on(CLOSES, 18), sheets, people, say)
    pumps = ended.motions.get(position=1).repair_version.request.code
    repairs.carry_out(pumps, people, on, CARRIED, say)
    repairs.lift_fails(estate, people, on, say)

    second = _terms(
        "2026年第二次业主大会会议", on(NEXT_NOTICE), on(NEXT_OPENS), on(NEXT_CLOSES, 18)
    )
    opened = _announce(estate, (actor, street), SECOND, second, say, people)
    tokens = _letters(opened, actor, on(NEXT_NOTICE, 10), keep_letters, say)
    rounds.deliver(opened, people, on(NEXT_NOTICE - 1, 19))
    window = (on(NEXT_OPENS, 9, 10), on(1, 20))
    _vote(opened, SECOND, tokens, window, say, turnout=40)
    links = _links(opened, tokens)
    accounts.publish_accounts(estate, people, on, today, say)
    formations.seat_main(estate, people, timezone.now(), say)
    city, now = authority_chain(estate)[-1], timezone.now()
    registers.keep_registers(city, people["city"], now, say)
    reports.note_duties(people, now, say)
    reports.hand_in_reports(city, people, last_ended(today), now, say)
    return Story(sample, people, ended, opened, choices, links)


def _place(sample: SampleEstate, at: datetime, say: Say) -> Estate:
    places.load_divisions(actor="system", at=at)
    places.load_authorities(city=CITY, valid_from=date(2020, 1, 1), actor="system", at=at)
    profiles.load_profiles(actor="system", at=at)
    estate = places.create_estate(
        name=sample.name, division_code=sample.division, actor="system", at=at
    )
    say(f"区划、主管机构和规则已载入；小区“{estate.name}”，编号 {estate.code}")
    return estate


def _people(estate: Estate, at: datetime, password: str, say: Say) -> dict[str, User]:
    """Invented people with their roles, and the operator who grants them."""
    operator, second = (
        make_operator(
            username=f"demo-operator{number}",
            display_name=f"平台管理员{number}（示例）",
            password=password,
            actor="manage.py demo",
            at=at,
        )
        for number in ("", "2")
    )
    chain = {authority.kind: authority for authority in authority_chain(estate)}
    street, bureau = chain["street_office"], chain["district_bureau"]
    city = chain["city_bureau"]
    wanted: Sequence[tuple[str, str, str, Estate | Authority]] = (
        ("organiser", "业委会 示例主任", "organiser", estate),
        ("supervisor", "监票人 示例居民", "supervisor", estate),
        ("residents", "居委会 示例干事", "residents_committee", estate.authority),
        ("street", "街道 示例科长", "street_office", street),
        ("bureau", "区住建局 示例科员", "bureau", bureau),
        ("second", "区住建局 示例科长", "bureau", bureau),
        ("manager", "物业 示例经理", "property_manager", estate),
        ("city", "市住建局 示例局长", "bureau", city),
        # What the other of the street entered, this one confirms.
        ("street2", "街道 示例副主任", "street_office", street),
    )
    people = {"operator": operator, "operator2": second}
    for index, (key, name, role, place) in enumerate(wanted, start=1):
        username = f"demo-{key}"
        user = User.objects.filter(username=username).first() or invite_user(
            username=username,
            display_name=name,
            phone=f"1000000800{index}",
            actor=operator,
            at=at,
        )
        people[key] = _set_password(user, password)
        if not _has_role(user, role, place):
            give(user, role, place, people, at)
    say(f"{len(wanted)} 位示例工作人员已授权")
    return people


def _has_role(user: User, role: str, place: Estate | Authority) -> bool:
    """Told again in the same database, the street is the same and has its people."""
    column = "estate" if isinstance(place, Estate) else "authority"
    return user.grants.filter(role=role, valid_to__isnull=True, **{column: place}).exists()


def _set_password(user: User, password: str) -> User:
    user.set_password(password)
    user.save(update_fields=["password"])
    return user


def _roll(
    sample: SampleEstate, estate: Estate, who: tuple[str, str], on: _Days, say: Say
) -> None:
    """Three rounds: refused for faults, imported with doubts, corrected and settled; the last
    changes a roll and is confirmed by the second of `who`."""
    actor, second = who
    for round_, (stage, days) in enumerate(
        ((AS_EXPORTED, BEGINS), (IMPORTABLE, BEGINS - 1), (SETTLED, BEGINS - 2)), start=1
    ):
        content = register_export(sample, stage)
        looked = imports.preview_import(
            estate_id=estate.pk,
            file_name=f"不动产登记导出{round_}.xlsx",
            content=content,
            mapping=None,
            actor=actor,
            at=on(days, 10),
        )
        summary = looked.summary
        if stage == AS_EXPORTED:
            imports.drop_import(import_id=looked.pk, actor=actor, at=on(days, 11))
            say(f"第{round_}次导入：{summary['faults']} 处错误，没有写入任何内容，连同原因退回")
            continue
        confirms = second if stage == SETTLED else actor
        imports.confirm_import(import_id=looked.pk, actor=confirms, at=on(days, 11))
        open_ones = Finding.objects.filter(estate=estate, state="open").count()
        say(
            f"第{round_}次导入：新增 {summary['new']}、变更 {summary['changed']}、"
            f"不变 {summary['unchanged']}；名册检查还有 {open_ones} 处要处理"
        )
    for finding in Finding.objects.filter(estate=estate, state="open"):
        waive_finding(
            finding_id=finding.pk, reason=WAIVERS[finding.kind], actor=actor, at=on(BEGINS - 3)
        )
    say("名册检查余下的各处已逐条说明理由，名册可以冻结")


def _terms(
    title: str, notice: datetime, opens: datetime, closes: datetime
) -> dict[str, object]:
    return {
        "title": title,
        "organiser_kind": "owners_committee",
        "organiser": "青枫苑业主委员会（示例）",
        "contact_phone": "0556-0000000",
        "contact_place": "小区东门岗亭",
        "notice_on": local_day(notice),
        "opens_at": opens,
        "closes_at": closes,
        "paper": True,
    }


def _announce(
    estate: Estate,
    actors: tuple[str, str],
    questions: Sequence[Question],
    terms_: Mapping[str, object],
    say: Say,
    people: Mapping[str, User],
) -> Session:
    """Draft, street office, announcement. `actors`: the organiser, the street office."""
    actor, _street = actors
    notice = terms_["notice_on"]
    at = datetime.combine(notice, time(9), SHANGHAI)  # type: ignore[arg-type]
    session = drafting.create_session(
        estate_id=estate.pk,
        actor=actor,
        at=at - _DRAFTED,
        **terms_,  # type: ignore[arg-type]
    )
    for question in questions:
        if question.repair:
            repairs.ask_owners(session, people, at - _DRAFTED, say)
            continue
        motion = drafting.save_motion(
            session_id=session.pk,
            motion_id=None,
            matter=question.matter,
            title=question.title,
            text=question.text,
            cost_fen=question.cost_fen,
            actor=actor,
            at=at - _DRAFTED,
        )
        drafting.add_attachment(
            motion_id=motion.pk,
            name=f"第{motion.position}项说明（示例）.pdf",
            content=_PAPER,
            actor=actor,
            at=at - _DRAFTED,
        )
    _convene(session, actors, at, say)
    session = freezing.freeze_session(
        session_id=session.pk, actor=actor, at=at, share_tables=share_tables(session)
    )
    sweep_all(at)  # the notice for the wall
    session.refresh_from_db()
    rounds.hang(session, actor, at + timedelta(hours=1))
    heads = session.parties.count()
    say(f"“{session.title}”已公告并冻结名册：{heads} 人；编号 {session.code}")
    return session


def _convene(session: Session, actors: tuple[str, str], at: datetime, say: Say) -> None:
    """The paper, the supervisors, and the street office, which has one reason of law."""
    actor, street = actors
    on = {"actor": actor, "at": at - _DRAFTED}
    convening.put_basis(
        session_id=session.pk,
        title="青枫苑业主委员会备案证明（示例）",
        number="示例〔2025〕1号",
        dated_on=local_day(at - timedelta(days=365)),
        name="备案证明（示例）.pdf",
        content=_PAPER,
        **on,  # type: ignore[arg-type]
    )
    watching = [
        Person("示例监票甲", "owner", consents=True),
        Person("示例监票乙", "residents_committee"),
    ]
    convening.name_supervisors(session_id=session.pk, supervisors=watching, **on)  # type: ignore[arg-type]
    review = reviews.submit_draft(session_id=session.pk, **on)  # type: ignore[arg-type]
    comment = reviews.raise_comment(
        review_id=review.pk,
        clause="regs-14",
        text="请把通知书同时送一份给居民委员会。",
        actor=street,
        at=at - _READ,
    )
    reviews.answer_comment(
        comment_id=comment.pk,
        kind="answered",
        answer="公告当天送居民委员会一份，已列入安排。",
        actor=actor,
        at=at - _READ + timedelta(hours=1),
    )
    reviews.finish_review(review_id=review.pk, actor=street, at=at - _READ + timedelta(hours=2))
    posting.post_roll(session_id=session.pk, **on)  # type: ignore[arg-type]
    rounds.hang(session, actor, at - _DRAFTED + timedelta(hours=1))
    say("名册已公示，不写姓名；草稿已送街道指导：一条法律意见，已答复")


def _letters(
    session: Session, actor: str, at: datetime, keep: Callable[[Session], None], say: Say
) -> dict[int, Secret]:
    """Print the letters; what is printed on them is what the owners will vote with."""
    tokens = read_spool(session.code)
    if tokens is None:
        raise RuntimeError("the spool of a session just frozen is there")
    job = letters.start_letters(session_id=session.pk, actor=actor, at=at)
    letters.run_letters(job.pk)
    letters.take_letters(session_id=session.pk, actor=actor, at=at)
    keep(session)
    job.refresh_from_db()
    say(f"通知书已打印：{job.result['letters']} 份，{job.result['pages']} 页")
    return tokens


def _vote(
    session: Session,
    questions: Sequence[Question],
    tokens: Mapping[int, Secret],
    window: tuple[datetime, datetime],
    say: Say,
    *,
    turnout: int = 82,
    people: Mapping[str, User] | None = None,
) -> tuple[dict[str, dict[str, str]], list[Sheet]]:
    """The scripted owners vote: two of three by the letter's token, the others by its code.

    Where paper is taken (`people` register it), one of so many hands in the sheet instead.
    Gives back what counts, and the sheets in the box.
    """
    parties = {
        party.units.all()[0].label: party for party in session.parties.prefetch_related("units")
    }
    ids = [motion["id"] for motion in terms(session).value["motions"]]
    chosen = scripted_choices(
        parties,
        {motion: question.agreeing for motion, question in zip(ids, questions, strict=True)},
        turnout=turnout,
    )
    begins, ends = window
    sheets: list[Sheet] = []
    swept = local_day(begins)
    for index, (room, answers) in enumerate(chosen.items()):
        at = begins + (ends - begins) * index // len(chosen)
        if local_day(at) > swept:  # checkpoints and reminders of every day
            swept = local_day(at)
            sweep_all(at)
        on_paper = people is not None and index % EVERY == 1
        if on_paper and len(sheets) == 1:
            answers.pop(ids[-1], None)  # left blank: not taking part in that one
        options = [[_OPTIONS[answers[one]]] if one in answers else None for one in ids]
        if people is not None and on_paper:
            sheets.append(Sheet(parties[room], options))
            hand_in(session, sheets[-1], people, at)
            continue
        _cast(session, parties[room], options, tokens, at, sealed=index % 3 != 0)
        if people is not None and index == EVERY:  # voted online, and handed the sheet in too
            sheets.append(Sheet(parties[room], options))
            hand_in(session, sheets[-1], people, at)
    if people is not None:
        silent = next(party for room, party in parties.items() if room not in chosen)
        sheets.append(Sheet(silent, None))
        hand_in(session, sheets[-1], people, ends)
    sweep_all(ends)
    say(f"“{session.title}”：{len(chosen)} 位业主已投票，收回纸质票 {len(sheets)} 张")
    return chosen, sheets


def _cast(
    session: Session,
    party: Party,
    options: list[list[int] | None],
    tokens: Mapping[int, Secret],
    at: datetime,
    *,
    sealed: bool,
) -> None:
    submission = secrets.token_hex(16)
    if not sealed:
        casting.cast_plain(
            session_id=session.pk,
            party_id=party.pk,
            submission=submission,
            choices=options,
            at=at,
        )
        return
    manifest = terms(session)
    secret, _key = credential.derive(
        manifest.suite, session.code, unb64(tokens[party.number].token)
    )
    ballot = seal(
        manifest,
        party=party.number,
        key_secret=secret,
        choices=options,
        number=party.ballots + 1,
        previous=party.last_digest,
        encrypted_by=BROWSER,
    )
    casting.cast_sealed(
        session_id=session.pk,
        party_id=party.pk,
        submission=submission,
        ballot=ballot,
        replacement_key=None,
        at=at,
    )


def _end(
    session: Session,
    closes: datetime,
    sheets: Sequence[Sheet],
    people: Mapping[str, User],
    say: Say,
) -> None:
    """The clock closes; paper is read, the box counted; objections, count, resolution."""
    sweep_all(closes + timedelta(minutes=1))
    boxed = take_out(session, sheets, people, closes + timedelta(minutes=30))
    say(f"两人录入、另两人点箱：纸质票 {len(sheets)} 张，每一张都对上了")
    challenge = timedelta(hours=terms(session).challenge_hours)
    for minutes in (30, 60):
        sweep_all(boxed + challenge + timedelta(minutes=minutes))
    posted = preliminary_of(session)
    if posted is None:
        raise RuntimeError("the counted vote has its preliminary result on show")
    organiser = f"user:{people['organiser'].pk}"
    rounds.hang(session, organiser, posted.posted_at + timedelta(hours=1))
    say(f"到点自动截止、计票；初步统计结果公示至{last_day(posted.until)}")
    _object(session, organiser, posted.posted_at + timedelta(days=1), say)
    sweep_all(posted.until + timedelta(minutes=1))
    session.refresh_from_db()
    if session.resolution is None:
        raise RuntimeError("the ended vote has its resolution")
    rounds.hang(session, organiser, posted.until + timedelta(hours=10))
    say(f"异议期满、异议办结，自动出决议：{session.resolution.number}")


def _object(session: Session, organiser: str, at: datetime, say: Say) -> None:
    """Somebody doubts the count; the organiser answers the day after, with reasons."""
    party = session.parties.filter(ballots__gt=0).order_by("number")[0]
    made = objections.file_objection(
        estate_id=session.estate_id,
        session_id=session.pk,
        said=objections.Statement("result", "请说明水泵一项的面积是怎样加总的。"),
        objector=objections.Objector(party_id=party.pk),
        submission=secrets.token_hex(16),
        actor=f"party:{party.pk}",
        at=at,
    )
    objections.answer_objection(
        objection_id=made.pk,
        upheld=False,
        reason="面积按名册逐户相加，与公示一致；用公开的核对程序可以重算，合计相同。",
        signer=Signer(organiser, "organiser"),
        at=at + timedelta(days=1),
    )
    say("公示期内收到1件异议，已编号答复")


def _links(session: Session, tokens: Mapping[int, Secret]) -> list[Link]:
    return [
        Link(
            "、".join(unit.label for unit in party.units.all()),
            f"{settings.PUBLIC_URL}/q/{tokens[party.number].code}#{tokens[party.number].token}",
            tokens[party.number].code,
            has_voted=party.ballots > 0,
        )
        for party in session.parties.prefetch_related("units")
    ]
