"""A request that lacks nothing, for tests: the small estate, an account, a manager's draft."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from funds.domain.repairs import EXCLUSIONS
from funds.models import FundAccount, RepairRequest
from funds.services.accounts import open_account
from funds.services.requests import (
    Convene,
    add_file,
    add_quote,
    choose_quote,
    edit_request,
    start_request,
)
from funds.steps import By
from registry.models import Estate
from tests.documents.test_scans import photo
from tests.factories import FREEZE
from tests.funds.books import make_special

MANAGER = By("user:1", "property_manager")
COMMITTEE = By("user:2", "organiser")
PDF = b"%PDF-1.4\n%%EOF\n"
CONVENE = Convene(
    title="关于维修1幢屋顶的共同决定",
    organiser_kind="owners_committee",
    organiser="样例花园业主委员会",
    contact_phone="0000-0000000",
)
FIELDS: dict[str, Any] = {
    "title": "1幢屋顶防水",
    "part": "roof",
    "place": "1幢屋面",
    "fault": "顶层三户漏水，屋面防水层老化开裂。",
    "applicant_kind": "property_manager",
    "applicant": "样例物业服务有限公司",
    "contact_phone": "0000-1111111",
    "plan": "铲除旧防水层，重做两道卷材，工期二十天。",
    "budget_fen": 4_000_000,
    "warranty_note": "2006年竣工，防水保修五年早已届满。",
    "exclusions": dict.fromkeys(EXCLUSIONS, "no"),
}


def fund_of(estate: Estate, mode: str = "record") -> FundAccount:
    special = make_special(estate, mode=mode)
    return open_account(special_id=special.pk, estate=estate, actor="user:1", at=FREEZE)


def whole_request(
    estate: Estate, *, by: By = MANAGER, at: datetime = FREEZE, **changes: Any
) -> RepairRequest:
    """A draft ready to be submitted; `changes`: fields that shall be others."""
    request = start_request(estate_id=estate.pk, title="1幢屋顶防水", by=by, at=at)
    act = {"code": request.code, "by": by, "at": at}
    fields = {**FIELDS, "scope": scope_of(estate, "1幢"), **changes}
    edit_request(changes=fields, **act)
    for number, fen in enumerate((4_000_000, 4_200_000, 4_500_000), start=1):
        quote = add_quote(
            firm=f"样例第{number}防水公司",
            fen=fen,
            phone=f"1000000000{number}",
            legal_person=f"样例{number}",
            address=f"样例路{number}号",
            file_name=f"报价{number}.pdf",
            content=PDF + str(number).encode(),
            **act,
        )
        if number == 1:
            choose_quote(quote_id=quote.pk, **act)
    add_file(kind="photo_before", name="前.jpg", content=photo(), is_public=True, **act)
    add_file(kind="plan", name="方案.pdf", content=PDF, is_public=True, **act)
    request.refresh_from_db()
    return request


def scope_of(estate: Estate, *buildings: str) -> list[dict[str, Any]]:
    found = dict(estate.buildings.values_list("name", "pk"))
    return [{"building": found[name], "entrance": None} for name in buildings]
