"""Every address of the site."""

from django.urls import include, path

from portal.tables import tables

handler429 = "accounts.views.too_many"  # allauth's name for it
urlpatterns = [
    path("accounts/", include("accounts.urls")),
    path("v/", include("documents.urls")),
    path("", include("voting.urls")),
    path("staff/roll/", include("portal.roll_urls")),
    path("staff/tables/", tables.urls),
    path("staff/", include("portal.staff_urls")),
    path("", include("portal.urls")),
]
