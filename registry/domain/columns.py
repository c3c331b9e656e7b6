"""Which column of a foreign spreadsheet holds what."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Column(NamedTuple):
    """A column of ours: its title on pages, and the headers it is recognised by."""

    title: str
    headers: str  # separated by blanks


COLUMNS: dict[str, Column] = {
    "registry_number": Column("不动产单元号", "不动产单元号 不动产单元代码 单元代码"),
    "house_code": Column("房屋编码", "房屋编码 房屋编号 房屋代码 房屋唯一码"),
    "building": Column("幢", "幢号 幢 楼栋 栋号 楼号 楼幢 楼栋号 楼栋名称 楼幢号 幢名 栋"),
    "entrance": Column("单元", "单元 单元号 门洞 梯号"),
    "floor": Column("层", "层 楼层 所在层 层号 所在楼层 实际层"),
    "room": Column(
        "室号（房号）",
        "室号 房号 房间号 房屋号 户室号 户号 室 房间 门牌号 室号部位",
    ),
    "address": Column("坐落", "坐落 房屋坐落 不动产坐落 房屋地址 地址 房屋位置"),
    "use": Column("用途", "用途 规划用途 设计用途 房屋用途 房屋类型 房屋性质"),
    "area": Column(
        "建筑面积",
        "建筑面积 面积 专有部分面积 专有部分建筑面积 产权面积 登记面积 房屋面积 专有面积",
    ),
    "area_source": Column("面积来源", "面积来源 面积依据 面积类型"),
    "status": Column("状态", "状态 交付状态 房屋状态 销售状态 交付情况 交房状态 是否交付"),
    "owners": Column(
        "业主",
        "业主 业主姓名 业主名称 权利人 权利人名称 权利人姓名 产权人 产权人姓名 "
        "所有权人 姓名 房屋所有权人",
    ),
    "document_kind": Column("证件种类", "证件种类 证件类型 证件名称 证件类别"),
    "document_number": Column(
        "证件号码",
        "证件号码 证件号 身份证号 身份证号码 权利人证件号 权利人证件号码 业主证件号码 证照号码",
    ),
    "share": Column("共有情况", "共有情况 份额 共有方式 权利份额 共有份额 持有比例 共有比例"),
    "basis": Column(
        "权属依据",
        "权属依据 产权依据 取得方式 权利依据 登记原因 房屋取得方式 认定依据",
    ),
    "phone": Column("联系电话", "联系电话 手机号 手机 电话 手机号码 联系方式 业主电话"),
    "owned_from": Column("登记日期", "登记日期 登记时间 登簿时间 取得日期 交付日期"),
    "voter": Column("表决人", "表决人 推选表决人 共有人推选的表决人 投票代表"),
}

_BY_HEADER = {
    header: key for key, column in COLUMNS.items() for header in column.headers.split()
}
_ASIDE = re.compile(r"[(（\[【〔].*?[)）\]】〕]|[*:：\s]|m2$|平方米$")


def plain_header(header: str) -> str:
    """A header without blanks, stars, colons and what stands in brackets."""
    return _ASIDE.sub("", unicodedata.normalize("NFKC", header))


def recognise(header: Sequence[str]) -> dict[str, str]:
    """Our column → header as written, for every header we know; the first of equals."""
    found: dict[str, str] = {}
    for written in header:
        key = _BY_HEADER.get(plain_header(written))
        if key and key not in found:
            found[key] = written
    return found


def mapping_faults(mapping: Mapping[str, str], header: Sequence[str]) -> list[str]:
    """Everything that keeps this mapping from being used, as sentences."""
    written = Counter(header)
    faults = [f"没有“{key}”这一栏" for key in mapping if key not in COLUMNS]
    faults += [
        f"表头里没有“{name}”，请为“{COLUMNS[key].title}”另选一列"
        for key, name in mapping.items()
        if key in COLUMNS and name not in written
    ]
    faults += [
        f"表头“{name}”出现了 {written[name]} 次，请改成不同的名字"
        for name in dict.fromkeys(mapping.values())
        if written[name] > 1
    ]
    twice = [name for name, count in Counter(mapping.values()).items() if count > 1]
    faults += [f"“{name}”一列被用了两次" for name in twice]
    if "room" not in mapping and "address" not in mapping:
        faults.append("没有找到房号：请指出哪一列是室号（房号）或坐落")
    if "area" not in mapping:
        faults.append("没有找到建筑面积：请指出哪一列是面积")
    if "owners" not in mapping:
        faults.append("没有找到业主：请指出哪一列是业主（权利人）")
    return faults
