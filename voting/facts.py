"""What a vote's papers say, from its rows: the letters and the resolution."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.db.models import Prefetch

from core.canonical import canonical
from core.exact import format_yuan
from documents.papers import (
    Attachment,
    BallotCounts,
    CandidateResult,
    Deemed,
    KeyHolders,
    LetterFacts,
    LetterMotion,
    LetterSession,
    MotionResult,
    OpeningPolicy,
    PreliminaryFacts,
    PrivacyNotice,
    ResolutionFacts,
    Result,
    Witnesses,
    masked_names,
)
from documents.papers import Count as PaperCount
from documents.wording import day, last_day
from registry.domain.rooms import entrance_label
from registry.models import Building, Division, Estate
from registry.selectors import guiding_authority
from voting.domain.organisers import SUPERVISORS
from voting.domain.parties import VotingParty
from voting.domain.results import MotionOutcome, SessionResult
from voting.domain.thresholds import MATTER_TITLES, Matter, majority_for
from voting.letterer import rolls
from voting.models import Attachment as AttachmentRow
from voting.models import Ballot, LetterMaker, Motion, MotionShare, Party, PartyUnit, Session
from voting.protocol.manifest import HOST
from voting.protocol.suite import suite
from voting.selectors import (
    candidates_of,
    ceremony_of,
    contested,
    final_results,
    is_election,
    late_excluded,
    preliminary_of,
    reissued_serials,
    supervisors_of,
    terms,
    transcript_of,
    witnessed_close,
)
from voting.selectors.retention import ballot_years
from voting.spool import Secret

_SUMMARY = 60  # characters of a motion's text on the letter; the rest is behind the QR
# A letter's key encrypts on the phone; who types the short code has none, and the server does.
_SECRECY = (
    "扫码投票的，选择在手机上加密后才发出；用12位码进去，或者手机不能自己加密的，"
    "由服务器代为加密，服务器当时看得到，不保存。投票截止前没有票数。"
)
_PLATFORM = {
    "secret": "这次只有平台一把解密钥匙，平台按规定只解开合计数，但技术上有能力看到单张票。",
    "named": "这次只有平台一把解密钥匙，平台技术上有能力看到单张票。",
}
_TRUSTEES = {
    "secret": "按规定只解开合计数，不解开单张票；平台没有钥匙。",
    "named": "平台没有钥匙；公布结果后由他们逐票解开，内容加密存在平台。",
}


_REISSUED = "这封信是平台补发的，没有密钥：用12位码进去，核对身份以后换发新的凭据。"
_REHEARSAL = "演练样本，不具有效力"
_DEVELOPMENT = "样本（开发环境生成），不具有效力"


def specimen_of(session: Session) -> str:
    """What stands at the head of every page of a paper that must not be taken for real."""
    if session.rehearsal:
        return _REHEARSAL
    return _DEVELOPMENT if settings.DEBUG else ""


def letter_facts(
    session: Session, secrets: Mapping[int, Secret], *, reissue: int = 0
) -> list[LetterFacts]:
    """The letters of these parties (by number), for `documents.letters`."""
    return list(_letters(session, secrets, reissue))


def _letters(
    session: Session, secrets: Mapping[int, Secret], reissue: int
) -> Iterator[LetterFacts]:
    motions = list(session.motions.all())
    manifest = terms(session)
    shared = _letter_session(
        session,
        secrecy=_secrecy(
            [trustee.name for trustee in manifest.trustees],
            manifest.threshold,
            session.opening_policy,
        )
        + (_REISSUED if manifest.value["letters"]["by"] != HOST else ""),
    )
    shares = {
        (motion_id, party_id): fen
        for motion_id, party_id, fen in MotionShare.objects.filter(
            party__session=session, party__number__in=secrets
        ).values_list("motion_id", "party_id", "fen")
    }
    parties: dict[int, Party] = {
        party.number: party
        for party in session.parties.filter(number__in=secrets).prefetch_related(
            Prefetch("units", queryset=PartyUnit.objects.order_by("pk"))
        )
    }
    serials = reissued_serials(session)
    for number, secret in secrets.items():
        party = parties[number]
        units = list(party.units.all())
        first = units[0]
        yield LetterFacts(
            session=shared,
            building=first.building,
            entrance=entrance_label(first.entrance),
            floor="" if first.floor is None else str(first.floor),
            room=first.label,
            address=first.label,
            masked_name=party.name,
            units=tuple(unit.label for unit in units),
            area=party.area,
            code=secret.code,
            token=secret.token,
            serial=serials.get(party.pk, party.serial),
            shares_fen=tuple(shares.get((motion.pk, party.pk)) for motion in motions),
            reissue=reissue,
        )


def letter_roll(
    session: Session,
    maker: LetterMaker,
    motions: Sequence[Motion],
    parties: Sequence[VotingParty],
    shares: Mapping[int, Sequence[int]],
) -> dict[str, Any]:
    """What somebody outside needs to make the letters of a session to be frozen (§15).

    `session` has title and profile as they will be frozen; `shares`: motion id → fen of each
    party; `maker.serials` has one for each party.
    """
    held = ceremony_of(session)
    keepers = None if held is None else transcript_of(held)
    names = [""] if keepers is None else list(keepers.names)
    secrecy = _secrecy(names, keepers.threshold if keepers else 1, session.opening_policy)
    shared = _letter_session(session, secrecy=secrecy + _made_outside(maker.name))
    facts = {}
    for place, party in enumerate(parties):
        first = party.titles[0]
        facts[party.number] = LetterFacts(
            session=shared,
            building=first.building,
            entrance=entrance_label(first.entrance),
            floor="" if first.floor is None else str(first.floor),
            room=first.label,
            address=first.label,
            masked_name=shown_name(party),
            units=tuple(title.label for title in party.titles),
            area=party.area,
            code="",
            token="",
            serial=maker.serials[place],
            shares_fen=tuple(
                shares[motion.pk][place] if motion.pk in shares else None for motion in motions
            ),
        )
    return rolls.make(session.code, session.suite, maker.name, facts)


def roll_hash(session: Session, roll: dict[str, Any]) -> bytes:
    """R of §15."""
    return suite(session.suite).hash(canonical(roll))


def shown_name(party: VotingParty) -> str:
    """The owners as papers name them: masked."""
    return masked_names([holder.name for holder in party.holders]) or "建设单位"


def _made_outside(maker: str) -> str:
    return f"这封信由{maker}制作和打印，二维码里的密钥平台没有见过。"


def _letter_session(session: Session, *, secrecy: str) -> LetterSession:
    if session.opens_at is None or session.closes_at is None:
        raise ValueError("letters are printed of a frozen session")
    estate = session.estate
    where = (
        session.contact_place
        or f"票箱，或者交给{session.organiser}（电话{session.contact_phone}）"
    )
    here = settings.PUBLIC_URL.partition("://")[2]
    return LetterSession(
        estate=estate.name,
        title=session.title,
        organiser=session.organiser,
        phone=session.contact_phone,
        supervisor=guidance_words(estate),
        base_url=settings.PUBLIC_URL,
        opens_at=session.opens_at,
        closes_at=session.closes_at,
        ballot_boxes=where if session.paper else "",
        motions=tuple(
            LetterMotion(
                position=motion.position,
                title=motion.title,
                summary=_summary(motion.text),
                approval=majority_for(motion.matter).value,
                seats=motion.election.seats if is_election(motion) else 0,
                options=ballot_names(motion),
            )
            for motion in session.motions.select_related("election")
        ),
        rules=_rules(session),
        specimen=specimen_of(session),
        proxy_limit=_proxy_limit(session),
        opening_policy=cast(OpeningPolicy, session.opening_policy),
        secrecy=secrecy,
        privacy=PrivacyNotice(
            handler=session.organiser,
            contact=_whom_to_call(session),
            purpose=(
                "组织业主共同决定事项的表决、计票和存档；委托平台加密保存、打印、发短信、汇总，"
                "到期删除"
            ),
            kinds=(
                "姓名、房号、面积、手机号、是否参加表决，以及用来认出本人的证件号码（敏感）；"
                "您的选择加密保存"
            ),
            retention=(
                f"至决定公布后{ballot_years(session)}年，异议、诉讼没有办完的到办完；其他的见规则全文"
            ),
            rights=(
                f"您可以上网（{here}/my/data/）或者向组织者当面、打电话、书面要求查阅、复制、"
                f"更正、补充、删除，要求说明处理规则；全文见{here}/privacy"
            ),
        ),
    )


def _whom_to_call(session: Session) -> str:
    """The organiser, who is the handler; the platform too, where it has a phone."""
    platform = f"；平台电话{settings.HELP_PHONE}" if settings.HELP_PHONE else ""
    return f"{session.contact_phone}{platform}"


def _secrecy(holders: Sequence[str], threshold: int, policy: str) -> str:
    if len(holders) == 1:
        return _SECRECY + _PLATFORM[policy]
    names = "、".join(holders)
    return (
        f"{_SECRECY}解密钥匙由{names}分别保管，{threshold}人一起才能打开，"
        f"{_TRUSTEES[policy]}"
        "手机不能加密、由服务器代为加密的，服务器在加密以前看得到。"
    )


def _summary(text: str) -> str:
    """The text, or its first whole sentences where it is long."""
    plain = " ".join(text.split())
    if len(plain) <= _SUMMARY:
        return plain
    whole = max(plain.rfind(end, 0, _SUMMARY - 1) for end in "。？！；") + 1
    return f"{plain[: whole or _SUMMARY - 1]}…"


def _rules(session: Session) -> tuple[str, ...]:
    changing = (
        "截止前可以改票，以最后一次为准。" if session.revote else "每户只能投一次，投后不能改。"
    )
    return (
        f"{check_words(session)}。",
        changing,
        *((f"网上和纸质都投的，{duplicate_words(session)}。",) if session.paper else ()),
        *_silence(session),
        "参加表决的面积和人数都要达到三分之二，表决才有效（民法典第二百七十八条）。",
    )


def check_words(session: Session) -> str:
    """What an owner shows besides the letter (`services.entering.check_second_factor`)."""
    without = "用姓氏和证件号码后六位" if session.allow_document_check else "请打电话登记"
    return f"核对身份用名册上的手机收短信验证码，没有手机号的{without}"


_DUPLICATES = {
    "ONLINE_PREVAILS": "以网上的为准",
    "PAPER_PREVAILS": "以纸质的为准",
    "FIRST_VALID": "以先投的为准",
    "LAST_PREVAILS": "以后投的为准",
}


def duplicate_words(session: Session) -> str:
    """Which ballot of a household stands that voted online and on paper."""
    stated = session.profile.get("duplicate_channel")
    rule = stated["value"] if stated else "ONLINE_PREVAILS"
    return _DUPLICATES.get(rule, "由两个人裁定")


def guidance_words(estate: Estate) -> str:
    """Who guides and supervises, with the phone where it is known."""
    office = guiding_authority(estate)
    return f"{office.name}（电话{office.phone}）" if office.phone else office.name


def _silence(session: Session) -> tuple[str, ...]:
    if not session.silence_clause:
        return ("没有投票不算参加；弃权算参加，但不算同意。",)
    return (
        "弃权算参加，但不算同意。",
        "注意：确认送到您手上、您到截止没有表态的，除选举以外，按本小区规则算到多数一边。"
        f"不愿意这样，请自己投票。规则：“{session.silence_clause}”（{session.silence_page}）",
    )


def ballot_names(motion: Motion) -> tuple[str, ...]:
    """The candidates as the paper ballot lists them, in drawn order; () of a question.

    The room only tells namesakes apart.
    """
    if not is_election(motion):
        return ()
    found = candidates_of(motion)
    often = Counter(one.name for one in found)
    return tuple(
        f"{one.place}. {one.name}"
        + (f"（{one.room}）" if often[one.name] > 1 else "")
        + ("（已退出）" if one.withdrawn_at else "")
        for one in found
    )


def _proxy_limit(session: Session) -> str:
    stated = session.profile.get("proxy_max")
    return f"一名受托人最多接受{stated['value']}名业主委托。" if stated else ""


def supervisor_words(session: Session) -> tuple[str, ...]:
    """Names of those who consented (PIPL 25); of the others only where they are from."""
    people = supervisors_of(session)
    named = [f"{one.name}（{SUPERVISORS[one.side]}）" for one in people if one.consents]
    silent = Counter(SUPERVISORS[one.side] for one in people if not one.consents)
    return (*named, *(f"{side}{count}位" for side, count in silent.items()))


# --- the resolution ---------------------------------------------------------------------

TALLY_NAME = "tally.json"
_MEETINGS = {"regular": "定期会议", "extraordinary": "临时会议", "first": "首次会议"}
_BASIS = (
    "《中华人民共和国民法典》第二百七十八条：参与表决的专有部分面积和人数都应当达到三分之二以上；"
    "第（六）至（八）项须经参与表决面积和人数四分之三以上同意，其他事项须经过半数同意。",
    "最高人民法院建筑物区分所有权司法解释第八条、第九条：面积按登记、实测、合同的顺序认定；"
    "一人有几处按一人计算，未售和未交付的合计按建设单位一人计算。",
)


def resolution_facts(
    session: Session,
    result: SessionResult,
    *,
    number: str,
    code: str,
    at: datetime,
) -> ResolutionFacts:
    """Everything the resolution says."""
    if session.notice_on is None or session.opens_at is None or session.closes_at is None:
        raise ValueError("a counted session has its dates")
    estate = session.estate
    manifest = terms(session)
    partial = bool(session.scope)
    body = "相关业主" if partial else "业主大会"
    return ResolutionFacts(
        number=number,
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
        estate=estate.name,
        specimen=specimen_of(session),
        issued_at=at,
        issuer=f"{estate.name}{body}",
        division=division_words(estate.division),
        session_code=session.code,
        session_title=session.title,
        session_kind="相关业主共同决定" if partial else _MEETINGS[session.meeting],
        method=f"书面征求意见（扫码投票{'、纸质表决票' if session.paper else ''}）",
        organiser=session.organiser,
        supervisors=supervisor_words(session),
        notice_on=session.notice_on,
        opens_at=session.opens_at,
        closes_at=session.closes_at,
        partial_scope=partial,
        scope=scope_words(session),
        roll=PaperCount(*result.roll),
        motions=_motion_results(session, result),
        ballots=BallotCounts(
            counted=result.ballots.counted,
            online=result.ballots.counted - result.ballots.paper,
            paper=result.ballots.paper,
            by_browser=result.ballots.by_browser,
            by_server=result.ballots.by_server,
            replacement=result.ballots.replacement,
            proxies=PaperCount(*result.ballots.proxies),
            assisted=PaperCount(*result.ballots.assisted),
            spoiled=result.ballots.spoiled,
            ruled_out=result.ballots.ruled_out,
            excluded=result.ballots.excluded,
            duplicate=_replaced(session),
        ),
        keys=KeyHolders(
            threshold=manifest.threshold,
            names=tuple(trustee.name for trustee in manifest.trustees),
            platform=len(manifest.trustees) == 1,
        ),
        letters_by=_letters_by(manifest.value["letters"]),
        witnesses=_witnesses(session),
        opening_policy=cast(OpeningPolicy, session.opening_policy),
        basis=_BASIS,
        effective="演练的结果不生效。" if session.rehearsal else "自公布之日起生效。",
        objections=(
            f"对决定有异议的，可以向{session.organiser}（电话{session.contact_phone}）或者"
            f"{guidance_words(estate)}提出。"
        ),
        preliminary=_posted(session),
        late_rulings=_late(session),
        attachments=tuple(
            Attachment(name=row.name, sha256=row.sha256)
            for row in AttachmentRow.objects.filter(motion__session=session)
            .only("name", "sha256")
            .order_by("motion__position", "pk")
        ),
    )


def _letters_by(letters: Mapping[str, str]) -> str:
    return letters["name"] if letters["by"] != HOST else ""


def preliminary_facts(
    session: Session,
    result: SessionResult,
    *,
    number: str,
    code: str,
    version: int,
    until: datetime,
    at: datetime,
) -> PreliminaryFacts:
    """The same figures on show for objections, with what is under objection already."""
    base = resolution_facts(session, result, number=number, code=code, at=at)
    common: dict[str, Any] = {each.name: getattr(base, each.name) for each in fields(base)}
    doubts = contested(session)
    common |= {
        "issuer": session.organiser,
        "preliminary": "",
        **({"deemed": ""} if any(motion.silence for motion in base.motions) else {}),
        "motions": tuple(
            replace(motion, contested=doubt.words)
            for motion, doubt in zip(base.motions, doubts, strict=True)
        ),
    }
    page = f"{settings.PUBLIC_URL}/s/{session.code}/"
    return PreliminaryFacts(
        **common,
        version=version,
        phone=session.contact_phone,
        objected=session.objections.count(),
        until=until,
        ways=(
            f"扫通知书上的二维码，核对身份以后在网页上提出；结果也在网页 {page}。",
            f"向{session.organiser}提出，由工作人员登记编号，可以附书面材料；"
            f"电话{session.contact_phone}。",
            f"组织者不按时答复的，向{guidance_words(session.estate)}提出。",
        ),
    )


def _replaced(session: Session) -> int:
    cast_ = Ballot.objects.filter(session=session).count()
    return cast_ - session.parties.filter(ballots__gt=0).count()


def _posted(session: Session) -> str:
    """What became of the preliminary result, for the resolution."""
    posted = preliminary_of(session)
    if posted is None:
        return ""
    objections = session.objections.count()
    became = f"收到异议{objections}件，已经全部答复或者裁定" if objections else "没有收到异议"
    return (
        f"初步统计结果（{posted.document.number}）自{day(posted.posted_at)}至"
        f"{last_day(posted.until)}公示，{became}。"
    )


def _late(session: Session) -> str:
    excluded = len(late_excluded(session))
    if not excluded:
        return ""
    return (
        f"计票以后，经两人裁定排除{excluded}位业主的票。合计没有重新打开：重新计票会让人推算出"
        "被排除的票。上面的人数和面积是计票时的；结论按这些票全部同意和全部不同意两种情形核对，"
        "两种情形一致的照写，不一致的写明未能确定。"
    )


def _witnesses(session: Session) -> Witnesses | None:
    seen = witnessed_close(session)
    return None if seen is None else Witnesses(needed=seen.needed, names=seen.names)


def _motion_results(session: Session, result: SessionResult) -> tuple[MotionResult, ...]:
    after: Sequence[tuple[str, ...]] = [()] * len(result.motions)
    costs = session.motions.values_list("cost_fen", flat=True)
    if late_excluded(session):
        after = final_results(session)
    return tuple(
        replace(
            _motion_result(motion),
            after=results,
            cost="" if cost is None else f"{format_yuan(cost)} 元",
        )
        for motion, results, cost in zip(result.motions, after, costs, strict=True)
    )


def _motion_result(motion: MotionOutcome) -> MotionResult:
    return MotionResult(
        position=motion.question.position,
        matter=motion.question.matter,
        matter_title=MATTER_TITLES[Matter(motion.question.matter)],
        title=motion.question.title,
        text=motion.question.text,
        participating=PaperCount(*motion.participating),
        votes_for=PaperCount(*motion.votes_for),
        against=PaperCount(*motion.against),
        abstain=PaperCount(*motion.abstain),
        approval=motion.question.required.value,
        quorum_met=motion.quorum_met,
        result=cast(Result, motion.result),
        failed=motion.failed,
        margin=motion.flip_words,
        candidates=tuple(
            CandidateResult(
                name=f"{one.candidate.option}号 {one.candidate.name}",
                votes=PaperCount(*one.votes),
                elected=one.state == "elected",
                state=one.words,
            )
            for one in motion.standings
        ),
        seats=motion.question.election.seats if motion.question.election else 0,
        ranking=motion.question.ranking_clause,
        requires=tuple(int(key) for key in motion.question.requires),
        decision=motion.seats_words,
        unmet=motion.unmet_words,
        silence=motion.silence_words,
        deemed=_deemed(motion),
    )


def _deemed(motion: MotionOutcome) -> Deemed | None:
    """Who was taken to have voted, and how; None where nobody was."""
    if motion.deemed is None or not motion.deemed.joined:
        return None
    return Deemed(motion.deemed.joined_words, PaperCount(*motion.deemed.silent))


def division_words(division: Division) -> str:
    names = [division.name]
    while division.parent is not None:
        division = division.parent
        names.insert(0, division.name)
    return "".join(names)


def scope_words(session: Session) -> str:
    if not session.scope:
        return "全体业主"
    names = dict(Building.objects.filter(estate=session.estate_id).values_list("pk", "name"))
    return "、".join(
        names[part["building"]] + (f"{part['entrance']}单元" if part["entrance"] else "")
        for part in session.scope
    )
