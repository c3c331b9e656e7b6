"""Choosing one authority of hundreds: typed, with suggestions, and checked here.

A browser with `<datalist>` narrows the suggestions while one types, without JavaScript; where
there is none, part of a name sent with the form is answered by the names that have it.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from registry.models import Authority

_SHOWN = 8  # names in a refusal


def label_of(authority: Authority) -> str:
    """Its name and that of the authority above, by which two of one name differ."""
    above = authority.parent
    return f"{authority.name}（{above.name}）" if above else authority.name


class _Suggesting(forms.TextInput):
    suggestions: Sequence[str] = ()

    def render(
        self, name: str, value: Any, attrs: Any = None, renderer: Any = None
    ) -> SafeString:
        known = f"{(attrs or {}).get('id', name)}_known"
        extra = {**(attrs or {}), "list": known, "autocomplete": "off"}
        named = ([one] for one in self.suggestions)
        options = format_html_join("", '<option value="{}">', named)
        field = super().render(name, value, extra, renderer)
        return format_html('{}<datalist id="{}">{}</datalist>', field, known, options)


class AuthorityField(forms.CharField):
    """Cleans to the one authority that was named, or None where none was.

    Taken are its name, its name with the one above, or its number. A part of a name is not:
    what else has that part is listed, for a role must not go to a place nobody meant.
    """

    def __init__(self, **options: Any) -> None:
        self._known: list[Authority] = []
        super().__init__(widget=_Suggesting(), required=False, max_length=200, **options)

    def offer(self, authorities: QuerySet[Authority]) -> None:
        """What can be chosen here; `parent` is read of each."""
        self._known = list(authorities)
        assert isinstance(self.widget, _Suggesting)  # noqa: S101
        self.widget.suggestions = [label_of(one) for one in self._known]

    def clean(self, value: Any) -> Authority | None:
        typed = str(super().clean(value))
        if not typed:
            return None
        exact = [one for one in self._known if typed in (one.name, label_of(one), str(one.pk))]
        if len(exact) == 1:
            return exact[0]
        named = exact or [one for one in self._known if typed in one.name]
        close = named or [one for one in self._known if typed in label_of(one)]
        if not close:
            raise forms.ValidationError(
                _("没有找到这个机构，请写名称里的几个字再试，或者从提示里选")
            )
        raise forms.ValidationError(
            _("“%(typed)s”可能是这些机构：%(names)s。请写全其中一个，名称相同的写编号")
            % {"typed": typed, "names": _listed(close)}
        )


def _listed(found: list[Authority]) -> str:
    named = [
        _("%(name)s，编号%(n)s") % {"name": label_of(one), "n": one.pk}
        for one in found[:_SHOWN]
    ]
    return _("；").join(named) + ("……" if len(found) > _SHOWN else "")
