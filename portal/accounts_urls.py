"""Addresses of the public accounts: read by everybody, asked about by owners below /my/."""

from django.urls import path

import portal.converters  # noqa: F401 (day and book)
from portal.views import breaches, duties, my_accounts, public_accounts, public_problems

_ACCOUNT = "e/<slug:code>/accounts/<book:kind>/<day:first>/"
urlpatterns = [
    path("e/<slug:code>/accounts/", public_accounts.home, name="accounts_home"),
    path("e/<slug:code>/duties/", duties.public, name="duties"),
    path("e/<slug:code>/problems/", public_problems.estate, name="problems"),
    path("problems/<int:pk>/", public_problems.authority, name="authority_problems"),
    path("e/<slug:code>/sources/", public_accounts.sources, name="sources"),
    path(
        "e/<slug:code>/accounts/papers/<int:pk>.jpg",
        public_accounts.paper,
        name="accounts_paper",
    ),
    path(_ACCOUNT, public_accounts.account, name="accounts"),
    path(f"{_ACCOUNT}v<int:version>/", public_accounts.account, name="accounts_version"),
    path(f"{_ACCOUNT}table.csv", public_accounts.table, name="accounts_csv"),
    path(f"{_ACCOUNT}v<int:version>/table.csv", public_accounts.table, name="accounts_csv"),
    path(f"{_ACCOUNT}lines/", public_accounts.lines, name="accounts_lines"),
    path(f"{_ACCOUNT}lines/<int:number>/", public_accounts.line, name="accounts_line"),
    path(f"{_ACCOUNT}questions/", public_accounts.questions, name="accounts_questions"),
    path("my/accounts/", my_accounts.own, name="my_accounts"),
    path("my/accounts/withdraw/<int:pk>", my_accounts.take_back, name="my_withdraw"),
    path("my/accounts/photo/<int:pk>.jpg", my_accounts.photo, name="my_photo"),
    path("my/ask/<slug:code>/<book:kind>/<day:first>/", my_accounts.ask_form, name="my_ask"),
    path("my/report/<slug:code>/", my_accounts.report, name="my_report"),
    path("my/breach/<slug:code>/", breaches.own, name="my_breach"),
]
