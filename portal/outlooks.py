"""The outlook of formation in words and as a drawing, in the reader's language."""

from collections.abc import Sequence
from fractions import Fraction

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from committees.domain.formation import Count, Month, Outlook
from committees.selectors.targets import Target
from core.exact import share_down
from documents.trends import Point, percent, span, trend
from portal.spacing import gap


def outlook_words(now: Count, ahead: Outlook, target: Target) -> str:
    """What is missing, what is needed a month, and where the year may end."""
    parts = []
    if not ahead.missing:
        parts.append(_("目标 %(target)s 已经达到。") % {"target": target.words})
    elif ahead.pace is None:
        parts.append(
            _("目标 %(target)s，还差 %(n)s 个，今年没有剩下的日子了。")
            % {"target": target.words, "n": ahead.missing}
        )
    else:
        parts.append(
            _("目标 %(target)s，还差 %(n)s 个；还剩 %(days)s 天，每30天要组建 %(pace)s 个。")
            % {
                "target": target.words,
                "n": ahead.missing,
                "days": ahead.left,
                "pace": _tenths(ahead.pace, up=True),
            }
        )
    return gap().join(filter(None, [*parts, expected_words(now, ahead)]))


def expected_words(now: Count, ahead: Outlook) -> str:
    """Where the year may end; empty where too little is known, or no day is left."""
    if ahead.speed is None or ahead.expected is None or not ahead.left:
        return ""
    words = _("照最近每30天 %(speed)s 个的速度，到12月31日约 %(n)s 个，组建率 %(rate)s，")
    words += _("能达到目标。") if ahead.enough else _("达不到目标。")
    return words % {
        "speed": _tenths(ahead.speed),
        "n": ahead.expected,
        "rate": share_down(ahead.expected, now.total),
    }


def axis_words(months: Sequence[Month], ahead: Outlook | None, target: Target | None) -> str:
    """From where to where the drawing's axis goes."""
    points, expected = _drawn(months, ahead)
    shares = [one.share for one in points] + ([expected.share] if expected else [])
    low, high = span([*shares, Fraction(*target.share)] if target else shares)
    return _("纵轴从 %(low)s 到 %(high)s。") % {"low": percent(low), "high": percent(high)}


def month_words(months: Sequence[Month]) -> list[str]:
    """Each month with its rate and its numbers, as text beside the drawing."""
    return [
        _("%(month)s月 %(rate)s（%(formed)s/%(total)s）")
        % {
            "month": one.day.month,
            "rate": share_down(one.estates.formed, one.estates.total),
            "formed": one.estates.formed,
            "total": one.estates.total,
        }
        for one in months
        if one.estates.total
    ]


def formation_chart(
    months: Sequence[Month], ahead: Outlook | None, target: Target | None, year: int
) -> SafeString:
    """The months of a year, the target, what is needed and what is to be expected."""
    points, expected = _drawn(months, ahead)
    spoken = _("；").join(
        _("%(month)s月 %(rate)s") % {"month": one.month, "rate": one.text} for one in points
    )
    drawn = trend(
        points,
        title=_("%(year)s年逐月的组建率，数字见下表") % {"year": year},
        target=Fraction(*target.share) if target else None,
        target_text=target.words if target else "",
        needed=bool(ahead and ahead.missing),
        expected=expected,
        spoken=spoken,
    )
    return mark_safe(drawn)  # noqa: S308 - our own drawing


def _drawn(months: Sequence[Month], ahead: Outlook | None) -> tuple[list[Point], Point | None]:
    """The months, and where the year may end."""
    points = [_point(one.day.month, one.estates) for one in months if one.estates.total]
    last = months[-1].estates
    if ahead is None or ahead.expected is None or not last.total:
        return points, None
    share = Fraction(ahead.expected, last.total)
    return points, Point(12, share, share_down(ahead.expected, last.total))


def _point(month: int, count: Count) -> Point:
    return Point(
        month, Fraction(count.formed, count.total), share_down(count.formed, count.total)
    )


def _tenths(number: Fraction, *, up: bool = False) -> str:
    """One digit after the point, rounded down, or up where fewer would not do."""
    tenths = number * 10
    whole = -(-tenths.numerator // tenths.denominator) if up else int(tenths)
    sign = "-" if whole < 0 else ""
    return f"{sign}{abs(whole) // 10}.{abs(whole) % 10}".removesuffix(".0")
