"""``{% load own %}``: names and numbers of people, masked."""

from django import template

from documents.papers import masked_names
from portal.own.kept import masked_phone
from registry.words import register_word

register = template.Library()
register.filter("masked_phone", masked_phone)
register.filter("register_word", register_word)


@register.filter
def masked_name(name: str) -> str:
    """``王**``."""
    return masked_names([name])


@register.filter
def masked_number(number: str) -> str:
    """``****1234``, of a document's number."""
    return f"****{number[-4:]}" if number else ""
