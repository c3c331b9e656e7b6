"""Rule profiles: the law as data. Expected values are the statutes', not our file's."""

from datetime import UTC, date, datetime

import pytest

from core.errors import RuleViolation
from logbook.models import Entry
from registry.domain.profiles import Layer, frozen, resolve, thawed, unverified
from registry.models import RuleProfile
from registry.selectors import profile_layers
from registry.services.profiles import confirm_profile_value, load_profiles

AT = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)


def layer(code, start, values, end=None):
    return Layer(
        code,
        start,
        end,
        {
            name: {"value": value, "clause": f"{code} §1", "verified": verified}
            for name, (value, verified) in values.items()
        },
    )


def test_the_narrower_rule_wins_and_says_where_it_is_from():
    values = resolve(
        [
            layer("nation", date(2021, 1, 1), {"a": (1, True), "b": (2, True)}),
            layer("city", date(2023, 1, 1), {"b": (3, False)}),
        ],
        date(2024, 1, 1),
    )
    assert (values["a"].value, values["a"].profile) == (1, "nation")
    assert (values["b"].value, values["b"].clause) == (3, "city §1")
    assert unverified(values) == ["b"]
    assert unverified(values, ["a"]) == []
    assert thawed(frozen(values)) == values


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2022, 12, 31), 1),
        (date(2023, 1, 1), 2),
        (date(2023, 12, 31), 2),
        (date(2024, 1, 1), 1),
    ],
)
def test_both_dates_of_a_layer_are_days_it_holds(on, expected):
    layers = [
        layer("nation", date(2021, 1, 1), {"a": (1, True)}),
        layer("city", date(2023, 1, 1), {"a": (2, True)}, date(2023, 12, 31)),
    ]
    assert resolve(layers, on)["a"].value == expected


@pytest.fixture
def loaded(db):
    load_profiles(actor="t", at=AT)


# Civil Code 278 (2) and 1259; 物业管理条例 14; 山东省物业管理条例 30-33; 建物发〔2023〕300号.
LAW = [
    ("national", "2026-10-01", "quorum.area", [2, 3]),
    ("national", "2026-10-01", "quorum.heads", [2, 3]),
    ("national", "2026-10-01", "quorum.inclusive", True),
    ("national", "2026-10-01", "ordinary.share", [1, 2]),
    ("national", "2026-10-01", "ordinary.inclusive", False),
    ("national", "2026-10-01", "special.share", [3, 4]),
    ("national", "2026-10-01", "special.inclusive", True),
    ("national", "2026-10-01", "special.matters", [6, 7, 8]),
    ("national", "2026-10-01", "notice_days", 15),
    ("zaozhuang", "2026-10-01", "committee.attend", [2, 3]),
    ("zaozhuang", "2026-10-01", "committee.first_meeting_days", 7),
    ("zaozhuang", "2026-10-01", "decision_post_within_days", 3),
    ("zaozhuang", "2026-10-01", "committee.reelection_lead_days", 90),
    ("zaozhuang", "2021-12-02", "committee.attend", [1, 2]),
    ("anqing", "2026-10-01", "party_ratio.share", [1, 2]),
    ("anqing", "2026-10-01", "formation.target", [70, 100]),
]


@pytest.mark.parametrize(("code", "on", "name", "expected"), LAW)
def test_shipped_values_are_the_laws(loaded, code, on, name, expected):
    assert resolve(profile_layers(code), date.fromisoformat(on))[name].value == expected


def test_every_value_names_its_source(loaded):
    for profile in RuleProfile.objects.all():
        assert all(stated["clause"] for stated in profile.values.values()), profile.code


def test_what_anhui_says_since_march_2026_blocks_until_somebody_answers_for_it(loaded):
    before = resolve(profile_layers("anqing"), date(2026, 2, 28))
    values = resolve(profile_layers("anqing"), date(2026, 3, 1))
    assert "notice_days" not in unverified(before)
    assert "notice_days" in unverified(values)
    confirm_profile_value(
        code="anhui",
        name="notice_days",
        official="张科长（市住建局物业科）",
        seen="安徽省物业管理条例第三十条",
        actor="bureau",
        at=AT,
    )
    values = resolve(profile_layers("anqing"), date(2026, 3, 1))
    assert "notice_days" not in unverified(values)
    assert values["notice_days"].confirmed_by == "张科长（市住建局物业科）"
    assert Entry.objects.filter(kind="profile-value-confirmed").count() == 1
    # Loading the same file again forgets nothing.
    assert load_profiles(actor="t", at=AT) == 0
    assert "notice_days" not in unverified(resolve(profile_layers("anqing"), date(2026, 3, 1)))


@pytest.mark.parametrize(
    ("name", "official", "code"),
    [
        ("quorum.area", "张科长", "profile.unknown"),
        ("notice_days", " ", "profile.unnamed"),
    ],
)
def test_a_confirmation_needs_a_name_and_a_doubtful_value(loaded, name, official, code):
    with pytest.raises(RuleViolation) as caught:
        confirm_profile_value(
            code="anhui", name=name, official=official, seen="第三十条", actor="t", at=AT
        )
    assert caught.value.code == code


def test_what_was_read_needs_no_confirmation(loaded):
    with pytest.raises(RuleViolation) as caught:
        confirm_profile_value(
            code="national", name="notice_days", official="甲", seen="乙", actor="t", at=AT
        )
    assert caught.value.code == "profile.verified"
