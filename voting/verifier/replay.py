"""The voting phase once more: order and times, then every credential and ballot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from core.canonical import canonical
from voting.protocol import ballot, board
from voting.protocol.ballot import Ballot, Encoded
from voting.protocol.openings import Counted
from voting.protocol.refusal import Refused
from voting.protocol.shape import NO_HASH

from .reading import Reading

BALLOT_CHECKS = (
    "ballots.shape",
    "ballots.credential",
    "ballots.sequence",
    "ballots.unique",
    "ballots.signature",
    "ballots.proofs",
    "paper",
)
_BATCH = 64  # ballots of one multi-scalar multiplication: more costs memory and saves nothing


class Replay:
    """What the voting phase leaves behind; `last` is (seq, ciphertexts) of a party's last."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.last: dict[int, tuple[int, Encoded]] = {}
        self.cast = 0
        self.online: set[int] = set()  # parties that cast a ballot before the close
        self.papers: dict[int, bool] = {}  # party -> whether it stands for an online ballot
        self.owners: dict[int, int] = {}  # seq of a ballot -> its party
        self._keys: dict[int, bytes] = {}
        self._reasons: dict[int, str] = {}  # party -> why its valid key was made
        self._signed_as: dict[int, str] = {}  # party -> the same of its last ballot's key
        self._used: set[bytes] = set()
        self._chain: dict[int, tuple[int, str]] = {}  # party -> (ballots cast, last tracker)
        self._seen: tuple[set[bytes], set[bytes]] = set(), set()
        self._waiting: list[Ballot] = []
        self._replaced = self._by_server = 0

    def phases(self) -> dict[str, str]:
        """Order of types, voting window, challenge period, one decryption per trustee."""
        phases = board.Phases(self._reading.manifest)
        for entry in self._reading.entries:
            phases.follow(entry)
        return {"phases": f"the last entry is of type {self._reading.entries[-1].type}"}

    def ballots(self) -> dict[str, str]:
        """Every credential and every ballot, superseded ones too."""
        self._keys = {party.number: party.key for party in self._reading.parties}
        self._used = set(self._keys.values())
        for entry, line in zip(self._reading.entries, self._reading.lines, strict=True):
            if entry.type == board.CREDENTIAL:
                self._replace(entry)
            elif entry.type == board.BALLOT:
                self._take(entry.seq, board.body_of(line), len(line))
            elif entry.type == board.PAPER:
                self._take_paper(entry, board.body_of(line), len(line))
        self._prove()
        cast = f"{self.cast + len(self.papers)} ballots"
        return {
            "ballots.shape": cast,
            "ballots.credential": f"{self._replaced} ballots with replacement credentials",
            "ballots.sequence": f"{len(self.last)} parties",
            "ballots.unique": f"{len(self._seen[0])} ciphertexts",
            "ballots.signature": cast,
            "ballots.proofs": f"{cast}, {self._by_server} encrypted by the server",
            "paper": f"{len(self.papers)} papers, {sum(self.papers.values())} by a ruling",
        }

    def signed_as(self, parties: Collection[int]) -> Counter[str]:
        """How many of these parties' last ballots were signed by replacements, by reason."""
        return Counter(
            reason for party, reason in self._signed_as.items() if reason and party in parties
        )

    def tracker(self, party: int) -> str:
        """The digest of the party's last ballot."""
        return self._chain[party][1]

    def _replace(self, entry: board.Entry) -> None:
        where = f"entry {entry.seq}"
        new = board.parse_credential(entry.body, where, self._reading.manifest.suite)
        if self._keys.get(new.party) != new.replaces:
            raise Refused("ballots.credential", f"{where}: replaces a key that is not valid")
        if new.key in self._used:
            raise Refused("ballots.credential", f"{where}: a key that was used before")
        self._used.add(new.key)
        self._keys[new.party] = new.key
        self._reasons[new.party] = new.reason

    def _take(self, seq: int, body: Any, size: int) -> None:
        manifest = self._reading.manifest
        try:
            self._demand_size(body, size)
            found = ballot.parse(manifest, body)
            if found.party not in self._keys:
                raise Refused("ballots.credential", "no such party on the roll")
            number, previous = self._chain.get(found.party, (0, NO_HASH))
            key = self._keys[found.party]
            after_proxy = self._follow_agent(found.party)
            ballot.demand_place(
                manifest, found, key, number + 1, previous, after_proxy=after_proxy
            )
            self._demand_unseen(found)
        except Refused as refused:
            raise Refused(refused.check, f"entry {seq}: {refused.detail}") from refused
        self.cast += 1
        self.online.add(found.party)
        self._replaced += key != self._reading.parties[found.party - 1].key
        self._signed_as[found.party] = self._reasons.get(found.party, "")
        self._append(seq, found)

    def _take_paper(self, entry: board.Entry, body: Any, size: int) -> None:
        where = f"entry {entry.seq}"
        paper = board.parse_paper(body, where)
        manifest = self._reading.manifest
        try:
            self._demand_size(paper.ballot, size)
            found = ballot.parse(manifest, paper.ballot)
            if found.party not in self._keys:
                raise Refused("ballots.credential", "no such party on the roll")
            if found.key_bytes in self._used:
                raise Refused("ballots.credential", "a key that was used before")
            if found.encrypted_by != ballot.SERVER:
                raise Refused("paper", "encrypted_by: not server")
            if found.party in self.papers:
                raise Refused("paper", "a second paper of this party")
            if found.party in self.online and not paper.ruling:
                raise Refused("paper", "instead of an online ballot, without a ruling")
            number, previous = self._chain.get(found.party, (0, NO_HASH))
            ballot.demand_place(
                manifest, found, found.key_bytes, number + 1, previous, on_paper=True
            )
            self._demand_unseen(found)
        except Refused as refused:
            raise Refused(refused.check, f"{where}: {refused.detail}") from refused
        self._used.add(found.key_bytes)
        self.papers[found.party] = bool(paper.ruling)
        self._signed_as[found.party] = ""
        self._append(entry.seq, found)

    def _append(self, seq: int, found: Ballot) -> None:
        self._chain[found.party] = found.number, found.digest.hex()
        self.last[found.party] = seq, found.encoded
        self.owners[seq] = found.party
        self._by_server += found.encrypted_by == ballot.SERVER
        self._waiting.append(found)
        if len(self._waiting) == _BATCH:
            self._prove()

    def _follow_agent(self, party: int) -> bool:
        """Whether the owner's own ballot follows an agent's; the other way round is refused."""
        before = self._signed_as.get(party)
        by_agent = self._reasons.get(party) == board.PROXY
        if by_agent and before not in (None, board.PROXY):
            raise Refused("ballots.sequence", "an agent's ballot after the owner's own")
        return before == board.PROXY and not by_agent

    @staticmethod
    def _demand_size(body: Any, size: int) -> None:
        if size > ballot.MAX_SIZE and len(canonical(body)) > ballot.MAX_SIZE:
            raise Refused("ballots.shape", f"longer than {ballot.MAX_SIZE} bytes")

    def _demand_unseen(self, found: Ballot) -> None:
        for seen, parts in zip(self._seen, ballot.points(found), strict=True):
            if not seen.isdisjoint(parts):
                raise Refused("ballots.unique", "a ciphertext part is on the board already")
            seen.update(parts)

    def _prove(self) -> None:
        if self._waiting:
            ballot.verify_many(self._reading.manifest, self._waiting)
            self._waiting.clear()


def ballot_at(reading: Reading, party: int, seq: int) -> Counted:
    """A ballot of a board whose ballots were checked, to be opened."""
    body = board.ballot_of(reading.entries[seq].type, board.body_of(reading.lines[seq]))
    digest = ballot.tracker(reading.manifest, body)
    return Counted(party, seq, reading.parties[party - 1].area, digest, ballot.encoded(body))
