"""Addresses of repairs under /staff/repairs/: requests, emergencies, reviews, releases."""

from django.urls import URLPattern, path

from portal.views import fund_reviews

_requests: list[URLPattern] = []
_emergencies: list[URLPattern] = []
_reviews: list[URLPattern] = [
    path("reviews/", fund_reviews.reviews, name="fund_reviews"),
    path("reviews/filed", fund_reviews.filed, name="fund_filed"),
    path("reviews/<str:code>", fund_reviews.review, name="fund_review"),
    path("reviews/<str:code>/correction", fund_reviews.correction, name="fund_correction"),
    path("reviews/<str:code>/files/<int:pk>", fund_reviews.file, name="fund_review_file"),
    path("reviews/<str:code>/seen", fund_reviews.seen, name="fund_seen"),
]
_releases: list[URLPattern] = []

urlpatterns = [*_requests, *_emergencies, *_reviews, *_releases]
