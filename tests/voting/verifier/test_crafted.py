"""Boards by somebody who holds every key of the host and of the trustees, and means harm.

Links, checkpoints, sums and proofs are made anew after the deed, so only the rule itself is
left to refuse it. The verifier in JavaScript must say the same, by the same check.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.frontend.test_javascript import FRONTEND, node
from tests.voting.sessions import SILENCE, Vote, election, question
from voting.domain.thresholds import Count
from voting.protocol import ballot, checkpoint, credential, manifest, sealing, tally, verdict
from voting.protocol.shape import NO_HASH, b64
from voting.verifier import verify

AREAS = (8_952, 12_000, 10_133, 9_001, 60_000)
LATER = "2026-03-20T10:00:00Z"
KEY = sealing.public_key(bytes(range(32)))
SCAN = "ab" * 32

Deed = Callable[[], Vote]
DEEDS: dict[str, tuple[Deed, str | None]] = {}


def deed(check: str | None) -> Callable[[Deed], Deed]:
    """`check` refuses the board; None: it is lawful, however odd."""

    def keep(made: Deed) -> Deed:
        DEEDS[made.__name__] = made, check
        return made

    return keep


def voted(*parties: int, **changes: Any) -> Vote:
    vote = Vote(areas=AREAS, **changes)
    for party in parties or range(1, 6):
        vote.cast(party, [[party % 2]])
    return vote


def ended(vote: Vote, *, at: str | None = None) -> Vote:
    vote.tally(at)
    vote.decrypt()
    vote.result()
    vote.resolve()
    return vote


def closed(vote: Vote) -> Vote:
    vote.close()
    return vote


def add(vote: Vote, party: int, value: dict[str, Any]) -> None:
    seq = vote.post("ballot", value, max(vote.time, "2026-03-02T08:00:00Z"))
    vote.cast_by.setdefault(party, []).append((seq, value))


def signed(vote: Vote, value: dict[str, Any], party: int) -> dict[str, Any]:
    bare = {name: part for name, part in value.items() if name != "signature"}
    return ballot.sign(vote.manifest, bare, vote.secrets[party])


def lying(vote: Vote, lie: Callable[[dict[str, Any]], None]) -> Vote:
    """Everything up to the result, which says something else."""
    vote.close()
    vote.tally()
    vote.decrypt()
    totals = tally.totals(vote.manifest, vote.sums, vote.shares)
    took_part = [sums.participating for sums in vote.sums]
    body = verdict.result_body(
        vote.manifest, took_part, totals, withdrawn=vote.withdrawn, deemed=verdict.NOBODY
    )
    lie(body)
    vote.post("result", body)
    vote.resolve()
    return vote


# --- who counts -------------------------------------------------------------------------------


@deed("counted")
def counts_whom_a_ruling_excludes() -> Vote:
    vote = closed(voted())
    vote.rule(2)
    vote.excluded.clear()
    return ended(vote)


@deed("counted")
def leaves_somebody_out() -> Vote:
    vote = closed(voted())
    vote.excluded = {2}
    return ended(vote)


@deed("counted")
def counts_the_ballot_before_the_last() -> Vote:
    vote = voted()
    vote.cast(1, [[0]])
    vote.close()
    vote.cast_by[1].reverse()
    return ended(vote)


@deed("participation")
def weighs_one_party_otherwise() -> Vote:
    vote = closed(voted())
    vote.areas[5] = 1
    vote.tally()
    vote.decrypt()
    vote.result()
    vote.resolve()
    return vote


@deed("phases")
def tallies_twice() -> Vote:
    vote = closed(voted())
    vote.tally()
    return ended(vote)


@deed("phases")
def excludes_whom_the_roll_does_not_have() -> Vote:
    vote = closed(voted())
    vote.rule(9)
    return ended(vote)


@deed(None)
def excludes_who_did_not_vote() -> Vote:
    vote = closed(voted(1, 2, 3, 5))
    vote.rule(4)
    return ended(vote)


@deed(None)
def excludes_everybody() -> Vote:
    vote = closed(voted())
    for party in range(1, 6):
        vote.rule(party)
    return ended(vote)


# --- ballots ----------------------------------------------------------------------------------


@deed("ballots.credential")
def swaps_two_parties() -> Vote:
    """Of the same area, so that no total changes."""
    vote = Vote(areas=(9_000,) * 3)
    one, other = vote.ballot(1, [[0]]), vote.ballot(2, [[1]])
    add(vote, 2, {**one, "party": 2})
    add(vote, 1, {**other, "party": 1})
    vote.cast(3, [[0]])
    return ended(closed(vote))


@deed("ballots.credential")
def swaps_two_credentials() -> Vote:
    vote = Vote(areas=(9_000,) * 3)
    vote.secrets[1], vote.secrets[2] = vote.secrets[2], vote.secrets[1]
    for party in (1, 2, 3):
        vote.cast(party, [[0]])
    return ended(closed(vote))


@deed("ballots.shape")
def alters_the_manifest_under_cast_ballots() -> Vote:
    vote = voted()
    value = json.loads(json.dumps(vote.manifest.value))
    value["motions"][0]["approval"] = "3/4"
    entries = [json.loads(line) for line in vote.lines]
    vote.lines, vote.hash, vote.checkpoints = [], NO_HASH, []
    vote.manifest = manifest.parse(value)
    vote.post("manifest", value, entries[0]["time"])
    for entry in entries[1:]:
        vote.post(entry["type"], entry["body"], entry["time"])
    return ended(closed(vote))


@deed("ballots.shape")
def takes_a_ballot_of_another_vote() -> Vote:
    vote, other = voted(), Vote(areas=AREAS, title="另一次会议")
    add(vote, 1, other.ballot(1, [[1]], number=2))
    return ended(closed(vote))


@deed("ballots.sequence")
def repeats_a_ballot() -> Vote:
    vote = voted()
    add(vote, 1, vote.cast_by[1][0][1])
    return ended(closed(vote))


@deed("ballots.unique")
def copies_anothers_ciphertexts() -> Vote:
    vote = voted()
    value = {
        **vote.cast_by[2][0][1],
        **{"party": 1, "key": b64(vote.keys[1][1]), "number": 2},
        "previous": ballot.tracker(vote.manifest, vote.cast_by[1][0][1]),
    }
    add(vote, 1, signed(vote, value, 1))
    return ended(closed(vote))


@deed("ballots.proofs")
def exchanges_two_options() -> Vote:
    vote = voted(1, 2, 3, 4)
    value = vote.ballot(5, [[0]])
    options = value["answers"][0]["options"]
    options[0], options[1] = options[1], options[0]
    add(vote, 5, signed(vote, value, 5))
    return ended(closed(vote))


@deed("ballots.proofs")
def exchanges_two_motions() -> Vote:
    vote = Vote(areas=AREAS, motions=[question("m1"), question("m2")])
    value = vote.ballot(5, [[0], [1]])
    value["answers"].reverse()
    add(vote, 5, signed(vote, value, 5))
    return ended(closed(vote))


@deed("ballots.shape")
def marks_more_candidates_than_seats() -> Vote:
    vote = Vote(areas=AREAS, motions=[election("e1", candidates=4, seats=2)])
    lawful = vote.manifest
    more = lawful.motions[0]._replace(high=3)
    vote.manifest = replace(lawful, motions=(more,))
    for party in range(1, 6):
        vote.cast(party, [[0, 1, 2]])
    vote.manifest = lawful
    return ended(closed(vote))


@deed("ballots.shape")
def says_nothing_at_all() -> Vote:
    vote = voted()
    value = {**vote.ballot(1, [[0]]), "answers": [None]}
    add(vote, 1, signed(vote, value, 1))
    return ended(closed(vote))


@deed("ballots.shape")
def is_longer_than_a_ballot_may_be() -> Vote:
    wide = [election(f"e{n}", candidates=40, seats=1) for n in range(11)]
    vote = Vote(areas=(100,), motions=wide)
    vote.cast(1, [[0]] * 11)
    return ended(closed(vote))


# --- credentials ------------------------------------------------------------------------------


@deed("ballots.credential")
def gives_a_party_the_key_of_another() -> Vote:
    vote = voted()
    body = {"party": 1, "key": b64(vote.keys[2][1]), "replaces": b64(vote.keys[1][1])}
    vote.post("credential", {**body, "reason": "code"})
    return ended(closed(vote))


@deed("ballots.credential")
def makes_a_credential_of_nobody() -> Vote:
    vote = voted()
    _secret, key = credential.random_key(vote.suite, rng=vote.dice)
    body = {"party": 9, "key": b64(key), "replaces": b64(key), "reason": "code"}
    vote.post("credential", body)
    return ended(closed(vote))


@deed("phases")
def replaces_a_credential_after_the_window() -> Vote:
    vote = voted()
    vote.time = "2026-03-15T10:10:00Z"
    vote.replace(1)
    vote.close("2026-03-15T10:10:00Z")
    return ended(vote)


@deed("ballots.sequence")
def lets_an_agent_overrule_the_owner() -> Vote:
    vote = voted()
    vote.replace(1, "proxy")
    vote.cast(1, [[1]])
    return ended(closed(vote))


# --- paper ------------------------------------------------------------------------------------


@deed("phases")
def takes_paper_where_none_is_taken() -> Vote:
    vote = closed(voted())
    vote.paper(1, [[1]], decided=True)
    return ended(vote)


@deed("paper")
def takes_paper_over_an_online_ballot() -> Vote:
    vote = closed(voted(paper=True))
    vote.paper(5, [[1]])
    vote.box()
    return ended(vote)


@deed("paper")
def takes_two_papers_of_one_party() -> Vote:
    vote = closed(voted(1, 2, 3, 4, paper=True))
    vote.paper(5, [[1]], decided=True)
    vote.paper(5, [[0]], decided=True)
    vote.papers = [5]
    vote.box()
    return ended(vote)


@deed("counted")
def counts_the_paper_of_an_excluded_party() -> Vote:
    vote = closed(voted(1, 2, 3, 4, paper=True))
    vote.rule(5)
    vote.paper(5, [[1]])
    vote.box()
    vote.excluded.clear()
    return ended(vote)


@deed("box")
def forgets_a_paper_in_the_box() -> Vote:
    vote = closed(voted(1, 2, 3, 4, paper=True))
    vote.paper(5, [[1]])
    vote.papers = []
    vote.box()
    return ended(vote)


@deed("box")
def says_the_box_was_empty() -> Vote:
    """So that nobody has time to object to the paper."""
    vote = closed(voted(1, 2, 3, paper=True, challenge_hours=24))
    vote.paper(4, [[1]])
    vote.time = "2026-03-16T09:00:00Z"
    vote.box(counted=0)
    return ended(vote, at="2026-03-16T10:00:00Z")


@deed("box")
def spoils_the_same_paper_twice() -> Vote:
    vote = closed(voted(1, 2, 3, 4, paper=True))
    vote.spoil(5)
    vote.spoil(5)
    vote.box()
    return ended(vote)


@deed("phases")
def leaves_no_time_to_object_to_papers() -> Vote:
    vote = closed(voted(1, 2, 3, paper=True, challenge_hours=24))
    vote.paper(4, [[1]])
    vote.box("2026-03-16T09:00:00Z")
    return ended(vote, at="2026-03-16T10:00:00Z")


def on_paper(encrypted_by: str, *, own: bool) -> Vote:
    vote = closed(voted(1, 2, 3, 4, paper=True))
    secret, _key = credential.random_key(vote.suite, rng=vote.dice)
    secret = vote.secrets[5] if own else secret
    value = vote.ballot(5, [[1]], key_secret=secret, encrypted_by=encrypted_by)
    body = {"ballot": value, "scan": SCAN, "signers": ["甲", "乙"], "ruling": None}
    vote.cast_by[5] = [(vote.post("paper", body), value)]
    vote.papers = [5]
    vote.box()
    return ended(vote)


@deed("paper")
def says_a_browser_encrypted_a_paper() -> Vote:
    return on_paper("browser", own=False)


@deed("ballots.credential")
def signs_a_paper_with_the_letters_key() -> Vote:
    return on_paper("server", own=True)


# --- silence ----------------------------------------------------------------------------------


def silent(*parties: int, excluded: int = 0, spoiled: int = 0, late: int = 0) -> Vote:
    vote = closed(voted(1, 2, 3, silence=SILENCE, paper=bool(spoiled)))
    if excluded:
        vote.rule(excluded)
    if spoiled:
        vote.spoil(spoiled)
        vote.box()
    vote.areas[6] = 100
    vote.deem(*parties)
    if late:
        vote.rule(late)
    return ended(vote)


@deed(None)
def deems_who_was_silent() -> Vote:
    return silent(4)


@deed("counted")
def deems_who_voted() -> Vote:
    return silent(3)


@deed("counted")
def deems_one_twice() -> Vote:
    return silent(4, 4)


@deed("counted")
def deems_whom_the_roll_does_not_have() -> Vote:
    return silent(6)


@deed("counted")
def deems_whom_a_ruling_excludes() -> Vote:
    return silent(5, excluded=5)


@deed("counted")
def deems_whose_paper_was_spoiled() -> Vote:
    return silent(4, spoiled=4)


@deed("phases")
def excludes_somebody_after_the_silent_were_stated() -> Vote:
    return silent(4, late=5)


# --- decryption and result --------------------------------------------------------------------


@deed("phases")
def opens_with_one_trustee_of_two() -> Vote:
    vote = closed(voted(threshold=2, count=3))
    vote.tally()
    vote.decrypt(1)
    vote.shares = vote.shares * 2
    vote.shares[1] = 2, vote.shares[1][1]
    vote.post("result", {"motions": []})
    vote.resolve()
    return vote


@deed("decryption")
def adds_a_third_share_that_is_false() -> Vote:
    vote = closed(voted(threshold=2, count=3))
    vote.tally()
    vote.decrypt(1, 2)
    wrong = tally.decrypt_share(
        vote.manifest, vote.sums, trustee=3, secret=vote.trustee_secrets[3] + 1,
        tally_hash=vote.tally_hash, rng=vote.dice,
    )  # fmt: skip
    vote.post("decryption", wrong)
    vote.result()
    vote.resolve()
    return vote


@deed(None)
def waits_for_the_second_share() -> Vote:
    """As the second trustee finds the board."""
    vote = closed(voted(threshold=2, count=3))
    vote.tally()
    vote.decrypt(3)
    return vote


@deed(None)
def opens_with_more_trustees_than_are_needed() -> Vote:
    vote = closed(voted(threshold=2, count=3))
    vote.tally()
    vote.decrypt(3, 1, 2)
    vote.result()
    vote.resolve()
    return vote


@deed("phases")
def decrypts_after_the_result() -> Vote:
    vote = closed(voted(count=2))
    vote.tally()
    vote.decrypt(1)
    vote.result()
    vote.decrypt(2)
    vote.resolve()
    return vote


def vast(*totals: Count) -> Vote:
    """Areas as large as numbers go: nobody looks for such a total step by step."""
    vote = Vote(areas=(3 * 10**15, 2 * 10**15, 100))
    for party in (1, 2, 3):
        vote.cast(party, [[party == 3]])
    vote.close()
    vote.tally()
    vote.decrypt()
    took_part = [sums.participating for sums in vote.sums]
    result = verdict.result_body(
        vote.manifest, took_part, [list(totals)], withdrawn={}, deemed=verdict.NOBODY
    )
    vote.post("result", result)
    vote.resolve()
    return vote


@deed(None)
def claims_the_vastest_areas() -> Vote:
    return vast(Count(2, 5 * 10**15), Count(1, 100), Count(0, 0))


@deed("totals")
def claims_vast_areas_and_another_total() -> Vote:
    return vast(Count(2, 5 * 10**15 - 1), Count(1, 101), Count(0, 0))


@deed("verdict")
def passes_a_motion_whose_condition_failed() -> Vote:
    def lie(body: dict[str, Any]) -> None:
        body["motions"][1]["result"] = "passed"

    motions = [question("m1", approval="3/4"), question("m2", requires=["m1"])]
    vote = Vote(areas=AREAS, motions=motions)
    for party in range(1, 6):
        vote.cast(party, [[1], [0]])
    return lying(vote, lie)


@deed("verdict")
def elects_one_twice() -> Vote:
    def lie(body: dict[str, Any]) -> None:
        body["motions"][0]["elected"] = ["c1", "c1"]

    vote = Vote(areas=AREAS, motions=[election("e1")])
    for party in range(1, 6):
        vote.cast(party, [[0, 1]])
    return lying(vote, lie)


@deed("verdict")
def elects_who_withdrew() -> Vote:
    vote = Vote(areas=AREAS, motions=[election("e1")])
    vote.withdraw("e1", "c1")
    vote.withdrawn = {}
    for party in range(1, 6):
        vote.cast(party, [[0]])
    return ended(closed(vote))


@deed("verdict")
def ranks_where_no_rule_ranks() -> Vote:
    def lie(body: dict[str, Any]) -> None:
        body["motions"][0].update(elected=["c1", "c2"], undecided=[], result="passed")

    vote = Vote(areas=AREAS, motions=[election("e1", candidates=3, ranking=None)])
    for party, marks in enumerate(([0, 1], [0, 1], [0, 2], [1, 2], [1, 2]), 1):
        vote.cast(party, [marks])
    return lying(vote, lie)


@deed("phases")
def withdraws_a_candidate_after_the_close() -> Vote:
    vote = Vote(areas=AREAS, motions=[election("e1")])
    for party in range(1, 6):
        vote.cast(party, [[0]])
    vote.close()
    vote.withdraw("e1", "c1")
    return ended(vote)


@deed("late_rulings")
def says_that_a_verdict_stands_which_may_not() -> Vote:
    vote = closed(voted())
    vote.tally()
    vote.decrypt()
    vote.result()
    body = vote.late_body(5)
    body["finding"] = "stands" if body["finding"] == "recount" else "recount"
    vote.post("late_ruling", body)
    vote.resolve()
    return vote


@deed(None)
def two_motions_that_need_each_other() -> Vote:
    motions = [question("m1", requires=["m2"]), question("m2", requires=["m1"])]
    vote = Vote(areas=AREAS, motions=motions)
    for party in range(1, 6):
        vote.cast(party, [[0], [0]])
    return ended(closed(vote))


# --- the board itself -------------------------------------------------------------------------


@deed(None)
def extends_before_the_vote_opens() -> Vote:
    vote = Vote(areas=AREAS, opens_at="2026-03-02T00:00:00Z")
    vote.post("extend", {"closes_at": LATER, "sha256": NO_HASH})
    for party in range(1, 6):
        vote.cast(party, [[0]])
    vote.close(LATER)
    return ended(vote)


@deed("phases")
def has_two_manifests() -> Vote:
    vote = voted()
    vote.post("manifest", vote.manifest.value)
    return ended(closed(vote))


@deed("checkpoints")
def shows_an_old_checkpoint_again() -> Vote:
    vote = ended(closed(voted()))
    vote.checkpoint()
    vote.checkpoints.append(vote.checkpoints[0])
    return vote


@deed("checkpoints")
def signs_two_roots_of_one_size() -> Vote:
    vote = ended(closed(voted()))
    false = checkpoint.sign(
        vote.board_secret, session=vote.session, size=len(vote.lines), root=NO_HASH,
        time=vote.time,
    )  # fmt: skip
    vote.checkpoints.append(checkpoint.make_line(false))
    return vote


@deed("court_orders")
def opens_another_partys_ballot_than_the_court_named() -> Vote:
    vote = ended(closed(voted()))
    vote.order(1, KEY, at=vote.cast_by[2][0][0])
    return vote


@deed(None)
def opens_a_superseded_ballot_for_a_court() -> Vote:
    vote = voted()
    vote.cast(1, [[0]])
    ended(closed(vote))
    vote.open_for_court(vote.order(1, KEY, at=vote.cast_by[1][0][0]))
    return vote


# --- the test ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("crafted")
    made = {}
    for name, (do, _check) in DEEDS.items():
        vote = do()
        vote.checkpoint()
        made[name] = vote.export(base / name)
    return made


@pytest.mark.parametrize("name", DEEDS)
def test_refused_by_the_rule_it_breaks(folders: dict[str, Path], name: str) -> None:
    report = verify(folders[name])
    failed = [check.name for check in report.checks if not check.ok]
    check = DEEDS[name][1]
    assert failed[:1] == ([check] if check else []), report.as_text()
    assert report.ok == (check is None)


@pytest.mark.node
def test_the_verifier_of_browsers_says_the_same(folders: dict[str, Path]) -> None:
    done = node("tools/check-with-bundle.mjs", *folders.values(), cwd=FRONTEND)
    assert done.returncode == 0, done.stderr
    said = {}
    for name, line in zip(folders, done.stdout.splitlines(), strict=True):
        failed = [check["name"] for check in json.loads(line)["checks"] if not check["ok"]]
        said[name] = failed[0] if failed else None
    assert said == {name: check for name, (_do, check) in DEEDS.items()}
