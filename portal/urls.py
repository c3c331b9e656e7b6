"""Addresses that belong to no single app."""

from django.urls import include, path
from django.views.i18n import set_language

from portal.views import (
    emergencies,
    handovers,
    incidents,
    my_data,
    my_fund,
    own_fund,
    plans,
    privacy_papers,
    public,
    public_repairs,
)

app_name = "portal"
urlpatterns = [
    path("", public.home, name="home"),
    path("help", public.help_page, name="help"),
    path("privacy", privacy_papers.privacy, name="privacy"),
    path("check", public.check, name="check"),
    path("incident/<str:code>", incidents.public_notice, name="incident"),
    path("repair/<str:code>", public_repairs.repair, name="repair"),
    path("repair/<str:code>/files/<int:pk>", public_repairs.repair_file, name="repair_file"),
    path("vote/<slug:code>/fund/", own_fund.own_fund, name="own_fund"),
    path(
        "vote/<slug:code>/fund/<int:sub>/<int:year>",
        own_fund.own_statement,
        name="own_statement",
    ),
    path("e/<slug:code>/plan/", plans.public_plan, name="repair_plan"),
    path("e/<slug:code>/committee/", handovers.public_committee, name="committee"),
    path("", include("portal.accounts_urls")),
    path("my/", my_fund.start, name="my_start"),
    path("my/code", my_fund.code, name="my_code"),
    path("my/who", my_fund.who, name="my_who"),
    path("my/provider", my_fund.provider, name="my_provider"),
    path("my/provider/done", my_fund.provider_done, name="my_provider_done"),
    path("my/fund/", my_fund.fund, name="my_fund"),
    path("my/fund/<int:sub>/<int:year>", my_fund.statement, name="my_statement"),
    path("my/leave", my_fund.leave, name="my_leave"),
    path("my/data/", my_data.data, name="my_data"),
    path("my/data/seen", my_data.seen, name="my_seen"),
    path("my/data/<int:pk>/copy", my_data.copy, name="my_copy"),
    path("my/data/phone", my_data.phone, name="my_phone"),
    path("my/data/phone/code", my_data.phone_code, name="my_phone_code"),
    path("my/data/phone/remove", my_data.phone_remove, name="my_phone_remove"),
    path("my/data/phone/<int:pk>/stop", my_data.phone_stop, name="my_phone_stop"),
    path("my/data/ask", my_data.data_ask, name="my_data_ask"),
    path(
        "vote/<slug:code>/repairs/<str:repair>/objection",
        emergencies.own_objection,
        name="own_objection",
    ),
    # Below /i18n/ the letter's token in the address survives the switch (static/js/vote.js).
    path("i18n/text-size", public.text_size, name="text_size"),
    path("i18n/setlang/", set_language, name="set_language"),
]
