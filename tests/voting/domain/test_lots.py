"""The lot: reproducible from list and seed, and nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voting.domain.lots import drawn, list_hash, read_seed, seed_reasons, source_reasons

ROOMS = ["1幢101", "1幢102", "2幢101"]


def test_by_hand() -> None:
    """As docs/operations.md lets anybody do it with sha256sum."""
    fixed = hashlib.sha256('["1幢101","1幢102","2幢101"]'.encode()).hexdigest()
    assert list_hash(ROOMS) == fixed
    ranks = {
        place: hashlib.sha256(f"YISHI-1-lot/{fixed}/2026123/{place}".encode()).hexdigest()
        for place in (1, 2, 3)
    }
    assert drawn(ROOMS, "2026123") == sorted(ranks, key=lambda place: ranks[place])


@given(st.lists(st.text(min_size=1), min_size=1, max_size=40), st.integers(10**6, 10**9))
def test_everybody_is_drawn_once(rooms: list[str], seed: int) -> None:
    assert sorted(drawn(rooms, str(seed))) == list(range(1, len(rooms) + 1))


def test_seed_and_list_both_count() -> None:
    many = [f"{n}室" for n in range(200)]
    assert drawn(many, "SEED01") != drawn(many, "SEED02")
    assert drawn(many, "SEED01") != drawn([*many[:-1], "别的"], "SEED01")


def test_every_place_is_as_likely() -> None:
    """First of three over many seeds: chi-square far below any doubt (2 degrees of freedom)."""
    firsts = [drawn(ROOMS, f"SEED{n:04}")[0] for n in range(3000)]
    square = sum((firsts.count(place) - 1000) ** 2 / 1000 for place in (1, 2, 3))
    assert square < 14  # p = 0.001


def test_a_seed_is_read_without_its_punctuation() -> None:
    assert read_seed(" 3D 1-2-3，双色球 ０5 11") == "3D1230511"


@pytest.mark.parametrize("seed", ["", "12345", "A" * 65, "种子种子种子"])
def test_seeds_refused(seed: str) -> None:
    assert [reason.code for reason in seed_reasons(seed)] == ["lot.seed"]
    assert seed_reasons("123456") == []


@pytest.mark.parametrize("source", ["", "彩" * 81, "a\nb"])
def test_sources_refused(source: str) -> None:
    assert [reason.code for reason in source_reasons(source)] == ["lot.source"]
    assert source_reasons("12月1日福彩3D") == []
