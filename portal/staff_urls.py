"""Addresses of the staff pages, all below /staff/ and behind accounts.middleware's gate."""

from django.urls import path

from portal.views import people, staff

app_name = "staff"
urlpatterns = [
    path("", staff.home, name="home"),
    path("estates/", staff.estates, name="estates"),
    path("estates/<str:code>/", staff.estate, name="estate"),
    path("people/", people.people, name="people"),
    path("people/invite", people.invite, name="invite"),
    path("people/<int:pk>", people.person, name="person"),
    path("people/<int:pk>/deactivate", people.deactivate, name="deactivate"),
    path("grants/<int:pk>/revoke", people.revoke, name="revoke"),
]
