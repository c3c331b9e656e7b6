"""Invented papers. Nobody here is real."""

from __future__ import annotations

import random
import re
import shutil
import string
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

from documents.papers import (
    Attachment,
    BallotCounts,
    CandidateResult,
    Count,
    KeyHolders,
    LetterFacts,
    LetterMotion,
    LetterSession,
    MotionResult,
    PrivacyNotice,
    ReceiptFacts,
    ResolutionFacts,
)

BEIJING = timezone(timedelta(hours=8))
CODE = "7K4M2QXH9T3W"
URL = f"https://vote.example.gov.cn/v/{CODE}"
AT = datetime(2026, 3, 30, 2, 0, tzinfo=UTC)
TALLY = b'{"motions":[],"roll":{"area":"61234.56","heads":600}}'
RARE = "䶮㛃𬭎喆"
LONG = (
    "关于使用住宅专项维修资金对小区1幢至12幢屋面防水、外墙渗漏"
    "及地下车库排水系统进行整体维修更新改造的议案"
)

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="needs poppler-utils"
)


def motion(position: int = 1, **changes: Any) -> MotionResult:
    """450 of 600 heads took part; 300 said yes, 100 no, 50 abstained: more than a half."""
    passed = MotionResult(
        position=position,
        matter=5,
        matter_title="使用建筑物及其附属设施的维修资金",
        title="使用住宅专项维修资金更换1幢、2幢电梯",
        text="预算 186,400.00 元。",
        participating=Count(450, 4_700_000),
        votes_for=Count(300, 3_100_000),
        against=Count(100, 1_200_000),
        abstain=Count(50, 400_000),
        approval="1/2",
        quorum_met=True,
        result="passed",
        margin="参加表决的再少75人或7500.00平方米，就不足三分之二。",
    )
    return replace(passed, **changes)


def election(position: int = 2) -> MotionResult:
    names = [f"{character}某" for character in RARE]
    return motion(
        position,
        matter=3,
        matter_title="选举业主委员会或者更换业主委员会成员",
        title="选举业主委员会委员",
        text="",
        seats=3,
        decision="当选3人：䶮某、㛃某、𬭎某。",
        candidates=tuple(
            CandidateResult(
                name=name,
                votes=Count(400 - 70 * n, 4_000_000 - 600_000 * n),
                elected=n < 3,
                state="当选" if n < 3 else "未过半数",
            )
            for n, name in enumerate(names)
        ),
    )


def resolution(**changes: Any) -> ResolutionFacts:
    facts = ResolutionFacts(
        number="样例花园业〔2026〕3号",
        code=CODE,
        verify_url=URL,
        estate="样例花园",
        issued_at=AT,
        issuer="样例花园业主大会",
        specimen="演示样本，不具有效力",
        division="样例省样例市样例区样例街道样例社区",
        session_code="S7Q2-M4",
        session_title="2026年第一次业主大会会议",
        session_kind="定期会议",
        method="书面征求意见（扫码投票和纸质表决票）",
        organiser="样例花园业主委员会",
        supervisors=("样例街道办事处", "样例社区居民委员会"),
        notice_on=date(2026, 3, 1),
        opens_at=datetime(2026, 3, 17, 0, 0, tzinfo=UTC),
        closes_at=datetime(2026, 3, 27, 10, 0, tzinfo=UTC),
        scope="全体业主",
        roll=Count(600, 6_123_456),
        motions=(motion(),),
        ballots=BallotCounts(
            counted=450, online=400, paper=50, by_browser=380, by_server=20, replacement=7
        ),
        keys=KeyHolders(threshold=1, names=("平台",), platform=True),
        opening_policy="named",
        basis=("民法典第二百七十八条第二款。",),
        posted_from=date(2026, 3, 30),
        posted_until=date(2026, 4, 6),
        posted_at="小区公告栏",
        objections="有异议的，请在2026年4月6日以前向样例花园业主委员会提出。",
        attachments=(Attachment(name="会议公告.pdf", sha256="ab" * 32),),
    )
    return replace(facts, **changes)


def letter_session(
    motions: int = 3, *, title: str = "更换电梯", **changes: Any
) -> LetterSession:
    session = LetterSession(
        estate="样例花园",
        title="2026年第一次业主大会会议",
        organiser="样例花园业主委员会",
        phone="0000-0000000",
        phone_hours="9:00—18:00",
        supervisor="样例街道办事处",
        base_url="https://vote.example.gov.cn",
        opens_at=datetime(2026, 3, 17, 0, 0, tzinfo=UTC),
        closes_at=datetime(2026, 3, 27, 10, 0, tzinfo=UTC),
        ballot_boxes="物业服务中心门口票箱",
        motions=tuple(
            LetterMotion(
                position=n + 1,
                title=f"{title}（{n + 1}）",
                summary="电梯已运行18年，检验机构建议更换，由两幢业主按面积分摊。",
                approval="1/2",
            )
            for n in range(motions)
        ),
        rules=(
            "核对身份用名册上的手机收短信验证码，没有手机号的用姓氏和证件号码后六位。",
            "参与的面积和人数都要达到三分之二（民法典第二百七十八条）。",
            "截止以前可以改票。",
        ),
        opening_policy="named",
        secrecy=(
            "扫码投票的，选择在手机上加密后才发出；用12位码进去，或者手机不能自己加密的，"
            "由服务器代为加密，服务器当时看得到，不保存。投票截止前没有票数。"
            "这次只有平台一把解密钥匙，平台按规定只解开合计数，但技术上有能力看到单张票。"
        ),
        privacy=PrivacyNotice(
            handler="样例花园业主委员会",
            contact="0000-0000000；平台电话0000-0000000",
            # As long as `voting.facts` writes them, so that a letter that is full here is full.
            purpose=(
                "组织业主共同决定事项的表决、计票和存档；委托平台加密保存、打印、发短信、汇总，"
                "到期删除"
            ),
            kinds=(
                "姓名、房号、面积、手机号、是否参加表决，以及用来认出本人的证件号码（敏感）；"
                "您的选择加密保存"
            ),
            retention="至决定公布后5年，异议、诉讼没有办完的到办完；其他的见规则全文",
            rights=(
                "您可以向组织者当面、打电话或者书面要求查阅、复制、更正、补充、删除，"
                "要求说明处理规则；全文见 vote.example.gov.cn/privacy"
            ),
        ),
    )
    return replace(session, **changes)


def letters(count: int, session: LetterSession | None = None) -> list[LetterFacts]:
    """Two to a floor, 20 floors, 3 entrances a building; in an order of no use."""
    session = session or letter_session()
    pick = random.Random(7)
    made = []
    for n in range(count):
        building, entrance = f"{n // 120 + 1}幢", f"{n // 40 % 3 + 1}单元"
        floor, door = n // 2 % 20 + 1, n % 2 + 1
        address = f"{building}{entrance}{floor}{door:02}室"
        made.append(
            LetterFacts(
                session=session,
                building=building,
                entrance=entrance,
                floor=str(floor),
                room=f"{floor}{door:02}",
                address=address,
                masked_name=f"{pick.choice(RARE)}**",
                units=(address,),
                area=8_950 + n,
                code="".join(pick.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=12)),
                token="".join(pick.choices(string.ascii_letters + string.digits, k=22)),
                serial=f"B-{n + 1:06}",
                shares_fen=tuple(
                    123_456 + n if m == 0 else None for m in range(len(session.motions))
                ),
            )
        )
    pick.shuffle(made)
    return made


def receipt(**changes: Any) -> ReceiptFacts:
    facts = ReceiptFacts(
        estate="样例花园",
        session_title="2026年第一次业主大会会议",
        tracker="7K4M-2QXH-9T3W-AB12",
        recorded_at=datetime(2026, 3, 18, 1, 20, tzinfo=UTC),
        units=("1幢***301",),
        encrypted_by="browser",
        check_url="https://vote.example.gov.cn/check/7K4M2QXH9T3WAB12",
    )
    return replace(facts, **changes)


def pictures(
    pdf: bytes | Path, folder: Path, *, dpi: int = 120, first: int = 1, last: int = 0
) -> list[Image.Image]:
    """Pages as poppler draws them."""
    source = folder / "source.pdf" if isinstance(pdf, bytes) else pdf
    if isinstance(pdf, bytes):
        source.write_bytes(pdf)
    pages = ["-f", str(first), *(["-l", str(last)] if last else [])]
    subprocess.run(
        [
            "pdftoppm",
            "-r",
            str(dpi),
            "-gray",
            "-png",
            *pages,
            str(source),
            str(folder / "page"),
        ],
        check=True,
    )
    drawn = sorted(folder.glob("page-*.png"))
    images = [Image.open(path).convert("L") for path in drawn]
    for path in drawn:
        path.unlink()
    return images


def text_of(pdf: bytes | Path, folder: Path, *, layout: bool = False) -> list[str]:
    """The text of every page as poppler reads it, without blanks and the mark across a page."""
    source = folder / "source.pdf" if isinstance(pdf, bytes) else pdf
    if isinstance(pdf, bytes):
        source.write_bytes(pdf)
    answer = subprocess.run(
        ["pdftotext", *(["-layout"] if layout else []), str(source), "-"],
        check=True,
        capture_output=True,
        text=True,
    )
    pages = answer.stdout.split("\f")[:-1]
    return [re.sub(r"^[演练示样本]$|\s+", "", page, flags=re.MULTILINE) for page in pages]


class Word(NamedTuple):
    """Its text, left and right end, and its middle from the top, in mm."""

    text: str
    left: float
    right: float
    middle: float


_WORD = re.compile(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>')


def words_of(pdf: bytes) -> list[list[Word]]:
    """Where poppler sees every word of every page."""
    command = ["pdftotext", "-bbox", "-", "-"]
    answer = subprocess.run(command, input=pdf, check=True, capture_output=True)
    millimetre = 72 / 25.4
    return [
        [
            Word(
                text,
                float(left) / millimetre,
                float(right) / millimetre,
                (float(top) + float(bottom)) / 2 / millimetre,
            )
            for left, top, right, bottom, text in _WORD.findall(page)
        ]
        for page in answer.stdout.decode("utf-8", "replace").split("<page ")[1:]
    ]


def overlapping(words: list[Word]) -> list[tuple[Word, Word]]:
    """Neighbours on a line that run into each other."""
    found = []
    rows = sorted(words, key=lambda word: (round(word.middle), word.left))
    for one, other in pairwise(rows):
        same = abs(one.middle - other.middle) < 1
        if same and one.left < other.right - 0.1 and other.left < one.right - 0.1:
            found.append((one, other))
    return found
