"""Addresses of the books of public revenue and expenses under /staff/accounts/."""

from django.urls import URLPattern, path

from portal.views import accounts, annual, closings

urlpatterns: list[URLPattern] = [
    path("", accounts.accounts, name="accounts"),
    path("estates/<str:code>/", accounts.estate, name="accounts_estate"),
    path("estates/<str:code>/new/<slug:kind>", accounts.book_new, name="book_new"),
    path("books/<int:pk>/", accounts.book, name="book"),
    path("books/<int:pk>/holder", accounts.holder, name="book_holder"),
    path("books/<int:pk>/split", accounts.split, name="book_split"),
    path("books/<int:pk>/entries/new", accounts.entry_new, name="entry_new"),
    path("entries/<int:pk>/", accounts.entry, name="entry"),
    path("entries/<int:pk>/edit", accounts.entry_edit, name="entry_edit"),
    path("entries/<int:pk>/review", accounts.entry_review, name="entry_review"),
    path("entries/<int:pk>/return", accounts.entry_return, name="entry_return"),
    path("entries/<int:pk>/drop", accounts.entry_drop, name="entry_drop"),
    path("entries/<int:pk>/reverse", accounts.entry_reverse, name="entry_reverse"),
    path(
        "entries/<int:pk>/papers/<int:paper>/off",
        accounts.entry_paper_off,
        name="entry_paper_off",
    ),
    path("papers/<int:pk>/", accounts.paper, name="account_paper"),
    path("papers/<int:pk>/looked", accounts.paper_looked, name="account_paper_looked"),
    path("papers/<int:pk>/pages/<int:number>", accounts.paper_page, name="account_page"),
    path(
        "papers/<int:pk>/pages/<int:number>.jpg",
        accounts.paper_picture,
        name="account_page_jpg",
    ),
    path("books/<int:pk>/periods/<str:first>/", closings.period, name="period"),
    path("closings/<int:pk>/", closings.closing, name="closing"),
    path("closings/<int:pk>/preview", closings.preview, name="closing_preview"),
    path("closings/<int:pk>/publish", closings.publish, name="closing_publish"),
    path("closings/<int:pk>/return", closings.give_back, name="closing_return"),
    path("books/<int:pk>/years/<int:year>/", annual.year, name="book_year"),
    path("books/<int:pk>/years/<int:year>/paper", annual.year_paper, name="book_year_paper"),
    path("books/<int:pk>/years/<int:year>/motion", annual.year_motion, name="book_year_motion"),
]
