"""Two implementations, one protocol: each checks what the other wrote.

What JavaScript wrote lies in tests/vectors/js-*, so that checking it needs no Node. The other
way round Node runs the bundle that browsers get, and the tests of frontend/.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from voting.protocol import ballot, credential, elgamal, manifest, proof, schnorr, tested
from voting.protocol.group import Point
from voting.protocol.proof import Place
from voting.protocol.shape import Shape, unb64
from voting.protocol.suite import suite
from voting.verifier import verify

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors"
FRONTEND = ROOT / "frontend"
STATIC = ROOT / "static" / "js"


def cases(name: str) -> list[dict[str, Any]]:
    value = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return list(value["cases"])


def replayed(draws: list[str]) -> Any:
    values = iter(draws)
    return lambda order: int(next(values), 16)


class TestWrittenByJavaScript:
    @pytest.mark.parametrize("case", cases("js-03-credential.json"))
    def test_credentials_and_logins(self, case: dict[str, Any]) -> None:
        chosen, login = suite(case["suite"]), case["login"]
        secret, key = credential.derive(chosen, case["session"], unb64(case["token"]))
        assert (f"{secret:064x}", key) == (case["secret"], unb64(case["key"]))
        message = credential.login_message(case["session"], unb64(login["challenge"]))
        signature = unb64(login["signature"])
        assert schnorr.verify(chosen, "login", key, message, signature)
        again = schnorr.sign(chosen, "login", secret, message, rng=replayed(login["draws"]))
        assert again == signature

    @pytest.mark.parametrize("case", cases("js-04-proof.json"))
    def test_proofs(self, case: dict[str, Any]) -> None:
        chosen = suite(case["suite"])
        place = Place(
            case["tag"], bytes.fromhex(case["context"]), case["motion"], case["option"]
        )
        low, high, pair = case["low"], case["high"], unb64(case["ciphertext"])
        key = Point.parse(chosen.group, unb64(case["key"]))
        text = elgamal.Ciphertext(
            Point.parse(chosen.group, pair[:65]), Point.parse(chosen.group, pair[65:])
        )
        given = unb64(case["proof"])
        read = proof.parse(chosen, Shape("test"), given, low, high, "case")
        assert proof.holds(chosen, key, text, read, place, low)
        assert not proof.holds(chosen, key, text, read, place._replace(motion=0), low)
        pending = proof.commit(
            chosen,
            key,
            value=case["value"],
            randomness=int(case["r"], 16),
            low=low,
            high=high,
            draw=replayed(case["draws"]),
        )
        assert proof.respond(chosen, pending, place) == given

    @pytest.mark.parametrize("case", cases("js-05-ballot.json"), ids=lambda c: c["tracker"])
    def test_ballots(self, case: dict[str, Any]) -> None:
        session = manifest.parse(case["manifest"])
        place = {
            "expected_key": unb64(case["key"]),
            "expected_number": case["number"],
            "expected_previous": case["previous"],
        }
        assert ballot.verify_ballot(session, case["ballot"], **place)
        assert ballot.tracker(session, case["ballot"]) == case["digest"]
        again = ballot.seal(
            session,
            party=case["party"],
            key_secret=int(case["secret"], 16),
            choices=case["choices"],
            number=case["number"],
            previous=case["previous"],
            encrypted_by=case["encrypted_by"],
            rng=replayed(case["draws"]),
        )
        assert again == case["ballot"]

    @pytest.mark.parametrize("name", ["p256", "sm2"])
    def test_a_whole_board(self, name: str) -> None:
        folder = VECTORS / f"js-board-{name}"
        held = {
            "receipt": Path(f"{folder}.receipt.json"),
            "key": Path(f"{folder}.key"),
        }
        report = verify(folder, **held)
        assert [check for check in report.checks if not check.ok] == []
        assert report.not_checked == []
        # What tools/write-board.mjs chose: party 5 is ruled out, party 2 voted again.
        assert [result["heads"] for result in report.results] == [
            {"for": 3, "against": 1, "abstain": 0},
            {"for": 4, "against": 0, "abstain": 0},
            {"a": 2, "b": 3, "c": 1},
        ]

    @pytest.mark.parametrize("name", ["p256", "sm2"])
    def test_a_tested_ballot(self, name: str) -> None:
        opened = json.loads((VECTORS / f"js-board-{name}.test.json").read_text())
        line = (VECTORS / f"js-board-{name}" / "board.jsonl").read_bytes().splitlines()[0]
        session = manifest.parse(json.loads(line)["body"])
        found, choices = tested.verify(session, opened)
        assert found == ballot.tracker(session, opened["ballot"])
        assert choices == [[0], [0], [0, 1]]


class TestCommittedScripts:
    def test_a_browser_without_bigint_can_read_them(self) -> None:
        literal = re.compile(r"""(?<![\w$."'])(?:0[xX][0-9a-fA-F]+|\d+)n(?![\w$])""")
        assert literal.search("x=10n**y")
        for path in sorted(STATIC.glob("*.js")):
            assert not literal.search(path.read_text(encoding="utf-8")), path.name

    def test_the_hash_beside_the_bundle_is_its_hash(self) -> None:
        """The manifest of every session names it."""
        digest = hashlib.sha256((STATIC / "ballot.bundle.js").read_bytes()).hexdigest()
        beside = (STATIC / "ballot.bundle.js.sha256").read_text()
        assert beside == f"{digest}  ballot.bundle.js\n"

    def test_the_lock_names_no_registry(self) -> None:
        lock = json.loads((FRONTEND / "package-lock.json").read_text())
        packages = {name: entry for name, entry in lock["packages"].items() if name}
        assert all("integrity" in entry for entry in packages.values())
        assert not any("resolved" in entry for entry in packages.values())


def node(*arguments: str | Path, cwd: Path = FRONTEND) -> subprocess.CompletedProcess[str]:
    command = ["node", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)


@pytest.mark.node
def test_the_bundle_browsers_get_verifies_boards_written_by_python() -> None:
    boards = cases("10-boards.json")
    done = node("tools/check-with-bundle.mjs", *(VECTORS / case["folder"] for case in boards))
    assert done.returncode == 0, done.stderr
    for case, line in zip(boards, done.stdout.splitlines(), strict=True):
        report = json.loads(line)
        failed = {check["name"] for check in report["checks"] if not check["ok"]}
        if case["refused_by"] is None:
            assert report["ok"], failed
            assert report["results"] == case["results"]
        elif case["refused_by"] == "origin":
            assert report["ok"]  # only the holder of a root or a receipt can tell
        else:
            assert case["refused_by"] in failed, case["folder"]


@pytest.mark.node
def test_the_tests_of_frontend_pass() -> None:
    """Vectors, forged boards, and that the committed bundles are what the sources make."""
    if not (FRONTEND / "node_modules").is_dir():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("no npm to install the packages of frontend/ with")
        install = [npm, "ci", "--ignore-scripts"]
        done = subprocess.run(install, cwd=FRONTEND, capture_output=True, text=True)
        if done.returncode:
            pytest.skip("npm ci did not work here, so the JavaScript tests cannot run")
    done = node("--test", "test/")
    assert done.returncode == 0, done.stdout[-4000:]
