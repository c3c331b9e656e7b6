"""One authority of hundreds, chosen by typing; nobody gets a role at a place nobody meant."""

import html
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from portal.authority_field import AuthorityField, label_of
from registry.models import Authority
from tests.town import make_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
SINCE = date(2020, 1, 1)


def made(name, above=None, kind="street_office"):
    return Authority.objects.create(name=name, kind=kind, parent=above, valid_from=SINCE)


@pytest.fixture
def field():
    west, east = (made(f"{name}区住建局", kind="district_bureau") for name in "西东")
    for above in (west, east):
        made("城关街道", above)
    made("河口街道", west)
    for number in range(12):
        made(f"{number:02}社区居委会", east, "residents_committee")
    found = AuthorityField()
    found.offer(Authority.objects.filter(valid_from=SINCE).select_related("parent"))
    return found


def refused(field, typed):
    with pytest.raises(ValidationError) as error:
        field.clean(typed)
    [sentence] = error.value.messages
    return sentence


def test_it_works(field):
    one = Authority.objects.get(name="河口街道")
    for typed in ("河口街道", " 河口街道 ", "河口街道（西区住建局）", str(one.pk)):
        assert field.clean(typed) == one
    assert field.clean("") is None
    assert field.clean(None) is None


def test_two_of_one_name_are_told_apart_and_none_is_guessed(field):
    west, east = Authority.objects.filter(name="城关街道").order_by("pk")
    sentence = refused(field, "城关街道")
    for one in (west, east):
        assert f"{label_of(one)}，编号{one.pk}" in sentence
        assert field.clean(label_of(one)) == one


def test_part_of_a_name_is_answered_by_what_has_it(field):
    assert "河口街道（西区住建局）" in refused(field, "河口")
    assert "居委会" not in refused(field, "东区")  # they only stand below one
    many = refused(field, "社区")
    assert many.count("居委会") == 8
    assert "……" in many


def test_what_is_nowhere_is_said(field):
    for typed in ("北区", "999999999999999999999", "<b>", "%", "'"):
        assert "没有找到这个机构" in refused(field, typed)


def test_on_the_page_without_javascript(town, client):
    """Typed in part, answered, then typed in full."""
    official = make_user("official", phone="10000000033")
    client.force_login(town.person("operator"), backend=BACKEND)
    address = reverse("staff:person", args=[official.pk])
    page = client.get(address).content.decode()
    assert f'<option value="{html.escape(label_of(town.here.street))}">' in page
    assert 'list="id_authority_known"' in page
    form = {"role": "street_office", "authority": "东街", "valid_from": "2026-01-01"}
    answer = client.post(address, form)
    assert answer.status_code == 400
    sentence = html.unescape(answer.content.decode())
    assert f"编号{town.here.street.pk}" in sentence
    assert 'value="东街"' in sentence  # what was typed stays
    assert "<b>" not in client.post(address, {**form, "authority": "<b>"}).content.decode()
    client.post(address, {**form, "authority": label_of(town.here.street)})
    assert official.grants.get().authority == town.here.street
