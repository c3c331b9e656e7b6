"""Every address × every role: one table. An address that is missing from it fails.

Whoever is not named in a row gets 404 from staff pages, the same as for a place that does
not exist, and is sent to the sign-in page when not signed in. Public pages are the same
for everybody: a role adds nothing there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import Job, LegalHold, Reset, RoleGrant
from accounts.services.incident_notices import Said as Told
from accounts.services.incident_notices import confirm_notice, propose_notice
from accounts.services.incidents import record_incident
from committees.formation_steps import Proof, Terms, Upload
from committees.models import ProblemPage, Report
from committees.selectors.months import last_ended
from committees.selectors.register import place_index
from committees.services.bodies import end_committee, record_committee
from committees.services.breaches import Reported, report_breach
from committees.services.duties import Shown, record_done, record_occasion
from committees.services.formations import open_formation, report_stage
from committees.services.handovers import open_handover
from committees.services.members import add_member
from committees.services.nominees import add_nominee
from committees.services.vetting import ask_departments
from disclosures.models import Publication, Question, SourceReport
from disclosures.services.publishing import Statement, prepare
from disclosures.services.sources import Said as OwnerSaid
from disclosures.steps import period_at
from documents.models import Document
from documents.services.posting import add_place, post_paper
from documents.services.seals import register_seal
from documents.services.stamping import link_scan
from funds.domain.books import Basis, Line
from funds.models import (
    BankMatch,
    FundAccount,
    Instalment,
    Refund,
    ReleaseList,
    RepairObjection,
    RepairPublicity,
    RepairRequest,
    YearPaper,
)
from funds.services.accounts import open_special_account
from funds.services.books import draft_voucher
from funds.services.files import Said, take_file
from funds.services.plans import put_item
from funds.services.vouchers import take_amounts
from funds.steps import By, keep_file
from portal.tables import COLUMNS
from registry.fields import seal_bytes
from registry.models import Estate, PropertyManagerStaff
from registry.services.imports import preview_import
from registry.services.proposals import propose_area
from tests.committees.city import hand_in, line
from tests.committees.troubles import closed, progressed, reported
from tests.disclosures.accounts import (
    add_rules,
    booked,
    contracted,
    entered,
    open_books,
    recorded_source,
    voucher,
)
from tests.documents.test_postings import make_document
from tests.documents.test_scans import photo
from tests.factories import FOR, Vote, make_profile
from tests.funds.emergencies import report as report_urgent
from tests.funds.filed import make_filed
from tests.funds.requests import whole_request
from tests.town import LONG_AGO, Place, Town, announced, draft
from voting.domain.keyholders import Holder
from voting.models import (
    Candidate,
    CourtFile,
    CourtOrder,
    DeliveryEvidence,
    Election,
    Filing,
    Look,
    Motion,
    Objection,
    PaperBallot,
    Proxy,
    Ruling,
    Session,
    StandingEvent,
    Transfer,
)
from voting.services.closing import close_session
from voting.services.convening import put_basis
from voting.services.drafting import add_attachment
from voting.services.filing import add_paper as add_filing_paper
from voting.services.keyholding import choose_trustees
from voting.services.lots import fix_list
from voting.services.openings import open_ballots
from voting.services.paper_rulings import propose_paper_ruling
from voting.services.posting import post_roll
from voting.services.reviews import raise_comment, submit_draft
from voting.spool import read_spool
from voting.steps import Signer

PDF = b"%PDF-1.4\n%%EOF\n"
PARTS = 4  # of the table, so that two processes share it
OK, MOVED, BAD, NOT_FOUND, METHOD, REFUSED = 200, 302, 400, 404, 405, 409

HERE = [
    "organiser",
    "supervisor",
    "residents_committee",
    "street_office",
    "bureau",
    "property_manager",
    "auditor",
    "operator",
]
THERE = [f"other {role}" for role in HERE if role != "operator"]
PEOPLE = ["anonymous", "stranger", *HERE, *THERE]

ANYBODY = set(PEOPLE)
SIGNED_IN = ANYBODY - {"anonymous"}
ORGANISER = {"organiser"}
WATCHERS = {"organiser", "supervisor", "residents_committee", "street_office"}
VIEWERS = WATCHERS | {"bureau"}
PROPOSERS = {"organiser", "residents_committee", "street_office"}
CLERKS = {"organiser", "residents_committee"}
REGISTER_KEEPERS = {"residents_committee", "street_office", "bureau"}
DECIDERS = {"supervisor", "residents_committee", "street_office"}
HANGERS = {"organiser", "residents_committee"}
LETTER_MAKERS = {"organiser", "residents_committee", "street_office"}
LOOKERS = {"supervisor", "street_office"}
ARCHIVERS = {"organiser", "street_office"}
OPERATOR = {"operator"}
AUDITORS = {"auditor", "other auditor"}
ENTERERS = {"organiser", "residents_committee"}
CONFIRMERS = {"supervisor", "residents_committee", "street_office"}
WITNESSES = {"street_office", "bureau"}
ALL_WITNESSES = WITNESSES | {"other street_office", "other bureau"}
BUREAU = {"bureau"}
ACCOUNT_READERS = {
    "organiser", "residents_committee", "street_office", "bureau", "property_manager",
}  # fmt: skip
ACCOUNT_KEEPERS = {"organiser", "residents_committee", "property_manager"}
HOLDER = {"property_manager"}  # of the money in the book of these rows
NOT_HOLDERS = frozenset(ACCOUNT_KEEPERS - HOLDER)  # keep accounts, but not this book
ACCOUNT_CHECKERS = {"organiser", "residents_committee", "street_office"}
ACCOUNT_HANDS = ACCOUNT_KEEPERS | ACCOUNT_CHECKERS
ANSWERERS = {"organiser", "residents_committee"}
ACCOUNT_WATCHERS = {"residents_committee", "street_office", "bureau"}
ALL_ACCOUNT_WATCHERS = ACCOUNT_WATCHERS | {f"other {who}" for who in ACCOUNT_WATCHERS}
PROBLEM_CLOSERS = {"street_office", "bureau"}
DUTY_WATCHERS = ACCOUNT_WATCHERS | {"organiser"}
DUTY_KEEPERS = DUTY_WATCHERS - {"bureau"}
ALL_DUTY_WATCHERS = DUTY_WATCHERS | {f"other {who}" for who in DUTY_WATCHERS}
BREACH_HANDLERS = {"street_office", "bureau"}
ALL_BUREAUS = BUREAU | {"other bureau"}
# Whoever has to do with repairs: applies, checks on site, reviews, pays.
APPLICANTS = {
    "organiser",
    "residents_committee",
    "street_office",
    "bureau",
    "property_manager",
}
APPLIERS = APPLICANTS - {"bureau"}
DRAFTERS = {"property_manager"}  # whose applicant the draft names
ALL_APPLICANTS = APPLICANTS | {f"other {role}" for role in APPLICANTS}
_DESKS = {"organiser", "street_office", "bureau"}
WRITES = {"organiser", "residents_committee", "street_office", "property_manager"}
PAYERS = {"organiser", "bureau"}
ALL_PAYERS = PAYERS | {f"other {role}" for role in PAYERS}
REVIEWERS = _DESKS | {f"other {role}" for role in _DESKS}
REPORTERS = APPLICANTS - {"bureau"}
FINDERS = {"residents_committee", "street_office", "bureau"}
URGENT_DECIDERS = {"organiser", "street_office", "bureau"}
NOBODY: set[str] = set()
SEAT_KEEPERS = {"organiser", "residents_committee", "street_office"}
FORMERS = {"residents_committee", "street_office"}
COMMITTEE_READERS = SEAT_KEEPERS | BUREAU


@dataclass(frozen=True)
class Row:
    """One address with its arguments: who may, and what they get."""

    name: str
    may: set[str]
    status: int = OK
    args: tuple[str, ...] = ()
    post: bool = False
    refused: frozenset[str] = frozenset()
    """Who is told a reason: the place is theirs, the thing is not."""


TABLE = [
    # --- the accounts: books, entries, papers, closings ------------------------------------
    Row("staff:accounts", ACCOUNT_READERS | {f"other {who}" for who in ACCOUNT_READERS}),
    Row("staff:accounts_estate", ACCOUNT_READERS, args=("estate",)),
    Row("staff:book_new", ACCOUNT_KEEPERS, args=("estate", "book_kind")),
    Row("staff:book_new", ACCOUNT_KEEPERS, BAD, args=("estate", "book_kind"), post=True),
    Row("staff:book", ACCOUNT_READERS, args=("book",)),
    Row("staff:book_holder", ACCOUNT_CHECKERS, args=("book",)),
    Row("staff:book_holder", ACCOUNT_CHECKERS, BAD, args=("book",), post=True),
    Row("staff:book_split", ACCOUNT_CHECKERS, args=("book",)),
    Row("staff:book_split", ACCOUNT_CHECKERS, BAD, args=("book",), post=True),
    Row("staff:entry_new", HOLDER, args=("book",), refused=NOT_HOLDERS),
    Row("staff:entry_new", HOLDER, BAD, args=("book",), post=True, refused=NOT_HOLDERS),
    Row("staff:entry", ACCOUNT_READERS, args=("entry",)),
    Row("staff:entry_edit", HOLDER, args=("entry",), refused=NOT_HOLDERS),
    Row("staff:entry_edit", HOLDER, BAD, args=("entry",), post=True, refused=NOT_HOLDERS),
    Row("staff:entry_review", ACCOUNT_CHECKERS, MOVED, args=("entry",), post=True),
    Row("staff:entry_return", ACCOUNT_CHECKERS, BAD, args=("entry",), post=True),
    Row("staff:entry_drop", ACCOUNT_KEEPERS, BAD, args=("entry",), post=True),
    Row("staff:entry_reverse", HOLDER, args=("entry",), refused=NOT_HOLDERS),
    Row("staff:entry_reverse", HOLDER, BAD, args=("entry",), post=True, refused=NOT_HOLDERS),
    Row(
        "staff:entry_paper_off",
        ACCOUNT_KEEPERS,
        BAD,
        args=("reviewed", "entry_paper"),
        post=True,
    ),
    Row("staff:account_paper", ACCOUNT_READERS, args=("entry_paper",)),
    Row("staff:account_paper_looked", ACCOUNT_HANDS, MOVED, args=("entry_paper",), post=True),
    Row("staff:account_page", ACCOUNT_HANDS, args=("entry_paper", "number")),
    Row("staff:account_page", ACCOUNT_HANDS, MOVED, args=("entry_paper", "number"), post=True),
    Row("staff:account_page_jpg", ACCOUNT_READERS, args=("entry_paper", "number")),
    Row("staff:period", ACCOUNT_READERS, args=("book", "period_first")),
    Row("staff:closing", ACCOUNT_READERS, args=("closing",)),
    Row("staff:closing_preview", ACCOUNT_READERS, args=("closing",)),
    Row("staff:closing_publish", ACCOUNT_CHECKERS, BAD, args=("closing",), post=True),
    Row("staff:closing_return", ACCOUNT_HANDS, BAD, args=("closing",), post=True),
    Row("staff:book_year", ACCOUNT_READERS, args=("book", "book_year")),
    Row("staff:book_year_paper", ACCOUNT_CHECKERS, BAD, args=("book", "book_year"), post=True),
    Row("staff:book_year_motion", NOBODY, args=("book", "book_year")),
    # --- sources, owners' questions, disclosures, what is due -------------------------------
    Row("staff:sources", ACCOUNT_READERS, args=("estate",)),
    Row("staff:source_new", ACCOUNT_KEEPERS, args=("estate",)),
    Row("staff:source_new", ACCOUNT_KEEPERS, BAD, args=("estate",), post=True),
    Row("staff:source", ACCOUNT_READERS, args=("source",)),
    Row("staff:source_end", ACCOUNT_KEEPERS, args=("source",)),
    Row("staff:source_end", ACCOUNT_KEEPERS, BAD, args=("source",), post=True),
    Row("staff:contract_new", ACCOUNT_KEEPERS, args=("source",)),
    Row("staff:contract_new", ACCOUNT_KEEPERS, BAD, args=("source",), post=True),
    Row("staff:contract_end", ACCOUNT_KEEPERS, args=("deal",)),
    Row("staff:contract_end", ACCOUNT_KEEPERS, BAD, args=("deal",), post=True),
    Row("staff:report", ACCOUNT_READERS, args=("report",)),
    Row("staff:report", ANSWERERS, BAD, args=("report",), post=True),
    Row("staff:questions", ACCOUNT_READERS, args=("estate",)),
    Row("staff:question_new", ANSWERERS, args=("estate",)),
    Row("staff:question_new", ANSWERERS, BAD, args=("estate",), post=True),
    Row("staff:question", ACCOUNT_READERS, args=("question",)),
    Row("staff:question", ANSWERERS, BAD, args=("question",), post=True),
    Row("staff:disclosures", ACCOUNT_READERS, args=("estate",)),
    Row("staff:disclosure_new", ACCOUNT_KEEPERS, args=("estate", "disclosed")),
    Row("staff:disclosure_new", ACCOUNT_KEEPERS, BAD, args=("estate", "disclosed"), post=True),
    Row("staff:late", ALL_ACCOUNT_WATCHERS),
    Row("staff:late_csv", ALL_ACCOUNT_WATCHERS),
    Row("staff:enrol", ALL_ACCOUNT_WATCHERS),
    Row("staff:enrol", ALL_ACCOUNT_WATCHERS, BAD, post=True),
    # --- the registers of bureaus --------------------------------------------------------
    Row("staff:formation", ALL_ACCOUNT_WATCHERS),
    Row("staff:formation_months", ALL_ACCOUNT_WATCHERS),
    Row("staff:formation_divisions", set()),  # their authorities here have no division
    Row("staff:party_shares", ALL_ACCOUNT_WATCHERS),
    Row("staff:unreported", set()),  # their authorities here have no division
    Row("staff:overview", ALL_ACCOUNT_WATCHERS),
    Row("staff:register", ALL_ACCOUNT_WATCHERS),
    Row("staff:register_xlsx", ALL_ACCOUNT_WATCHERS),
    Row("staff:register_blank", ALL_ACCOUNT_WATCHERS),
    Row("staff:register_new", ALL_ACCOUNT_WATCHERS),
    Row("staff:register_new", ALL_ACCOUNT_WATCHERS, BAD, post=True),
    Row("staff:register_found", ALL_ACCOUNT_WATCHERS),
    Row("staff:register_found", ALL_ACCOUNT_WATCHERS, BAD, post=True),
    Row("staff:register_estate", REGISTER_KEEPERS, args=("estate",)),
    Row("staff:register_report", REGISTER_KEEPERS, args=("estate",)),
    Row("staff:register_report", REGISTER_KEEPERS, BAD, args=("estate",), post=True),
    Row("staff:register_move", REGISTER_KEEPERS, args=("estate",)),
    Row("staff:register_move", REGISTER_KEEPERS, BAD, args=("estate",), post=True),
    Row("staff:register_move_all", REGISTER_KEEPERS, args=("in_charge",)),
    Row("staff:register_move_all", REGISTER_KEEPERS, BAD, args=("in_charge",), post=True),
    Row("staff:register_import", BUREAU, args=("register",)),
    Row("staff:register_drop", BUREAU, MOVED, args=("register_to_drop",), post=True),
    # Not looked at (no digest of the changes), nothing is written.
    Row("staff:register_confirm", BUREAU, REFUSED, args=("register",), post=True),
    # --- committees: how one is formed, who sits on it, what it takes over --------------------
    Row("staff:formations", ALL_ACCOUNT_WATCHERS),
    Row("staff:formation_course", COMMITTEE_READERS, args=("course",)),
    Row("staff:formation_stage", FORMERS, args=("course", "stage")),
    Row("staff:formation_stage", FORMERS, BAD, args=("course", "stage"), post=True),
    Row("staff:formation_stage_back", FORMERS, args=("course", "stage")),
    Row("staff:formation_stage_back", FORMERS, BAD, args=("course", "stage"), post=True),
    Row("staff:formation_vetting", FORMERS, args=("course",)),
    Row("staff:formation_vetting", FORMERS, BAD, args=("course",), post=True),
    Row("staff:formation_reply", FORMERS, args=("course", "inquiry")),
    Row("staff:formation_reply", FORMERS, BAD, args=("course", "inquiry"), post=True),
    Row("staff:formation_seat", FORMERS, REFUSED, args=("course",), post=True),
    Row(
        "staff:formation_urge", {"street_office", "bureau"}, MOVED, args=("course",), post=True
    ),
    Row("staff:formation_end", FORMERS, args=("course",)),
    Row("staff:formation_end", FORMERS, BAD, args=("course",), post=True),
    Row("staff:formation_new", FORMERS, args=("estate",)),
    Row("staff:formation_new", FORMERS, BAD, args=("estate",), post=True),
    Row("staff:evidence", FORMERS, args=("proof_paper",)),
    Row("staff:evidence_jpg", FORMERS, args=("proof_paper", "number")),
    Row("staff:nominee_new", SEAT_KEEPERS, args=("course",)),
    Row("staff:nominee_new", SEAT_KEEPERS, BAD, args=("course",), post=True),
    Row("staff:nominee_withdraw", SEAT_KEEPERS, MOVED, args=("nominee",), post=True),
    Row("staff:formation_seats", SEAT_KEEPERS, args=("course",)),
    Row("staff:formation_seats", SEAT_KEEPERS, BAD, args=("course",), post=True),
    Row("staff:estate_committee", COMMITTEE_READERS, args=("estate",)),
    Row("staff:committee_new", FORMERS, args=("estate",)),
    Row("staff:committee_new", FORMERS, BAD, args=("estate",), post=True),
    Row("staff:committee_end", FORMERS, args=("body",)),
    Row("staff:committee_end", FORMERS, BAD, args=("body",), post=True),
    Row("staff:committee_by_election", SEAT_KEEPERS, REFUSED, args=("body",), post=True),
    Row("staff:member_new", SEAT_KEEPERS, args=("body",)),
    Row("staff:member_new", SEAT_KEEPERS, BAD, args=("body",), post=True),
    Row("staff:member_office", SEAT_KEEPERS, args=("member",)),
    Row("staff:member_office", SEAT_KEEPERS, BAD, args=("member",), post=True),
    Row("staff:member_end", SEAT_KEEPERS, args=("member",)),
    Row("staff:member_end", SEAT_KEEPERS, BAD, args=("member",), post=True),
    Row("staff:explanation_new", SEAT_KEEPERS, args=("body",)),
    Row("staff:explanation_new", SEAT_KEEPERS, BAD, args=("body",), post=True),
    Row("staff:party_answer", SEAT_KEEPERS, args=("of_member", "member")),
    Row("staff:party_answer", SEAT_KEEPERS, BAD, args=("of_member", "member"), post=True),
    Row("staff:party_answer", SEAT_KEEPERS, args=("of_nominee", "nominee")),
    Row("staff:party_answer", SEAT_KEEPERS, args=("of_candidate", "candidate")),
    Row("staff:party_withdraw", SEAT_KEEPERS, MOVED, args=("of_member", "member"), post=True),
    Row("staff:handover_new", SEAT_KEEPERS, args=("body",)),
    Row("staff:handover_new", SEAT_KEEPERS, BAD, args=("bare_body",), post=True),
    Row("staff:handover", COMMITTEE_READERS, args=("handover",)),
    Row("staff:handover_item_new", SEAT_KEEPERS, args=("handover",)),
    Row("staff:handover_item_new", SEAT_KEEPERS, BAD, args=("handover",), post=True),
    Row("staff:handover_item", SEAT_KEEPERS, args=("handed",)),
    Row("staff:handover_item", SEAT_KEEPERS, BAD, args=("handed",), post=True),
    Row("staff:handover_confirm", FORMERS, REFUSED, args=("handover",), post=True),
    # --- the register of problems ----------------------------------------------------------
    Row("staff:problems", ALL_ACCOUNT_WATCHERS),
    Row("staff:problems_xlsx", ALL_ACCOUNT_WATCHERS),
    Row("staff:campaign_xlsx", ALL_ACCOUNT_WATCHERS, args=("number",)),
    Row("staff:problem_choose", ALL_ACCOUNT_WATCHERS),
    Row("staff:problem_items", ALL_BUREAUS),
    Row("staff:problem_items", ALL_BUREAUS, BAD, post=True),
    Row("staff:problem_new", ACCOUNT_WATCHERS, args=("estate",)),
    Row("staff:problem_new", ACCOUNT_WATCHERS, BAD, args=("estate",), post=True),
    Row("staff:problem", ACCOUNT_WATCHERS, args=("problem",)),
    Row("staff:problem_page", ACCOUNT_WATCHERS, args=("problem_closed", "problem_page")),
    Row("staff:problem_progress", ACCOUNT_WATCHERS, args=("problem",)),
    Row("staff:problem_progress", ACCOUNT_WATCHERS, BAD, args=("problem",), post=True),
    Row("staff:problem_correct", ACCOUNT_WATCHERS, args=("problem",)),
    Row("staff:problem_correct", ACCOUNT_WATCHERS, BAD, args=("problem",), post=True),
    Row("staff:problem_deadline", PROBLEM_CLOSERS, args=("problem",)),
    Row("staff:problem_deadline", PROBLEM_CLOSERS, BAD, args=("problem",), post=True),
    Row("staff:problem_close", PROBLEM_CLOSERS, args=("problem",)),
    Row("staff:problem_close", PROBLEM_CLOSERS, BAD, args=("problem",), post=True),
    Row("staff:problem_reopen", PROBLEM_CLOSERS, args=("problem_closed",)),
    Row("staff:problem_reopen", PROBLEM_CLOSERS, BAD, args=("problem_closed",), post=True),
    # --- duties of committees, reports of what is prohibited -------------------------------
    Row("staff:duties_overdue", ALL_DUTY_WATCHERS),
    Row("staff:duties", DUTY_WATCHERS, args=("estate",)),
    Row("staff:duty_occasion", DUTY_KEEPERS, args=("estate", "on_occasion")),
    Row("staff:duty_occasion", DUTY_KEEPERS, BAD, args=("estate", "on_occasion"), post=True),
    Row("staff:duty_done", DUTY_KEEPERS, args=("estate", "standing_duty")),
    Row("staff:duty_done", DUTY_KEEPERS, BAD, args=("estate", "standing_duty"), post=True),
    Row("staff:duty_done_after", DUTY_KEEPERS, args=("estate", "on_occasion", "occasion")),
    Row(
        "staff:duty_done_after",
        DUTY_KEEPERS,
        BAD,
        args=("estate", "on_occasion", "occasion"),
        post=True,
    ),
    Row("staff:duty_done_strike", DUTY_KEEPERS, args=("estate", "deed")),
    Row("staff:duty_done_strike", DUTY_KEEPERS, BAD, args=("estate", "deed"), post=True),
    Row("staff:duty_evidence", DUTY_WATCHERS, args=("estate", "deed", "number")),
    Row("staff:duty_occasion_strike", DUTY_KEEPERS, args=("estate", "occasion")),
    Row(
        "staff:duty_occasion_strike",
        DUTY_KEEPERS,
        BAD,
        args=("estate", "occasion"),
        post=True,
    ),
    Row("staff:dispatch", ALL_ACCOUNT_WATCHERS),
    Row("staff:reports", ALL_BUREAUS),
    Row("staff:report_to_draft", BUREAU, args=("district", "report_kind", "report_last")),
    Row(
        "staff:report_to_draft",
        BUREAU,
        BAD,
        args=("district", "report_kind", "report_last"),
        post=True,
    ),
    Row("staff:report_to_above", BUREAU, args=("to_above",)),
    Row("staff:report_to_edit", BUREAU, args=("to_above",)),
    Row("staff:report_to_edit", BUREAU, BAD, args=("to_above",), post=True),
    Row("staff:report_to_sign", BUREAU, REFUSED, args=("handed_in",), post=True),
    Row("staff:report_hand_in", BUREAU, REFUSED, args=("to_above",), post=True),
    Row("staff:report_drop", BUREAU, MOVED, args=("to_above",), post=True),
    Row("staff:report_xlsx", BUREAU, args=("to_above",)),
    Row("staff:report_pdf", BUREAU, args=("handed_in",)),
    # These are the city's, which has nobody in this table.
    Row("staff:report_receive", NOBODY, args=("handed_in",), post=True),
    Row("staff:report_send_back", NOBODY, args=("handed_in",)),
    Row("staff:report_send_back", NOBODY, args=("handed_in",), post=True),
    Row("staff:breaches", BREACH_HANDLERS | {f"other {who}" for who in BREACH_HANDLERS}),
    Row("staff:breach_new", BREACH_HANDLERS, args=("estate",)),
    Row("staff:breach_new", BREACH_HANDLERS, BAD, args=("estate",), post=True),
    Row("staff:breach", BREACH_HANDLERS, args=("breach",)),
    Row("staff:breach", BREACH_HANDLERS, BAD, args=("breach",), post=True),
    # --- the worklist and the places ---------------------------------------------------
    Row("staff:home", SIGNED_IN),
    Row("staff:estates", SIGNED_IN),
    Row("staff:estate", VIEWERS, args=("estate",)),
    # --- a draft -----------------------------------------------------------------------
    Row("staff:session_new", ORGANISER, args=("estate",)),
    Row("staff:session_new", ORGANISER, BAD, args=("estate",), post=True),
    Row("staff:session", WATCHERS, args=("draft",)),
    Row("staff:session_edit", ORGANISER, args=("draft",)),
    Row("staff:session_edit", ORGANISER, BAD, args=("draft",), post=True),
    Row("staff:motion_new", ORGANISER, args=("draft",)),
    Row("staff:motion_new", ORGANISER, BAD, args=("draft",), post=True),
    Row("staff:motion_edit", ORGANISER, args=("draft", "motion")),
    Row("staff:motion_edit", ORGANISER, BAD, args=("draft", "motion"), post=True),
    Row("staff:motion_remove", ORGANISER, args=("draft", "motion")),
    Row("staff:motion_remove", ORGANISER, MOVED, args=("draft", "motion"), post=True),
    Row("staff:silence", ORGANISER, args=("draft",)),
    Row("staff:silence", ORGANISER, MOVED, args=("draft",), post=True),
    Row("staff:election_new", ORGANISER, args=("draft",)),
    Row("staff:election_new", ORGANISER, BAD, args=("draft",), post=True),
    Row("staff:election", ORGANISER, args=("contest", "seats")),
    Row("staff:election", ORGANISER, BAD, args=("contest", "seats"), post=True),
    Row("staff:election_draw", ORGANISER, BAD, args=("contest", "seats"), post=True),
    Row("staff:candidate_new", ORGANISER, args=("contest", "seats")),
    Row("staff:candidate_new", ORGANISER, BAD, args=("contest", "seats"), post=True),
    Row("staff:candidate", ORGANISER, args=("contest", "candidate")),
    Row("staff:candidate", ORGANISER, BAD, args=("contest", "candidate"), post=True),
    Row("staff:candidate_remove", ORGANISER, MOVED, args=("contest", "candidate"), post=True),
    Row("staff:candidate_withdraw", ORGANISER, args=("session", "gone")),
    Row("staff:candidate_withdraw", ORGANISER, MOVED, args=("session", "gone"), post=True),
    Row("staff:candidate_withdrawal", WATCHERS, args=("session", "gone")),
    Row("staff:attachment_add", ORGANISER, BAD, args=("draft", "motion"), post=True),
    Row("staff:attachment", WATCHERS, args=("draft", "file")),
    Row("staff:attachment_remove", ORGANISER, MOVED, args=("draft", "file"), post=True),
    Row("staff:announce", ORGANISER, args=("draft",)),
    Row("staff:announce", ORGANISER, BAD, args=("draft",), post=True),
    Row("staff:cancel", ORGANISER, args=("draft",)),
    Row("staff:cancel", ORGANISER, BAD, args=("draft",), post=True),
    # --- how a draft is convened -----------------------------------------------------------
    Row("staff:basis", ORGANISER, args=("draft",)),
    Row("staff:basis", ORGANISER, BAD, args=("draft",), post=True),
    Row("staff:basis", ORGANISER, REFUSED, args=("session",), post=True),
    Row("staff:basis_document", WATCHERS, args=("draft",)),
    Row("staff:members", ORGANISER, REFUSED, args=("draft",)),
    Row("staff:supervisors", ORGANISER, args=("draft",)),
    Row("staff:supervisors", ORGANISER, MOVED, args=("draft",), post=True),
    Row("staff:demand", ORGANISER, args=("draft",)),
    Row("staff:demand", ORGANISER, BAD, args=("draft",), post=True),
    Row("staff:wording", ORGANISER, args=("draft", "motion")),
    Row("staff:wording", ORGANISER, BAD, args=("draft", "motion"), post=True),
    # --- the street office looks at a draft --------------------------------------------------
    Row("staff:review", WATCHERS, args=("draft",)),
    Row("staff:review_submit", ORGANISER, MOVED, args=("draft",), post=True),
    Row("staff:review_submit", ORGANISER, REFUSED, args=("session",), post=True),
    Row("staff:review_comment", {"street_office"}, BAD, args=("draft",), post=True),
    Row("staff:review_finish", {"street_office"}, MOVED, args=("draft",), post=True),
    Row("staff:review_answer", ORGANISER, BAD, args=("draft", "comment"), post=True),
    # --- who keeps the keys --------------------------------------------------------------
    Row("staff:keys", WATCHERS, args=("draft",)),
    Row("staff:keys", WATCHERS, args=("sitting",)),
    Row("staff:keys", WATCHERS, args=("session",)),
    Row("staff:key_holders", ORGANISER, args=("draft", "three")),
    Row("staff:key_holders", ORGANISER, BAD, args=("draft", "three"), post=True),
    Row("staff:key_holders", ORGANISER, REFUSED, args=("session", "three")),
    Row("staff:key_platform", ORGANISER, MOVED, args=("sitting",), post=True),
    Row("staff:key_platform", ORGANISER, REFUSED, args=("session",), post=True),
    Row("staff:key_file", WATCHERS, args=("sitting",)),
    Row("staff:key_upload", ORGANISER, BAD, args=("sitting",), post=True),
    Row("staff:key_agree", ORGANISER, BAD, args=("sitting",), post=True),
    Row("staff:key_lot", WATCHERS, args=("draft",)),
    Row("staff:key_lot", ORGANISER, BAD, args=("sitting",), post=True),
    Row("staff:key_lot_draw", ORGANISER, BAD, args=("draft",), post=True),
    Row("staff:key_lot_draw", ORGANISER, REFUSED, args=("session",), post=True),
    Row("staff:key_lot_file", WATCHERS, args=("draft", "lot")),
    Row("staff:key_restart", ORGANISER, MOVED, args=("sitting",), post=True),
    # Only a tally that waits for trustees has this page.
    Row("staff:opening", NOBODY, args=("session",)),
    # --- who makes the letters -----------------------------------------------------------
    Row("staff:letter_maker", LETTER_MAKERS, args=("draft",)),
    Row("staff:letter_maker", LETTER_MAKERS, args=("session",)),
    Row("staff:letter_maker", ORGANISER, BAD, args=("draft",), post=True),
    Row("staff:letter_platform", ORGANISER, MOVED, args=("draft",), post=True),
    Row("staff:letter_platform", ORGANISER, REFUSED, args=("session",), post=True),
    Row("staff:letter_roll", LETTER_MAKERS, REFUSED, args=("draft",), post=True),
    Row("staff:letter_keys", LETTER_MAKERS, BAD, args=("draft",), post=True),
    Row("staff:letter_restart", ORGANISER, REFUSED, args=("draft",), post=True),
    # --- an announced session ------------------------------------------------------------
    Row("staff:session", VIEWERS, args=("session",)),
    Row("staff:session_edit", ORGANISER, REFUSED, args=("session",)),
    Row("staff:motion_new", ORGANISER, REFUSED, args=("session",), post=True),
    Row("staff:announce", ORGANISER, REFUSED, args=("session",), post=True),
    Row("staff:roll_posting", WATCHERS, args=("draft",)),
    Row("staff:roll_post", ORGANISER, MOVED, args=("draft",), post=True),
    Row("staff:roll_trace", ORGANISER, REFUSED, args=("draft",), post=True),
    Row("staff:roll_pdf", WATCHERS, args=("draft",)),
    Row("staff:roll_pdf", NOBODY, args=("sitting",)),
    Row("staff:extension", ORGANISER, args=("session",)),
    Row("staff:extension", ORGANISER, BAD, args=("session",), post=True),
    Row("staff:extension", ORGANISER, REFUSED, args=("draft",)),
    Row("staff:turnout", WATCHERS, args=("session",)),
    Row("staff:turnout", NOBODY, args=("draft",)),
    Row("staff:missing", WATCHERS, args=("session",)),
    Row("staff:heads", WATCHERS, args=("session",)),
    Row("staff:heads_csv", WATCHERS, args=("session",)),
    Row("staff:board_export", WATCHERS, args=("session",), post=True),
    # --- rulings: proposed by one, decided by another role --------------------------------
    Row("staff:rulings", WATCHERS, REFUSED, args=("session",)),
    Row("staff:rulings", WATCHERS, args=("closed",)),
    Row("staff:ruling_new", PROPOSERS, args=("closed", "number")),
    Row("staff:ruling_new", PROPOSERS, BAD, args=("closed", "number"), post=True),
    Row("staff:ruling", WATCHERS, args=("closed", "ruling")),
    Row("staff:ruling_document", WATCHERS, args=("closed", "ruling")),
    Row("staff:ruling_confirm", DECIDERS, MOVED, args=("closed", "ruling"), post=True),
    Row("staff:ruling_decline", DECIDERS, BAD, args=("closed", "ruling"), post=True),
    # Only whoever proposed takes it back.
    Row("staff:ruling_withdraw", PROPOSERS, REFUSED, args=("closed", "ruling"), post=True),
    # --- delivery of the letters ----------------------------------------------------------
    Row("staff:delivery", WATCHERS, args=("session",)),
    Row("staff:delivery_door", WATCHERS, NOT_FOUND, args=("session",)),  # no such entrance
    Row("staff:delivery_room", WATCHERS, args=("session", "number")),
    Row("staff:delivery_room", ENTERERS, REFUSED, args=("session", "number"), post=True),
    Row("staff:delivery_scan", ENTERERS, MOVED, args=("session",), post=True),
    Row("staff:delivery_handed_out", ENTERERS, MOVED, args=("session",), post=True),
    Row("staff:delivery_sheet", NOBODY, args=("session",), post=True),
    Row("staff:delivery_check", NOBODY, args=("session",), post=True),
    Row("staff:delivery_notice", ENTERERS, args=("session",)),
    Row("staff:delivery_notice", ENTERERS, BAD, args=("session",), post=True),
    Row("staff:delivery_evidence", WATCHERS, args=("session", "evidence")),
    Row("staff:delivery_record", WATCHERS, args=("session",), post=True),
    # --- who votes for somebody else -----------------------------------------------------
    Row("staff:standins", WATCHERS, args=("session",)),
    Row("staff:standins", NOBODY, args=("draft",)),
    Row("staff:proxy_new", ENTERERS, args=("session", "number")),
    Row("staff:proxy_new", ENTERERS, BAD, args=("session", "number"), post=True),
    Row("staff:proxy", WATCHERS, args=("session", "proxy")),
    Row("staff:proxy_confirm", CONFIRMERS, args=("session", "proxy"), post=True),
    Row("staff:proxy_decline", CONFIRMERS, REFUSED, args=("session", "proxy"), post=True),
    Row("staff:proxy_revoke", ENTERERS, MOVED, args=("session", "proxy"), post=True),
    Row("staff:proxy_code", CONFIRMERS, REFUSED, args=("session", "proxy"), post=True),
    Row("staff:proxy_document", CONFIRMERS, args=("session", "proxy")),
    Row("staff:assist_new", {"residents_committee"}, args=("session", "number")),
    Row(
        "staff:assist_new", {"residents_committee"}, BAD, args=("session", "number"), post=True
    ),
    # Only whoever began it operates the device.
    Row("staff:assist", NOBODY, args=("session", "number")),
    Row("staff:transfer_new", ENTERERS, args=("session", "number")),
    Row("staff:transfer_new", ENTERERS, BAD, args=("session", "number"), post=True),
    Row("staff:transfer", WATCHERS, args=("session", "transfer")),
    Row("staff:transfer_confirm", CONFIRMERS, REFUSED, args=("session", "transfer"), post=True),
    Row("staff:transfer_decline", CONFIRMERS, REFUSED, args=("session", "transfer"), post=True),
    Row("staff:transfer_document", CONFIRMERS, args=("session", "transfer")),
    # --- paper ballots: entered by some, counted by others ----------------------------------
    Row("staff:paper", NOBODY, args=("session",)),  # this one takes none
    Row("staff:paper", WATCHERS, args=("papers",)),
    Row("staff:paper_missing", WATCHERS, args=("papers",)),
    Row("staff:paper_register", CLERKS, args=("papers",)),
    Row("staff:paper_register", CLERKS, BAD, args=("papers",), post=True),
    Row("staff:paper_box", WATCHERS, args=("papers",)),
    Row("staff:paper_box", WATCHERS, BAD, args=("papers",), post=True),
    Row("staff:paper_sheet", WATCHERS, args=("papers", "sheet")),
    Row("staff:paper_sheet", CLERKS, BAD, args=("papers", "sheet"), post=True),
    Row("staff:paper_sheet", NOBODY, args=("closed", "sheet")),
    Row("staff:paper_scan", WATCHERS, REFUSED, args=("papers", "sheet")),
    Row("staff:paper_rule", PROPOSERS, args=("papers", "sheet")),
    Row("staff:paper_rule", PROPOSERS, BAD, args=("papers", "sheet"), post=True),
    Row("staff:paper_document", WATCHERS, args=("papers", "doubted")),
    Row("staff:paper_decide", DECIDERS, REFUSED, args=("papers", "doubted"), post=True),
    # --- single ballots: never the organiser's, never the residents' committee's ----------
    Row("staff:openings", WATCHERS, args=("named",)),
    Row("staff:openings", NOBODY, args=("resolved",)),
    Row("staff:openings", WATCHERS, BAD, args=("named",), post=True),
    # Only where trustees are waited for.
    Row("staff:opening_request", NOBODY, args=("named",)),
    Row("staff:look_new", LOOKERS, args=("named", "number")),
    Row("staff:look_new", LOOKERS, BAD, args=("named", "number"), post=True),
    # Only to who asked for this look.
    Row("staff:look", {"supervisor"}, args=("named", "look")),
    Row("staff:court_orders", WATCHERS, args=("resolved",)),
    Row("staff:court_orders", NOBODY, args=("named",)),
    Row("staff:court_order_new", PROPOSERS, args=("resolved", "number")),
    Row("staff:court_order_new", PROPOSERS, BAD, args=("resolved", "number"), post=True),
    Row("staff:court_order", WATCHERS, args=("resolved", "order")),
    Row("staff:court_order", WATCHERS, BAD, args=("resolved", "order"), post=True),
    Row("staff:court_order_confirm", DECIDERS, BAD, args=("resolved", "order"), post=True),
    Row("staff:court_order_decline", DECIDERS, MOVED, args=("resolved", "order"), post=True),
    # Only whoever entered it takes it back.
    Row(
        "staff:court_order_withdraw", PROPOSERS, REFUSED, args=("resolved", "order"), post=True
    ),
    Row("staff:court_order_document", WATCHERS, args=("resolved", "order")),
    Row("staff:court_file", WATCHERS, args=("resolved", "order", "trustee")),
    # --- objections, and what befalls a decision -------------------------------------------
    Row("staff:objections", WATCHERS, args=("closed",)),
    Row("staff:objections", WATCHERS, args=("draft",)),
    Row("staff:objection_new", PROPOSERS, args=("closed",)),
    Row("staff:objection_new", PROPOSERS, BAD, args=("closed",), post=True),
    Row("staff:estate_objections", WATCHERS, args=("estate",)),
    Row("staff:estate_objection_new", PROPOSERS, args=("estate",)),
    Row("staff:estate_objection_new", PROPOSERS, BAD, args=("estate",), post=True),
    Row("staff:objection", WATCHERS, args=("objection",)),
    Row("staff:objection_paper", WATCHERS, args=("objection",)),
    Row("staff:objection_answer", PROPOSERS, BAD, args=("objection",), post=True),
    Row("staff:objection_dispute", PROPOSERS, BAD, args=("objection",), post=True),
    Row("staff:objection_withdraw", PROPOSERS, MOVED, args=("objection",), post=True),
    Row("staff:objection_propose", PROPOSERS, BAD, args=("objection",), post=True),
    Row("staff:objection_confirm", DECIDERS, REFUSED, args=("objection",), post=True),
    Row("staff:objection_decline", DECIDERS, REFUSED, args=("objection",), post=True),
    Row("staff:recusal", WATCHERS, args=("closed",)),
    Row("staff:recusal", WATCHERS, BAD, args=("closed",), post=True),
    Row("staff:standing", VIEWERS, args=("closed",)),
    Row("staff:standing", WITNESSES, BAD, args=("closed",), post=True),
    Row("staff:standing", NOBODY, args=("session",)),
    Row("staff:standing_paper", VIEWERS, args=("closed", "event")),
    # Not even the organiser sees a result before the count.
    Row("staff:result", NOBODY, args=("session",)),
    Row("staff:letters", ORGANISER, args=("session",)),
    Row("staff:letters_start", ORGANISER, MOVED, args=("session",), post=True),
    Row("staff:letters_take", ORGANISER, REFUSED, args=("session",), post=True),
    Row("staff:reissue", ORGANISER, args=("session", "number")),
    Row("staff:reissue", ORGANISER, BAD, args=("session", "number"), post=True),
    Row("staff:job", ORGANISER, args=("job",)),
    Row("staff:job_state", ORGANISER, args=("job",)),
    # Who guides and supervises says which phone is printed.
    Row("staff:office_phone", {"street_office"}, args=("estate",)),
    Row("staff:office_phone", {"street_office"}, MOVED, args=("estate",), post=True),
    # --- papers on the wall, and stamped ---------------------------------------------------
    Row("staff:postings", WATCHERS, args=("session",)),
    Row("staff:postings", WATCHERS, args=("draft",)),  # the roll hangs before the announcement
    Row("staff:posting_places", HANGERS, args=("estate",)),
    Row("staff:posting_places", HANGERS, BAD, args=("estate",), post=True),
    Row("staff:place_retire", HANGERS, MOVED, args=("estate", "place"), post=True),
    Row("staff:posting_new", HANGERS, args=("paper", "place")),
    Row("staff:posting_new", HANGERS, BAD, args=("paper", "place"), post=True),
    Row("staff:posting", WATCHERS, args=("posting",)),
    Row("staff:posting_photo", WATCHERS, args=("posting", "photo")),
    Row("staff:posting_photo_add", HANGERS, BAD, args=("posting",), post=True),
    Row("staff:posting_down", HANGERS, BAD, args=("posting",), post=True),
    Row("staff:papers", WATCHERS, args=("estate",)),
    Row("staff:stamp", WATCHERS, args=("paper",)),
    Row("staff:stamp_pdf", WATCHERS, args=("paper",)),
    Row("staff:scan_upload", WATCHERS, BAD, args=("paper",), post=True),
    Row("staff:scan", WATCHERS, args=("paper", "scan")),
    Row("staff:scan_confirm", WATCHERS, MOVED, args=("paper", "scan"), post=True),
    Row("staff:scan_decline", WATCHERS, BAD, args=("paper", "scan"), post=True),
    # --- seals, the cabinet, filing ----------------------------------------------------------
    Row("staff:seals", WATCHERS, args=("estate",)),
    Row("staff:seal_new", HANGERS, BAD, args=("estate",), post=True),
    Row("staff:seal_handover", HANGERS, BAD, args=("estate", "seal"), post=True),
    Row("staff:seal_use", HANGERS, BAD, args=("estate", "seal"), post=True),
    Row("staff:archive", ARCHIVERS, args=("session",)),
    Row("staff:archive_start", ARCHIVERS, REFUSED, args=("session",), post=True),
    Row("staff:archive_state", NOBODY, args=("session",)),
    Row("staff:archive_take", ARCHIVERS, REFUSED, args=("session",), post=True),
    Row("staff:originals", ARCHIVERS, args=("session",)),
    Row("staff:originals", ARCHIVERS, BAD, args=("session",), post=True),
    Row("staff:filing", WATCHERS, args=("session",)),
    Row("staff:filing", NOBODY, args=("closed",)),
    Row("staff:filing_paper", WATCHERS, args=("session", "filed")),
    Row("staff:filing_paper_add", ORGANISER, BAD, args=("session",), post=True),
    Row("staff:filing_paper_remove", ORGANISER, MOVED, args=("session", "filed"), post=True),
    Row("staff:filing_submit", ORGANISER, REFUSED, args=("session",), post=True),
    Row("staff:filing_return", {"street_office"}, REFUSED, args=("session",), post=True),
    Row("staff:filing_receive", {"street_office"}, REFUSED, args=("session",), post=True),
    # --- witnesses -----------------------------------------------------------------------
    Row("staff:witness_key", ALL_WITNESSES),
    Row("staff:witness_key", ALL_WITNESSES, BAD, post=True),
    Row("staff:witnesses", ORGANISER, args=("draft",)),
    Row("staff:witnesses", ORGANISER, BAD, args=("draft",), post=True),
    Row("staff:witnesses", ORGANISER, REFUSED, args=("session",)),
    Row("staff:witness", WITNESSES, args=("session",)),
    Row("staff:witness", WITNESSES, BAD, args=("session",), post=True),
    Row("staff:witness", NOBODY, args=("draft",)),
    # --- the roll ------------------------------------------------------------------------
    Row("roll:home", ORGANISER, args=("estate",)),
    Row("roll:upload", ORGANISER, args=("estate",)),
    Row("roll:upload", ORGANISER, BAD, args=("estate",), post=True),
    Row("roll:preview", WATCHERS, args=("estate", "import")),
    Row("roll:columns", ORGANISER, args=("estate", "import")),
    Row("roll:columns", ORGANISER, BAD, args=("estate", "import"), post=True),
    Row("roll:correct", ORGANISER, MOVED, args=("estate", "import"), post=True),
    Row("roll:faults", ORGANISER, args=("estate", "import")),
    Row(
        "roll:confirm",
        CONFIRMERS,
        REFUSED,
        args=("estate", "import"),
        post=True,
        refused=frozenset(ORGANISER),
    ),  # there is a roll already
    Row("roll:drop", WATCHERS, MOVED, args=("estate", "import"), post=True),
    Row("roll:undo", WATCHERS, REFUSED, args=("estate", "import"), post=True),
    Row("roll:changes", WATCHERS, args=("estate",)),
    Row("roll:change_confirm", CONFIRMERS, MOVED, args=("estate", "proposal"), post=True),
    Row("roll:change_drop", WATCHERS, MOVED, args=("estate", "proposal"), post=True),
    Row("roll:findings", ORGANISER, args=("estate",)),
    Row("roll:findings", ORGANISER, BAD, args=("estate",), post=True),
    Row("roll:units", ORGANISER, args=("estate",)),
    Row("roll:unit", ORGANISER, args=("estate", "unit")),
    Row("roll:area", ORGANISER, BAD, args=("estate", "unit"), post=True),
    Row("roll:voter", ORGANISER, BAD, args=("estate", "unit"), post=True),
    Row("roll:transfer", ORGANISER, BAD, args=("estate", "unit"), post=True),
    Row("roll:shown", ORGANISER, BAD, args=("estate", "unit"), post=True),
    Row("roll:phone", ORGANISER, args=("estate", "unit")),
    Row("roll:phone", ORGANISER, BAD, args=("estate", "unit"), post=True),
    Row("roll:phones", WATCHERS, args=("estate",)),
    Row("roll:phone_confirm", CONFIRMERS, MOVED, args=("estate", "phone"), post=True),
    Row("roll:phone_confirm_all", CONFIRMERS, MOVED, args=("estate",), post=True),
    Row("roll:phone_stop", WATCHERS, BAD, args=("estate", "phone"), post=True),
    Row("roll:take", ORGANISER, args=("estate",)),
    Row("roll:take", ORGANISER, args=("estate",), post=True),
    Row("roll:numbers", WATCHERS, args=("estate",)),
    Row("roll:numbers", CONFIRMERS, args=("estate",), post=True),
    Row("roll:numbers_confirm", CONFIRMERS, MOVED, args=("estate",), post=True),
    Row("roll:requests", ORGANISER, args=("estate",)),
    Row("roll:request", ORGANISER, args=("estate", "request")),
    Row("roll:request", ORGANISER, BAD, args=("estate", "request"), post=True),
    Row("roll:verification", ORGANISER, args=("estate",)),
    Row("roll:verification", ORGANISER, BAD, args=("estate",), post=True),
    Row("roll:verification_list", ORGANISER, REFUSED, args=("estate",), post=True),
    Row("roll:manager", ORGANISER, args=("estate",)),
    Row("roll:manager", ORGANISER, BAD, args=("estate",), post=True),
    Row("roll:manager_remove", ORGANISER, MOVED, args=("estate", "member"), post=True),
    # --- the maintenance fund ------------------------------------------------------------
    Row("staff:funds", ALL_BUREAUS),
    Row("staff:fund_new", ALL_BUREAUS),
    Row("staff:fund_new", ALL_BUREAUS, BAD, post=True),
    Row("staff:fund", BUREAU, args=("fund",)),
    Row("staff:fund_account_new", BUREAU, args=("fund",)),
    Row("staff:fund_account_new", BUREAU, BAD, args=("fund",), post=True),
    Row("staff:fund_file_new", BUREAU, args=("fund",)),
    Row("staff:fund_file_new", BUREAU, BAD, args=("fund",), post=True),
    Row("staff:fund_file", BUREAU, args=("fund", "balances")),
    Row("staff:fund_file_confirm", BUREAU, BAD, args=("fund", "balances"), post=True),
    Row("staff:fund_file_drop", BUREAU, MOVED, args=("fund", "balances"), post=True),
    Row("staff:fund_replenish", BUREAU, args=("fund",)),
    Row("staff:fund_replenish_list", BUREAU, args=("fund",)),
    # --- repairs, from the first word to the vote ------------------------------------------
    Row("staff:repairs", ALL_APPLICANTS),
    Row("staff:repair_new", APPLIERS, args=("estate",)),
    Row("staff:repair_new", APPLIERS, BAD, args=("estate",), post=True),
    Row("staff:repair_plan", APPLICANTS, args=("estate",)),
    Row("staff:plan_item_new", APPLIERS, args=("estate",)),
    Row("staff:plan_item_new", APPLIERS, BAD, args=("estate",), post=True),
    Row("staff:plan_item", APPLIERS, args=("estate", "item")),
    Row("staff:plan_item", APPLIERS, BAD, args=("estate", "item"), post=True),
    Row("staff:plan_item_drop", APPLIERS, args=("estate", "item")),
    Row("staff:plan_item_drop", APPLIERS, BAD, args=("estate", "item"), post=True),
    Row("staff:plan_item_carry", APPLIERS, MOVED, args=("estate", "item"), post=True),
    Row("staff:plan_publish", APPLIERS, MOVED, args=("estate", "plan_year"), post=True),
    Row("staff:repair", APPLICANTS, args=("wanted",)),
    Row("staff:repair", APPLICANTS, args=("applied",)),
    Row("staff:repair_section", DRAFTERS, args=("wanted", "section")),
    Row("staff:repair_section", DRAFTERS, MOVED, args=("wanted", "section"), post=True),
    Row("staff:repair_quotes", DRAFTERS, args=("wanted",)),
    Row("staff:repair_quotes", DRAFTERS, BAD, args=("wanted",), post=True),
    Row("staff:repair_quote_choose", DRAFTERS, MOVED, args=("wanted", "quote"), post=True),
    Row("staff:repair_quote_remove", DRAFTERS, MOVED, args=("wanted", "quote"), post=True),
    Row("staff:repair_files", DRAFTERS, args=("wanted",)),
    Row("staff:repair_files", DRAFTERS, BAD, args=("wanted",), post=True),
    Row("staff:repair_file", APPLICANTS, args=("wanted", "kept")),
    Row("staff:repair_file_remove", DRAFTERS, MOVED, args=("wanted", "kept"), post=True),
    Row("staff:repair_shares", DRAFTERS, args=("wanted",)),
    Row("staff:repair_shares", DRAFTERS, BAD, args=("wanted",), post=True),
    Row("staff:repair_submit", DRAFTERS, args=("wanted",)),
    Row("staff:repair_submit", DRAFTERS, BAD, args=("wanted",), post=True),
    Row("staff:repair_submit", APPLIERS, MOVED, args=("applied",)),
    Row("staff:repair_withdraw", APPLIERS, MOVED, args=("wanted",)),
    Row("staff:repair_drop", DRAFTERS, args=("wanted",)),
    Row("staff:repair_drop", DRAFTERS, BAD, args=("wanted",), post=True),
    Row("staff:repair_renew", APPLIERS, REFUSED, args=("wanted",), post=True),
    # --- review of the use of the fund -----------------------------------------------------
    # --- emergencies -------------------------------------------------------------------------
    Row("staff:emergencies", APPLICANTS | {f"other {role}" for role in APPLICANTS}),
    Row("staff:emergency_new", REPORTERS, args=("estate",)),
    Row("staff:emergency_new", REPORTERS, BAD, args=("estate",), post=True),
    Row("staff:emergency", APPLICANTS, args=("reported",)),
    Row("staff:emergency", NOBODY, args=("applied",)),
    Row("staff:emergency_file", APPLICANTS, args=("reported", "reported_photo")),
    Row("staff:emergency_find", FINDERS, args=("reported",)),
    Row("staff:emergency_find", FINDERS, BAD, args=("reported",), post=True),
    Row("staff:emergency_decide", URGENT_DECIDERS, args=("reported",)),
    Row("staff:emergency_decide", URGENT_DECIDERS, BAD, args=("reported",), post=True),
    Row("staff:emergency_withdraw", REPORTERS, args=("reported",)),
    Row("staff:emergency_withdraw", REPORTERS, BAD, args=("reported",), post=True),
    Row("staff:emergency_publish", REPORTERS, args=("reported",)),
    Row("staff:emergency_publish", REPORTERS, BAD, args=("reported",), post=True),
    Row("staff:emergency_objection_new", PROPOSERS, args=("reported",)),
    Row("staff:emergency_objection_new", PROPOSERS, BAD, args=("reported",), post=True),
    Row("staff:emergency_objection", PROPOSERS, args=("reported", "number")),
    Row("staff:emergency_objection", PROPOSERS, BAD, args=("reported", "number"), post=True),
    # --- reviews of the use of the fund ------------------------------------------------------
    Row("staff:fund_reviews", REVIEWERS),
    Row("staff:fund_filed", ALL_BUREAUS),
    Row("staff:fund_review", APPLICANTS, args=("applied",)),
    Row("staff:fund_review", {"street_office"}, BAD, args=("applied",), post=True),
    Row("staff:fund_correction", BUREAU, args=("applied",)),
    Row("staff:fund_correction", BUREAU, BAD, args=("applied",), post=True),
    Row("staff:fund_seen", BUREAU, REFUSED, args=("applied",), post=True),
    # --- applications, payments, settlement ------------------------------------------------
    Row("staff:fund_payments", ALL_PAYERS),
    Row("staff:fund_order", ALL_PAYERS, REFUSED, post=True),
    Row("staff:fund_list", BUREAU, args=("release",)),
    Row("staff:fund_list_file", BUREAU, args=("release",), post=True),
    Row("staff:fund_money", APPLICANTS, args=("repair",)),
    Row("staff:fund_apply", WRITES, MOVED, args=("repair",)),  # it was approved
    Row("staff:fund_apply", WRITES, BAD, args=("repair",), post=True),
    Row("staff:fund_file_in", WRITES, REFUSED, args=("repair",), post=True),
    Row("staff:fund_withdraw", WRITES, args=("repair",)),
    Row("staff:fund_withdraw", WRITES, BAD, args=("repair",), post=True),
    Row("staff:fund_paper", WRITES, args=("repair",)),
    Row("staff:fund_paper", WRITES, BAD, args=("repair",), post=True),
    Row("staff:fund_shares", APPLICANTS, args=("repair",)),
    Row("staff:fund_shares_csv", APPLICANTS, args=("repair",)),
    Row("staff:fund_table", APPLICANTS, args=("repair", "table")),
    Row("staff:fund_pass_on", PAYERS, REFUSED, args=("repair",), post=True),
    Row("staff:fund_settlement", WRITES, args=("repair",)),
    Row("staff:fund_settlement", WRITES, BAD, args=("repair",), post=True),
    Row("staff:fund_settlement_confirm", PAYERS, REFUSED, args=("repair",), post=True),
    Row("staff:fund_anew", WRITES, args=("repair",)),
    Row("staff:fund_anew", WRITES, BAD, args=("repair",), post=True),
    Row("staff:fund_reapply", WRITES, args=("repair",)),
    Row("staff:fund_reapply", WRITES, BAD, args=("repair",), post=True),
    Row("staff:fund_end", WRITES, args=("repair",)),
    Row("staff:fund_end", WRITES, BAD, args=("repair",), post=True),
    Row("staff:fund_unsettle", PAYERS, args=("repair",)),
    Row("staff:fund_unsettle", PAYERS, BAD, args=("repair",), post=True),
    Row("staff:fund_accepted", PAYERS, args=("repair",)),
    Row("staff:fund_accepted", PAYERS, BAD, args=("repair",), post=True),
    Row("staff:fund_refund", PAYERS, args=("repair", "refund")),
    Row("staff:fund_refund", PAYERS, BAD, args=("repair", "refund"), post=True),
    Row("staff:fund_ask", WRITES, REFUSED, args=("repair", "position"), post=True),
    Row("staff:fund_confirm", PAYERS, REFUSED, args=("repair", "position"), post=True),
    Row("staff:fund_decline", PAYERS, args=("repair", "position")),
    Row("staff:fund_decline", PAYERS, BAD, args=("repair", "position"), post=True),
    Row("staff:fund_receipt", PAYERS, args=("repair", "position")),
    Row("staff:fund_receipt", PAYERS, BAD, args=("repair", "position"), post=True),
    Row("staff:fund_not_paid", PAYERS, args=("repair", "position")),
    Row("staff:fund_not_paid", PAYERS, BAD, args=("repair", "position"), post=True),
    Row("staff:fund_vouchers", BUREAU, args=("books",)),
    Row("staff:fund_unit_new", BUREAU, args=("books",)),
    Row("staff:fund_unit_new", BUREAU, BAD, args=("books",), post=True),
    Row("staff:fund_receipt_new", BUREAU, args=("books",)),
    Row("staff:fund_receipt_new", BUREAU, BAD, args=("books",), post=True),
    Row("staff:fund_allotment_new", BUREAU, args=("books",)),
    Row("staff:fund_allotment_new", BUREAU, BAD, args=("books",), post=True),
    Row("staff:fund_amounts_new", BUREAU, args=("books",)),
    Row("staff:fund_amounts_new", BUREAU, BAD, args=("books",), post=True),
    Row("staff:fund_amounts", BUREAU, args=("books", "amounts")),
    Row("staff:fund_amounts_confirm", BUREAU, BAD, args=("books", "amounts"), post=True),
    Row("staff:fund_amounts_drop", BUREAU, MOVED, args=("books", "amounts"), post=True),
    Row("staff:fund_voucher", BUREAU, args=("books", "voucher")),
    Row("staff:fund_voucher_seal", BUREAU, MOVED, args=("books", "voucher"), post=True),
    Row("staff:fund_voucher_drop", BUREAU, BAD, args=("books", "voucher"), post=True),
    Row("staff:fund_voucher_reverse", BUREAU, args=("books", "voucher")),
    Row("staff:fund_voucher_reverse", BUREAU, BAD, args=("books", "voucher"), post=True),
    Row("staff:fund_reconcile", BUREAU, args=("books",)),
    Row("staff:fund_match", BUREAU, BAD, args=("books",), post=True),
    Row("staff:fund_matches", BUREAU, args=("books",)),
    Row("staff:fund_match_undo", BUREAU, BAD, args=("books", "match"), post=True),
    Row("staff:fund_reports", BUREAU, args=("books",)),
    Row("staff:fund_report_issue", BUREAU, BAD, args=("books", "account", "year"), post=True),
    Row("staff:fund_report_table", BUREAU, args=("books", "report")),
    Row("staff:fund_owed", BUREAU, args=("books",)),
    Row("staff:fund_owed_list", BUREAU, args=("books",)),
    # --- people --------------------------------------------------------------------------
    Row("staff:audit", AUDITORS),
    Row("staff:audit", AUDITORS, BAD, post=True),
    Row("staff:impact", OPERATOR),
    Row("staff:impact", OPERATOR, post=True),
    Row("staff:entrustment", ORGANISER, args=("estate",)),
    Row("staff:entrustment", ORGANISER, args=("estate",), post=True),
    Row("staff:incidents", OPERATOR),
    Row("staff:incident_new", OPERATOR),
    Row("staff:incident_new", OPERATOR, BAD, post=True),
    Row("staff:incident", OPERATOR, args=("incident",)),
    Row("staff:incident", OPERATOR, BAD, args=("incident",), post=True),
    Row("staff:incident_notice", OPERATOR, args=("incident",)),
    Row("staff:incident_notice", OPERATOR, BAD, args=("incident",), post=True),
    Row("staff:incident_withdraw", OPERATOR, REFUSED, args=("told_incident",), post=True),
    Row("staff:incident_confirm", OPERATOR, REFUSED, args=("incident",), post=True),
    Row("staff:incident_letters", ORGANISER, args=("estate", "told_incident")),
    Row("staff:incident_letters", ORGANISER, BAD, args=("estate", "told_incident"), post=True),
    Row("staff:incident_letters_list", ORGANISER, args=("estate", "told_incident"), post=True),
    Row("staff:holds", OPERATOR),
    Row("staff:holds", OPERATOR, BAD, post=True),
    Row("staff:lift_hold", OPERATOR, args=("hold",)),
    Row("staff:lift_hold", OPERATOR, BAD, args=("hold",), post=True),
    Row("staff:people", OPERATOR),
    Row("staff:invite", OPERATOR),
    Row("staff:invite", OPERATOR, BAD, post=True),
    Row("staff:person", OPERATOR, args=("person",)),
    Row("staff:person", OPERATOR, BAD, args=("person",), post=True),
    Row("staff:deactivate", OPERATOR, args=("person",)),
    Row("staff:deactivate", OPERATOR, BAD, args=("person",), post=True),
    # --- tables to be read; single rows: tests/portal/test_tables.py
    Row("admin:index", OPERATOR),
    Row("admin:jsi18n", OPERATOR),
    Row("admin:app_list", OPERATOR, args=("app_label",)),
    *(
        Row(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", OPERATOR)
        for model in COLUMNS
    ),
    *(
        Row(
            f"admin:{model._meta.app_label}_{model._meta.model_name}_change",
            NOBODY,
            args=("nothing",),
        )
        for model in COLUMNS
    ),
    Row("staff:reset", OPERATOR, args=("person",)),
    Row("staff:reset", OPERATOR, BAD, args=("person",), post=True),
    Row("staff:reset_confirm", OPERATOR, MOVED, args=("reset",), post=True),
    Row("staff:reset_withdraw", OPERATOR, MOVED, args=("reset",), post=True),
    Row("staff:revoke", OPERATOR, args=("grant",)),
    Row("staff:revoke", OPERATOR, BAD, args=("grant",), post=True),
    Row("staff:confirm_grant", OPERATOR, args=("grant",)),
    Row("staff:confirm_grant", OPERATOR, REFUSED, args=("grant",), post=True),
    Row("staff:look_as", OPERATOR, args=("person",)),
    Row("staff:look_as", OPERATOR, BAD, args=("person",), post=True),
    Row("staff:look_away", SIGNED_IN, MOVED, post=True),
    Row("staff:roles", SIGNED_IN),
    Row("staff:own_roles", SIGNED_IN),
    # Whose the grant is, and nobody else's: see tests/accounts/test_grants.py.
    Row("staff:lend_role", ORGANISER, args=("grant",)),
    Row("staff:take_back", set(), args=("grant",)),
]

# Sign-in and second factor: allauth's own pages. Somebody signed in is sent on from the
# entrance; somebody who is not is sent to it.
ENTRANCE = ["account_login", "account_request_login_code"]
MIDWAY = ["account_confirm_login_code", "mfa_authenticate"]
OWN_PAGES = [
    "account_forgotten",
    "account_sessions_end",
    "account_second_code",
    "account_sessions",
    "account_change_password",
    "account_set_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn",
]
OWN_KEYS = ["mfa_remove_webauthn", "mfa_edit_webauthn", "account_session_end"]
PUBLIC_ENTRANCE = ["account_inactive", "mfa_login_webauthn", "account_logout"]

# What owners and the public see: no role changes a word of it.
PUBLIC = {
    "portal:problems": ("estate",),
    "portal:authority_problems": ("desk",),
    "portal:home": (),
    "portal:help": (),
    "portal:check": (),
    "portal:privacy": (),
    "portal:incident": ("incident_page",),
    "documents:verify": (),
    "documents:paper": ("nothing",),
    "documents:paper-pdf": ("nothing",),
    "documents:stamped": ("nothing", "number"),
    "voting:enter": (),
    "voting:letter": ("nothing",),
    "voting:start": ("nothing",),
    "voting:resume": ("session",),
    "voting:identity": ("session",),
    "voting:send_code": ("session",),
    "voting:identity_sms": ("session",),
    "voting:identity_document": ("session",),
    "voting:motions": ("session",),
    "voting:review": ("session",),
    "voting:submit": ("session",),
    "voting:cast": ("session",),
    "voting:receipt": ("session",),
    "voting:proxy": ("session",),
    "voting:proxy_revoke": ("session",),
    "voting:proxy_code": ("session",),
    "voting:leave": ("session",),
    "voting:lost": ("session",),
    "voting:lost_check": ("session",),
    "voting:lost_provider": ("session",),
    "voting:lost_provider_done": ("session",),
    "voting:participants": ("session",),
    "voting:opened": ("session",),
    "voting:not_mine": ("session",),
    "voting:objections": ("session",),
    "voting:objection_new": ("session",),
    "voting:objection_dispute": ("session", "number"),
    "voting:objection_withdraw": ("session", "number"),
    "voting:receipt_not_mine": ("nothing",),
    "voting:public_objections": ("session",),
    "voting:board_archive": ("session",),
    "voting:receipt_image": ("nothing",),
    "voting:public_receipt": ("nothing",),
    "voting:session": ("session",),
    "voting:notice": ("session",),
    "voting:attachment": ("session", "number"),
    "voting:posted_roll": ("draft",),
    "voting:board": ("session",),
    "voting:manifest_file": ("session",),
    "voting:checkpoints_file": ("session",),
    "voting:consistency": ("session",),
    "voting:result_file": ("session",),
    "voting:proof": (),
    "portal:own_fund": ("session",),
    "portal:own_statement": ("session", "three", "year"),
    "portal:repair_plan": ("estate",),
    "portal:committee": ("estate",),
    "portal:my_start": (),
    "portal:my_code": (),
    "portal:my_fund": (),
    "portal:my_statement": ("three", "year"),
    "portal:my_leave": (),
    "portal:my_who": (),
    "portal:my_provider": (),
    "portal:my_provider_done": (),
    "portal:my_data": (),
    "portal:my_seen": (),
    "portal:my_copy": ("three",),
    "portal:my_phone": (),
    "portal:my_phone_code": (),
    "portal:my_phone_remove": (),
    "portal:my_phone_stop": ("three",),
    "portal:my_data_ask": (),
    "portal:accounts_home": ("estate",),
    "portal:accounts": ("estate", "revenue", "quarter"),
    "portal:accounts_version": ("estate", "revenue", "quarter", "number"),
    "portal:accounts_csv": ("estate", "revenue", "quarter"),
    "portal:accounts_lines": ("estate", "revenue", "quarter"),
    "portal:accounts_line": ("estate", "revenue", "quarter", "number"),
    "portal:accounts_questions": ("estate", "revenue", "quarter"),
    "portal:accounts_paper": ("estate", "number"),
    "portal:sources": ("estate",),
    "portal:my_accounts": (),
    "portal:my_withdraw": ("number",),
    "portal:my_photo": ("number",),
    "portal:my_ask": ("estate", "revenue", "quarter"),
    "portal:my_report": ("estate",),
    "portal:duties": ("estate",),
    "portal:my_breach": ("estate",),
    "portal:own_objection": ("session", "reported"),
    "portal:repair": ("applied",),
    "portal:repair_file": ("applied", "contract"),
    "portal:text_size": (),
    "portal:set_language": (),
    "oidc_login": (),
    "oidc_callback": (),
}


def names(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[str]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"
        else:
            yield from names(entry, f"{entry.namespace}:" if entry.namespace else namespace)


def test_every_address_has_its_row() -> None:
    listed = {row.name for row in TABLE} | set(PUBLIC)
    listed |= {*ENTRANCE, *MIDWAY, *OWN_PAGES, *OWN_KEYS, *PUBLIC_ENTRANCE}
    assert sorted(set(names()) ^ listed) == []


def contender(motion: Motion) -> Candidate:
    """Somebody who stands for election in that motion."""
    unit = motion.session.estate.units.first()
    election = Election.objects.create(motion=motion, seats=1, draw_commitment="0" * 64)
    return election.candidates.create(
        name="甲", unit=unit, room=unit.label, place=1, consent_at=timezone.now()
    )


def put_incidents(estate: Estate) -> dict[str, Any]:
    """One nobody is told of yet, and one whose persons are being told."""
    now = timezone.now()
    quiet, told = (
        record_incident(
            nature="leak", noticed_at=now, what="一份备份不见了", kinds=["phone"],
            estates=[estate], actor="user:1", at=now,
        )
        for _number in range(2)
    )  # fmt: skip
    said = Told("备份遗失", "诈骗电话", "换了钥匙", "不给验证码", "平台", "0556-5550000")
    propose_notice(incident_id=told.pk, said=said, actor="user:1", at=now)
    confirm_notice(incident_id=told.pk, actor="user:2", at=now)
    return {"incident": quiet.pk, "told_incident": told.pk, "incident_page": told.code}


@pytest.fixture
def arguments(town: Town, settings: Any, tmp_path: Path) -> dict[str, Any]:
    sketch = draft(town.here.estate)
    motion = sketch.motions.get()
    file = add_attachment(
        motion_id=motion.pk, name="方案.pdf", content=PDF, actor="user:1", at=sketch.created_at
    )
    put_basis(
        session_id=sketch.pk,
        title="备案证明",
        number="",
        dated_on=sketch.created_at.date(),
        name="备案证明.pdf",
        content=PDF,
        actor="user:1",
        at=sketch.created_at,
    )
    review = submit_draft(session_id=sketch.pk, actor="user:1", at=sketch.created_at)
    comment = raise_comment(
        review_id=review.pk,
        clause="278-2",
        text="须写明标准",
        actor="user:2",
        at=sketch.created_at,
    )
    lot = fix_list(session_id=sketch.pk, source="福彩3D", actor="user:1", at=sketch.created_at)
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    post_roll(session_id=sketch.pk, actor="user:1", at=sketch.created_at)
    sitting = draft(town.here.estate)
    choose_trustees(
        session_id=sitting.pk,
        holders=[Holder(name, "lot") for name in "甲乙丙"],
        actor="user:1",
        at=sitting.created_at,
    )
    session = announced(town.here.estate)
    contest = draft(town.here.estate)
    gone = contender(session.motions.get())
    Candidate.objects.filter(pk=gone.pk).update(
        withdrawn_at=session.created_at,
        withdrawal=seal_bytes(PDF, purpose="voting.candidate.withdrawal"),
        withdrawal_type="application/pdf",
    )
    closed = announced(town.here.estate, days_ago=28)
    closed.parties.filter(number=1).update(ballots=1)
    close_session(session_id=closed.pk, at=timezone.now())
    ruling = Ruling.objects.create(
        session=closed,
        party=closed.parties.get(number=1),
        reason="信被别人取走",
        document_name="笔录.pdf",
        content_type="application/pdf",
        content=seal_bytes(PDF, purpose="voting.ruling.content"),
        sha256="0" * 64,
        proposed_by="user:0",
        proposed_role="organiser",
        proposed_at=timezone.now(),
    )
    authority = Proxy.objects.create(
        session=session,
        party=session.parties.get(number=1),
        state="waiting",
        agent_name="周七",
        agent_phone="10000009999",
        agent_phone_hash="0" * 64,
        motions=[1],
        powers="free",
        signed_on=timezone.localdate(),
        until=timezone.localdate(session.closes_at),
        content=seal_bytes(PDF, purpose="voting.proxy.content"),
        content_type="application/pdf",
        sha256="0" * 64,
        entered_by="user:0",
        entered_at=timezone.now(),
    )
    sheet = DeliveryEvidence.objects.create(
        session=session,
        kind="sheet",
        content=seal_bytes(PDF, purpose="voting.delivery.content"),
        content_type="application/pdf",
        sha256="0" * 64,
        added_by="user:0",
        added_role="organiser",
        added_at=timezone.now(),
    )
    sale = Transfer.objects.create(
        session=session,
        party=session.parties.get(number=1),
        content=seal_bytes(PDF, purpose="voting.transfer.content"),
        content_type="application/pdf",
        sha256="0" * 64,
        proposed_by="user:0",
        proposed_role="organiser",
        proposed_at=timezone.now(),
    )
    papers = announced(town.here.estate, days_ago=28, paper=True)
    sheets = [
        PaperBallot.objects.create(
            session=papers,
            party=party,
            serial=party.serial,
            registered_by="user:0",
            registered_role="organiser",
            registered_at=papers.opens_at,
        )
        for party in papers.parties.order_by("number")[:2]
    ]
    close_session(session_id=papers.pk, at=timezone.now())
    propose_paper_ruling(
        paper_id=sheets[1].pk,
        counts=False,
        reason="信封被拆过",
        name="照片.pdf",
        content=PDF,
        signer=Signer("user:0", "organiser"),
        at=timezone.now(),
    )
    named, resolved = counted(town.here.estate, "named"), counted(town.here.estate, "secret")
    order = CourtOrder.objects.create(
        session=resolved,
        ballot=resolved.ballots.get(),
        court="测试区人民法院",
        number="（2026）测0101民初1号",
        key="A" * 43,
        document_name="裁定.pdf",
        content_type="application/pdf",
        content=seal_bytes(PDF, purpose="voting.court_order.content"),
        sha256="0" * 64,
        proposed_by="user:0",
        proposed_role="organiser",
        proposed_at=timezone.now(),
    )
    CourtFile.objects.create(order=order, trustee=1, content=b"x", received_at=timezone.now())
    look = Look.objects.create(
        session=named,
        party=named.parties.get(number=1),
        actor=f"user:{town.person('supervisor').pk}",
        role="supervisor",
        reason="核对签名",
        looked_at=timezone.now(),
    )
    objection = Objection.objects.create(
        estate=town.here.estate,
        session=closed,
        number=1,
        about="other",
        name="周某",
        contact="办公室",
        text="名单不对",
        content_type="application/pdf",
        content=seal_bytes(PDF, purpose="voting.objection.content"),
        document_name="照片.pdf",
        sha256="0" * 64,
        submission="matrix",
        entered_by="user:0",
        filed_at=timezone.now(),
        in_time=True,
        due_at=timezone.now() + timedelta(days=3),
    )
    event = StandingEvent.objects.create(
        session=closed,
        kind="correction",
        authority="样例街道办事处",
        reference="责改1号",
        dated=timezone.localdate(),
        reason="公告日期不足",
        content_type="application/pdf",
        content=seal_bytes(PDF, purpose="voting.standing.content"),
        sha256="0" * 64,
        recorded_by="user:0",
        recorded_role="street_office",
        recorded_at=timezone.now(),
    )
    job = Job.objects.create(
        kind="letters", estate=town.here.estate, created_at=session.created_at
    )
    organiser = town.person("organiser")
    roll = preview_import(
        estate_id=town.here.estate.pk,
        file_name="roll.csv",
        content="房号,建筑面积,业主\n9-9-901,90,新某\n".encode(),
        mapping=None,
        whole=False,
        actor="user:1",
        at=session.created_at,
    )
    paper = make_document(town.here.estate)
    at = paper.issued_at
    place = add_place(estate_id=paper.estate_id, name="大门", actor="user:1", at=at)
    posting = post_paper(
        document_id=paper.pk,
        place_id=add_place(estate_id=paper.estate_id, name="侧门", actor="user:1", at=at).pk,
        posted_by="王一",
        posted_at=at,
        photos=[photo()],
        actor="user:1",
        at=at,
    )
    seal = register_seal(
        estate_id=paper.estate_id,
        name="公章",
        number="",
        custodian="王一",
        since=at.date(),
        actor="user:1",
        at=at,
    )
    filing = Filing.objects.create(
        estate=town.here.estate,
        session=session,
        kind="change",
        required=["rules"],
        due_at=at,
        opened_at=at,
    )
    filed = add_filing_paper(
        filing_id=filing.pk, item="other", name="a.pdf", content=PDF, actor="user:1", at=at
    )
    scanned = link_scan(document_id=paper.pk, content=photo(), actor="user:0", at=at)
    member = PropertyManagerStaff.objects.create(estate=town.here.estate)
    special = open_special_account(
        authority=town.here.district,
        bank="样例银行",
        number="1" * 16,
        ledger_mode="mirror",
        opened_on=at.date(),
        actor="user:1",
        at=at,
    )
    balances = take_file(
        special_id=special.pk,
        kind="balances",
        file_name="余额.csv",
        content="房号,余额\n1-1-101,90\n".encode(),
        said=Said(at.date(), "样例市维修资金中心"),
        actor="user:1",
        at=at,
    )
    reported = report_urgent(town, by=By("user:0", "property_manager"), at=at)
    shown = RepairPublicity.objects.create(
        request=reported,
        document=paper,
        posted_at=at,
        until=timezone.now() + timedelta(days=7),
    )
    RepairObjection.objects.create(
        publicity=shown,
        number=1,
        submission="matrix",
        unit_label="1幢1单元101室",
        text="费用太高",
        filed_by="user:0",
        filed_at=at,
    )
    applied = make_filed(town.here.estate)
    with transaction.atomic():
        contract = keep_file(
            applied.request,
            kind="contract",
            name="合同.pdf",
            content=PDF,
            is_public=False,
            actor="user:1",
            at=at,
        )
    kept_here = open_special_account(
        authority=town.here.district,
        bank="样例银行",
        number="2" * 16,
        ledger_mode="record",
        opened_on=at.date(),
        actor="user:1",
        at=at,
    )
    basis = Basis("deposit", at.date(), "交存", "回单1")
    waiting = draft_voucher(
        special_id=kept_here.pk,
        basis=basis,
        lines=[Line("bank", None, 100), Line("unallocated", None, -100)],
        actor="user:0",
        at=at,
    )
    amounts = take_amounts(
        special_id=kept_here.pk,
        basis=basis,
        settles=False,
        file_name="交存.csv",
        content="房号,金额\n1-1-101,x\n".encode(),
        actor="user:1",
        at=at,
    )
    paid = make_filed(town.here.estate)
    with transaction.atomic():
        paid.state = "passed"
        paid.save()
        RepairRequest.objects.filter(pk=paid.request_id).update(state="approved")
        release = ReleaseList.objects.create(
            special=paid.request.special, number=1, total_fen=1, lines=1,
            content=seal_bytes(b"PK", purpose="funds.releaselist"),
            made_by="user:0", made_at=at,
        )  # fmt: skip
        paid.instalments.all().delete()
        Instalment.objects.create(
            application=paid, position=1, kind="final", fen=1, payable_fen=1, state="ordered",
            condition="验收合格", release_list=release,
        )  # fmt: skip
        refund = Refund.objects.create(
            request=paid.request, fen=1, reason="结余", noted_by="user:0", noted_at=at
        )
    account = FundAccount.objects.create(special=kept_here, estate=town.here.estate)
    published = make_document(town.here.estate, "7K4M2QXH9T3X")
    report = YearPaper.objects.create(
        account=account, year=at.year - 1, document=published,
        content_sha256="0" * 64, made_by="user:1", made_at=at,
    )  # fmt: skip
    match = BankMatch.objects.create(special=kept_here, made_by="user:1", made_at=at)
    wanted = whole_request(town.here.estate, at=at)
    item = put_item(
        estate_id=town.here.estate.pk,
        year=timezone.localdate().year + 1,
        part="roof",
        place="1幢屋面",
        condition="防水层老化",
        estimate_fen=None,
        actor="user:1",
        at=timezone.now(),
    )
    accounts = put_accounts(town.here.estate)
    return accounts | {
        "books": kept_here.code,
        "account": account.pk,
        "year": at.year,
        "report": report.pk,
        "voucher": waiting.pk,
        "amounts": amounts.pk,
        "match": match.pk,
        "wanted": wanted.code,
        "item": item.pk,
        "plan_year": item.year,
        "section": "what",
        "quote": wanted.quotes.first().pk,
        "kept": wanted.files.get(kind="plan").pk,
        "fund": special.code,
        "reported": reported.code,
        "reported_photo": reported.files.get(kind="photo_before").pk,
        "applied": applied.request.code,
        "repair": paid.request.code,
        "release": release.pk,
        "refund": refund.pk,
        "position": 1,
        "table": "application",
        "contract": contract.pk,
        "balances": balances.pk,
        "import": roll.pk,
        "unit": town.here.estate.units.first().pk,
        **_own_data(town),
        "member": member.pk,
        "estate": town.here.estate.code,
        "draft": sketch.code,
        "sitting": sitting.code,
        "three": 3,
        "lot": lot.pk,
        "motion": motion.pk,
        "file": file.pk,
        "comment": comment.pk,
        "session": session.code,
        "closed": closed.code,
        "ruling": ruling.pk,
        "papers": papers.code,
        "sheet": sheets[0].pk,
        "doubted": sheets[1].pk,
        "named": named.code,
        "resolved": resolved.code,
        "order": order.pk,
        "look": look.pk,
        "trustee": 1,
        "objection": objection.pk,
        "event": event.pk,
        "number": 1,
        "proxy": authority.pk,
        **registers(town.here),
        **put_committee(town.here.estate),
        **problems(town.here),
        **put_duties(town.here.estate),
        **put_reports(town.here),
        **put_incidents(town.here.estate),
        "evidence": sheet.pk,
        "transfer": sale.pk,
        "job": job.pk,
        "person": organiser.pk,
        "reset": Reset.objects.create(
            user=organiser,
            reason="手机丢了",
            asked_by=town.person("stranger"),
            asked_at=timezone.now(),
        ).pk,
        "hold": LegalHold.objects.create(
            estate=town.here.estate,
            reason="x",
            since=LONG_AGO,
            set_by="user:60001",
            set_at=timezone.now(),
        ).pk,
        "grant": RoleGrant.objects.get(user=organiser).pk,
        "contest": contest.code,
        "seats": contest.motions.get().pk,
        "candidate": contender(contest.motions.get()).pk,
        "gone": gone.pk,
        "nothing": "ZZZZZZZZ",
        "app_label": "accounts",
        "revenue": "revenue",
        "quarter": "2026-07-01",
        "paper": paper.code,
        "seal": seal.pk,
        "filed": filed.pk,
        "place": place.pk,
        "posting": posting.pk,
        "photo": posting.photos.get().pk,
        "scan": scanned.pk,
    }


def _own_data(town: Town) -> dict[str, Any]:
    """A number that waits for its second person, and a request that waits for its answer."""
    owner = town.here.estate.owners.order_by("pk")[0]
    change = owner.phone_changes.create(
        way="desk",
        state="proposed",
        phone="10000000009",
        old_phone=owner.phone,
        asked_by="user:1",
        asked_at=timezone.now(),
    )
    asked = owner.requests.create(
        kind="explain",
        text="怎样处理的",
        asked_at=timezone.now(),
        due_on=timezone.localdate() + timedelta(days=15),
    )
    room = town.here.estate.units.order_by("pk")[0]
    proposal = propose_area(
        unit_id=room.pk, area="77", source="survey", actor="user:1", at=timezone.now()
    )
    return {"phone": change.pk, "request": asked.pk, "proposal": proposal.pk}


def put_accounts(estate: Estate) -> dict[str, Any]:
    """A book since last year with a closing that waits, and an entry of this period."""
    add_rules(estate)
    year = timezone.localdate().year - 1
    first = date(year, 10, 1)
    book = open_books(estate, since=first)
    keeper = By("user:0", "property_manager")  # nobody of the town
    closing = prepare(
        book_id=book.pk,
        day=first,
        statement=Statement(0, date(year, 12, 31), "", {}, ""),
        paper=voucher("statement"),
        by=keeper,
        at=timezone.now(),
    )
    today = timezone.localdate()
    entry = entered(book, "parking", 5, on=today, by=keeper)
    return {
        "book": book.pk,
        "book_kind": "expenses",
        "book_year": year,
        "entry": entry.pk,
        "reviewed": booked(book, "parking", 6, on=today, by=keeper).pk,
        "entry_paper": entry.papers.get().paper_id,
        "closing": closing.pk,
        "period_first": first.isoformat(),
        **put_questions(estate),
    }


def put_questions(estate: Estate) -> dict[str, Any]:
    """A source with its contract, a question, and a report of another source."""
    source = recorded_source(estate)
    now = timezone.now()
    # What it is about is not looked at here, and takes long to render.
    book = open_books(estate, "fund", since=date(timezone.localdate().year, 1, 1))
    period = period_at(book, timezone.localdate())
    said = period.closings.create(
        version=1, figures="", prepared_by="user:0", prepared_role="none",
        prepared_at=now,
    )  # fmt: skip
    publication = Publication.objects.create(
        period=period, version=1, closing=said, csv=b"",
        document=make_document(estate, code="7K4M2QXH9T3Y", sha256="2" * 64),
        opening_fen=0, closing_fen=0, posted_at=now, until=now,
    )  # fmt: skip
    common = {
        "number": 1,
        "submission": "1",
        "filed_by": "owner",
        "filed_at": now,
        "due_at": now,
    }
    asked = Question.objects.create(
        estate=estate, publication=publication, kind="question", text="为什么？", **common
    )
    missing = SourceReport.objects.create(estate=estate, place="北门", text="广告牌", **common)
    return {
        "source": source.pk,
        "deal": contracted(source).pk,
        "question": asked.pk,
        "report": missing.pk,
        "disclosed": "complaints",
    }


def registers(place: Place) -> dict[str, int]:
    """Two registers handed in for a district, of the estate it has."""
    where = place_index().written(place.estate.division_id)
    row = line(place.estate.name, where, small=place.estate.small_names, formed="1")
    handed_in = {
        name: hand_in(place.district, row, at=timezone.now()).pk
        for name in ("register", "register_to_drop")
    }
    return handed_in | {"in_charge": place.estate.authority_id}


def put_committee(estate: Estate) -> dict[str, Any]:
    """A committee with a member and a list, one before it, and a renewal under way."""
    now = timezone.now()
    day = timezone.localdate(now) - timedelta(days=30)
    by: dict[str, Any] = {"actor": "user:0", "at": now}
    recorded: dict[str, Any] = {
        "estate_id": estate.pk, "kind": "owners", "formed_on": day, "terms": Terms(5),
        "proof": Proof("备案回执第1号"),
    }  # fmt: skip
    bare = record_committee(**recorded, **by)
    end_committee(committee_id=bare.pk, day=day, why="业主大会决定", **by)
    body = record_committee(**recorded, **by)
    member = add_member(committee_id=body.pk, name="样例", office="member", since=day, **by)
    handover = open_handover(committee_id=body.pk, source="former", **by)
    course = open_formation(estate_id=estate.pk, kind="renewal", **by)
    # Who stands is known from the contest of these rows.
    for stage in ("due", "group"):
        upload = Upload("公告.jpg", photo()) if stage == "due" else None
        proof = Proof("街道的公告一份", upload)
        report_stage(formation_id=course.pk, stage=stage, day=day, proof=proof, **by)
    (inquiry,) = ask_departments(
        formation_id=course.pk, departments=["公安"], asked_on=timezone.localdate(now), **by
    )
    paper = course.reached.get(stage="due").evidence
    assert paper is not None
    return {
        "course": course.pk,
        "stage": "group",
        "inquiry": inquiry.pk,
        "proof_paper": paper.pk,
        "nominee": add_nominee(formation_id=course.pk, name="样例二", **by).pk,
        "body": body.pk,
        "bare_body": bare.pk,
        "member": member.pk,
        "of_member": "member",
        "of_nominee": "nominee",
        "of_candidate": "candidate",
        "handover": handover.pk,
        "handed": handover.items.all()[0].pk,
    }


def problems(place: Place) -> dict[str, int]:
    """A problem that is open, and one that was looked over."""
    found = {"found_on": timezone.localdate(), "deadline": timezone.localdate()}
    one, other = (reported(place.estate, at=timezone.now(), **found) for _n in range(2))
    today = {"day": timezone.localdate(), "at": timezone.now()}
    progressed(other, **today)
    closed(other, **today)
    return {
        "problem": one.pk,
        "problem_closed": other.pk,
        "problem_page": ProblemPage.objects.get().pk,
        "desk": place.district.pk,
    }


def put_duties(estate: Estate) -> dict[str, Any]:
    """The committee decided something and keeps its archive; and a report about it."""
    now, today = timezone.now(), timezone.localdate()
    committee = estate.committees.get(ended_on=None)
    by = By("user:0", "organiser")
    event = record_occasion(
        committee_id=committee.pk, duty="decision", day=today - timedelta(days=9),
        shown=Shown("例会", None, "o"), by=by, at=now,
    )  # fmt: skip
    deed = record_done(
        committee_id=committee.pk, duty="archive", occasion_id=None, day=today,
        shown=Shown("整理档案", voucher("archive"), "d"), by=by, at=now,
    )  # fmt: skip
    breach = report_breach(
        estate_id=estate.pk, reported=Reported(4, None, "visit"),
        told=OwnerSaid("公章不知在谁手里", None, "b"), by=By("user:0", "street_office"), at=now,
    )  # fmt: skip
    return {
        "on_occasion": "decision",
        "standing_duty": "archive",
        "occasion": event.pk,
        "deed": deed.pk,
        "breach": breach.pk,
    }


def put_reports(place: Place) -> dict[str, Any]:
    """A district's report that is being drawn up, and one that was handed in."""
    now, today = timezone.now(), timezone.localdate()
    make_profile("national", **{"reports.monthly_day": 3})
    ended = last_ended(today)
    before = last_ended(ended)
    common = {
        "authority": place.district, "above": place.district.parent, "kind": "monthly",
        "due_on": ended + timedelta(days=3), "clause": "测试条款", "version": 1, "text": "无",
        "figures": {"rows": [{"name": "样例", "values": {"estates": 1}}], "below": []},
        "drafted_by": "user:0", "drafted_at": now, "edited_by": "user:0",
    }  # fmt: skip
    paper = Document.objects.create(
        code="7K4M2QXH9T4Z", number="样例报〔2026〕1号", kind="authority_report", title="月报",
        authority=place.district, pdf=PDF, sha256="3" * 64, facts=b"{}", signer="样例",
        facts_sha256="4" * 64, issued_at=now, is_public=False,
    )  # fmt: skip
    to_above = Report.objects.create(
        **common, first=ended.replace(day=1), last=ended, as_of=ended
    )
    handed_in = Report.objects.create(
        **common, first=before.replace(day=1), last=before, as_of=before, state="handed_in",
        signed_by="user:2", signed_at=now, handed_in_by="user:0", handed_in_at=now,
        document=paper,
    )  # fmt: skip
    return {
        "district": place.district.pk,
        "report_kind": "monthly",
        "report_last": ended.isoformat(),
        "to_above": to_above.pk,
        "handed_in": handed_in.pk,
    }


def counted(estate: Estate, policy: str) -> Session:
    """A resolved session in which party 1 voted; named, its ballots are opened."""
    session = announced(estate, days_ago=28, opening_policy=policy)
    vote = Vote(session, read_spool(session.code) or {})
    vote.cast(1, [FOR], at=session.opens_at)
    vote.count(at=timezone.now())
    if policy == "named":
        open_ballots(session_id=session.pk, at=timezone.now())
    # The paper itself is not looked at here, and takes long to render.
    Session.objects.filter(pk=session.pk).update(state="resolved")
    session.refresh_from_db()
    return session


def answer(town: Town, who: str, path: str, *, post: bool = False) -> Any:
    """The response to one request by one person; whatever it changed is undone."""
    client = Client(raise_request_exception=True)
    if who != "anonymous":
        client.cookies = deepcopy(signed_in(town, who))
    before = transaction.savepoint()
    try:
        return client.post(path) if post else client.get(path)
    finally:
        transaction.savepoint_rollback(before)


def signed_in(town: Town, who: str) -> SimpleCookie:
    """The cookies of a person, who signs in once: what a request changes of it is undone."""
    if who not in town.cookies:
        client = Client()
        client.force_login(
            town.person(who), backend="django.contrib.auth.backends.ModelBackend"
        )
        town.cookies[who] = client.cookies
    return town.cookies[who]


def expected(row: Row, who: str) -> int:
    if who in row.may:
        return row.status
    if who in row.refused:
        return REFUSED
    return MOVED if who == "anonymous" else NOT_FOUND


@pytest.mark.parametrize("part", range(PARTS))
def test_every_role_gets_what_the_table_says(
    town: Town, arguments: dict[str, Any], part: int
) -> None:
    for who in SIGNED_IN:
        town.person(who)
    wrong = []
    for row in TABLE[part::PARTS]:
        path = reverse(row.name, args=[arguments[name] for name in row.args])
        for who in PEOPLE:
            got = answer(town, who, path, post=row.post)
            login = got.status_code == MOVED and got.headers["Location"].startswith(
                "/accounts/"
            )
            if got.status_code != expected(row, who) or login is not (who == "anonymous"):
                wrong.append((row.name, row.args, row.post, who, got))
    assert wrong == []


def test_sign_in_pages_know_only_in_and_out(town: Town) -> None:
    wrong = []
    for who in ("anonymous", "stranger", "organiser", "operator"):
        inside = who != "anonymous"
        for name in ENTRANCE:
            if answer(town, who, reverse(name)).status_code != (MOVED if inside else OK):
                wrong.append((name, who))
        for name in OWN_PAGES:
            got = answer(town, who, reverse(name))
            to_login = got.status_code == MOVED and "/login/" in got.headers["Location"]
            if to_login is inside:
                wrong.append((name, who))
        for name in OWN_KEYS:
            got = answer(town, who, reverse(name, args=[1]))
            # Signed in, it has to be one's own; and the password is asked for again.
            if got.status_code not in ((MOVED, NOT_FOUND, METHOD) if inside else (MOVED,)):
                wrong.append((name, who))
        for name in [*MIDWAY, *PUBLIC_ENTRANCE]:
            if answer(town, who, reverse(name)).status_code >= 500:
                wrong.append((name, who))
    assert wrong == []


def test_public_pages_are_the_same_for_everybody(town: Town, arguments: dict[str, Any]) -> None:
    wrong = []
    for name, args in PUBLIC.items():
        path = reverse(name, args=[arguments[arg] for arg in args])
        answers = {
            who: answer(town, who, path).status_code
            for who in ("anonymous", "stranger", "organiser", "street_office", "operator")
        }
        if len(set(answers.values())) != 1 or max(answers.values()) >= 500:
            wrong.append((name, answers))
    assert wrong == []


def test_the_gate_holds_for_an_address_without_a_check_of_its_own(client: Client) -> None:
    answer = client.get("/staff/registry/anything?x=1")
    assert answer.status_code == MOVED
    assert answer.headers["Location"].startswith("/accounts/login/?next=%2Fstaff%2Fregistry")


def test_the_table_shows_that_a_foreign_place_and_none_look_alike(
    town: Town, arguments: dict[str, Any]
) -> None:
    foreign = answer(town, "organiser", reverse("staff:estate", args=[town.there.estate.code]))
    nowhere = answer(town, "organiser", reverse("staff:estate", args=["ZZZZZZZZ"]))
    assert foreign.status_code == nowhere.status_code == NOT_FOUND
    assert plain(foreign, town.there.estate.code) == plain(nowhere, "ZZZZZZZZ")


def plain(page: Any, code: str) -> str:
    """A page without what differs by nature: its own address, and form tokens."""
    return re.sub(r'value="\w{64}"', "", page.content.decode().replace(code, ""))
