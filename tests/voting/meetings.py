"""A meeting driven step by step, and what it must come to, reckoned apart.

`Meeting` does what people do (letters, codes, agents, assistance, reissue, sales, paper,
objections, rulings); a refusal changes nothing. Beside it stands a model in plain data:
whose choices hold, how they came in, who was excluded. `Record` reads an exported board
and knows neither the database nor the model.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import RuleViolation
from core.exact import format_area, share_down
from registry.models import Unit
from registry.services.titles import NewOwner, record_transfer
from tests.factories import ACTOR, CLOSE, OPEN, Vote
from tests.voting.services.papers import (
    COUNTER,
    ONE,
    OTHER_COUNTER,
    PNG,
    THIRD,
    TWO,
    reads,
)
from voting.domain.thresholds import Count
from voting.models import PaperBallot, Party
from voting.protocol import board, credential
from voting.protocol.shape import b64
from voting.selectors import body_of, conflict_of, decided_to_count, is_stale, preliminary_of
from voting.services.assisting import Circumstances, start_assistance
from voting.services.box import state_box
from voting.services.casting import Helper, cast_plain
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.letters import _rotate
from voting.services.objections import (
    Objector,
    Statement,
    answer_objection,
    dispute_objection,
    file_objection,
)
from voting.services.paper_rulings import decide_paper_ruling, propose_paper_ruling
from voting.services.papers import arbitrate_paper, enter_paper, register_paper
from voting.services.proxies import Stated, grant_proxy, revoke_proxy
from voting.services.resolutions import issue_resolution, post_preliminary
from voting.services.rulings import confirm_ruling, propose_ruling
from voting.services.transfers import confirm_transfer, propose_transfer
from voting.spool import Secret
from voting.steps import Signer

PDF = b"%PDF-1.4\n%%EOF\n"
ORGANISER, SUPERVISOR = Signer("user:11", "organiser"), Signer("user:12", "supervisor")
COMMITTEE = Signer("user:13", "residents_committee")


class Held(NamedTuple):
    """A party's ballot that holds: what it says, how it was encrypted, through whom."""

    choices: Any
    channel: str  # browser | server | paper
    through: str = ""  # "" | proxy | assisted


@dataclass
class Meeting:
    """One session from its opening to its resolution, with the model beside it."""

    vote: Vote
    held: dict[int, Held] = field(default_factory=dict)
    cast: int = 0
    sheets: dict[int, Any] = field(default_factory=dict)  # serial's party → what is marked
    excluded: set[int] = field(default_factory=set)
    late: set[int] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    filed: int = 0
    said: dict[int, Any] = field(default_factory=dict)  # objections waiting for an answer

    def __post_init__(self) -> None:
        self.serial = count()
        self.now = OPEN + timedelta(hours=1)
        self.frozen = self.denominators()

    # --- what people do -------------------------------------------------------------------

    def do(self, step: tuple[Any, ...]) -> None:
        """One step; what is refused has changed nothing, and the model stays as it was."""
        self.now += timedelta(minutes=5)
        with suppress(RuleViolation):
            getattr(self, f"_{step[0]}")(*step[1:])
            self.done[step[0]] += 1
        self.check()

    def party(self, number: int) -> Party:
        return self.vote.party(number)

    def _holds(self, number: int, held: Held) -> None:
        self.held[number] = held
        self.cast += 1

    def _letter(self, number: int, choices: Any) -> None:
        self.vote.cast(number, choices, at=self.now)
        self._holds(number, Held(choices, "browser"))

    def _plain(self, number: int, choices: Any, helper: Helper | None = None) -> None:
        cast_plain(
            session_id=self.vote.session.pk,
            party_id=self.party(number).pk,
            submission=f"p{next(self.serial)}",
            choices=choices,
            at=self.now,
            **({"helper": helper} if helper else {}),
        )
        through = {board.PROXY: "proxy", board.ASSISTED: "assisted"}
        self._holds(number, Held(choices, "server", through[helper.reason] if helper else ""))

    def _proxy(self, number: int, agent: int) -> None:
        grant_proxy(
            party_id=self.party(number).pk,
            stated=Stated(
                agent=f"受托人{agent}",
                phone=f"1000000999{agent}",
                motions=[1, 2],
                powers="free",
                signed_on=OPEN.date(),
                until=CLOSE.date(),
                by_owner=True,
            ),
            at=self.now,
        )

    def _proxy_of(self, number: int) -> Any:
        found = self.party(number).proxies.order_by("-pk").first()
        if found is None:
            raise RuleViolation("none", "")
        return found

    def _agent(self, number: int, choices: Any) -> None:
        self._plain(number, choices, Helper(board.PROXY, self._proxy_of(number).pk))

    def _revoke(self, number: int) -> None:
        proxy = self._proxy_of(number)
        revoke_proxy(proxy_id=proxy.pk, actor="owner", reason="", at=self.now)

    def _assist(self, number: int, choices: Any) -> None:
        made = start_assistance(
            session_id=self.vote.session.pk,
            number=number,
            stated=Circumstances(method="home", witnesses=["冯一", "陈二"], present=True),
            barred=(),
            signer=COMMITTEE,
            at=self.now,
        )
        self._plain(number, choices, Helper(board.ASSISTED, made.pk))

    def _reissue(self, number: int) -> None:
        token = credential.new_token()
        code = f"CODE{next(self.serial):08}"
        _rotate(self.party(number).pk, token, code, "丢了", actor=ACTOR, at=self.now)
        self.vote.secrets[number] = Secret(b64(token), code)

    def _sell(self, number: int) -> None:
        party = self.party(number)
        serial = next(self.serial)
        record_transfer(
            unit_id=Unit.objects.get(pk=party.units.get().unit_id).pk,
            owners=[NewOwner("何新", f"9999991990{serial:08}", phone=f"1000001{serial:04}")],
            basis="register",
            on=OPEN.date(),
            actor=ACTOR,
            at=self.now,
        )
        made = propose_transfer(
            session_id=self.vote.session.pk,
            number=number,
            name="权证.pdf",
            content=PDF,
            signer=ORGANISER,
            at=self.now,
        )
        confirm_transfer(transfer_id=made.pk, signer=SUPERVISOR, at=self.now)

    def _envelope(self, number: int, choices: Any) -> None:
        register_paper(
            session_id=self.vote.session.pk,
            serial=self.party(number).serial,
            place="居委会票箱",
            signer=ONE,
            at=self.now,
        )
        self.sheets[number] = choices

    def _object(self, number: int, about: str, not_mine: bool) -> None:
        party = self.party(number)
        made = file_objection(
            estate_id=self.vote.session.estate_id,
            session_id=self.vote.session.pk,
            said=Statement("took_part" if not_mine else about, "请说明", not_mine=not_mine),
            objector=Objector(party_id=party.pk),
            submission=f"o{next(self.serial)}",
            actor=f"party:{party.pk}",
            at=self.now,
        )
        self.filed = max(self.filed, made.number)
        self.said[made.pk] = made

    def _dispute(self, place: int) -> None:
        for made in list(self.said.values())[place : place + 1]:
            answer_objection(
                objection_id=made.pk,
                upheld=False,
                reason="已经核对",
                signer=ORGANISER,
                at=self.now,
            )
            dispute_objection(
                objection_id=made.pk,
                reason="还是不服",
                actor=f"party:{made.party_id}",
                at=self.now,
            )
            self._rule_on(made)

    def _rule_on(self, made: Any) -> None:
        from voting.services.objections import confirm_finding, propose_finding

        street = Signer("user:14", "street_office")
        propose_finding(
            objection_id=made.pk, upheld=False, reason="复核", signer=street, at=self.now
        )
        confirm_finding(objection_id=made.pk, signer=SUPERVISOR, at=self.now)
        self.said.pop(made.pk)

    def _exclude(self, number: int) -> None:
        made = propose_ruling(
            session_id=self.vote.session.pk,
            number=number,
            reason="信被别人取走",
            name="笔录.pdf",
            content=PDF,
            signer=ORGANISER,
            at=self.now,
        )
        confirm_ruling(ruling_id=made.pk, signer=SUPERVISOR, at=self.now, understood=True)
        counted = body_of(self.vote.session, "tally") is not None
        if number not in self.excluded:  # said again after the count, it is the same ruling
            (self.late if counted else self.excluded).add(number)

    # --- the sheets -----------------------------------------------------------------------

    def close(self) -> None:
        """The clock ends the vote."""
        close_session(session_id=self.vote.session.pk, at=CLOSE)
        self.vote.session.refresh_from_db()
        self.now = CLOSE + timedelta(minutes=1)
        self.check()

    def _sheet(self, number: int) -> PaperBallot:
        found = PaperBallot.objects.filter(session=self.vote.session, party__number=number)
        sheet = found.order_by("pk").last()
        if sheet is None or sheet.state not in {"sealed", "read_once", "differs"}:
            raise RuleViolation("none", "")
        return sheet

    def _read(self, number: int, alike: bool) -> None:
        """Two read it, the second perhaps otherwise: then a third decides."""
        sheet = self._sheet(number)
        right = reads(*[None if one is None else tuple(one) for one in self.sheets[number]])
        wrong = reads(spoiled="illegible")
        scan = {"name": "票.png", "content": PNG}
        enter_paper(paper_id=sheet.pk, reading=right, signer=ONE, at=self.now, **scan)
        second = right if alike else wrong
        enter_paper(paper_id=sheet.pk, reading=second, signer=TWO, at=self.now)
        if not alike:
            arbitrate_paper(paper_id=sheet.pk, reading=right, signer=THIRD, at=self.now)
        self._holds(number, Held(self.sheets[number], "paper"))

    def _conflict(self, number: int, counts: bool) -> None:
        """Online and on paper: two people decide which holds."""
        made = propose_paper_ruling(
            paper_id=self._sheet(number).pk,
            counts=counts,
            reason="两张都在",
            name="a.pdf",
            content=PDF,
            signer=ORGANISER,
            at=self.now,
        )
        decide_paper_ruling(ruling_id=made.pk, agree=True, signer=SUPERVISOR, at=self.now)

    # --- to the end -----------------------------------------------------------------------

    def finish(self, late: tuple[tuple[Any, ...], ...] = ()) -> None:
        """Settle whatever is open; every meeting can be brought to its resolution.

        `late`: steps between the count and the resolution.
        """
        session = self.vote.session
        for sheet in PaperBallot.objects.filter(session=session).order_by("pk"):
            number = sheet.party.number
            if sheet.state in {"sealed", "read_once", "differs"}:
                if conflict_of(sheet) and not decided_to_count(sheet):
                    self._conflict(number, False)
                else:
                    self._read(number, True)
                self.check()
        papers = PaperBallot.objects.filter(session=session).count()
        if papers:
            for signer in (COUNTER, OTHER_COUNTER):
                made = state_box(
                    session_id=session.pk, counted=papers, signer=signer, at=self.now
                )
            assert made.state == "sealed"
        else:
            for signer in (COUNTER, OTHER_COUNTER):
                state_box(session_id=session.pk, counted=0, signer=signer, at=self.now)
        self.settle()
        self.vote.session = count_session(session_id=session.pk, at=self.now)
        self.check()
        post_preliminary(session_id=session.pk, at=self.now)
        for step in late:
            self.do(step)
        self.settle()
        posted = preliminary_of(session)
        assert posted is not None
        if is_stale(session, posted):
            posted = post_preliminary(session_id=session.pk, at=self.now)
        self.now = max(self.now, posted.until)
        issue_resolution(session_id=session.pk, at=self.now)
        self.vote.session.refresh_from_db()
        self.check()

    def settle(self) -> None:
        """Answer what was said, and let the days for disputing it and for objections pass."""
        for made in self.said.values():
            with suppress(RuleViolation):  # an exclusion has settled it meanwhile
                answer_objection(
                    objection_id=made.pk,
                    upheld=False,
                    reason="已经核对",
                    signer=ORGANISER,
                    at=self.now,
                )
        self.said.clear()
        self.now += timedelta(days=4)

    # --- what always holds ----------------------------------------------------------------

    def denominators(self) -> tuple[Any, ...]:
        """Everything a share is reckoned by."""
        parties = self.vote.session.parties.order_by("number")
        self.vote.session.refresh_from_db()
        return bytes(self.vote.session.manifest), tuple(
            parties.values_list("number", "area", "commitment")
        )

    def check(self) -> None:
        """No vote lost or doubled, no denominator moved."""
        assert self.denominators() == self.frozen
        kinds = Counter(
            self.vote.session.board.entries.filter(kind__in=["ballot", "paper"]).values_list(
                "kind", flat=True
            )
        )
        assert sum(kinds.values()) == self.cast
        voted = set(
            self.vote.session.parties.filter(ballots__gt=0).values_list("number", flat=True)
        )
        assert voted == set(self.held)

    @property
    def counted(self) -> dict[int, Held]:
        return {n: held for n, held in self.held.items() if n not in self.excluded}


class Record:
    """What an exported board says, read line by line."""

    def __init__(self, folder: Path) -> None:
        lines = (folder / "board.jsonl").read_bytes().splitlines()
        self.entries = [json.loads(line) for line in lines]
        roll = [json.loads(line) for line in (folder / "roll.jsonl").read_bytes().splitlines()]
        self.areas = {line["party"]: line["area"] for line in roll}
        self.roll = Count(len(roll), sum(self.areas.values()))
        self.manifest = self.bodies("manifest")[0]
        (self.result,) = self.bodies("result")
        reasons = {body["key"]: body["reason"] for body in self.bodies("credential")}
        self.last: dict[int, tuple[str, str]] = {}
        self.ballots = 0
        for entry in self.entries:
            if entry["type"] in {"ballot", "paper"}:
                body = entry["body"]
                sealed = body["ballot"] if entry["type"] == "paper" else body
                channel = "paper" if entry["type"] == "paper" else sealed["encrypted_by"]
                self.last[sealed["party"]] = (channel, reasons.get(sealed["key"], ""))
                self.ballots += 1
        self.excluded = {body["party"] for body in self.bodies("ruling")}
        self.late = {body["party"] for body in self.bodies("late_ruling")}

    def bodies(self, kind: str) -> list[Any]:
        return [entry["body"] for entry in self.entries if entry["type"] == kind]

    def through(self, reason: str) -> Count:
        found = [n for n, one in self.counted.items() if one[1] == reason]
        return Count(len(found), sum(self.areas[n] for n in found))

    @property
    def counted(self) -> dict[int, tuple[str, str]]:
        return {n: one for n, one in self.last.items() if n not in self.excluded}

    def channels(self) -> Counter[str]:
        return Counter(channel for channel, _reason in self.counted.values())

    def cells(self) -> list[str]:
        """The figures in the tables of a paper, in their order."""
        cells = []
        for motion in self.result["motions"]:
            took = Count(**motion["participating"])
            totals = [Count(**total) for total in motion["totals"]]
            for part, whole in ((took, self.roll), *((total, took) for total in totals)):
                cells += [
                    f"{part.heads} / {whole.heads}",
                    share_down(part.heads, whole.heads),
                    f"{format_area(part.area)} / {format_area(whole.area)}",
                    share_down(part.area, whole.area),
                ]
        return cells

    def kinds(self) -> list[str]:
        """How the ballots came in, as the preliminary result lists it."""
        by = self.channels()
        replaced = sum(
            channel != "paper" and bool(reason) for channel, reason in self.counted.values()
        )
        numbers = (
            len(self.counted),
            by["browser"],
            by["server"],
            by["paper"],
            replaced,
            self.through("proxy").heads,
            self.through("assisted").heads,
            *(
                sum(len(box[why]) for box in self.bodies("box"))
                for why in ("spoiled", "ruled_out")
            ),
            len(self.excluded),
            self.ballots - len(self.last),
        )
        return [f"{number} 张" for number in numbers]
