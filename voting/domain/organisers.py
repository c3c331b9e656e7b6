"""Who convenes, with whom, on what paper, and who supervises: what law and profile want."""

from collections.abc import Sequence
from typing import NamedTuple

from voting.domain.reasons import Reason

SIDES = {
    "owner": "业主代表",
    "developer": "建设单位代表",
    "street_office": "街道、乡镇代表",
    "residents_committee": "居委会、村委会代表",
    "property_manager": "物业服务企业代表",
    "other": "其他人员",
}
"""Whose representative a member of a preparatory or renewal group is."""

SUPERVISORS = {
    "owner": "业主",
    "residents_committee": "居委会、村委会人员",
    "street_office": "街道、乡镇人员",
    "bureau": "主管部门人员",
    "independent": "律师、公证员等外部人员",
}
"""Where a supervisor comes from; neither organiser nor company."""

GROUPS = frozenset({"preparatory_group", "renewal_group"})
"""Organisers that are groups of people named for one meeting."""

PAPERS = {
    "preparatory_group": "街道、乡镇成立筹备组的公告",
    "renewal_group": "成立换届小组的公告",
    "owners_committee": "业主委员会备案证明",
    "management_committee": "成立物业管理委员会的文件",
    "residents_committee": "居民委员会代为召集的依据文件",
    "street_office": "街道、乡镇代为召集的依据文件",
}
"""What paper each organiser convenes by."""

MOST_MEMBERS, MOST_SUPERVISORS = 15, 9
_LONGEST = 20


class Person(NamedTuple):
    """A member of a group or a supervisor. `side`: of SIDES or of SUPERVISORS."""

    name: str
    side: str
    is_head: bool = False
    consents: bool = False


def people_reasons(
    people: Sequence[Person], sides: dict[str, str], *, who: str
) -> list[Reason]:
    """What is wrong with names and sides as typed; fields are name_1 …, side_1 …"""
    found = []
    for number, person in enumerate(people, start=1):
        if not person.name:
            found.append(
                Reason("people.name", f"请填写第{number}位{who}的姓名", f"name_{number}")
            )
        elif len(person.name) > _LONGEST or not person.name.isprintable():
            sentence = f"第{number}位{who}的姓名最多{_LONGEST}个字，不能有特殊字符"
            found.append(Reason("people.unreadable", sentence, f"name_{number}"))
        elif any(person.name == other.name for other in people[: number - 1]):
            sentence = f"第{number}位{who}和前面一位同名；如果是两个人，请加以区别"
            found.append(Reason("people.twice", sentence, f"name_{number}"))
        if person.side not in sides:
            sentence = f"请选择第{number}位{who}代表哪一方"
            found.append(Reason("people.side", sentence, f"side_{number}"))
    return found


def group_reasons(kind: str, members: Sequence[Person], *, least: int = 1) -> list[Reason]:
    """Why a group is not composed as it must be. `least`: members, by the profile."""
    if kind not in GROUPS:
        return []
    who = "筹备组" if kind == "preparatory_group" else "换届小组"
    if not members:
        return [Reason("organiser.members", f"请填写{who}的成员", "members")]
    found = []
    if len(members) < least:
        sentence = f"{who}至少要有{least}人，现在是{len(members)}人"
        found.append(Reason("organiser.few", sentence, "members"))
    if kind == "preparatory_group":
        found += _preparatory(members)
    return found


def _preparatory(members: Sequence[Person]) -> list[Reason]:
    # 建房〔2009〕274号 art. 10: 筹备组成员人数应为单数，其中业主代表人数不低于筹备组总人数的
    # 一半，筹备组组长由街道办事处、乡镇人民政府代表担任.
    found = []
    owners = sum(member.side == "owner" for member in members)
    heads = [member for member in members if member.is_head]
    if len(members) % 2 == 0:
        sentence = f"筹备组人数应当是单数，现在是{len(members)}人（274号第10条）"
        found.append(Reason("organiser.even", sentence, "members"))
    if 2 * owners < len(members):
        sentence = (
            f"筹备组里业主代表不能少于一半：{len(members)}人里现在有{owners}人（274号第10条）"
        )
        found.append(Reason("organiser.owners", sentence, "members"))
    if len(heads) != 1 or heads[0].side != "street_office":
        sentence = "筹备组要有一位组长，由街道、乡镇的代表担任（274号第10条）"
        found.append(Reason("organiser.head", sentence, "members"))
    return found


def supervisor_reasons(
    supervisors: Sequence[Person], *, least: int, members: Sequence[Person], organiser: str
) -> list[Reason]:
    """Why these cannot supervise the count: too few, or of the organiser.

    `members`: of the organiser's group; nobody supervises the own count.
    """
    found = []
    if len(supervisors) < least:
        sentence = f"监票人至少要有{least}位，现在有{len(supervisors)}位"
        found.append(Reason("supervisors.few", sentence, "supervisors"))
    own = {member.name for member in members} | {organiser}
    if any(one.name in own for one in supervisors):
        sentence = "监票人不能是召集这次会议的人：请换一位"
        found.append(Reason("supervisors.organiser", sentence, "supervisors"))
    return found
