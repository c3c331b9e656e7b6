"""The leak audit on the organiser's pages: one sentence, its detail, and no names."""

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import product
from math import prod

import pytest
from django.core.cache import cache
from django.urls import reverse

from portal import leaks
from portal.leaks import leaks_of, sentence
from registry.models import Owner, Unit
from tests.town import announced, draft
from voting.domain.leaks import FULL, TWO_THIRDS, Case, Report

HEADING = "公布的合计会不会暴露个人的选择"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


def pages(client, user, *addresses):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return [client.get(address) for address in addresses]


def told(page):
    """What the audit says on a page."""
    content = page.content.decode()
    start = content.index(HEADING)
    return content[start : content.index("</details>", start)]


def average(areas):
    """By brute force: how many choices all that is published gives away, on average."""
    outcomes = defaultdict(list)
    for way in product((0, 1, 2), repeat=len(areas)):
        sums = [sum(a for a, c in zip(areas, way, strict=True) if c == o) for o in (0, 1, 2)]
        outcomes[way.count(0), way.count(1), *sums].append(way)
    total = 0.0
    for ways in outcomes.values():
        weight = len(ways) * prod((0.75, 0.15, 0.1)[choice] for choice in ways[0])
        most = (Counter(column).most_common(1)[0][1] for column in zip(*ways, strict=True))
        total += weight * sum(number >= 0.99 * len(ways) for number in most)
    return total


# --- pages ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_before_the_announcement_the_organiser_reads_one_sentence(town, client):
    sketch = draft(town.here.estate)
    addresses = [
        reverse(f"staff:{name}", args=[sketch.code]) for name in ("session", "announce")
    ]
    for page in pages(client, town.person("organiser"), *addresses):
        assert page.status_code == 200
        assert "按准确的人数和面积公布结果，6位参加的业主里，每个事项平均大约有" in told(page)
        assert f'">{average([90, 110, 200, 100, 100, 300]):.1f}</td>' in told(page)
        assert "6位业主，5种面积，4位的面积与别人都不相同" in told(page)
        assert "占总面积的33.33" in told(page)
        assert "不知道任何人的选择" in told(page)


@pytest.mark.django_db
def test_nobody_is_named(town, client):
    running = announced(town.here.estate)
    page, *_others = pages(
        client, town.person("organiser"), reverse("staff:session", args=[running.code])
    )
    said = told(page)
    assert "<details>" in said
    for name in Owner.objects.values_list("name", flat=True):
        assert name not in said
    for label in Unit.objects.values_list("label", flat=True):
        assert label not in said


@pytest.mark.django_db
def test_after_the_announcement_it_is_the_frozen_roll_that_is_audited(town, client):
    running = announced(town.here.estate)
    Unit.objects.filter(label="1幢1单元101室").update(area=500_00)
    page, *_others = pages(
        client, town.person("supervisor"), reverse("staff:session", args=[running.code])
    )
    assert "6位业主，5种面积" in told(page)
    assert "占总面积的33.33" in told(page)


@pytest.mark.django_db
def test_who_may_not_see_drafts_does_not_see_it(town, client):
    running = announced(town.here.estate)
    address = reverse("staff:session", args=[running.code])
    page, *_others = pages(client, town.person("bureau"), address)
    assert page.status_code == 200
    assert HEADING not in page.content.decode()


@pytest.mark.django_db
def test_no_roll_no_sentence(town, client):
    sketch = draft(town.here.estate)
    Unit.objects.filter(label="1幢1单元101室").update(area=None)
    page, *_others = pages(
        client, town.person("organiser"), reverse("staff:session", args=[sketch.code])
    )
    assert "没有面积" in page.content.decode()
    assert HEADING not in page.content.decode()


# --- the sentence -----------------------------------------------------------------------


def case(expected, any_, *, always=0, exact=False, turnout=FULL, heads=100):
    return Case(turnout, heads, exact, 60, 60, Fraction(expected), Fraction(any_), always)


def said(*cases):
    return sentence(Report(100, 10, 5, Fraction(1, 10), cases))


def test_an_estimate_says_so_and_exact_figures_do_not():
    assert said(case("1.2", 1)).startswith("估计：")
    assert "估计" not in said(case("1.2", 1, exact=True))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (case(0, 0), "一般推算不出任何一位业主的选择。"),
        (case("0.0001", "0.0001", exact=True), "一般推算不出任何一位业主的选择。"),
        (case("0.2", "0.124"), "100次表决里大约有12次能推算出某位业主的选择。"),
        (
            case("1.12", 1, always=1),
            "100位参加的业主里，每个事项平均大约有1位的选择能推算出来，其中1位几乎每次都能。",
        ),
        (case("99.5", 1, always=99), "100位参加的业主，几乎人人的选择都能推算出来。"),
        (
            case("3.5", 1, always=5, heads=67, turnout=TWO_THIRDS),
            "如果只有三分之二的业主参加，按准确的人数和面积公布结果，"
            "67位参加的业主里，每个事项平均大约有4位的选择能推算出来。",
        ),
    ],
)
def test_the_sentence(given, words):
    assert said(given).endswith(words)
    assert said(given).count("。") == 1


def test_the_worse_turnout_is_told():
    assert "三分之二" in said(case(1, 1), case(2, 1, turnout=TWO_THIRDS))
    assert "三分之二" not in said(case(2, 1), case(1, 1, turnout=TWO_THIRDS))


# --- keeping ----------------------------------------------------------------------------


def test_a_roll_is_audited_once_and_told_the_same(monkeypatch):
    first = leaks_of([100, 200, 300])
    monkeypatch.setattr(leaks, "audit", None)
    assert leaks_of([300, 100, 200]) == first
    with pytest.raises(TypeError):
        leaks_of([100, 200, 301])


def test_prior_and_table_are_stated():
    found = leaks_of([100, 200, 300])
    assert found.prior == ("75%", "15%", "10%")
    assert [line.turnout for line in found.lines] == ["全部3位", "三分之二，2位"]
    assert found.lines[0].method.startswith("精确")
    assert found.lines[1].method.startswith("估计")


@pytest.mark.parametrize("areas", [[], [0, 100]])
def test_nothing_to_audit(areas):
    assert leaks_of(areas) is None
