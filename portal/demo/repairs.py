"""Two repairs of the demo: pumps, voted on and settled; a lift, mended at once.

Every step is the command a person of that role would give, at an explicit instant.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image

from accounts.models import User
from core.deadlines import local_day
from core.exact import format_yuan
from funds.domain.applications import Payee, Sought, Stage
from funds.domain.books import Line
from funds.domain.emergencies import Decided, Found, Report
from funds.domain.repairs import EXCLUSIONS
from funds.domain.reviewing import CODES, Answer
from funds.models import FundAccount, RepairRequest
from funds.services import (
    applications,
    emergencies,
    receipts,
    releases,
    requests,
    reviewing,
    settling,
)
from funds.services.accounts import open_account, open_special_account
from funds.services.books import Basis, draft_voucher, seal_voucher
from funds.steps import By, Receipt
from portal.demo.sheets import blank_page
from portal.tasks import sweep_all
from registry.models import Authority, Estate
from registry.selectors import authority_chain
from voting.models import Session

PUMPS_FEN, PUMPS_FINAL_FEN, LIFT_FEN = 68_640_000, 67_120_000, 4_600_000
_PER_SQUARE_METRE = 6_500  # fen, what owners once paid in
_MANAGER = "样例物业服务有限公司"
_FIRMS = (
    ("样例水务设备有限公司", 68_640_000),
    ("示例机电工程有限公司", 71_250_000),
    ("虚构泵业有限公司", 73_900_000),
)
_LIFT_FIRM = "样例电梯有限公司"
Say = Callable[[str], None]
At = Callable[..., datetime]


def open_books(estate: Estate, people: Mapping[str, User], at: datetime, say: Say) -> None:
    """The bureau's special account, a sub-account for every unit, what was paid in."""
    bureau, second = (f"user:{people[one].pk}" for one in ("bureau", "second"))
    special = open_special_account(
        authority=_bureau_of(estate),
        bank="样例银行（示例）",
        number=f"62220000{estate.pk:08}",
        ledger_mode="record",
        opened_on=local_day(at),
        actor=bureau,
        at=at,
    )
    account = open_account(special_id=special.pk, estate=estate, actor=bureau, at=at)
    lines = [
        Line("sub", pk, -(area or 0) * _PER_SQUARE_METRE // 100)
        for pk, area in account.subs.order_by("pk").values_list("pk", "unit__area")
        if area
    ]
    total = -sum(line.fen for line in lines)
    voucher = draft_voucher(
        special_id=special.pk,
        basis=Basis("opening", local_day(at), "首期交存", "交存清册（示例）"),
        lines=[Line("bank", None, total), *lines],
        actor=bureau,
        at=at,
    )
    seal_voucher(voucher_id=voucher.pk, actor=second, at=at + timedelta(hours=1))
    say(f"维修资金专户已建账：{len(lines)} 户，{format_yuan(total)} 元")


def ask_owners(session: Session, people: Mapping[str, User], at: datetime, say: Say) -> str:
    """The manager asks for new pumps; submitted, it is a motion of the session by itself."""
    manager = By(f"user:{people['manager'].pk}", "property_manager")
    asked = requests.start_request(
        estate_id=session.estate_id,
        title="更换二次供水水泵",
        part="water",
        place="地下泵房四台水泵",
        fault="水泵使用18年，今年停水27次",
        by=manager,
        at=at,
    )
    on: Any = {"code": asked.code, "by": manager, "at": at}
    requests.edit_request(
        changes={
            "plan": "更换四台水泵、控制柜和止回阀，三天内分两次停水施工。",
            "budget_fen": PUMPS_FEN,
            "scope": [],
            "applicant_kind": "property_manager",
            "applicant": _MANAGER,
            "contact_phone": "0556-0000000",
            "warranty_until": local_day(at).replace(year=at.year - 16, day=1),
            "exclusions": dict.fromkeys(EXCLUSIONS, "no"),
        },
        **on,
    )
    for kind, public in (("photo_before", True), ("plan", True)):
        requests.add_file(
            kind=kind, name="示例.jpg", content=blank_page(), is_public=public, **on
        )
    for number, (firm, fen) in enumerate(_FIRMS):
        quote = requests.add_quote(
            firm=firm,
            fen=fen,
            legal_person=f"示例{'甲乙丙'[number]}",
            phone=f"0556-000000{number + 1}",
            address=f"样例路{number + 1}号",
            file_name="报价单（示例）.pdf",
            content=_paper(f"quote{number}"),
            **on,
        )
        if not number:
            requests.choose_quote(quote_id=quote.pk, **on)
    version = requests.submit_request(session_id=session.pk, **on)
    say(
        f"物业申请“{asked.title}”，方案第{version.number}版冻结，"
        f"自动成为会议第{version.motion.position if version.motion else 0}项"
    )
    return asked.code


def carry_out(code: str, people: Mapping[str, User], on: At, since: int, say: Say) -> None:
    """From the decision to the last fen, `since` days before today."""
    manager = By(f"user:{people['manager'].pk}", "property_manager")
    sweep_all(on(since, 9))
    start = PUMPS_FEN * 3 // 10
    _apply(
        code,
        PUMPS_FEN,
        _FIRMS[0][0],
        [Stage("start", start), Stage("final", PUMPS_FEN - start)],
        manager,
        on(since, 10),
    )
    for days, (key, step) in enumerate(
        (("street", "street"), ("bureau", "bureau"), ("second", "second")), start=1
    ):
        _review(code, step, key, people, on(since - days, 10))
    say("街道核实、主管部门两人审核，出具审核意见书")
    _pay(code, 1, people, on(since - 4, 9))
    done = on(since - 9, 9)
    for kind in ("acceptance", "settlement", "invoice", "photo_after"):
        photo = kind == "photo_after"
        applications.add_paper(
            code=code,
            kind=kind,
            name="示例.jpg" if photo else "示例.pdf",
            content=blank_page() if photo else _paper(kind),
            by=manager,
            at=done,
        )
    cost = settling.FinalCost(
        PUMPS_FINAL_FEN,
        local_day(done),
        date(done.year + 2, done.month, 1),
        None,
        "合同单价经街道招标确定，不再审核",
    )
    settling.state_settlement(code=code, cost=cost, by=manager, at=done)
    bureau = By(f"user:{people['bureau'].pk}", "bureau", _bureau_id(code))
    settling.confirm_settlement(code=code, by=bureau, at=done + timedelta(hours=1))
    _pay(code, 2, people, done + timedelta(hours=2))
    request = RepairRequest.objects.get(code=code)
    say(
        f"开工款、尾款各凭银行回单入账到户，结算 {format_yuan(PUMPS_FINAL_FEN)} 元："
        f"{request.get_state_display()}；公开页 /repair/{code}"
    )


def lift_fails(estate: Estate, people: Mapping[str, User], on: At, say: Say) -> str:
    """A lift stops: reported, found on site, decided, an advance within two days."""
    manager = By(f"user:{people['manager'].pk}", "property_manager")
    building = estate.buildings.order_by("pk")[0]
    photo = emergencies.Upload("现场.jpg", blank_page())
    reported = emergencies.report_emergency(
        estate_id=estate.pk,
        report=Report(
            situation="E1",
            danger="电梯抱闸失灵，已停运",
            part="lift",
            place=f"{building.name}电梯",
            applicant_kind="property_manager",
            applicant=_MANAGER,
            contact_phone="0556-0000000",
            exclusions=dict.fromkeys(EXCLUSIONS, False),
            warranty_until=local_day(on(0)).replace(year=on(0).year - 16, day=1),
            clause="《青枫苑管理规约》第十二条：电梯停运由物业服务企业立即申请应急维修",
            plan="更换抱闸和钢丝绳",
            estimate_fen=LIFT_FEN,
        ),
        scope=[{"building": building.pk, "entrance": None}],
        attached=emergencies.Attached(
            photos=[photo],
            papers=[emergencies.Upload("停运通知（示例）.pdf", _paper("stop"))],
            public=True,
        ),
        submission=f"demo-{estate.code}",
        by=manager,
        at=on(3, 19),
    )
    residents = By(f"user:{people['residents'].pk}", "residents_committee", estate.authority_id)
    emergencies.record_finding(
        code=reported.code,
        found=Found(
            on(3, 20),
            f"{building.name}电梯机房",
            "示例业主、示例干事、示例维保员",
            ("owner", "residents_committee", "manager"),
            qualifies=True,
            reason="抱闸失灵，轿厢停在两层之间",
        ),
        photos=[photo._replace(content=_other_picture())],
        by=residents,
        at=on(3, 20, 30),
    )
    emergencies.decide_emergency(
        code=reported.code,
        decided=Decided(True, "同意先行维修，老人上下楼有危险", LIFT_FEN, LIFT_FEN // 2),
        by=By(f"user:{people['organiser'].pk}", "organiser"),
        at=on(3, 21, 30),
    )
    half = LIFT_FEN // 2
    _apply(
        reported.code,
        LIFT_FEN,
        _LIFT_FIRM,
        [Stage("advance", half), Stage("final", LIFT_FEN - half)],
        manager,
        on(2, 9),
    )
    _review(reported.code, "bureau", "bureau", people, on(2, 14))
    _pay(reported.code, 1, people, on(2, 15))
    hours = (on(2, 18) - on(3, 19)) // timedelta(hours=1)
    say(
        f"“{reported.title}”应急维修：上报、认定、决定、审核到预拨，共 {hours} 小时；"
        f"公开页 /repair/{reported.code}"
    )
    return reported.code


def _apply(code: str, fen: int, firm: str, plan: list[Stage], by: By, at: datetime) -> None:
    applications.add_paper(
        code=code,
        kind="contract",
        name="施工合同（示例）.pdf",
        content=_paper("contract"),
        by=by,
        at=at,
    )
    sought = Sought(
        amount_fen=fen,
        contract_fen=fen,
        contract_firm=firm,
        payee=Payee(firm, "样例银行东区支行", "6222000000000099"),
        plan=plan,
        audited_fen=None,
        no_audit="合同单价经街道招标确定，不再审核",
    )
    applications.draft_application(code=code, sought=sought, by=by, at=at)
    applications.file_application(code=code, by=by, at=at + timedelta(hours=1))


def _review(code: str, step: str, key: str, people: Mapping[str, User], at: datetime) -> None:
    user = people[key]
    request = RepairRequest.objects.get(code=code)
    role = "street_office" if step == "street" else "bureau"
    reviewing.review_application(
        code=code,
        word=reviewing.Word(step, "pass", dict.fromkeys(CODES, Answer(ok=True))),
        by=By(f"user:{user.pk}", role, request.desk_authority_id),
        name=str(user),
        at=at,
    )


def _pay(code: str, position: int, people: Mapping[str, User], at: datetime) -> None:
    """Asked for by the manager, confirmed and ordered by one official, closed by another."""
    authority = _bureau_id(code)
    bureau, second = (
        By(f"user:{people[one].pk}", "bureau", authority) for one in ("bureau", "second")
    )
    manager = By(f"user:{people['manager'].pk}", "property_manager")
    releases.ask_instalment(code=code, position=position, by=manager, at=at)
    one = releases.confirm_instalment(
        code=code, position=position, by=bureau, at=at + timedelta(hours=1)
    )
    releases.order_release(instalments=[one.pk], by=bureau, at=at + timedelta(hours=2))
    one.refresh_from_db()
    receipts.close_payment(
        code=code,
        position=position,
        receipt=Receipt(
            f"{code[:6]}{position:04}", local_day(at), one.payable_fen or 0, "6222000000000099"
        ),
        scan=_paper(f"receipt{position}"),
        by=second,
        at=at + timedelta(hours=3),
    )


def _bureau_of(estate: Estate) -> Authority:
    return next(one for one in authority_chain(estate) if one.kind == "district_bureau")


def _bureau_id(code: str) -> int:
    account = FundAccount.objects.get(estate__repairs__code=code)
    return account.special.authority_id


def _paper(mark: str) -> bytes:
    return f"%PDF-1.4\n% {mark}\n%%EOF\n".encode()


def _other_picture() -> bytes:
    """Another picture than the report's: the same one proves nothing twice."""
    with BytesIO() as out:
        Image.new("RGB", (32, 24), "lightgray").save(out, "JPEG")
        return out.getvalue()
