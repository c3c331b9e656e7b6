"""Addresses of the registers, below /staff/registers/."""

from django.urls import include, path

from portal.views import behind, estates, registers

urlpatterns = [
    path("", registers.formation, name="formation"),
    path("duties/", include("portal.duty_urls")),
    path("reports/", include("portal.report_urls")),
    path("overview", registers.overview, name="overview"),
    path("divisions", registers.divisions, name="formation_divisions"),
    path("shares", behind.shares, name="party_shares"),
    path("communities", behind.communities, name="unreported"),
    path("months", registers.months, name="formation_months"),
    path("estates/", registers.estates, name="register"),
    path("estates.xlsx", registers.estates_file, name="register_xlsx"),
    path("estates/blank.xlsx", registers.blank_file, name="register_blank"),
    path("estates/new", registers.hand_in, name="register_new"),
    path("estates/found", estates.found, name="register_found"),
    path("estates/files/<int:pk>/", registers.handed_in, name="register_import"),
    path("estates/files/<int:pk>/confirm", registers.confirm, name="register_confirm"),
    path("estates/files/<int:pk>/drop", registers.drop, name="register_drop"),
    path("problems/", include("portal.problem_urls")),
    path("estates/<str:code>/", estates.estate, name="register_estate"),
    path("estates/<str:code>/move", estates.move, name="register_move"),
    path("places/<int:pk>/move", estates.move_all, name="register_move_all"),
    path("estates/<str:code>/report", estates.report, name="register_report"),
]
