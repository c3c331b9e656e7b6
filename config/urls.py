"""Every address of the site."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("accounts.urls")),
    path("v/", include("documents.urls")),
    path("", include("voting.urls")),
    path("staff/roll/", include("portal.roll_urls")),
    path("staff/", include("portal.staff_urls")),
    path("", include("portal.urls")),
]
