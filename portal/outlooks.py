"""The outlook of formation in words and as a drawing, in the reader's language."""

from collections.abc import Sequence
from fractions import Fraction

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from committees.domain.formation import Count, Month, Outlook
from committees.selectors.targets import Target
from core.exact import share_down
from documents.trends import Point, trend


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
    return "".join(parts) + expected_words(now, ahead)


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


def formation_chart(
    months: Sequence[Month], ahead: Outlook | None, target: Target | None, year: int
) -> SafeString:
    """The months of a year, the target, what is needed and what is to be expected."""
    points = [_point(one.day.month, one.estates) for one in months if one.estates.total]
    last = months[-1].estates
    expected = None
    if ahead is not None and ahead.expected is not None and last.total:
        share = Fraction(ahead.expected, last.total)
        expected = Point(12, share, share_down(ahead.expected, last.total))
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
