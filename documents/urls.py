"""Addresses below /v/."""

from django.urls import path

from documents import views

app_name = "documents"
urlpatterns = [
    path("", views.verify, name="verify"),
    path("<str:code>", views.paper, name="paper"),
    path("<str:code>/pdf", views.paper_pdf, name="paper-pdf"),
    path("<str:code>/stamped/<int:pk>", views.stamped, name="stamped"),
]
