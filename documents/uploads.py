"""The one way in for files people hand in: the virus scanner's word, before anything else.

It is asked while a form is checked, so that no command waits for it with rows locked, and
the rest of the form stays typed. What reads a file but keeps nothing of it may do without.
"""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from core.errors import RuleViolation
from documents.scanning import demand_clean


class UploadField(forms.FileField):
    """A file nobody found a virus in, where a scanner is set."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        try:
            return scanned(file)
        except RuleViolation as refused:
            raise forms.ValidationError(str(refused), code=refused.code) from None


def scanned(file: UploadedFile[bytes] | None) -> UploadedFile[bytes] | None:
    """The same file, to be read from its start; an empty one has nothing to look at.

    RuleViolation "scan.infected", "scan.unavailable", "scan.too_large".
    """
    if file and file.size:
        demand_clean(cast(BinaryIO, file))
        file.seek(0)
    return file
