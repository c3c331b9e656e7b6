"""Addresses of repairs under /staff/repairs/: requests, emergencies, reviews, releases."""

from django.urls import URLPattern, path

from portal.views import fund_reviews, plans, repairs

_requests: list[URLPattern] = [
    path("", repairs.repairs, name="repairs"),
    path("estates/<str:code>/new", repairs.repair_new, name="repair_new"),
    path("estates/<str:code>/plan/", plans.plan, name="repair_plan"),
    path("estates/<str:code>/plan/new", plans.item_new, name="plan_item_new"),
    path("estates/<str:code>/plan/<int:pk>", plans.item_edit, name="plan_item"),
    path("estates/<str:code>/plan/<int:pk>/drop", plans.item_drop, name="plan_item_drop"),
    path("estates/<str:code>/plan/<int:pk>/carry", plans.item_carry, name="plan_item_carry"),
    path("estates/<str:code>/plan/publish/<int:year>", plans.publish, name="plan_publish"),
    path("requests/<str:code>/", repairs.repair, name="repair"),
    path("requests/<str:code>/edit/<slug:name>", repairs.section, name="repair_section"),
    path("requests/<str:code>/quotes/", repairs.quotes, name="repair_quotes"),
    path(
        "requests/<str:code>/quotes/<int:pk>/choose",
        repairs.quote_choose,
        name="repair_quote_choose",
    ),
    path(
        "requests/<str:code>/quotes/<int:pk>/remove",
        repairs.quote_remove,
        name="repair_quote_remove",
    ),
    path("requests/<str:code>/files/", repairs.files, name="repair_files"),
    path("requests/<str:code>/files/<int:pk>", repairs.file, name="repair_file"),
    path(
        "requests/<str:code>/files/<int:pk>/remove",
        repairs.file_remove,
        name="repair_file_remove",
    ),
    path("requests/<str:code>/shares", repairs.shares, name="repair_shares"),
    path("requests/<str:code>/submit", repairs.submit, name="repair_submit"),
    path("requests/<str:code>/withdraw", repairs.withdraw, name="repair_withdraw"),
    path("requests/<str:code>/drop", repairs.drop, name="repair_drop"),
    path("requests/<str:code>/renew", repairs.renew, name="repair_renew"),
]
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
