"""Agents, assistance and sales in mid-vote: who may, what is refused, what ends what."""

from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist

from accounts.gateways import MemoryGateway
from accounts.models import Message
from core.canonical import parse_canonical
from core.errors import RuleViolation
from logbook import selectors as logs
from logbook.models import Entry
from registry.models import Unit
from registry.services.findings import add_manager_staff
from registry.services.titles import NewOwner, record_transfer
from tests.factories import ABSTAIN, ACTOR, AGAINST, CLOSE, FOR, FREEZE, OPEN, frozen_vote
from voting.models import Ballot, HelpedBallot, LetterCode, Proxy
from voting.protocol import board
from voting.selectors import (
    board_of,
    ended_by_owner,
    other_principals,
    result_of,
    signed_as,
    was_by_agent,
)
from voting.services.assisting import Circumstances, start_assistance
from voting.services.casting import Helper, cast_plain, cast_sealed
from voting.services.entering import (
    check_agent,
    check_second_factor,
    find_letter,
    send_agent_code,
    send_second_check_code,
)
from voting.services.exporting import export_board
from voting.services.letters import reissue_letter
from voting.services.proxies import (
    Stated,
    confirm_proxy,
    decline_proxy,
    document_of_proxy,
    enter_proxy,
    grant_proxy,
    renew_proxy_code,
    revoke_proxy,
)
from voting.services.transfers import (
    confirm_transfer,
    decline_transfer,
    document_of_transfer,
    propose_transfer,
)
from voting.steps import Signer
from voting.verifier.verification import verify

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n%%EOF\n"
AGENT = "10000009999"
DAY = OPEN.date()
CLERK, SECOND = Signer("user:1", "organiser"), Signer("user:2", "supervisor")
COMMITTEE = Signer("user:3", "residents_committee")


def stated(**changes):
    return Stated(
        **{
            "agent": "周七",
            "phone": AGENT,
            "motions": [1],
            "powers": "free",
            "signed_on": DAY,
            "until": CLOSE.date(),
            "by_owner": True,
            **changes,
        }
    )


def codes_of(call):
    with pytest.raises(RuleViolation) as refused:
        call()
    reasons = refused.value.facts.get("reasons")
    return [reason.code for reason in reasons] if reasons else [refused.value.code]


def grant(vote, number=1, *, at=OPEN, **changes):
    return grant_proxy(party_id=vote.party(number).pk, stated=stated(**changes), at=at)


def by_agent(vote, proxy, choices, *, at=OPEN, submission="agent"):
    return cast_plain(
        session_id=vote.session.pk,
        party_id=proxy.party_id,
        submission=submission,
        choices=choices,
        helper=Helper(board.PROXY, proxy.pk),
        at=at,
    )


def reasons_on_board(vote):
    lines = logs.lines(board_of(vote.session), kinds=["credential"])
    return [parse_canonical(line)["body"]["reason"] for line in lines]


def told(template):
    return [one.phone for one in Message.objects.filter(template=template)]


class TestAuthority:
    def test_an_agent_votes_with_an_own_code_and_phone(self):
        vote = frozen_vote()
        granted = grant(vote)
        state = find_letter(code=granted.code, at=OPEN)
        assert (state.kind, state.proxy_id) == ("valid", granted.proxy.pk)
        send_agent_code(proxy_id=granted.proxy.pk, at=OPEN)
        sent = MemoryGateway.sent[-1]
        assert sent[0] == AGENT
        digits = "".join(c for c in sent[1] if c.isdigit())[:6]
        assert not check_agent(proxy_id=granted.proxy.pk, answer="000000x", at=OPEN)
        assert check_agent(proxy_id=granted.proxy.pk, answer=digits, at=OPEN)
        assert not check_agent(proxy_id=granted.proxy.pk, answer=digits, at=OPEN)  # once
        ballot = by_agent(vote, granted.proxy, [FOR])
        assert ballot.helped.proxy_id == granted.proxy.pk
        assert was_by_agent(vote.party(1))
        assert reasons_on_board(vote) == ["proxy"]
        assert told("ballot_by_proxy") == [vote.party(1).phone]
        assert told("proxy_voted") == [AGENT]
        # The principal's letter was not used and is still valid.
        letter = find_letter(code=vote.secrets[1].code, at=OPEN)
        assert (letter.kind, letter.proxy_id) == ("valid", 0)

    def test_the_code_is_kept_as_a_hash_and_renewed(self):
        vote = frozen_vote()
        granted = grant(vote)
        assert granted.code not in str(Proxy.objects.values().get())
        assert granted.code not in repr(granted)
        again = renew_proxy_code(proxy_id=granted.proxy.pk, actor="owner", at=OPEN)
        assert find_letter(code=granted.code, at=OPEN).kind == "unknown"
        assert find_letter(code=again.code, at=OPEN).proxy_id == granted.proxy.pk

    def test_every_reason_at_once(self):
        vote = frozen_vote()
        found = codes_of(
            lambda: grant(
                vote,
                agent=" ",
                phone="12",
                motions=[],
                powers="",
                signed_on=None,
                until=None,
                by_owner=False,
            )
        )
        assert found == [
            "phone.invalid",
            "proxy.agent",
            "proxy.matter",
            "proxy.powers",
            "proxy.signed",
            "proxy.period",
            "proxy.by_owner",
        ]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"motions": [2]}, "proxy.matter"),
            ({"powers": "any"}, "proxy.powers"),
            ({"signed_on": DAY + timedelta(days=1)}, "proxy.future"),
            ({"until": DAY - timedelta(days=1)}, "proxy.ended"),
            ({"by_owner": False}, "proxy.by_owner"),  # the agent hands it on
        ],
    )
    def test_refused(self, changes, code):
        assert code in codes_of(lambda: grant(frozen_vote(), **changes))

    def test_the_property_managers_people(self):
        vote = frozen_vote()
        add = {"estate_id": vote.session.estate_id, "actor": ACTOR, "at": OPEN}
        add_manager_staff(name="周七", phone="", **add)
        assert codes_of(lambda: grant(vote)) == ["proxy.manager"]
        add_manager_staff(name="吴八", phone=AGENT, **add)
        assert codes_of(lambda: grant(vote, agent="郑九")) == ["proxy.manager"]

    def test_the_cap_counts_over_all_principals(self):
        vote = frozen_vote()
        for number in (1, 2, 3):
            grant(vote, number)
        assert codes_of(lambda: grant(vote, 4)) == ["proxy.too_many"]
        grant(vote, 4, phone="10000009998")
        first = Proxy.objects.earliest("pk")
        revoke_proxy(proxy_id=first.pk, actor="owner", reason="", at=OPEN)
        assert other_principals(vote.party(5), first.agent_phone_hash) == 2
        grant(vote, 5)

    def test_only_before_the_vote_and_one_at_a_time(self):
        vote = frozen_vote()
        assert codes_of(lambda: grant(vote, phone=vote.party(1).phone)) == ["proxy.self"]
        grant(vote)
        assert codes_of(lambda: grant(vote, phone="10000009998")) == ["proxy.another"]
        vote.cast(2, [FOR])
        assert codes_of(lambda: grant(vote, 2)) == ["proxy.voted"]
        late = codes_of(lambda: grant(vote, 3, at=CLOSE))
        assert "proxy.over" in late

    @pytest.mark.parametrize(
        ("voted", "days", "at", "code"),
        [
            (False, 1, CLOSE, "proxy.over"),  # signed and brought after the close
            (False, -2, CLOSE, "proxy.over"),  # signed in time, brought after it
            (False, 12, OPEN, "proxy.future"),  # dated after the close, brought before it
            (True, 0, OPEN, "proxy.voted"),  # dated when the household had voted
            (True, -1, OPEN, "proxy.voted"),  # even where it was signed before
        ],
    )
    def test_dated_or_brought_after_the_vote(self, voted, days, at, code):
        vote = frozen_vote()
        if voted:
            vote.cast(1, [FOR])
        signed_on = (OPEN if at == OPEN else CLOSE).date() + timedelta(days=days)
        until = CLOSE.date() + timedelta(days=30)
        assert code in codes_of(lambda: grant(vote, at=at, signed_on=signed_on, until=until))
        stated_ = stated(signed_on=signed_on, until=until, by_owner=False)
        assert code in codes_of(
            lambda: enter_proxy(
                session_id=vote.session.pk,
                number=1,
                stated=stated_,
                name="委托书.pdf",
                content=PDF,
                signer=CLERK,
                at=at,
            )
        )
        assert not Proxy.objects.exists()

    def test_revoked_before_the_agent_votes_and_not_after(self):
        vote = frozen_vote()
        granted = grant(vote)
        revoke_proxy(proxy_id=granted.proxy.pk, actor="owner", reason="", at=OPEN)
        assert codes_of(lambda: by_agent(vote, granted.proxy, [FOR])) == ["proxy.ended"]
        assert find_letter(code=granted.code, at=OPEN).kind == "reissued"
        assert told("proxy_revoked") == [AGENT]
        again = grant(vote)
        by_agent(vote, again.proxy, [FOR])
        refused = codes_of(
            lambda: revoke_proxy(proxy_id=again.proxy.pk, actor="owner", reason="", at=OPEN)
        )
        assert refused == ["proxy.has_voted"]

    def test_its_period_and_its_matters_bind_the_ballot(self):
        vote = frozen_vote(matters=(5, 9))
        granted = grant(vote, motions=[2], until=DAY)
        assert codes_of(lambda: by_agent(vote, granted.proxy, [FOR, FOR])) == ["proxy.matter"]
        late = OPEN + timedelta(days=1)
        assert codes_of(lambda: by_agent(vote, granted.proxy, [None, FOR], at=late)) == [
            "proxy.ended"
        ]
        assert by_agent(vote, granted.proxy, [None, FOR])

    def test_an_agent_cannot_use_the_letter(self):
        vote = frozen_vote()
        granted = grant(vote)
        refused = codes_of(
            lambda: cast_sealed(
                session_id=vote.session.pk,
                party_id=granted.proxy.party_id,
                submission="x",
                ballot=vote.sealed(1, [FOR]),
                replacement_key=None,
                helper=Helper(board.PROXY, granted.proxy.pk),
                at=OPEN,
            )
        )
        assert refused == ["ballot.refused"]

    def test_of_another_party_it_is_none(self):
        vote = frozen_vote()
        granted = grant(vote)
        with pytest.raises(ObjectDoesNotExist):
            cast_plain(
                session_id=vote.session.pk,
                party_id=vote.party(2).pk,
                submission="x",
                choices=[FOR],
                helper=Helper(board.PROXY, granted.proxy.pk),
                at=OPEN,
            )

    @pytest.mark.parametrize("revote", [True, False])
    def test_the_owner_in_person_ends_it(self, revote, tmp_path):
        vote = frozen_vote(revote=revote)
        granted = grant(vote)
        by_agent(vote, granted.proxy, [AGAINST])
        own = vote.cast(1, [FOR], plain=True)  # by the letter's code
        assert own.number == 2
        assert ended_by_owner(Proxy.objects.get(pk=granted.proxy.pk))
        assert codes_of(
            lambda: by_agent(vote, granted.proxy, [AGAINST], submission="again")
        ) == (["proxy.ended"] if revote else ["ballot.no_revote"])
        if not revote:  # and the own one once
            assert codes_of(lambda: vote.cast(1, [AGAINST], plain=True)) == ["ballot.no_revote"]
        assert told("proxy_replaced") == [AGENT]
        for number in (2, 3, 4, 5, 6):
            vote.cast(number, [FOR])
        vote.count()
        result = result_of(vote.session)
        assert result.motions[0].votes_for.heads == 6
        assert result.ballots.proxies == (0, 0)
        export_board(vote.session, tmp_path / "out")
        report = verify(tmp_path / "out")
        assert report.ok
        details = {check.name: check.detail for check in report.checks}
        assert details["counted"] == "6 ballots, 0 parties excluded, code 1"

    def test_where_ballots_cannot_be_changed_an_agent_has_one_too(self):
        vote = frozen_vote(revote=False)
        granted = grant(vote)
        by_agent(vote, granted.proxy, [AGAINST])
        again = codes_of(lambda: by_agent(vote, granted.proxy, [FOR], submission="2"))
        assert again == ["ballot.no_revote"]


class TestPaper:
    def enter(self, vote, number=1, *, content=PDF, signer=CLERK, **changes):
        return enter_proxy(
            session_id=vote.session.pk,
            number=number,
            stated=stated(**changes),
            name="委托书.pdf",
            content=content,
            signer=signer,
            at=OPEN,
        )

    def test_one_enters_another_confirms(self):
        vote = frozen_vote()
        proxy = self.enter(vote)
        assert self.enter(vote).pk == proxy.pk  # sent twice
        assert codes_of(lambda: by_agent(vote, proxy, [FOR])) == ["proxy.ended"]
        same = Signer(CLERK.actor, "supervisor")
        assert codes_of(lambda: confirm_proxy(proxy_id=proxy.pk, signer=same, at=OPEN)) == [
            "proxy.same_person"
        ]
        wrong = Signer("user:9", "organiser")
        assert codes_of(lambda: confirm_proxy(proxy_id=proxy.pk, signer=wrong, at=OPEN)) == [
            "proxy.role"
        ]
        granted = confirm_proxy(proxy_id=proxy.pk, signer=SECOND, at=OPEN)
        assert by_agent(vote, granted.proxy, [FOR])
        stored = Proxy.objects.get(pk=proxy.pk)
        assert document_of_proxy(stored) == PDF
        assert PDF not in bytes(stored.content)
        place = f"estate/{vote.session.estate.code}"
        acts = list(
            Entry.objects.filter(log__name=place, kind__startswith="proxy.").values_list(
                "kind", flat=True
            )
        )
        assert acts == ["proxy.entered", "proxy.confirmed"]

    def test_without_a_paper(self):
        assert codes_of(lambda: self.enter(frozen_vote(), content=b"")) == ["attachment.empty"]

    def test_weighed_again_when_confirmed(self):
        vote = frozen_vote()
        proxy = self.enter(vote)
        vote.cast(1, [FOR])
        assert codes_of(lambda: confirm_proxy(proxy_id=proxy.pk, signer=SECOND, at=OPEN)) == [
            "proxy.voted"
        ]

    def test_declined(self):
        vote = frozen_vote()
        proxy = self.enter(vote)
        call = {"proxy_id": proxy.pk, "signer": SECOND, "at": OPEN}
        assert codes_of(lambda: decline_proxy(reason=" ", **call)) == ["reason.missing"]
        decline_proxy(reason="没有签名", **call)
        assert codes_of(lambda: confirm_proxy(**call)) == ["proxy.decided"]


def start(vote, number=1, *, signer=COMMITTEE, barred=(), **changes):
    fields = {"method": "home", "witnesses": ["冯一", "陈二"], "present": True, **changes}
    return start_assistance(
        session_id=vote.session.pk,
        number=number,
        stated=Circumstances(**fields),
        barred=barred,
        signer=signer,
        at=OPEN,
    )


class TestAssistance:
    def test_one_ballot_marked_and_told(self):
        vote = frozen_vote()
        row = start(vote)
        helper = Helper(board.ASSISTED, row.pk)
        call = {
            "session_id": vote.session.pk,
            "party_id": row.party_id,
            "choices": [FOR],
            "helper": helper,
        }
        ballot = cast_plain(submission="a", at=OPEN, **call)
        assert ballot.helped.assistance_id == row.pk
        assert reasons_on_board(vote) == ["assisted"]
        assert told("ballot_assisted") == [vote.party(1).phone]
        assert codes_of(lambda: cast_plain(submission="b", at=OPEN, **call)) == ["assist.over"]
        vote.count()
        assert signed_as(vote.session)["assisted"] == (1, 90_00)
        assert result_of(vote.session).ballots.assisted == (1, 90_00)

    def test_it_does_not_last(self):
        vote = frozen_vote()
        row = start(vote)
        late = OPEN + timedelta(minutes=61)
        refused = codes_of(
            lambda: cast_plain(
                session_id=vote.session.pk,
                party_id=row.party_id,
                submission="a",
                choices=[FOR],
                helper=Helper(board.ASSISTED, row.pk),
                at=late,
            )
        )
        assert refused == ["assist.over"]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"witnesses": ["冯一"]}, "assist.witnesses"),
            ({"witnesses": ["冯一", " 冯一 "]}, "assist.witnesses"),
            ({"present": False}, "assist.present"),
            ({"method": ""}, "assist.method"),
            ({"method": "phone"}, "assist.reference"),
            ({"barred": ["陈二"]}, "assist.barred"),
            ({"signer": CLERK}, "assist.role"),
        ],
    )
    def test_refused(self, changes, code):
        assert code in codes_of(lambda: start(frozen_vote(), **changes))

    def test_the_property_managers_people_do_not_witness(self):
        vote = frozen_vote()
        add_manager_staff(
            estate_id=vote.session.estate_id, name="冯一", phone="", actor=ACTOR, at=OPEN
        )
        assert codes_of(lambda: start(vote)) == ["assist.barred"]

    def test_a_document_only_where_the_roll_has_no_phone(self):
        vote = frozen_vote(allow_document_check=False)
        call = {"method": "document", "answer": "x", "family_name": "王", "at": OPEN}
        refused = codes_of(
            lambda: check_second_factor(party_id=vote.party(1).pk, assisted=True, **call)
        )
        assert refused == ["check.not_allowed"]
        # 李二 has no phone: looked at, and wrong.
        assert not check_second_factor(party_id=vote.party(2).pk, assisted=True, **call)
        assert codes_of(lambda: start(vote, 2, method="phone", recording="7")) == [
            "assist.no_phone"
        ]


class TestSale:
    def sell(self, vote, label="1幢1单元101室", phone="10000008888"):
        unit = Unit.objects.get(label=label, estate=vote.session.estate)
        record_transfer(
            unit_id=unit.pk,
            owners=[NewOwner("何新", "999999199001010011", phone=phone)],
            basis="register",
            on=OPEN.date(),
            actor=ACTOR,
            at=OPEN,
        )

    def propose(self, vote, number=1):
        return propose_transfer(
            session_id=vote.session.pk,
            number=number,
            name="权证.pdf",
            content=PDF,
            signer=CLERK,
            at=OPEN,
        )

    def test_the_buyer_votes_where_nobody_has(self):
        vote = frozen_vote()
        before, manifest = vote.party(1), bytes(vote.session.manifest)
        granted = grant(vote)
        self.sell(vote)
        found = self.propose(vote)
        assert self.propose(vote).pk == found.pk
        assert vote.party(1).phone == before.phone  # nothing yet
        confirm_transfer(transfer_id=found.pk, signer=SECOND, at=OPEN)
        after = vote.party(1)
        assert (after.name, after.phone) == ("何**", "10000008888")
        assert (after.area, after.commitment, after.key) == (
            before.area,
            before.commitment,
            before.key,
        )
        assert reasons_on_board(vote) == ["transfer"]
        assert sorted(told("letter_transferred")) == sorted([before.phone, "10000008888"])
        # The seller's letter, its QR and the seller's agent are void.
        assert find_letter(code=vote.secrets[1].code, at=OPEN).kind == "reissued"
        assert codes_of(lambda: vote.cast(1, [FOR])) == ["ballot.refused"]
        assert codes_of(lambda: by_agent(vote, granted.proxy, [FOR])) == ["proxy.ended"]
        send_second_check_code(party_id=after.pk, at=OPEN)
        phone, text = MemoryGateway.sent[-1]
        assert phone == "10000008888"
        digits = text.removeprefix("验证码")[:6]
        assert check_second_factor(party_id=after.pk, method="sms", answer=digits, at=OPEN)
        made = reissue_letter(party_id=after.pk, actor=ACTOR, at=OPEN, reason="改发新业主")
        assert find_letter(code=made.code, at=OPEN).kind == "valid"
        assert reasons_on_board(vote) == ["transfer", "reissue"]
        vote.session.refresh_from_db()
        assert bytes(vote.session.manifest) == manifest
        assert document_of_transfer(found) == PDF

    def test_what_was_cast_stands(self):
        vote = frozen_vote()
        vote.cast(1, [FOR])
        self.sell(vote)
        assert codes_of(lambda: self.propose(vote)) == ["transfer.voted"]

    def test_cast_between_the_two_people(self):
        vote = frozen_vote()
        self.sell(vote)
        found = self.propose(vote)
        vote.cast(1, [FOR])
        refused = codes_of(
            lambda: confirm_transfer(transfer_id=found.pk, signer=SECOND, at=OPEN)
        )
        assert refused == ["transfer.voted"]
        assert LetterCode.objects.filter(party=vote.party(1), voided_at__isnull=True).exists()

    def test_a_part_of_several_units_leaves_the_party_with_the_seller(self):
        vote = frozen_vote()
        self.sell(vote, "1幢1单元201室")
        assert codes_of(lambda: self.propose(vote, 3)) == ["transfer.partial"]

    def test_nothing_sold_one_person_and_no(self):
        vote = frozen_vote()
        assert codes_of(lambda: self.propose(vote)) == ["transfer.none"]
        self.sell(vote)
        found = self.propose(vote)
        same = Signer(CLERK.actor, "supervisor")
        assert codes_of(
            lambda: confirm_transfer(transfer_id=found.pk, signer=same, at=OPEN)
        ) == ["transfer.same_person"]
        decline_transfer(transfer_id=found.pk, reason="不是本小区", signer=SECOND, at=OPEN)
        assert codes_of(
            lambda: confirm_transfer(transfer_id=found.pk, signer=SECOND, at=OPEN)
        ) == ["transfer.decided"]


def test_figures_come_from_the_board():
    vote = frozen_vote()
    granted = grant(vote, 1)
    by_agent(vote, granted.proxy, [ABSTAIN])
    for number in (2, 3, 4, 5, 6):
        vote.cast(number, [FOR])
    vote.count()
    ballots = result_of(vote.session).ballots
    assert (ballots.counted, ballots.proxies, ballots.assisted) == (6, (1, 90_00), (0, 0))
    assert HelpedBallot.objects.count() == 1
    assert Ballot.objects.filter(replacement=True).count() == 1


def test_before_the_opening_an_agent_can_be_made():
    vote = frozen_vote()
    at = FREEZE + timedelta(days=1)
    assert grant(vote, at=at, signed_on=at.date()).proxy.state == "active"
