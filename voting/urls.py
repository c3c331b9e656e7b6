"""Addresses of a vote. The letter's code occurs below /q/ only."""

from django.urls import path

from voting.views import (
    after,
    board,
    lost,
    notice,
    objections,
    owner,
    posted_roll,
    proxy,
    receipts,
)

app_name = "voting"
urlpatterns = [
    path("q/", owner.enter, name="enter"),
    path("q/<str:code>", owner.letter, name="letter"),
    path("q/<str:code>/start", owner.start, name="start"),
    path("vote/<slug:code>/", owner.resume, name="resume"),
    path("vote/<slug:code>/identity/", owner.identity, name="identity"),
    path("vote/<slug:code>/identity/send", owner.send_code, name="send_code"),
    path("vote/<slug:code>/identity/sms/", owner.identity_sms, name="identity_sms"),
    path(
        "vote/<slug:code>/identity/document/", owner.identity_document, name="identity_document"
    ),
    path("vote/<slug:code>/motions/", owner.motions, name="motions"),
    path("vote/<slug:code>/review/", owner.review, name="review"),
    path("vote/<slug:code>/submit/", owner.submit, name="submit"),
    path("vote/<slug:code>/cast/", owner.cast, name="cast"),
    path("vote/<slug:code>/receipt/", receipts.receipt, name="receipt"),
    path("vote/<slug:code>/proxy/", proxy.proxy, name="proxy"),
    path("vote/<slug:code>/proxy/revoke", proxy.proxy_revoke, name="proxy_revoke"),
    path("vote/<slug:code>/proxy/code", proxy.proxy_code, name="proxy_code"),
    path("vote/<slug:code>/leave", proxy.leave, name="leave"),
    path("vote/<slug:code>/participants/", after.participants, name="participants"),
    path("vote/<slug:code>/opened/", after.opened, name="opened"),
    path("vote/<slug:code>/not-mine/", objections.not_mine, name="not_mine"),
    path("vote/<slug:code>/objections/", objections.own, name="objections"),
    path("vote/<slug:code>/objections/new", objections.new, name="objection_new"),
    path(
        "vote/<slug:code>/objections/<int:number>/dispute",
        objections.dispute,
        name="objection_dispute",
    ),
    path(
        "vote/<slug:code>/objections/<int:number>/withdraw",
        objections.withdraw,
        name="objection_withdraw",
    ),
    path("vote/<slug:code>/board.zip", after.board_archive, name="board_archive"),
    path("r/<slug:code>.png", receipts.receipt_image, name="receipt_image"),
    path("r/<slug:code>", receipts.public_receipt, name="public_receipt"),
    path("r/<slug:code>/not-mine", objections.from_receipt, name="receipt_not_mine"),
    path("s/<slug:code>/objections/", objections.public, name="public_objections"),
    path("s/<slug:code>/", board.session_page, name="session"),
    path("s/<slug:code>/notice/", notice.notice_page, name="notice"),
    path("s/<slug:code>/lost/", lost.lost, name="lost"),
    path("s/<slug:code>/lost/check", lost.lost_check, name="lost_check"),
    path("s/<slug:code>/lost/identity", lost.lost_provider, name="lost_provider"),
    path(
        "s/<slug:code>/lost/identity/done", lost.lost_provider_done, name="lost_provider_done"
    ),
    path("s/<slug:code>/files/<int:pk>/", board.attachment, name="attachment"),
    path("s/<slug:code>/roll/", posted_roll.posted_roll, name="posted_roll"),
    path("s/<slug:code>/board/", board.board_page, name="board"),
    path("s/<slug:code>/board/manifest.json", board.manifest_file, name="manifest_file"),
    path(
        "s/<slug:code>/board/checkpoints.jsonl", board.checkpoints_file, name="checkpoints_file"
    ),
    path("s/<slug:code>/board/consistency", board.consistency, name="consistency"),
    path("s/<slug:code>/board/result.json", board.result_file, name="result_file"),
    path("check/proof", board.proof, name="proof"),
]
