"""Who pays for a repair: the authority that keeps the account, or under 自管 the committee."""

import pytest

from funds.models import Instalment, RepairRequest
from funds.selectors.releases import payer_role, releases_for
from tests.funds.filed import make_filed
from tests.town import grant, make_town, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("custody", "payer"), [("agency", "bureau"), ("public", "bureau"), ("self", "organiser")]
)
def test_one_body_pays(custody, payer):
    town = make_town()
    application = make_filed(town.here.estate, custody=custody)
    Instalment.objects.update(state="ready")
    request = RepairRequest.objects.get(pk=application.request_id)
    city = make_user("city")  # above the district, which keeps the account
    grant(city, "bureau", town.city)
    people = {"city": city} | {
        name: town.person(name)
        for name in ("bureau", "organiser", "other bureau", "street_office", "stranger")
    }
    paying = {name for name, user in people.items() if payer_role(user, request)}
    listed = {name for name, user in people.items() if releases_for(user).exists()}
    assert (paying, listed) == ({payer}, {payer})
