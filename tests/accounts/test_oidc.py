"""Single sign-on against a real provider over HTTP, and tokens that are not what they say."""

from __future__ import annotations

import base64
import json
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message, RoleGrant, SignIn, User
from accounts.oidc import issuer as issuer_module
from accounts.oidc.issuer import forget_discovery
from accounts.permissions import Permission, has_permission
from accounts.services.grants import grant_role
from logbook.models import Entry
from tests.accounts.entering import Browser
from tests.oidc_provider import CLIENT, SECRET, Provider
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
HOST = "http://testserver"


@pytest.fixture
def provider(settings, tmp_path, town):
    made = Provider(redirect_uri=f"{HOST}/accounts/oidc/callback/")
    mapping = tmp_path / "groups.json"
    mapping.write_text(
        json.dumps(
            {
                "groups": {
                    "east-street": {"role": "street_office", "authority": "东街道"},
                    "east-bureau": {"role": "bureau", "authority": town.here.district.pk},
                    "desk": [
                        {"role": "organiser", "estate": town.here.estate.code},
                        {"role": "supervisor", "estate": town.there.estate.code},
                    ],
                    "both": [
                        {"role": "organiser", "estate": town.here.estate.code},
                        {"role": "supervisor", "estate": town.here.estate.code},
                    ],
                    "admins": {"role": "operator"},
                }
            }
        ),
        encoding="utf-8",
    )
    settings.PUBLIC_URL = HOST
    settings.REQUIRE_MFA = True
    settings.OIDC_ISSUER = made.issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    settings.OIDC_GROUPS_FILE = str(mapping)
    settings.OIDC_RECHECK_SECONDS = 0
    made.people["wu"] = {
        "name": "吴敏",
        "groups": ["east-street"],
        "phone_number": "10000000033",
    }
    forget_discovery()
    yield made
    made.close()
    forget_discovery()


def leave(client, wanted="/staff/"):
    """Our link, followed to the provider; what was asked of it."""
    answer = client.get(reverse("oidc_login"), {"next": wanted})
    assert answer.status_code == 302
    return answer.headers["Location"]


def choose(provider, address, subject="wu"):
    """At the provider, in another origin: what it sends the browser back with."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert requests.get(address, timeout=5).status_code == 200
    back = requests.post(
        f"{provider.issuer}/sign-in",
        data={**asked, "subject": subject},
        allow_redirects=False,
        timeout=5,
    )
    return back.headers["Location"].removeprefix(HOST)


def sign_in(provider, subject="wu", client=None):
    client = client or Client()
    back = choose(provider, leave(client), subject)
    return client, client.get(back)


def signed_in(client):
    return "_auth_user_id" in client.session


def entries(kind):
    return [json.loads(bytes(entry.line))["body"] for entry in Entry.objects.filter(kind=kind)]


# --- off by default


def test_without_an_issuer_there_is_nothing(client):
    for name in ("oidc_login", "oidc_callback"):
        assert client.get(reverse(name)).status_code == 404
    assert "oidc" not in client.get(reverse("account_login")).content.decode()
    assert client.get("/accounts/social/signup/").status_code == 404
    assert client.get("/accounts/openid_connect/oidc/login/").status_code == 404


# --- the way in


def test_a_group_becomes_a_role_at_its_place(provider, town):
    client, answer = sign_in(provider)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/staff/")
    assert client.get("/staff/").status_code == 200
    assert client.get(f"/staff/estates/{town.here.estate.code}/").status_code == 200
    assert client.get(f"/staff/estates/{town.there.estate.code}/").status_code == 404
    given = RoleGrant.objects.get(role="street_office")
    assert given.granted_by == f"oidc:{provider.issuer.removeprefix('http://')}"
    [body] = entries("grant_role")
    assert body["actor"] == given.granted_by


def test_the_wanted_page_follows_and_no_foreign_one(provider):
    for wanted, expected in (
        ("/staff/estates/", "/staff/estates/"),
        ("//evil.example/", "/staff/"),
    ):
        client = Client()
        answer = client.get(choose(provider, leave(client, wanted)))
        assert answer.headers["Location"] == expected


def test_nothing_the_provider_says_of_a_person_lies_readable(provider):
    sign_in(provider)
    account = SocialAccount.objects.get()
    assert account.extra_data == {}
    assert "wu" not in account.uid
    assert not SocialToken.objects.exists()
    user = account.user
    assert (user.display_name, user.phone, user.email) == ("吴敏", "", "")
    assert not user.has_usable_password()


def test_tokens_lie_in_the_session_encrypted(provider):
    client, _answer = sign_in(provider)
    kept = str(dict(client.session))
    assert provider.tokens
    assert not [one for one in (*provider.tokens, *provider.refreshes) if one in kept]


def test_the_same_person_comes_again_to_the_same_account(provider):
    sign_in(provider)
    before = User.objects.count()
    sign_in(provider)
    assert User.objects.count() == before
    assert RoleGrant.objects.filter(granted_by__startswith="oidc:").count() == 1


def test_a_name_the_provider_says_takes_nobodys_account(provider):
    local = make_user("boss")
    grant(local, "operator", None)
    provider.people["boss"] = {
        "preferred_username": "boss", "name": "boss", "email": "boss@example.test",
        "groups": ["east-street"],
    }  # fmt: skip
    client, _answer = sign_in(provider, "boss")
    assert signed_in(client)
    assert client.session["_auth_user_id"] != str(local.pk)
    assert client.get("/staff/people/").status_code == 404


@pytest.mark.parametrize("groups", [[], ["others"], None, 7, {"a": 1}, [["east-street"]], ""])
def test_groups_that_give_nothing_get_a_clear_page_and_no_account(provider, groups):
    provider.people["wu"]["groups"] = groups
    before = User.objects.count()
    client, answer = sign_in(provider)
    assert answer.status_code == 403
    assert "还没有这里的岗位" in answer.content.decode()
    assert not signed_in(client)
    assert User.objects.count() == before


def test_a_single_group_may_come_as_text(provider):
    provider.people["wu"]["groups"] = "east-street"
    client, _answer = sign_in(provider)
    assert client.get("/staff/").status_code == 200


def test_nobody_becomes_organiser_and_supervisor_of_one_estate_by_groups(provider, town):
    provider.people["wu"]["groups"] = ["both"]
    sign_in(provider)
    roles = RoleGrant.objects.filter(granted_by__startswith="oidc:").values_list(
        "role", flat=True
    )
    assert list(roles) == ["organiser"]


def test_a_person_who_left_is_told_and_gets_no_role(provider):
    sign_in(provider)
    user = SocialAccount.objects.get().user
    User.objects.filter(pk=user.pk).update(is_active=False)
    RoleGrant.objects.filter(user=user).delete()
    client, answer = sign_in(provider)
    assert answer.headers["Location"] == reverse("account_inactive")
    assert not signed_in(client)
    assert not RoleGrant.objects.filter(user=user).exists()


def test_who_has_an_app_too_is_not_asked_for_it(provider):
    sign_in(provider)
    Browser(SocialAccount.objects.get().user).has_app()
    client, answer = sign_in(provider)
    assert answer.headers["Location"] == "/staff/"
    assert client.get("/staff/").status_code == 200


def test_who_has_only_the_provider_comes_again_by_it_to_end_other_browsers(provider):
    here, _answer = sign_in(provider)
    there, _answer = sign_in(provider)
    assert there.get("/staff/").status_code == 200
    session = here.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()
    answer = here.post(reverse("account_sessions_end"))
    assert answer.headers["Location"] == "/accounts/login/?next=%2Faccounts%2Fsessions%2F"
    assert not signed_in(here)
    assert there.get("/staff/").status_code == 200
    page = here.get(answer.headers["Location"]).content.decode()
    assert "再验证一次是您本人" in page
    assert "/accounts/oidc/login/?next=/accounts/sessions/" in page
    here.get(choose(provider, leave(here, "/accounts/sessions/")))
    here.post(reverse("account_sessions_end"))
    assert there.get("/staff/").status_code == 302


# --- tokens that are not what they say


def hs256_under_the_public_key(provider):
    """Algorithm confusion (CVE-2015-9235): the public key as if it were a shared secret."""
    public = provider.key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    provider.sign_with, provider.algorithm = base64.b64encode(public), "HS256"


def stranger_signs(provider):
    provider.sign_with = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def nobody_signs(provider):
    provider.sign_with, provider.algorithm = "", "none"


FORGED = {
    "signature of a stranger": stranger_signs,
    "algorithm none": nobody_signs,
    "algorithm HS256": hs256_under_the_public_key,
    "unknown key": lambda one: one.header.update(kid="two"),
    "another issuer": lambda one: one.tamper.update(iss="https://evil.example"),
    "no issuer": lambda one: one.tamper.update(iss=None),
    "another audience": lambda one: one.tamper.update(aud="someone-else"),
    "no audience": lambda one: one.tamper.update(aud=None),
    "two audiences": lambda one: one.tamper.update(aud=[CLIENT, "someone-else"]),
    "for another party": lambda one: one.tamper.update(azp="someone-else"),
    "expired": lambda one: one.tamper.update(exp=1_600_000_000),
    "without an end": lambda one: one.tamper.update(exp=None),
    "not yet": lambda one: one.tamper.update(nbf=4_000_000_000),
    "another nonce": lambda one: one.tamper.update(nonce="x" * 32),
    "no nonce": lambda one: one.tamper.update(nonce=None),
    "no subject": lambda one: one.tamper.update(sub=None),
    "userinfo of another": lambda one: setattr(one, "userinfo_sub", "zheng"),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_token_opens_nothing(provider, how):
    FORGED[how](provider)
    client, answer = sign_in(provider)
    assert answer.status_code == 403
    assert "登录没有成功" in answer.content.decode()
    assert not signed_in(client)
    assert not SocialAccount.objects.exists()


def test_two_audiences_with_us_as_the_party_are_fine(provider):
    provider.tamper.update(aud=[CLIENT, "someone-else"], azp=CLIENT)
    client, _answer = sign_in(provider)
    assert signed_in(client)


# --- how somebody signed in there


@pytest.mark.parametrize("acr", ["urn:two", "urn:card"])
def test_a_strong_sign_in_at_the_provider_opens_the_door(provider, settings, acr):
    settings.OIDC_ACR = ["urn:two", "urn:card"]
    provider.tamper.update(acr=acr)
    client, _answer = sign_in(provider)
    assert client.get("/staff/").status_code == 200


@pytest.mark.parametrize(
    "acr", ["urn:password", "0", None, "", ["urn:two"], "urn:two urn:card"]
)
def test_a_weak_sign_in_at_the_provider_is_told_what_to_do(provider, settings, acr):
    settings.OIDC_ACR = ["urn:two", "urn:card"]
    provider.tamper.update(acr=acr)
    provider.people["wu"]["acr"] = "urn:two"  # of the person, unsigned: not of this sign-in
    client, answer = sign_in(provider)
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "这次登录的方式不够可靠" in page
    assert "重新登录" in page
    assert not signed_in(client)
    assert not SocialAccount.objects.exists()


def test_the_strength_is_asked_for_and_nothing_where_none_is_set(provider, settings):
    assert "acr_values" not in leave(Client())
    settings.OIDC_ACR = ["urn:two", "urn:card"]
    asked = parse_qs(urlsplit(leave(Client())).query)
    assert asked["acr_values"] == ["urn:two urn:card"]


def test_state_is_of_this_browser_and_used_once(provider):
    victim, other = Client(), Client()
    back = choose(provider, leave(other))
    refused = victim.get(back)  # a link somebody sent: sign-in CSRF
    assert refused.status_code == 403
    assert not signed_in(victim)
    for address in (back.replace("state=", "state=x"), back.split("&state")[0]):
        assert other.get(address).status_code == 403
        assert not signed_in(other)
    assert other.get(back).status_code == 302
    other.logout()
    assert other.get(back).status_code == 403


def test_a_code_somebody_caught_is_worthless_without_the_verifier(provider):
    """PKCE: the thief's own browser began another sign-in, with another verifier."""
    thief = Client()
    caught = parse_qs(urlsplit(choose(provider, leave(Client()))).query)["code"][0]
    own = choose(provider, leave(thief))
    code = parse_qs(urlsplit(own).query)["code"][0]
    assert thief.get(own.replace(code, caught)).status_code == 403
    assert not signed_in(thief)


def test_the_visitor_adds_nothing_to_what_is_asked(provider):
    address = (
        Client()
        .get(
            reverse("oidc_login"),
            {"scope": "admin", "auth_params": "prompt=none&nonce=mine", "process": "connect"},
        )
        .headers["Location"]
    )
    asked = parse_qs(urlsplit(address).query)
    assert set(asked["scope"][0].split()) == {"openid", "profile"}
    assert "prompt" not in asked
    assert asked["nonce"][0] != "mine"
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{HOST}/accounts/oidc/callback/"]


def test_the_way_back_is_ours_whatever_host_was_asked(provider, settings):
    settings.ALLOWED_HOSTS = ["*"]
    answer = Client().get(reverse("oidc_login"), headers={"host": "evil.example"})
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["redirect_uri"] == [f"{HOST}/accounts/oidc/callback/"]


def test_who_cancels_there_is_told_so(provider):
    client = Client()
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    answer = client.get(reverse("oidc_callback"), {"error": "access_denied", "state": state})
    assert "您取消了登录" in answer.content.decode()


# --- only the issuer is ever asked


@pytest.mark.parametrize(
    "name", ["token_endpoint", "userinfo_endpoint", "jwks_uri", "authorization_endpoint"]
)
def test_a_description_that_leads_elsewhere_is_refused(provider, name):
    elsewhere = Provider()
    provider.discovery[name] = f"{elsewhere.issuer}/userinfo"
    answer = Client().get(reverse("oidc_login"))
    assert answer.status_code == 503
    assert elsewhere.answers == []
    elsewhere.close()


def test_a_description_of_another_issuer_is_refused(provider):
    provider.discovery["issuer"] = "https://evil.example"
    assert Client().get(reverse("oidc_login")).status_code == 503


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://127.0.0.1/x",
        "file:///etc/passwd",
        "http://localhost:1/",
        "http://evil.example/",
    ],
)
def test_no_other_address_gets_a_request(provider, address, monkeypatch):
    monkeypatch.setattr(requests.Session, "request", lambda *_a, **_k: pytest.fail("asked"))
    with pytest.raises(issuer_module.OAuth2Error):
        issuer_module.IssuerSession().get(address)


def test_a_redirect_of_the_issuer_is_not_followed(provider, monkeypatch):
    elsewhere = Provider()
    made = requests.Response()
    made.status_code, made.headers["Location"] = 302, f"{elsewhere.issuer}/userinfo"
    seen = {}

    def request(self, method, url, **options):
        seen.update(options)
        return made

    monkeypatch.setattr(requests.Session, "request", request)
    with pytest.raises(issuer_module.OAuth2Error):
        issuer_module.IssuerSession().get(f"{provider.issuer}/userinfo")
    assert seen["allow_redirects"] is False
    assert seen["timeout"] == issuer_module.TIMEOUT
    assert elsewhere.answers == []
    elsewhere.close()


@pytest.fixture
def over_tls(provider, tmp_path, settings):
    """The same provider behind TLS, with a certificate of an authority nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, secret)
    provider.server.socket = tls.wrap_socket(provider.server.socket, server_side=True)
    settings.OIDC_ISSUER = provider.issuer = provider.issuer.replace("http://", "https://")
    forget_discovery()
    return certificate


def test_a_certificate_nobody_vouches_for_is_no_provider(over_tls, settings, monkeypatch):
    # Not by the machine's surroundings either.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(over_tls))
    assert Client().get(reverse("oidc_login")).status_code == 503
    settings.OIDC_CA_FILE = str(over_tls)
    answer = Client().get(reverse("oidc_login"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("https://127.0.0.1:")


# --- a group taken away


def test_a_removed_group_loses_access_with_the_next_request(provider, town):
    client, _answer = sign_in(provider)
    assert client.get("/staff/").status_code == 200
    provider.people["wu"]["groups"] = []
    answer = client.get("/staff/")
    assert answer.status_code == 403
    assert "还没有这里的岗位" in answer.content.decode()
    assert not signed_in(client)
    [body] = entries("revoke_role")
    assert body["actor"].startswith("oidc:")
    # What it opened is shut for the account too, not only for the session.
    user = SocialAccount.objects.get().user
    assert not has_permission(User.objects.get(pk=user.pk), Permission.VIEW_SESSION)


def test_another_group_is_another_role_at_once(provider, town):
    provider.people["wu"]["groups"] = ["east-street", "desk"]
    client, _answer = sign_in(provider)
    other, _answer = sign_in(provider)
    provider.people["wu"]["groups"] = ["east-bureau", "desk"]
    assert client.get("/staff/").status_code == 200
    held = RoleGrant.objects.filter(granted_by__startswith="oidc:", valid_to=None)
    assert sorted(held.values_list("role", flat=True)) == ["bureau", "organiser", "supervisor"]
    # Something ended, so every other browser of the person is out.
    assert other.get("/staff/").status_code == 302
    assert client.get("/staff/").status_code == 200


def test_a_group_that_comes_back_works_again(provider):
    sign_in(provider)
    provider.people["wu"]["groups"] = []
    _client, answer = sign_in(provider)
    assert answer.status_code == 403
    provider.people["wu"]["groups"] = ["east-street"]
    client, _answer = sign_in(provider)
    assert client.get("/staff/").status_code == 200


def test_roles_given_by_hand_are_left_alone(provider, town):
    sign_in(provider)
    user = SocialAccount.objects.get().user
    grant_role(
        user=user, role="organiser", place=town.there.estate, valid_to=None,
        valid_from=timezone.localdate(), actor=town.person("operator"), at=timezone.now(),
    )  # fmt: skip
    provider.people["wu"]["groups"] = []
    client, answer = sign_in(provider)
    assert answer.status_code == 302
    assert client.get(f"/staff/estates/{town.there.estate.code}/").status_code == 200
    assert client.get(f"/staff/estates/{town.here.estate.code}/").status_code == 404


def test_a_local_sign_in_does_not_keep_what_a_group_gave(provider, settings):
    """Nobody asks the provider in such a session, so its groups count for nothing there."""
    sign_in(provider)
    user = SocialAccount.objects.get().user
    user.set_password("correct horse battery")
    user.save()
    browser = Browser(user)
    browser.has_app()
    browser.password()
    browser.app()
    assert signed_in(browser.client)
    page = browser.client.get("/staff/")
    assert page.status_code == 200
    assert page.context["places"] == 0


def test_it_is_not_asked_again_within_the_minute(provider, settings):
    settings.OIDC_RECHECK_SECONDS = 60
    client, _answer = sign_in(provider)
    client.get("/staff/")
    provider.answers.clear()
    for _click in range(3):
        assert client.get("/staff/").status_code == 200
    assert provider.answers == []


def test_an_access_token_that_ended_is_renewed(provider):
    client, _answer = sign_in(provider)
    provider.tokens.clear()
    assert client.get("/staff/").status_code == 200
    assert client.get("/staff/").status_code == 200  # with the new one


@pytest.mark.parametrize("ways", [["client_secret_basic"], ["client_secret_post"]])
def test_both_ways_to_name_the_client_work(provider, ways):
    provider.token_ways = ways
    forget_discovery()
    client, _answer = sign_in(provider)
    provider.tokens.clear()
    assert client.get("/staff/").status_code == 200


def test_a_session_the_provider_ended_ends(provider):
    client, _answer = sign_in(provider)
    provider.tokens.clear()
    provider.refreshes.clear()
    answer = client.get("/staff/")
    assert answer.status_code == 403
    assert "请重新登录" in answer.content.decode()
    assert not signed_in(client)


def test_an_answer_about_somebody_else_ends_the_session(provider):
    client, _answer = sign_in(provider)
    provider.userinfo_sub = "zheng"
    assert client.get("/staff/").status_code == 403


# --- the provider is down


def later(client, seconds):
    """Move the session's last answer back in time."""
    session = client.session
    kept = session["oidc"]
    session["oidc"] = {**kept, "checked": kept["checked"] - seconds, "tried": 0}
    session.save()


def test_work_goes_on_for_ten_minutes_and_then_stops_with_a_clear_page(provider):
    client, _answer = sign_in(provider)
    provider.down = True
    assert client.get("/staff/").status_code == 200
    later(client, 590)
    assert client.get("/staff/").status_code == 200
    later(client, 20)
    answer = client.get("/staff/")
    assert answer.status_code == 503
    assert "暂时连不上" in answer.content.decode()
    assert client.get(reverse("account_logout")).status_code == 200
    provider.down = False
    assert client.get("/staff/").status_code == 200


def test_a_provider_nobody_reaches_is_the_same(provider, settings):
    client, _answer = sign_in(provider)
    provider.close()
    assert client.get("/staff/").status_code == 200
    later(client, 700)
    assert client.get("/staff/").status_code == 503
    forget_discovery()
    answer = Client().get(reverse("oidc_login"))
    assert answer.status_code == 503
    assert "暂时连不上" in answer.content.decode()
    assert Client().get(reverse("account_login")).status_code == 200


# --- break-glass


def test_an_operator_comes_in_while_the_provider_is_down_and_everybody_hears(provider, town):
    boss = make_user("boss", phone="10000000001")
    second = make_user("second", phone="10000000002")
    gone = make_user("gone", phone="10000000003")
    for one in (boss, second, gone):
        grant(one, "operator", None)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    provider.down = True
    browser = Browser(boss)
    browser.has_app()
    browser.password()
    assert entries("break_glass") == []
    browser.app()
    assert browser.at_staff() == "in"
    assert browser.client.get("/staff/people/").status_code == 200
    assert [one["user"] for one in entries("break_glass")] == [boss.pk]
    [alert] = Message.objects.filter(template="break_glass")
    assert alert.phone == second.phone
    assert "boss" in str(alert.params)


def test_officials_without_that_role_ring_nobody(provider, town):
    user = make_user("street", phone="10000000001")
    grant(user, "street_office", town.here.street)
    browser = Browser(user)
    browser.has_app()
    browser.password()
    browser.app()
    assert browser.at_staff() == "in"
    assert entries("break_glass") == []


def test_without_single_sign_on_a_local_account_is_the_rule(town, settings):
    browser = Browser(town.person("operator"))
    browser.password()
    assert browser.at_staff() == "in"
    assert entries("break_glass") == []


# --- the settings


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"OIDC_ISSUER": "http://idp.example"}, "https"),
        ({"OIDC_CLIENT_SECRET": ""}, "secret"),
        ({"OIDC_GROUPS_FILE": "/nowhere"}, "GROUPS_FILE"),
    ],
)
def test_a_bad_setting_stops_the_check(provider, settings, change, said):
    call_command("check")
    for name, value in change.items():
        setattr(settings, name, value)
    with pytest.raises(SystemCheckError, match=said):
        call_command("check")


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"groups": []}', '{"groups": {"a": {"role": "king"}}}',
        '{"groups": {"a": {"role": "organiser"}}}',
        '{"groups": {"a": {"role": "operator", "estate": "X"}}}',
        '{"groups": {"a": {"role": "bureau", "authority": "样例市住建局", "x": 1}}}',
        '{"groups": {"a": "organiser"}}',
    ],
)  # fmt: skip
def test_a_bad_mapping_is_found_before_anybody_comes(provider, settings, tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    settings.OIDC_GROUPS_FILE = str(path)
    with pytest.raises(SystemCheckError):
        call_command("check")
    _client, answer = sign_in(provider)
    assert answer.status_code == 503


def test_a_place_that_is_gone_is_a_clear_page_and_ends_no_session(provider, town):
    client, _answer = sign_in(provider)
    town.here.street.name = "东街道办"
    town.here.street.save()
    assert client.get("/staff/").status_code == 200
    _client, answer = sign_in(provider)
    assert answer.status_code == 503
    assert SignIn.objects.exists()
