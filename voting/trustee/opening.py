"""What a trustee may open: the totals of one tally, once the board and the clock allow it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

from core.canonical import canonical
from voting.keyfiles import Stop, read_value, write_value
from voting.protocol import board, ceremony, share, tally
from voting.protocol.manifest import Manifest
from voting.protocol.shape import later
from voting.protocol.suite import Draw, draw_scalar
from voting.protocol.tally import Aggregate
from voting.verifier.reading import Reading
from voting.verifier.report import Report
from voting.verifier.verification import examine

from .files import Key

_CHINA = timezone(timedelta(hours=8))
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_OPENED = "yishi-opened-1"


class Due(NamedTuple):
    """A tally that may be opened."""

    manifest: Manifest
    sums: list[Aggregate]
    tally_hash: str
    what: str  # hash of the tally's body: which ballots, which ciphertexts
    closes_at: str
    close: board.Close
    excluded: int


def judge(folder: Path, key: Key, *, now: datetime, root: str | None = None) -> Due:
    """What the export lets this trustee open. Raises Stop."""
    report, reading, sums, _counted = examine(folder, root=root)
    demand_verified(report)
    manifest = reading.manifest
    demand_ours(manifest, key)
    closes_at = _demand_phase(report, reading, key, now)
    entry = reading.entry(board.TALLY)
    closing = reading.entry(board.CLOSE)
    return Due(
        manifest=manifest,
        sums=sums,
        tally_hash=entry.hash,
        what=manifest.suite.hash(canonical(entry.body)).hex(),
        closes_at=closes_at,
        close=board.parse_close(closing.body, "close"),
        excluded=sum(one.type == board.RULING for one in reading.entries),
    )


def demand_ours(manifest: Manifest, key: Key) -> None:
    """That the session uses the keys of this trustee's sitting. Raises Stop."""
    if manifest.session != key.session:
        raise Stop("这是另一次会议的记录，不是您保管钥匙的那一次。")
    if ceremony.public_of(manifest.value["trustees"]) != key.public:
        raise Stop("记录里的开票钥匙不是您参加的那次仪式做出来的。不要开票，请当众说明。")


def demand_verified(report: Report) -> None:
    """That every check that could be made held. Raises Stop."""
    for check in report.checks:
        if not check.ok:
            raise Stop(
                f"这份公开记录没有通过核验（{check.name}：{check.detail}）。"
                "不要开票，请向平台要一份新的；还是不行就当众说明。"
            )


def demand_over(reading: Reading, now: datetime) -> str:
    """The end of voting, as it may have been extended; it and the objections must be over by
    the own clock. Raises Stop."""
    manifest = reading.manifest
    if board.CLOSE not in [entry.type for entry in reading.entries]:
        raise Stop("投票还没有截止，不能开票。")
    closes_at = manifest.closes_at
    for entry in reading.entries:
        if entry.type == board.EXTEND:
            closes_at, _ = board.parse_extend(entry.body, "extend")
    # A box with papers in it lengthens the list that can be objected to (§9).
    boxes = [entry for entry in reading.entries if entry.type == board.BOX]
    filled = [entry.time for entry in boxes if entry.body["counted"]]
    over = later(max([closes_at, *filled]), manifest.challenge_hours)
    if now.astimezone(UTC).strftime(_TIME) < over:
        raise Stop(
            f"按您这台电脑的时间，截止和异议期要到{clock(over)}才结束，现在不能开票。"
            "电脑的时间不对就先校准。"
        )
    return closes_at


def _demand_phase(report: Report, reading: Reading, key: Key, now: datetime) -> str:
    """The end of voting, where totals may be opened now."""
    closes_at = demand_over(reading, now)
    types = [entry.type for entry in reading.entries]
    if board.TALLY not in types:
        raise Stop("平台还没有列出计入的票（异议期没有结束，或者还在处理），现在不能开票。")
    if not any(check.name == "aggregates" and check.ok for check in report.checks):
        raise Stop("这份公开记录核验不到合计，不能开票。")
    if board.RESULT in types:
        raise Stop("这次会议已经开票，不需要再交。")
    for entry in reading.entries:
        if entry.type == board.DECRYPTION and entry.body["trustee"] == key.number:
            raise Stop("记录里已经有您交的开票份额，不需要再交。")
    return closes_at


def clock(time: str) -> str:
    """A time of the board as people in China read it."""
    moment = datetime.strptime(time, _TIME).replace(tzinfo=UTC)
    return f"{moment.astimezone(_CHINA):%Y-%m-%d %H:%M}"


def words(due: Due, key: Key) -> list[str]:
    """What is about to be opened, and what is not."""
    manifest, value = due.manifest, due.manifest.value
    policy = {
        "secret": "只公布合计：任何一张票都不打开",
        "named": "记名：这一步仍然只打开合计，单张票公布结果以后另行打开（open）",
    }
    lines = [
        f"会议：{value['estate']} {value['title']}（{manifest.session}）",
        f"截止：{clock(due.closes_at)}",
        f"参加：{due.close.heads}人，{_area(due.close.area)}平方米，"
        f"共{due.close.ballots}张票（改过的只算最后一张）",
        f"裁定不计入的：{due.excluded}户",
        f"公布方式：{policy[manifest.opening_policy]}",
        f"要{manifest.threshold}位保管人才能开票，您是第{key.number}位，共{len(manifest.trustees)}位",
        "这一次您只打开下面这些合计：",
    ]
    for motion, sums in zip(value["motions"], due.sums, strict=True):
        took = sums.participating
        lines.append(
            f"  {motion['title']}：{took.heads}人、{_area(took.area)}平方米参加，"
            f"{len(motion['options'])}个选项各一个人数、一个面积"
        )
    lines.append("请和张贴的参加名单核对人数。对不上，就不要继续。")
    return lines


def _area(area: int) -> str:
    return f"{area // 100}.{area % 100:02}"


def remember(path: Path, due: Due) -> None:
    """Note beside the key what it opens, before it does. Raises Stop for a second set."""
    note = {"format": _OPENED, "session": due.manifest.session, "what": due.what}
    if path.exists():
        if read_value(path) != note:
            raise Stop(
                "这把钥匙已经为这次会议开过另一组票。两组的差别会暴露单张票，不能再开。"
                f"（记在 {path}）"
            )
        return
    write_value(path, note)


def open_totals(due: Due, key: Key, *, rng: Draw = draw_scalar) -> dict[str, Any]:
    """The share file, checked as anybody will check it."""
    body = tally.decrypt_share(
        due.manifest,
        due.sums,
        trustee=key.number,
        secret=key.secret,
        tally_hash=due.tally_hash,
        rng=rng,
    )
    tally.verify_shares(due.manifest, due.sums, body, tally_hash=due.tally_hash)
    return share.make(due.manifest, due.tally_hash, body)
