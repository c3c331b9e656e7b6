"""Ballots: sealed, read, proved; and every change of one is refused by a named check."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.canonical import NotCanonical, canonical
from tests.voting.mutations import mutants
from tests.voting.sessions import Dice, Setting, election, question
from voting.protocol import ballot, tested
from voting.protocol.refusal import Refused
from voting.protocol.shape import NO_HASH

MOTIONS = [question("m1"), election("e1", candidates=3, seats=2), question("m2")]
SETTINGS = {name: Setting(name, motions=MOTIONS) for name in ("P256-SHA256", "SM2-SM3")}
P256 = SETTINGS["P256-SHA256"]
CHECKS = {
    "canonical",
    "ballots.shape",
    "ballots.credential",
    "ballots.sequence",
    "ballots.unique",
    "ballots.signature",
    "ballots.proofs",
}


def seal(setting, party=1, choices=((0,), (1, 2), None), seed="ballot", **changes):
    fields = {
        "party": party,
        "key_secret": setting.keys[party][0],
        "choices": choices,
        "number": 1,
        "previous": NO_HASH,
        "encrypted_by": "browser",
    }
    return ballot.seal(setting.manifest, rng=Dice(seed), **{**fields, **changes})


def verify(setting, value, party=1, number=1, previous=NO_HASH):
    return ballot.verify_ballot(
        setting.manifest,
        value,
        expected_key=setting.keys[party][1],
        expected_number=number,
        expected_previous=previous,
    )


def refused_by(setting, value, **expected):
    with pytest.raises(Refused) as refused:
        verify(setting, value, **expected)
    return refused.value.check


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_it_works(setting):
    value = ballot.read(canonical(seal(setting)))
    parsed = verify(setting, value)
    assert parsed.party == 1
    assert parsed.digest.hex() == ballot.tracker(setting.manifest, value)
    assert [answer is None for answer in parsed.answers] == [False, False, True]
    assert ballot.encoded(value) == parsed.encoded


one = st.sampled_from([None, (0,), (1,), (2,)])
some = st.none() | st.sets(st.integers(0, 2), max_size=2).map(tuple)


@settings(max_examples=20, deadline=None)
@given(
    choices=st.tuples(one, some, one).filter(lambda choices: choices != (None,) * 3),
    name=st.sampled_from(list(SETTINGS)),
)
def test_every_lawful_choice_is_proved_and_opens_to_itself(choices, name):
    setting = SETTINGS[name]
    unsigned, randomness = ballot.encrypt(
        setting.manifest,
        party=2,
        key=setting.keys[2][1],
        choices=choices,
        number=1,
        previous=NO_HASH,
        encrypted_by="server",
    )
    verify(setting, ballot.sign(setting.manifest, unsigned, setting.keys[2][0]), party=2)
    text = tested.reveal(setting.manifest, unsigned, choices, randomness)
    tracker, opened = tested.verify(setting.manifest, text)
    assert tracker == ballot.tracker(setting.manifest, unsigned)
    assert opened == [None if chosen is None else sorted(chosen) for chosen in choices]


@pytest.mark.parametrize(
    "choices",
    [
        [(0,), (0,)],
        [None, None, None],
        [(), None, None],
        [(0, 1), None, None],
        [(3,), None, None],
        [(-1,), None, None],
        [(0,), (0, 1, 2), None],
        [None, (0, 0), None],
    ],
)
def test_unlawful_choices_are_not_sealed(choices):
    with pytest.raises(ValueError, match="motion"):
        seal(P256, choices=choices)


def test_two_ballots_share_no_ciphertext():
    first, second = seal(P256, seed="a"), seal(P256, seed="b")
    parsed = [ballot.parse(P256.manifest, value) for value in (first, second)]
    a, b = zip(*map(ballot.points, parsed), strict=True)
    assert not set(a[0]) & set(a[1])
    assert not set(b[0]) & set(b[1])


def test_the_default_randomness_is_fresh():
    fields = {
        "party": 1,
        "key_secret": P256.keys[1][0],
        "choices": [(0,), None, None],
        "number": 1,
        "previous": NO_HASH,
        "encrypted_by": "browser",
    }
    first, second = (ballot.seal(P256.manifest, **fields) for _ in range(2))
    assert first != second


MUTANTS = dict(mutants(seal(P256)))


def test_there_are_mutants():
    assert len(MUTANTS) > 150


@pytest.mark.parametrize("name", MUTANTS)
def test_every_change_is_refused_by_name(name):
    try:
        value = ballot.read(canonical(MUTANTS[name]))
    except NotCanonical:
        return  # -1: cannot even be written
    assert refused_by(P256, value) in CHECKS


SIGNED_AGAIN = {
    name: value
    for name, value in MUTANTS.items()
    if not name.startswith("signature") and "encrypted_by" not in name
}


def is_narrow(value):
    try:
        canonical(value)
    except NotCanonical:
        return False
    return True


@pytest.mark.parametrize("name", [n for n, v in SIGNED_AGAIN.items() if is_narrow(v)])
def test_every_change_is_refused_even_when_signed_again(name):
    unsigned = {k: v for k, v in SIGNED_AGAIN[name].items() if k != "signature"}
    value = ballot.sign(P256.manifest, unsigned, P256.keys[1][0], rng=Dice(name))
    assert refused_by(P256, value) in CHECKS - {"ballots.signature"}


@pytest.mark.parametrize("cut", range(0, 5000, 371))
def test_every_cut_is_refused(cut):
    data = canonical(seal(P256))
    for part in (data[:cut], data[cut + 1 :], data[: cut + 1] + data[cut:]):
        with pytest.raises(Refused):
            verify(P256, ballot.read(part))


@pytest.mark.parametrize("position", range(0, 486, 13))
def test_every_flipped_byte_of_an_option_is_refused(position):
    value = seal(P256)
    options = value["answers"][0]["options"]
    data = bytearray(base64.urlsafe_b64decode(options[0]))
    data[position] ^= 0x10
    options[0] = base64.urlsafe_b64encode(bytes(data)).decode()
    unsigned = {k: v for k, v in value.items() if k != "signature"}
    again = ballot.sign(P256.manifest, unsigned, P256.keys[1][0])
    assert refused_by(P256, again) in {"ballots.shape", "ballots.proofs"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"x" * 10_000_000,
        b"NaN",
        b'{"format":NaN}',
        b"1.0",
        b'"\\ud800"',
        b"\xff\xfe",
        b"\x00" * 100,
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(Refused):
        verify(P256, ballot.read(data))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 2**53 - 1) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(ballot.FIELDS), inner),
        max_leaves=20,
    )
)
def test_random_json_is_refused(value):
    assert refused_by(P256, value) == "ballots.shape"


def test_places():
    value = seal(P256)
    first = ballot.tracker(P256.manifest, value)
    assert refused_by(P256, value, party=2) == "ballots.credential"
    assert refused_by(P256, value, number=2, previous=first) == "ballots.sequence"
    assert refused_by(P256, value, previous="1" * 64) == "ballots.sequence"
    again = seal(P256, number=2, previous=first)
    verify(P256, again, number=2, previous=first)


def test_no_revote_where_the_manifest_forbids_it():
    once = Setting(motions=MOTIONS, revote=False)
    first = seal(once)
    verify(once, first)
    previous = ballot.tracker(once.manifest, first)
    again = seal(once, number=2, previous=previous)
    assert refused_by(once, again, number=2, previous=previous) == "ballots.sequence"


def test_a_batch_names_the_culprit():
    manifest = P256.manifest
    values = [seal(P256, party=1 + n % 3, seed=str(n)) for n in range(7)]
    values[4] = {**values[4], "answers": seal(P256, party=2, seed="other")["answers"]}
    parsed = [ballot.parse(manifest, value) for value in values]
    with pytest.raises(Refused, match="party 2, ballot 1") as refused:
        ballot.verify_many(manifest, parsed)
    assert refused.value.check == "ballots.signature"
    del parsed[4]
    ballot.verify_many(manifest, parsed)
    ballot.verify_many(manifest, [])


def test_weights_are_what_stops_two_faults_that_cancel():
    """s_0 + 1 in one proof and s_0 - 1 in another: equal weights would take it."""
    order = P256.suite.order
    value = seal(P256, choices=[(0,), None, None])
    options = value["answers"][0]["options"]
    for option, step in ((0, 1), (1, -1)):
        data = base64.urlsafe_b64decode(options[option])
        s = (int.from_bytes(data[422:454], "big") + step) % order
        data = data[:422] + s.to_bytes(32, "big") + data[454:]
        options[option] = base64.urlsafe_b64encode(data).decode()
    unsigned = {k: v for k, v in value.items() if k != "signature"}
    value = ballot.sign(P256.manifest, unsigned, P256.keys[1][0])
    parsed = ballot.parse(P256.manifest, value)
    ballot.verify_many(P256.manifest, [parsed], random_bytes=lambda size: b"\1" * size)
    with pytest.raises(Refused) as refused:
        ballot.verify_many(P256.manifest, [parsed])
    assert refused.value.check == "ballots.proofs"
    assert "motion 0, option 0" in refused.value.detail


def test_tracker_text():
    assert ballot.tracker_text("00" * 32) == "0000-0000-0000-0000"
    assert ballot.tracker_text("ff" * 32) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    # 80 bits 00000 00001 00010 …: the alphabet in order
    bits = "".join(f"{number:05b}" for number in range(16))
    assert ballot.tracker_text(f"{int(bits, 2):020x}" + "0" * 44) == "0123-4567-89AB-CDEF"


def revealed():
    choices = [(0,), (1, 2), None]
    unsigned, randomness = ballot.encrypt(
        P256.manifest,
        party=1,
        key=P256.keys[1][1],
        choices=choices,
        number=1,
        previous=NO_HASH,
        encrypted_by="browser",
        rng=Dice("tested"),
    )
    return tested.reveal(P256.manifest, unsigned, choices, randomness)


def outcome(value):
    """(tracker, None) or (None, the check that refused)."""
    try:
        return tested.verify(P256.manifest, value)[0], None
    except Refused as refused:
        return None, refused.check
    except NotCanonical:
        return None, "canonical"


def test_a_changed_test_is_refused_or_has_another_tracker():
    """Proofs and plain fields are not opened; they are under the tracker that was shown."""
    shown, _ = outcome(revealed())
    assert shown
    for name, changed in mutants(revealed()):
        tracker, check = outcome(changed)
        assert tracker != shown, name
        assert check in {None, "test", "canonical"}, name
        if name.startswith("answers"):
            assert check == "test", name
