"""Addresses of reports, below /staff/registers/reports/."""

from django.urls import path

import portal.converters  # noqa: F401 (day)
from portal.views import dispatch, reports

urlpatterns = [
    path("", reports.reports, name="reports"),
    path("dispatch", dispatch.dispatch, name="dispatch"),
    path(
        "new/<int:authority>/<slug:kind>/<day:last>/",
        reports.report_new,
        name="report_to_draft",
    ),
    path("<int:pk>/", reports.report, name="report_to_above"),
    path("<int:pk>/edit", reports.report_edit, name="report_to_edit"),
    path("<int:pk>/sign", reports.report_sign, name="report_to_sign"),
    path("<int:pk>/hand-in", reports.report_hand_in, name="report_hand_in"),
    path("<int:pk>/drop", reports.report_drop, name="report_drop"),
    path("<int:pk>/receive", reports.report_receive, name="report_receive"),
    path("<int:pk>/send-back", reports.report_send_back, name="report_send_back"),
    path("<int:pk>/report.pdf", reports.report_pdf, name="report_pdf"),
    path("<int:pk>/report.xlsx", reports.report_xlsx, name="report_xlsx"),
]
