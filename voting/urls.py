"""Addresses of a vote. The letter's code occurs below /q/ only."""

from django.urls import path

from voting.views import board, owner, receipts

app_name = "voting"
urlpatterns = [
    path("q/", owner.enter, name="enter"),
    path("q/<str:code>", owner.letter, name="letter"),
    path("q/<str:code>/start", owner.start, name="start"),
    path("vote/<str:code>/", owner.resume, name="resume"),
    path("vote/<str:code>/identity/", owner.identity, name="identity"),
    path("vote/<str:code>/identity/send", owner.send_code, name="send_code"),
    path("vote/<str:code>/identity/sms/", owner.identity_sms, name="identity_sms"),
    path(
        "vote/<str:code>/identity/document/", owner.identity_document, name="identity_document"
    ),
    path("vote/<str:code>/motions/", owner.motions, name="motions"),
    path("vote/<str:code>/review/", owner.review, name="review"),
    path("vote/<str:code>/submit/", owner.submit, name="submit"),
    path("vote/<str:code>/cast/", owner.cast, name="cast"),
    path("vote/<str:code>/receipt/", receipts.receipt, name="receipt"),
    path("r/<str:code>.png", receipts.receipt_image, name="receipt_image"),
    path("r/<str:code>", receipts.public_receipt, name="public_receipt"),
    path("s/<str:code>/", board.session_page, name="session"),
    path("s/<str:code>/files/<int:pk>/", board.attachment, name="attachment"),
    path("s/<str:code>/board/", board.board_page, name="board"),
    path("s/<str:code>/board/manifest.json", board.manifest_file, name="manifest_file"),
    path(
        "s/<str:code>/board/checkpoints.jsonl", board.checkpoints_file, name="checkpoints_file"
    ),
    path("s/<str:code>/board/result.json", board.result_file, name="result_file"),
    path("check/proof", board.proof, name="proof"),
]
