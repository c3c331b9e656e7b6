"""Elections through the commands: candidates, the lot, withdrawals, the result, silence."""

import json
from hashlib import sha256

import pytest

from core.errors import RuleViolation
from logbook.models import Entry
from tests.elections import (
    ALL_SIX,
    BY,
    SILENCE_RULE,
    draft_election,
    estate_of_nine,
    frozen_election,
    stand,
)
from tests.factories import AGAINST, CLOSE, FOR, FREEZE, OPEN, draft_session, frozen_vote
from voting.domain.results import tally_json
from voting.models import Candidate, Election
from voting.selectors import body_of, result_of, silence, terms
from voting.services.drafting import cite_silence
from voting.services.elections import (
    draw_order,
    remove_candidate,
    save_election,
    withdraw_candidate,
    withdrawal_of,
)
from voting.services.exporting import export_board
from voting.services.freezing import freeze_session, weigh
from voting.services.resolutions import issue_resolution
from voting.verifier.verification import verify

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 declaration"


def refused(act, code):
    with pytest.raises(RuleViolation) as caught:
        act()
    assert caught.value.code == code
    return [reason.code for reason in caught.value.facts.get("reasons", [])]


def names(standings, state):
    return [one.candidate.name for one in standings if one.state == state]


def test_an_election_from_draft_to_resolution(settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    vote = frozen_election(alternates=1)
    manifest = terms(vote.session)
    chosen = manifest.motions[1]
    assert (chosen.kind, chosen.options, chosen.high) == ("election", tuple("123456"), 5)
    assert chosen.requires == ("1",)
    # six candidates for five seats: 1-4 chosen by all, 5 by six, 6 by five of seven
    for number in range(1, 8):
        marks = [0, 1, 2, 3] + ([4] if number <= 6 else [5])
        if number <= 4:
            marks = [0, 1, 2, 3, 4]
        if number in (5, 6):
            marks = [0, 1, 2, 4, 5]
        vote.cast(number, [FOR, marks], plain=number == 2)
    vote.count(at=CLOSE)
    result = result_of(vote.session)
    election = result.motions[1]
    by_place = {one.candidate.option: one for one in election.standings}
    # 1,2,3: 7 heads; 4: 5 (1-4 and 7); 5: 6; 6: 3 of 7, which is not more than half
    assert [by_place[o].votes.heads for o in "123456"] == [7, 7, 7, 5, 6, 3]
    assert [by_place[o].state for o in "123456"] == ["elected"] * 5 + ["short"]
    assert election.seats_words.startswith("当选5人：")
    document = issue_resolution(session_id=vote.session.pk, at=CLOSE)
    said = json.loads(bytes(document.facts))["motions"][1]
    assert said["result"] == "passed"
    assert [c["state"] for c in said["candidates"]] == ["elected"] * 5 + ["short"]
    vote.session.refresh_from_db()
    export_board(vote.session, tmp_path / "export", at=CLOSE)
    report = verify(tmp_path / "export")
    assert report.ok, [check for check in report.checks if not check.ok]
    tally = tally_json(result)["motions"][1]
    assert [c["state"] for c in tally["candidates"]] == ["elected"] * 5 + ["short"]


def test_the_covenant_fails_while_the_election_has_its_votes():
    vote = frozen_election()
    for number in range(1, 8):
        vote.cast(number, [AGAINST, [0, 1, 2, 3, 4]])
    vote.count(at=CLOSE)
    covenant, election = result_of(vote.session).motions
    assert covenant.result == "rejected"
    assert (election.result, election.failed, election.unmet) == (
        "rejected",
        ("requires",),
        (1,),
    )
    assert names(election.standings, "elected") == []
    assert "第1项没有通过" in election.unmet_words


def test_without_a_cited_rule_nobody_is_chosen_among_too_many():
    vote = frozen_election(seats=5, ranking="", ranking_clause="")
    for number in range(1, 8):
        left_out = number % 6
        vote.cast(number, [FOR, [place for place in range(6) if place != left_out]])
    vote.count(at=CLOSE)
    election = result_of(vote.session).motions[1]
    assert len(names(election.standings, "undecided")) == 6
    assert "没有引用排名规则" in election.seats_words
    assert "抽签" in election.seats_words


def test_who_withdraws_stays_on_the_ballot_and_is_never_elected(tmp_path):
    vote = frozen_election()
    first = Candidate.objects.get(election__motion__session=vote.session, place=1)
    withdraw_candidate(candidate_id=first.pk, content=PDF, actor="user:1", at=OPEN)
    withdraw_candidate(candidate_id=first.pk, content=PDF, actor="user:1", at=OPEN)
    first.refresh_from_db()
    assert withdrawal_of(first) == PDF
    entry = Entry.objects.get(log=vote.session.board, kind="withdrawal")
    body = json.loads(bytes(entry.line))["body"]
    assert body == {"motion": "2", "option": "1", "sha256": sha256(PDF).hexdigest()}
    for number in range(1, 8):
        vote.cast(number, [FOR, [0, 1, 2]])
    vote.count(at=CLOSE)
    election = result_of(vote.session).motions[1]
    states = {one.candidate.option: one.state for one in election.standings}
    assert states["1"] == "withdrawn"
    assert (states["2"], states["3"], states["4"]) == ("elected", "elected", "short")
    assert "空缺3个名额" in election.seats_words
    export_board(vote.session, tmp_path / "export", at=CLOSE)
    assert verify(tmp_path / "export").ok


def test_a_withdrawal_has_its_time_and_its_paper():
    vote = frozen_election()
    one = Candidate.objects.filter(election__motion__session=vote.session).first()
    act = {"candidate_id": one.pk, "actor": "user:1"}
    codes = refused(
        lambda: withdraw_candidate(content=b"hello", at=OPEN, **act), "withdrawal.invalid"
    )
    assert codes == ["attachment.type"]
    refused(lambda: withdraw_candidate(content=PDF, at=CLOSE, **act), "withdrawal.too_late")
    draft = draft_election(estate_of_nine())
    other = Candidate.objects.filter(election__motion__session=draft).first()
    refused(
        lambda: withdraw_candidate(candidate_id=other.pk, content=PDF, actor="u", at=FREEZE),
        "withdrawal.too_late",
    )


def test_anybody_can_draw_the_order_again():
    """From the published file alone, with nothing but a hash function."""
    vote = frozen_election(words="六 2 9")
    motion = vote.session.motions.get(position=2)
    file = motion.attachments.get(name="候选人和抽签.json")
    assert file.sha256 == sha256(bytes(file.content)).hexdigest()
    assert {"name": file.name, "sha256": file.sha256} in terms(vote.session).value["motions"][
        1
    ]["attachments"]
    said = json.loads(bytes(file.content))

    def lp(*parts):
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)

    secret = bytes.fromhex(said["secret"])
    committed = sha256(lp(b"YISHI-1-draw-commitment", secret)).hexdigest()
    assert committed == said["commitment"]
    entries = Entry.objects.filter(log__name=f"estate/{vote.session.estate.code}")
    before = [e for e in entries if e.kind == "candidate.saved"][-1]
    assert committed in bytes(before.line).decode()  # on record before the words were said
    tickets = [
        sha256(
            lp(
                b"YISHI-1-draw",
                secret,
                said["words"].encode(),
                one["name"].encode(),
                one["room"].encode(),
            )
        ).digest()
        for one in said["candidates"]
    ]
    assert tickets == sorted(tickets)
    assert said["words"] == "六 2 9"
    assert [one["option"] for one in said["candidates"]] == list("123456")


def test_a_changed_list_is_drawn_again_with_another_secret():
    session = draft_election()
    motion = session.motions.get(position=2)
    before = Election.objects.get(motion=motion)
    refused(lambda: draw_order(motion_id=motion.pk, words="again", **BY), "draw.done")
    stand(motion, 7)
    after = Election.objects.get(motion=motion)
    assert after.drawn_at is None
    assert after.draw_commitment != before.draw_commitment
    assert set(after.candidates.values_list("place", flat=True)) == {None}
    codes = [reason.code for reason in weigh(session, at=FREEZE).reasons]
    assert codes == ["election.not_drawn"]
    refused(lambda: draw_order(motion_id=motion.pk, words="  ", **BY), "draw.invalid")
    remove_candidate(candidate_id=after.candidates.first().pk, **BY)
    assert Election.objects.get(motion=motion).draw_commitment != after.draw_commitment


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "candidate.name"),
        ({"name": "王一"}, "candidate.not_owner"),
        ({"room": "9幢901室"}, "candidate.room"),
        ({"conditions": ALL_SIX[:5]}, "candidate.conditions"),
        ({"consent": False}, "candidate.consent"),
        ({"statement": "长" * 201}, "candidate.statement"),
        ({"photo": b"%PDF-1.7"}, "candidate.photo"),
        ({"photo": b"GIF89a"}, "attachment.type"),
        ({"name": "业主1", "room": "1幢00101室"}, "candidate.twice"),
    ],
)
def test_candidates_refused(changes, code):
    session = draft_election(candidates=1, words="")
    motion = session.motions.get(position=2)
    codes = refused(lambda: stand(motion, 2, **changes), "candidate.invalid")
    assert code in codes
    assert motion.election.candidates.count() == 1


@pytest.mark.parametrize(
    ("terms_", "code"),
    [
        ({"seats": 0}, "election.seats"),
        ({"seats": None}, "election.seats"),
        ({"ranking": "votes"}, "election.ranking"),
        ({"ranking_clause": ""}, "election.clause"),
        ({"ranking": "", "ranking_clause": "某条"}, "election.clause_alone"),
        (
            {"ranking": "", "ranking_clause": "", "alternates": 2},
            "election.alternates_unranked",
        ),
        ({"minimum": 6, "minimum_clause": "某条"}, "election.minimum"),
        ({"minimum": 3}, "election.clause"),
    ],
)
def test_terms_refused(terms_, code):
    session = draft_session(estate_of_nine())
    fields = {
        "title": "选举",
        "text": "选举。",
        "seats": 5,
        "ranking": "heads",
        "ranking_clause": "某条",
        **terms_,
    }
    codes = refused(
        lambda: save_election(session_id=session.pk, **fields, **BY), "election.invalid"
    )
    assert code in codes
    assert session.motions.count() == 1


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"seats": 4, "candidates": 4}, ["election.size"]),
        ({"seats": 3, "candidates": 3}, ["election.size"]),
        ({"seats": 1, "candidates": 1, "by_election": True}, []),
        ({"candidates": 4}, ["election.too_few"]),
        ({"candidates": 0, "words": ""}, ["election.nobody"]),
        ({"candidates": 5}, []),  # 等额
        ({"session": {"opening_policy": "named"}}, ["policy.election"]),
    ],
)
def test_what_stands_against_announcing(fields, codes):
    session = draft_election(**fields)
    assert [reason.code for reason in weigh(session, at=FREEZE).reasons] == codes


# --- silence -------------------------------------------------------------------------------


def silent_vote(monkeypatch, confirmed, session=None):
    estate = estate_of_nine()
    draft = draft_session(estate, matters=(5,), **(session or {}))
    cite_silence(session_id=draft.pk, clause=SILENCE_RULE, page="第3页", **BY)
    monkeypatch.setattr(silence, "proved_deliveries", lambda _session, at: set(confirmed))
    freeze_session(session_id=draft.pk, **BY)
    return draft


def test_only_confirmed_and_silent_parties_are_deemed(monkeypatch, tmp_path):
    from tests.factories import Vote
    from voting.spool import read_spool

    draft = silent_vote(monkeypatch, confirmed=(1, 7, 8))
    draft.refresh_from_db()
    vote = Vote(draft, read_spool(draft.code))
    for number in range(1, 6):
        vote.cast(number, [FOR])
    vote.count(at=CLOSE)
    # five of nine took part; 7 and 8 make it seven; 1 has voted, 6 and 9 are not confirmed
    assert body_of(vote.session, "deemed")["parties"] == [7, 8]
    motion = result_of(vote.session).motions[0]
    assert (motion.result, motion.actual, motion.decisive) == ("passed", "no_quorum", True)
    assert motion.participating == (5, 500_00)
    assert motion.deemed == ("for", (2, 200_00))
    assert "起决定作用" in motion.silence_words
    said = tally_json(result_of(vote.session))["motions"][0]
    assert said["deemed"] == {"joined": "for", "heads": 2, "area": "200.00"}
    assert (said["actual"], said["for"]["heads"]) == ("no_quorum", 5)
    export_board(vote.session, tmp_path / "export", at=CLOSE)
    assert verify(tmp_path / "export").ok


def test_silence_is_refused_in_a_first_assembly_and_without_its_page():
    first = draft_session(estate_of_nine(), meeting="first")
    act = {"session_id": first.pk, **BY}
    assert refused(
        lambda: cite_silence(clause=SILENCE_RULE, page="第3页", **act), "silence.invalid"
    ) == ["silence.first_assembly"]
    assert "page.missing" in refused(
        lambda: cite_silence(clause=SILENCE_RULE, page="", **act), "silence.invalid"
    )


def test_no_rule_no_entry():
    vote = frozen_vote()
    for number in range(1, 7):
        vote.cast(number, [FOR])
    vote.count(at=CLOSE)
    assert terms(vote.session).value["silence"] is None
    assert not Entry.objects.filter(log=vote.session.board, kind="deemed").exists()
