"""Receipts: that a ballot is recorded, never what is in it."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.canonical import NotCanonical, canonical, parse_narrow
from documents.papers import ReceiptFacts
from documents.qr import svg
from documents.receipt_image import receipt_png
from voting.facts import specimen_of
from voting.forms.owner import ProofForm
from voting.models import Ballot, HelpedBallot, Session
from voting.protocol.ballot import tracker_text
from voting.protocol.manifest import HOST
from voting.selectors import (
    ballot_at,
    ballot_of_agent,
    last_ballot,
    phase,
    receipt_by_code,
    receipt_state,
    terms,
)
from voting.views.addresses import see_other
from voting.views.visits import Walk, with_visit


def recorded_at(ballot: Ballot) -> datetime | None:
    """When it was recorded, rounded as on the board: nobody at the door can be matched."""
    return parse_datetime(json.loads(bytes(ballot.receipt))["recorded_at"])


def who_can_read(session: Session, encrypted_by: str = "") -> list[str]:
    """In plain sentences: who encrypted (if known), who could open, what will be opened."""
    trustees = terms(session).value["trustees"]
    names = _("、").join(key["name"] for key in trustees["keys"])
    by = {
        "browser": _("票在您的手机上加密，发出之前就已经看不到内容。"),
        "server": _("票由服务器代您加密：加密之前，服务器看得到内容，但不保存。"),
        "paper": _("票写在纸上：两名录入的人看得到内容；录完由服务器加密，不再保存内容。"),
    }
    if len(trustees["keys"]) == 1:
        keys = _(
            "这次表决只有平台保管的一把钥匙：平台技术上有能力打开票，按规定截止以前不打开。"
        )
    else:
        keys = _("打开票要 %(all)s 位保管人里的 %(needed)s 位一起用钥匙：%(names)s。") % {
            "all": len(trustees["keys"]),
            "needed": trustees["threshold"],
            "names": names,
        }
    sentences = [by[encrypted_by]] if encrypted_by else []
    sentences.append(keys)
    letters = terms(session).value["letters"]
    sentences.append(
        _("通知书由平台制作：做信的一方看得到信里的密钥。")
        if letters["by"] == HOST
        else _("通知书由%(name)s在平台以外制作，平台没有信里的密钥。")
        % {"name": letters["name"]}
    )
    if session.opening_policy == "secret":
        sentences.append(_("截止以后只打开合计，不打开单张票。"))
        sentences.append(
            _("只有法院依法要求时，才打开文书指明的那一张，内容只封给法院；谁都看得到打开过。")
        )
    else:
        sentences.append(
            _(
                "这是记名表决：公布结果以后，每张计入的票都打开。您可以看自己的；"
                "监票人、街道办事处写明理由、留下记录才能看一户；法院依法可以看；"
                "邻居、组织者和物业看不到。"
            )
        )
        sentences.append(_("打开的内容加密存在平台：平台技术上有能力看到。"))
    return sentences


def helped_by(ballot: Ballot) -> Literal["", "proxy", "assisted"]:
    """Who cast it where not the owner alone: an agent, or somebody who operated the device."""
    helped = HelpedBallot.objects.filter(ballot=ballot).first()
    if helped is None:
        return ""
    return "assisted" if helped.proxy_id is None else "proxy"


def _facts(ballot: Ballot) -> dict[str, Any]:
    receipt = json.loads(bytes(ballot.receipt))
    fragment = urlsafe_b64encode(bytes(ballot.receipt)).rstrip(b"=").decode()
    return {
        "ballot": ballot,
        "receipt_text": bytes(ballot.receipt).decode(),
        "receipt_fragment": fragment,
        "session": ballot.session,
        "tracker": tracker_text(ballot.digest),
        "helped_by": helped_by(ballot),
        "recorded_at": recorded_at(ballot),
        "checkpoint_by": parse_datetime(receipt["checkpoint_by"]),
        "check_url": f"{settings.PUBLIC_URL}/r/{ballot.receipt_code}",
        "phase": phase(ballot.session, timezone.now()),
        "readers": who_can_read(
            ballot.session, "paper" if hasattr(ballot, "paper") else ballot.encrypted_by
        ),
    }


@require_safe
@with_visit(checked=True)
def receipt(request: HttpRequest, walk: Walk) -> HttpResponseBase:
    """What an owner gets after voting, and every time the letter is scanned again."""
    ballot = ballot_of_agent(walk.proxy) if walk.proxy else last_ballot(walk.party)
    if ballot is None:
        return see_other("voting:motions", walk.code)
    context = _facts(ballot) | {
        "by_agent": walk.proxy,
        "state": receipt_state(ballot),
        "assistance": walk.visit.assistance,
        "units": walk.party.units.order_by("pk"),
        "party": walk.party,
    }
    context["qr"] = mark_safe(svg(context["check_url"], label=_("回执的二维码")))  # noqa: S308
    return render(request, "voting/owner/receipt.html", context)


def _ballot_or_404(code: str) -> Ballot:
    ballot = receipt_by_code(code)
    if ballot is None:
        raise Http404
    return ballot


@require_safe
def public_receipt(request: HttpRequest, code: str) -> HttpResponse:
    """What anybody with the receipt's code sees: recorded, replaced or excluded."""
    ballot = _ballot_or_404(code)
    context = _facts(ballot) | {"state": receipt_state(ballot)}
    return render(request, "voting/owner/public_receipt.html", context)


@require_safe
def receipt_image(request: HttpRequest, code: str) -> HttpResponse:
    """The receipt as a picture: the one thing every phone can keep."""
    ballot = _ballot_or_404(code)
    facts = _facts(ballot)
    units = ballot.party.units.select_related("unit").order_by("pk")
    png = receipt_png(
        ReceiptFacts(
            estate=ballot.session.estate.name,
            session_title=ballot.session.title,
            tracker=facts["tracker"],
            recorded_at=facts["recorded_at"],
            units=tuple(f"{unit.building}***{unit.unit.room}" for unit in units),
            encrypted_by="server" if ballot.encrypted_by == "server" else "browser",
            check_url=facts["check_url"],
            helped_by=facts["helped_by"],
            replaced=ballot.replacement,
            phone=ballot.session.contact_phone,
            specimen=specimen_of(ballot.session),
        )
    )
    # A long press in WeChat asks for the picture a second time.
    return HttpResponse(
        png, content_type="image/png", headers={"Cache-Control": "private, max-age=3600"}
    )


def recorded_receipt(text: str) -> Ballot | None:
    """The ballot whose receipt this is, byte for byte; None for anything else."""
    try:
        given = parse_narrow(text.strip().encode(), limit=16 * 1024)
        line = canonical(given)
    except NotCanonical:
        return None
    ballot = ballot_on_receipt(given) if isinstance(given, dict) else None
    return ballot if ballot and bytes(ballot.receipt) == line else None


def ballot_on_receipt(stated: Mapping[str, Any]) -> Ballot | None:
    """The ballot recorded under the session, seq and tracker that a receipt states."""
    form = ProofForm(stated)
    if not form.is_valid():
        return None
    asked = form.cleaned_data
    return ballot_at(asked["session"], int(asked["seq"]), asked["tracker"])
