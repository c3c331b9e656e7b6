"""An emergency repair: its situations, who may apply, decide and be late.

An emergency skips the vote (Civil Code 281 para. 2) and nothing else: evidence, scope,
exclusions, warranty, publication and the share of every unit stay. The clock counts hours on
the wall, day and night: a broken lift does not wait for a working day.

52号: 建办房〔2015〕52号; 165号令: 《住宅专项维修资金管理办法》.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from core.errors import RuleViolation
from core.reasons import Reason, explains
from funds.domain.repairs import EXCLUSIONS, PARTS, speaks_for
from voting.domain.drafts import text_reasons


class Situation(NamedTuple):
    """`evidence`: what shows it; `paper`: it has to come with the report, beside photographs.

    `parts`: keys of PARTS it can befall; empty: any.
    """

    words: str
    evidence: str
    paper: bool = False
    parts: frozenset[str] = frozenset()


_LEAKS = frozenset({"roof", "facade", "wall", "slab", "other"})
_FALLS = frozenset({"facade", "roof", "wall", "beam", "other"})
_WATER = frozenset({"drain", "pool", "well", "garage", "other"})
# The seven of 52号, and two that Shandong's cities add (淄博 66, 聊城 50).
SITUATIONS = {
    "E1": Situation(
        "电梯故障",
        "检验检测机构的报告、停用或者整改通知，或者维保单位的故障记录",
        True,
        frozenset({"lift"}),
    ),
    "E2": Situation(
        "消防设施故障",
        "消防部门的整改通知，或者维保单位的检测记录",
        True,
        frozenset({"fire"}),
    ),
    "E3": Situation("屋面、外墙渗漏", "渗漏部位和室内受损的照片", parts=_LEAKS),
    "E4": Situation(
        "二次供水水泵运行中断",
        "水泵停运的照片；设施已经移交供水单位的，由供水单位修",
        parts=frozenset({"water", "pool", "plant", "other"}),
    ),
    "E5": Situation("排水设施堵塞、爆裂", "堵塞、爆裂部位的照片", parts=_WATER),
    "E6": Situation(
        "楼体外立面存在脱落危险", "脱落部位的照片，有鉴定报告的一并上传", parts=_FALLS
    ),
    "E7": Situation("玻璃幕墙炸裂", "炸裂部位的照片", parts=frozenset({"facade", "other"})),
    "E8": Situation("地下车库雨水倒灌", "积水部位的照片", parts=_WATER | {"plant"}),
    "E99": Situation(
        "其他危及房屋使用和人身财产安全的紧急情况",
        "有关部门、检测鉴定机构或者专业单位的书面意见",
        True,
    ),
}

# Civil Code 281 para. 2: the assembly or the committee. Nothing may take that from them.
BY_LAW = ("owners_assembly", "owners_committee")
# By whom fund.emergency_deciders says, in the role of which account.
DECIDER_ROLES = {"owners_committee": "organiser", "street_office": "street_office"}
# Whose account acts for an authority to which an overslept desk has come up.
_ABOVE = {"residents_committee": "", "street_office": "street_office"}
PARTIES = {
    "owner": "业主代表",
    "owners_committee": "业主委员会",
    "manager": "物业服务企业",
    "residents_committee": "居民委员会",
    "street_office": "街道办事处",
    "expert": "检测、鉴定或者维保单位",
    "department": "有关主管部门",
}
MOST_FEN = 999_999_999_999  # 9,999,999,999.99 yuan


class Report(NamedTuple):
    """What stands on the one page of a report, except the files."""

    situation: str
    danger: str
    part: str
    place: str
    applicant_kind: str
    applicant: str
    contact_phone: str
    exclusions: Mapping[str, bool]  # of EXCLUSIONS: whether it is one of them
    warranty_until: date | None = None
    warranty_note: str = ""
    clause: str = ""
    plan: str = ""
    estimate_fen: int | None = None


def report_reasons(
    report: Report, *, open_codes: Sequence[str], listed: Sequence[str], role: str, today: date
) -> list[Reason]:
    """Everything that is wrong with a report, except its files.

    Args:
        open_codes: the profile's situations; without "E99" the list is closed.
        listed: who may apply, by the profile, beside those of the law.
        role: of the account that reports.
    """
    found = [*situation_reasons(report.situation, report.part, open_codes)]
    found += text_reasons("danger", "有什么危险", report.danger, 600)
    if report.danger.strip() and not explains(report.danger):
        found.append(Reason("emergency.danger", "请写明有什么危险，写清楚一些", "danger"))
    found += text_reasons("place", "具体位置", report.place, 60)
    found += text_reasons("applicant", "申请人", report.applicant, 80)
    found += text_reasons("contact_phone", "联系电话", report.contact_phone, 30)
    found += text_reasons("plan", "准备怎样修", report.plan, 2000, may_be_empty=True)
    found += applicant_reasons(report.applicant_kind, report.clause, listed, role)
    found += exclusion_reasons(report.exclusions)
    found += warranty_reasons(report.warranty_until, report.warranty_note, today)
    if report.estimate_fen is not None and not 0 < report.estimate_fen <= MOST_FEN:
        found.append(Reason("emergency.estimate", "估计的费用要大于零", "estimate_fen"))
    return found


def situation_reasons(code: str, part: str, open_codes: Sequence[str]) -> list[Reason]:
    """Whether this befalls that part, at a place whose list has it."""
    found = []
    situation = SITUATIONS.get(code)
    if situation is None:
        found.append(Reason("emergency.situation", "请选择是哪一种紧急情况", "situation"))
    elif code not in open_codes:
        sentence = f"本地规定的紧急情况里没有“{situation.words}”，请按一般维修由业主表决"
        found.append(Reason("emergency.closed", sentence, "situation"))
    if part not in PARTS:
        found.append(Reason("emergency.part", "请选择坏的是哪个共用部位", "part"))
    elif situation is not None and situation.parts and part not in situation.parts:
        sentence = f"“{situation.words}”和部位“{PARTS[part]}”不相符，请核对"
        found.append(Reason("emergency.part", sentence, "part"))
    return found


def file_reasons(code: str, *, photos: int, papers: int) -> list[Reason]:
    """At least one photograph, and the paper where the situation asks for one."""
    found = []
    if not photos:
        found.append(Reason("emergency.photo", "请至少上传一张现场照片", "photos"))
    situation = SITUATIONS.get(code)
    if situation is not None and situation.paper and not papers:
        found.append(Reason("emergency.evidence", f"请上传证据：{situation.evidence}", "paper"))
    return found


def applicant_reasons(kind: str, clause: str, listed: Sequence[str], role: str) -> list[Reason]:
    """Civil Code 281 para. 2 names two; anybody else rests on a clause."""
    if not speaks_for(role, kind):
        return [Reason("emergency.applicant", "请选择您自己的单位作为申请人", "applicant_kind")]
    found = text_reasons("clause", "依据的条款", clause, 120, may_be_empty=True)
    if kind not in BY_LAW and kind not in listed and not explains(clause):
        found.append(
            Reason(
                "emergency.clause",
                "民法典第281条规定由业主大会或者业主委员会申请；别的申请人要写明依据哪一条规定",
                "clause",
            )
        )
    return found


def exclusion_reasons(answers: Mapping[str, bool]) -> list[Reason]:
    """165号令 art. 25: what the fund does not pay, urgent or not."""
    found = []
    for key in EXCLUSIONS:
        if key not in answers:
            found.append(Reason("emergency.exclusion", "请选择是或者不是", key))
        elif answers[key]:
            sentence = "这种费用不能用维修资金，请找应当承担的单位或者人"
            found.append(Reason("emergency.excluded", sentence, key))
    return found


def warranty_reasons(until: date | None, note: str, today: date) -> list[Reason]:
    """165号令 art. 18: the fund pays once the warranty is over. Its last day still counts."""
    found = text_reasons("warranty_note", "保修的说明", note, 200, may_be_empty=True)
    if until is not None and until >= today:
        sentence = f"还在保修期内（到{until}），由建设单位或者保修单位负责"
        found.append(Reason("emergency.warranty", sentence, "warranty_until"))
    elif until is None and not explains(note):
        sentence = "请填写保修期到哪一天；查不到的，写明为什么可以认为已过保修期"
        found.append(Reason("emergency.warranty", sentence, "warranty_until"))
    return found


class Found(NamedTuple):
    """What somebody found on site."""

    on_site_at: datetime | None
    position: str
    present: str
    parties: Sequence[str]
    qualifies: bool | None
    reason: str


def finding_reasons(
    found: Found, *, fewest: int, photos: int, reported_at: datetime, at: datetime
) -> list[Reason]:
    """Everything wrong with a finding.

    On site: after the report, for that is what is looked into; a form knows minutes only, so
    the minute of the report is after it.
    """
    reasons = []
    when = found.on_site_at
    if when is None:
        reasons.append(
            Reason("finding.time", "请填写到现场的时间，例如 2026-03-01 09:30", "on_site_at")
        )
    elif when > at:
        reasons.append(Reason("finding.time", "到现场的时间还没有到", "on_site_at"))
    elif when < reported_at.replace(second=0, microsecond=0):
        sentence = "到现场的时间早于上报的时间：认定要在上报以后到现场查验"
        reasons.append(Reason("finding.time", sentence, "on_site_at"))
    reasons += text_reasons("position", "在现场的什么位置", found.position, 120)
    reasons += text_reasons("present", "在场的人", found.present, 400)
    reasons += text_reasons("reason", "理由", found.reason, 400)
    if found.reason.strip() and not explains(found.reason):
        reasons.append(Reason("finding.reason", "理由请写清楚一些", "reason"))
    known = {one for one in found.parties if one in PARTIES}
    if len(known) < fewest:
        sentence = f"至少要有{fewest}方在场，现在选了{len(known)}方"
        reasons.append(Reason("finding.parties", sentence, "parties"))
    if not photos:
        reasons.append(Reason("finding.photo", "请至少上传一张现场照片", "photos"))
    if found.qualifies is None:
        reasons.append(Reason("finding.outcome", "请选择是否属于紧急情况", "qualifies"))
    return reasons


def most_advance(most_fen: int, part: Sequence[int]) -> int:
    """The highest advance within a fraction of what may be spent, cut down to the fen."""
    return most_fen * part[0] // part[1]


class Decided(NamedTuple):
    """What somebody decides; `authorises` None: nothing was chosen."""

    authorises: bool | None
    reason: str
    most_fen: int | None = None
    advance_fen: int | None = None


def decision_reasons(decided: Decided, *, advance: Sequence[int]) -> list[Reason]:
    """Everything wrong with a decision. `advance`: the fraction of fund.emergency_advance."""
    found = text_reasons("reason", "理由", decided.reason, 400)
    if decided.reason.strip() and not explains(decided.reason):
        found.append(Reason("decision.reason", "理由请写清楚一些", "reason"))
    if decided.authorises is None:
        found.append(Reason("decision.outcome", "请选择是否同意先行维修", "authorises"))
    if not decided.authorises:
        return found
    most = decided.most_fen
    if most is None or not 0 < most <= MOST_FEN:
        found.append(
            Reason("decision.most", "请填写最多可以用多少钱，大于零，最多两位小数", "most")
        )
        return found
    asked = decided.advance_fen or 0
    limit = most_advance(most, advance)
    if asked < 0 or asked > limit:
        yuan = f"{limit // 100:,}.{limit % 100:02}"
        sentence = f"先付的钱最多 {yuan} 元（最多可以用的 {advance[0]}/{advance[1]}）"
        found.append(Reason("decision.advance", sentence, "advance"))
    return found


class Deciders(NamedTuple):
    """Who decides here and now: kinds of fund.emergency_deciders, and words to cite."""

    kinds: tuple[str, ...]
    remark: str = ""


def deciders_of(
    listed: Sequence[str], *, has_committee: bool, escalated_to: str = ""
) -> Deciders:
    """Who may decide.

    Where whom the rule names does not exist, the street office decides. `escalated_to`: the
    name of the authority above, once the desk has overslept; it decides beside them.
    """
    there = tuple(
        kind
        for kind in listed
        if kind in DECIDER_ROLES and (kind != "owners_committee" or has_committee)
    )
    if not there:
        return Deciders(("street_office",), "本小区没有业主委员会，由街道办事处决定")
    if escalated_to:
        return Deciders(there, f"逾期没有决定，转由{escalated_to}办理")
    return Deciders(there)


def role_above(kind: str) -> str:
    """The role that decides for an authority above, by its kind; "" where none may."""
    return _ABOVE.get(kind, "bureau")


def demand_another(actor: str, *others: str, code: str, sentence: str) -> None:
    """RuleViolation `code` where `actor` is one of those who did the steps before."""
    if actor in others:
        raise RuleViolation(code, sentence)


def repair_title(place: str, part: str) -> str:
    """``3幢1号电梯应急维修``: the part is named where the place does not name it."""
    name = PARTS[part].removesuffix("、共用设施设备")
    return f"{place}{'' if name in place else name}应急维修"


def situation_words(code: str) -> str:
    """A situation in its words; the code itself for one that no longer exists."""
    known = SITUATIONS.get(code)
    return known.words if known else code


# --- the clock -----------------------------------------------------------------------------


def hours_later(since: datetime, hours: int) -> datetime:
    """So many hours on the clock: no night, no holiday stops it. ValueError below one."""
    if hours < 1:
        raise ValueError(f"a desk with {hours} hours")
    return since + timedelta(hours=hours)


class Left(NamedTuple):
    """What a clock says: whole hours, and whether they are left or over."""

    late: bool
    hours: int

    @property
    def words(self) -> str:
        if self.late:
            return f"已超时{self.hours}小时" if self.hours else "刚刚超时"
        return f"还剩{self.hours}小时" if self.hours else "不到1小时"


def time_left(due: datetime, now: datetime) -> Left:
    """Whole hours to a deadline, or since; the deadline's own instant is late.

    Rounded to the careful side of nothing: 59 minutes left are no hour left, 59 minutes late
    no hour late.
    """
    late = now >= due
    span = now - due if late else due - now
    return Left(late, span // timedelta(hours=1))


class Stage(NamedTuple):
    """How long one desk had a repair; `until` None: it still has it."""

    desk: str
    since: datetime
    until: datetime | None
    due: datetime | None

    def late(self, now: datetime) -> bool:
        return self.due is not None and (self.until or now) >= self.due


def escalation_due(due_at: datetime | None, *, escalated: bool, at: datetime) -> bool:
    """Whether a desk has overslept and nobody above was told yet."""
    return due_at is not None and not escalated and at >= due_at
