"""Addresses of the roll's pages, below /staff/roll/ and behind accounts.middleware's gate."""

from django.urls import URLPattern, URLResolver, include, path

from portal.views import (
    roll,
    roll_changes,
    roll_checks,
    roll_numbers,
    roll_people,
    roll_taking,
)

app_name = "roll"

_import = [
    path("", roll.preview, name="preview"),
    path("columns", roll.columns, name="columns"),
    path("correct", roll.correct, name="correct"),
    path("faults.xlsx", roll.faults, name="faults"),
    path("confirm", roll.confirm, name="confirm"),
    path("drop", roll.drop, name="drop"),
    path("undo", roll.undo, name="undo"),
]
_unit = [
    path("", roll_checks.unit, name="unit"),
    path("area", roll_checks.area, name="area"),
    path("voter", roll_checks.voter, name="voter"),
    path("transfer", roll_checks.transfer, name="transfer"),
    path("shown", roll_people.shown, name="shown"),
    path("phone", roll_people.phone, name="phone"),
]
_estate: list[URLPattern | URLResolver] = [
    path("", roll.home, name="home"),
    path("upload", roll.upload, name="upload"),
    path("imports/<int:pk>/", include(_import)),
    path("findings", roll_checks.findings, name="findings"),
    path("units/", roll_checks.units, name="units"),
    path("units/<int:pk>/", include(_unit)),
    path("verification", roll_checks.verification, name="verification"),
    path("verification/list.xlsx", roll_checks.verification_list, name="verification_list"),
    path("phones/", roll_people.phones, name="phones"),
    path("phones/confirm", roll_people.phone_confirm_all, name="phone_confirm_all"),
    path("phones/<int:pk>/confirm", roll_people.phone_confirm, name="phone_confirm"),
    path("phones/<int:pk>/stop", roll_people.phone_stop, name="phone_stop"),
    path("take", roll_taking.take, name="take"),
    path("changes/", roll_changes.changes, name="changes"),
    path("changes/<int:pk>/confirm", roll_changes.change_confirm, name="change_confirm"),
    path("changes/<int:pk>/drop", roll_changes.change_drop, name="change_drop"),
    path("numbers/", roll_numbers.numbers, name="numbers"),
    path("numbers/confirm", roll_numbers.numbers_confirm, name="numbers_confirm"),
    path("requests/", roll_people.requests, name="requests"),
    path("requests/<int:pk>", roll_people.request_answer, name="request"),
    path("manager", roll_checks.manager, name="manager"),
    path("manager/<int:pk>/remove", roll_checks.manager_remove, name="manager_remove"),
]

urlpatterns = [path("<str:code>/", include(_estate))]
