"""Write the test vectors of `docs/protocol.md`: `python -m tests.vectors.make` in the root.

Everything random comes from seeds, so that the same code writes the same bytes. Vectors hold
inputs, every random scalar in the order it was drawn, intermediate values and outputs: another
implementation can be compared step by step. Scalars and hashes are hex, points and proofs
base64url, lines to be parsed texts.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from core import merkle
from core.canonical import canonical, parse_canonical
from tests.voting import slow_count
from tests.voting.random_votes import random_vote
from tests.voting.sessions import (
    BOXED,
    COUNTED,
    HELPED_WRONG,
    SILENCE,
    Dice,
    Setting,
    Vote,
    election,
    election_vote,
    helped_vote,
    late_vote,
    paper_vote,
    question,
    small_vote,
)
from voting.domain.elections import Ranking
from voting.domain.thresholds import Count
from voting.protocol import (
    ballot,
    ceremony,
    checkpoint,
    consistency,
    credential,
    dealing,
    ed25519,
    hashing,
    late,
    proof,
    schnorr,
    sealing,
    tally,
    tested,
    verdict,
)
from voting.protocol.hashing import lp, u32, u64
from voting.protocol.manifest import Manifest
from voting.protocol.proof import Place
from voting.protocol.shape import NO_HASH, b64, unb64
from voting.protocol.suite import SUITES, suite
from voting.verifier import verify
from voting.verifier.forgeries import Keys, write_all

FOLDER = Path(__file__).parent


def scalar_hex(scalar: int) -> str:
    return f"{scalar:064x}"


def drawn(dice: Dice, start: int = 0) -> list[str]:
    return [scalar_hex(scalar) for scalar in dice.drawn[start:]]


def write(name: str, title: str, cases: list[dict[str, Any]]) -> None:
    value = {"protocol": "yishi-1", "title": title, "cases": cases}
    text = json.dumps(value, ensure_ascii=False, indent=1)
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")


# --- 01 canonical JSON ----------------------------------------------------------------------

ACCEPTED = [
    "{}",
    "[]",
    '""',
    "0",
    "9007199254740991",
    "[true,false,null]",
    '{"":0,"a":1,"b":{"c":[]}}',
    '{"\\r":1,"1":2,"\u0080":3,"ö":4,"€":5,"😀":6,"\ufb33":7}',
    '"\\u0000\\u001f\\b\\t\\n\\f\\r\\"\\\\/\u007f\u2028"',
    "[" * 16 + "]" * 16,
]
REFUSED = {
    "float": "1.0",
    "exponent": "1e0",
    "negative": "-1",
    "negative zero": "-0",
    "leading zero": "01",
    "2^53": "9007199254740992",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "key twice": '{"a":1,"a":1}',
    "key order": '{"b":1,"a":1}',
    "key order by code point, not by UTF-16": '{"\ufb33":1,"😀":2}',
    "space": '{"a": 1}',
    "line feed after": "{}\n",
    "lone surrogate": '"\\ud800"',
    "needless escape": '"\\u0041"',
    "escaped slash": '"\\/"',
    "upper-case escape": '"\\u001F"',
    "control character": '"\t"',
    "byte order mark": "\ufeff{}",
    "17 deep": "[" * 17 + "]" * 17,
    "cut": '{"a":1',
    "empty": "",
}


def canonical_cases() -> Iterator[dict[str, Any]]:
    for line in ACCEPTED:
        yield {"line": line, "accepted": True}
    for what, line in REFUSED.items():
        yield {"line": line, "accepted": False, "what": what}


# --- 02 hashing -----------------------------------------------------------------------------


def hashing_cases() -> Iterator[dict[str, Any]]:
    yield {"lp": ["", "ab", "中"], "out": lp("", "ab", "中").hex()}
    yield {"u32": 258, "out": u32(258).hex()}
    yield {"u64": 2**53 - 1, "out": u64(2**53 - 1).hex()}
    for name in SUITES:
        chosen = suite(name)
        yield {"suite": name, "hash": b"abc".hex(), "out": chosen.hash(b"abc").hex()}
        for tag, data in (("bit", b""), ("sum", b"abc"), ("ballot", bytes(range(200)))):
            out = scalar_hex(chosen.scalar(tag, data))
            yield {"suite": name, "tag": tag, "data": data.hex(), "scalar": out}
        data = hashing.hkdf(chosen.hash_name, b"secret", salt=b"salt", info=b"info", length=48)
        yield {
            "suite": name,
            "hkdf": {"secret": b"secret".hex(), "salt": b"salt".hex(), "info": b"info".hex()},
            "length": 48,
            "out": data.hex(),
        }


# --- 03 credentials and signatures ------------------------------------------------------------


def credential_cases() -> Iterator[dict[str, Any]]:
    for name in SUITES:
        chosen, dice = suite(name), Dice(f"credential {name}")
        for session in ("YS-2026-01", "ABCDEF", "0123456789ABCDEF"):
            token = dice.bytes(16)
            secret, key = credential.derive(chosen, session, token)
            challenge = dice.bytes(32)
            message = credential.login_message(session, challenge)
            before = len(dice.drawn)
            signature = schnorr.sign(chosen, "login", secret, message, rng=dice)
            yield {
                "suite": name,
                "session": session,
                "token": b64(token),
                "secret": scalar_hex(secret),
                "key": b64(key),
                "login": {
                    "challenge": b64(challenge),
                    "message": message.hex(),
                    "draws": drawn(dice, before),
                    "signature": b64(signature),
                },
            }


# --- 04 proofs --------------------------------------------------------------------------------


def proof_cases() -> Iterator[dict[str, Any]]:
    for name in SUITES:
        chosen, dice = suite(name), Dice(f"proof {name}")
        key = chosen.group.base(dice(chosen.order))
        for tag, low, high, value in (
            ("bit", 0, 1, 0),
            ("bit", 0, 1, 1),
            ("sum", 1, 1, 1),
            ("sum", 0, 3, 0),
            ("sum", 0, 3, 2),
            ("sum", 0, 3, 3),
        ):
            place = Place(tag, dice.bytes(32), 4, 2)
            r = dice(chosen.order)
            before = len(dice.drawn)
            pending = proof.commit(
                chosen, key, value=value, randomness=r, low=low, high=high, draw=dice
            )
            yield {
                "suite": name,
                "key": b64(key.encode()),
                "tag": tag,
                "context": place.context.hex(),
                "motion": place.motion,
                "option": place.option,
                "low": low,
                "high": high,
                "value": value,
                "r": scalar_hex(r),
                "ciphertext": b64(
                    chosen.group.base(r).encode()
                    + (key.times(r) + chosen.group.base(value)).encode()
                ),
                "draws": drawn(dice, before),
                "e": scalar_hex(proof._challenge(chosen, place, pending.sent)),
                "proof": b64(proof.respond(chosen, pending, place)),
            }


# --- 05 and 06 ballots ------------------------------------------------------------------------


def ballot_setting(name: str) -> Setting:
    motions = [
        question("m1", matter=6, approval="3/4"),
        election("e1", candidates=3, seats=2),
        question("m2", requires=["m1"]),
    ]
    return Setting(name, seed=f"ballot {name}", motions=motions)


def seal(
    setting: Setting, party: int, choices: ballot.Choices, dice: Dice, **changes: Any
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "party": party,
        "key_secret": setting.keys[party][0],
        "choices": choices,
        "number": 1,
        "previous": NO_HASH,
        "encrypted_by": "browser",
    }
    return ballot.seal(setting.manifest, rng=dice, **{**fields, **changes})


def ballot_cases() -> Iterator[dict[str, Any]]:
    for name in SUITES:
        setting, dice = ballot_setting(name), Dice(f"ballots {name}")
        manifest = setting.manifest
        previous = NO_HASH
        for party, number, choices, by in (
            (1, 1, [[0], [0, 2], [2]], "browser"),
            (1, 2, [None, [], [1]], "browser"),
            (3, 1, [[1], None, None], "server"),
        ):
            before = len(dice.drawn)
            previous = previous if number > 1 else NO_HASH
            value = seal(
                setting,
                party,
                choices,
                dice,
                number=number,
                previous=previous,
                encrypted_by=by,
            )
            parsed = ballot.parse(manifest, value)
            digest = ballot.tracker(manifest, value)
            yield {
                "suite": name,
                "manifest": manifest.value,
                "manifest_hash": manifest.hash.hex(),
                "party": party,
                "secret": scalar_hex(setting.keys[party][0]),
                "key": b64(setting.keys[party][1]),
                "number": number,
                "previous": previous,
                "encrypted_by": by,
                "choices": choices,
                "draws": drawn(dice, before),
                "context": parsed.context.hex(),
                "digest": digest,
                "tracker": ballot.tracker_text(digest),
                "ballot": value,
            }
            previous = digest


Edit = Callable[[dict[str, Any]], object]


def edit_bytes(text: str, at: int, to: bytes) -> str:
    data = bytearray(unb64(text))
    data[at : at + len(to)] = to
    return b64(bytes(data))


def refused_cases() -> Iterator[dict[str, Any]]:
    for name in SUITES:
        yield from refused_cases_of(name)


def refused_cases_of(name: str) -> Iterator[dict[str, Any]]:
    setting = Setting(name, seed=f"refused {name}", motions=[question("m1"), question("m2")])
    other = Setting(
        name, seed=f"refused {name}", motions=[question("m1"), question("m2")], bundle=NO_HASH
    )
    dice = Dice(f"refused ballots {name}")
    good = seal(setting, 1, [[0], None], dice)
    both = seal(setting, 1, [[0], [1]], dice)
    order = setting.suite.order.to_bytes(32, "big")
    base = {
        "suite": name,
        "manifest": setting.manifest.value,
        "expected_key": b64(setting.keys[1][1]),
        "expected_number": 1,
        "expected_previous": NO_HASH,
    }

    def line(value: Any) -> str:
        return canonical(value).decode()

    def case(what: str, check: str | None, text: str, **changes: Any) -> dict[str, Any]:
        return {"what": what, "check": check, **base, **changes, "line": text}

    yield case("good, for comparison", None, line(good))
    yield case("good with two answers", None, line(both))

    def signed(value: dict[str, Any]) -> dict[str, Any]:
        """Signed again, so that only the fault itself is left."""
        unsigned = {k: v for k, v in value.items() if k != "signature"}
        return ballot.sign(setting.manifest, unsigned, setting.keys[1][0], rng=dice)

    def option(value: dict[str, Any], at: int, to: bytes) -> None:
        options = value["answers"][0]["options"]
        options[1] = edit_bytes(options[1], at, to)

    def swap(items: list[Any], one: int, two: int) -> None:
        items[one], items[two] = items[two], items[one]

    off_curve = unb64(good["answers"][0]["options"][1])[:64] + bytes(
        [unb64(good["answers"][0]["options"][1])[64] ^ 1]
    )
    edits: list[tuple[str, str, Edit]] = [
        ("unknown field", "ballots.shape", lambda v: v.update(extra=1)),
        ("another format", "ballots.shape", lambda v: v.update(format="yishi-ballot-2")),
        ("another manifest", "ballots.shape", lambda v: v.update(manifest=NO_HASH)),
        ("party as text", "ballots.shape", lambda v: v.update(party="1")),
        ("true for 1", "ballots.shape", lambda v: v.update(number=True)),
        ("party 0", "ballots.shape", lambda v: v.update(party=0)),
        ("encrypted by nobody known", "ballots.shape", lambda v: v.update(encrypted_by="app")),
        ("upper-case hash", "ballots.shape", lambda v: v.update(previous="A" * 64)),
        ("an answer too few", "ballots.shape", lambda v: v["answers"].pop()),
        ("an answer too many", "ballots.shape", lambda v: v["answers"].append(None)),
        ("no answer at all", "ballots.shape", lambda v: v.update(answers=[None, None])),
        (
            "an option too few",
            "ballots.shape",
            lambda v: v["answers"][0]["options"].pop(),
        ),
        ("identity as A", "ballots.shape", lambda v: option(v, 0, bytes(65))),
        ("A off the curve", "ballots.shape", lambda v: option(v, 0, off_curve)),
        ("A in hybrid form", "ballots.shape", lambda v: option(v, 0, b"\x06")),
        ("c_0 = q", "ballots.shape", lambda v: option(v, 390, order)),
        ("s_1 = q", "ballots.shape", lambda v: option(v, 454, order)),
        (
            "padded base64",
            "ballots.shape",
            lambda v: v["answers"][0].update(sum=v["answers"][0]["sum"] + "=="),
        ),
        (
            "the sum cut by a byte",
            "ballots.shape",
            lambda v: v["answers"][0].update(sum=b64(unb64(v["answers"][0]["sum"])[:-1])),
        ),
        (
            "the same ciphertext twice",
            "ballots.unique",
            lambda v: v["answers"][0]["options"].__setitem__(2, v["answers"][0]["options"][0]),
        ),
        (
            "two options exchanged",
            "ballots.proofs",
            lambda v: swap(v["answers"][0]["options"], 0, 1),
        ),
        ("c_0 changed", "ballots.proofs", lambda v: option(v, 390, bytes(31) + b"\x01")),
        ("s_0 changed", "ballots.proofs", lambda v: option(v, 422, bytes(31) + b"\x01")),
        (
            "s of the sum changed",
            "ballots.proofs",
            lambda v: v["answers"][0].update(
                sum=edit_bytes(v["answers"][0]["sum"], 130, bytes(32))
            ),
        ),
    ]
    for what, check, edit in edits:
        value = copy.deepcopy(good)
        edit(value)
        yield case(what, check, line(signed(value)))
    value = copy.deepcopy(both)
    swap(value["answers"], 0, 1)
    yield case("the motions' answers exchanged", "ballots.proofs", line(signed(value)))
    value = {k: v for k, v in good.items() if k != "signature"}
    yield case("no signature", "ballots.shape", line(value))
    changed = {**good, "encrypted_by": "server"}
    yield case("changed after signing", "ballots.signature", line(changed))
    short = {**good, "signature": edit_bytes(good["signature"], 65, order)}
    yield case("signature's s = q", "ballots.shape", line(short))
    foreign = ballot.sign(
        setting.manifest,
        {k: v for k, v in good.items() if k != "signature"},
        setting.keys[2][0],
        rng=dice,
    )
    yield case("signed by another party", "ballots.signature", line(foreign))
    yield case(
        "another party's credential",
        "ballots.credential",
        line(seal(setting, 1, [[0], None], dice, key_secret=setting.keys[2][0])),
    )
    yield case(
        "proofs of another party",
        "ballots.proofs",
        line(signed({**seal(setting, 2, [[0], None], dice), "party": 1, "key": good["key"]})),
    )
    moved = {**seal(other, 1, [[0], None], dice), "manifest": good["manifest"]}
    yield case("proofs of another session", "ballots.proofs", line(signed(moved)))
    yield case(
        "ballot of another session", "ballots.shape", line(seal(other, 1, [[0], None], dice))
    )
    replayed = {
        "expected_number": 2,
        "expected_previous": ballot.tracker(setting.manifest, good),
    }
    yield case("replayed", "ballots.sequence", line(good), **replayed)
    jump = seal(setting, 1, [[0], None], dice, number=2)
    yield case("number too high", "ballots.sequence", line(jump))
    chained = seal(setting, 1, [[0], None], dice, previous="1" * 64)
    yield case("unknown previous ballot", "ballots.sequence", line(chained))
    yield case("two options chosen", "ballots.proofs", line(two_options(setting, dice)))
    text = line(good)
    yield case("field twice", "canonical", text[:-1] + ',"party":1}')
    yield case("1.0 for 1", "canonical", text.replace('"number":1', '"number":1.0'))
    yield case("a space", "canonical", text.replace(":", ": ", 1))
    yield case("cut", "canonical", text[:-1])


def two_options(setting: Setting, dice: Dice) -> dict[str, Any]:
    """For and against at once, with a proof of the sum that would do if two were allowed."""
    first = setting.manifest.motions[0]._replace(low=2, high=2)
    motions = (first, *setting.manifest.motions[1:])
    lenient = Manifest(**{**vars(setting.manifest), "motions": motions})
    return ballot.seal(
        lenient,
        party=1,
        key_secret=setting.keys[1][0],
        choices=[[0, 1], None],
        number=1,
        previous=NO_HASH,
        encrypted_by="browser",
        rng=dice,
    )


# --- 07 counting ------------------------------------------------------------------------------


def tally_cases() -> Iterator[dict[str, Any]]:
    for name in SUITES:
        for threshold, count in ((1, 1), (2, 3)):
            vote = Vote(
                name,
                seed=f"tally {name} {threshold}",
                areas=(8_952, 12_000, 600_000),
                motions=[
                    question("m1", matter=6, approval="3/4"),
                    election("e1", candidates=3, seats=2),
                    question("nobody"),
                ],
                threshold=threshold,
                count=count,
            )
            vote.cast(1, [[0], [0, 1], None])
            vote.cast(2, [[1], [], None])
            vote.cast(3, [[0], [1], None])
            vote.close()
            vote.tally()
            before = len(vote.dice.drawn)
            trustees = list(range(count - threshold + 1, count + 1))
            vote.decrypt(*trustees)
            draws = drawn(vote.dice, before)
            yield {
                "suite": name,
                "manifest": vote.manifest.value,
                "trustee_secrets": {
                    str(index): scalar_hex(secret)
                    for index, secret in vote.trustee_secrets.items()
                },
                "counted": [
                    {
                        "area": vote.areas[party],
                        "ciphertexts": [
                            None if answer is None else [b64(pair) for pair in answer]
                            for answer in ballot.encoded(given[-1][1])
                        ],
                    }
                    for party, given in vote.cast_by.items()
                ],
                "tally": parse_canonical(vote.lines[-1 - threshold])["body"],
                "tally_hash": vote.tally_hash,
                "draws": draws,
                "decryptions": [
                    parse_canonical(line)["body"] for line in vote.lines[-threshold:]
                ],
                "totals": [
                    [count_._asdict() for count_ in counts]
                    for counts in tally.totals(vote.manifest, vote.sums, vote.shares)
                ],
                "result": vote.result(),
            }


# --- 08 tree ----------------------------------------------------------------------------------


def merkle_cases() -> Iterator[dict[str, Any]]:
    for name in SUITES:
        hash_ = suite(name).hash
        lines = [f"line {number}".encode() for number in range(9)]
        leaves = [merkle.leaf_hash(hash_, line) for line in lines]
        yield {
            "suite": name,
            "lines": [line.decode() for line in lines],
            "leaves": [leaf.hex() for leaf in leaves],
            "roots": [merkle.root(hash_, leaves[:size]).hex() for size in range(10)],
            "inclusion": [
                {
                    "index": index,
                    "size": size,
                    "proof": [
                        step.hex()
                        for step in merkle.inclusion_proof(hash_, leaves[:size], index)
                    ],
                }
                for size in (1, 2, 7, 8, 9)
                for index in range(size)
            ],
            "consistency": [
                {
                    "old": old,
                    "new": new,
                    "proof": [
                        step.hex()
                        for step in merkle.consistency_proof(hash_, leaves[:new], old)
                    ],
                }
                for new in (1, 2, 7, 8, 9)
                for old in range(1, new + 1)
            ],
        }


# --- 09 checkpoints, receipts, tested ballots -------------------------------------------------


def signed_cases() -> Iterator[dict[str, Any]]:
    for name in SUITES:
        vote = Vote(name, seed=f"signed {name}")
        receipt = vote.cast(1, [[0]])
        unsigned, randomness = ballot.encrypt(
            vote.manifest,
            party=2,
            key=vote.keys[2][1],
            choices=[[2]],
            number=1,
            previous=NO_HASH,
            encrypted_by="browser",
            rng=vote.dice,
        )
        yield {
            "suite": name,
            "manifest": vote.manifest.value,
            "board_secret": vote.board_secret.hex(),
            "checkpoint": vote.checkpoint(),
            "witness_secret": vote.witness_secrets[0].hex(),
            "cosigned": vote.checkpoint(witnessed=True),
            "receipt": receipt,
            "tested": {
                "text": tested.reveal(vote.manifest, unsigned, [[2]], randomness),
                "tracker": ballot.tracker(vote.manifest, unsigned),
                "choices": [[2]],
            },
        }


# --- 10 whole boards --------------------------------------------------------------------------


def board_cases() -> Iterator[dict[str, Any]]:
    folder = FOLDER / "boards"
    if folder.exists():
        shutil.rmtree(folder)
    for short, name, changes in (
        ("p256", "P256-SHA256", {}),
        ("sm2", "SM2-SM3", {}),
        ("p256-2of3", "P256-SHA256", {"threshold": 2, "count": 3}),
        ("p256-sitting", "P256-SHA256", {"threshold": 2, "count": 3, "sitting": True}),
        ("sm2-sitting", "SM2-SM3", {"threshold": 3, "count": 5, "sitting": True}),
    ):
        vote = small_vote(name, seed=f"board {short}", **changes)
        vote.export(folder / short)
        common = {
            "root": vote.root(),
            "key": vote.manifest.value["board_key"],
            "receipt": vote.receipts[-1],
        }
        report = verify(folder / short)
        assert report.ok
        results = {"refused_by": None, "results": report.results}
        yield {"folder": f"boards/{short}", **common, **results}
        if short == "p256":
            keys = Keys(vote.board_secret, vote.trustee_secrets)
            forged = write_all(folder / short, folder / "forged", keys=keys, rng=vote.dice)
            for kind, check in forged.items():
                yield {"folder": f"boards/forged/{kind}", **common, "refused_by": check}
    yield from late_cases(folder)
    yield from helped_cases(folder)
    yield from paper_cases(folder)
    for short, name in (("p256-election", "P256-SHA256"), ("sm2-election", "SM2-SM3")):
        vote = election_vote(name, seed=f"board {short}")
        report = verify(vote.export(folder / short))
        assert report.ok
        yield {
            "folder": f"boards/{short}",
            "root": vote.root(),
            "key": vote.manifest.value["board_key"],
            "receipt": vote.receipts[-1],
            "refused_by": None,
            "results": report.results,
        }
    for short, cosigners in (("p256-witnessed", 2), ("p256-unwitnessed", 1)):
        vote, _secrets = witnessed_vote("P256-SHA256", cosigners)
        report = verify(vote.export(folder / short))
        assert report.ok
        assert ("witnesses" in report.not_checked) is (cosigners < 2)
        yield {
            "folder": f"boards/{short}",
            "root": vote.root(),
            "key": vote.manifest.value["board_key"],
            "receipt": vote.receipts[-1],
            "refused_by": None,
            "results": report.results,
            "not_checked": ["witnesses"] if cosigners < 2 else [],
        }


def witnessed_vote(name: str, cosigners: int) -> tuple[Vote, list[bytes]]:
    """Two witnesses are needed; so many countersigned the last checkpoint. Their secrets."""
    dice = Dice(f"witnesses {name}")
    secrets = [dice.bytes(32) for _ in range(2)]
    keys = [b64(ed25519.public_key(secret)) for secret in secrets]
    vote = Vote(name, seed=f"witnessed {name}", witnesses=keys, witnesses_needed=2)
    vote.cast(1, [[0]])
    vote.checkpoint()
    vote.cast(2, [[1]])
    vote.close()
    vote.tally()
    vote.decrypt()
    vote.result()
    vote.resolve()
    value = vote.checkpoint()
    for secret in secrets[:cosigners]:
        value = checkpoint.cosign(secret, value)
    vote.checkpoints[-1] = checkpoint.make_line(value)
    return vote, secrets


def helped_cases(folder: Path) -> Iterator[dict[str, Any]]:
    """Agents, assistants and a sale where every party has one ballot."""
    for short, name, then in [
        ("p256-helped", "P256-SHA256", ""),
        ("sm2-helped", "SM2-SM3", ""),
        *((f"forged/helped_{then}", "P256-SHA256", then) for then in HELPED_WRONG),
    ]:
        vote = helped_vote(name, then, seed="board helped")
        vote.export(folder / short)
        report = verify(folder / short)
        check = HELPED_WRONG.get(then)
        assert [one.name for one in report.checks if not one.ok][:1] == (
            [check] if check else []
        )
        yield {
            "folder": f"boards/{short}",
            "root": vote.root(),
            "key": vote.manifest.value["board_key"],
            "receipt": vote.receipts[0],
            "refused_by": check,
            **({} if check else {"results": report.results}),
        }


def paper_cases(folder: Path) -> Iterator[dict[str, Any]]:
    """Paper ballots and their box; forged by who holds every key of the server."""
    swapped = {"entered": [2, 3], "counted": 4}
    forged: dict[str, tuple[dict[str, Any], str]] = {
        "paper_unboxed": ({}, "phases"),  # no box at all
        "paper_short": ({"counted": 4}, "box"),
        "paper_hidden": (swapped, "box"),  # balances, but 4 stands on the board
        "paper_uncounted": ({"counted": 6}, "box"),
        "paper_early": ({}, "phases"),  # the time for objections runs from the box
        "paper_over_online": ({}, "paper"),
    }
    for short, name, kind in [
        ("p256-paper", "P256-SHA256", ""),
        ("sm2-paper", "SM2-SM3", ""),
        *((f"forged/{kind}", "P256-SHA256", kind) for kind in forged),
    ]:
        vote = paper_vote(name, seed="board paper")
        if kind == "paper_over_online":
            vote = paper_vote(name, seed="board paper", unruled=True)
        if kind != "paper_unboxed":
            vote.box(BOXED, **forged[kind][0] if kind else {})
        vote.tally(BOXED if kind == "paper_early" else COUNTED)
        vote.decrypt()
        vote.result()
        vote.resolve()
        vote.checkpoint(witnessed=True)
        report = verify(vote.export(folder / short))
        assert report.ok is not bool(kind), report.as_text()
        case = {
            "folder": f"boards/{short}",
            "root": vote.root(),
            "key": vote.manifest.value["board_key"],
            "receipt": vote.receipts[0],
        }
        if kind:
            yield case | {"refused_by": forged[kind][1]}
        else:
            yield case | {"refused_by": None, "results": report.results}


def late_cases(folder: Path) -> Iterator[dict[str, Any]]:
    """Exclusions after the count: nothing, nothing, then a verdict that hangs on it."""
    spoilt: dict[str, dict[str, Any]] = {
        "": {},
        "finding": {"finding": "stands"},
        "results": {
            "motions": [{"id": one, "results": ["passed"]} for one in ("m1", "e1", "m2")]
        },
        "motion": {"motions": []},
    }
    for short, name, kind, objected in [
        ("p256-late", "P256-SHA256", "", ()),
        ("sm2-late", "SM2-SM3", "", ()),
        ("p256-objected", "P256-SHA256", "", (9, 8)),
        ("sm2-objected", "SM2-SM3", "", (9, 8)),
        *((f"forged/late_{kind}", "P256-SHA256", kind, ()) for kind in spoilt if kind),
    ]:
        vote = late_vote(name, seed="board late", objected=objected)
        for party in () if objected else (9, 8):
            assert vote.rule_late(party) == "stands"
        assert vote.late_body(7)["finding"] == "recount"
        vote.rule_late(7, **spoilt[kind])
        vote.rule_late(6)
        vote.checkpoint(witnessed=True)
        vote.export(folder / short)
        case = {
            "folder": f"boards/{short}",
            "root": vote.root(),
            "key": vote.manifest.value["board_key"],
            "receipt": vote.receipts[-1],
        }
        report = verify(folder / short)
        assert report.ok is not bool(kind)
        if kind:
            yield case | {"refused_by": "late_rulings"}
        else:
            yield case | {"refused_by": None, "results": report.results}
    # Late rulings on both sides of a resolution do not make room for a second one.
    vote = late_vote(seed="board late", objected=(9,))
    vote.rule_late(8)
    vote.resolve()
    vote.checkpoint(witnessed=True)
    vote.export(folder / "forged/late_resolution")
    assert [
        each.name for each in verify(folder / "forged/late_resolution").checks if not each.ok
    ] == ["phases"]
    yield {
        "folder": "boards/forged/late_resolution",
        "root": vote.root(),
        "key": vote.manifest.value["board_key"],
        "receipt": vote.receipts[-1],
        "refused_by": "phases",
    }


# --- 11 openings ------------------------------------------------------------------------------


def opening_cases() -> Iterator[dict[str, Any]]:
    folder = FOLDER / "boards"
    vote = Vote(
        seed="board named",
        motions=[question("m1"), election("e1", candidates=3, seats=2)],
        threshold=2,
        count=3,
        opening_policy="named",
    )
    vote.cast(1, [[1], [1]])
    vote.cast(1, [[0], [0, 2]])
    vote.cast(2, [[2], None])
    vote.close()
    vote.tally()
    vote.decrypt()
    vote.result()
    opened = vote.open(1, 3)
    vote.checkpoint()
    vote.export(folder / "p256-named")
    path = folder / "p256-named.openings.jsonl"
    path.write_bytes(opened)
    report = verify(folder / "p256-named", openings=path)
    assert report.ok
    yield {
        "folder": "boards/p256-named",
        "root": vote.root(),
        "key": vote.manifest.value["board_key"],
        "receipt": vote.receipts[-1],
        "results": report.results,
        "openings": "boards/p256-named.openings.jsonl",
        "choices": {"1": [[0], [0, 2]], "2": [[2], None]},
    }


# --- 16 a ballot opened for a court ----------------------------------------------------------


def court_cases() -> Iterator[dict[str, Any]]:
    """A superseded ballot of party 1; the platform's one key, then 2 of 3."""
    folder = FOLDER / "boards"
    for short, name, threshold, count in (
        ("p256-court", "P256-SHA256", 2, 3),
        ("sm2-court", "SM2-SM3", 1, 1),
    ):
        dice = Dice(f"court {name}")
        secret = dice.bytes(32)
        vote, order, files = court_vote(name, threshold, count, sealing.public_key(secret))
        vote.export(folder / short)
        report = verify(folder / short)
        assert report.ok
        yield {
            "folder": f"boards/{short}",
            "root": vote.root(),
            "key": vote.manifest.value["board_key"],
            "receipt": vote.receipts[-1],
            "refused_by": None,
            "results": report.results,
            "order": order,
            "court_secret": secret.hex(),
            "files": [b64(data) for data in files],
            "choices": [[1], [0, 2]],
        }
    for what, changes in {
        "another_party": {"party": 2},
        "no_ballot": {"seq": 0},
    }.items():
        vote, _order, _files = court_vote(
            "P256-SHA256", 1, 1, sealing.public_key(bytes(32)), **changes
        )
        vote.export(folder / f"forged/court_{what}")
        assert not verify(folder / f"forged/court_{what}").ok
        yield {
            "folder": f"boards/forged/court_{what}",
            "root": vote.root(),
            "key": vote.manifest.value["board_key"],
            "receipt": vote.receipts[-1],
            "refused_by": "court_orders",
        }


def court_vote(
    name: str, threshold: int, count: int, key: bytes, **changes: Any
) -> tuple[Vote, int, list[bytes]]:
    vote = Vote(
        name,
        seed=f"board court {name}",
        motions=[question("m1"), election("e1", candidates=3, seats=2)],
        threshold=threshold,
        count=count,
    )
    vote.cast(1, [[1], [0, 2]])
    first = vote.cast_by[1][0][0]
    vote.cast(1, [[0], [1]])
    vote.cast(2, [[2], None])
    vote.finish()
    order = vote.order(1, key, first, **changes)
    files = [] if changes else vote.open_for_court(order, *range(count, count - threshold, -1))
    vote.checkpoint(witnessed=True)
    return vote, order, files


# --- 12 the ceremony --------------------------------------------------------------------------


def ceremony_cases() -> Iterator[dict[str, Any]]:
    """Per trustee what was drawn: scalars as `draws`, bytes as `random`, both in order."""
    for name, threshold, count in (("P256-SHA256", 2, 3), ("SM2-SM3", 3, 5)):
        dice = {index: Dice(f"ceremony {name} {index}") for index in range(count + 1)}
        names = [f"保管人{index}" for index in range(1, count + 1)]
        now = ceremony.begin(name, "YS-2026-01", threshold, names, random=dice[0].bytes)
        randomness: dict[int, list[str]] = {index: [] for index in range(1, count + 1)}

        def noted(
            index: int, dice: dict[int, Dice] = dice, kept: Any = randomness
        ) -> Callable[[int], bytes]:
            def draw(size: int) -> bytes:
                data = dice[index].bytes(size)
                kept[index].append(data.hex())
                return data

            return draw

        secrets = [
            dealing.new_secret(now, index, rng=dice[index], random=noted(index))
            for index in range(1, count + 1)
        ]
        now = ceremony.advance(now, [dealing.certificate(now, one) for one in secrets])
        now = ceremony.advance(
            now,
            [
                dealing.reveal(now, one, rng=dice[one.number], random=noted(one.number))
                for one in secrets
            ],
        )
        confirmed = [dealing.confirm(now, one, rng=dice[one.number]) for one in secrets]
        now = ceremony.advance(now, [message for message, _ in confirmed])
        yield {
            "suite": name,
            "transcript": now.value,
            "hashes": [hash_.hex() for hash_ in now.hashes],
            "trustees": [
                {
                    "index": one.number,
                    "random": randomness[one.number],
                    "draws": drawn(dice[one.number]),
                    "key": scalar_hex(key),
                }
                for one, (_, key) in zip(secrets, confirmed, strict=True)
            ],
            "fingerprint": ceremony.fingerprint(now),
            "outcome": ceremony.outcome(now),
        }


# --- 13 the arithmetic of late rulings --------------------------------------------------------


RISING = ["no_quorum", "rejected", "passed"]


def late_figures() -> Iterator[dict[str, Any]]:
    """Random small votes in plain figures; `out` are the excluded, with their answers."""
    for number in range(40):
        chance = Random(number)
        areas = tuple(chance.choice([100, 100, 450]) for _ in range(chance.randint(8, 12)))
        motions = [
            question("m1", approval=chance.choice(["1/2", "3/4"])),
            election(
                "e1",
                candidates=3,
                seats=chance.randint(1, 2),
                ranking=chance.choice([*(rule.value for rule in Ranking), None]),
                stands=chance.choice([None, {"minimum": 1, "clause": "某条"}]),
                requires=["m1"][: number % 2],
            ),
            question("m2", requires=["e1"][: chance.randint(0, 1)]),
        ]
        silent = Count(2, 300) if number % 4 == 3 else verdict.NOBODY
        setting = Setting(
            areas=(*areas, 100, 200),
            motions=motions,
            seed=f"late {number}",
            silence=SILENCE if silent.heads else None,
        )
        choices = [
            ([0], [0], [0], [0], [0], [1], [2]),
            ([0], [0], [0], [0, 1][: motions[1]["max"]], [1], [2], [], None),
            ([0], [0], [0], [0], [1], [1], None),
        ]
        ballots = [(area, [chance.choice(one) for one in choices]) for area in areas]
        out = ballots[: chance.randint(1, 2)]
        withdrawn = {"e1": {"c2"}} if number % 5 == 0 else {}

        def results(
            given: Any, setting: Any = setting, gone: Any = withdrawn, silent: Count = silent
        ) -> list[dict[str, Any]]:
            body = verdict.result_body(setting.manifest, *given, withdrawn=gone, deemed=silent)
            return list(body["motions"])

        stated = results(figures(motions, ballots))
        found = late.finding(
            setting.manifest, stated, [late.excluded(area, answers) for area, answers in out]
        )
        left = figures(motions, ballots[len(out) :])
        for one, true in zip(
            found["motions"],
            results(left),
            strict=True,
        ):
            places = [RISING.index(one) for one in one["results"]]
            assert places[-1] <= RISING.index(true["result"]) <= places[0]
        yield {
            "manifest": setting.manifest.value,
            "stated": stated,
            "out": [{"area": area, "answers": answers} for area, answers in out],
            **found,
        }


def figures(
    motions: list[dict[str, Any]], ballots: list[tuple[int, list[Any]]]
) -> tuple[list[Count], list[list[Count]]]:
    """(who took part, the totals of every option) per motion, counted in plain."""

    def count(areas: list[int]) -> Count:
        return Count(len(areas), sum(areas))

    given = [
        [(area, answers[at]) for area, answers in ballots if answers[at] is not None]
        for at in range(len(motions))
    ]
    totals = [
        [
            count([area for area, chosen in there if option in chosen])
            for option in range(len(motion["options"]))
        ]
        for motion, there in zip(motions, given, strict=True)
    ]
    return [count([area for area, _ in there]) for there in given], totals


# --- 15 verdicts -----------------------------------------------------------------------------


def verdict_cases() -> Iterator[dict[str, Any]]:
    """Random votes in plain figures; a second counter has counted each from its ballots."""
    for number in range(120):
        vote = random_vote(Random(number))
        setting = Setting(
            areas=tuple(vote.roll), motions=vote.motions, silence=vote.silence, seed="verdicts"
        )
        part, totals = vote.figures()
        found = verdict.result_body(
            setting.manifest, part, totals, withdrawn=vote.withdrawn, deemed=vote.deemed
        )["motions"]
        slow = slow_count.results(
            vote.motions, vote.roll, vote.ballots, withdrawn=vote.withdrawn, silent=vote.silent
        )
        for stated, right in zip(found, slow, strict=True):
            assert stated == stated | right
        yield {
            "roll": {"heads": len(vote.roll), "area": sum(vote.roll)},
            "motions": vote.motions,
            "silence": vote.silence,
            "withdrawn": {motion: sorted(gone) for motion, gone in vote.withdrawn.items()},
            "deemed": vote.deemed._asdict(),
            "stated": found,
        }


# --- 14 what a witness reads and writes ------------------------------------------------------


def witness_cases() -> Iterator[dict[str, Any]]:
    for name in SUITES:
        vote, secrets = witnessed_vote(name, 0)
        hash_ = vote.suite.hash
        leaves = [merkle.leaf_hash(hash_, line) for line in vote.lines]
        last = json.loads(vote.checkpoints[-1])
        sizes = [json.loads(line)["size"] for line in vote.checkpoints]
        yield {
            "suite": name,
            "checkpoints": [line.decode() for line in vote.checkpoints],
            "consistency": [
                consistency.make(
                    vote.lines[0],
                    old,
                    last["size"],
                    merkle.consistency_proof(hash_, leaves, old),
                )
                for old in sizes
            ],
            "witness_secrets": [secret.hex() for secret in secrets],
            "cosignatures": [checkpoint.make_cosignature(secret, last) for secret in secrets],
        }


def main() -> None:
    write("01-canonical.json", "Canonical JSON (§3)", list(canonical_cases()))
    write("02-hashing.json", "Prefixes, hashes, scalars, HKDF (§3, §5)", list(hashing_cases()))
    write("03-credential.json", "Credentials and login (§5)", list(credential_cases()))
    write("04-proof.json", "Proofs (§6)", list(proof_cases()))
    write("05-ballot.json", "Ballots (§7)", list(ballot_cases()))
    write("06-ballot-refused.json", "Ballots and their checks (§7, §12)", list(refused_cases()))
    write(
        "07-tally.json", "Aggregates, decryptions, totals, verdict (§10)", list(tally_cases())
    )
    write("08-merkle.json", "The tree (§9)", list(merkle_cases()))
    write(
        "09-signed.json", "Checkpoints, receipts, tested ballots (§8, §9)", list(signed_cases())
    )
    write("10-boards.json", "Whole boards (§11, §12)", list(board_cases()))
    write("11-openings.json", "A named vote (§10)", list(opening_cases()))
    write("16-court.json", "A ballot opened for a court (§9, §14)", list(court_cases()))
    write("12-ceremony.json", "Keys of k of n (§14)", list(ceremony_cases()))
    write("14-witness.json", "Consistency and cosignatures (§9)", list(witness_cases()))
    write("15-verdicts.json", "Elections, silence, dependence (§10)", list(verdict_cases()))
    write("13-late-rulings.json", "Exclusions after the count (§10)", list(late_figures()))


if __name__ == "__main__":
    main()
