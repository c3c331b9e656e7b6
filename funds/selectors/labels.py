"""What a sub-account is called, in a query."""

from django.db.models import CharField, F, Value
from django.db.models.functions import Coalesce, Concat

from funds.domain.public_housing import SELLER


def sub_label(path: str = "") -> Coalesce:
    """As `SubAccount.label`, in a query; `path` leads to the sub-account, "sub__"."""
    seller = Concat(
        F(f"{path}building__name"),
        Value(f"{SELLER}（"),
        F(f"{path}account__selling_organisation"),
        Value("）"),
        output_field=CharField(),
    )
    return Coalesce(F(f"{path}unit__label"), seller, output_field=CharField())
