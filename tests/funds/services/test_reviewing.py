"""The desks of a review: who may say what, once, with all reasons at once."""

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from core.errors import RuleViolation
from documents.authority import development_identity
from documents.models import Document
from documents.verification import check_offline
from funds.domain.reviewing import CODES, Answer
from funds.models import EmergencyDecision, EmergencyFinding, Review
from funds.selectors.reviewing import known_facts
from funds.services.reviewing import (
    Word,
    lift_correction,
    note_seen,
    order_correction,
    review_application,
)
from funds.steps import By, note
from logbook.models import Entry
from tests.factories import make_profile, small_estate
from tests.funds.filed import APPLICANT, AT, make_filed

pytestmark = pytest.mark.django_db

ALL_YES = {code: Answer(True) for code in CODES}
LATER = AT + timedelta(hours=1)


def word(step, outcome="pass", **changed):
    return Word(step, outcome, {**ALL_YES, **changed})


def act(application, said, who="user:7", at=LATER):
    return review_application(
        code=application.request.code, word=said, by=By(who, "bureau"), name="王主任", at=at
    )


@pytest.fixture(autouse=True)
def _certificate(settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


@pytest.fixture
def application():
    return make_filed(small_estate())


def test_street_then_bureau_then_the_opinion(application, settings):
    # Monday and three working days: Thursday is the last, due as Friday begins.
    request = application.request
    assert (request.desk, request.desk_authority.name) == ("street", "样例街道办事处")
    assert request.desk_due_at == datetime(2026, 11, 5, 16, tzinfo=UTC)
    act(application, word("street"))
    request.refresh_from_db()
    assert (request.state, request.desk) == ("review", "bureau")
    act(application, word("bureau"), "user:8")
    request.refresh_from_db()
    application.refresh_from_db()
    assert (request.state, request.desk, application.state) == ("approved", "works", "passed")
    paper = application.opinion
    assert paper.title == "住宅专项维修资金审核意见书（1幢电梯维修）"
    roots = [development_identity(settings.CA_DIR).certificate]
    assert check_offline(bytes(paper.pdf), trust_roots=roots).status == "genuine"
    assert b"10000.00" not in bytes(paper.facts)
    assert b'"amount_fen":1000000' in bytes(paper.facts)
    assert b"62220000000001" not in bytes(paper.facts)
    acts = list(Entry.objects.filter(kind__startswith="repair.").values_list("kind", flat=True))
    assert acts == ["repair.passed_on", "repair.approved"]


def test_exactly_the_set_amount_needs_one_person_a_fen_more_needs_two():
    estate = small_estate()
    at_limit = make_filed(estate, budget=5_000_000)
    above = make_filed(estate, budget=5_000_001)
    for one in (at_limit, above):
        act(one, word("street"))
        act(one, word("bureau"), "user:8")
        one.request.refresh_from_db()
    assert at_limit.request.state == "approved"
    assert (above.request.state, above.request.desk) == ("review", "second")
    with pytest.raises(RuleViolation) as refused:
        act(above, word("second"), "user:8")
    assert refused.value.code == "review.twice"
    act(above, word("second"), "user:9")
    above.request.refresh_from_db()
    assert above.request.state == "approved"


@pytest.mark.parametrize("who", [APPLICANT.actor])
def test_nobody_reviews_what_they_applied_for(application, who):
    with pytest.raises(RuleViolation) as refused:
        act(application, word("street"), who)
    assert refused.value.code == "review.own"
    assert not Review.objects.exists()


def test_a_return_says_all_reasons_at_once(application):
    said = word(
        "street",
        "return",
        warranty=Answer(False, "还有半年"),
        contract=Answer(False, "没有合同"),
    )
    act(application, said)
    request = application.request
    request.refresh_from_db()
    application.refresh_from_db()
    assert (request.state, request.desk, application.state) == (
        "returned",
        "applicant",
        "returned",
    )
    text = request.steps.get(kind="returned").text
    assert "还有半年" in text
    assert "没有合同" in text
    assert application.payee == "样例电梯有限公司"  # what was typed is kept


def test_bad_words_are_refused_with_every_reason(application):
    answers = {**ALL_YES, "warranty": Answer(False), "contract": Answer(False, " ")}
    del answers["scope"]
    with pytest.raises(RuleViolation) as refused:
        act(application, Word("street", "later", answers, "长" * 401, "代" * 201))
    codes = [(one.code, one.field) for one in refused.value.facts["reasons"]]
    assert codes == [
        ("review.unanswered", "scope"),
        ("review.reason", "warranty"),
        ("review.reason", "contract"),
        ("review.outcome", "outcome"),
        ("remark.too_long", "remark"),
        ("deputises.too_long", "deputises"),
    ]
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("outcome", "answers"),
    [("pass", {"scope": Answer(False, "少了2幢")}), ("return", {})],
)
def test_the_outcome_follows_from_the_answers(application, outcome, answers):
    with pytest.raises(RuleViolation) as refused:
        act(application, word("street", outcome, **answers))
    assert [one.code for one in refused.value.facts["reasons"]] == ["review.outcome"]


def test_a_word_for_another_desk_is_refused(application):
    act(application, word("street"))
    with pytest.raises(RuleViolation) as refused:
        act(application, word("street"), "user:8")
    assert refused.value.code == "review.moved"


def test_while_the_decision_does_not_hold_it_can_be_returned_but_not_passed(application):
    EmergencyDecision.objects.create(
        request=application.request,
        decided_by_kind="owners_committee",
        decided_by="user:101",
        role="organiser",
        authorises=False,
        reason="撤回",
        most_fen=0,
        clause="民法典第281条第2款",
        at=LATER,
    )
    with pytest.raises(RuleViolation) as refused:
        act(application, word("street"))
    assert refused.value.code == "review.gate"
    assert known_facts(application)["decision"][0].warning
    act(application, word("street", "return", decision=Answer(False, "决定已经撤回")))


def test_an_ordered_correction_stops_the_desk_until_it_is_made(application):
    code, by = application.request.code, By("user:8", "bureau")
    for reason in ("", " ", "改" * 301):
        with pytest.raises(RuleViolation) as refused:
            order_correction(code=code, reason=reason, by=by, at=LATER)
        assert refused.value.code == "hold.reason"
    order_correction(code=code, reason="补公示", by=by, at=LATER)
    with pytest.raises(RuleViolation, match="补公示"):
        act(application, word("street"))
    lift_correction(code=code, reason="已经公示", by=by, at=LATER)
    with pytest.raises(RuleViolation) as refused:
        lift_correction(code=code, reason="已经公示", by=by, at=LATER)
    assert refused.value.code == "hold.none"
    act(application, word("street"))


def test_self_managed_the_committee_decides_and_the_authority_looks():
    application = make_filed(small_estate(), custody="self", budget=5_000_001)
    request = application.request
    assert (request.desk, request.desk_authority) == ("committee", None)
    act(application, word("committee"), "user:20")
    request.refresh_from_db()
    assert request.desk == "committee_second"
    with pytest.raises(RuleViolation):
        note_seen(code=request.code, by=By("user:8", "bureau"), at=LATER)
    act(application, word("committee_second"), "user:21")
    application.refresh_from_db()
    paper = application.opinion
    assert paper.title.startswith("住宅专项维修资金使用决定书")
    assert "业主委员会" in bytes(paper.facts).decode()
    for _again in range(2):
        note_seen(code=request.code, by=By("user:8", "bureau"), at=LATER)
    assert request.steps.filter(kind="filing_seen").count() == 1


def test_public_housing_asks_the_selling_organisation_first():
    application = make_filed(small_estate(), custody="public")
    assert application.request.desk == "seller"
    act(application, word("seller"), "user:20")
    application.request.refresh_from_db()
    assert application.request.desk == "bureau"


def test_an_emergency_was_found_on_site_and_skips_the_street():
    application = make_filed(small_estate(), kind="emergency")
    request = application.request
    assert request.desk == "bureau"
    assert request.desk_due_at - AT == timedelta(hours=24)


def test_a_place_may_leave_the_street_out():
    estate = small_estate()
    make_profile(**{"fund.review_steps": ["bureau"]})
    assert make_filed(estate).request.desk == "bureau"


def test_without_a_certificate_nothing_is_approved(
    application, settings, tmp_path, monkeypatch
):
    act(application, word("street"))

    def none() -> None:
        raise RuleViolation("signer.missing", "没有签名证书")

    monkeypatch.setattr("documents.keys.identity", none)
    with pytest.raises(RuleViolation) as refused:
        act(application, word("bureau"), "user:8")
    assert refused.value.code == "signer.missing"
    application.request.refresh_from_db()
    assert (application.request.state, application.request.desk) == ("review", "bureau")
    assert not Document.objects.exists()


def test_what_sub_accounts_lack_is_told(application):
    # Nothing was ever paid in: the whole amount is owed.
    said = " ".join(fact.text for fact in known_facts(application)["shares"])
    assert re.search(r"10,000\.00 元，记为欠缴", said)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_officials_at_the_same_moment_make_one_word(erasable):
    application = make_filed(small_estate())
    barrier, codes = threading.Barrier(2), []

    def decide(who: str) -> None:
        barrier.wait()
        try:
            act(application, word("street"), who)
            codes.append("done")
        except RuleViolation as refused:
            codes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(f"user:{n}",)) for n in (7, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["done", "review.moved"]
    assert Review.objects.count() == 1


@pytest.mark.parametrize("who", ["user:101", "user:55", "user:66"])
def test_nor_what_they_decided_found_or_wrote(application, who):
    request = application.request
    EmergencyFinding.objects.create(
        request=request, authority=request.desk_authority, found_by="user:55",
        on_site_at=AT, position="1楼", present="", qualifies=True, reason="停运", at=AT,
    )  # fmt: skip
    with transaction.atomic():
        note(request, "application_drafted", by=By("user:66", "property_manager"), at=AT)
    with pytest.raises(RuleViolation) as refused:
        act(application, word("street"), who)
    assert refused.value.code == "review.own"
