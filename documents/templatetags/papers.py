"""``{% load papers %}``: the wording of papers as template filters."""

from django import template

from core import exact
from documents import papers, wording

register = template.Library()

register.filter("area", exact.format_area)
register.filter("yuan", exact.format_yuan)
register.filter("day", wording.day)
register.filter("moment", wording.moment)
register.filter("deadline", wording.deadline)
register.filter("spoken", wording.spoken)
register.filter("lastday", wording.last_day)
register.filter("endof", wording.end_of)
register.filter("stamp", wording.stamp)
register.filter("numeral", wording.numeral)
register.filter("share", exact.share_down)
register.filter("grouped", papers.grouped)
