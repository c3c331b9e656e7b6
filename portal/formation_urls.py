"""Addresses of formations, committees and handovers, below /staff/registers/."""

from django.urls import path, register_converter

from portal.views import formations, handovers, members, party_answers


class Who:
    """Whose party answer it is."""

    regex = "member|nominee|candidate"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Who, "who")

_FORMATION = "formations/<int:pk>"
_COMMITTEE = "committees/<int:pk>"
urlpatterns = [
    path("formations/", formations.formations, name="formations"),
    path(f"{_FORMATION}/", formations.formation_course, name="formation_course"),
    path(
        f"{_FORMATION}/stages/<slug:stage>", formations.formation_stage, name="formation_stage"
    ),
    path(
        f"{_FORMATION}/stages/<slug:stage>/back",
        formations.formation_stage_back,
        name="formation_stage_back",
    ),
    path(f"{_FORMATION}/vetting", formations.formation_vetting, name="formation_vetting"),
    path(
        f"{_FORMATION}/vetting/<int:inquiry>",
        formations.formation_reply,
        name="formation_reply",
    ),
    path(f"{_FORMATION}/seat", formations.formation_seat, name="formation_seat"),
    path(f"{_FORMATION}/end", formations.formation_end, name="formation_end"),
    path(f"{_FORMATION}/nominees", party_answers.nominee_new, name="nominee_new"),
    path(f"{_FORMATION}/seats", party_answers.seats, name="formation_seats"),
    path("nominees/<int:pk>/withdraw", party_answers.nominee_withdraw, name="nominee_withdraw"),
    path("evidence/<int:pk>/", formations.evidence, name="evidence"),
    path("evidence/<int:pk>/<int:number>.jpg", formations.evidence_jpg, name="evidence_jpg"),
    path("estates/<slug:code>/committee", members.estate_committee, name="estate_committee"),
    path(
        "estates/<slug:code>/committee/formation",
        formations.formation_new,
        name="formation_new",
    ),
    path("estates/<slug:code>/committee/new", members.committee_new, name="committee_new"),
    path(f"{_COMMITTEE}/end", members.committee_end, name="committee_end"),
    path(f"{_COMMITTEE}/members/new", members.member_new, name="member_new"),
    path(f"{_COMMITTEE}/by-election", members.by_election, name="committee_by_election"),
    path(f"{_COMMITTEE}/explanation", members.explanation, name="explanation_new"),
    path(f"{_COMMITTEE}/handover", handovers.handover_new, name="handover_new"),
    path("members/<int:pk>/office", members.member_office, name="member_office"),
    path("members/<int:pk>/end", members.member_end, name="member_end"),
    path("party/<who:who>/<int:pk>", party_answers.party_answer, name="party_answer"),
    path(
        "party/<who:who>/<int:pk>/withdraw", party_answers.party_withdraw, name="party_withdraw"
    ),
    path("handovers/<int:pk>/", handovers.handover, name="handover"),
    path("handovers/<int:pk>/items/new", handovers.handover_item_new, name="handover_item_new"),
    path("handovers/<int:pk>/confirm", handovers.handover_confirm, name="handover_confirm"),
    path("handovers/items/<int:pk>", handovers.handover_item, name="handover_item"),
]
