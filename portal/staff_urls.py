"""Addresses of the staff pages, all below /staff/ and behind accounts.middleware's gate."""

from django.urls import include, path

from portal.views import (
    announced,
    keys,
    letters,
    people,
    rulings,
    sessions,
    staff,
    witnesses,
)

app_name = "staff"

_session = [
    path("", sessions.session, name="session"),
    path("edit", sessions.session_edit, name="session_edit"),
    path("motions/new", sessions.motion_new, name="motion_new"),
    path("motions/<int:pk>", sessions.motion_edit, name="motion_edit"),
    path("motions/<int:pk>/remove", sessions.motion_remove, name="motion_remove"),
    path("motions/<int:pk>/attachments", sessions.attachment_add, name="attachment_add"),
    path("attachments/<int:pk>", sessions.attachment, name="attachment"),
    path("attachments/<int:pk>/remove", sessions.attachment_remove, name="attachment_remove"),
    path("announce", sessions.announce, name="announce"),
    path("cancel", sessions.cancel, name="cancel"),
    path("keys", keys.keys, name="keys"),
    path("keys/holders/<int:count>", keys.holders, name="key_holders"),
    path("keys/platform", keys.platform, name="key_platform"),
    path("keys/ceremony.json", keys.transcript, name="key_file"),
    path("keys/upload", keys.upload, name="key_upload"),
    path("keys/agree", keys.agree, name="key_agree"),
    path("keys/restart", keys.restart, name="key_restart"),
    path("opening", keys.opening, name="opening"),
    path("letters", letters.letters, name="letters"),
    path("letters/start", letters.letters_start, name="letters_start"),
    path("letters/take", letters.letters_take, name="letters_take"),
    path("letters/<int:number>/reissue", letters.reissue, name="reissue"),
    path("turnout", announced.turnout_page, name="turnout"),
    path("missing", announced.missing, name="missing"),
    path("heads", announced.heads, name="heads"),
    path("heads.csv", announced.heads_csv, name="heads_csv"),
    path("result", announced.result, name="result"),
    path("rulings/", rulings.rulings, name="rulings"),
    path("rulings/new/<int:number>", rulings.ruling_new, name="ruling_new"),
    path("rulings/<int:pk>", rulings.ruling, name="ruling"),
    path("rulings/<int:pk>/confirm", rulings.ruling_confirm, name="ruling_confirm"),
    path("rulings/<int:pk>/decline", rulings.ruling_decline, name="ruling_decline"),
    path("rulings/<int:pk>/withdraw", rulings.ruling_withdraw, name="ruling_withdraw"),
    path("rulings/<int:pk>/document", rulings.ruling_document, name="ruling_document"),
    path("witnesses", witnesses.asked, name="witnesses"),
    path("witness", witnesses.witness, name="witness"),
    path("board.zip", announced.board_export, name="board_export"),
]

urlpatterns = [
    path("", staff.home, name="home"),
    path("estates/", staff.estates, name="estates"),
    path("estates/<str:code>/", staff.estate, name="estate"),
    path("estates/<str:code>/sessions/new", sessions.session_new, name="session_new"),
    path("sessions/<str:code>/", include(_session)),
    path("witness", witnesses.witness_key, name="witness_key"),
    path("jobs/<int:pk>", letters.job, name="job"),
    path("jobs/<int:pk>/state", letters.job_state, name="job_state"),
    path("people/", people.people, name="people"),
    path("people/invite", people.invite, name="invite"),
    path("people/<int:pk>", people.person, name="person"),
    path("people/<int:pk>/deactivate", people.deactivate, name="deactivate"),
    path("grants/<int:pk>/revoke", people.revoke, name="revoke"),
]
