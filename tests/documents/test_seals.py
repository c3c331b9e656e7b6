"""Who keeps a seal, from when to when, and every use."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from core.errors import RuleViolation
from documents.models import Seal, SealCustody, SealUse
from documents.services.seals import hand_over_seal, register_seal, use_seal
from tests.documents.test_postings import codes, make_document
from tests.factories import FREEZE, make_estate

pytestmark = pytest.mark.django_db
TODAY = FREEZE.date()
ACT = {"actor": "user:1", "at": FREEZE}


def register(estate: Any = None, **changes: Any) -> Seal:
    return register_seal(
        **{
            "estate_id": (estate or make_estate()).pk,
            "name": "样例花园业主委员会公章",
            "number": "9999990000001",
            "custodian": "王一",
            "since": TODAY - timedelta(days=100),
            **ACT,
            **changes,
        }
    )


def use(seal: Seal, **changes: Any) -> SealUse:
    return use_seal(
        **{
            "seal_id": seal.pk,
            "document": None,
            "paper": "物业服务合同",
            "copies": 2,
            "approved_by": "李二",
            "used_on": TODAY,
            **ACT,
            **changes,
        }
    )


def test_it_works() -> None:
    seal = register()
    document = make_document(seal.estate)
    made = use(seal, document=document, paper="")
    assert made.paper == f"{document.number} {document.title}"
    taken = hand_over_seal(seal_id=seal.pk, to="张三", on=TODAY, witness="赵四", **ACT)
    first, second = seal.custodies.all()
    assert (first.until, second.until, second.pk) == (TODAY, None, taken.pk)
    assert use(seal).custody == second  # on the day of the handover the new keeper answers
    assert use(seal, used_on=TODAY - timedelta(days=1)).custody == first


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"approved_by": "王一"}, {"seal.approver"}),
        ({"approved_by": " "}, {"seal.approved_by"}),
        ({"copies": 0}, {"seal.copies"}),
        ({"copies": None}, {"seal.copies"}),
        ({"used_on": TODAY + timedelta(days=1)}, {"seal.future"}),
        ({"used_on": TODAY - timedelta(days=101)}, {"seal.nobody"}),
        ({"used_on": None}, {"seal.day"}),
        ({"paper": ""}, {"seal.paper"}),
        ({"paper": "", "approved_by": "", "copies": -1, "used_on": None},
         {"seal.paper", "seal.approved_by", "seal.copies", "seal.day"}),
    ],
)  # fmt: skip
def test_a_use_that_cannot_be(changes: dict[str, Any], reasons: set[str]) -> None:
    seal = register()
    with pytest.raises(RuleViolation) as refused:
        use(seal, **changes)
    assert codes(refused) == reasons
    assert not SealUse.objects.exists()


def test_a_paper_of_another_estate() -> None:
    seal = register()
    with pytest.raises(RuleViolation) as refused:
        use(seal, document=make_document(make_estate("西苑")))
    assert codes(refused) == {"seal.other_estate"}


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"to": "王一"}, {"seal.same"}),
        ({"witness": "王一"}, {"seal.witness"}),
        ({"witness": "张三"}, {"seal.witness"}),
        ({"witness": ""}, {"seal.witness"}),
        ({"on": TODAY - timedelta(days=101)}, {"seal.before", "seal.used"}),
        ({"on": TODAY - timedelta(days=1)}, {"seal.used"}),
        ({"on": TODAY + timedelta(days=1)}, {"seal.future"}),
    ],
)
def test_a_handover_that_cannot_be(changes: dict[str, Any], reasons: set[str]) -> None:
    seal = register()
    use(seal)
    with pytest.raises(RuleViolation) as refused:
        hand_over_seal(
            **{
                "seal_id": seal.pk,
                "to": "张三",
                "on": TODAY,
                "witness": "赵四",
                **ACT,
                **changes,
            }
        )
    assert codes(refused) == reasons
    assert SealCustody.objects.count() == 1


def test_a_seal_is_registered_once() -> None:
    seal = register()
    with pytest.raises(RuleViolation) as refused:
        register(seal.estate)
    assert codes(refused) == {"seal.twice"}
    with pytest.raises(RuleViolation) as refused:
        register(name="", custodian="", since=date(2999, 1, 1))
    assert codes(refused) == {"seal.name", "seal.custodian", "seal.future"}


def test_the_register_cannot_be_rewritten() -> None:
    seal = register()
    use(seal)
    for sql in (
        "UPDATE documents_sealuse SET copies = 1",
        "DELETE FROM documents_sealuse",
        "UPDATE documents_sealcustody SET since = '2020-01-01'",
        "DELETE FROM documents_seal",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
