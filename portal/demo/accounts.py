"""The accounts of the demo: two published quarters, one of them corrected, a late neighbour.

Every step is the command a person of that role would give, at an explicit instant.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageDraw

from accounts.models import User
from core.deadlines import local_day, start_of
from core.exact import format_yuan
from disclosures.domain.closing import asked
from disclosures.domain.entries import Money
from disclosures.domain.periods import Period, before, period_of
from disclosures.models import Book, Contract, Entry, Publication
from disclosures.selectors.figures import figures_of
from disclosures.selectors.rules import account_rules
from disclosures.services import (
    books,
    disclosing,
    duties,
    entries,
    papers,
    publishing,
    questions,
    sources,
)
from disclosures.steps import By, period_at
from documents.masking import Box
from registry.models import Estate
from registry.services import places

PHONE = "0556-0000000"
NEIGHBOUR = "样例新村"
_MANAGER = "样例物业服务有限公司"
_MEDIA = "样例鑫达文化传媒有限公司"
Say = Callable[[str], None]
At = Callable[..., datetime]


class Moved(NamedTuple):
    """A movement of the story: on which day of the quarter, for what, how much."""

    day: int
    heading: str
    fen: int
    party: str
    text: str
    decision: str = ""


_OLDER = (
    Moved(8, "parking", 2_713_000, "业主", "4至6月地面车位月租"),
    Moved(15, "advertising", 1_800_000, _MEDIA, "电梯广告费"),
    Moved(20, "equipment", 450_000, "样例蜂巢网络科技有限公司", "快递柜场地费"),
    Moved(40, "upkeep", 596_230, "样例供电公司", "道闸、路灯电费"),
    Moved(70, "tax", 287_560, "税务机关", "增值税及附加"),
    Moved(85, "to_fund", 4_000_000, "住宅专项维修资金专户", "转入维修资金"),
)
_NEWER = (
    Moved(8, "parking", 2_861_450, "业主", "7至9月地面车位月租"),
    Moved(15, "advertising", 1_800_000, _MEDIA, "电梯广告费"),
    Moved(20, "equipment", 450_000, "样例蜂巢网络科技有限公司", "快递柜场地费"),
    Moved(33, "advertising", 126_000, "样例明日广告有限公司", "道闸广告费"),
    Moved(40, "upkeep", 623_140, "样例供电公司", "道闸、路灯电费"),
    Moved(70, "tax", 291_733, "税务机关", "增值税及附加"),
    Moved(85, "to_fund", 4_401_787, "住宅专项维修资金专户", "转入维修资金"),
)


def publish_accounts(
    estate: Estate, people: Mapping[str, User], on: At, today: date, say: Say
) -> None:
    """Two quarters that ended, the last one corrected after an owner's question."""
    story = _Accounts(estate, people, on)
    newer = before("quarterly", period_of("quarterly", today))
    older = before("quarterly", newer)
    # The last quarter may have ended yesterday: what follows it fits into the days since.
    since = (today - newer.last).days
    steps = [max(1, since * part // 10) for part in (9, 7, 6, 5)]
    story.register(start_of(older.first))
    story.keep(older, _OLDER)
    first = story.publish(older, on(58))
    story.keep(newer, _NEWER)
    second = story.publish(newer, on(steps[0], 10))
    story.question(second, on(steps[1], 10), on(steps[2], 10))
    third = story.correct(newer, on(steps[3], 10))
    for one in (first, second, third):
        say(
            f"公共收益 {one.period.first} 至 {one.period.last} 第{one.version}版已公布，"
            f"余额 {format_yuan(one.closing_fen)} 元"
        )
    story.expenses(older, on(57), newer, on(steps[0], 15))
    _late_neighbour(estate, people, older, on(50), say)
    story.disclose(on(40))
    duties.open_duties(on(0))


class _Accounts:
    """One estate's book, with the people who keep and check it."""

    def __init__(self, estate: Estate, people: Mapping[str, User], on: At) -> None:
        self.estate = estate
        self.manager = By(f"user:{people['manager'].pk}", "property_manager")
        self.committee = By(f"user:{people['organiser'].pk}", "organiser")
        self.neighbours = By(f"user:{people['residents'].pk}", "residents_committee")
        self.contract: Contract | None = None
        self.serial = 0

    def register(self, at: datetime) -> None:
        """The book, and where the income comes from."""
        self.book: Book = books.open_book(
            estate_id=self.estate.pk,
            kind="revenue",
            frequency="quarterly",
            opened_on=local_day(at),
            opening=(1_238_045, "上一季末的银行对账单（示例）"),
            held=books.Held(
                "property_manager", _MANAGER, True, "样例银行（示例）", "6222000000000427"
            ),
            by=self.committee,
            at=at,
        )
        for kind, place, quantity in (
            ("parking", "小区内道路、地面", "86个"),
            ("lift_ad", "各单元电梯轿厢", "48个"),
            ("locker", "北门东侧", "2组"),
        ):
            source = sources.record_source(
                estate_id=self.estate.pk,
                kind=kind,
                place=place,
                quantity=quantity,
                by=self.committee,
                at=at,
            )
            if kind == "lift_ad":
                first = local_day(at).replace(month=1, day=1)
                self.contract = sources.record_contract(
                    source_id=source.pk,
                    deal=sources.Deal(
                        f"广告〔{first.year}〕2号",
                        _MEDIA,
                        "organisation",
                        True,
                        1_800_000,
                        "quarter",
                        first,
                        first.replace(year=first.year + 2) - timedelta(days=1),
                    ),
                    name="电梯广告合同.png",
                    content=_picture("LIFT ADVERTISING CONTRACT"),
                    by=self.committee,
                    at=at,
                )

    def keep(self, period: Period, moved: tuple[Moved, ...]) -> None:
        """The entries of a quarter: entered by the one, reviewed by the other."""
        for one in moved:
            self.enter(one, start_of(period.first) + timedelta(days=one.day, hours=10))

    def enter(self, one: Moved, at: datetime) -> Entry:
        """A movement of the common income."""
        return self._enter(self.book, one, at)

    def _enter(self, book: Book, one: Moved, at: datetime) -> Entry:
        self.serial += 1
        revenue = book.kind == "revenue"
        name = f"凭证{self.serial}.png"
        mark = f"RECEIPT {self.serial}  {one.heading}  {format_yuan(one.fen)}"
        lift = one.party == _MEDIA and self.contract is not None
        entry = entries.enter(
            book_id=book.pk,
            money=Money(one.heading, one.fen),
            said=entries.Said(
                local_day(at),
                one.party,
                one.text,
                self.contract.pk if lift and self.contract else None,
                one.decision,
            ),
            papers=[(name, _picture(mark))],
            submission=f"demo-{self.serial}",
            by=self.manager if revenue else self.committee,
            at=at,
        )
        checker = self.committee if revenue else self.neighbours
        return self._review(entry, at + timedelta(days=2), checker)

    def publish(self, period: Period, at: datetime, *, correction: str = "") -> Publication:
        """Close the quarter with the bank's statement; the committee publishes it."""
        return self._publish(
            self.book, period, at, self.manager, self.committee, correction=correction
        )

    def _publish(
        self,
        book: Book,
        period: Period,
        at: datetime,
        keeper: By,
        checker: By,
        *,
        correction: str = "",
    ) -> Publication:
        row = period_at(book, period.first)
        row.book = book
        figures = figures_of(row, account_rules(self.estate, local_day(at)))
        closing = publishing.prepare(
            book_id=book.pk,
            day=period.first,
            statement=publishing.Statement(
                figures.closing,
                period.last,
                "",
                {one.key: "已核对，见凭证（示例说明）" for one in asked(figures)},
                correction,
            ),
            paper=("对账单.png", _picture(f"BANK STATEMENT {period.last}")),
            by=keeper,
            at=at,
        )
        return publishing.publish(
            closing_id=closing.pk, phone=PHONE, by=checker, at=at + timedelta(hours=2)
        )

    def question(self, out: Publication, asked_at: datetime, answered_at: datetime) -> None:
        """An owner finds a heading that is wrong; another question waits for its answer."""
        unit = self.estate.units.filter(use="residential", is_active=True).first()
        wrong = questions.ask(
            publication_id=out.pk,
            kind="wrong",
            line=self._line("道闸广告费").number,
            said=sources.Said(
                "这一笔写的是广告，可是道闸边上没有广告，是不是停车费？",
                unit.pk if unit else None,
                "demo-1",
            ),
            by=By("owner", "owner"),
            at=asked_at,
        )
        questions.answer(
            question_id=wrong.pk,
            upheld=True,
            text="查过凭证，是临时停车费，科目记错了。已冲正重记，这一期更正后重新公布。",
            covered=[],
            by=self.committee,
            at=answered_at,
        )

    def correct(self, period: Period, at: datetime) -> Publication:
        """Take the wrong entry back, book the right one, publish the quarter again."""
        wrong = self._line("道闸广告费")
        day = wrong.dated_on
        back = entries.reverse(
            entry_id=wrong.pk,
            dated_on=day,
            reason="科目记错，应为临时停车费",
            by=self.manager,
            at=at - timedelta(hours=5),
        )
        self._review(back, at - timedelta(hours=4), self.committee)
        right = Moved(0, "parking", wrong.fen, "业主", "7至9月临时停车费")
        self.enter(right, start_of(day) + timedelta(hours=10))
        out = self.publish(
            period, at, correction=f"第{wrong.number}笔科目记错：广告改为车位场地使用费"
        )
        questions.ask(
            publication_id=out.pk,
            kind="question",
            line=None,
            said=sources.Said("下个季度的电梯广告还续签吗，价格变不变？", None, "demo-2"),
            by=By("owner", "owner"),
            at=at + timedelta(hours=3),
        )
        return out

    def disclose(self, at: datetime) -> None:
        """The manager's own two of the three disclosures (三公开)."""
        said = (
            disclosing.Service(
                prices="物业服务费每月每平方米 1.45 元；地面车位每月 150 元。",
                content="保洁、绿化、秩序维护、公共部位和设施设备的日常维护。",
                standard="楼道每天清扫一次，电梯困人 30 分钟内到场，报修 24 小时内上门。",
            ),
            disclosing.Complaints(
                phone=PHONE,
                hours="每天 8:00 至 20:00",
                place="北门物业服务中心",
                street_phone=PHONE,
                bureau_phone=PHONE,
            ),
        )
        for one in said:
            disclosing.disclose(
                estate_id=self.estate.pk,
                manager=_MANAGER,
                said=one,
                file=None,
                by=self.manager,
                at=at,
            )

    def expenses(self, older: Period, then: datetime, newer: Period, later: datetime) -> None:
        """The committee's own money: it keeps the book, the residents' committee checks."""
        book = books.open_book(
            estate_id=self.estate.pk,
            kind="expenses",
            frequency="quarterly",
            opened_on=older.first,
            opening=(320_000, "上一季末的银行对账单（示例）"),
            held=books.Held(
                "committee", f"{self.estate.name}业主委员会", True, "样例银行（示例）",
                "6222000000000435",
            ),
            by=self.committee,
            at=start_of(older.first),
        )  # fmt: skip
        spent = Moved(20, "office", 46_800, "样例文具店", "打印、信封和邮寄")
        for period, at in ((older, then), (newer, later)):
            self._enter(book, spent, start_of(period.first) + timedelta(days=20, hours=9))
            self._publish(book, period, at, self.committee, self.neighbours)

    def _line(self, text: str) -> Entry:
        return self.book.entries.get(text=text, state="sealed")

    def _review(self, entry: Entry, at: datetime, checker: By) -> Entry:
        for paper in entry.papers.values_list("paper", flat=True):
            page = entry.papers.get(paper=paper).paper.pages.get()
            papers.cover_page(
                page_id=page.pk, boxes=[Box(100, 300, 780, 60)], by=self.manager, at=at
            )
            papers.look_over(paper_id=paper, by=self.manager, at=at)
        return entries.review(entry_id=entry.pk, by=checker, at=at)


def _late_neighbour(
    estate: Estate, people: Mapping[str, User], period: Period, at: datetime, say: Say
) -> None:
    """Both estates have to publish; the other one does not."""
    other = Estate.objects.filter(name=NEIGHBOUR).first() or places.create_estate(
        name=NEIGHBOUR, division_code=estate.division_id, actor="system", at=at
    )
    duties.enrol(
        estate_ids=[estate.pk, other.pk],
        since=period.first,
        has_manager=True,
        by=By(f"user:{people['street'].pk}", "street_office"),
        at=at,
    )
    say(f"“{estate.name}”和“{other.name}”已纳入公开督查，{other.name}还什么都没有公布")


def _picture(mark: str) -> bytes:
    """A sheet that says what it stands for; the lines of a name and a number on it."""
    sheet = Image.new("RGB", (900, 640), "white")
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((40, 40, 860, 600), outline="black", width=3)
    draw.text((80, 90), f"SAMPLE  {mark}", fill="black", font_size=30)
    draw.text((100, 205), "payee: (invented name)  no. 000-000-000", fill="black", font_size=24)
    for line in range(5):
        draw.line((80, 320 + 50 * line, 820, 320 + 50 * line), fill="gray")
    with BytesIO() as out:
        sheet.save(out, "PNG")
        return out.getvalue()
