"""The English catalogue is whole, and every sentence of the rules has its pattern."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from portal.sentences import SENTENCES, said
from tests.locale.conftest import PO
from tests.locale.garden import CHINESE

ROOT = PO.parents[3]
# Where finished Chinese sentences are made, for pages.
MADE_IN = [
    "accounts/phones.py",
    "accounts/services/*.py",
    "committees/domain/*.py",
    "committees/selectors/moves.py",
    "committees/selectors/refusals.py",
    "committees/selectors/register.py",
    "committees/selectors/reports.py",
    "committees/services/*.py",
    "committees/formation_steps.py",
    "core/exact.py",
    "core/files.py",
    "core/tables.py",
    "core/workbook*.py",
    "disclosures/domain/*.py",
    "disclosures/selectors/figures.py",
    "disclosures/selectors/rules.py",
    "disclosures/services/*.py",
    "disclosures/steps.py",
    "documents/intake*.py",
    "documents/masking.py",
    "documents/scanning.py",
    "documents/scans.py",
    "documents/services/*.py",
    "documents/verification.py",
    "funds/domain/*.py",
    "funds/selectors/files.py",
    "funds/selectors/gates.py",
    "funds/selectors/reviewing.py",
    "funds/selectors/sharing.py",
    "funds/services/*.py",
    "funds/endings.py",
    "funds/steps.py",
    "registry/domain/*.py",
    "registry/services/*.py",
    "voting/domain/*.py",
    "voting/services/*.py",
]
# Calls that take a sentence, and names that hold one.
TAKERS = {
    "RuleViolation", "Reason", "refusal", "fault", "Fault", "CellFault", "RowFault", "_Fault",
    "append", "_end", "Alarm",
}  # fmt: skip
HOLDERS = {"sentence", "reasons"}
# Who is left and why stand side by side here: as sevens nobody can tell them apart.
TWO_FACTS = "还有7个名额未定：77，"
# Words to be typed into a spreadsheet, and rooms as the roll writes them, stay Chinese.
KEPT = re.compile(r"'?(房号|份额|1幢售房单位|已售未交付|未售|不一致|一致|3幢2单元501室)'?|'、'")


def _tool(*command: object) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_msgfmt_finds_nothing_to_say() -> None:
    assert _tool("msgfmt", "--check-format", "--check-domain", "-o", "/dev/null", PO) == ""


@pytest.mark.parametrize("kind", ["--untranslated", "--only-fuzzy", "--only-obsolete"])
def test_nothing_is_left_out(kind: str) -> None:
    found = subprocess.run(
        ["msgattrib", kind, "--no-wrap", str(PO)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.findall(r'^(?:#~ )?msgid "(.+)"$', found, re.M) == []


def test_english_is_english() -> None:
    text = PO.read_text("utf-8")
    wrong = [
        line
        for line in re.findall(r"^msgstr(?:\[\d\])? (.*)$", text, re.M)
        if CHINESE.search(KEPT.sub("", line))
    ]
    assert wrong == []


def test_every_marked_string_is_in_the_catalogue(tmp_path: Path) -> None:
    """Sources and catalogue agree: `makemessages` would add nothing."""
    known = set(_msgids(PO.read_text("utf-8")))
    missing = []
    for path in [*ROOT.glob("templates/**/*.html"), *_sources()]:
        for msgid in _marked(path):
            if msgid not in known:
                missing.append((str(path.relative_to(ROOT)), msgid))
    assert missing == []


def _sources() -> Iterator[Path]:
    for package in (
        "accounts", "committees", "config", "core", "disclosures", "documents", "funds",
        "logbook", "portal", "registry", "voting",
    ):  # fmt: skip
        yield from ROOT.glob(f"{package}/**/*.py")


def _marked(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    if path.suffix == ".html":
        for tag, string in re.findall(r'{% translate "([^"]+)"|_\("([^"]+)"\)', text):
            yield tag.replace("%", "%%") or string  # a template's text is a format
        return
    tree = ast.parse(text)
    marks = dict(_marks(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in marks:
            for with_text in node.args[: marks[node.func.id]]:  # type: ignore[attr-defined]
                if isinstance(with_text, ast.Constant) and isinstance(with_text.value, str):
                    yield with_text.value


def _marks(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The names under which a module knows gettext, and how many texts each takes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for name in node.names:
                if "gettext" in name.name:
                    yield name.asname or name.name, 2 if "ngettext" in name.name else 1


def test_every_name_of_gettext_marks(tmp_path: Path) -> None:
    path = tmp_path / "forms.py"
    path.write_text(
        "from django.utils.translation import gettext as _\n"
        "from django.utils.translation import gettext_lazy as _lazy, gettext_lazy\n"
        "from django.utils.translation import ngettext\n"
        '_("甲"), _lazy("乙"), gettext_lazy("丙"), ngettext("丁", "戊", 2), other("己")\n'
    )
    assert list(_marked(path)) == list("甲乙丙丁戊")


def _msgids(text: str) -> Iterator[str]:
    for block in re.findall(r'^msgid(?:_plural)? ((?:".*"\n)+)', text, re.M):
        yield "".join(ast.literal_eval(line) for line in block.splitlines())


def test_every_sentence_of_the_rules_can_be_said_in_english() -> None:
    with override("en"):
        silent = [
            (place, sentence, said(sentence))
            for place, sentence in _sentences()
            if CHINESE.search(KEPT.sub("", said(sentence)))
        ]
    assert silent == []


def test_no_sentence_is_taken_for_another() -> None:
    """Filled in, every pattern is found again as itself, numbers in their places."""
    places = re.compile(r"%\((\w+)\)s")
    with override("en"):
        for msgid in SENTENCES:
            names = places.findall(msgid)
            facts = {name: f"<{name}>" for name in names}
            answer = said(msgid % facts)
            assert CHINESE.search(KEPT.sub("", answer)) is None, msgid
            assert all(f"<{name}>" in answer for name in names), (msgid, answer)


def test_in_chinese_a_sentence_stays_as_it_was_made() -> None:
    with override("zh-hans"):
        assert said("投票时间须为5天至60天") == "投票时间须为5天至60天"


def test_numbers_names_and_joined_reasons_come_along() -> None:
    with override("en"):
        assert said("投票时间须为5天至60天") == "Voting must last from 5 to 60 days"
        assert (
            said("请填写会议名称；公告与投票之间须有15个整天，最早2026年3月17日开始")
            == "Please fill in: Title of the session; There must be 15 full days between the "
            "announcement and voting; it can open on 2026-3-17 at the earliest"
        )
        assert said("2处房屋没有业主：1幢101、1幢102等") == (
            "2 units, No owner: 1幢101, 1幢102 and others"
        )
        assert said("写给业主的话") == "写给业主的话"


def _sentences() -> Iterator[tuple[str, str]]:
    for pattern in MADE_IN:
        for path in sorted(ROOT.glob(pattern)):
            if path.name == "plain_count.py":
                continue  # speaks to the command line alone
            tree = ast.parse(path.read_text("utf-8"))
            for node in ast.walk(tree):
                for text in _texts(node):
                    if CHINESE.search(text) and not text.startswith(TWO_FACTS):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", text  # type: ignore[attr-defined]


def _texts(node: ast.AST) -> Iterator[str]:
    """The finished sentences among a node's own values; facts in them are written 7."""
    values: list[ast.expr] = []
    if isinstance(node, ast.Call) and _called(node) in TAKERS:
        values = [*node.args, *(word.value for word in node.keywords if word.arg == "message")]
    elif isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id in HOLDERS for target in node.targets
    ):
        values = [node.value]
    for value in values:
        for one in getattr(value, "elts", [value]):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value
            elif isinstance(one, ast.JoinedStr):
                yield "".join(
                    part.value if isinstance(part, ast.Constant) else "7" for part in one.values
                )


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))
