"""What is handed over to a committee, as the law lists it.

From the committee before: 274号 40 (the archive), 41-42 (seals, working fund) and 48 (all of
the owners' property, within ten days). To a first committee: what the developer handed in for
the first meeting (274号 8) and the preparatory group's own papers (274号 12-15).
"""

_FROM_A_COMMITTEE = (
    "业主大会、业主委员会印章",
    "各类会议的记录、纪要",
    "业主大会、业主委员会决定的书面材料",
    "管理规约、业主大会议事规则",
    "物业服务合同和其他有效合同",
    "选举和备案资料",
    "维修资金筹集和使用账目",
    "公共收益账目和资金",
    "工作经费账目和资金",
    "银行账户、密钥",
    "业主和业主代表名册",
    "业主的意见和建议",
    "其他档案和属于全体业主的财物",
)
_TO_A_FIRST_COMMITTEE = (
    "物业管理区域证明",
    "房屋及建筑物面积清单",
    "业主名册",
    "建筑规划总平面图",
    "共用设施设备交付使用证明",
    "物业服务用房配置证明",
    "筹备工作的会议记录、公告",
    "管理规约、业主大会议事规则",
    "首次业主大会的表决票和选举资料",
    "前期物业服务合同",
    "公共收益账目和资金",
    "其他有关资料和财物",
)
FIRST_SOURCES = frozenset({"preparatory_group", "developer", "residents_committee"})


def standard_items(source: str) -> tuple[str, ...]:
    """The titles of the list, by who hands over."""
    return _TO_A_FIRST_COMMITTEE if source in FIRST_SOURCES else _FROM_A_COMMITTEE


# Whoever hands over, in the words of whose turn it is.
GIVERS = {
    "former": "上一届业主委员会",
    "preparatory_group": "筹备组",
    "developer": "建设单位",
    "residents_committee": "居委会",
    "management_committee": "上一届物业管理委员会",
}
_LIKELY = {
    "owners_committee": "建设单位、筹备组",
    "management_committee": "建设单位",
    "renewal": GIVERS["former"],
}


def giver(kind: str, source: str) -> str:
    """Who hands over at the end of a formation of that kind; `source`: of its list, "" while
    there is none."""
    return GIVERS.get(source) or _LIKELY[kind]
