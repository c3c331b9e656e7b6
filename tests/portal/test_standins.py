"""The pages of agents and sales: entered by one, confirmed by another, codes shown once."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.services.titles import NewOwner, record_transfer
from tests.town import announced
from voting.models import Proxy, Transfer

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def at(town):
    """A signed-in client of a role here."""

    def sign_in(role):
        client = Client()
        client.force_login(
            town.person(role), backend="django.contrib.auth.backends.ModelBackend"
        )
        return client

    return sign_in


def url(name, *args):
    return reverse(f"staff:{name}", args=args)


def text(response):
    return response.content.decode()


def paper():
    return SimpleUploadedFile("委托书.pdf", PDF, "application/pdf")


def typed(**changes):
    day = timezone.localdate().isoformat()
    return {
        "agent": "周七",
        "phone": "10000009999",
        "motions": ["1"],
        "powers": "instructed",
        "signed_on": day,
        "until": day,
        "by_owner": "on",
        "content": paper(),
        **changes,
    }


def test_an_authority_from_paper_to_the_agents_code(town, at):
    session = announced(town.here.estate, days_ago=20)
    organiser, supervisor = at("organiser"), at("supervisor")
    found = text(organiser.get(url("standins", session.code), {"q": "101"}))
    assert url("proxy_new", session.code, 1) in found
    wrong = organiser.post(url("proxy_new", session.code, 1), {"agent": "周七"})
    assert wrong.status_code == 400
    for sentence in ("手机号", "哪些事项", "权限", "签署日期", "本人签名", "是空的"):
        assert sentence in text(wrong)
    assert 'value="周七"' in text(wrong)  # what was typed is kept
    assert not Proxy.objects.exists()
    page = text(organiser.post(url("proxy_new", session.code, 1), typed(), follow=True))
    assert "等待另一个人确认" in page
    proxy = Proxy.objects.get()
    assert url("proxy_confirm", session.code, proxy.pk) not in page
    page = text(supervisor.get(url("proxy", session.code, proxy.pk)))
    assert "周七" in page
    assert supervisor.get(url("proxy_document", session.code, proxy.pk)).content == PDF
    page = text(supervisor.post(url("proxy_confirm", session.code, proxy.pk)))
    code = re.search(r"\w{4}-\w{4}-\w{4}", page)[0]
    assert Client().get(f"/q/{code}").status_code == 200
    assert code not in text(supervisor.get(url("proxy", session.code, proxy.pk)))
    again = supervisor.post(url("proxy_confirm", session.code, proxy.pk))
    assert again.status_code == 409
    # The street sees that there is one; a name and a number are for who handles the paper.
    page = text(organiser.post(url("proxy_revoke", session.code, proxy.pk), follow=True))
    assert "已撤销" in page
    assert Client().get(f"/q/{code}").status_code == 410


def test_units_sold_in_mid_vote(town, at):
    session = announced(town.here.estate, days_ago=20)
    organiser, supervisor = at("organiser"), at("supervisor")
    where = url("transfer_new", session.code, 1)
    refused = organiser.post(where, {"content": paper()})
    assert refused.status_code == 400
    assert "名册上的业主没有变" in text(refused)
    record_transfer(
        unit_id=session.parties.get(number=1).units.get().unit_id,
        owners=[NewOwner("何新", "999999199001010011", phone="10000008888")],
        basis="register",
        on=timezone.localdate(),
        actor="user:1",
        at=timezone.now(),
    )
    assert organiser.post(where, {"content": paper()}).status_code == 302
    sale = Transfer.objects.get()
    page = text(supervisor.get(url("transfer", session.code, sale.pk)))
    assert url("transfer_confirm", session.code, sale.pk) in page
    supervisor.post(url("transfer_confirm", session.code, sale.pk))
    assert session.parties.get(number=1).name == "何**"
    page = text(organiser.get(url("transfer", session.code, sale.pk)))
    assert url("reissue", session.code, 1) in page
    for secret in ("何新", "10000008888", "999999199001010011"):
        assert secret not in page
