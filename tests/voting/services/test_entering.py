"""The owner's way in: codes, the letter's key, the second check and its limits."""

import re
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from accounts.gateways import MemoryGateway
from accounts.models import Attempts, Message
from accounts.services.messages import send_code
from core.errors import RuleViolation
from funds.services.entering import send_own_code
from tests.factories import OPEN, frozen_vote
from voting.models import CheckCode
from voting.protocol import credential, schnorr
from voting.protocol.shape import b64, unb64
from voting.protocol.suite import suite
from voting.services.entering import (
    check_second_factor,
    find_letter,
    send_second_check_code,
    start_by_letter,
)
from voting.services.lost import Claim, send_claim_code

pytestmark = pytest.mark.django_db
CHALLENGE = bytes(range(32))


@pytest.fixture
def vote():
    return frozen_vote()


def sent_digits():
    (_phone, text) = MemoryGateway.sent[-1]
    return re.search(r"\d{6}", text).group()


def document(party, name, tail, at=OPEN):
    return check_second_factor(
        party_id=party.pk, method="document", answer=tail, family_name=name, at=at
    )


def sms(party, digits, at=OPEN):
    return check_second_factor(party_id=party.pk, method="sms", answer=digits, at=at)


def tail_of(party):
    from registry.models import Owner

    owner = Owner.objects.get(ownerships__unit__partyunit__party=party)
    return owner.document_number[-6:]


class TestLetters:
    def test_looking_a_letter_up_changes_nothing(self, vote):
        found = find_letter(code=vote.secrets[1].code.lower(), at=OPEN, address="192.0.2.1")
        assert (found.kind, found.session_id) == ("valid", vote.session.pk)
        assert not Attempts.objects.exists()

    @pytest.mark.parametrize("code", ["", "ZZZZ-ZZZZ-ZZZZ", "a' OR 1=1 --", "王" * 12])
    def test_an_unknown_code(self, vote, code):
        assert find_letter(code=code, at=OPEN, address="192.0.2.1").kind == "unknown"
        (row,) = Attempts.objects.all()
        assert "192.0.2.1" not in row.key

    def test_guessing_is_stopped_by_address_and_ends_after_a_quarter(self, vote):
        for _ in range(60):
            found = find_letter(code="0" * 12, at=OPEN, address="192.0.2.1")
            assert found.kind == "unknown"
        with pytest.raises(RuleViolation) as caught:
            find_letter(code=vote.secrets[1].code, at=OPEN, address="192.0.2.1")
        assert caught.value.code == "letter.too_many_guesses"
        assert find_letter(code=vote.secrets[1].code, at=OPEN, address="192.0.2.2")
        later = OPEN + timedelta(minutes=15)
        assert find_letter(code=vote.secrets[1].code, at=later, address="192.0.2.1")


class TestTheKey:
    def login(self, vote, number=1, challenge=CHALLENGE, session=None):
        chosen = suite(vote.session.suite)
        token = unb64(vote.secrets[number].token)
        secret, key = credential.derive(chosen, vote.session.code, token)
        message = credential.login_message(session or vote.session.code, challenge)
        return b64(key), b64(schnorr.sign(chosen, "login", secret, message))

    def test_the_holder_of_the_token_is_let_in(self, vote):
        key, login = self.login(vote)
        assert start_by_letter(
            party_id=vote.party(1).pk, challenge=CHALLENGE, key=key, login=login
        )

    def test_nobody_else_is(self, vote):
        key, login = self.login(vote)
        other_key, other_login = self.login(vote, 2)
        _, replayed = self.login(vote, challenge=bytes(32))
        _, elsewhere = self.login(vote, session="ANOTHER1")
        tries = [
            (1, other_key, other_login),
            (2, key, login),
            (1, key, other_login),
            (1, key, replayed),
            (1, key, elsewhere),
            (1, key, ""),
            (1, key, login[:-1]),
            (1, "", login),
            (1, "王", "王"),
            (1, key, "!" * 130),
        ]
        for number, given_key, given_login in tries:
            assert not start_by_letter(
                party_id=vote.party(number).pk,
                challenge=CHALLENGE,
                key=given_key,
                login=given_login,
            )


class TestSms:
    def test_the_digits_sent_hold_once_and_for_ten_minutes(self, vote):
        party = vote.party(1)
        until = send_second_check_code(party_id=party.pk, at=OPEN)
        assert until - OPEN >= timedelta(minutes=10)
        (phone, _text) = MemoryGateway.sent[-1]
        assert phone == party.phone
        digits = sent_digits()
        assert not sms(party, digits, at=until)
        assert sms(party, f" {digits} ", at=until - timedelta(seconds=1))
        assert not sms(party, digits)

    def test_the_digits_are_kept_nowhere_in_clear(self, vote):
        send_second_check_code(party_id=vote.party(1).pk, at=OPEN)
        kept = str(list(CheckCode.objects.values())) + str(list(Message.objects.values()))
        assert sent_digits() not in kept

    def test_another_partys_digits_do_not_do(self, vote):
        send_second_check_code(party_id=vote.party(1).pk, at=OPEN)
        assert not sms(vote.party(3), sent_digits())

    def test_without_a_phone_there_is_none(self, vote):
        with pytest.raises(RuleViolation) as caught:
            send_second_check_code(party_id=vote.party(2).pk, at=OPEN)
        assert caught.value.code == "check.no_phone"
        assert not MemoryGateway.sent

    def test_a_minute_between_two(self, vote):
        party = vote.party(1)
        send_second_check_code(party_id=party.pk, at=OPEN)
        first = sent_digits()
        with pytest.raises(RuleViolation) as caught:
            send_second_check_code(party_id=party.pk, at=OPEN + timedelta(seconds=59))
        assert caught.value.code == "check.too_soon"
        later = OPEN + timedelta(seconds=60)
        send_second_check_code(party_id=party.pk, at=later)
        if sent_digits() != first:
            assert not sms(party, first, at=later)
        assert sms(party, sent_digits(), at=later)

    def test_strangers_at_public_pages_do_not_use_up_a_votes_codes(self, vote):
        """They know the number, or number and room; ten of the same kind are the most."""
        party = vote.party(1)
        for minute in range(12):
            at = OPEN + timedelta(minutes=minute)
            send_own_code(phone=party.phone, address="", at=at)
            send_claim_code(Claim(party.pk, party.pk, "x"), at=at)
            with suppress(RuleViolation):
                send_code(
                    phone=party.phone, template="sign_in", params={"code": "1"}, key="k", at=at
                )
        texts = Counter(text[9:20] for _phone, text in MemoryGateway.sent)
        assert sorted(texts.values()) == [5, 10, 10]
        later = OPEN + timedelta(hours=1)
        for minute in range(10):
            send_second_check_code(party_id=party.pk, at=later + timedelta(minutes=minute))
        assert sms(party, sent_digits(), at=later + timedelta(minutes=10))
        with pytest.raises(RuleViolation) as caught:
            send_second_check_code(party_id=party.pk, at=later + timedelta(minutes=30))
        assert caught.value.code == "sms.daily_limit"


class TestDocuments:
    def test_family_name_and_the_last_six(self, vote):
        party = vote.party(2)
        assert document(party, "李", tail_of(party))
        assert not document(party, "王", tail_of(party))
        assert not document(party, "李", "000000")

    @pytest.mark.parametrize("assisted", [False, True])
    def test_only_of_whom_the_roll_gives_no_phone(self, vote, assisted):
        party = vote.party(1)
        assert vote.session.allow_document_check
        with pytest.raises(RuleViolation) as caught:
            check_second_factor(
                party_id=party.pk,
                method="document",
                answer=tail_of(party),
                family_name="王",
                assisted=assisted,
                at=OPEN,
            )
        assert caught.value.code == "check.not_allowed"
        assert not Attempts.objects.exists()

    def test_five_wrong_answers_lock_for_a_quarter_even_the_right_one(self, vote):
        party = vote.party(2)
        for _ in range(5):
            assert not document(party, "李", "999998")
        with pytest.raises(RuleViolation) as caught:
            document(party, "李", tail_of(party))
        assert caught.value.code == "check.locked"
        send_second_check_code(party_id=vote.party(1).pk, at=OPEN)
        assert sms(vote.party(1), sent_digits())
        assert document(party, "李", tail_of(party), at=OPEN + timedelta(minutes=15))

    def test_the_right_answer_forgives_the_wrong_ones(self, vote):
        party = vote.party(2)
        for _ in range(3):
            for _ in range(4):
                document(party, "李", "999998")
            assert document(party, "李", tail_of(party))

    def test_not_where_the_session_forbids_it(self):
        party = frozen_vote(allow_document_check=False).party(2)
        with pytest.raises(RuleViolation) as caught:
            document(party, "李", tail_of(party))
        assert caught.value.code == "check.not_allowed"

    def test_joint_owners_only_the_chosen_voter(self, vote):
        from registry.models import Owner

        joint = vote.party(4)
        joint.phone = ""
        joint.save(update_fields=["phone"])
        tails = {
            owner.name: owner.document_number[-6:]
            for owner in Owner.objects.filter(ownerships__unit__partyunit__party=joint)
        }
        assert document(joint, "赵", tails["赵四"])
        assert not document(joint, "钱", tails["钱五"])
