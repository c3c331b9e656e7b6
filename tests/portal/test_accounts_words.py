"""Differences in words, and the bars of a period."""

import re
from xml.etree import ElementTree

import pytest

from portal.templatetags.public_accounts import (
    accounts_chart,
    repair_of,
    than_before,
    than_opening,
    than_year,
)
from tests.documents.bulletin_samples import QUARTER, bulletin, line

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("difference", "before", "year", "opening"),
    [
        (12_00, "比上期多了 12.00 元", "比去年同期多了 12.00 元", "这一期多了 12.00 元"),
        (-1, "比上期少了 0.01 元", "比去年同期少了 0.01 元", "这一期少了 0.01 元"),
        (0, "和上期一样", "和去年同期一样", "和开始时一样多"),
    ],
)
def test_more_less_the_same(difference, before, year, opening):
    assert than_before(difference) == before
    assert than_year(difference) == year
    assert than_opening(difference) == opening


def test_an_earlier_period_that_was_not_published():
    assert than_before(None) == "上期没有公布"
    assert than_year(None) == ""


@pytest.mark.parametrize("size", [18, 24, 30, 99])
def test_every_heading_has_its_bar_and_its_words(size):
    facts = bulletin()
    drawn = ElementTree.fromstring(accounts_chart(facts, size))
    spoken = drawn.find(f"{SVG}desc").text
    printed = ["".join(one.itertext()) for one in drawn.iter(f"{SVG}text")]
    for one in QUARTER:
        assert one.account in spoken
    for side in ("in", "cost", "use"):
        for one in (heading for heading in facts.headings if heading.side == side):
            whole, part = divmod(one.fen, 100)
            assert f"{whole:,}.{part:02}" in printed
    wide = float(drawn.get("viewBox").split()[2])
    for path in drawn.iter(f"{SVG}path"):
        for length in re.findall(r"h(\d+)v", path.get("d")):
            assert float(length) <= wide


def test_nothing_moved():
    drawn = accounts_chart(bulletin((), past={}), 18)
    assert ElementTree.fromstring(drawn).find(f"{SVG}text") is None


@pytest.mark.parametrize(
    ("basis", "code"),
    [
        ("维修编码7K4M2QXH9T3W", "7K4M2QXH9T3W"),
        ("维修编码", ""),
        ("", ""),
        ("合同1", ""),
        ("合同维修编码1/2", ""),
    ],
)
def test_the_repair_behind_an_entry_of_the_fund(basis, code):
    assert repair_of(line(1, "use", "维修支出", "20户分摊", 5, basis=basis)) == code
