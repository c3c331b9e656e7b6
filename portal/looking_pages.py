"""Which pages an operator may see through another person's eyes: those listed, no other.

Shown is where a support question is answered: what is due, which places and votes somebody
has, how far a thing is, blank forms. Shut is whatever may hold a person's name, number, own
words, photograph, scan, file, or the balance of a flat, before anybody covered it
(`accounts.permissions.NAMES_PEOPLE`, PIPL 6). An address that nobody has thought of is shut.
tests/permissions/test_looking.py wants each to be in one of two lists.
"""

_STAFF = (
    "home", "estates", "estate", "roles", "own_roles", "lend_role", "take_back", "look_away",
    # Accounts: what is kept, since when, how far; blank forms. No entry, paper or question.
    "accounts", "accounts_estate", "period", "book_year", "book_new", "book_split",
    "source_new", "contract_new", "question_new", "disclosures", "disclosure_new", "entry_new",
    "late", "late_csv", "enrol",
    # Registers of authorities: figures, estates; no person in charge.
    "formation", "formation_months", "formation_divisions", "party_shares", "unreported",
    "overview", "register", "register_blank", "register_new", "register_found",
    "register_move", "register_move_all", "dispatch", "reports",
    "formations", "formation_course", "estate_committee",
    "problems", "problem_choose", "problem_items", "problem_new",
    "duties_overdue", "duty_occasion", "duty_done",
    # Votes: what is asked, by which rules, how far. Candidates only once announced.
    "session", "session_new", "session_edit", "motion_new", "motion_edit", "motion_remove",
    "silence", "election_new", "announce", "cancel", "wording", "extension",
    "standing", "witness_key", "witnesses", "witness", "posting_places",
    # Repairs and the fund: lists, blank forms.
    "repairs", "repair_new", "repair_plan", "plan_item_new", "plan_item", "plan_item_drop",
    "emergencies", "emergency_new", "fund_reviews", "fund_filed", "fund_payments",
    "office_phone",
)  # fmt: skip

SHOWN = frozenset(f"staff:{name}" for name in _STAFF)
