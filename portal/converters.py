"""What addresses may name besides numbers and words: days, kinds of books."""

from datetime import date

from django.urls import register_converter

from disclosures.selectors.public import KINDS


class Day:
    """A day as in ISO 8601; anything else is no address."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return str(value)


class Kind:
    """A kind of money that has books."""

    regex = "|".join(KINDS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Day, "day")
register_converter(Kind, "book")
