"""Acts of a log as lines of a file: a table for spreadsheets, or one JSON object a line."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.labels import ROLE_TITLES
from core.text import plain_cell
from disclosures.models import Book
from funds.models import SpecialAccount
from logbook.acts import Act
from logbook.steps import PLATFORM_LOG
from portal.act_words import act_words
from portal.log_facts import actor_of, facts_of, reason_of, role_of
from registry.models import Authority, Estate


class Words:
    """What acts, roles and places are called; each is looked up once a list."""

    def __init__(self) -> None:
        self._acts: dict[str, str] = {}
        self._roles = {role: str(title) for role, title in ROLE_TITLES.items()}
        self._places = {
            PLATFORM_LOG: _("平台"),
            "registry": _("平台（区划、机构、规则）"),
            "witnesses": _("平台（见证单位）"),
        }

    def act(self, kind: str) -> str:
        """An act in words."""
        if kind not in self._acts:
            self._acts[kind] = act_words(kind)
        return self._acts[kind]

    def role(self, role: str) -> str:
        """A role in words; its code where it has none."""
        return self._roles.get(role, role)

    def place(self, log: str) -> str:
        """The name of the place a log belongs to; the log's where there is none."""
        if log not in self._places:
            self._places[log] = self._read(log)
        return self._places[log]

    def _read(self, log: str) -> str:
        kind, _slash, key = log.partition("/")
        found: QuerySet[Any, str]
        if kind in {"estate", "registry"}:
            found = Estate.objects.filter(code=key).values_list("name", flat=True)
        elif kind == "authority":
            found = Authority.objects.filter(pk=key).values_list("name", flat=True)
        elif kind == "accounts":
            found = Book.objects.filter(pk=key).values_list("estate__name", flat=True)
        elif kind == "fund":
            specials = SpecialAccount.objects.filter(code=key)
            found = specials.values_list("authority__name", flat=True)
        else:
            return log
        return found.first() or log


def header() -> list[str]:
    """What the columns of the table are called."""
    return [
        _("记录"), _("序号"), _("时间"), _("谁"), _("角色"), _("地点"), _("操作代码"),
        _("操作"), _("理由"), _("内容"), _("没有导出的内容"), _("前一条的哈希"),
        _("本条的哈希"),
    ]  # fmt: skip


def _csv_lines(acts: Iterator[Act]) -> Iterator[str]:
    yield "\ufeff" + _row(header())
    words = Words()
    for act in acts:
        facts = facts_of(act.body)
        yield _row(
            [
                act.log, str(act.seq), act.time, actor_of(act.body),
                words.role(role_of(act.body)), words.place(act.log), act.kind,
                words.act(act.kind), reason_of(act.body), _json(facts.shown),
                " ".join(facts.kept), act.prev, act.digest,
            ]
        )  # fmt: skip


def _json_lines(acts: Iterator[Act]) -> Iterator[str]:
    words = Words()
    for act in acts:
        facts = facts_of(act.body)
        told = {
            "log": act.log,
            "seq": act.seq,
            "time": act.time,
            "actor": actor_of(act.body),
            "role": role_of(act.body),
            "place": words.place(act.log),
            "act": act.kind,
            "words": words.act(act.kind),
            "reason": reason_of(act.body),
            "facts": facts.shown,
            "withheld": facts.kept,
            "prev": act.prev,
            "hash": act.digest,
        }
        yield _json(told) + "\n"


WRITERS: dict[str, Callable[[Iterator[Act]], Iterator[str]]] = {
    "csv": _csv_lines,
    "jsonl": _json_lines,
}


def _row(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(map(plain_cell, cells))
    return line.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
