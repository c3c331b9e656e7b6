"""What goes to the fund centre as spreadsheets: application, who took part, shares."""

from collections.abc import Callable
from datetime import date

from core.deadlines import local_day
from core.exact import format_area
from documents.labels import label
from funds.domain.exports import (
    ShareLine,
    VoteLine,
    application_workbook,
    plain_yuan,
    shares_workbook,
    votes_workbook,
)
from funds.domain.repairs import PARTS
from funds.models import FundApplication, RepairRequest
from funds.selectors.applications import last_application
from funds.selectors.releases import preview
from funds.selectors.repairs import scope_words, version_in_force
from voting.selectors import took_part

_RESULTS = {
    "passed": "通过",
    "rejected": "未通过",
    "no_quorum": "参加表决的不足，未通过",
    "undetermined": "结论未能确定",
    "authorised": "应急决定，未经表决",
}


def application_table(request: RepairRequest) -> bytes | None:
    """使用申请表; None where nothing was applied for."""
    application = last_application(request)
    if application is None:
        return None
    said = _said(request, application)
    sellers = [one for one in share_lines(request) if one.is_seller]
    if sellers:
        said["售房单位承担（元）"] = "；".join(
            f"{one.label} {plain_yuan(one.fen)}" for one in sellers
        )
    return application_workbook(said)


def share_lines(request: RepairRequest) -> list[ShareLine]:
    """分摊清册 of what is applied for, before that of the budget; no names."""
    version = version_in_force(request)
    if version is None:
        return []
    application = last_application(request)
    amount = application.amount_fen if application else version.budget_fen
    rows, _totals = preview(version, amount)
    return [
        ShareLine(
            one.unit.label, one.unit.area, one.unit.weight, one.share, one.before, one.after,
            one.owed, one.unit.unit_id is None,
        )
        for one in rows
    ]  # fmt: skip


def shares_table(request: RepairRequest) -> bytes | None:
    """The same as a workbook; None where no version was frozen."""
    lines = share_lines(request)
    return shares_workbook(lines) if lines else None


def votes_table(request: RepairRequest) -> bytes | None:
    """表决确认明细表: which rooms took part, never how; None where nothing was voted on."""
    version = version_in_force(request)
    if version is None or version.motion is None:
        return None
    session = version.motion.session
    if session.state != "resolved":
        return None  # who has voted is nobody's business before the result
    voted = {unit.unit_id for party in took_part(session) for unit in party.units.all()}
    lines = [
        VoteLine(label, area, unit in voted)
        for unit, label, area in version.rooms.order_by("pk").values_list(
            "unit", "label", "area"
        )
    ]
    return votes_workbook(lines, _RESULTS.get(version.verdict, ""))


TABLES: dict[str, Callable[[RepairRequest], bytes | None]] = {
    "application": application_table,
    "votes": votes_table,
    "shares": shares_table,
}


def _said(request: RepairRequest, application: FundApplication) -> dict[str, str]:
    version = application.version
    filed = application.filed_at
    units = list(version.rooms.values_list("area", flat=True))
    plan = application.instalments.exclude(state="cancelled").order_by("position")
    return {
        "维修编码": request.code,
        "受理号": application.acceptance_number,
        "小区": request.estate.name,
        "申请人": request.applicant,
        "联系电话": request.contact_phone,
        "类别": label(request, "kind"),
        "维修项目": request.title,
        "部位": f"{PARTS.get(request.part, request.part)}，{request.place}",
        "分摊范围": scope_words(request),
        "户数": str(len(units)),
        "面积（平方米）": format_area(sum(units)),
        "方案版本": str(version.number),
        "方案 SHA-256": version.sha256,
        "决定": _RESULTS.get(version.verdict, ""),
        "决定的预算（元）": plain_yuan(version.budget_fen),
        "申请金额（元）": plain_yuan(application.amount_fen),
        "合同金额（元）": _or_nothing(application.contract_fen),
        "造价审核（元）": _or_nothing(application.audited_fen) or application.no_audit,
        "收款单位": application.payee,
        "开户银行": application.payee_bank,
        "收款账号": f"****{application.payee_tail}",
        "付款安排": "；".join(
            f"{label(one, 'kind')} {plain_yuan(one.fen)}（{one.condition}）" for one in plan
        ),
        "申请日期": _day(local_day(filed)) if filed else "",
    }


def _or_nothing(fen: int | None) -> str:
    return "" if fen is None else plain_yuan(fen)


def _day(day: date) -> str:
    return day.isoformat()
