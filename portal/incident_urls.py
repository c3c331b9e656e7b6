"""Addresses of incidents of personal data under /staff/."""

from django.urls import URLPattern, path

from portal.views import incident_letters, incidents, privacy_papers

urlpatterns: list[URLPattern] = [
    path("incidents/", incidents.incidents, name="incidents"),
    path("incidents/impact", privacy_papers.impact, name="impact"),
    path("estates/<str:code>/entrustment", privacy_papers.entrustment, name="entrustment"),
    path("incidents/new", incidents.incident_new, name="incident_new"),
    path("incidents/<int:pk>", incidents.incident, name="incident"),
    path("incidents/<int:pk>/notice", incidents.incident_notice, name="incident_notice"),
    path("incidents/<int:pk>/confirm", incidents.incident_confirm, name="incident_confirm"),
    path("incidents/<int:pk>/withdraw", incidents.incident_withdraw, name="incident_withdraw"),
    path(
        "estates/<str:code>/incidents/<int:pk>/",
        incident_letters.letters_due,
        name="incident_letters",
    ),
    path(
        "estates/<str:code>/incidents/<int:pk>/list.csv",
        incident_letters.letters_list,
        name="incident_letters_list",
    ),
]
