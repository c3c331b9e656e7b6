"""What roles are called, and for what kind of place each can be granted."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from registry.models import Authority, Estate

_Text = object  # a lazy translation


class RolePlace(NamedTuple):
    """For an estate, for authorities of these kinds, or (neither) for the platform.

    `platform`: for the whole platform too, where no authority is named.
    """

    estate: bool
    kinds: frozenset[str]
    sentence: _Text
    platform: bool = False

    def fits(self, estate: Estate | None, authority: Authority | None) -> bool:
        if self.estate:
            return estate is not None and authority is None
        if estate is None and authority is None and self.platform:
            return True
        if self.kinds:
            return estate is None and authority is not None and authority.kind in self.kinds
        return estate is None and authority is None


_ESTATE = RolePlace(True, frozenset(), _("这个角色要指定一个小区"))
_BUREAUS = frozenset({"city_bureau", "district_bureau", "zone_administration", "fund_centre"})

ROLE_PLACES: dict[str, RolePlace] = {
    "organiser": _ESTATE,
    "supervisor": _ESTATE,
    "property_manager": _ESTATE,
    "residents_committee": RolePlace(
        False, frozenset({"residents_committee"}), _("这个角色要指定一个居民委员会")
    ),
    "street_office": RolePlace(
        False, frozenset({"street_office"}), _("这个角色要指定一个街道办事处")
    ),
    "bureau": RolePlace(
        False, _BUREAUS, _("这个角色要指定市、区县住建局、开发区管委会或资金中心")
    ),
    "operator": RolePlace(False, frozenset(), _("平台管理员不属于任何小区或机构，请留空")),
    "auditor": RolePlace(
        False,
        _BUREAUS | {"street_office"},
        _("审计人员要指定住建局、街道等机构；审计整个平台的，小区和机构都留空"),
        platform=True,
    ),
}

ROLE_TITLES: dict[str, _Text] = {
    "organiser": _("组织者"),
    "supervisor": _("监票人"),
    "residents_committee": _("居委会"),
    "street_office": _("街道"),
    "bureau": _("住建局"),
    "property_manager": _("物业服务企业"),
    "operator": _("平台管理员"),
    "auditor": _("审计人员"),
}


def role_title(role: str) -> object:
    """A role's short name, as a lazy translation."""
    return ROLE_TITLES[role]
