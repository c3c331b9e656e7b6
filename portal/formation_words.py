"""Sentences about what a list of candidates can lead to, and about the party's share."""

from typing import Any

from django.utils.translation import gettext as _

from committees.domain.party import Count, shown
from committees.selectors.bodies import Slate
from core.exact import share_down


def share_words(share: tuple[int, int]) -> str:
    """``50%``."""
    return share_down(*share).replace(".00%", "%")


def prospect_words(slate: Slate) -> str:
    """What the seats can come to: guaranteed, possible, or not; the smallest change.

    Who did not answer counts as no member for what is guaranteed, and as one for what is not
    possible: between the two it cannot be told yet.
    """
    found = slate.outlook
    if not slate.seats:
        return _("还没有写明应选几人，看不出党员比例。")
    if found is None:
        return _("应选%(seats)s人，名单上只有%(people)s人，还看不出党员比例。") % {
            "seats": slate.seats,
            "people": len(slate.people),
        }
    facts = {
        "share": share_words(slate.share),
        "low": found.fewest,
        "high": found.most,
        "unknown": found.unknown,
        "replace": found.replace,
        "add": found.add,
    }
    if found.guaranteed:
        return _("照这个名单，不论谁当选，党员比例都不低于%(share)s。") % facts
    if found.possible and found.unknown:
        return _open_words(facts)
    if found.possible:
        return (
            _(
                "照这个名单，当选的人里知道是党员的最少%(low)s人、最多%(high)s人，"
                "党员比例可能低于%(share)s。"
            )
            % facts
            + _("名单里党员多%(replace)s名、其他人少%(replace)s名，才一定不低于。") % facts
        )
    return _("照这个名单，不论谁当选，党员比例都低于%(share)s。") % facts + (
        _("再有%(add)s名党员参选，才有可能达到。") % facts if found.add else ""
    )


def _open_words(facts: dict[str, Any]) -> str:
    """It hangs on those who did not answer: how many they are, and what is certain."""
    told = _("还有%(unknown)s人没有登记是不是党员，现在还看不出党员比例能不能不低于%(share)s。")
    told = told % facts + (
        _("可以确定的是：照这个名单，当选的人里党员最少%(low)s人、最多%(high)s人。") % facts
    )
    if not facts["replace"]:
        return told
    more = _("再有%(replace)s人登记为党员，或者换成党员，才一定不低于。")
    return told + more % facts


def ratio_words(party: Count, verdict: str, share: tuple[int, int]) -> str:
    """The count and what it means, for officials."""
    if verdict == "none":
        return _("还没有登记委员，党员比例不适用。")
    facts = {
        "members": party.members,
        "party": party.party,
        "unknown": party.unknown,
        "share": share_words(share),
    }
    told = (
        _("委员%(members)s人，其中党员%(party)s人，没有登记是不是党员的%(unknown)s人。") % facts
    )
    if verdict == "met":
        return told + _("党员比例不低于%(share)s，达到要求。") % facts
    if verdict == "missed":
        return told + _("党员比例低于%(share)s，没有达到要求。") % facts
    return told + _("还不能确定是否达到%(share)s。") % facts


def public_ratio_words(whole: Count | None) -> str:
    """What everybody is told: no number from which somebody could be named."""
    told = shown(whole.party, whole.members) if whole else None
    if whole is None or told is None:
        return ""
    low, high = told
    facts = {"members": whole.members, "low": low, "high": high}
    if low == high:
        return _("这一届委员%(members)s人，其中党员%(low)s人。") % facts
    if low == 0:
        return _("这一届委员%(members)s人，其中党员不超过%(high)s人。") % facts
    return _("这一届委员%(members)s人，其中党员不少于%(low)s人。") % facts
