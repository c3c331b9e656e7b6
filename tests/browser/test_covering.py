"""Covering a voucher in a real browser: mouse, fingers, keys, and by typing without scripts.

What is asserted is the picture everybody will see: black where it was drawn, white elsewhere.
"""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from disclosures.models import PaperPage
from disclosures.services.papers import cover_page, look_over
from documents.masking import Box
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    accounts_estate,
    booked,
    can_sign,
    open_books,
    published,
)
from tests.town import make_town

from .conftest import Open, shoot
from .test_owner_journeys import in_thread
from .test_staff_journeys import no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LINES = ("样例物业 收款凭证", "付款人 某某某", "车牌 样A00000", "金额 500.00")


def scan(pages: int) -> tuple[str, bytes]:
    """A PDF of white pages with some writing in the upper third."""
    sheets = []
    for _ in range(pages):
        sheet = Image.new("RGB", (1240, 1754), "white")
        pen = ImageDraw.Draw(sheet)
        for number in range(len(LINES)):
            pen.rectangle((124, 180 + 100 * number, 620, 210 + 100 * number), fill="#bbbbbb")
        sheets.append(sheet)
    out = io.BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:])
    return "凭证.pdf", out.getvalue()


@pytest.fixture
def book(db, settings, tmp_path):
    can_sign(settings, tmp_path)
    town = make_town()
    for name in ("organiser", "property_manager"):
        town.person(name)
    return open_books(accounts_estate(town.here.estate))


@pytest.fixture
def paper(book):
    return _paper(book, 2)


def _paper(book, pages):
    entry = booked(book, "advertising", 50_000, papers=[scan(pages)], looked=False)
    return entry.papers.get().paper


def open_cover(page: Page, paper, number: int = 1, name: str = "organiser") -> Page:
    sign_in(page, name)
    page.goto(f"/staff/accounts/papers/{paper.pk}/pages/{number}")
    loaded(page)
    return page


def loaded(page: Page) -> None:
    """Every picture has arrived."""
    page.evaluate(
        "Promise.all([...document.images].map("
        "one => one.complete || new Promise(done => { one.onload = done })))"
    )


def point(page: Page, across: float, down: float) -> tuple[float, float]:
    """Where thousandths of the picture are on the screen now."""
    box = page.locator(".mask-page svg").bounding_box()
    assert box
    return box["x"] + box["width"] * across / 1000, box["y"] + box["height"] * down / 1000


def to_top(page: Page) -> None:
    page.locator(".mask-page").evaluate("page => page.scrollIntoView()")


def drag(page: Page, here: tuple[float, float], there: tuple[float, float]) -> None:
    to_top(page)
    page.mouse.move(*point(page, *here))
    page.mouse.down()
    page.mouse.move(*point(page, (here[0] + there[0]) / 2, (here[1] + there[1]) / 2))
    page.mouse.move(*point(page, *there))
    page.mouse.up()


class Fingers:
    """Touches as Chromium gets them from a screen."""

    def __init__(self, page: Page) -> None:
        self._to = page.context.new_cdp_session(page)

    def at(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._to.send(
            "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": touches}
        )

    def slide(self, *ways: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Each finger from here to there, at once."""
        self.at("Start", *(here for here, _there in ways))
        for step in range(1, 9):
            self.at("Move", *(
                (a[0] + (b[0] - a[0]) * step / 8, a[1] + (b[1] - a[1]) * step / 8)
                for a, b in ways
            ))  # fmt: skip
        self.at("End")


def field(page: Page) -> list[list[int]]:
    text = page.locator("#id_boxes").input_value()
    return [[int(side) for side in part.split(",")] for part in text.split(";") if part]


def close(box: list[int], wanted: list[int], by: int = 5) -> bool:
    return all(abs(one - other) <= by for one, other in zip(box, wanted, strict=True))


def shown(page: Page, paper, number: int = 1):
    """Brightness, 0 to 255, at thousandths of the picture that everybody will see."""
    answer = page.request.get(f"/staff/accounts/papers/{paper.pk}/pages/{number}.jpg?shown=1")
    picture = Image.open(io.BytesIO(answer.body())).convert("L")
    return lambda x, y: picture.getpixel(
        (picture.width * x // 1000, picture.height * y // 1000)
    )


def is_covered(look, box: list[int]) -> bool:
    """Black just within the four sides and in the middle, not black just outside."""
    left, top, width, height = box
    right, bottom = left + width, top + height
    mid = ((left + right) // 2, (top + bottom) // 2)
    within = [
        mid,
        (left + 4, mid[1]),
        (right - 4, mid[1]),
        (mid[0], top + 4),
        (mid[0], bottom - 4),
    ]
    beside = [
        (left - 12, mid[1]),
        (right + 12, mid[1]),
        (mid[0], top - 9),
        (mid[0], bottom + 9),
    ]
    return all(look(*one) < 24 for one in within) and all(look(*one) > 150 for one in beside)


def test_with_the_mouse_at_a_desk(open_page: Open, paper) -> None:
    page = open_cover(open_page(width=1280, height=1000), paper)
    expect(page.locator("#id_boxes")).to_be_hidden()
    drag(page, (90, 150), (400, 190))
    drag(page, (700, 420), (560, 340))  # from the lower right to the upper left
    page.mouse.click(*point(page, 900, 450))  # a click is no box, and chooses nothing
    assert len(field(page)) == 2
    drag(page, (300, 300), (350, 350))
    page.get_by_role("button", name="撤销").click()
    drag(page, (900, 200), (1300, 250))  # beyond the edge
    assert field(page)[2][0] + field(page)[2][2] == 1000
    shoot(page, "covering-1280")
    no_sideways(page)
    page.mouse.click(*point(page, 950, 225))
    page.get_by_role("button", name="删除", exact=True).click()
    expect(page.locator("#mask-told")).to_contain_text("共遮盖2处")
    boxes = field(page)
    assert close(boxes[0], [90, 150, 310, 40])
    assert close(boxes[1], [560, 340, 140, 80])
    rects = page.locator(".mask-page rect").evaluate_all(
        "all => all.map(r => ['x', 'y', 'width', 'height'].map(n => +r.getAttribute(n)))"
    )
    assert rects == boxes

    page.get_by_role("button", name="保存，看下一页").click()
    expect(page.locator("h1")).to_contain_text("第2页")
    assert field(page) == []
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("button", name="每一页都看过，可以公开")).to_be_visible()
    expect(page.locator("main")).to_contain_text("遮盖2处")
    loaded(page)
    shoot(page, "covering-paper-1280")
    look = shown(page, paper)
    assert all(is_covered(look, box) for box in boxes)
    assert look(950, 225) > 150  # what was deleted
    assert look(325, 325) > 150  # what was undone
    assert PaperPage.objects.get(paper=paper, number=1).boxes == boxes


def test_with_a_finger_on_a_phone(open_page: Open, paper) -> None:
    page = open_page(width=360, height=640, has_touch=True, is_mobile=True)
    open_cover(page, paper)
    no_sideways(page)
    to_top(page)
    fingers, before = Fingers(page), page.evaluate("window.scrollY")
    fingers.slide((point(page, 90, 250), point(page, 290, 450)))
    page.wait_for_timeout(300)
    assert page.evaluate("window.scrollY") == before  # one finger draws
    fingers.slide((point(page, 100, 600), point(page, 500, 601)))  # along a line of writing
    fingers.at("Start", point(page, 800, 100))
    fingers.at("End")
    boxes = field(page)
    assert len(boxes) == 2, boxes
    assert close(boxes[0], [90, 250, 200, 200], by=8)
    assert boxes[1][3] >= 10
    shoot(page, "covering-360")

    # A finger on what is covered chooses it; two fingers draw nothing and move the page.
    fingers.at("Start", point(page, 200, 350))
    fingers.at("End")
    expect(page.locator(".chip").first).to_have_attribute("aria-pressed", "true")
    fingers.slide(
        (point(page, 300, 600), point(page, 300, 450)),
        (point(page, 500, 600), point(page, 500, 450)),
    )
    assert field(page) == boxes
    page.wait_for_timeout(300)
    assert page.evaluate("window.scrollY") > before
    # Beside the picture one finger moves the page.
    page.evaluate("window.scrollTo(0, 0)")
    head = page.locator("h1").bounding_box()
    assert head
    fingers.slide(((head["x"] + 20, head["y"] + 10), (head["x"] + 20, head["y"] - 190)))
    page.wait_for_timeout(300)
    assert page.evaluate("window.scrollY") > 0
    assert field(page) == boxes

    page.get_by_role("button", name="保存，回到凭证").click()
    expect(page.locator("main")).to_contain_text("遮盖2处")
    loaded(page)
    shoot(page, "covering-paper-360")
    no_sideways(page)
    look = shown(page, paper)
    assert is_covered(look, boxes[0])
    assert look(300, 601) < 24
    assert look(800, 100) > 150


def test_with_keys(open_page: Open, paper) -> None:
    page = open_cover(open_page(width=1280, height=1000), paper)
    page.get_by_role("button", name="加一处").press("Enter")
    [[left, top, width, height]] = field(page)
    for key in ["ArrowLeft"] * 4 + ["ArrowDown"] * 2 + ["Shift+ArrowRight"] * 3:
        page.keyboard.press(key)
    assert field(page) == [[left - 20, top + 10, width + 15, height]]
    page.keyboard.press("Shift+ArrowUp")
    [moved] = field(page)
    assert moved[3] == height - 5
    page.get_by_role("button", name="加一处").press("Enter")
    page.keyboard.press("Delete")
    assert field(page) == [moved]
    assert page.evaluate("document.activeElement.className") == "chip"
    page.get_by_role("button", name="撤销").press("Enter")
    assert len(field(page)) == 2
    page.get_by_role("button", name="撤销").press("Enter")
    page.get_by_role("button", name="撤销").press("Enter")  # a run of arrows is one step
    assert field(page) == [[left, top, width, height]]
    for _ in range(200):
        page.locator(".chip").press("ArrowUp")
    [box] = field(page)
    assert box == [left, 0, width, height]  # never off the page
    page.get_by_role("button", name="保存，回到凭证").press("Enter")
    expect(page.locator("main")).to_contain_text("遮盖1处")
    look = shown(page, paper)
    assert look(left + width // 2, height // 2) < 24
    assert look(left + width // 2, height + 20) > 150


def test_what_is_public_stays_covered(open_page: Open, book) -> None:
    paper, saved = _paper(book, 1), [[100, 100, 400, 40]]
    cover_page(page_id=paper.pages.get().pk, boxes=[Box(*saved[0])], by=COMMITTEE, at=AT)
    look_over(paper_id=paper.pk, by=COMMITTEE, at=AT)
    in_thread(lambda: published(book))
    page = open_cover(open_page(width=1280, height=1000), paper)
    expect(page.locator("main")).to_contain_text("只能再加")
    to_top(page)
    page.mouse.click(*point(page, 300, 120))
    expect(page.get_by_role("button", name="第1处，已经公开")).to_be_visible()
    expect(page.get_by_role("button", name="删除", exact=True)).to_be_disabled()
    page.locator(".chip").press("Delete")
    page.locator(".chip").press("ArrowDown")
    assert field(page) == saved
    drag(page, (100, 300), (500, 340))
    drag(page, (100, 400), (500, 440))
    shoot(page, "covering-public-1280")
    page.get_by_role("button", name="清除未保存").click()
    assert field(page) == saved
    drag(page, (100, 300), (500, 340))
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".errors")).to_contain_text("再遮盖要写明原因")
    assert len(field(page)) == 2  # what was drawn is not lost
    page.get_by_label("为什么再遮盖").fill("露出了付款人的手机号")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("main")).to_contain_text("公布以后又遮盖了1处")
    look = shown(page, paper)
    assert is_covered(look, [100, 100, 400, 40])
    assert is_covered(look, [100, 300, 400, 40])


def test_by_typing_without_scripts(open_page: Open, paper) -> None:
    page = sign_in(open_page(js=False, width=360, height=640), "organiser")
    page.goto(f"/staff/accounts/papers/{paper.pk}/pages/1")
    expect(page.locator("#mask-tools")).to_be_hidden()
    page.get_by_label("遮盖的位置").fill("100,150，320,40；700,500,400,50")
    page.get_by_role("button", name="保存，回到凭证").click()
    expect(page.locator(".error")).to_contain_text("超出了页面")
    shoot(page, "covering-refused-360")
    no_sideways(page)
    page.get_by_label("遮盖的位置").fill("100,150，320,40；700,500,300,50")
    page.get_by_role("button", name="保存，回到凭证").click()
    expect(page.locator("main")).to_contain_text("遮盖2处")
    look = shown(page, paper)
    assert is_covered(look, [100, 150, 320, 40])
    assert look(850, 525) < 24
    page.goto(f"/staff/accounts/papers/{paper.pk}/pages/1")
    expect(page.locator(".mask-page rect")).to_have_count(2)
    shoot(page, "covering-typed-360")


def test_what_cannot_be_drawn_stays_and_is_seen(open_page: Open, paper) -> None:
    page = open_cover(open_page(width=360), paper)
    page.locator("#mask-typed").evaluate("one => { one.hidden = false }")
    page.locator("#id_boxes").fill("10,10,50,50;900,1,200,9")
    drag(page, (200, 200), (400, 240))
    assert page.locator("#id_boxes").input_value().endswith(";900,1,200,9")
    page.get_by_role("button", name="保存，回到凭证").click()
    expect(page.locator("#id_boxes_error")).to_contain_text("超出了页面")
    expect(page.locator("#id_boxes")).to_be_visible()
    expect(page.locator(".mask-page rect")).to_have_count(2)
    shoot(page, "covering-wrong-360")
