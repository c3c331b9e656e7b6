"""Covering the pages of a voucher, through HTTP: what is under a box is gone for everybody."""

import io
import re

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from disclosures.models import PaperPage
from disclosures.services.papers import look_over
from tests.disclosures.accounts import (
    COMMITTEE,
    accounts_estate,
    booked,
    can_sign,
    entered,
    open_books,
    published,
)

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path):
    can_sign(settings, tmp_path)


@pytest.fixture
def desk(town):
    def sign_in(name):
        client = Client()
        client.force_login(town.person(name), backend=BACKEND)
        return client

    return sign_in


@pytest.fixture
def book(town):
    return open_books(accounts_estate(town.here.estate))


@pytest.fixture
def paper(book):
    return paper_of(entered(book, "advertising", 50_000, papers=[scan(3)]))


def scan(pages):
    """A PDF of so many white pages."""
    sheets = [Image.new("RGB", (620, 877), "white") for _ in range(pages)]
    out = io.BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:])
    return "凭证.pdf", out.getvalue()


def paper_of(entry):
    return entry.papers.get().paper


def at(paper, number=None):
    home = f"/staff/accounts/papers/{paper.pk}/"
    return home if number is None else f"{home}pages/{number}"


def boxes_of(paper, number=1):
    return PaperPage.objects.get(paper=paper, number=number).boxes


def drawn(html):
    """The rectangles over the picture."""
    svg = re.search(r"<svg.*?</svg>", html, re.S).group()
    sides = r'x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"'
    return [[int(side) for side in one] for one in re.findall(sides, svg)]


def at_the_field(html):
    return re.findall(r'id="id_boxes_error">([^<]+)<', html)


def test_page_after_page_and_back_to_the_button(desk, paper):
    client = desk("organiser")
    said = ["10,20,300,40", "", "1,1,9,9；500,500，100,100"]
    for number, text in enumerate(said, 1):
        shown = client.get(at(paper, number)).content.decode()
        assert ('name="onward"' in shown) == (number < 3)
        answer = client.post(at(paper, number), {"boxes": text, "onward": "yes"})
        assert answer.status_code == 302
        assert answer.url == (at(paper, number + 1) if number < 3 else at(paper))
    assert boxes_of(paper) == [[10, 20, 300, 40]]
    assert boxes_of(paper, 2) == []
    assert boxes_of(paper, 3) == [[1, 1, 9, 9], [500, 500, 100, 100]]
    home = client.get(at(paper)).content.decode()
    assert "第3页已保存，遮盖2处" in home
    assert re.findall("遮盖\\d处|没有遮盖", home.split("<h1>")[1]) == [
        "遮盖1处", "没有遮盖", "遮盖2处",
    ]  # fmt: skip
    assert "每一页都看过" in home
    again = client.get(at(paper, 3)).content.decode()
    assert drawn(again) == boxes_of(paper, 3)
    assert "1,1,9,9;500,500,100,100</textarea>" in again


def test_saving_without_going_on(desk, paper):
    answer = desk("property_manager").post(at(paper, 1), {"boxes": "1,2,3,4"})
    assert answer.url == at(paper)


def test_the_picture_is_black_where_covered_and_the_original_stays(desk, paper):
    client = desk("organiser")
    client.post(at(paper, 1), {"boxes": "100,200,300,50"})

    def picture(query):
        answer = client.get(f"{at(paper, 1)}.jpg{query}")
        assert answer["Content-Type"] == "image/jpeg"
        assert "no-store" in answer["Cache-Control"]
        found = Image.open(io.BytesIO(answer.content)).convert("L")
        return lambda across, down: found.getpixel(
            (found.width * across // 1000, found.height * down // 1000)
        )

    shown, plain = picture("?shown=1"), picture("")
    assert shown(250, 225) < 16
    assert plain(250, 225) > 239
    for place in ((80, 225), (420, 225), (250, 190), (250, 260), (900, 900)):
        assert shown(*place) > 239


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10,20,30", "四个数"),
        ("10,20,30,左", "四个数"),
        ("900,0,200,10", "超出了页面"),
        ("10,10,0,10", "大于零"),
        (";".join(["1,1,5,5"] * 41), "最多遮盖40处"),
    ],
)
def test_bad_boxes_are_told_at_the_field_and_nothing_is_lost(desk, paper, text, told):
    client = desk("organiser")
    client.post(at(paper, 1), {"boxes": "1,2,3,4"})
    answer = client.post(at(paper, 1), {"boxes": f"7,7,7,7;{text}"})
    assert answer.status_code == 400
    html = answer.content.decode()
    [sentence] = at_the_field(html)
    assert told in sentence
    assert f"7,7,7,7;{text}</textarea>" in html
    assert boxes_of(paper) == [[1, 2, 3, 4]]


def test_once_public_boxes_are_only_added(desk, town, book):
    paper = paper_of(booked(book, "advertising", 50_000, papers=[scan(1)], looked=False))
    client = desk("organiser")
    client.post(at(paper, 1), {"boxes": "1,2,30,40"})
    assert "data-fixed " not in client.get(at(paper, 1)).content.decode()
    look_over(paper_id=paper.pk, by=COMMITTEE, at=book.opened_at)
    client.post(at(paper, 1), {"boxes": "5,6,30,40"})  # looked over, but not out
    published(book)
    page = client.get(at(paper, 1)).content.decode()
    assert 'class="fixed" x="5" y="6"' in page
    assert "data-fixed " in page
    for text in ("", "5,6,30,39", "9,9,9,9"):
        answer = client.post(at(paper, 1), {"boxes": text})
        assert answer.status_code == 400
        html = answer.content.decode()
        assert "只能增加" in "".join(at_the_field(html))
        assert f"{text}</textarea>" in html
        assert boxes_of(paper) == [[5, 6, 30, 40]]
    more = {"boxes": "5,6,30,40;9,9,9,9"}
    for reason in ("", "手机", "露出了手机号13800000000"):
        refused = client.post(at(paper, 1), {**more, "reason": reason})
        assert refused.status_code == 400
        assert boxes_of(paper) == [[5, 6, 30, 40]]
    why = "露出了付款人的手机号"
    assert client.post(at(paper, 1), {**more, "reason": why}).status_code == 302
    assert boxes_of(paper) == [[5, 6, 30, 40], [9, 9, 9, 9]]
    # Nothing more is covered: nothing has to be said.
    assert client.post(at(paper, 1), more).status_code == 302
    told = f"公布以后又遮盖了1处：{timezone.localdate()}，业主委员会，原因是“{why}”。"
    estate, entry = paper.estate, paper.entries.get().entry
    first = f"{entry.period.first:%Y-%m-%d}"
    public = f"/e/{estate.code}/accounts/revenue/{first}/lines/{entry.number}/"
    for address in (public, at(paper)):
        assert client.get(address).content.decode().count(told) == 1


@pytest.mark.parametrize(
    "name", ["other organiser", "other property_manager", "other street_office", "stranger"]
)
def test_other_places_do_not_exist(desk, paper, name):
    client = desk(name)
    for address in (at(paper), at(paper, 1), f"{at(paper, 1)}.jpg"):
        assert client.get(address).status_code == 404
    assert client.post(at(paper, 1), {"boxes": "1,2,3,4"}).status_code == 404
    assert boxes_of(paper) == []


def test_no_page_beyond_the_last(desk, paper):
    client = desk("organiser")
    for number in (0, 4):
        assert client.get(at(paper, number)).status_code == 404
        assert client.get(f"{at(paper, number)}.jpg").status_code == 404


def test_the_picture_is_private(paper, town):
    page = PaperPage.objects.get(paper=paper, number=1)
    for address in (f"{at(paper, 1)}.jpg", f"{at(paper, 1)}.jpg?shown=1", at(paper, 1)):
        answer = Client().get(address)
        assert answer.status_code == 302
        assert "login" in answer.url
    public = f"/e/{town.here.estate.code}/accounts/papers/{page.pk}.jpg"
    assert Client().get(public).status_code == 404


def test_nothing_inline(desk, paper):
    html = desk("organiser").get(at(paper, 1)).content.decode()
    assert "mask.js" in html
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|<style", html)
