"""One question, one matter. The titles are worded as owners' committees word them."""

import pytest

from voting.domain.thresholds import Matter
from voting.domain.wording import doubts, matters_named, mixes_matters, wording_hash

ONE = [
    (1, "制定业主大会议事规则", "是否同意通过《样例花园业主大会议事规则》（草案）？"),
    (1, "修改议事规则第八条", "是否同意修改业主大会议事规则第八条，把会议通知改为二十日？"),
    (2, "修订管理规约", "是否同意修订《管理规约》，增加电动自行车不得进楼充电的约定？"),
    (2, "审议管理规约", "管理规约约定了共有部分的经营收益归全体业主。是否同意通过？"),
    (3, "选举第一届业主委员会", "按照业主大会议事规则选举业主委员会委员五名。"),
    (3, "补选委员", "因两名委员辞职，补选业主委员会委员两名。"),
    (3, "更换业委会委员", "是否同意更换业主委员会委员？"),
    (4, "续聘物业公司", "现物业服务合同明年到期，是否同意续聘物业服务企业三年？"),
    (4, "选聘物业服务企业", "通过招标选聘新的物业服务企业，合同期限三年。"),
    (4, "解聘物业公司", "是否同意解聘现在的物业服务企业？"),
    (5, "电梯大修", "是否同意使用住宅专项维修资金更换5幢电梯主机？费用按面积分摊。"),
    (5, "屋面防水", "1幢屋面渗漏，申请使用维修资金重做防水层。"),
    (5, "修围墙", "由维修资金支付围墙修缮费用18万元。"),
    (5, "消防设施维修", "使用维修资金修复消防泵，余款退回维修资金账户。"),
    (6, "续筹维修资金", "分户账余额不足首期的30%，是否同意续筹维修资金每平方米50元？"),
    (6, "补交维修资金", "是否同意补交维修资金？"),
    (7, "3幢加装电梯", "是否同意在3幢2单元加装电梯，费用由本单元业主分摊？"),
    (7, "改建自行车棚", "是否同意把旧自行车棚改建为带充电的车棚？"),
    (8, "电梯广告", "是否同意在电梯内投放广告？收入归全体业主。"),
    (8, "出租屋顶", "是否同意将屋顶出租给通信公司安装基站？"),
    (8, "架空层", "是否同意改变架空层用途，用作快递驿站？"),
    (9, "公共收益怎么用", "上年公共收益12万元，是否同意用于更换门禁？"),
    (9, "停车管理办法", "是否同意《小区停车管理办法》？"),
    (9, "授权业委会起诉", "是否同意授权业主委员会起诉建设单位？"),
]


@pytest.mark.parametrize(("matter", "title", "text"), ONE)
def test_a_question_about_one_thing_raises_no_doubt(matter, title, text):
    assert doubts(matter, title, text) == ""


@pytest.mark.parametrize(("matter", "title", "text"), [one for one in ONE if one[0] != 9])
def test_its_matter_is_recognised(matter, title, text):
    assert matters_named(title, text) == [Matter(matter)]


TWO = [
    ("通过规约和规则", "是否同意通过《管理规约》，并通过《业主大会议事规则》？", [1, 2]),
    ("屋顶", "使用维修资金改造屋顶，并将屋顶出租给通信公司", [5, 8]),
    ("换物业", "解聘现物业服务企业，同时补选业主委员会委员一名", [3, 4]),
    ("大修", "先续筹维修资金，再使用维修资金大修电梯", [5, 6]),
    ("加装电梯", "使用维修资金在1幢加装电梯", [5, 7]),
    ("新物业", "选聘物业服务企业，由其在外墙设置广告", [4, 8]),
    ("选举", "制定业主大会议事规则，选举业主委员会", [1, 3]),
]


@pytest.mark.parametrize(("title", "text", "matters"), TWO)
def test_two_things_in_one_question_are_found(title, text, matters):
    assert matters_named(title, text) == [Matter(one) for one in matters]
    assert mixes_matters(title, text)
    assert f"请分成{len(matters)}项" in doubts(matters[0], title, text)


IN_PASSING = [
    "根据新修订的业主大会议事规则选举业主委员会",
    "按照修改后的管理规约，是否同意在大门口加设岗亭？",
    "续筹的维修资金怎样存放，是否同意开立定期存款？",
    "电梯的日常经营收入如何公布",
    "使用的维修资金不足部分由建设单位承担",
]


@pytest.mark.parametrize("text", IN_PASSING)
def test_words_in_passing_ask_for_nothing(text):
    assert not mixes_matters("标题", text)


@pytest.mark.parametrize(
    ("matter", "text"),
    [
        (5, "是否同意续筹维修资金每平方米50元？"),
        (9, "是否同意在电梯内投放广告？"),
        (5, "是否同意在1幢加装电梯？"),
    ],
)
def test_what_needs_three_quarters_cannot_pass_as_half(matter, text):
    assert "请改选类别" in doubts(matter, "标题", text)


def test_the_stricter_class_is_nobody_s_harm():
    assert doubts(6, "标题", "是否同意使用维修资金更换电梯？") == ""


def test_a_waiver_is_for_this_wording_and_this_matter():
    one = wording_hash(5, "标题", "内容")
    assert one != wording_hash(6, "标题", "内容")
    assert one != wording_hash(5, "标题", "内容。")
