"""Everything public about a repair on one page, without signing in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.codes import read_code
from funds.selectors.public import public_file, public_repair
from funds.selectors.repairs import file_content
from portal.views.common import kept_paper


@require_safe
def repair(request: HttpRequest, code: str) -> HttpResponse:
    """Decision, papers, money and photographs of one repair."""
    found = public_repair(_read(code))
    if found is None:
        raise Http404
    return render(
        request, "funds/public.html", {"repair": found, "estate": found.request.estate}
    )


@require_safe
def repair_file(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A photograph or paper that whoever added it released for everybody."""
    found = public_file(_read(code), pk)
    if found is None:
        raise Http404
    return kept_paper(found, file_content(found))


def _read(code: str) -> str:
    """The code as it is kept; Http404 for what is none."""
    found = read_code(code)
    if found is None:
        raise Http404
    return found
