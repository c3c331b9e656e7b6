"""Kinds of personal data this platform keeps, and which of them are sensitive (PIPL 28)."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(NamedTuple):
    """A kind of personal data. `sensitive`: PIPL 28 and 29 ask for more."""

    words: Promise
    sensitive: bool = False


KINDS: dict[str, Kind] = {
    "name": Kind(_("姓名")),
    "document": Kind(_("证件号码"), sensitive=True),
    "phone": Kind(_("手机号")),
    "room": Kind(_("房号、面积、产权")),
    "money": Kind(_("资金账户、交款和欠款"), sensitive=True),
    "party": Kind(_("党员身份"), sensitive=True),
    "ballot": Kind(_("加密的选票和参加情况")),
    "paper": Kind(_("委托书、凭证、照片等上传的文件")),
    "words": Kind(_("异议、提问、举报里写的内容")),
    "account": Kind(_("工作人员的账号和登录记录")),
}


def kind_words(codes: list[str]) -> str:
    """Several kinds, as a sentence lists them."""
    return _("、").join(str(KINDS[code].words) for code in codes if code in KINDS)
