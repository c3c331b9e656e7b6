"""What holds where a profile is silent is what the national profile states."""

import json

import pytest

from funds.domain.rules import DEFAULTS
from registry.services.profiles import PROFILES_FILE

NATIONAL = next(
    one["values"]
    for one in json.loads(PROFILES_FILE.read_text("utf-8"))
    if one["code"] == "national"
)


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_is_the_national_value(name: str) -> None:
    assert NATIONAL[name]["value"] == DEFAULTS[name]
