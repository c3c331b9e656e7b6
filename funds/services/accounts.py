"""Opening the special account, and the accounts and sub-accounts in it."""

import re
from datetime import date, datetime
from secrets import choice

from django.db import transaction

from core.codes import new_code
from core.errors import RuleViolation
from funds.models import FundAccount, SpecialAccount, SubAccount
from logbook.steps import record_act
from registry.fields import keyed_hash
from registry.models import Authority, Building, Estate, Unit
from registry.selectors import authority_chain

_NUMBER = re.compile(r"[0-9]{8,32}")
_HASHED_AS = "funds.specialaccount.number"


@transaction.atomic(durable=True)
def open_special_account(
    *,
    authority: Authority,
    bank: str,
    number: str,
    ledger_mode: str,
    opened_on: date,
    actor: str,
    at: datetime,
) -> SpecialAccount:
    """Enter a bank account of the fund (专户).

    RuleViolation "special.bank", "special.number", "special.known", "special.mode".
    """
    digits = re.sub(r"[\s-]", "", number)
    if not bank.strip():
        raise RuleViolation("special.bank", "请填写开户银行")
    if not _NUMBER.fullmatch(digits):
        raise RuleViolation("special.number", "银行账号应为 8 到 32 位数字")
    if ledger_mode not in dict(SpecialAccount.MODES):
        raise RuleViolation("special.mode", "请选择记账方式")
    digest = keyed_hash(digits, purpose=_HASHED_AS)
    if SpecialAccount.objects.filter(number_hash=digest).exists():
        raise RuleViolation("special.known", "这个账号已经登记为专户")
    special = SpecialAccount.objects.create(
        code=new_code(12, choice),
        authority=authority,
        bank=bank.strip(),
        number=digits,
        number_hash=digest,
        number_tail=digits[-4:],
        ledger_mode=ledger_mode,
        opened_on=opened_on,
    )
    record_act(special.log_name, "special.opened", {"mode": ledger_mode}, actor=actor, at=at)
    return special


@transaction.atomic(durable=True)
def open_account(
    *,
    special_id: int,
    estate: Estate,
    building: Building | None = None,
    custody: str = "agency",
    selling_organisation: str = "",
    actor: str,
    at: datetime,
) -> FundAccount:
    """Open the account of an estate or a building, with a sub-account for every unit.

    The developer's unsold units have theirs too (165号令 10, 21); rooms owned by all have
    none. Under 公房 the selling organisation has one for each building with homes in it (11).
    RuleViolation "account.authority", "account.building", "account.custody",
    "account.seller", "account.known".
    """
    special = SpecialAccount.objects.select_for_update(no_key=True).get(pk=special_id)
    if special.authority_id not in {one.pk for one in authority_chain(estate)}:
        raise RuleViolation("account.authority", "这个小区不归管理这个专户的机构管辖")
    if building is not None and building.estate_id != estate.pk:
        raise RuleViolation("account.building", "这一幢不在这个小区里")
    if custody not in dict(FundAccount.CUSTODIES):
        raise RuleViolation("account.custody", "请选择管理方式")
    if (custody == "public") != bool(selling_organisation.strip()):
        raise RuleViolation("account.seller", "售后公房要写明售房单位，其他的不写")
    where = {"special": special, "estate": estate, "building": building}
    if FundAccount.objects.filter(
        **where, selling_organisation=selling_organisation.strip()
    ).exists():
        raise RuleViolation("account.known", "这个小区（或这一幢）在这个专户里已经有账")
    account = FundAccount.objects.create(
        **where, custody=custody, selling_organisation=selling_organisation.strip()
    )
    units = Unit.objects.filter(estate=estate, is_active=True).exclude(use="common")
    if building is not None:
        units = units.filter(building=building)
    made = SubAccount.objects.bulk_create(
        SubAccount(account=account, unit=unit) for unit in units.order_by("pk")
    )
    if custody == "public":
        homes = units.filter(use="residential").order_by("building").distinct()
        SubAccount.objects.bulk_create(
            SubAccount(account=account, building_id=building)
            for building in homes.values_list("building", flat=True)
        )
    record_act(
        special.log_name,
        "account.opened",
        {"account": account.pk, "estate": estate.code, "units": len(made), "custody": custody},
        actor=actor,
        at=at,
    )
    return account
