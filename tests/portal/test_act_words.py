"""Every act in a log has words."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils.translation import override

from committees.models import Breach
from portal.act_words import ACT_WORDS, act_words
from tests.portal.acts_in_code import acts_in, acts_of
from voting.models import PaperBallot, PaperRuling

ROOT = Path(__file__).parents[2]
# Acts named by what a row has become; the values are read where they are declared.
BY_STATE = {
    ("voting/services/papers.py", "f'paper.{paper.state}'"): {"paper.entered", "paper.spoiled"},
    ("voting/services/paper_rulings.py", "f'paper_ruling.{ruling.state}'"): {
        "paper_ruling.confirmed",
        "paper_ruling.declined",
    },
    ("committees/services/breaches.py", "f\"breach-{step.replace('_', '-')}\""): {
        f"breach-{state.replace('_', '-')}"
        for state, _label in Breach.STATES
        if state != "reported"
    },
    # `for kind, those in (("again", …), ("reopened", …))`
    ("committees/services/findings.py", "kind"): {"problem.again", "problem.reopened"},
    # `then, facts = ("as_decided", …), …`
    ("funds/endings.py", "then[0]"): {"repair.as_decided", "repair.refund_expected"},
}


def test_every_act_in_the_code_has_words() -> None:
    found = acts_in(ROOT)
    assert found.left == set(BY_STATE), "an act that cannot be told: add what it can be"
    acts = found.acts.union(*BY_STATE.values())
    assert len(acts) > 300
    assert {act for act in acts if act_words(act) == act} == set()


def test_no_words_of_an_act_that_is_written_nowhere() -> None:
    acts = acts_in(ROOT).acts.union(*BY_STATE.values())
    assert set(ACT_WORDS) - acts == set()


def test_the_states_that_name_acts_are_states() -> None:
    assert {"entered", "spoiled"} <= dict(PaperBallot.STATES).keys()
    assert {"confirmed", "declined"} <= dict(PaperRuling.STATES).keys()


@pytest.mark.parametrize(
    ("source", "acts", "left"),
    [
        ('def f():\n    record_act(p, "one", {})', {"one"}, set()),
        ('def f():\n    record_act(p, "one" if x else "two", {})', {"one", "two"}, set()),
        ("def f():\n    record_act(p, ACT, {})", set(), {"ACT"}),
        ("def f():\n    record_act(p, f'a.{row.state}', {})", set(), {"f'a.{row.state}'"}),
        (
            "def _note(x, kind):\n    record_act(p, f'a.{kind}', {})\n"
            'def f():\n    _note(1, "one")\ndef g():\n    _note(1, kind="two")',
            {"a.one", "a.two"},
            set(),
        ),
    ],
)
def test_how_the_code_is_read(source: str, acts: set[str], left: set[str]) -> None:
    found = acts_of({"app/m.py": f"from logbook.steps import record_act\n{source}\n"})
    assert found.acts == acts
    assert {expression for _path, expression in found.left} == left


def test_a_helper_of_another_module_is_followed() -> None:
    found = acts_of(
        {
            "app/steps.py": "from logbook.steps import record_act\n"
            "def note(x, act):\n    record_act(p, act, {})\n",
            "app/m.py": "from app.steps import note\ndef f():\n    note(1, 'one')\n",
            "app/n.py": "from app import steps\ndef f():\n    steps.note(1, 'two')\n",
        }
    )
    assert found.acts == {"one", "two"}


def test_words_of_a_repair_and_of_an_unknown_act() -> None:
    with override("zh-hans"):
        assert act_words("repair.instalment_paid") == "维修：银行付款"
        assert act_words("grant_role") == "授权"
    assert act_words("from.another.time") == "from.another.time"
