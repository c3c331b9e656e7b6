"""An ordinary repair from the first draft to the owners: everything before the vote.

request = start_request(estate_id=…, …)
edit_request(code=…, changes={…})          # as often as needed
add_file(…); add_quote(…); choose_quote(…); put_shares(…)
submit_request(code=…, …)                  # freezes a version, which becomes a motion
withdraw_request(code=…, …)                # back to the draft, until the announcement
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import choice
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from core.codes import LENGTH, new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from core.reasons import Reason, demand_none, explains
from core.tables import read_table
from documents.papers import fingerprint
from funds.domain.proposals import MATTER, motion_text, motion_title
from funds.domain.repairs import Desk, State
from funds.domain.requests import (
    MAX_FEN,
    MOST_QUOTES,
    applicant_kinds,
    read_shares,
    shape_reasons,
)
from funds.domain.rules import FundRules
from funds.endings import end
from funds.models import PlanItem, Quote, RepairFile, RepairRequest, RepairVersion
from funds.selectors.alarms import person_mark, phone_mark
from funds.selectors.repairs import (
    file_content,
    fund_rules,
    scope_units,
    scope_words,
    used_papers,
    version_in_force,
)
from funds.selectors.requests import checklist
from funds.steps import (
    By,
    demand_applicant,
    demand_state,
    free_item,
    freeze_version,
    keep_file,
    locked_repair,
    move,
    note,
)
from registry.models import Building, Estate
from voting.domain.drafts import same_scope
from voting.models import Motion, Session
from voting.steps import (
    SESSION_CODE,
    Question,
    attach,
    begin_draft,
    locked_draft,
    put_motion,
    take_out,
)

_FIELDS = frozenset({
    "title", "part", "place", "fault", "scope", "applicant_kind", "applicant",
    "contact_phone", "plan", "budget_fen", "budget_note", "few_quotes", "warranty_until",
    "warranty_note", "exclusions", "share_basis", "share_clause",
})  # fmt: skip
_APPLICANT = Desk("applicant")
_MOST_FILES = 40
_COPIED = sorted(_FIELDS | {"agreed_weights", "plan_item_id"})


class Convene(NamedTuple):
    """A session of its own for one request: what it is called and who holds it."""

    title: str
    organiser_kind: str
    organiser: str
    contact_phone: str


@transaction.atomic(durable=True)
def start_request(
    *,
    estate_id: int,
    title: str = "",
    part: str = "",
    place: str = "",
    fault: str = "",
    plan_item_id: int | None = None,
    by: By,
    at: datetime,
) -> RepairRequest:
    """Begin a draft, of an item of the plan or of something that broke.

    RuleViolation "repair.invalid", "repair.applicant_kind" where the role may not apply here.
    """
    estate = Estate.objects.get(pk=estate_id)
    kinds = applicant_kinds([by.role], _rules(estate, at)["fund.applicants"].value)
    if not kinds:
        raise RuleViolation("repair.applicant_kind", "按这里的规定，您的角色不能申请")
    fields: dict[str, Any] = {"title": title, "part": part, "place": place, "fault": fault}
    item = None
    if plan_item_id is not None:
        item = PlanItem.objects.select_for_update(no_key=True).get(
            pk=plan_item_id, estate=estate
        )
        if item.state != "planned":
            raise RuleViolation("plan.state", "这一项已经申请、完成或者取消，不能再申请")
        fields |= {
            "title": title or f"{item.part_name}（{item.place}）"[:80],
            "part": part or item.part,
            "place": place or item.place,
            "fault": fault or item.condition,
            "scope": item.scope,
            "budget_fen": item.estimate_fen,
        }
    demand_none("repair.invalid", shape_reasons(fields))
    request = RepairRequest.objects.create(
        estate=estate,
        code=new_code(LENGTH, choice),
        **fields,
        plan_item=item,
        applicant_kind=kinds[0],
        desk=_APPLICANT.kind,
        desk_since=at,
        created_by=by.actor,
        created_at=at,
    )
    note(
        request,
        "started",
        by=by,
        at=at,
        text="开始起草申请",
        data={"plan_item": item.pk if item else None},
    )
    return request


@transaction.atomic(durable=True)
def edit_request(
    *, code: str, changes: Mapping[str, Any], by: By, at: datetime
) -> RepairRequest:
    """Change a draft. RuleViolation "repair.invalid" with every reason, "repair.state"."""
    request = locked_repair(code)
    _demand_draft(request, by)
    reasons = shape_reasons(changes)
    if "scope" in changes:
        reasons += _scope_reasons(request.estate, changes["scope"])
    if "applicant_kind" in changes:
        allowed = _rules(request.estate, at)["fund.applicants"].value
        if changes["applicant_kind"] not in applicant_kinds([by.role], allowed):
            sentence = "您的角色不能以这一类申请人的名义申请"
            reasons.append(Reason("repair.applicant_kind", sentence, "applicant_kind"))
        same = changes["applicant_kind"] == request.applicant_kind
        if not same and request.applications.exists():
            sentence = "已经申请过列支，申请人不能再换"
            reasons.append(Reason("repair.applicant_kind", sentence, "applicant_kind"))
    demand_none("repair.invalid", reasons)
    for name in changes:
        if name not in _FIELDS:
            raise ValueError(f"no field {name} of a draft")
        setattr(request, name, changes[name])
    request.save(update_fields=list(changes))
    note(
        request, "edited", by=by, at=at, text="修改申请的内容", data={"fields": sorted(changes)}
    )
    return request


@transaction.atomic(durable=True)
def put_shares(
    *, code: str, file_name: str, content: bytes, by: By, at: datetime
) -> RepairRequest:
    """Take the agreed shares of all units from a sheet 房号, 份额.

    RuleViolation "shares.faults" with every fault, table.* where it cannot be read.
    """
    request = locked_repair(code)
    _demand_draft(request, by)
    units = scope_units(request.estate, request.scope, on=local_day(at))
    weights, faults = read_shares(
        read_table(content, file_name), {one.label: one.unit for one in units}
    )
    demand_none(
        "shares.faults",
        [
            Reason(
                "shares.faults",
                f"第{fault.row}行：{fault.reason}" if fault.row else fault.reason,
                "file",
            )
            for fault in faults
        ],
    )
    request.agreed_weights = weights
    request.save(update_fields=["agreed_weights"])
    note(
        request, "shares_put", by=by, at=at, text="上传约定的分摊", data={"units": len(weights)}
    )
    return request


@transaction.atomic(durable=True)
def add_file(
    *, code: str, kind: str, name: str, content: bytes, is_public: bool, by: By, at: datetime
) -> RepairFile:
    """Add a paper or photograph to a draft. RuleViolations of `steps.keep_file`."""
    request = locked_repair(code)
    _demand_draft(request, by)
    if request.files.filter(removed_at=None).count() >= _MOST_FILES:
        raise RuleViolation("file.too_many", f"一项申请最多{_MOST_FILES}个文件")
    kept = keep_file(
        request,
        kind=kind,
        name=name,
        content=content,
        is_public=is_public,
        actor=by.actor,
        at=at,
    )
    note(
        request,
        "file_added",
        by=by,
        at=at,
        text="加上文件",
        data={"kind": kind, "sha256": kept.sha256},
    )
    return kept


@transaction.atomic(durable=True)
def remove_file(*, code: str, file_id: int, by: By, at: datetime) -> None:
    """Take a paper out of a draft; it stays on record.

    RuleViolation "file.quoted", "file.used" where money was asked for or paid on it.
    """
    request = locked_repair(code)
    _demand_draft(request, by)
    file = request.files.filter(removed_at=None).get(pk=file_id)
    if request.quotes.filter(file=file, removed_at=None).exists():
        raise RuleViolation("file.quoted", "这个文件是一家报价的报价单，请先删除那家报价")
    if file.sha256 in used_papers(request):
        raise RuleViolation("file.used", "已经凭这个文件申请或者付过款，不能删除")
    file.removed_by, file.removed_at = by.actor, at
    file.save(update_fields=["removed_by", "removed_at"])
    note(request, "file_removed", by=by, at=at, text="删除文件", data={"sha256": file.sha256})


@transaction.atomic(durable=True)
def add_quote(  # noqa: PLR0913 (the form has as many fields)
    *,
    code: str,
    firm: str,
    fen: int,
    credit_code: str = "",
    legal_person: str = "",
    phone: str = "",
    address: str = "",
    file_name: str = "",
    content: bytes = b"",
    is_public: bool = False,
    by: By,
    at: datetime,
) -> Quote:
    """Add what a firm asks, with its paper. RuleViolation "quote.invalid" with every reason."""
    request = locked_repair(code)
    _demand_draft(request, by)
    demand_none("quote.invalid", _quote_reasons(request, firm, fen, credit_code))
    file = None
    if content or file_name:
        file = keep_file(
            request,
            kind="quote",
            name=file_name,
            content=content,
            is_public=is_public,
            actor=by.actor,
            at=at,
        )
    quote = request.quotes.create(
        firm=firm.strip(),
        credit_code=credit_code.strip().upper(),
        legal_person=legal_person.strip(),
        legal_person_hash=person_mark(legal_person),
        phone=phone.strip(),
        phone_hash=phone_mark(phone),
        address=address.strip(),
        fen=fen,
        file=file,
        added_by=by.actor,
        added_at=at,
    )
    note(request, "quote_added", by=by, at=at, text="加上报价", data={"fen": fen})
    return quote


@transaction.atomic(durable=True)
def choose_quote(*, code: str, quote_id: int, by: By, at: datetime) -> Quote:
    """Say which firm shall do it."""
    request = locked_repair(code)
    _demand_draft(request, by)
    quote = request.quotes.filter(removed_at=None).get(pk=quote_id)
    request.quotes.filter(is_chosen=True).update(is_chosen=False)
    quote.is_chosen = True
    quote.save(update_fields=["is_chosen"])
    note(request, "quote_chosen", by=by, at=at, text="选定报价", data={"fen": quote.fen})
    return quote


@transaction.atomic(durable=True)
def remove_quote(*, code: str, quote_id: int, by: By, at: datetime) -> None:
    """Take a quote back, with its paper."""
    request = locked_repair(code)
    _demand_draft(request, by)
    quote = request.quotes.filter(removed_at=None).get(pk=quote_id)
    quote.removed_at, quote.is_chosen = at, False
    quote.save(update_fields=["removed_at", "is_chosen"])
    others = request.quotes.filter(file=quote.file_id, removed_at=None)
    if quote.file_id is not None and not others.exists():
        request.files.filter(pk=quote.file_id).update(removed_by=by.actor, removed_at=at)
    note(request, "quote_removed", by=by, at=at, text="删除报价", data={"fen": quote.fen})


@transaction.atomic(durable=True)
def submit_request(
    *,
    code: str,
    session_id: int | None = None,
    convene: Convene | None = None,
    by: By,
    at: datetime,
) -> RepairVersion:
    """Freeze a version and put it before the owners, as a motion that says what was frozen.

    Into the draft session `session_id` of exactly this scope, or into a new one. RuleViolation
    "repair.not_ready" with every reason, "repair.units", "session.invalid".
    """
    request = locked_repair(code)
    _demand_draft(request, by)
    if request.kind != "ordinary":
        raise RuleViolation("repair.kind", "应急维修不走表决，请按应急的步骤办理")
    today = local_day(at)
    rules = _rules(request.estate, at)
    units = scope_units(request.estate, request.scope, on=today)
    reasons = [
        *_profile_reasons(rules),
        *(reason for one in checklist(request, units, today=today) for reason in one.reasons),
    ]
    allowed = applicant_kinds([by.role], rules["fund.applicants"].value)
    if request.applicant_kind not in allowed:
        sentence = "您的角色不能以这一类申请人的名义申请"
        reasons.append(Reason("repair.applicant_kind", sentence, "applicant_kind"))
    session, faults = _session(request, session_id, convene)
    demand_none("repair.not_ready", [*reasons, *faults])
    version = freeze_version(request, units, by=by, at=at)
    session = _begun(request, session, convene, by, at)
    version.motion = _propose(request, version, session)
    version.save(update_fields=["motion"])
    move(request, State.VOTING, Desk("owners"), due_at=None, at=at)
    _mark_item(request, "requested")
    facts = {
        "version": version.number,
        "sha256": version.sha256,
        "session": session.code,
        "motion": version.motion.position,
    }
    text = f"提交方案第{version.number}版，交业主表决"
    note(request, "submitted", by=by, at=at, text=text, data=facts)
    return version


@transaction.atomic(durable=True)
def withdraw_request(*, code: str, reason: str, by: By, at: datetime) -> RepairRequest:
    """Take a submitted request back into the draft, as long as the vote is not announced.

    RuleViolation "repair.announced", "repair.reason".
    """
    request = locked_repair(code)
    demand_state(request, State.VOTING)
    _demand_own(request, by)
    _demand_reason(reason)
    version = version_in_force(request)
    if version is None or version.motion is None:
        raise RuleViolation("repair.state", "这项维修现在的状态不能办这一步，请刷新页面再看")
    motion = version.motion
    try:
        session = locked_draft(motion.session_id)
    except RuleViolation:
        raise RuleViolation(
            "repair.announced",
            "会议已经公告，不能撤回；一定要停下来的，请组织者在投票开始以前取消会议",
        ) from None
    version.motion, version.verdict, version.verdict_at = None, "withdrawn", at
    version.save(update_fields=["motion", "verdict", "verdict_at"])
    take_out(session, motion)
    move(request, State.DRAFT, _APPLICANT, due_at=None, at=at)
    free_item(request)
    facts = {"version": version.number, "session": session.code}
    note(request, "withdrawn", by=by, at=at, text=reason.strip(), data=facts)
    return request


@transaction.atomic(durable=True)
def drop_request(*, code: str, reason: str, by: By, at: datetime) -> RepairRequest:
    """Give a draft up; what was paid for it already is settled or comes back.

    RuleViolation "repair.reason".
    """
    request = locked_repair(code)
    _demand_draft(request, by)
    _demand_reason(reason)
    end(request, "dropped", reason.strip(), by=by, at=at)
    return request


@transaction.atomic(durable=True)
def renew_request(*, code: str, by: By, at: datetime) -> RepairRequest:
    """Begin a new draft with the input of one that came to nothing, papers and quotes too."""
    old = locked_repair(code)
    demand_state(old, State.CLOSED)
    kinds = applicant_kinds([by.role], _rules(old.estate, at)["fund.applicants"].value)
    if not kinds:
        raise RuleViolation("repair.applicant_kind", "按这里的规定，您的角色不能申请")
    fields = {name: getattr(old, name) for name in _COPIED}
    if old.applicant_kind not in kinds:
        fields |= {"applicant_kind": kinds[0], "applicant": ""}
    request = RepairRequest.objects.create(
        estate=old.estate,
        code=new_code(LENGTH, choice),
        **fields,
        follows=old,
        desk=_APPLICANT.kind,
        desk_since=at,
        created_by=by.actor,
        created_at=at,
    )
    kept: dict[int, RepairFile] = {}
    for file in old.files.filter(removed_at=None):
        before, file.pk, file.request = file.pk, None, request
        file.added_by, file.added_at = by.actor, at
        file.save(force_insert=True)
        kept[before] = file
    for quote in old.quotes.filter(removed_at=None):
        quote.pk, quote.request, quote.file = None, request, kept.get(quote.file_id or 0)
        quote.added_by, quote.added_at = by.actor, at
        quote.save(force_insert=True)
    note(request, "started", by=by, at=at, text="开始起草申请", data={"follows": old.code})
    return request


def _demand_draft(request: RepairRequest, by: By) -> None:
    demand_state(request, State.DRAFT)
    _demand_own(request, by)


def _demand_own(request: RepairRequest, by: By) -> None:
    """A draft is its applicant's, or whose who began it; once the fund was applied for, nobody
    but the applicant goes on with it."""
    if by.actor != request.created_by or request.applications.exists():
        demand_applicant(request, by)


def _rules(estate: Estate, at: datetime) -> FundRules:
    return fund_rules(estate, local_day(at))


def _scope_reasons(estate: Estate, scope: Sequence[Mapping[str, Any]]) -> list[Reason]:
    named = {part["building"] for part in scope}
    if Building.objects.filter(estate=estate, pk__in=named).count() != len(named):
        return [Reason("repair.scope", "选择的楼幢不在本小区", "scope")]
    return []


def _quote_reasons(
    request: RepairRequest, firm: str, fen: int, credit_code: str
) -> list[Reason]:
    found = []
    if not firm.strip() or len(firm) > 80:
        found.append(Reason("quote.firm", "请填写单位名称，最多80个字", "firm"))
    if type(fen) is not int or not 0 < fen <= MAX_FEN:
        sentence = "报价要大于零，最多 9,999,999,999.99 元"
        found.append(Reason("quote.fen", sentence, "fen"))
    code = credit_code.strip()
    if code and not (len(code) == 18 and code.isascii() and code.isalnum()):
        sentence = "统一社会信用代码是18位数字和字母"
        found.append(Reason("quote.credit_code", sentence, "credit_code"))
    standing = request.quotes.filter(removed_at=None)
    if standing.count() >= MOST_QUOTES:
        found.append(Reason("quote.too_many", f"最多{MOST_QUOTES}家报价"))
    if standing.filter(firm=firm.strip()).exists():
        found.append(Reason("quote.again", "这一家已经有报价，先删除原来的再加", "firm"))
    return found


def _profile_reasons(rules: FundRules) -> list[Reason]:
    if settings.DEBUG:
        return []
    return [
        Reason(
            "profile.unverified",
            f"规则“{name}”（{rules[name].clause}）未核对原文，须由主管部门具名确认",
        )
        for name in rules.unverified()
    ]


def _session(
    request: RepairRequest, session_id: int | None, convene: Convene | None
) -> tuple[Session | None, list[Reason]]:
    """The chosen draft session under its lock, or why there can be none."""
    if session_id is None:
        sentence = "请选择放进哪一次会议，或者新开一次"
        return None, [] if convene else [Reason("repair.session", sentence, "session")]
    try:
        session = locked_draft(session_id)
    except RuleViolation as refused:
        return None, [Reason("repair.session", str(refused), "session")]
    fits = session.estate_id == request.estate_id and same_scope(session.scope, request.scope)
    if not fits or session.rehearsal:
        # Who benefits, decides and pays (165号令 19).
        sentence = "这次会议的表决范围和受益的房屋不一样，或者是演练，不能放进去"
        return None, [Reason("repair.session", sentence, "session")]
    return session, []


def _begun(
    request: RepairRequest,
    session: Session | None,
    convene: Convene | None,
    by: By,
    at: datetime,
) -> Session:
    if session is not None:
        return session
    assert convene is not None  # noqa: S101 (asked by _session)
    return begin_draft(
        Session(
            estate=request.estate,
            code=new_code(SESSION_CODE, choice),
            title=convene.title,
            organiser_kind=convene.organiser_kind,
            organiser=convene.organiser,
            contact_phone=convene.contact_phone,
            scope=request.scope,
            paper=True,
            # 建房〔2009〕274号 22: the owners' signed opinions are kept.
            opening_policy="named",
            created_by=by.actor,
            created_at=at,
        )
    )


def _propose(request: RepairRequest, version: RepairVersion, session: Session) -> Motion:
    text = motion_text(
        json.loads(bytes(version.content)),
        scope=scope_words(request),
        mark=fingerprint(version.sha256),
    )
    motion = put_motion(
        session,
        Question(
            MATTER,
            motion_title(request.title),
            text,
            version.budget_fen,
            proposal=f"repair/{request.code}/{version.number}",
        ),
    )
    for file in request.files.filter(removed_at=None, is_public=True):
        attach(motion, name=file.name, content=file_content(file))
    return motion


def _mark_item(request: RepairRequest, state: str) -> None:
    if request.plan_item_id is not None:
        PlanItem.objects.filter(pk=request.plan_item_id).update(state=state)


def _demand_reason(reason: str) -> None:
    if not explains(reason) or len(reason) > 400:
        raise RuleViolation("repair.reason", "请写明原因，4至400个字")
