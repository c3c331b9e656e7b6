"""docs/asvs.md has every requirement of ASVS 5.0.0, levels 1 and 2, once, and names what is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| \d", line)
]
# How many requirements of levels 1 and 2 a section has; they stand before those of level 3.
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5,
    "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2,
    "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4,
    "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4,
    "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2,
    "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1,
    "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip
NAMED = sorted(
    set(re.findall(r"`([\w./-]+/[\w.-]+|Dockerfile|[\w.-]+\.\w+)(?:::(\w+))?`", PAGE))
)


def test_every_requirement_has_one_line() -> None:
    wanted = [f"{section}.{n + 1}" for section, many in SECTIONS.items() for n in range(many)]
    told = [number.strip() for row in ROWS for number in row[0].split(",")]
    assert sorted(told) == sorted(wanted)


def test_every_line_has_a_state_and_what_is_held_names_where() -> None:
    assert {row[2] for row in ROWS} == {"held", "in part", "not", "n/a"}
    named = re.compile(r"`[\w./-]+`|`[\w./-]+::\w+`")
    assert [row[0] for row in ROWS if row[2] == "held" and not named.search(row[3])] == []


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_it_is_there(file: str, name: str) -> None:
    if file.startswith("/"):
        return  # an address of the site
    path = ROOT / file
    assert path.exists(), file
    if name:
        assert f"def {name}(" in path.read_text(encoding="utf-8")
