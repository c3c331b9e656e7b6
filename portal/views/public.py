"""Pages that belong to no vote: home, help, checking a receipt, the size of letters."""

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.context import TEXT_COOKIE, TEXT_SIZES
from voting.domain.paper import read_serial
from voting.forms.owner import LetterCodeForm, ReceiptForm, ReceiptNumberForm, problems
from voting.forms.paper import SPOILED_WORDS
from voting.models import PaperBallot
from voting.selectors import ballot_of_number, papers_by_serial, receipt_state
from voting.views.receipts import recorded_receipt

_YEAR = 365 * 86400

# By the names of docs/protocol.md §12 and static/js/check.js.
CHECKS = [
    ("receipt.manifest", _("回执属于这次表决")),
    ("receipt.signature", _("回执的签名是公告板的签名")),
    ("receipt.entry", _("公告板那一条就是这张票")),
    ("receipt.inclusion", _("那一条在检查点的树里")),
    ("receipt.checkpoint", _("检查点有签名，没有超过承诺的时间")),
    ("test", _("测试票装的内容")),
    ("files", _("导出的文件齐全，没有多也没有少")),
    ("canonical", _("每一行都是规范写法")),
    ("chain", _("前后相连，没有断开")),
    ("checkpoints", _("检查点都对得上")),
    ("manifest", _("表决条款完整")),
    ("roll", _("名册与条款一致")),
    ("trustees", _("钥匙保管人的公钥有效")),
    ("phases", _("各步先后正确")),
    ("ballots.shape", _("每张票的格式")),
    ("ballots.credential", _("每张票用的凭证有效")),
    ("ballots.sequence", _("改票的次序")),
    ("ballots.unique", _("没有照抄的票")),
    ("ballots.signature", _("每张票的签名")),
    ("ballots.proofs", _("每张票只装了合法的选择")),
    ("paper", _("纸质票的录入")),
    ("box", _("票箱里的张数对得上")),
    ("counted", _("计入的票")),
    ("participation", _("参加的人数和面积")),
    ("aggregates", _("密文合计")),
    ("decryption", _("打开合计的证明")),
    ("totals", _("各选项的合计")),
    ("verdict", _("通过与否")),
    ("resolution", _("决议文件的指纹")),
    ("late_rulings", _("计票以后的裁定能改变什么")),
]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The one field most people come for."""
    return render(request, "portal/home.html", {"form": LetterCodeForm()})


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Questions owners ask."""
    return render(request, "portal/help.html")


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Check a receipt: in the browser where it can, else against our own record."""
    by_number = "number" in request.POST
    number = ReceiptNumberForm(request.POST if by_number else None)
    form = ReceiptForm(request.POST if request.POST and not by_number else None)
    context = {"number": number, "form": form, "answered": False, "checks": CHECKS}
    serial = read_serial(request.POST.get("number", "")) if by_number else None
    if serial is not None:
        context["papers"] = [
            (paper, SPOILED_WORDS.get(paper.void, ""), _standing(paper))
            for paper in papers_by_serial(serial)
        ]
        context |= {"serial": serial, "number": ReceiptNumberForm(), "errors": []}
        return render(request, "portal/check.html", context)
    if number.is_bound and number.is_valid():
        found = ballot_of_number(number.cleaned_data["number"])
        if found:
            return redirect("voting:public_receipt", found.receipt_code)
        number.add_error("number", _("没有这个回执号，请对照回执再看一遍。"))
    if form.is_bound and form.is_valid():
        context |= {
            "answered": True,
            "ballot": recorded_receipt(form.cleaned_data["receipt"]),
        }
    context["errors"] = problems(number) + problems(form)
    status = 422 if context["errors"] else 200
    return render(request, "portal/check.html", context, status=status)


def _standing(paper: PaperBallot) -> str:
    """Where a sheet stands: its state, or that of its ballot once it is on the board."""
    return receipt_state(paper.ballot) if paper.ballot else paper.state


@require_POST
def text_size(request: HttpRequest) -> HttpResponse:
    """Remember the size of letters, and go back to the page."""
    size = request.POST.get("size", "")
    if size not in {str(step) for step in TEXT_SIZES}:
        raise BadRequest("no such size of letters")
    goal = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(goal, allowed_hosts={request.get_host()}):
        goal = "/"
    response = HttpResponse(status=303, headers={"Location": goal})
    response.set_cookie(
        TEXT_COOKIE,
        size,
        max_age=_YEAR,
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        samesite="Lax",
    )
    return response
