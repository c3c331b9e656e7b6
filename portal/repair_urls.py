"""Addresses of repairs under /staff/repairs/: requests, emergencies, reviews, releases."""

from django.urls import URLPattern

_requests: list[URLPattern] = []
_emergencies: list[URLPattern] = []
_reviews: list[URLPattern] = []
_releases: list[URLPattern] = []

urlpatterns = [*_requests, *_emergencies, *_reviews, *_releases]
