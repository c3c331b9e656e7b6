"""What stands against announcing a vote: 条例 14, Civil Code 278, the profile's periods."""

from datetime import UTC, date, datetime, timedelta

import pytest

from registry.domain.profiles import RuleValue
from voting.domain.convening import Draft, Question, reasons
from voting.domain.wording import mixes_matters

AT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)  # 1 March, 10:00 in Shanghai
# Posted on 1 March, 15 full days between: the 17th, 00:00 in Shanghai.
EARLIEST = datetime(2026, 3, 16, 16, 0, tzinfo=UTC)


def profile(**values):
    return {
        name.replace("__", "."): RuleValue(value, "条款", "test", True)
        for name, value in values.items()
    }


def draft(**changes):
    return Draft(
        **{
            "motions": [Question(1, 5, "更换电梯钢丝绳", "是否同意？")],
            "partial_scope": False,
            "opening_policy": "secret",
            "notice_on": date(2026, 3, 1),
            "opens_at": EARLIEST,
            "closes_at": EARLIEST + timedelta(days=10),
            "profile": profile(notice_days=15, window_days=[5, 60]),
            **changes,
        }
    )


def codes(**changes):
    return [reason.code for reason in reasons(draft(**changes), at=AT)]


def test_it_may_be_announced():
    assert codes() == []


def test_one_second_before_the_sixteenth_day_is_too_early():
    assert codes(opens_at=EARLIEST - timedelta(seconds=1)) == ["notice.too_short"]


def test_notice_must_not_hang_before_the_freeze():
    assert codes(notice_on=date(2026, 2, 28)) == ["notice.before_freeze"]


def test_the_last_second_of_the_day_of_freezing_counts_in_shanghai():
    late = datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)
    assert reasons(draft(), at=late) == []
    assert reasons(draft(), at=late + timedelta(seconds=1))[0].code == "notice.before_freeze"


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(days=5), []),
        (timedelta(days=5, seconds=-1), ["closing.window"]),
        (timedelta(days=60), []),
        (timedelta(days=60, seconds=1), ["closing.window"]),
        (timedelta(0), ["closing.too_early"]),
    ],
)
def test_the_window_of_the_profile(length, expected):
    assert codes(closes_at=EARLIEST + length) == expected


def test_all_reasons_at_once():
    found = codes(motions=[], notice_on=None, opens_at=None, closes_at=None)
    assert found == ["motions.none", "notice.missing", "opening.missing", "closing.missing"]


@pytest.mark.parametrize("matter", [1, 2, 3, 4, 6, 7, 8, 9])
def test_some_buildings_alone_decide_only_on_using_the_fund(matter):
    motions = [Question(1, matter, "标题", "内容")]
    assert codes(motions=motions, partial_scope=True) == ["scope.matter"]
    assert codes(motions=motions) == []


def test_a_cited_clause_opens_raising_and_rebuilding_to_some_buildings_and_nothing_else():
    rules = profile(notice_days=15, partial_scope__matters=[3, 6, 7])
    found = [
        codes(
            motions=[Question(1, matter, "标题", "内容")],
            partial_scope=True,
            profile=rules,
        )
        for matter in (5, 6, 7, 3)
    ]
    assert found == [[], [], [], ["scope.matter"]]


def test_rules_that_cannot_be_counted_are_refused():
    rules = profile(notice_days=15, silence="approval", parking="area_only")
    assert codes(profile=rules) == ["profile.silence", "profile.parking"]


@pytest.mark.parametrize(
    "text",
    [
        "使用维修资金改造屋顶，并将屋顶出租给通信公司",
        "动用住宅专项维修资金修缮外墙，同时在外墙设置广告从事经营",
        "由维修资金支付改造费用，改变架空层用途",
    ],
)
def test_one_question_must_not_mix_matters_5_and_8(text):
    assert mixes_matters("屋顶改造", text)
    assert codes(motions=[Question(2, 5, "屋顶改造", text)]) == ["motion.mixed"]


@pytest.mark.parametrize(
    "text",
    [
        "使用维修资金更换电梯",
        "将地面停车位出租收益补充维修资金",
        "利用共有部分从事经营活动，在电梯内投放广告",
        "公共收益的经营收入如何使用",
        "申请使用维修资金修复外墙，不涉及其他事项",
    ],
)
def test_words_in_passing_do_not_mix(text):
    assert not mixes_matters("标题", text)


def test_a_rehearsal_needs_neither_notice_nor_days():
    soon = AT + timedelta(minutes=5)
    window = {"notice_on": None, "opens_at": soon, "closes_at": soon + timedelta(minutes=10)}
    assert codes(**window, rehearsal=True) == []
    assert codes(**window) == ["notice.missing", "closing.window"]


def test_a_rehearsal_still_opens_in_the_future_and_closes_after_it():
    assert codes(rehearsal=True, opens_at=AT) == ["opening.past"]
    assert codes(rehearsal=True, closes_at=EARLIEST) == ["closing.too_early"]
