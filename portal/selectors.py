"""Reads that combine apps: the ways to a session, and what lies on whose desk."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Job, User
from accounts.permissions import (
    ROLE_PERMISSIONS,
    Permission,
    Visitor,
    estates_by_role,
    estates_for,
    places_of,
    refuse_strange,
)
from core.deadlines import local_day, publicity_end, start_of
from core.numbers import number_in
from disclosures.selectors.public import KINDS as BOOK_KINDS
from disclosures.selectors.waiting import desk_of, due_of
from documents.models import Document, Posting, PostingPhoto, PostingPlace
from documents.wording import period
from funds.models import RepairRequest
from funds.selectors.emergencies import open_emergencies
from funds.selectors.reviewing import waiting_for, worklist
from funds.selectors.waiting import Places, money_waiting, spoken_for
from portal.committee_tasks import committee_tasks
from portal.incident_tasks import letter_tasks
from portal.operator_tasks import operator_tasks
from portal.own.tasks import own_tasks
from portal.report_tasks import report_tasks
from portal.sentences import said
from registry.domain.rooms import natural
from registry.models import Authority, Estate, RollImport, Unit
from voting.forms.staff import Door
from voting.models import (
    BoxCount,
    Objection,
    Party,
    PreliminaryResult,
    RollPosting,
    Ruling,
    Session,
)
from voting.selectors import (
    days_of,
    extension_of,
    open_filings,
    phase,
    preliminary_of,
    reviews_under_way,
)

# A finished session stays on the worklist so long, so that its resolution gets posted.
RECENT = timedelta(days=30)
FUND_TASKS = 20


def _walls(field: str) -> Subquery:
    """At how many places the paper in this field of a session was hung."""
    hung = Posting.objects.filter(document=OuterRef(field), place__is_active=True)
    counted = hung.order_by().values("document").annotate(n=Count("place", distinct=True))
    return Subquery(counted.values("n"))


_PLACES = Subquery(
    PostingPlace.objects.filter(estate=OuterRef("estate"), is_active=True)
    .order_by()
    .values("estate")
    .annotate(n=Count("pk"))
    .values("n")
)
_ROLL = RollPosting.objects.filter(session=OuterRef("pk")).order_by("-pk")
_PRELIMINARY = PreliminaryResult.objects.filter(session=OuterRef("pk")).order_by("-version")
_BOXED = BoxCount.objects.filter(session=OuterRef("pk"), state="sealed")
_DISPUTED = Ruling.objects.filter(session=OuterRef("pk"), state="proposed")


class Task(NamedTuple):
    """One thing to do: where, what, on whose desk, until when."""

    estate: Estate | Authority | None  # None: the platform
    what: str
    desk: str
    url: str
    due: datetime | None = None
    mine: bool = False


def session_for(user: Visitor, code: str, permission: Permission) -> Session:
    """The session of that code; Http404 unless `user` has `permission` at its estate.

    A draft, and a session called off, exist only for those who may see drafts.
    """
    refuse_strange(code)
    session = (
        Session.objects.filter(estate__in=estates_for(user, permission), code=code.upper())
        .select_related("estate__authority__parent__parent__parent__parent", "estate__division")
        .select_related("letters_job", "resolution", "notice", "board")
        .first()
    )
    if session is None:
        raise Http404
    hidden = session.state == "draft" or not session.manifest
    if hidden and permission is Permission.VIEW_SESSION:
        return session_for(user, code, Permission.VIEW_DRAFT)
    return session


def document_for(user: Visitor, code: str, permission: Permission) -> Document:
    """The paper of that code, without its bytes; Http404 unless `user` has `permission` at
    its estate."""
    refuse_strange(code)
    document = (
        Document.objects.filter(estate__in=estates_for(user, permission), code=code.upper())
        .select_related("estate__authority__parent__parent__parent__parent")
        .defer("pdf", "facts")
        .first()
    )
    if document is None:
        raise Http404
    return document


def posting_for(user: Visitor, pk: int, permission: Permission) -> Posting:
    """The posting with its photographs; Http404 unless `user` has `permission` there."""
    posting = (
        Posting.objects.filter(pk=pk, document__estate__in=estates_for(user, permission))
        .select_related("document__estate__authority__parent__parent__parent__parent", "place")
        .prefetch_related(Prefetch("photos", PostingPhoto.objects.defer("content")))
        .defer("document__pdf", "document__facts")
        .first()
    )
    if posting is None:
        raise Http404
    return posting


def names_of(actors: Iterable[str]) -> Mapping[str, str]:
    """What people are called, by how logs name them ("user:7")."""
    wanted = {actor: actor.removeprefix("user:") for actor in actors}
    keys = [pk for key in wanted.values() if (pk := number_in(key))]
    found = {str(user.pk): str(user) for user in User.objects.filter(pk__in=keys)}
    return {actor: found.get(key, actor) for actor, key in wanted.items()}


def objection_for(user: Visitor, pk: int, permission: Permission) -> Objection:
    """The objection; Http404 unless `user` has `permission` at its estate."""
    found = (
        Objection.objects.filter(pk=pk, estate__in=estates_for(user, permission))
        .select_related("estate__authority__parent__parent__parent__parent", "session__board")
        .select_related("party", "unit", "ruling")
        .defer("content", "ruling__content")
        .first()
    )
    if found is None:
        raise Http404
    return found


def job_for(user: Visitor, pk: int) -> Job:
    """A job of an estate where `user` may print letters; else Http404."""
    job = (
        Job.objects.filter(pk=pk, estate__in=estates_for(user, Permission.PRINT_LETTERS))
        .select_related("estate")
        .first()
    )
    if job is None:
        raise Http404
    return job


def estates_page(user: Visitor, search: str = "") -> QuerySet[Estate]:
    """The estates `user` has business with, by name, with what is running there."""
    found = places_of(user).select_related("division", "authority")
    if search:
        found = found.filter(
            Q(name__icontains=search)
            | Q(small_names__icontains=search)
            | Q(code=search.upper())
        )
    return found.annotate(
        running=Count(
            "sessions", filter=Q(sessions__state__in=["frozen", "closed", "counted"])
        ),
        resolved=Count("sessions", filter=Q(sessions__state="resolved")),
    ).order_by("name", "pk")


def living_authorities(day: datetime) -> QuerySet[Authority]:
    """The authorities that exist on a day, from the city down."""
    on = local_day(day)
    return (
        Authority.objects.filter(valid_from__lte=on)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on))
        .select_related("parent")
        .order_by("division_id", "name")
    )


def doors_of(estate: Estate) -> list[Door]:
    """The buildings of an estate with their entrances, in walking order."""
    rows = (
        Unit.objects.filter(estate=estate, is_active=True)
        .values_list("building", "building__name", "entrance")
        .distinct()
    )
    doors: dict[tuple[int, str], set[str]] = defaultdict(set)
    for building, name, entrance in rows:
        doors[building, name].add(entrance)
    return [
        Door(building, name, tuple(sorted(entrances, key=natural)))
        for (building, name), entrances in sorted(
            doors.items(), key=lambda door: natural(door[0][1])
        )
    ]


def worklist_for(user: Visitor, at: datetime) -> list[Task]:
    """Everything that waits for somebody in the places of `user`, the most urgent first."""
    inside = estates_for(user, Permission.VIEW_DRAFT)
    organises = set(estates_for(user, Permission.MANAGE_SESSION).values_list("pk", flat=True))
    places = estates_by_role(user)
    tasks = [
        *_roll_tasks(inside, organises),
        *_objection_tasks(user, inside, organises, at),
        *_session_tasks(user, inside, organises, at),
        *_review_tasks(user, inside, at),
        *_filing_tasks(user, organises),
        *_emergency_tasks(user),
        *_fund_tasks(user, at),
        *_repair_tasks(user, places),
        *_money_tasks(user, places),
        *_account_tasks(user, places, at),
        *(Task(*one) for one in own_tasks(places, f"user:{user.pk}", FUND_TASKS)),
        *(Task(*one) for one in operator_tasks(user, at)),
        *(Task(*one) for one in letter_tasks(user, places.keys())),
        *(Task(*one) for one in committee_tasks(places, local_day(at), FUND_TASKS)),
        *(
            Task(*one)
            for one in report_tasks(user, places.keys(), f"user:{user.pk}", local_day(at))
        ),
    ]
    far = at + timedelta(days=36500)
    return sorted(
        tasks,
        key=lambda task: (
            not task.mine,
            task.due or far,
            task.estate.name if task.estate else "",
        ),
    )


def _roll_tasks(inside: QuerySet[Estate], organises: set[int]) -> Iterator[Task]:
    # Subqueries, not joins: units times findings would be counted many times over.
    living = Unit.objects.filter(estate=OuterRef("pk"), is_active=True)
    waiting = RollImport.objects.filter(estate=OuterRef("pk"), state="previewed")
    counted = inside.annotate(
        has_roll=Exists(living),
        has_import=Exists(waiting),
        open_findings=Count("findings", filter=Q(findings__state="open")),
    ).filter(Q(has_roll=False) | Q(has_import=True) | Q(open_findings__gt=0))
    for estate in counted:
        mine = estate.pk in organises
        # Whoever does not manage the roll has no page of it to go to.
        page, findings = ("roll:home", "roll:findings") if mine else ("staff:estate",) * 2

        def task(what: str, name: str, at: Estate = estate, own: bool = mine) -> Task:
            return Task(at, what, _("组织者"), reverse(name, args=[at.code]), None, own)

        if estate.has_import:
            yield task(_("名册导入等待确认"), page)
        elif not estate.has_roll:
            yield task(_("名册还是空的：先导入业主名册"), page)
        if estate.open_findings:
            what = _("名册有%(n)d处要解决或说明") % {"n": estate.open_findings}
            yield task(what, findings)


def _fund_tasks(user: Visitor, at: datetime) -> Iterator[Task]:
    """Applications for the fund on this person's desks; the page of reviews has them all."""
    for one in worklist(list(waiting_for(user)[:FUND_TASKS]), at=at):
        what = _("审核维修资金的使用：%(title)s") % {"title": one.request.title}
        url = reverse("staff:fund_review", args=[one.request.code])
        desk = said(one.request.desk_name)
        yield Task(one.request.estate, what, desk, url, one.request.desk_due_at, mine=True)


def _emergency_tasks(user: Visitor) -> Iterator[Task]:
    """Emergencies that somebody has to look at on site, or to decide on."""
    waiting = open_emergencies(estates_for(user, Permission.VIEW_REPAIR))
    found = list(waiting.filter(desk__in=("finding", "decision"))[:FUND_TASKS])
    acting = {"finding": Permission.FIND_EMERGENCY, "decision": Permission.DECIDE_EMERGENCY}
    mine = {
        desk: set(estates_for(user, acting[desk]).values_list("pk", flat=True))
        for desk in {one.desk for one in found}
    }
    for one in found:
        what = _("应急维修：%(title)s") % {"title": one.title}
        url = reverse("staff:emergency", args=[one.code])
        own = one.estate_id in mine[one.desk]
        yield Task(one.estate, what, said(one.desk_name), url, one.desk_due_at, own)


def _review_tasks(user: Visitor, inside: QuerySet[Estate], at: datetime) -> Iterator[Task]:
    """Drafts before the street office: until when, and for how long already."""
    mine = set(estates_for(user, Permission.REVIEW).values_list("pk", flat=True))
    for review in reviews_under_way(at).filter(session__estate__in=inside):
        session = review.session
        what = _("看草稿，只提法律意见，已%(day)s天：%(title)s") % {
            "day": days_of(review, at),
            "title": session.title,
        }
        url = reverse("staff:review", args=[session.code])
        own = session.estate_id in mine
        yield Task(session.estate, what, _("街道"), url, review.ends_at, own)


def _objection_tasks(
    user: Visitor, inside: QuerySet[Estate], organises: set[int], at: datetime
) -> Iterator[Task]:
    """Objections nobody has answered or ruled on; overdue, they are the street office's too."""
    street = set(estates_for(user, Permission.RECORD_STANDING).values_list("pk", flat=True))
    waiting = (
        Objection.objects.filter(estate__in=inside, state__in=("open", "disputed", "proposed"))
        .select_related("estate", "session")
        .only("estate", "number", "state", "not_mine", "due_at", "session__title")
    )
    words = {
        "open": _("第%(n)s号异议等答复：%(title)s"),
        "disputed": _("第%(n)s号异议等两人裁定：%(title)s"),
        "proposed": _("第%(n)s号异议的裁定等第二人：%(title)s"),
    }
    for one in waiting.order_by("-not_mine", "due_at"):
        late = at >= one.due_at
        title = one.session.title if one.session else _("业主名册")
        what = words[one.state] % {"n": one.number, "title": title}
        if one.not_mine:
            what = _("“这不是我投的”：%(what)s") % {"what": what}
        desk = _("街道") if late else _("组织者") if one.state == "open" else _("裁定人")
        mine = one.estate_id in (street if late else organises if one.state == "open" else ())
        yield Task(
            one.estate, what, desk, reverse("staff:objection", args=[one.pk]), one.due_at, mine
        )
    undecided = Ruling.objects.filter(
        session__estate__in=inside, state="proposed", due_at__lte=at
    ).select_related("session__estate")
    for ruling in undecided.defer("content"):
        session = ruling.session
        yield Task(
            session.estate,
            _("裁定逾期没有决定：%(title)s") % {"title": session.title},
            _("街道"),
            reverse("staff:ruling", args=[session.code, ruling.pk]),
            ruling.due_at,
            session.estate_id in street,
        )


def _session_tasks(
    user: Visitor, inside: QuerySet[Estate], organises: set[int], at: datetime
) -> Iterator[Task]:
    visible = (
        Session.objects.filter(estate__in=places_of(user))
        .exclude(state="cancelled")
        .exclude(state="resolved", closes_at__lt=at - RECENT)
        .select_related("estate", "letters_job")
        .annotate(outside=F("letter_maker__pk"))
        .annotate(tallied_at=F("ceremony__tallied_at"), disputed=Exists(_DISPUTED))
        .annotate(boxed=Exists(_BOXED))
        .annotate(
            roll_id=Subquery(_ROLL.values("document")[:1]),
            extended_id=F("extension__document"),
            preliminary_id=Subquery(_PRELIMINARY.values("document")[:1]),
        )
        .annotate(places=_PLACES, notices=_walls("notice"), resolutions=_walls("resolution"))
        .annotate(rolls=_walls("roll_id"), extendeds=_walls("extended_id"))
        .annotate(preliminarys=_walls("preliminary_id"))
        .annotate(opened=F("openings"))
        .defer("manifest", "profile")
    )
    drafts = set(inside.values_list("pk", flat=True))
    sessions = [one for one in visible if one.state != "draft" or one.estate_id in drafts]
    # A city has many sessions with thousands of parties; only of open ones are they counted.
    running = [one.pk for one in sessions if phase(one, at) == "open"]
    counted: dict[int, Mapping[str, object]] = {
        row["session"]: row
        for row in Party.objects.filter(session__in=running)
        .values("session")
        .annotate(heads=Count("pk"), voted=Count("pk", filter=Q(ballots__gt=0)))
    }
    watched = set(estates_for(user, Permission.SUPERVISE).values_list("pk", flat=True))
    for session in sessions:
        mine, watches = session.estate_id in organises, session.estate_id in watched
        yield from _tasks_of(session, mine, watches, counted.get(session.pk, {}), at)
        yield from _wall_tasks(session, mine, watches, at)
        yield from _opening_tasks(session, watches)


def _page_of(session: Session, name: str, opens: bool) -> str:
    """The page of a task, or of its session for whom that page does not open."""
    return reverse(f"staff:{name}" if opens else "staff:session", args=[session.code])


def _tasks_of(
    session: Session, mine: bool, watches: bool, counted: Mapping[str, object], at: datetime
) -> Iterator[Task]:
    url = _page_of(session, "session", True)
    organiser = _("组织者")
    now = phase(session, at)
    said = {"title": session.title, **counted}

    def task(what: str, desk: str, due: datetime | None, to: str = url) -> Task:
        return Task(session.estate, what % said, desk, to, due, mine and desk == organiser)

    if now == "draft":
        yield task(_("完成草稿：%(title)s"), organiser, session.opens_at)
    elif now in ("announced", "open"):
        done = session.letters_job is not None and session.letters_job.state == "done"
        if not (done or session.outside):  # type: ignore[attr-defined]
            letters = _page_of(session, "letters", mine)
            yield task(_("打印通知书：%(title)s"), organiser, session.opens_at, letters)
        if now == "announced":
            yield task(_("公告期，等待开始：%(title)s"), _("按时间自动开始"), session.opens_at)
        else:
            yield task(
                _("表决中，已参加%(voted)s／%(heads)s：%(title)s"),
                _("业主"),
                session.closes_at,
            )
    elif now == "closed" and session.tallied_at:  # type: ignore[attr-defined]
        yield task(_("等待保管人开票：%(title)s"), _("开票钥匙保管人"), None)
    elif now == "closed" and session.disputed:  # type: ignore[attr-defined]
        yield task(_("有裁定等第二人决定：%(title)s"), _("监票人、居委会、街道"), None)
    elif now == "closed" and session.paper and not session.boxed:  # type: ignore[attr-defined]
        papers = _page_of(session, "paper", watches)
        yield task(_("录入纸质票，点清票箱：%(title)s"), organiser, None, papers)
    elif now in ("closed", "counted"):
        yield task(*_waiting(session, now))


def _waiting(session: Session, now: str) -> tuple[str, str, datetime | None]:
    """What the clock will do next, on whose desk it lies till then, and when."""
    posted = preliminary_of(session) if now == "counted" else None
    if posted is not None:
        return _("初步统计结果公示中：%(title)s"), _("业主"), posted.until
    what = _("等待计票：%(title)s") if now == "closed" else _("等待出决议：%(title)s")
    return what, _("系统"), session.closes_at


def _opening_tasks(session: Session, watches: bool) -> Iterator[Task]:
    """Trustees are waited for to open the ballots of a named vote."""
    counted = session.state in ("counted", "resolved") and session.tallied_at  # type: ignore[attr-defined]
    if counted and session.opening_policy == "named" and session.opened is None:  # type: ignore[attr-defined]
        what = _("等待保管人打开记名票：%(title)s") % {"title": session.title}
        url = _page_of(session, "openings", watches)
        yield Task(session.estate, what, _("开票钥匙保管人"), url)


def _wall_tasks(session: Session, mine: bool, watches: bool, at: datetime) -> Iterator[Task]:
    """Papers that do not hang yet everywhere, as long as hanging them is of use."""
    url = _page_of(session, "postings", watches)

    def task(what: str, due: datetime | None) -> Task:
        words = what % {"title": session.title}
        return Task(session.estate, words, _("组织者"), url, due, mine)

    if session.state == "draft" and _is_missing("roll", session):
        roll = session.postings.last()
        due = publicity_end(roll.posted_at, 0) if roll else None
        yield task(_("张贴名册公示：%(title)s"), due)
    if session.state == "frozen" and _is_missing("notice", session):
        due = start_of(session.notice_on + timedelta(days=1)) if session.notice_on else None
        yield task(_("张贴公告：%(title)s"), due)
    if phase(session, at) == "open" and _is_missing("extended", session):
        extension = extension_of(session)
        due = publicity_end(extension.extended_at, 0) if extension else None
        yield task(_("张贴延期公告：%(title)s"), due)
    if session.state == "counted" and _is_missing("preliminary", session):
        posted = preliminary_of(session)
        due = publicity_end(posted.posted_at, 0) if posted else None
        yield task(_("张贴初步统计结果：%(title)s"), due)
    if _is_missing("resolution", session):
        yield task(_("张贴决议：%(title)s"), None)


def _filing_tasks(user: Visitor, organises: set[int]) -> Iterator[Task]:
    """What has to be filed: on the organiser's desk, then on the street office's."""
    places = set(estates_for(user, Permission.SUPERVISE).values_list("pk", flat=True))
    takes = set(estates_for(user, Permission.RECEIVE_FILING).values_list("pk", flat=True))
    for filing in open_filings(places):
        url = reverse("staff:filing", args=[filing.session.code])
        what = f"{filing.get_kind_display()}{_('：')}{filing.session.title}"
        handed_in = filing.state == "submitted"
        desk = _("街道") if handed_in else _("组织者")
        mine = filing.estate_id in (takes if handed_in else organises)
        yield Task(filing.estate, what, desk, url, filing.due_at, mine)


def _repair_tasks(user: Visitor, places: Places) -> Iterator[Task]:
    """Repairs that wait for their applicant: a draft, or the next step after a decision."""
    applies = estates_for(user, Permission.APPLY_FUND)
    words = {
        "draft": _("填写维修申请：%(title)s"),
        "decided": _("业主已同意，申请列支：%(title)s"),
        "returned": _("补正或者重新申请列支：%(title)s"),
    }
    # Nobody goes on with the draft of another body, least of all who will review it.
    own = spoken_for(places) | Q(created_by=f"user:{user.pk}")
    waiting = RepairRequest.objects.filter(
        own, estate__in=applies, desk="applicant", state__in=words
    ).select_related("estate")
    for one in waiting.order_by("desk_since"):
        what = words[one.state] % {"title": one.title or one.code}
        if one.state == "decided" and one.kind == "emergency":  # nobody voted on it
            what = _("应急已决定，申请列支：%(title)s") % {"title": one.title}
        url = reverse("staff:repair", args=[one.code])
        yield Task(one.estate, what, _("申请人"), url, one.desk_due_at, mine=True)


def _money_tasks(user: Visitor, places: Places) -> Iterator[Task]:
    """Payments, final costs and refunds that wait for who pays, or for who applied."""
    words = {
        "asked": _("确认付款申请：%(title)s"),
        "ready": _("列入划转清单：%(title)s"),
        "ordered": _("录入银行回单：%(title)s"),
        "stated": _("确认结算：%(title)s"),
        "expected": _("等款项退回，录入退款回单：%(title)s"),
        "failed": _("银行没有付，重新申请付款：%(title)s"),
        "planned": _("可以申请下一期付款：%(title)s"),
        "unshown": _("公示应急维修的费用和分摊：%(title)s"),
    }
    # What is paid together is put on the list together, on a page of its own.
    pages = {"ready": "staff:fund_payments", "unshown": "staff:emergency"}
    pays, applies = money_waiting(user, places, FUND_TASKS)
    for one, what in pays:
        desk = _("业委会") if one.custody == "self" else _("主管部门")
        page = pages.get(what, "staff:fund_money")
        url = reverse(page, args=[] if what == "ready" else [one.code])
        yield Task(one.estate, words[what] % {"title": one.title}, desk, url, mine=True)
    for one, what in applies:
        url = reverse(pages.get(what, "staff:fund_money"), args=[one.code])
        words_of = words[what] % {"title": one.title}
        yield Task(one.estate, words_of, _("申请人"), url, mine=True)


def _account_tasks(user: Visitor, places: Places, at: datetime) -> Iterator[Task]:
    """Public accounts: what another body entered or closed, owners' questions, what is due."""
    if not any(Permission.VIEW_ACCOUNTS in ROLE_PERMISSIONS[role] for role in places):
        return
    words = {
        "entries": _("%(n)d笔账等复核"),
        "closings": _("一期账等审核公布"),
        "questions": _("业主的提问%(n)d件等答复"),
        "reports": _("业主说漏登的收益来源%(n)d件等答复"),
        "returned": _("%(n)d笔账退回了，改好再提交"),
        "unseen": _("%(n)d笔账的单据还没有看过要不要遮盖，看过才能公布"),
        "again": _("已经公布的账更正了%(n)d笔，那一期要重新提交公布"),
        "given_back": _("提交公布的一期账退回了，改好再提交"),
        "unhung": _("收支公告还没有张贴，贴好以后拍照记下"),
    }
    pages = {
        "entries": ("staff:book", "pk"),
        "closings": ("staff:closing", "pk"),
        "questions": ("staff:questions", "code"),
        "reports": ("staff:sources", "code"),
        "given_back": ("staff:closing", "pk"),
        "unhung": ("staff:closing", "pk"),
    }
    desks = {
        "entries": _("复核的人"),
        "closings": _("复核的人"),
        "questions": _("答复的人"),
        "reports": _("答复的人"),
        "unhung": _("张贴的人"),
    }
    for one in desk_of(f"user:{user.pk}", places, at, FUND_TASKS):
        page, named = pages.get(one.what, ("staff:book", "pk"))
        url = reverse(page, args=[one.pk if named == "pk" else one.estate.code])
        desk = desks.get(one.what, _("记账的人"))
        yield Task(one.estate, words[one.what] % {"n": one.many}, desk, url, one.due, mine=True)
    for duty, many, is_late in due_of(places, local_day(at), FUND_TASKS):
        what = _("逾期没有公布：%(what)s") if is_late else _("快到期，要公布：%(what)s")
        title = duty.get_kind_display()
        if duty.kind in BOOK_KINDS:
            title = _("%(period)s%(kind)s") % {
                "period": said(period(duty.first, duty.last)),
                "kind": title,
            }
        if many > 1:
            title = _("%(what)s等%(n)d期") % {"what": title, "n": many}
        page = "staff:accounts_estate" if duty.kind in BOOK_KINDS else "staff:disclosures"
        url = reverse(page, args=[duty.estate.code])
        due = start_of(duty.due_on + timedelta(days=1))
        yield Task(duty.estate, what % {"what": title}, _("公布的单位"), url, due, mine=True)


def _is_missing(paper: str, session: Session) -> bool:
    """Whether a paper hangs at fewer places than it has to; no place named is one too few."""
    if getattr(session, f"{paper}_id") is None:
        return False
    hung = getattr(session, f"{paper}s") or 0
    return bool(hung < max(1, session.places or 0))  # type: ignore[attr-defined]
