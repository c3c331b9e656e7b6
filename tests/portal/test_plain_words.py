"""What outsiders read names law or a plain rule, never a decision about our own design."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "accounts", "committees", "core", "disclosures", "documents", "funds", "logbook", "portal",
    "registry", "voting",
)  # fmt: skip
OURS = re.compile(r"决定\s*[（(]?\s*0\d{3}|decisions?[/ ]0\d{3}", re.IGNORECASE)


def texts(path):
    """Every string of a program but its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docs:
            yield node.value


def test_it_works():
    assert OURS.search("最少3年（决定0090）")
    assert OURS.search("see decision 0090")
    assert not OURS.search("业主大会决定第0090号")


def test_no_page_and_no_paper_names_a_decision_of_ours_as_its_basis():
    pages = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*")
        if path.is_file() and OURS.search(path.read_text(encoding="utf-8"))
    }
    programs = {
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for text in texts(path)
        if OURS.search(text)
    }
    assert pages | programs == set()
