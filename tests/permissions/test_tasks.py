"""Every task on anybody's worklist leads to a page that opens for whom it is shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from documents.models import Document
from portal.selectors import worklist_for
from tests.documents.test_postings import make_document
from tests.permissions.test_matrix import HERE, OK, THERE, answer, arguments
from tests.town import Town
from voting.models import KeyCeremony, Session

__all__ = ["arguments"]


def with_papers(arguments: dict[str, Any]) -> None:
    """A notice and a resolution that hang nowhere; trustees who are waited for."""
    told, decided = (
        Session.objects.get(code=arguments[one]) for one in ("session", "resolved")
    )
    notice = Document.objects.get(code=arguments["paper"])
    resolution = make_document(decided.estate, code="7K4M2QXH9T5A", sha256="5" * 64)
    Session.objects.filter(pk=told.pk).update(notice=notice)
    named = {"resolution": resolution, "opening_policy": "named"}
    Session.objects.filter(pk=decided.pk).update(**named)
    KeyCeremony.objects.create(
        session=decided, threshold=2, terms=b"", tallied_at=timezone.now()
    )


@pytest.mark.django_db
def test_a_tasks_page_opens(town: Town, arguments: dict[str, Any]) -> None:
    with_papers(arguments)
    shown, wrong = set(), []
    for who in [*HERE, *THERE]:
        town.person(who)
    for who in [*HERE, *THERE]:
        for task in worklist_for(town.person(who), timezone.now()):
            if (who, task.url) in shown:
                continue
            shown.add((who, task.url))
            got = answer(town, who, task.url).status_code
            if got != OK:
                wrong.append((who, str(task.what), task.url, got))
    assert wrong == []
    whats = ["张贴公告", "张贴决议", "打开记名票", "录入纸质票"]
    said = {task.what for task in worklist_for(town.person("bureau"), timezone.now())}
    assert [one for one in whats if not any(one in what for what in said)] == []
    assert {who for who, _url in shown} >= set(HERE) - {"auditor"}
