"""Addresses of repairs under /staff/repairs/: requests, emergencies, reviews, releases."""

from django.urls import URLPattern, path

from portal.views import emergencies, fund_reviews, plans, releases, repairs

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
_emergencies: list[URLPattern] = [
    path("emergencies/", emergencies.emergencies, name="emergencies"),
    path("emergencies/new/<str:code>", emergencies.emergency_new, name="emergency_new"),
    path("emergencies/<str:code>/", emergencies.emergency, name="emergency"),
    path(
        "emergencies/<str:code>/files/<int:pk>",
        emergencies.emergency_file,
        name="emergency_file",
    ),
    path("emergencies/<str:code>/finding", emergencies.emergency_find, name="emergency_find"),
    path(
        "emergencies/<str:code>/decision", emergencies.emergency_decide, name="emergency_decide"
    ),
    path(
        "emergencies/<str:code>/withdraw",
        emergencies.emergency_withdraw,
        name="emergency_withdraw",
    ),
    path(
        "emergencies/<str:code>/publicity",
        emergencies.emergency_publish,
        name="emergency_publish",
    ),
    path(
        "emergencies/<str:code>/objections/new",
        emergencies.emergency_objection_new,
        name="emergency_objection_new",
    ),
    path(
        "emergencies/<str:code>/objections/<int:number>",
        emergencies.emergency_objection,
        name="emergency_objection",
    ),
]
_reviews: list[URLPattern] = [
    path("reviews/", fund_reviews.reviews, name="fund_reviews"),
    path("reviews/filed", fund_reviews.filed, name="fund_filed"),
    path("reviews/<str:code>", fund_reviews.review, name="fund_review"),
    path("reviews/<str:code>/correction", fund_reviews.correction, name="fund_correction"),
    path("reviews/<str:code>/seen", fund_reviews.seen, name="fund_seen"),
]
_releases: list[URLPattern] = [
    path("payments/", releases.payments, name="fund_payments"),
    path("payments/order", releases.order, name="fund_order"),
    path("lists/<int:pk>", releases.release_list, name="fund_list"),
    path("lists/<int:pk>/file", releases.list_file, name="fund_list_file"),
    path("money/<str:code>", releases.money, name="fund_money"),
    path("money/<str:code>/apply", releases.apply, name="fund_apply"),
    path("money/<str:code>/file", releases.file, name="fund_file_in"),
    path("money/<str:code>/withdraw", releases.withdraw, name="fund_withdraw"),
    path("money/<str:code>/papers/new", releases.paper, name="fund_paper"),
    path("money/<str:code>/shares", releases.shares, name="fund_shares"),
    path("money/<str:code>/shares.csv", releases.shares_csv, name="fund_shares_csv"),
    path("money/<str:code>/tables/<str:kind>", releases.table, name="fund_table"),
    path("money/<str:code>/owed", releases.owed, name="fund_pass_on"),
    path("money/<str:code>/settlement", releases.settlement, name="fund_settlement"),
    path(
        "money/<str:code>/settlement/confirm",
        releases.settlement_confirm,
        name="fund_settlement_confirm",
    ),
    path("money/<str:code>/anew", releases.anew, name="fund_anew"),
    path("money/<str:code>/reapply", releases.reapply, name="fund_reapply"),
    path("money/<str:code>/end", releases.end, name="fund_end"),
    path("money/<str:code>/unsettle", releases.unsettle, name="fund_unsettle"),
    path("money/<str:code>/accepted", releases.accepted, name="fund_accepted"),
    path("money/<str:code>/refunds/<int:pk>", releases.refund, name="fund_refund"),
    path("money/<str:code>/<int:position>/ask", releases.ask, name="fund_ask"),
    path("money/<str:code>/<int:position>/confirm", releases.confirm, name="fund_confirm"),
    path("money/<str:code>/<int:position>/decline", releases.decline, name="fund_decline"),
    path("money/<str:code>/<int:position>/receipt", releases.receipt, name="fund_receipt"),
    path("money/<str:code>/<int:position>/not-paid", releases.not_paid, name="fund_not_paid"),
]

urlpatterns = [*_requests, *_emergencies, *_reviews, *_releases]
