"""What the fund's papers say, gathered from the records."""

from datetime import datetime

from django.conf import settings

from core.exact import format_yuan
from documents.labels import label
from documents.opinions import OpinionCheck, OpinionFacts, OpinionInstalment, OpinionStep
from funds.domain.reviewing import CHECKS
from funds.models import FundApplication, Review
from funds.selectors.releases import preview
from funds.selectors.repairs import scope_words
from funds.selectors.reviewing import filed_day

_STEPS = {step: str(label) for step, label in Review.STEPS}


def opinion_facts(
    application: FundApplication, *, number: str, code: str, at: datetime
) -> OpinionFacts:
    """The opinion on an application that every desk has passed."""
    request, version = application.request, application.version
    estate = request.estate
    units = list(version.rooms.values_list("area", flat=True))
    reviews = list(application.reviews.select_related("authority").order_by("pk"))
    own = request.custody == "self"
    assert request.special is not None  # noqa: S101 (a version was frozen)
    body = f"{estate.name}业主委员会"
    return OpinionFacts(
        number=number,
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
        estate=estate.name,
        issued_at=at,
        issuer=body if own else request.special.authority.name,
        specimen="",
        self_managed=own,
        custody=label(request, "custody"),
        applicant=request.applicant,
        repair=request.title,
        repair_code=request.code,
        kind=label(request, "kind"),
        place=f"{request.part_name}，{request.place}",
        scope=scope_words(request),
        units=len(units),
        area=sum(units),
        version=version.number,
        version_sha256=version.sha256,
        budget_fen=version.budget_fen,
        contract_fen=application.contract_fen,
        audited_fen=application.audited_fen,
        no_audit=application.no_audit,
        decision=_decision_words(application),
        filed_on=filed_day(application),
        steps=tuple(
            OpinionStep(
                _STEPS[one.step],
                one.authority.name if one.authority else body,
                one.reviewer_name,
                one.at,
                "；".join(filter(None, [one.note, one.deputises])),
            )
            for one in reviews
        ),
        checks=tuple(OpinionCheck(one.text, one.article) for one in CHECKS),
        amount_fen=application.amount_fen,
        instalments=tuple(
            OpinionInstalment(label(one, "kind"), one.fen, one.condition)
            for one in application.instalments.order_by("position")
        ),
        payee=application.payee,
        payee_bank=application.payee_bank,
        payee_account=f"****{application.payee_tail}",
        owed_fen=preview(version, application.amount_fen)[1].owed,
    )


def _decision_words(application: FundApplication) -> str:
    version = application.version
    if version.motion is not None:
        session = version.motion.session
        paper = session.resolution.number if session.resolution else session.title
        return f"{paper}第{version.motion.position}项，已通过"
    last = application.request.emergency_decisions.order_by("pk").last()
    assert last is not None  # noqa: S101 (the gate was asked)
    most = format_yuan(last.most_fen)
    return f"应急认定后，依{last.clause}决定先行维修，最多 {most} 元"
