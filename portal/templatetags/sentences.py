"""``{{ reason|said }}``: a sentence of the rules in the reader's language (a builtin)."""

from django import template

from portal.sentences import said as _said

register = template.Library()


@register.filter
def said(sentence: object) -> object:
    """As `portal.sentences.said`; what a page leaves out or marks as safe stays as it is."""
    return _said(sentence) if sentence and not hasattr(sentence, "__html__") else sentence
