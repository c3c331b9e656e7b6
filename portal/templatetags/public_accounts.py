"""The public accounts in words an old owner understands, and as bars."""

import re

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.codes import read_code
from core.deadlines import days_late
from core.exact import format_yuan
from disclosures.domain.bodies import BODIES
from disclosures.domain.wording import letters_covered
from disclosures.models import Contract, Duty, Publication, Question, SourceReport
from disclosures.selectors.questions import shown_text
from documents.bulletins import NAMES, BulletinFacts, Heading, Line
from documents.charts import Bar, Group, bars
from documents.wording import period
from portal.sentences import said
from registry.models import Estate

register = template.Library()
_OF_ESTATE = re.compile(r"/(?:e|my/ask|my/report)/([A-Za-z0-9]{1,20})/")

# How many of the drawing's units go on a line: the fewer, the larger its letters.
_WIDE = {18: 240, 24: 200, 30: 170}


@register.filter
def than_before(difference: int | None) -> str:
    """``比上期多了 12.00 元``."""
    if difference is None:
        return _("上期没有公布")
    if not difference:
        return _("和上期一样")
    words = _("比上期多了 %(sum)s 元") if difference > 0 else _("比上期少了 %(sum)s 元")
    return words % {"sum": format_yuan(abs(difference))}


@register.filter
def than_year(difference: int | None) -> str:
    """``比去年同期少了 12.00 元``; empty where nothing was published then."""
    if difference is None:
        return ""
    if not difference:
        return _("和去年同期一样")
    more, less = _("比去年同期多了 %(sum)s 元"), _("比去年同期少了 %(sum)s 元")
    return (more if difference > 0 else less) % {"sum": format_yuan(abs(difference))}


@register.filter
def than_opening(difference: int) -> str:
    """``这一期多了 12.00 元``."""
    if not difference:
        return _("和开始时一样多")
    words = _("这一期多了 %(sum)s 元") if difference > 0 else _("这一期少了 %(sum)s 元")
    return words % {"sum": format_yuan(abs(difference))}


@register.filter
def less(one: int, other: int) -> int:
    """A difference in fen."""
    return one - other


@register.filter
def size(fen: int) -> int:
    """An amount without its sign."""
    return abs(fen)


@register.filter
def household(facts: BulletinFacts, fen: int) -> str:
    """``平均每户约12元``, rounded down."""
    return said(facts.a_household(fen))


@register.filter
def kind_words(kind: str) -> str:
    """What the books are of, as short as a heading."""
    words = {
        "revenue": _("公共收益"), "expenses": _("业委会经费"), "fund": _("维修资金使用")
    }  # fmt: skip
    return words[kind]


@register.filter
def title_words(facts: BulletinFacts) -> str:
    """``样例花园2026年第三季度公共收益收支公布``, as the paper is called."""
    return _("%(estate)s%(period)s%(name)s") % {
        "estate": facts.estate,
        "period": said(facts.period),
        "name": said(facts.name),
    }


@register.filter
def repair_of(line: Line) -> str:
    """The code of the repair that an entry of the fund paid; else empty."""
    _before, _words, code = line.basis.partition("维修编码")
    return read_code(code) or ""


@register.filter
def name_of(publication: Publication) -> str:
    """``2026年第三季度``."""
    return period(publication.period.first, publication.period.last)


@register.filter
def period_words(duty: Duty) -> str:
    """The period a duty is about; empty where it is about none."""
    return period(duty.first, duty.last) if duty.kind in NAMES else ""


@register.filter
def of_body(role: str) -> str:
    """The body a role speaks for."""
    return BODIES.get(role, "")


@register.filter
def text_of(question: Question) -> str:
    """What everybody may read of a question."""
    return shown_text(question)


@register.filter
def is_mended(question: Question) -> bool:
    """Whether a newer version is out than the one an owner was right about."""
    asked_of = question.publication
    return question.state == "upheld" and asked_of.version < asked_of.period.version


@register.filter
def state_words(question: Question) -> str:
    """How a question stands, the same words for owners and staff."""
    if is_mended(question):
        return _("业主说得对，已更正")
    return str(question.get_state_display())


@register.filter
def answer_notes(filed: Question | SourceReport) -> str:
    """What stands below an answer: that it was late, and how much was covered by whom."""
    notes = []
    if filed.answered_at and (days := days_late(filed.due_at, filed.answered_at)):
        notes.append(ngettext("答复晚了%(n)s天", "答复晚了%(n)s天", days) % {"n": days})
    texts = [filed.text, filed.place] if isinstance(filed, SourceReport) else [filed.text]
    if many := sum(letters_covered(text, filed.covered) for text in texts):
        words = ngettext(
            "答复时遮盖了%(n)s个字（%(body)s）", "答复时遮盖了%(n)s个字（%(body)s）", many
        )
        notes.append(words % {"n": many, "body": said(of_body(filed.answered_role))})
    return _("；").join(notes)


@register.filter
def runs_until(contract: Contract) -> object:
    """The last day of a contract; None: until further notice."""
    return contract.ended_on or contract.last


@register.simple_tag
def estate_at(path: str) -> Estate | None:
    """The estate whose accounts lie at an address, whether there is such a page or not."""
    found = _OF_ESTATE.match(path)
    return Estate.objects.filter(code=found[1].upper()).first() if found else None


@register.simple_tag
def accounts_chart(facts: BulletinFacts, text_size: int) -> SafeString:
    """What came in and what went out, by heading, this period and the one before."""
    groups = [
        Group(title, tuple(found), out=out)
        for title, sides, out in (
            (_("收进来"), {"in"}, False),
            (_("花出去"), {"cost", "use"}, True),
        )
        if (found := [_bar(one) for one in facts.headings if one.side in sides])
    ]
    drawn = bars(
        groups,
        title=_("收支图，数字见下表"),
        before=_("上期"),
        wide=_WIDE.get(text_size, _WIDE[18]),
        pauses=(_("："), _("；"), _("，"), _("。")),
    )
    return mark_safe(drawn)  # noqa: S308 - our own drawing


def _bar(one: Heading) -> Bar:
    before = one.before_fen
    printed = "" if before is None else format_yuan(before)
    return Bar(str(said(one.account)), one.fen, format_yuan(one.fen), before, printed)
