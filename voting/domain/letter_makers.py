"""Who may make the letters in the platform's place, and what of their file is refused."""

from voting.domain.reasons import Reason

KINDS = {
    "street_office": "街道、乡镇",
    "residents_committee": "居委会",
    "notary": "公证处",
    "other": "其他平台以外的人",
}
_LONGEST = 40


def maker_reasons(name: str, kind: str) -> list[Reason]:
    """Everything that is wrong with what was typed."""
    reasons = []
    if not name:
        reasons.append(Reason("maker.name", "请填制信人的名称", "name"))
    elif len(name) > _LONGEST:
        reasons.append(Reason("maker.long", f"制信人的名称最多{_LONGEST}个字", "name"))
    elif not name.isprintable():
        reasons.append(Reason("maker.unreadable", "制信人的名称里有不能显示的字符", "name"))
    if kind not in KINDS:
        reasons.append(Reason("maker.kind", "请选择制信人是谁", "kind"))
    return reasons


_OF_ANOTHER = {
    "session": "这是另一次会议的公钥文件",
    "suite": "这个公钥文件用的是另一种密码算法",
    "roll": (
        "这个公钥文件是按另一份名册做的：名册、事项、时间或者钥匙保管人后来改过。"
        "信已经不对，请重新下载制信名册、重新做信"
    ),
}


def of_another(code: str) -> str:
    """The sentence for a file of something else. `code`: of protocol.letters.OfAnother."""
    return _OF_ANOTHER[code]


def wrong(code: str, party: int) -> str:
    """The sentence for a wrong key. `code`: of protocol.letters.Wrong."""
    return {
        "count": f"公钥文件缺户或者多户：从第{party}号起对不上名册。请制信人重新做",
        "key": f"第{party}号的公钥不合规定。请制信人重新做",
        "twice": f"第{party}号的公钥或者12位码和前面的重复。请制信人重新做",
    }[code]
