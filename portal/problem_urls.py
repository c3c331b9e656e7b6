"""Addresses of the problem register, below /staff/registers/problems/."""

from django.urls import path

from portal.views import problem_acts, problems

urlpatterns = [
    path("", problems.listed, name="problems"),
    path("problems.xlsx", problems.register_file, name="problems_xlsx"),
    path("campaigns/<int:campaign>.xlsx", problems.campaign_file, name="campaign_xlsx"),
    path("items", problem_acts.items, name="problem_items"),
    path("new", problems.choose, name="problem_choose"),
    path("estates/<str:code>/new", problem_acts.new, name="problem_new"),
    path("<int:pk>/", problems.problem, name="problem"),
    path("<int:pk>/pages/<int:page>.jpg", problems.evidence, name="problem_page"),
    path("<int:pk>/progress", problem_acts.progress, name="problem_progress"),
    path("<int:pk>/correct", problem_acts.correct, name="problem_correct"),
    path("<int:pk>/deadline", problem_acts.deadline, name="problem_deadline"),
    path("<int:pk>/close", problem_acts.close, name="problem_close"),
    path("<int:pk>/reopen", problem_acts.reopen, name="problem_reopen"),
]
