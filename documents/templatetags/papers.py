"""``{% load papers %}``: the wording of papers as template filters."""

from django import template

from documents import papers, wording

register = template.Library()

register.filter("area", wording.area)
register.filter("yuan", wording.yuan)
register.filter("day", wording.day)
register.filter("moment", wording.moment)
register.filter("deadline", wording.deadline)
register.filter("stamp", wording.stamp)
register.filter("numeral", wording.numeral)
register.filter("share", wording.share)
register.filter("grouped", papers.grouped)
