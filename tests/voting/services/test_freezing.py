"""Freezing: every reason at once, the roll from the registry, the terms on the board."""

import json
import stat
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, transaction

from core.canonical import parse_canonical
from core.errors import RuleViolation
from funds.domain.apportionment import share_table
from logbook.models import Checkpoint
from registry.models import Finding, Unit
from tests.factories import (
    ACTOR,
    FREEZE,
    draft_session,
    frozen_vote,
    make_estate,
    make_owner,
    make_profile,
    make_unit,
    small_estate,
)
from voting.models import LetterCode, MotionShare, Party, TrusteeKey
from voting.protocol import credential, manifest, roll, trustees
from voting.protocol.shape import b64, unb64
from voting.protocol.suite import suite
from voting.selectors import motions_with_shares, why_one_head
from voting.services.entering import find_letter
from voting.services.freezing import freeze_session, weigh
from voting.spool import read_spool, spool_path

pytestmark = pytest.mark.django_db


def freeze(session, **kwargs):
    return freeze_session(session_id=session.pk, actor=ACTOR, at=FREEZE, **kwargs)


def refusal(session, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        freeze(session, **kwargs)
    assert caught.value.code == "session.not_ready"
    return {reason.code: reason.sentence for reason in caught.value.facts["reasons"]}


def test_every_reason_at_once_and_nothing_written(settings):
    estate = small_estate()
    Unit.objects.filter(room="101", building__name="1幢").update(area=None)
    make_unit(estate, "3幢", "101", 100_00, [])
    Finding.objects.create(estate=estate, kind="phone", subject="1幢", fingerprint="a" * 64)
    profile = make_profile()
    profile.values["notice_days"]["verified"] = False
    profile.save()
    session = draft_session(estate, matters=(), notice_on=None)
    found = refusal(session)
    assert set(found) == {
        "motions.none",
        "notice.missing",
        "area.missing",
        "owner.missing",
        "roll.findings",
        "profile.unverified",
    }
    assert found["area.missing"] == "1处房屋没有面积：1幢1单元101室"
    session.refresh_from_db()
    assert session.state == "draft"
    assert not Party.objects.exists()
    assert not spool_path(session.code).exists()
    settings.DEBUG = True
    assert "profile.unverified" not in refusal(session)


def test_an_empty_roll_cannot_be_frozen():
    estate = make_estate()
    make_unit(estate, "地下", "001", 12_00, [make_owner(estate, "王一")], use="parking")
    assert set(refusal(draft_session(estate))) == {"roll.empty"}


def test_a_roll_is_frozen_once():
    vote = frozen_vote()
    with pytest.raises(RuleViolation, match="已经冻结"):
        freeze(vote.session)


def test_weighing_shows_what_freezing_would_make():
    session = draft_session(small_estate())
    weighed = weigh(session, at=FREEZE)
    assert not weighed.reasons
    assert [areas.area for areas in weighed.areas] == [9000, 11000, 20000, 10000, 10000, 30000]


def test_heads_and_areas_sum_to_the_manifest():
    vote = frozen_vote()
    heads = list(why_one_head(vote.session))
    terms = manifest.parse(parse_canonical(bytes(vote.session.manifest)))
    assert terms.roll_heads == len(heads) == 6
    assert terms.roll_area == sum(head.area for head in heads) == 900_00
    assert all(sum(area for _room, area in head.units) == head.area for head in heads)
    trustees.check(terms)


def test_the_rolls_root_is_over_the_lines_of_the_parties():
    vote = frozen_vote()
    chosen = suite(vote.session.suite)
    lines = [
        roll.make_line(party.number, party.area, unb64(party.key), party.commitment)
        for party in vote.session.parties.all()
    ]
    terms = manifest.parse(parse_canonical(bytes(vote.session.manifest)))
    assert len(roll.parse(terms, lines)) == 6
    assert roll.root(chosen, lines) == terms.roll_root.hex()


def test_a_letters_token_makes_the_key_on_the_roll_and_its_code_finds_the_party():
    vote = frozen_vote()
    for party in vote.session.parties.all():
        secret = vote.secrets[party.number]
        _k, key = credential.derive(
            suite(vote.session.suite), vote.session.code, unb64(secret.token)
        )
        assert b64(key) == party.key == party.current_key
        found = find_letter(code=secret.code, at=FREEZE)
        assert (found.kind, found.party_id) == ("valid", party.pk)


def test_no_secret_of_a_letter_is_in_the_database_or_readable_in_the_spool():
    vote = frozen_vote()
    spool = spool_path(vote.session.code)
    assert stat.S_IMODE(spool.stat().st_mode) == 0o600
    sealed = spool.read_bytes()
    stored = str(list(LetterCode.objects.values())) + str(list(Party.objects.values()))
    for secret in vote.secrets.values():
        assert secret.code.encode() not in sealed
        assert secret.token.encode() not in sealed
        assert secret.code not in stored
        assert secret.token not in stored
        assert secret.code not in repr(vote.secrets)


def test_a_spool_of_another_session_does_not_open():
    one, other = frozen_vote(), frozen_vote()
    spool_path(one.session.code).write_bytes(spool_path(other.session.code).read_bytes())
    with pytest.raises(InvalidTag):
        read_spool(one.session.code)


def test_the_board_begins_with_the_manifest_under_a_checkpoint():
    vote = frozen_vote()
    (entry,) = vote.session.board.entries.all()
    line = json.loads(bytes(entry.line))
    assert (line["seq"], line["type"], line["prev"]) == (0, "manifest", "0" * 64)
    assert line["body"] == json.loads(bytes(vote.session.manifest))
    assert Checkpoint.objects.get(log=vote.session.board).size == 1


def test_later_changes_of_the_registry_do_not_reach_the_roll():
    vote = frozen_vote()
    before = list(why_one_head(vote.session))
    Unit.objects.filter(estate=vote.session.estate).update(area=1_00)
    assert list(why_one_head(vote.session)) == before


def test_the_database_refuses_to_change_the_roll():
    party = frozen_vote().party(1)
    party.area = 1
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        party.save(update_fields=["area"])
    with pytest.raises((DatabaseError, ObjectDoesNotExist), match="append-only"):
        Party.objects.filter(pk=party.pk)._raw_delete(using="default")


def test_a_cost_is_shared_out_among_all_units_the_developers_included():
    session = draft_session(small_estate())
    motion = session.motions.get()
    motion.cost_fen = 1_000_001
    motion.save()
    freeze(session, share_tables={motion.pk: share_table(motion.cost_fen)})
    shares = list(MotionShare.objects.order_by("party__number").values_list("fen", flat=True))
    assert sum(shares) == 1_000_001
    assert shares[-1] == pytest.approx(333_333, abs=2)  # 300 of 900 m²
    (line,) = motions_with_shares(session.parties.get(number=6))
    assert line.fen == shares[-1]


def test_parking_counts_in_full_where_the_rules_say_so():
    estate = small_estate()
    make_profile(parking="full")
    heads = list(why_one_head(frozen_vote(estate).session))
    assert sum(head.area for head in heads) == 912_00
    assert len(heads) == 6  # 王一's space adds to her party


def test_one_building_votes_alone_with_its_units_only():
    estate = small_estate()
    building = estate.buildings.get(name="2幢")
    vote = frozen_vote(estate, scope=[{"building": building.pk, "entrance": None}])
    assert [(head.why, head.area) for head in why_one_head(vote.session)] == [
        ("joint", 100_00),
        ("one_unit", 100_00),
        ("developer", 300_00),
    ]


def test_the_key_has_a_day_of_destruction_after_the_year_of_litigation():
    vote = frozen_vote()
    key = TrusteeKey.objects.get(session=vote.session)
    assert key.destroy_on > vote.session.closes_at.date() + timedelta(days=365)


def test_it_takes_the_national_suite_too():
    vote = frozen_vote()
    assert vote.session.suite == "P256-SHA256"
    session = draft_session(small_estate())
    session.suite = "SM2-SM3"
    session.save()
    freeze(session)
    session.refresh_from_db()
    assert session.board.hash_name == "sm3"
