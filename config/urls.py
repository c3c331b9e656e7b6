"""Every address of the site."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("v/", include("documents.urls")),
    path("", include("voting.urls")),
    path("staff/registry/", include("registry.urls")),
    path("", include("portal.urls")),
]
