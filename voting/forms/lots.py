"""What is typed for drawing owners. Judged by voting.domain.lots."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ListForm(forms.Form):
    """Where the seed will come from."""

    may_be_empty: frozenset[str] = frozenset()

    source = forms.CharField(label=_("种子从哪里来"), required=False)


class SeedForm(forms.Form):
    """The seed, once it is known to all."""

    may_be_empty: frozenset[str] = frozenset()

    seed = forms.CharField(label=_("种子（数字和字母，空格和标点不算）"), required=False)
