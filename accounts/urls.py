"""Sign-in, second factor and password: what we use of allauth, and no more.

Nobody signs up, nobody has an e-mail address, and phones are set at the invitation; an
address that nothing needs would only be one more to attack. Names are allauth's own.
"""

from allauth.account import views
from django.urls import include, path

from accounts import views as ours

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("login/code/", views.request_login_code, name="account_request_login_code"),
    path("login/code/confirm/", views.confirm_login_code, name="account_confirm_login_code"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/forgotten/", ours.forgotten, name="account_forgotten"),
    path("code/", ours.second_code, name="account_second_code"),
    path("sessions/", ours.sessions, name="account_sessions"),
    path("sessions/<int:pk>/end/", ours.session_end, name="account_session_end"),
    path("sessions/end/", ours.sessions_end, name="account_sessions_end"),
    # Answer with 404 where no provider is set.
    path("oidc/login/", ours.oidc_login, name="oidc_login"),
    path("oidc/callback/", ours.oidc_callback, name="oidc_callback"),
    path("2fa/", include("allauth.mfa.urls")),
]
