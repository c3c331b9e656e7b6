"""Who proposes is not who decides: every pair that is promised, in one table.

Each line names the test in which one person with both roles is refused by the command, with a
sentence. Where one row holds both names, the database refuses it too: that is tried here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.models import LegalHold, Looking, Reset, RoleGrant
from committees.models import Report
from disclosures.models import Closing, Entry
from documents.models import StampedCopy
from funds.models import Instalment, Refund, Settlement, Voucher
from registry.models import NumberCheck, PhoneChange, RollProposal
from tests.permissions.test_matrix import arguments
from tests.town import Town, town
from voting.models import (
    BoxCount,
    CourtOrder,
    Filing,
    Objection,
    PaperReading,
    PaperRuling,
    Proxy,
    Review,
    Ruling,
    Transfer,
)

__all__ = ["arguments", "town"]
ROOT = Path(__file__).resolve().parents[2]


class Pair(NamedTuple):
    """Two that are not one person, and the test in which the command says so."""

    one: str
    other: str
    test: str


PAIRS = [
    # --- accounts
    Pair("grants a role", "gets it",
         "tests/accounts/test_grants.py::test_nobody_grants_to_themselves"),
    Pair("proposes an official's role, or gets it", "confirms it",
         "tests/accounts/test_grants.py::test_nobody_else_confirms"),
    Pair("organiser", "supervisor of the same estate",
         "tests/accounts/test_people.py::test_the_organiser_does_not_supervise_the_own_count"),
    Pair("property manager", "any other role at the same estate",
         "tests/accounts/test_people.py::test_the_property_manager_has_no_other_role_there"),
    Pair("operator", "a role that names people",
         "tests/accounts/test_people.py::test_an_operator_sees_no_owners_by_another_role"),
    Pair("asks for a reset, or is let in by it", "confirms it",
         "tests/accounts/test_entrance.py::test_one_operator_alone_resets_nobody"),
    Pair("looks through somebody's eyes", "that person",
         "tests/accounts/test_looking.py::test_of_whom_nobody_sees_the_pages"),
    Pair("writes what persons concerned are told of an incident", "confirms it",
         "tests/portal/test_incidents.py::test_two_operators"),
    Pair("brings a file to a roll, or types in it", "confirms it",
         "tests/registry/test_two_people.py::test_no_file_after_it_is"),
    Pair("writes a correction of a room", "confirms it", "tests/registry/test_two_people.py"
         "::test_a_transfer_is_on_the_roll_when_another_person_has_confirmed_it"),
    Pair("enters a document number beside or after others", "confirms it",
         "tests/voting/services/test_numbers.py::test_a_later_number_waits_for_another_person"),
    Pair("sets a legal hold", "lifts it",
         "tests/portal/test_holds_page.py::test_whoever_set_it_does_not_lift_it"),
    # --- voting
    Pair("hands a draft in for review", "reviews it",
         "tests/voting/services/test_reviews.py::test_who_drafts_does_not_review"),
    Pair("organiser's side", "a majority of the trustees",
         "tests/voting/domain/test_keyholders.py::test_the_organiser_alone_opens_nothing"),
    Pair("first reading of a paper", "second reading",
         "tests/voting/services/test_papers.py::test_the_second_is_another_person_and_sees_nothing"),
    Pair("read a paper", "decides between two readings",
         "tests/voting/services/test_papers.py::test_a_mismatch_goes_to_a_third_person"),
    Pair("enters papers", "counts the box", "tests/voting/services/test_papers.py"
         "::test_who_enters_does_not_count_the_box_nor_the_other_way_round"),
    Pair("first count of the box", "second count",
         "tests/voting/services/test_papers.py::test_two_who_count_differently_count_again"),
    Pair("proposes whether a paper counts", "decides it",
         "tests/voting/services/test_papers.py::test_both_channels_wait_for_two_people"),
    Pair("proposes to exclude ballots", "decides it",
         "tests/voting/services/test_rulings.py::test_who_may_not"),
    Pair("is concerned by a ruling", "proposes or decides it",
         "tests/voting/services/test_result_in_steps.py"
         "::test_a_candidate_rules_on_nobody_s_ballot"),
    Pair("answers an objection, or proposes its ruling", "rules on it",
         "tests/voting/services/test_objections.py"
         "::test_two_people_rule_and_neither_is_concerned"),
    Pair("enters a proxy", "confirms it",
         "tests/voting/services/test_standins.py::test_one_enters_another_confirms"),
    Pair("helps with a device", "witnesses it",
         "tests/voting/services/test_standins.py::test_it_does_not_last"),
    Pair("proposes a transfer", "confirms it",
         "tests/voting/services/test_standins.py::test_nothing_sold_one_person_and_no"),
    Pair("records a court's order", "confirms it",
         "tests/voting/services/test_court.py::test_who_may_and_in_which_order"),
    Pair("marks a delivery", "checks it",
         "tests/voting/services/test_delivering.py::test_another_person_checks_it"),
    Pair("hands a filing in", "takes it in or returns it",
         "tests/voting/services/test_filing.py::test_who_hands_in_does_not_take_in"),
    # --- documents
    Pair("uploads a stamped print", "confirms it",
         "tests/documents/test_stamping.py::test_the_second_person_is_another_one"),
    Pair("keeps a seal", "approves its use", "tests/documents/test_seals.py::test_it_works"),
    # --- funds
    Pair("drafts a voucher", "seals it",
         "tests/funds/services/test_books.py::test_two_people_seal_and_the_numbers_have_no_gap"),
    Pair("applies, decides, finds or writes", "reviews the application",
         "tests/funds/services/test_reviewing.py::test_nobody_reviews_what_they_applied_for"),
    Pair("one step of a review", "the next", "tests/funds/services/test_reviewing.py"
         "::test_exactly_the_set_amount_needs_one_person_a_fen_more_needs_two"),
    Pair("asks for a payment", "confirms it",
         "tests/funds/services/test_releases.py::test_two_people_at_every_step"),
    Pair("makes the bank's list", "enters the bank's answer",
         "tests/funds/services/test_releases.py::test_two_people_at_every_step"),
    Pair("states a settlement", "confirms it", "tests/funds/services/test_releases.py"
         "::test_the_settlement_is_two_peoples_and_waits_for_payments_under_way"),
    Pair("notes a refund", "enters its receipt", "tests/funds/services/test_releases.py"
         "::test_the_surplus_comes_back_to_every_unit_to_the_fen"),
    Pair("reports an emergency", "finds it on site", "tests/funds/services/test_emergencies.py"
         "::test_the_reporter_does_not_find_and_old_photographs_show_nothing"),
    Pair("reports or finds an emergency", "decides on it",
         "tests/funds/services/test_emergencies.py"
         "::test_neither_who_reported_nor_who_found_decides"),
    Pair("has a part in an emergency", "answers an objection to it",
         "tests/funds/services/test_publicity.py::test_nobody_who_had_a_part_in_it_answers"),
    # --- accounts owners read
    Pair("enters an entry", "reviews it", "tests/disclosures/services/test_entries.py"
         "::test_who_holds_the_money_enters_and_another_body_reviews"),
    Pair("prepares a statement", "publishes it",
         "tests/disclosures/services/test_publishing.py::test_two_bodies"),
    # --- committees
    Pair("reports a problem's progress", "closes it",
         "tests/committees/services/test_problems.py::test_not_by_who_entered_the_progress"),
    Pair("enters what is handed over", "confirms the list",
         "tests/committees/services/test_handovers.py"
         "::test_another_person_confirms_what_is_complete"),
    Pair("writes a report", "signs it off",
         "tests/committees/services/test_reports.py::test_whoever_wrote_it_does_not_sign_it_off"),
    Pair("writes, signs or hands in a report", "takes it in above",
         "tests/committees/services/test_reports.py::test_nobody_takes_in_what_they_handed_in"),
]  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=[f"{one.one} / {one.other}" for one in PAIRS])
def test_the_command_refuses_one_person_for_both(pair: Pair) -> None:
    """The test that shows it is where the table says."""
    file, name = pair.test.split("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


class Names(NamedTuple):
    """A row of the database with two names; `when`: what else it says once the second acts."""

    model: type[models.Model]
    first: str
    second: str
    when: dict[str, Any] = {}


SEALED = {
    "state": "sealed",
    "number": 99,
    "version": 1,
    "period": models.Subquery(Entry.objects.filter(state="sealed").values("period")[:1]),
}
CONFIRMED, DECLINED = {"state": "confirmed"}, {"state": "declined"}
ROWS = [
    Names(RoleGrant, "granted_by", "confirmed_by"),
    Names(Reset, "asked_by_id", "settled_by_id", {"done": True}),
    Names(Reset, "user_id", "settled_by_id", {"done": True}),
    Names(Looking, "by_id", "user_id"),
    Names(LegalHold, "set_by", "lifted_by"),
    Names(PhoneChange, "asked_by", "confirmed_by"),
    Names(NumberCheck, "entered_by", "confirmed_by"),
    Names(RollProposal, "asked_by", "ended_by", {"state": "done"}),
    Names(Review, "submitted_by", "ended_by"),
    *(
        Names(model, "proposed_by", "decided_by", state)
        for model in (Ruling, PaperRuling, Transfer, CourtOrder)
        for state in (CONFIRMED, DECLINED)
    ),
    Names(Proxy, "entered_by", "decided_by", {"state": "active"}),
    Names(Proxy, "entered_by", "decided_by", DECLINED),
    Names(Objection, "proposed_by", "ruled_by", {"state": "ruled", "ruling": None}),
    Names(BoxCount, "first_by", "second_by"),
    Names(Filing, "submitted_by", "received_by", {"state": "received"}),
    Names(Filing, "submitted_by", "returned_by", {"state": "returned"}),
    Names(StampedCopy, "uploaded_by", "decided_by", CONFIRMED),
    Names(Voucher, "drafted_by", "sealed_by"),
    Names(Instalment, "asked_by", "confirmed_by"),
    Names(Settlement, "stated_by", "confirmed_by"),
    Names(Refund, "noted_by", "received_by"),
    Names(Entry, "entered_by", "reviewed_by", SEALED),
    Names(Closing, "prepared_by", "decided_by", {"state": "published"}),
    Names(Report, "drafted_by", "signed_by"),
    Names(Report, "handed_in_by", "decided_by"),
]


@pytest.mark.django_db
def test_the_database_refuses_one_person_for_both(
    town: Town, arguments: dict[str, Any]
) -> None:
    _add_what_the_town_lacks(town, arguments)
    wrong = []
    for names in ROWS:
        row = names.model._default_manager.order_by("pk").first()
        assert row is not None, names.model
        for same in (True, False):
            if _taken(town, row, names, same=same) is same:
                wrong.append((names, same))
    assert wrong == []


def _taken(town: Town, row: models.Model, names: Names, *, same: bool) -> bool:
    """Whether the row may say that one person, or that two, did both; nothing of it stays."""
    one = getattr(row, names.first) or "user:60001"
    two = "user:60002" if isinstance(one, str) else town.person("other bureau").pk
    said = {names.first: one, names.second: one if same else two, **names.when}
    before = transaction.savepoint()
    try:
        with transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(**said)
    except IntegrityError:
        return False
    else:
        return True
    finally:
        transaction.savepoint_rollback(before)


def _add_what_the_town_lacks(town: Town, arguments: dict[str, Any]) -> None:
    now = timezone.now()
    said: dict[str, Any] = {"first_by": "user:0", "first_role": "organiser", "first_at": now}
    BoxCount.objects.create(session=Ruling.objects.get().session, counted=1, **said)
    Settlement.objects.create(
        request=Refund.objects.get().request, final_fen=1, accepted_on=now.date(),
        stated_by="user:0", stated_at=now,
    )  # fmt: skip
    entry = Entry.objects.get(pk=arguments["entry"])
    for ledger, fen in (("bank", entry.fen), (entry.heading, -entry.fen)):
        entry.postings.create(ledger=ledger, fen=fen)
    owner = town.here.estate.owners.order_by("pk")[0]
    owner.number_checks.create(entered_by="user:0", entered_at=now)
    people = {"by": town.person("operator"), "user": town.person("organiser")}
    Looking.objects.create(**people, reason="x", began_at=now, until=now)


@pytest.mark.django_db
def test_nobody_reads_a_paper_twice(town: Town, arguments: dict[str, Any]) -> None:
    """Two rows, one name: a unique key of paper and person."""
    said = {"actor": "user:60001", "role": "organiser", "at": timezone.now(), "content": "{}"}
    PaperReading.objects.create(paper_id=arguments["sheet"], step=1, **said)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperReading.objects.create(paper_id=arguments["sheet"], step=2, **said)
    PaperReading.objects.create(
        paper_id=arguments["sheet"], step=2, **said | {"actor": "user:60002"}
    )
