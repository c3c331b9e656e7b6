"""A broken lift in the small town, for tests of emergencies."""

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from PIL import Image

from funds.domain.emergencies import Decided, Found, Report
from funds.domain.repairs import EXCLUSIONS
from funds.models import (
    EmergencyDecision,
    FundApplication,
    Instalment,
    RepairRequest,
    Settlement,
    SpecialAccount,
)
from funds.services.accounts import open_account
from funds.services.emergencies import (
    Attached,
    Upload,
    decide_emergency,
    record_finding,
    report_emergency,
)
from funds.steps import By
from tests.funds.books import DRAFTER, SELLER, make_special, pay_in
from tests.town import Town

AT = datetime(2026, 11, 7, 15, 30, 20, tzinfo=UTC)  # Saturday 23:30 in Shanghai
HOUR = timedelta(hours=1)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_shades, _acts = count(1), count(1)


def picture() -> Upload:
    """A photograph unlike any before."""
    shade = next(_shades)
    picture = Image.new("RGB", (256, 16), "white")
    for bit in range(16):  # coarse, so that making it plain leaves the difference
        if shade >> bit & 1:
            picture.paste("black", (16 * bit, 0, 16 * bit + 16, 16))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return Upload(f"照片{shade}.png", out.getvalue())


def opened(town: Town, custody: str = "agency") -> SpecialAccount:
    """The town's estate with its account of the fund."""
    special = make_special(town.here.estate)
    public = custody == "public"
    account = open_account(
        special_id=special.pk,
        estate=town.here.estate,
        custody=custody,
        selling_organisation=SELLER if public else "",
        actor=DRAFTER,
        at=AT,
    )
    if public:
        pay_in(account)
    return special


@dataclass
class Cast:
    """Everybody who acts in an emergency at `town`'s estate."""

    town: Town

    def by(self, role: str, number: int = 0) -> By:
        actor = f"user:{self.town.person(role).pk + number}"
        place = self.town.here.of(role)
        return By(
            actor,
            role,
            place.pk if role in ("residents_committee", "street_office", "bureau") else None,
        )

    @property
    def manager(self) -> By:
        return self.by("property_manager")

    @property
    def finder(self) -> By:
        return self.by("residents_committee")

    @property
    def committee(self) -> By:
        return self.by("organiser")

    @property
    def street(self) -> By:
        return self.by("street_office")

    @property
    def bureau(self) -> By:
        return self.by("bureau")


def report_of(**changes: Any) -> Report:
    """The property manager's report of a lift, with its clause."""
    return Report(
        **{
            "situation": "E1",
            "danger": "电梯在6楼困人，钢丝绳断股",
            "part": "lift",
            "place": "2幢1单元1号电梯",
            "applicant_kind": "property_manager",
            "applicant": "样例物业服务有限公司",
            "contact_phone": "0000-0000000",
            "exclusions": dict.fromkeys(EXCLUSIONS, False),
            "warranty_until": date(2015, 1, 1),
            "clause": "样例市物业管理条例第66条",
            "plan": "更换钢丝绳",
            "estimate_fen": 1_000_000,
            **changes,
        }
    )


def report(town: Town, *, by: By | None = None, at: datetime = AT, **changes: Any):
    """Report; `scope`, `photos`, `papers`, `submission` may be given too."""
    given = {"scope": [], "photos": [picture()], "papers": [Upload("停用通知.pdf", PDF)]}
    given |= {name: changes.pop(name) for name in list(given) if name in changes}
    submission = changes.pop("submission", f"act{next(_acts)}")
    return report_emergency(
        estate_id=town.here.estate.pk,
        report=report_of(**changes),
        scope=given["scope"],
        attached=Attached(photos=given["photos"], papers=given["papers"]),
        submission=submission,
        by=by or Cast(town).manager,
        at=at,
    )


def find(town: Town, request: RepairRequest, *, by: By | None = None, **changes: Any):
    at = changes.pop("at", AT + 2 * HOUR)
    photos = changes.pop("photos", None)
    given = {
        "on_site_at": at - HOUR,
        "position": "2幢1单元1楼电梯厅",
        "present": "王一、周主任、物业刘经理",
        "parties": ["owner", "manager", "residents_committee"],
        "qualifies": True,
        "reason": "钢丝绳断股，继续运行有坠落危险",
        **changes,
    }
    return record_finding(
        code=request.code,
        found=Found(**given),
        photos=[picture()] if photos is None else photos,
        by=by or Cast(town).finder,
        at=at,
    )


def decide(town: Town, request: RepairRequest, *, by: By | None = None, **changes: Any):
    at = changes.pop("at", AT + 4 * HOUR)
    given = {
        "authorises": True,
        "reason": "不修不能恢复运行",
        "most_fen": 1_000_000,
        "advance_fen": 500_000,
        **changes,
    }
    return decide_emergency(
        code=request.code, decided=Decided(**given), by=by or Cast(town).committee, at=at
    )


def decided(town: Town, custody: str = "agency") -> RepairRequest:
    """Reported, found and decided; the account open before."""
    opened(town, custody)
    request = report(town)
    find(town, request)
    assert isinstance(decide(town, request), EmergencyDecision)
    request.refresh_from_db()
    return request


def pay_advance(request: RepairRequest, fen: int = 500_000, *, state: str = "paid"):
    """An application with an advance, as the release of money leaves it behind."""
    application = FundApplication.objects.create(
        request=request,
        number=request.applications.count() + 1,
        version=request.versions.get(verdict="authorised"),
        amount_fen=1_000_000,
        payee="样例电梯有限公司",
        payee_bank="样例银行",
        payee_account="6222",
        state="passed",
        made_by="user:1",
    )
    one = Instalment.objects.create(
        application=application,
        position=1,
        kind="advance",
        fen=fen,
        condition="决定",
        state=state,
        payable_fen=fen if state == "paid" else None,
    )
    rest = Instalment.objects.create(
        application=application,
        position=2,
        kind="final",
        fen=1_000_000 - fen,
        condition="验收",
        state="planned",
    )
    RepairRequest.objects.filter(pk=request.pk).update(state="approved")
    return one, rest


def settle(request: RepairRequest, final_fen: int = 900_000) -> Settlement:
    """The final cost as the settlement leaves it behind."""
    return Settlement.objects.create(
        request=request,
        final_fen=final_fen,
        accepted_on=date(2026, 11, 12),
        stated_by="user:1",
        stated_at=AT + 120 * HOUR,
    )
