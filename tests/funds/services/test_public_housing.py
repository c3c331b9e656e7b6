"""Sold public housing: owners and their seller share a repair, from the deposit to the fen.

The small estate as public housing, by hand. 20.00 yuan a square metre were paid in for the sold
homes: 8 000.00 for 400 m² of 1幢, 7 000.00 for 350 m² of 2幢, and 12 000.00 and 3 000.00 by the
seller, so that the two stand 1 : 1 over the estate and 40 : 60 in 1幢 alone. 150 m² of 2幢 are
not sold: they bear by their area (165号令 21).
"""

import io
import json
from collections import Counter
from datetime import timedelta
from fractions import Fraction

import openpyxl
import pytest
from django.db import DatabaseError, IntegrityError, transaction

from documents.authority import development_identity
from funds.domain.applications import Stage
from funds.domain.books import Basis
from funds.domain.exports import share_rows
from funds.models import (
    FundAccount,
    InstalmentShare,
    RefundShare,
    Snapshot,
    SnapshotLine,
    SubAccount,
    VersionUnit,
    Voucher,
)
from funds.selectors.balances import account_balances, sub_balances
from funds.selectors.checks import check_books
from funds.selectors.exports import application_table, share_lines, votes_table
from funds.selectors.files import look_at_amounts, look_at_balances
from funds.selectors.owners import own_accounts
from funds.selectors.positions import standing_of, to_replenish
from funds.selectors.releases import available_in, owed_left, preview
from funds.selectors.repairs import scope_units
from funds.selectors.requests import checklist
from funds.selectors.reviewing import known_facts
from funds.selectors.statements import account_year
from funds.services.accounts import open_account
from funds.services.books import seal_voucher
from funds.services.ending import decide_anew
from funds.services.files import Said, confirm_file, take_file
from funds.services.releases import call_in_owed, confirm_instalment
from funds.services.settling import receive_refund
from funds.services.vouchers import UnitAmount, draft_amounts, draft_unit, take_amounts
from funds.steps import Receipt
from registry.models import Unit
from tests.factories import FREEZE, small_estate
from tests.funds.books import (
    AT,
    DAY,
    DRAFTER,
    SEALER,
    SELLER,
    deposit,
    make_account,
    make_special,
)
from tests.funds.books import pay_in as state_first_deposits
from tests.funds.payments import close, order, pay, settle
from tests.funds.repairs import (
    APPLICANT,
    BUDGET,
    OFFICIAL,
    SECOND,
    apply_for,
    approved_repair,
    emergency_repair,
    freeze,
    make_request,
    voted_repair,
)
from tests.funds.requests import scope_of, whole_request
from tests.funds.services.test_requests import announce, refused, submit

pytestmark = pytest.mark.django_db
FIRST, SECOND_BUILDING = "1幢售房单位（样例机械厂）", "2幢售房单位（样例机械厂）"
# Of 9 000.00 over 900 m²: 10.00 a square metre; 5.00 where the seller bears half.
WHOLE = {
    "1幢1单元101室": 450_00, "1幢1单元102室": 550_00,
    "1幢1单元201室": 450_00, "1幢1单元202室": 550_00,
    "2幢1单元101室": 500_00, "2幢1单元102室": 500_00,
    "2幢1单元201室": 1_500_00, "2幢1单元202室": 750_00,
    FIRST: 3_000_00, SECOND_BUILDING: 750_00,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


def frozen(version):
    return dict(version.units.values_list("label", "share_fen"))


def by_label(sums):
    """Sub-account → fen, by what it is called; 0 left out."""
    subs = SubAccount.objects.select_related("unit", "building", "account").in_bulk()
    return {subs[sub].label: fen for sub, fen in sums.items() if fen}


def borne():
    found = Counter()
    for model, sign in ((InstalmentShare, 1), (RefundShare, -1)):
        for sub, fen in model.objects.values_list("unit__sub", "fen"):
            found[sub] += sign * fen
    return by_label(found)


def exact(final):
    """The same shares of another cost: largest remainder of the parts of 9 000.00."""
    parts = {label: Fraction(final * fen, BUDGET) for label, fen in WHOLE.items()}
    found = {label: part.numerator // part.denominator for label, part in parts.items()}
    order_ = sorted(parts, key=lambda label: (found[label] - parts[label], label))
    for label in order_[: final - sum(found.values())]:
        found[label] += 1
    return found


class TestAccounts:
    def test_the_seller_has_one_for_each_building_with_homes(self):
        account = make_account(custody="public")
        theirs = account.subs.filter(unit=None).order_by("building")
        assert [one.label for one in theirs] == [FIRST, SECOND_BUILDING]  # none for 地下
        assert account.subs.exclude(unit=None).count() == 9
        [held] = standing_of(account.special, today=DAY).accounts
        assert held.units == 9
        assert list(check_books()) == []

    def test_commodity_housing_has_none(self):
        assert not make_account().subs.filter(unit=None).exists()

    @pytest.mark.parametrize("both", [True, False])
    def test_the_database_holds_it(self, both):
        account = make_account(custody="public")
        unit = Unit.objects.filter(estate=account.estate, use="common").first()
        unit = unit or account.subs.exclude(unit=None).first().unit
        fields = {"unit": unit, "building": unit.building} if both else {}
        account.subs.filter(unit=unit).delete()
        with pytest.raises(IntegrityError), transaction.atomic():
            SubAccount.objects.create(account=account, **fields)

    def test_not_twice_for_a_building(self):
        account = make_account(custody="public")
        [building, _other] = account.subs.filter(unit=None).values_list("building", flat=True)
        with pytest.raises(IntegrityError), transaction.atomic():
            SubAccount.objects.create(account=account, building_id=building)

    def test_a_public_account_without_one_is_found(self):
        account = make_account(custody="public")
        account.subs.filter(building__name="2幢").delete()
        [found] = check_books()
        assert (found.code, "1 幢" in found.detail) == ("sellers.missing", True)
        account.custody = "agency"
        account.save()
        assert [one.code for one in check_books()] == ["sellers.elsewhere"]


def basis(kind="deposit"):
    return Basis(kind, DAY, "售房款提取", "交存凭证1")


def pay_in(account, room, fen, first=None, kind="deposit"):
    voucher = draft_unit(
        special_id=account.special_id, basis=basis(kind), unit=UnitAmount("", room, fen, first),
        actor=DRAFTER, at=AT,
    )  # fmt: skip
    return seal_voucher(voucher_id=voucher.pk, actor=SEALER, at=AT)


class TestDeposits:
    @pytest.mark.parametrize("room", ["1幢售房单位", FIRST, "1号楼售房单位：样例机械厂"])
    def test_one_by_one(self, room):
        account = make_account(custody="public")
        pay_in(account, room, 12_000_00, 12_000_00)
        assert by_label(sub_balances(account)) == {FIRST: 12_000_00}
        assert account_balances(account.special) == {account.pk: 12_000_00}
        assert list(check_books()) == []

    def test_it_grows_while_flats_are_sold_and_never_shrinks(self):
        account = make_account(custody="public")
        pay_in(account, FIRST, 1_000_00, 13_000_00)
        sub = account.subs.get(building__name="1幢")
        assert sub.first_deposit_fen == 13_000_00
        found = refused(pay_in, account, FIRST, 1_000_00, 12_000_00)
        assert found.code == "sub.first_deposit"
        # An owner's is one, and stays.
        found = refused(pay_in, account, "1幢1单元101室", 1_00, 1_801_00)
        assert "1,800.00" in str(found)

    @pytest.mark.parametrize("room", ["售房单位", "3幢售房单位", "1幢售房单位（别的厂）"])
    def test_not_told_apart(self, room):
        account = make_account(custody="public")
        found = refused(pay_in, account, room, 1)
        assert found.code == "sub.unknown"
        assert ("不止一户" in str(found)) == (room == "售房单位")

    def test_by_table(self):
        account = make_account(custody="public")
        table = (
            "幢,单元,房号,金额,首期交存额\n1幢,1,101,1800,1800\n"
            "1幢,,售房单位,12000,12000\n2幢,,售房单位（样例机械厂）,3000,\n"
        )
        file = take_amounts(
            special_id=account.special_id, basis=basis(), settles=False, file_name="交存.csv",
            content=table.encode(), actor=DRAFTER, at=AT,
        )  # fmt: skip
        assert look_at_amounts(file).faults == []
        voucher = draft_amounts(file_id=file.pk, actor=DRAFTER, at=AT)
        seal_voucher(voucher_id=voucher.pk, actor=SEALER, at=AT)
        assert by_label(sub_balances(account)) == {
            "1幢1单元101室": 1_800_00, FIRST: 12_000_00, SECOND_BUILDING: 3_000_00
        }  # fmt: skip

    def test_a_snapshot_has_the_seller_too(self):
        account = make_account("mirror", "public")
        account.subs.update(first_deposit_fen=None)
        units = Unit.objects.filter(estate=account.estate).select_related("building")
        rows = [f"{one.building.name},{one.entrance},{one.room},9," for one in units]
        rows += ["1幢,,售房单位,7,12000"]

        def take(lines):
            content = "\n".join(["幢,单元,房号,余额,首期交存额", *lines]).encode()
            return take_file(
                special_id=account.special_id, kind="balances", file_name="余额.csv",
                content=content, actor=DRAFTER, at=AT, said=Said(DAY, "样例市资金中心"),
            )  # fmt: skip

        [fault] = look_at_balances(take(rows)).faults
        assert SECOND_BUILDING in fault.reason  # all of them, or none
        confirm_file(file_id=take([*rows, f",,{SECOND_BUILDING},0,0"]).pk, actor=SEALER, at=AT)
        stated = dict(
            account.subs.filter(unit=None).values_list("building__name", "first_deposit_fen")
        )
        assert stated == {"1幢": 12_000_00, "2幢": 0}  # nothing, and that is known
        assert list(check_books()) == []

    def test_only_owners_have_to_replenish(self):
        account = make_account(custody="public")
        deposit(account, 1_00)  # far below 30 % of every first deposit
        low = by_label({one.sub: 1 for one in to_replenish(account.special)})
        assert "1幢1单元101室" in low
        assert not any("售房单位" in label for label in low)


class TestFrozen:
    def test_the_whole_estate_by_hand(self):
        case = emergency_repair(custody="public")
        assert frozen(case.version) == WHOLE
        assert case.version.rooms.count() == 8
        assert set(case.version.sellers.values_list("area", "unit")) == {(0, None)}
        content = json.loads(bytes(case.version.content))
        assert len(content["units"]) == 8
        assert content["deposits"] == [
            {"organisation": SELLER, "owners_fen": 15_000_00, "seller_fen": 15_000_00}
        ]
        assert [(one["label"], one["share_fen"]) for one in content["sellers"]] == [
            (FIRST, 3_000_00), (SECOND_BUILDING, 750_00)
        ]  # fmt: skip

    def test_one_building_by_what_was_paid_in_for_it(self):
        account = make_account(custody="public")
        case = emergency_repair(
            account, custody="public", scope=scope_of(account.estate, "1幢")
        )
        # 9 000.00 over 400 m², 40 % by owners: 9.00 a square metre.
        assert frozen(case.version) == {
            "1幢1单元101室": 810_00, "1幢1单元102室": 990_00,
            "1幢1单元201室": 810_00, "1幢1单元202室": 990_00, FIRST: 5_400_00,
        }  # fmt: skip

    def test_one_entrance_by_the_ratio_of_its_building(self):
        # The seller paid in for the building; against two flats alone it would bear 75 %.
        account = make_account(custody="public")
        upper = Unit.objects.filter(estate=account.estate, building__name="1幢", room__gt="2")
        upper.update(entrance="9单元")
        [part] = scope_of(account.estate, "1幢")
        entrance = Unit.objects.get(estate=account.estate, label="1幢1单元101室").entrance
        case = emergency_repair(
            account, custody="public", scope=[{**part, "entrance": entrance}]
        )
        assert frozen(case.version) == {
            "1幢1单元101室": 1_620_00, "1幢1单元102室": 1_980_00, FIRST: 5_400_00
        }  # fmt: skip

    def test_a_shop_bears_by_its_area_alone(self):
        account = make_account(custody="public")
        Unit.objects.filter(estate=account.estate, label="1幢1单元102室").update(use="shop")
        case = emergency_repair(
            account, custody="public", scope=scope_of(account.estate, "1幢")
        )
        # 22.50 a square metre: the shop 2 475.00; of the other 6 525.00 owners of 5 800.00
        # (290 m²) and the seller of 12 000.00: 29 : 60.
        found = frozen(case.version)
        assert found["1幢1单元102室"] == 2_475_00
        assert found[FIRST] == round(Fraction(6_525_00 * 60, 89))
        assert sum(found.values()) == BUDGET

    def test_an_agreement_divides_what_falls_to_the_owners(self):
        account = make_account(custody="public")
        units = scope_units(account.estate, scope_of(account.estate, "1幢"), on=DAY)
        agreed = {str(one.unit): n for n, one in enumerate(units)}  # 0 : 1 : 2 : 3
        case = emergency_repair(
            account, custody="public", scope=scope_of(account.estate, "1幢"),
            share_basis="agreed", agreed_weights=agreed,
        )  # fmt: skip
        assert frozen(case.version) == {
            "1幢1单元101室": 0, "1幢1单元102室": 600_00, "1幢1单元201室": 1_200_00,
            "1幢1单元202室": 1_800_00, FIRST: 5_400_00,
        }  # fmt: skip

    def test_two_sellers_bear_each_in_its_own_building(self):
        estate = small_estate()
        special = make_special(estate)
        one, two = (
            open_account(
                special_id=special.pk, estate=estate, custody="public",
                building=estate.buildings.get(name=name), selling_organisation=seller,
                actor=DRAFTER, at=AT,
            )
            for name, seller in (("1幢", SELLER), ("2幢", "样例纺织厂"))
        )  # fmt: skip
        state_first_deposits(one)
        state_first_deposits(two)
        request = make_request(one, budget=BUDGET)
        found = frozen(freeze(request, verdict="authorised"))
        # 1幢: 4 000.00 by 40 : 60. 2幢: 5 000.00, of it 3 500.00 for sold homes by 70 : 30.
        assert found[FIRST] == 2_400_00
        assert found["2幢售房单位（样例纺织厂）"] == 1_050_00
        assert found["1幢1单元101室"] == 360_00
        assert found["2幢1单元201室"] == 1_500_00  # not sold
        assert found["2幢1单元202室"] == 1_050_00
        assert sum(found.values()) == BUDGET

    @pytest.mark.parametrize("public_first", [True, False])
    def test_beside_commodity_housing_each_applies_for_itself(self, public_first):
        estate = small_estate()
        public = {
            "building": estate.buildings.get(name="1幢"), "custody": "public",
            "selling_organisation": SELLER,
        }  # fmt: skip
        for fields in sorted([public, {}], key=bool, reverse=public_first):
            special = make_special(estate)
            open_account(special_id=special.pk, estate=estate, actor=DRAFTER, at=AT, **fields)
        one = FundAccount.objects.get(custody="public")
        state_first_deposits(one)
        found = refused(freeze, make_request(one), verdict="authorised")
        assert "请按专户分开申请" in str(found)
        request = make_request(one, scope=scope_of(estate, "1幢"))
        assert frozen(freeze(request, verdict="authorised"))[FIRST] == 5_400_00
        request = make_request(one, scope=scope_of(estate, "2幢"))
        assert freeze(request, verdict="authorised").sellers.count() == 0
        assert (request.custody, request.special) != ("public", one.special)

    def test_what_is_not_on_record_is_named(self, monkeypatch):
        account = make_account(custody="public")
        gone = ["1幢1单元102室", "2幢1单元101室"]
        account.subs.filter(unit__label__in=gone).update(first_deposit_fen=None)
        account.subs.filter(building__name="2幢").update(first_deposit_fen=None)
        found = refused(emergency_repair, account, custody="public")
        assert found.code == "repair.deposits"
        assert str(found).startswith("有3个分户账没有登记首期交存额")
        assert str(found).endswith("1幢1单元102室、2幢1单元101室、2幢售房单位（样例机械厂）")
        # Two are named, and that there are more.
        monkeypatch.setattr("funds.selectors.sharing._SHOWN", 2)
        found = refused(emergency_repair, account, custody="public")
        assert str(found).endswith("1幢1单元102室、2幢1单元101室等")
        # What is not sold paid nothing in and need not; another building is not asked.
        account.subs.filter(unit__label=gone[0]).update(first_deposit_fen=2_200_00)
        case = emergency_repair(
            account, custody="public", scope=scope_of(account.estate, "1幢")
        )
        assert frozen(case.version)[FIRST] == 5_400_00

    def test_the_database_lets_nobody_change_a_share(self):
        case = emergency_repair(custody="public")
        for act in (
            lambda: case.version.units.update(share_fen=1),
            lambda: case.version.sellers.all().delete(),
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                act()

    def test_a_share_is_one_for_each_account(self):
        case = emergency_repair(custody="public")
        one = case.version.sellers.first()
        one.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            one.save(force_insert=True)


def test_paid_and_settled_to_the_fen_in_our_books():
    account = make_account(custody="public")
    deposit(account, 4_000_00)
    case = approved_repair(account=account, custody="public")
    pay(case)  # 3 600.00
    assert borne() == {label: fen * 2 // 5 for label, fen in WHOLE.items()}
    settle(case, BUDGET - 1_01)
    pay(case, 2)
    assert case.request.state == "settled"
    assert borne() == exact(BUDGET - 1_01)
    held = {label: 4_000_00 - fen for label, fen in exact(BUDGET - 1_01).items()}
    assert by_label(sub_balances(account)) == {**held, "地下001室": 4_000_00}
    assert account_balances(account.special) == {account.pk: 11 * 4_000_00 - BUDGET + 1_01}
    assert list(check_books()) == []


def test_a_surplus_comes_back_to_the_seller_too():
    account = make_account(custody="public")
    deposit(account, 4_000_00)
    plan = [Stage("start", 4_500_00), Stage("final", 4_500_00)]
    case = approved_repair(account=account, custody="public", plan=plan)
    pay(case)
    settle(case, 3_000_01)
    refund = case.request.refunds.get()
    receive_refund(
        code=case.code, refund_id=refund.pk, receipt=Receipt("R1", DAY, refund.fen), scan=b"",
        by=SECOND, at=AT,
    )  # fmt: skip
    assert case.request.state == "settled"
    assert borne() == exact(3_000_01)
    assert list(check_books()) == []


def test_what_the_seller_lacks_it_owes_and_pays_on():
    account = make_account(custody="public")
    deposit(account, 1_500_00)
    case = approved_repair(account=account, custody="public")
    pay(case)
    settle(case, BUDGET)
    pay(case, 2)
    assert by_label(owed_left(case.request)) == {FIRST: 1_500_00}
    voucher = draft_unit(
        special_id=account.special_id, basis=basis(), unit=UnitAmount("", FIRST, 1_500_00),
        settles=True, actor=DRAFTER, at=AT,
    )  # fmt: skip
    seal_voucher(voucher_id=voucher.pk, actor=SEALER, at=AT)
    rest = call_in_owed(code=case.code, by=OFFICIAL, at=AT)
    assert rest.fen == 1_500_00
    confirm_instalment(code=case.code, position=rest.position, by=SECOND, at=AT)
    order(case, rest.position)
    close(case, rest.position)
    assert case.request.state == "settled"
    assert borne() == WHOLE
    assert list(check_books()) == []


def test_what_was_borne_counts_after_a_new_decision():
    account = make_account(custody="public")
    deposit(account, 8_000_00)
    case = approved_repair(account=account, custody="public")
    pay(case)
    decide_anew(code=case.code, reason="电机也要换，超过批准的金额", by=APPLICANT, at=AT)
    request = case.request
    request.budget_fen = 2 * BUDGET
    request.save()
    case.versions.append(freeze(request, verdict="authorised"))
    rows, totals = preview(case.version, 2 * BUDGET)
    for one in rows:
        paid = WHOLE[one.unit.label] * 2 // 5
        assert one.share == 2 * WHOLE[one.unit.label]
        assert one.before - one.after == one.share - paid
    assert (totals.units, totals.area, totals.sellers) == (8, 900_00, 7_500_00)


def test_where_the_centre_keeps_the_books_the_shares_are_the_record():
    account = make_account("mirror", "public")
    snapshot = Snapshot.objects.create(
        special=account.special, as_of=DAY, source="样例市资金中心", file_name="余额.csv",
        total_fen=11 * 2_000_00, imported_by="user:1", imported_at=AT - timedelta(hours=1),
    )  # fmt: skip
    SnapshotLine.objects.bulk_create(
        SnapshotLine(snapshot=snapshot, sub=sub, fen=2_000_00) for sub in account.subs.all()
    )
    case = approved_repair(account=account, custody="public")
    pay(case)
    settle(case, BUDGET)
    pay(case, 2)
    assert not Voucher.objects.exists()
    assert by_label(owed_left(case.request)) == {FIRST: 1_000_00}
    assert borne() == {**WHOLE, FIRST: 2_000_00}
    left = by_label(available_in([account]))
    assert left[SECOND_BUILDING] == 1_250_00
    assert FIRST not in left
    assert list(check_books()) == []


class TestShown:
    def test_the_table_of_shares(self):
        account = make_account(custody="public")
        deposit(account, 2_000_00)
        case = emergency_repair(account, custody="public")
        *rows, total = share_rows(share_lines(case.request))
        assert [row[1] for row in rows[-2:]] == [FIRST, SECOND_BUILDING]
        assert rows[-2][2:3] + rows[-2][4:] == ["", "3000.00", "2000.00", "0.00", "1000.00"]
        assert rows[0][1:3] + rows[0][4:5] == ["1幢1单元101室", "90.00", "450.00"]
        assert total[1:3] + total[4:5] == ["8户", "900.00", "9000.00"]

    def test_the_reviewers_facts(self):
        case = voted_repair(custody="public")
        apply_for(case)
        sheet = openpyxl.load_workbook(io.BytesIO(application_table(case.request))).active
        said = dict(row[:2] for row in sheet.values)
        assert said["户数"] == "8"
        assert said["售房单位承担（元）"] == f"{FIRST} 3000.00；{SECOND_BUILDING} 750.00"
        facts = known_facts(case.application)
        assert "表决和分摊的是同样的8户" in [one.text for one in facts["scope"]]
        votes = openpyxl.load_workbook(io.BytesIO(votes_table(case.request))).active
        assert not any("售房单位" in str(row) for row in votes.values)
        shares = [one.text for one in facts["shares"]]
        assert shares[:3] == [
            "8户分摊合计 5,250.00 元", f"{FIRST}承担 3,000.00 元",
            f"{SECOND_BUILDING}承担 750.00 元",
        ]  # fmt: skip

    def test_owners_see_their_own_only(self):
        account = make_account(custody="public")
        deposit(account, 2_000_00)
        case = approved_repair(account=account, custody="public")
        pay(case)
        unit = Unit.objects.get(estate=account.estate, label="1幢1单元101室")
        [own] = own_accounts([unit.pk], today=DAY)
        assert (own.balance, own.repairs[0].fen) == (2_000_00 - 180_00, 180_00)

    def test_the_years_list_has_the_seller_and_counts_households(self):
        account = make_account(custody="public")
        deposit(account, 4_000_00)
        case = approved_repair(account=account, custody="public")
        pay(case)
        found = account_year(account, DAY.year)
        assert [one.label for one in found.rooms if one.is_seller] == [FIRST, SECOND_BUILDING]
        assert sum(one.end for one in found.rooms) == found.end == 11 * 4_000_00 - 3_600_00
        assert [(one.fen, one.units) for one in found.repairs] == [(3_600_00, 8)]


class TestAsked:
    @pytest.fixture
    def whole(self):
        account = make_account(custody="public")
        return whole_request(account.estate)

    def test_owners_vote_on_their_part_and_the_seller_has_no_ballot(self, whole):
        version = submit(whole)  # 40 000.00 on 1幢, 40 : 60
        motion = version.motion
        assert "1幢售房单位（样例机械厂）承担24,000.00元，各户共承担16,000.00元" in motion.text
        assert "业主交存8,000.00元，售房单位交存12,000.00元" in motion.text
        assert "共4户" in motion.text
        vote = announce(motion.session)
        assert dict(motion.shares.values_list("party__number", "fen")) == {
            1: 3_600_00, 2: 4_400_00, 3: 8_000_00
        }  # fmt: skip
        assert vote.session.parties.count() == 3

    def test_a_missing_deposit_is_a_gap_of_the_draft(self, whole):
        SubAccount.objects.filter(unit=None).update(first_deposit_fen=None)
        units = scope_units(whole.estate, whole.scope, on=FREEZE.date())
        gaps = {one.name: one.reasons for one in checklist(whole, units, today=FREEZE.date())}
        [reason] = gaps["shares"]
        assert FIRST in str(reason)
        found = refused(submit, whole)
        assert found.code == "repair.not_ready"
        assert not VersionUnit.objects.exists()
