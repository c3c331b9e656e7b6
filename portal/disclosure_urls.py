"""Addresses of sources, owners' questions, disclosures, and the watching of what is due."""

from django.urls import URLPattern, path

from portal.views import answering, sources, watching

sources_urls: list[URLPattern] = [
    path("estates/<str:code>/", sources.register, name="sources"),
    path("estates/<str:code>/new", sources.source_new, name="source_new"),
    path("<int:pk>/", sources.source, name="source"),
    path("<int:pk>/end", sources.source_end, name="source_end"),
    path("<int:pk>/contracts/new", sources.contract_new, name="contract_new"),
    path("contracts/<int:pk>/end", sources.contract_end, name="contract_end"),
    path("reports/<int:pk>/", answering.report, name="report"),
]

watching_urls: list[URLPattern] = [
    path("", watching.late, name="late"),
    path("late.csv", watching.late_csv, name="late_csv"),
    path("enrol", watching.enrol, name="enrol"),
    path("estates/<str:code>/questions/", answering.questions, name="questions"),
    path("estates/<str:code>/questions/new", answering.question_new, name="question_new"),
    path("questions/<int:pk>/", answering.question, name="question"),
    path("estates/<str:code>/disclosures/", watching.disclosures, name="disclosures"),
    path(
        "estates/<str:code>/disclosures/new/<slug:kind>",
        watching.disclosure_new,
        name="disclosure_new",
    ),
]
