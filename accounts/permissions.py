"""Who may do what, where: one readable table, and the only ways to a place.

A grant names a role for one estate, or for one authority and everything below it in the
tree of authorities. A place without a grant does not exist for the person asking: every
function here answers a stranger with 404, never 403.
"""

from collections.abc import Sequence
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.factors import OFFICIAL_ROLES
from accounts.held import Visitor as Visitor  # named by whoever asks here
from accounts.held import held_by, in_force, today
from registry.models import Authority, Estate
from registry.selectors import AUTHORITY_DEPTH, authority_chain


class Permission(StrEnum):
    """One thing a person may do at a place."""

    MANAGE_ROLL = "manage_roll"  # import, correct and waive; sees names and numbers
    MANAGE_SESSION = "manage_session"  # draft, announce, cancel
    PRINT_LETTERS = "print_letters"  # letters hold every owner's credential
    MAKE_LETTERS = "make_letters"  # in the platform's place: takes the roll, hands in keys
    VIEW_SESSION = "view_session"  # announced sessions: timeline, totals, result
    VIEW_DRAFT = "view_draft"  # before the announcement too
    VIEW_TURNOUT = "view_turnout"  # which rooms took part; never how
    SUPERVISE = "supervise"  # "why one head" list, board export
    PROPOSE_RULING = "propose_ruling"  # that a party's ballots shall not count
    DECIDE_RULING = "decide_ruling"  # on another person's proposal, in another role
    HANDLE_OBJECTION = "handle_objection"  # enter one at the office, answer it
    REVIEW = "review"  # reasons of law on a draft, for a number of working days
    ENTER_PAPER = "enter_paper"  # register envelopes; after the close, read sheets
    SETTLE_PAPER = "settle_paper"  # where two people read a sheet differently
    COUNT_BOX = "count_box"  # how many papers lay in the box; not who entered any
    ENTER_STANDIN = "enter_standin"  # authorities to vote and titles that came on paper
    CONFIRM_STANDIN = "confirm_standin"  # what another person entered
    ASSIST = "assist"  # operate the device for an owner, before two witnesses
    DELIVER = "deliver"  # note what happened to a letter at the door
    RECORD_STANDING = "record_standing"  # correction ordered, suspended, revoked
    WITNESS = "witness"  # countersign checkpoints of the board, with the authority's own key
    HANG_PAPERS = "hang_papers"  # record where and when papers hang, with photographs
    STAMP_PAPERS = "stamp_papers"  # link stamped scans; confirm those of another person
    KEEP_SEALS = "keep_seals"  # the register of seals: keepers and every use
    KEEP_ARCHIVE = "keep_archive"  # the bundle of a session, with its roll and its papers
    FILE_PAPERS = "file_papers"  # file what was decided with the street office
    RECEIVE_FILING = "receive_filing"  # take it in, or return it; never approve it
    LOOK_AT_BALLOTS = "look_at_ballots"  # of a named vote, one by one, each time logged
    ENTER_COURT_ORDER = "enter_court_order"  # that one ballot of a secret vote is opened
    CONFIRM_COURT_ORDER = "confirm_court_order"  # entered by another person, in another role
    KEEP_FUND = "keep_fund"  # special accounts, balances, statements; of an authority
    VIEW_REPAIR = "view_repair"  # requests, with their papers and history
    APPLY_FUND = "apply_fund"  # plan, draft, submit repairs; apply for the use of the fund
    FIND_EMERGENCY = "find_emergency"  # on site, with photographs: whether it is one
    DECIDE_EMERGENCY = "decide_emergency"  # to repair at once, without a vote
    CHECK_FUND = "check_fund"  # the street office's word on an application
    REVIEW_FUND = "review_fund"  # 代管: the authority's; orders correction under 自管
    DECIDE_FUND = "decide_fund"  # 自管: the committee's
    RELEASE_FUND = "release_fund"  # lists to the bank, its receipts, settlements
    VIEW_ACCOUNTS = "view_accounts"  # books of public revenue, with their papers
    KEEP_ACCOUNTS = "keep_accounts"  # enter money one's own body holds; close a period
    CHECK_ACCOUNTS = "check_accounts"  # what another body entered; publish it
    ANSWER_ACCOUNTS = "answer_accounts"  # questions of owners to what was published
    DISCLOSE_SERVICE = "disclose_service"  # prices, standards, ways to complain
    # Vouchers, photographs, files, people's own words and numbers: as they came, uncovered.
    READ_PAPERS = "read_papers"
    WATCH_ACCOUNTS = "watch_accounts"  # who is late; from when on an estate has to publish
    VIEW_REGISTER = "view_register"  # estates and their committees, rates, what is missing
    KEEP_REGISTER = "keep_register"  # report estates, hand registers in
    VIEW_COMMITTEE = "view_committee"  # of an estate: how far, which seats, counts; no names
    KEEP_FORMATION = "keep_formation"  # stages of forming a committee, with what proves them
    URGE_FORMATION = "urge_formation"  # remind of one that is past its deadline
    KEEP_MEMBERS = "keep_members"  # names, offices, party answers by consent, the handover
    KEEP_PROBLEMS = "keep_problems"  # the problem register: report, enter progress, correct
    CLOSE_PROBLEM = "close_problem"  # look over and close, move deadlines, open again
    WATCH_DUTIES = "watch_duties"  # what a committee has done of its duties
    KEEP_DUTIES = "keep_duties"  # enter what was done, with evidence; strike what shows nothing
    HANDLE_BREACH = "handle_breach"  # reports of what the list prohibits; they name people
    KEEP_REPORTS = "keep_reports"  # to the authority above; takes in those from below
    MANAGE_GRANTS = "manage_grants"  # invite people, grant and revoke roles
    LOOK_AS = "look_as"  # at somebody's pages, with a reason, without doing anything
    KEEP_HOLDS = "keep_holds"  # what a court or an authority wants kept is not deleted
    KEEP_INCIDENTS = "keep_incidents"  # of personal data; counts, never names
    TELL_BY_LETTER = "tell_by_letter"  # those of an incident whom no message reaches
    EXPORT_LOG = "export_log"  # acts of staff, to be audited; nothing else


_P = Permission
_SEES = frozenset({_P.VIEW_SESSION})
_WATCHES = _SEES | {_P.VIEW_DRAFT, _P.VIEW_TURNOUT, _P.SUPERVISE}
_RULES = frozenset({_P.PROPOSE_RULING, _P.DECIDE_RULING})
_PAPERS = frozenset({_P.ENTER_PAPER, _P.COUNT_BOX})
_SETTLES = frozenset({_P.SETTLE_PAPER, _P.COUNT_BOX})
_ON_THE_WALL = frozenset({_P.HANG_PAPERS, _P.STAMP_PAPERS, _P.KEEP_SEALS})
_COURT = frozenset({_P.ENTER_COURT_ORDER, _P.CONFIRM_COURT_ORDER})

_REPAIRS = frozenset({_P.VIEW_REPAIR, _P.APPLY_FUND})
# Under 自管 the committee decides and pays (165号令 23).
_COMMITTEES = _REPAIRS | {_P.DECIDE_EMERGENCY, _P.DECIDE_FUND, _P.RELEASE_FUND}

_KEEPS_REGISTER = frozenset({_P.VIEW_REGISTER, _P.KEEP_REGISTER})
_KEEPS_MEMBERS = frozenset({_P.VIEW_COMMITTEE, _P.KEEP_MEMBERS})
_KEEPS_FORMATION = _KEEPS_MEMBERS | {_P.KEEP_FORMATION}
_KEEPS_PROBLEMS = frozenset({_P.KEEP_PROBLEMS})
_CLOSES_PROBLEMS = _KEEPS_PROBLEMS | {_P.CLOSE_PROBLEM}
_KEEPS_DUTIES = frozenset({_P.WATCH_DUTIES, _P.KEEP_DUTIES})
_READS_ACCOUNTS = frozenset({_P.VIEW_ACCOUNTS, _P.READ_PAPERS})
_KEEPS_ACCOUNTS = _READS_ACCOUNTS | {_P.KEEP_ACCOUNTS, _P.DISCLOSE_SERVICE}
_CHECKS_ACCOUNTS = _READS_ACCOUNTS | {_P.CHECK_ACCOUNTS}

# An organiser does not supervise the own count: the two roles have separate rows, and
# whoever convenes on behalf of a street or residents' committee gets an organiser's grant.
# The property manager is a party to many votes and has no business in any of them; it applies
# for repairs, and keeps the accounts of the common income it holds.
ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    "organiser": _WATCHES
    | _PAPERS
    | {_P.MANAGE_ROLL, _P.MANAGE_SESSION, _P.PRINT_LETTERS, _P.PROPOSE_RULING}
    | {_P.HANDLE_OBJECTION, _P.ENTER_STANDIN, _P.DELIVER}
    | _ON_THE_WALL
    | {_P.KEEP_ARCHIVE, _P.FILE_PAPERS, _P.MAKE_LETTERS, _P.TELL_BY_LETTER}
    | {_P.ENTER_COURT_ORDER}
    | _COMMITTEES
    | _KEEPS_ACCOUNTS
    | _CHECKS_ACCOUNTS
    | {_P.ANSWER_ACCOUNTS}
    | _KEEPS_MEMBERS
    | _KEEPS_DUTIES,
    "supervisor": _WATCHES
    | _SETTLES
    | {_P.DECIDE_RULING, _P.CONFIRM_STANDIN, _P.STAMP_PAPERS}
    | {_P.LOOK_AT_BALLOTS, _P.CONFIRM_COURT_ORDER},
    "residents_committee": _WATCHES
    | _RULES
    | _PAPERS
    | _SETTLES
    | {_P.HANDLE_OBJECTION, _P.ENTER_STANDIN, _P.CONFIRM_STANDIN, _P.ASSIST, _P.DELIVER}
    | _ON_THE_WALL
    | {_P.MAKE_LETTERS}
    | _COURT
    | _REPAIRS
    | {_P.FIND_EMERGENCY}
    | _KEEPS_ACCOUNTS
    | _CHECKS_ACCOUNTS
    | {_P.ANSWER_ACCOUNTS, _P.WATCH_ACCOUNTS}
    | _KEEPS_REGISTER
    | _KEEPS_FORMATION
    | _KEEPS_PROBLEMS
    | _KEEPS_DUTIES,
    "street_office": _WATCHES
    | _RULES
    | _SETTLES
    | {_P.HANDLE_OBJECTION, _P.CONFIRM_STANDIN, _P.RECORD_STANDING, _P.REVIEW, _P.WITNESS}
    | {_P.STAMP_PAPERS, _P.KEEP_ARCHIVE, _P.RECEIVE_FILING, _P.MAKE_LETTERS}
    | _COURT
    | {_P.LOOK_AT_BALLOTS}
    | _REPAIRS
    | {_P.FIND_EMERGENCY, _P.DECIDE_EMERGENCY, _P.CHECK_FUND}
    | _CHECKS_ACCOUNTS
    | {_P.WATCH_ACCOUNTS}
    | _KEEPS_REGISTER
    | _KEEPS_FORMATION
    | {_P.URGE_FORMATION}
    | _CLOSES_PROBLEMS
    # What a committee did wrong, no body that is part of it or works with it looks into.
    | _KEEPS_DUTIES
    | {_P.HANDLE_BREACH},
    "bureau": _SEES
    | {_P.RECORD_STANDING, _P.WITNESS, _P.KEEP_FUND}
    | {_P.VIEW_REPAIR, _P.REVIEW_FUND, _P.RELEASE_FUND}
    # Of emergencies, only what a street office overslept comes up to a bureau.
    | {_P.FIND_EMERGENCY, _P.DECIDE_EMERGENCY}
    | _READS_ACCOUNTS
    | {_P.WATCH_ACCOUNTS, _P.VIEW_COMMITTEE, _P.URGE_FORMATION}
    | _KEEPS_REGISTER
    | _CLOSES_PROBLEMS
    | {_P.WATCH_DUTIES, _P.HANDLE_BREACH, _P.KEEP_REPORTS},
    "property_manager": _REPAIRS | _KEEPS_ACCOUNTS,
    "operator": frozenset({_P.MANAGE_GRANTS, _P.KEEP_HOLDS, _P.KEEP_INCIDENTS, _P.LOOK_AS}),
    # Whoever audits does nothing else, so that there is nothing of theirs to audit.
    "auditor": frozenset({_P.EXPORT_LOG}),
}


def roles_with(permission: Permission) -> list[str]:
    """The roles whose row in the table holds `permission`."""
    return [role for role, granted in ROLE_PERMISSIONS.items() if permission in granted]


# Pages that name people, or say what they did: shown to nobody who looks through another
# person's eyes, for the operator has no business with owners (PIPL 6), and opened by no
# operator alone (`takes_two`). Which addresses are shown: portal/looking_pages.py.
NAMES_PEOPLE = frozenset(
    {_P.MANAGE_ROLL, _P.PRINT_LETTERS, _P.MAKE_LETTERS, _P.VIEW_TURNOUT, _P.SUPERVISE}
    | {_P.HANDLE_OBJECTION, _P.ENTER_PAPER, _P.SETTLE_PAPER, _P.ENTER_STANDIN, _P.ASSIST}
    | {_P.CONFIRM_STANDIN, _P.DELIVER, _P.KEEP_ARCHIVE, _P.LOOK_AT_BALLOTS, _P.KEEP_FUND}
    | {_P.ENTER_COURT_ORDER, _P.CONFIRM_COURT_ORDER, _P.KEEP_MEMBERS, _P.HANDLE_BREACH}
    | {_P.PROPOSE_RULING, _P.DECIDE_RULING, _P.MANAGE_GRANTS, _P.KEEP_HOLDS, _P.LOOK_AS}
    | {_P.EXPORT_LOG, _P.KEEP_INCIDENTS, _P.TELL_BY_LETTER, _P.KEEP_FORMATION, _P.READ_PAPERS}
)


def takes_two(role: str, *, has_roll: bool) -> bool:
    """Whether a grant of `role` waits for a second operator (decisions/0122).

    One person alone makes nobody an official, and opens to nobody the owners of a place
    that `has_roll`: whoever gives the key and holds it would read every name. By the one set
    that is shut while looking, or a friend's role would open what one's own eyes may not see.
    """
    return role in OFFICIAL_ROLES or (has_roll and bool(ROLE_PERMISSIONS[role] & NAMES_PEOPLE))


def seconded_with_roll() -> list[str]:
    """The roles that one operator gives alone as long as nobody is on a roll there."""
    return [
        role
        for role in ROLE_PERMISSIONS
        if takes_two(role, has_roll=True) and not takes_two(role, has_roll=False)
    ]


def _hidden(user: Visitor) -> frozenset[Permission]:
    return NAMES_PEOPLE if getattr(user, "is_looked_at", False) else frozenset()


def _places(user: Visitor, permission: Permission) -> list[tuple[int | None, int | None]]:
    """(estate, authority) of the grants in force that carry `permission`."""
    if permission in _hidden(user):
        return []
    roles = roles_with(permission)
    return [(one.estate, one.authority) for one in held_by(user) if one.role in roles]


def roles_carrying(user: Visitor, permission: Permission) -> list[str]:
    """The roles `user` holds today, wherever, that carry `permission`."""
    carrying = roles_with(permission)
    return [one.role for one in held_by(user) if one.role in carrying]


def estates_alone(user: Visitor, permission: Permission) -> list[int]:
    """Estates for which a grant with `permission` names the estate itself."""
    return [estate for estate, _above in _places(user, permission) if estate is not None]


def everywhere(user: Visitor, permission: Permission) -> bool:
    """Whether a grant with `permission` names no place, but the whole platform."""
    return (None, None) in _places(user, permission)


def estates_for(user: Visitor, permission: Permission) -> QuerySet[Estate]:
    """All estates where `user` has `permission`, directly or through an authority."""
    # A person has few grants: read first, they leave the query small, or nothing to ask.
    return _estates_of(_places(user, permission))


def estates_by_role(user: Visitor) -> dict[str, QuerySet[Estate]]:
    """The roles `user` holds today, each with all estates where it is held; one query."""
    held: dict[str, list[tuple[int | None, int | None]]] = {}
    for role, estate, authority in held_by(user):
        held.setdefault(role, []).append((estate, authority))
    return {role: _estates_of(places) for role, places in held.items()}


def _estates_of(held: Sequence[tuple[int | None, int | None]]) -> QuerySet[Estate]:
    authorities = [authority for _estate, authority in held if authority]
    here = Q(pk__in=[estate for estate, _authority in held if estate])
    return Estate.objects.filter(here | _below(authorities, "authority__"))


def authorities_reached(user: Visitor, permission: Permission) -> QuerySet[Authority]:
    """The authorities existing today where `user` holds `permission`, and all below them."""
    # Whether those held exist today, `_below` asks too.
    held = [above for _estate, above in _places(user, permission) if above is not None]
    return Authority.objects.filter(_below(held, ""))


def _below(authorities: Sequence[int], prefix: str) -> Q:
    """What stands under one of these; `prefix` leads to the authority a row belongs to."""
    alive, reached = Q(), Q(pk__in=[])
    for level in range(AUTHORITY_DEPTH if authorities else 0):
        # An authority that no longer exists hands nothing down, and nothing passes it.
        path = prefix + "parent__" * level
        alive &= in_force(path)
        reached |= alive & Q(**{f"{path}pk__in": authorities})
    return reached


def authorities_for(user: Visitor, permission: Permission) -> QuerySet[Authority]:
    """The authorities existing today for which `user` holds a grant with `permission`."""
    held = [above for _estate, above in _places(user, permission) if above is not None]
    return Authority.objects.filter(in_force(""), pk__in=held).order_by("pk")


def places_of(user: Visitor) -> QuerySet[Estate]:
    """All estates where `user` has any business, for worklists and menus."""
    return estates_for(user, Permission.VIEW_SESSION)


def estate_for(user: Visitor, code: str, permission: Permission) -> Estate:
    """The estate of that code; Http404 unless `user` has `permission` there."""
    refuse_strange(code)
    estate = (
        estates_for(user, permission)
        .select_related("division", "authority__parent__parent__parent__parent")
        .filter(code=code)
        .first()
    )
    if estate is None:
        raise Http404
    return estate


def refuse_strange(code: str) -> None:
    """Http404 for what no code looks like: PostgreSQL fails on a zero byte, say."""
    if not (code.isascii() and code.isalnum()):
        raise Http404


def has_permission(user: Visitor, permission: Permission) -> bool:
    """Whether any grant in force carries `permission`, wherever it holds."""
    return bool(_places(user, permission))


def require(user: Visitor, permission: Permission) -> None:
    """Http404 unless `has_permission`: for pages that belong to no single place."""
    if not has_permission(user, permission):
        raise Http404


def permissions_at(user: Visitor, estate: Estate) -> frozenset[Permission]:
    """Everything `user` may do at `estate`; to show or hide links.

    One query where the estate came from `estate_for`, which fetches the line above it.
    """
    held = frozenset[Permission]().union(
        *(ROLE_PERMISSIONS[one] for one in roles_at(user, estate))
    )
    return held - _hidden(user)


def roles_at(user: Visitor, estate: Estate) -> list[str]:
    """The roles `user` holds for `estate` today, in the table's order."""
    line = set(_authority_line(estate))
    held = {
        role
        for role, at_estate, at_authority in held_by(user)
        if at_estate == estate.pk or at_authority in line
    }
    return [role for role in ROLE_PERMISSIONS if role in held]


def _authority_line(estate: Estate) -> list[int]:
    """The estate's authority and those above it, as far as all of them exist today."""
    line: list[int] = []
    now = today()
    for authority in authority_chain(estate):
        ended = authority.valid_to is not None and authority.valid_to < now
        if ended or authority.valid_from > now:
            break
        line.append(authority.pk)
    return line
