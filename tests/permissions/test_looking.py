"""Every staff address is shown to an operator who looks through another's eyes, or is shut.

An address that is in neither list fails. What is shown is asked for and read: no file, no
picture, nobody's words. Whoever may open what is shut has a role that one operator alone
cannot give where there is a roll: the two follow from one set of permissions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import NAMES_PEOPLE, ROLE_PERMISSIONS, Permission, takes_two
from accounts.services.looking import begin_looking
from portal.looking_pages import SHOWN
from tests.permissions.test_matrix import HERE, OK, TABLE, Row, arguments, names
from tests.town import Town

__all__ = ["arguments"]

# Whatever may hold names, numbers, own words, photographs, scans, files, balances of a flat.
_SHUT = {
    "accounts": "book book_holder entry entry_edit entry_review entry_return entry_drop "
    "entry_reverse entry_paper_off account_paper account_paper_looked account_page "
    "account_page_jpg closing closing_preview closing_publish closing_return book_year_paper "
    "book_year_motion sources source source_end contract_end report questions question",
    "registers": "register_xlsx register_estate register_report register_import "
    "register_drop register_confirm report_to_draft report_to_above report_to_edit "
    "report_to_sign report_hand_in report_drop report_xlsx report_pdf report_receive "
    "report_send_back",
    "committees": "formation_stage formation_stage_back formation_vetting formation_reply "
    "formation_seat formation_urge formation_end formation_new evidence evidence_jpg "
    "nominee_new nominee_withdraw formation_seats committee_new committee_end "
    "committee_by_election member_new member_office member_end explanation_new party_answer "
    "party_withdraw handover_new handover handover_item_new handover_item handover_confirm",
    "problems": "problems_xlsx campaign_xlsx problem problem_page problem_progress "
    "problem_correct problem_deadline problem_close problem_reopen",
    "duties": "duties duty_done_after duty_done_strike duty_evidence duty_occasion_strike "
    "breaches breach_new breach",
    "drafts": "election election_draw candidate_new candidate candidate_remove "
    "candidate_withdraw candidate_withdrawal attachment_add attachment attachment_remove basis "
    "basis_document members supervisors demand review review_submit review_comment "
    "review_finish review_answer keys key_holders key_platform key_file key_upload key_agree "
    "key_lot key_lot_draw key_lot_file key_restart opening letter_maker letter_platform "
    "letter_roll letter_keys letter_restart roll_posting roll_post roll_trace roll_pdf",
    "votes": "turnout missing heads heads_csv board_export rulings ruling_new ruling "
    "ruling_document ruling_confirm ruling_decline ruling_withdraw delivery delivery_door "
    "delivery_room delivery_scan delivery_handed_out delivery_sheet delivery_check "
    "delivery_notice delivery_evidence delivery_record standins proxy_new proxy proxy_confirm "
    "proxy_decline proxy_revoke proxy_code proxy_document assist_new assist transfer_new "
    "transfer transfer_confirm transfer_decline transfer_document paper paper_missing "
    "paper_register paper_box paper_sheet paper_scan paper_rule paper_document paper_decide "
    "openings opening_request look_new look court_orders court_order_new court_order "
    "court_order_confirm court_order_decline court_order_withdraw court_order_document "
    "court_file objections objection_new estate_objections estate_objection_new objection "
    "objection_paper objection_answer objection_dispute objection_withdraw objection_propose "
    "objection_confirm objection_decline recusal standing_paper result letters letters_start "
    "letters_take reissue job job_state",
    "papers": "postings place_retire posting_new posting posting_photo posting_photo_add "
    "posting_down papers stamp stamp_pdf scan_upload scan scan_confirm scan_decline seals "
    "seal_new seal_handover seal_use archive archive_start archive_state archive_take "
    "originals filing filing_paper filing_paper_add filing_paper_remove filing_submit "
    "filing_return filing_receive",
    "repairs": "plan_item_carry plan_publish repair repair_section repair_quotes "
    "repair_quote_choose repair_quote_remove repair_files repair_file repair_file_remove "
    "repair_shares repair_submit repair_withdraw repair_drop repair_renew emergency "
    "emergency_file emergency_find emergency_decide emergency_withdraw emergency_publish "
    "emergency_objection_new emergency_objection",
    "money": "funds fund_new fund fund_account_new fund_file_new fund_file fund_file_confirm "
    "fund_file_drop fund_replenish fund_replenish_list fund_review fund_correction fund_seen "
    "fund_order fund_list fund_list_file fund_money fund_apply fund_file_in fund_withdraw "
    "fund_paper fund_shares fund_shares_csv fund_table fund_pass_on fund_settlement "
    "fund_settlement_confirm fund_anew fund_reapply fund_end fund_unsettle fund_accepted "
    "fund_refund fund_ask fund_confirm fund_decline fund_receipt fund_not_paid fund_vouchers "
    "fund_unit_new fund_receipt_new fund_allotment_new fund_amounts_new fund_amounts "
    "fund_amounts_confirm fund_amounts_drop fund_voucher fund_voucher_seal fund_voucher_drop "
    "fund_voucher_reverse fund_reconcile fund_match fund_matches fund_match_undo fund_reports "
    "fund_report_issue fund_report_table fund_owed fund_owed_list",
    "people": "audit impact entrustment incidents incident_new incident incident_notice "
    "incident_withdraw incident_confirm incident_letters incident_letters_list holds "
    "lift_hold people invite person deactivate reset reset_confirm reset_withdraw revoke "
    "confirm_grant look_as",
}
SHUT = {f"staff:{name}" for part in _SHUT.values() for name in part.split()}
# The whole of the roll, and the tables of operators.
SHUT_PARTS = ("roll:", "admin:")
# Of figures alone, by authority: nobody is in them.
TABLES = {"staff:late_csv", "staff:register_blank"}
MARKS = ["为什么？", "广告牌", "赵工", "周七", "周某", "公章不知在谁手里"]


def test_every_address_is_shown_or_shut() -> None:
    listed = {name for name in names() if name.startswith(("staff:", *SHUT_PARTS))}
    shut = SHUT | {name for name in listed if name.startswith(SHUT_PARTS)}
    assert sorted(SHOWN & shut) == []
    assert sorted(listed ^ (SHOWN | shut)) == []


def is_shut(row: Row) -> bool:
    return row.name not in SHOWN


def test_whoever_opens_what_is_shut_takes_two() -> None:
    """By one set: what an operator may not see alone, no friend is given by one operator."""
    wrong = {
        (row.name, role)
        for row in TABLE
        for role in row.may & set(HERE)
        if is_shut(row) and not takes_two(role, has_roll=True)
    } - {(row.name, "auditor") for row in TABLE}  # of acts, for the whole platform
    assert wrong == set()


def test_who_reads_papers_reads_them_by_that_permission() -> None:
    assert Permission.READ_PAPERS in NAMES_PEOPLE
    assert takes_two("property_manager", has_roll=True)
    assert not takes_two("property_manager", has_roll=False)
    reading, viewing = (
        {role for role in HERE if permission in ROLE_PERMISSIONS[role]}
        for permission in (Permission.READ_PAPERS, Permission.VIEW_ACCOUNTS)
    )
    assert reading == viewing


def looked_at(town: Town, who: str) -> Client:
    """An operator's browser with the pages of `who`."""
    ann = town.person("operator")
    looking = begin_looking(
        by=ann, user=town.person(who), reason="电话里说打不开", at=timezone.now()
    )
    client = Client()
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["looking"] = looking.pk
    session.save()
    return client


def openers() -> Iterator[tuple[Row, str]]:
    """Every page with one who may open it; shut pages with everybody who may."""
    for row in TABLE:
        may = [who for who in HERE if who in row.may and who not in ("operator", "auditor")]
        if row.post or row.status != OK or row.name.startswith("admin:"):
            continue
        yield from ((row, who) for who in (may if is_shut(row) else may[:1]))


@pytest.mark.django_db
def test_what_is_shut_is_not_there_and_what_is_shown_names_nobody(
    town: Town, arguments: dict[str, Any]
) -> None:
    wrong = []
    clients = {who: looked_at(town, who) for who in HERE if who not in ("operator", "auditor")}
    for row, who in openers():
        path = reverse(row.name, args=[arguments[name] for name in row.args])
        got = clients[who].get(path)
        if is_shut(row):
            if got.status_code != 404:
                wrong.append((row.name, who, got.status_code))
            continue
        page = got.content.decode(errors="replace")
        if got.status_code != OK and row.name != "staff:entry_new":
            wrong.append((row.name, who, got.status_code))
        elif "text/html" not in got.headers["Content-Type"] and row.name not in TABLES:
            wrong.append((row.name, who, got.headers["Content-Type"]))
        else:
            said = [mark for mark in MARKS if mark in page]
            wrong += [(row.name, who, mark) for mark in said]
    assert wrong == []


@pytest.mark.django_db
def test_candidates_are_named_once_they_are_announced(
    town: Town, arguments: dict[str, Any]
) -> None:
    client = looked_at(town, "organiser")
    room = "1幢1单元101室"
    drafted = client.get(reverse("staff:session", args=[arguments["contest"]]))
    assert drafted.status_code == OK
    assert "候选人公告以前" in drafted.content.decode()
    assert room not in drafted.content.decode()
    announced = client.get(reverse("staff:session", args=[arguments["session"]]))
    assert room in announced.content.decode()
