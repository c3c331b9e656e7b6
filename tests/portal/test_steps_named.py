"""Every kind of step a repair's history can hold has a name for people."""

import ast
import re
from pathlib import Path

import pytest

from documents.authority import development_identity
from portal.templatetags.emergencies import step_name
from tests.funds.payments import funded, pay, settle
from tests.funds.repairs import BUDGET
from tests.town import grant, make_user

FUNDS = Path(__file__).parents[2] / "funds"
SOURCES = [*FUNDS.glob("services/*.py"), FUNDS / "endings.py", FUNDS / "steps.py"]
# What is called to write a step down, and what stands before the kind there. `end` takes the
# kind of its first step.
NOTERS = {"note": "", "end": "", "_note": "emergency."}
CODE = re.compile(r"[a-z_]+(\.[a-z_]+)?")


def _kinds(path):
    tree = ast.parse(path.read_text("utf-8"))
    pairs = {}  # the kind that follows from what was paid: `then, facts = (kind, text), …`
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            first = node.value.elts[0]
            if isinstance(first, ast.Tuple) and isinstance(first.elts[0], ast.Constant):
                name = ast.unparse(node.targets[0].elts[0])
                pairs.setdefault(f"{name}[0]", set()).add(first.elts[0].value)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") in NOTERS):
            continue
        kind = node.args[1]
        if isinstance(kind, ast.Constant):
            yield NOTERS[node.func.id] + kind.value
        elif ast.unparse(kind) in pairs:
            yield from pairs[ast.unparse(kind)]
        else:  # handed through by `end` and by `_note`, whose callers are read here
            assert ast.unparse(kind) in {"kind", "f'emergency.{kind}'"}, ast.unparse(kind)


def test_every_kind_of_step_has_a_name():
    kinds = {kind for path in SOURCES for kind in _kinds(path)}
    assert {"instalment_paid", "emergency.reported", "ended", "as_decided", "settled"} <= kinds
    assert len(kinds) > 45
    assert sorted(kind for kind in kinds if CODE.fullmatch(str(step_name(kind)))) == []


@pytest.mark.django_db
def test_no_code_stands_in_the_history_of_an_emergency(client, settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    case = funded()
    pay(case)
    settle(case, BUDGET)
    reader = make_user("reader")
    grant(reader, "organiser", case.request.estate)
    client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/staff/repairs/emergencies/{case.code}/").content.decode()
    history = page[page.index("<h2>经过</h2>") :]
    assert "银行付款" in history
    assert [step.kind for step in case.request.steps.all() if step.kind in history] == []
