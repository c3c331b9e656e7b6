"""Addresses of duties and breaches, below /staff/registers/duties/."""

from django.urls import path

from portal.views import breaches, duties

urlpatterns = [
    path("", duties.overdue, name="duties_overdue"),
    path("breaches/", breaches.breaches, name="breaches"),
    path("breaches/<int:pk>/", breaches.breach, name="breach"),
    path("at/<str:code>/", duties.estate_duties, name="duties"),
    path("at/<str:code>/breach", breaches.breach_new, name="breach_new"),
    path("at/<str:code>/done/<int:pk>/strike", duties.done_strike, name="duty_done_strike"),
    path(
        "at/<str:code>/done/<int:pk>/pages/<int:number>.jpg",
        duties.evidence,
        name="duty_evidence",
    ),
    path(
        "at/<str:code>/occasions/<int:pk>/strike",
        duties.occasion_strike,
        name="duty_occasion_strike",
    ),
    path("at/<str:code>/<slug:duty>/occasion", duties.occasion_new, name="duty_occasion"),
    path("at/<str:code>/<slug:duty>/done", duties.done_new, name="duty_done"),
    path(
        "at/<str:code>/<slug:duty>/done/<int:occasion>",
        duties.done_new,
        name="duty_done_after",
    ),
]
