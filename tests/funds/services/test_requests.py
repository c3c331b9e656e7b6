"""An ordinary request: what it must say, what it freezes, how it comes back."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from hashlib import sha256

import pytest
from django.db import connection

from core.errors import RuleViolation
from documents.authority import development_identity
from documents.papers import fingerprint
from funds.models import RepairRequest, RepairVersion
from funds.selectors.gates import decision_stands
from funds.services.outcomes import settle_vote
from funds.services.requests import (
    add_file,
    add_quote,
    drop_request,
    edit_request,
    put_shares,
    remove_file,
    renew_request,
    start_request,
    submit_request,
    withdraw_request,
)
from funds.steps import By
from funds.tasks import settle_votes
from portal.costs import share_tables
from registry.models import RuleProfile, Unit
from tests.factories import (
    AGAINST,
    CLOSE,
    FOR,
    FREEZE,
    OPEN,
    Vote,
    draft_session,
    make_estate,
    make_owner,
    make_profile,
    make_unit,
    small_estate,
)
from tests.funds.requests import (
    CONVENE,
    FIELDS,
    MANAGER,
    PDF,
    fund_of,
    scope_of,
    whole_request,
)
from voting.models import Motion, Session
from voting.services.drafting import (
    add_attachment,
    cancel_session,
    edit_session,
    remove_attachment,
    remove_motion,
    save_motion,
)
from voting.services.freezing import freeze_session, weigh
from voting.services.resolutions import issue_resolution
from voting.spool import read_spool

pytestmark = pytest.mark.django_db
BY_MANAGER = {"by": MANAGER, "at": FREEZE}
NOT_READY = "repair.not_ready"


@pytest.fixture
def estate():
    found = small_estate()
    fund_of(found)
    return found


@pytest.fixture
def whole(estate) -> RepairRequest:
    return whole_request(estate)


def submit(request: RepairRequest, **choice) -> RepairVersion:
    given = choice or {"convene": CONVENE}
    return submit_request(code=request.code, **given, **BY_MANAGER)


def refused(act, *arguments, **named) -> RuleViolation:
    with pytest.raises(RuleViolation) as found:
        act(*arguments, **named)
    return found.value


def codes(violation: RuleViolation) -> set[str]:
    return {reason.code for reason in violation.facts["reasons"]}


def timed(session: Session) -> Session:
    """With the times an organiser would set."""
    edit_session(
        session_id=session.pk,
        changes={
            "notice_on": date(2026, 3, 1),
            "opens_at": OPEN,
            "closes_at": CLOSE,
            "paper": False,  # nobody counts a box here
        },
        actor="user:2",
        at=FREEZE,
    )
    session.refresh_from_db()
    return session


def announce(session: Session) -> Vote:
    timed(session)
    freeze_session(
        session_id=session.pk, actor="user:2", at=FREEZE, share_tables=share_tables(session)
    )
    session.refresh_from_db()
    return Vote(session, read_spool(session.code) or {})


def decided(vote: Vote, choices: dict[int, list[int]]) -> Session:
    for number, choice in choices.items():
        vote.cast(number, [choice])
    session = vote.count()
    issue_resolution(session_id=session.pk, at=CLOSE + timedelta(days=30))
    session.refresh_from_db()
    return session


class TestDraft:
    def test_a_role_that_may_not_apply_begins_nothing(self, estate):
        make_profile(**{"fund.applicants": ["owners_committee"]})
        found = refused(start_request, estate_id=estate.pk, **BY_MANAGER)
        assert found.code == "repair.applicant_kind"
        assert not RepairRequest.objects.exists()

    @pytest.mark.parametrize(
        ("fen", "taken"),
        [(1, True), (0, False), (-1, False), (10**12, False), (10**17, False), (1.5, False)],
    )
    def test_amounts(self, whole, fen, taken):
        act = {"code": whole.code, **BY_MANAGER}
        if taken:
            edit_request(changes={"budget_fen": fen}, **act)
            add_quote(firm="甲", fen=fen, **act)
            return
        assert codes(refused(edit_request, changes={"budget_fen": fen}, **act)) == {
            "repair.budget"
        }
        assert codes(refused(add_quote, firm="甲", fen=fen, **act)) == {"quote.fen"}

    def test_a_building_of_another_estate_is_no_scope(self, whole):
        other = make_estate("西苑")
        make_unit(other, "9幢", "101", 90_00, [make_owner(other, "周八")])
        changes = {"scope": scope_of(other, "9幢")}
        found = refused(edit_request, code=whole.code, changes=changes, **BY_MANAGER)
        assert codes(found) == {"repair.scope"}

    def test_a_paper_of_a_quote_stays_as_long_as_the_quote(self, whole):
        quote = whole.quotes.first()
        found = refused(remove_file, code=whole.code, file_id=quote.file_id, **BY_MANAGER)
        assert found.code == "file.quoted"

    def test_a_manager_cannot_apply_as_the_committee(self, whole):
        changes = {"applicant_kind": "owners_committee"}
        found = refused(edit_request, code=whole.code, changes=changes, **BY_MANAGER)
        assert codes(found) == {"repair.applicant_kind"}


class TestGaps:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"title": " "}, "repair.title"),
            ({"part": ""}, "repair.part"),
            ({"place": ""}, "repair.place"),
            ({"fault": ""}, "repair.fault"),
            ({"applicant": ""}, "repair.applicant"),
            ({"contact_phone": "无"}, "repair.contact_phone"),
            ({"plan": "修"}, "repair.plan"),
            ({"budget_fen": None}, "repair.budget"),
            ({"budget_fen": 3_999_999}, "repair.budget_note"),
            ({"budget_fen": 4_000_001}, "repair.budget_note"),
            ({"warranty_note": ""}, "repair.warranty"),
            ({"warranty_until": date(2026, 3, 1)}, "repair.warranty"),
            ({"exclusions": {}}, "repair.exclusions"),
            ({"exclusions": {**FIELDS["exclusions"], "builder": "yes"}}, "repair.excluded"),
            ({"share_basis": "agreed", "share_clause": "规约第9条"}, "repair.agreement"),
        ],
    )
    def test_each_is_named_and_nothing_is_frozen(self, estate, changes, code):
        request = whole_request(estate, **changes)
        found = refused(submit, request)
        assert found.code == NOT_READY
        assert code in codes(found)
        request.refresh_from_db()
        assert request.state == "draft"
        assert not request.versions.exists()
        assert not Session.objects.exists()
        assert all(getattr(request, name) == value for name, value in changes.items())

    def test_the_day_after_the_warranty_is_enough(self, estate):
        submit(whole_request(estate, warranty_until=date(2026, 2, 28)))

    def test_all_reasons_at_once(self, estate):
        request = start_request(estate_id=estate.pk, **BY_MANAGER)
        found = refused(submit, request)
        assert {
            "repair.title",
            "repair.part",
            "repair.plan",
            "repair.quotes",
            "repair.photos",
            "repair.exclusions",
            "repair.warranty",
        } <= codes(found)

    def test_two_quotes_need_a_reason(self, whole):
        whole.quotes.exclude(is_chosen=True).first()
        last = whole.quotes.last()
        last.removed_at = FREEZE
        last.save()
        assert codes(refused(submit, whole)) == {"repair.quotes"}
        changes = {"few_quotes": "本地只有两家有资质。"}
        edit_request(code=whole.code, changes=changes, **BY_MANAGER)
        submit(whole)

    def test_a_unit_without_area_or_account(self, whole):
        unit = Unit.objects.get(estate=whole.estate, label="1幢1单元101室")
        unit.area = None
        unit.save()
        make_unit(whole.estate, "1幢", "301", 90_00, [make_owner(whole.estate, "吴九")])
        sentences = [reason.sentence for reason in refused(submit, whole).facts["reasons"]]
        assert sentences == [
            "1处房屋没有面积：1幢1单元101室",
            "1处房屋没有分户账：1幢1单元301室",
        ]

    def test_unverified_values_block_production(self, whole):
        profile = RuleProfile.objects.get(code="test")
        stated = {"value": 3, "clause": "未核", "verified": False}
        profile.values = {**profile.values, "fund.min_quotes": stated}
        profile.save()
        assert codes(refused(submit, whole)) == {"profile.unverified"}


class TestSubmitting:
    def test_a_version_becomes_a_motion_that_names_it(self, whole):
        version = submit(whole)
        motion = version.motion
        assert version.sha256 == sha256(bytes(version.content)).hexdigest()
        assert (motion.matter, motion.cost_fen) == (5, 4_000_000)
        assert motion.session.scope == whole.scope
        assert f"方案第1版，指纹 {fingerprint(version.sha256)}" in motion.text
        for word in ("屋顶", "1幢屋面", "重做两道卷材", "40,000.00元", "样例第1防水公司"):
            assert word in motion.text
        assert [file.name for file in motion.attachments.all()] == ["前.jpg", "方案.pdf"]
        # 90, 110, 90 and 110 m² of 400 bear 40,000 yuan: 100 yuan a square metre.
        assert [unit.share_fen for unit in version.units.all()] == [
            900_000, 1_100_000, 900_000, 1_100_000,
        ]  # fmt: skip
        whole.refresh_from_db()
        assert (whole.state, whole.desk) == ("voting", "owners")

    def test_into_a_draft_of_the_same_scope_only(self, whole):
        fits = draft_session(whole.estate, scope=whole.scope)
        whole_estate = draft_session(whole.estate)
        found = refused(submit, whole, session_id=whole_estate.pk)
        assert codes(found) == {"repair.session"}
        assert submit(whole, session_id=fits.pk).motion.position == 2

    def test_not_into_a_rehearsal(self, whole):
        session = draft_session(whole.estate, scope=whole.scope, rehearsal=True)
        assert codes(refused(submit, whole, session_id=session.pk)) == {"repair.session"}

    def test_neither_session_nor_new_one(self, whole):
        assert codes(refused(submit, whole, session_id=None)) == {"repair.session"}

    def test_agreed_shares_are_shared_as_agreed(self, estate):
        request = whole_request(estate, share_basis="agreed", share_clause="规约第9条")
        act = {"code": request.code, **BY_MANAGER}
        rooms = ["101", "102", "201", "202"]
        lines = [f"1幢1单元{room}室,{share}" for room, share in zip(rooms, "1234", strict=True)]
        wrong = "房号,份额\n" + "\n".join([*lines[:3], lines[0]])
        found = refused(put_shares, file_name="a.csv", content=wrong.encode(), **act)
        said = [str(reason) for reason in found.facts["reasons"]]
        assert said == ["第5行：与第 2 行是同一户", "少了1户：1幢1单元202室"]
        right = "房号,份额\n" + "\n".join(lines)
        put_shares(file_name="a.csv", content=right.encode(), **act)
        add_file(kind="agreement", name="约定.pdf", content=PDF, is_public=False, **act)
        version = submit(request)
        # 1, 2, 3, 4 of 10 parts of 40,000 yuan.
        assert [unit.share_fen for unit in version.units.all()] == [
            400_000, 800_000, 1_200_000, 1_600_000,
        ]  # fmt: skip

    def test_a_second_time_is_refused(self, whole):
        submit(whole)
        assert refused(submit, whole).code == "repair.state"


class TestProposedMotion:
    @pytest.fixture
    def motion(self, whole) -> Motion:
        return submit(whole).motion

    def test_nobody_edits_it_by_hand(self, motion):
        act = {"actor": "user:2", "at": FREEZE}
        changes = {"matter": 5, "title": "别的", "text": "别的", "cost_fen": 1}
        one = {"session_id": motion.session_id, "motion_id": motion.pk}
        file = motion.attachments.first()
        for command, arguments in (
            (save_motion, {**one, **changes}),
            (remove_motion, {"motion_id": motion.pk}),
            (add_attachment, {"motion_id": motion.pk, "name": "a.pdf", "content": b"%PDF-1"}),
            (remove_attachment, {"attachment_id": file.pk}),
            (edit_session, {"session_id": motion.session_id, "changes": {"scope": []}}),
            (edit_session, {"session_id": motion.session_id, "changes": {"rehearsal": True}}),
        ):
            assert refused(command, **arguments, **act).code == "motion.proposed", command
        motion.refresh_from_db()
        assert motion.title == "使用维修资金：1幢屋顶防水"

    def test_the_rest_of_the_session_can_still_be_edited(self, motion, whole):
        edit_session(
            session_id=motion.session_id,
            changes={"title": "改了名称", "scope": whole.scope, "rehearsal": False},
            actor="user:2",
            at=FREEZE,
        )

    def test_the_parties_pay_what_was_frozen(self, motion):
        vote = announce(motion.session)
        shares = dict(motion.shares.values_list("party__number", "fen"))
        # 王一, 李二, and 张三 with two units.
        assert shares == {1: 900_000, 2: 1_100_000, 3: 2_000_000}
        assert vote.session.state == "frozen"

    @pytest.mark.parametrize("change", ["area", "room", "gone"])
    def test_another_roll_is_not_announced(self, motion, whole, change):
        unit = Unit.objects.get(estate=whole.estate, label="1幢1单元101室")
        if change == "area":
            unit.area = 91_00
            unit.save()
        elif change == "gone":
            unit.is_active = False
            unit.save()
        else:
            make_unit(whole.estate, "1幢", "301", 90_00, [make_owner(whole.estate, "吴九")])
        session = timed(motion.session)
        tables = share_tables(session)
        assert "motion.shares" in {
            reason.code for reason in weigh(session, at=FREEZE, share_tables=tables).reasons
        }
        found = refused(
            freeze_session,
            session_id=session.pk,
            actor="user:2",
            at=FREEZE,
            share_tables=tables,
        )
        assert codes(found) == {"motion.shares"}

    def test_without_its_table_it_is_not_announced(self, motion):
        session = timed(motion.session)
        found = refused(
            freeze_session, session_id=session.pk, actor="user:2", at=FREEZE, share_tables={}
        )
        assert codes(found) == {"motion.shares"}


class TestComingBack:
    def test_withdrawn_before_the_announcement(self, whole):
        version = submit(whole)
        session = version.motion.session
        withdraw_request(code=whole.code, reason="方案要改。", **BY_MANAGER)
        whole.refresh_from_db()
        version.refresh_from_db()
        assert (whole.state, version.verdict, version.motion) == ("draft", "withdrawn", None)
        assert not session.motions.exists()
        assert submit(whole, session_id=session.pk).number == 2

    def test_not_withdrawn_after_it(self, whole):
        announce(submit(whole).motion.session)
        found = refused(withdraw_request, code=whole.code, reason="方案要改。", **BY_MANAGER)
        assert found.code == "repair.announced"

    def test_a_session_called_off_gives_it_back(self, whole):
        vote = announce(submit(whole).motion.session)
        assert settle_votes(OPEN) == 0
        cancel_session(session_id=vote.session.pk, reason="改期再开", actor="user:2", at=FREEZE)
        assert settle_votes(OPEN) == 1
        assert settle_votes(OPEN) == 0
        whole.refresh_from_db()
        assert (whole.state, whole.desk, whole.plan) == ("draft", "applicant", FIELDS["plan"])
        assert whole.versions.get().verdict == "withdrawn"
        assert submit(whole).number == 2


class TestOutcome:
    @pytest.fixture(autouse=True)
    def _signing(self, settings, tmp_path):
        settings.CA_DIR = tmp_path / "ca"
        development_identity(settings.CA_DIR)

    def test_passed_opens_the_way(self, whole):
        version = submit(whole)
        session = decided(announce(version.motion.session), {1: FOR, 2: FOR, 3: FOR})
        assert session.state == "resolved"
        assert settle_votes(CLOSE + timedelta(days=31)) == 1
        whole.refresh_from_db()
        version.refresh_from_db()
        assert (whole.state, whole.desk, version.verdict) == ("decided", "applicant", "passed")
        assert decision_stands(version)

    def test_rejected_says_which_key_failed(self, whole):
        version = submit(whole)
        # 张三 holds half the area: for by heads 1 of 3, by area 200 of 400, a tie.
        decided(announce(version.motion.session), {1: AGAINST, 2: AGAINST, 3: FOR})
        assert settle_vote(code=whole.code, at=CLOSE) is not None
        whole.refresh_from_db()
        version.refresh_from_db()
        assert (whole.state, version.verdict) == ("closed", "rejected")
        assert "同意的人数1/3（33.33%），没有过半数" in whole.close_reason
        assert "同意的面积200.00/400.00（50.00%），没有过半数" in whole.close_reason

    def test_no_quorum_says_so_and_the_input_can_be_used_again(self, whole):
        version = submit(whole)
        decided(announce(version.motion.session), {3: FOR})
        settle_votes(CLOSE)
        whole.refresh_from_db()
        assert whole.state == "closed"
        assert "参加表决的人数1/3" in whole.close_reason
        again = renew_request(code=whole.code, **BY_MANAGER)
        assert again.follows == whole
        assert (again.plan, again.quotes.count(), again.files.count()) == (FIELDS["plan"], 3, 5)
        assert submit(again).number == 1

    def test_nothing_happens_before_the_resolution(self, whole):
        vote = announce(submit(whole).motion.session)
        assert settle_vote(code=whole.code, at=OPEN) is None
        vote.count()
        assert settle_vote(code=whole.code, at=CLOSE) is None
        whole.refresh_from_db()
        assert whole.state == "voting"

    def test_a_rehearsal_opens_nothing(self, whole):
        version = submit(whole)
        Session.objects.filter(pk=version.motion.session_id).update(rehearsal=True)
        version.motion.session.refresh_from_db()
        decided(announce(version.motion.session), {1: FOR, 2: FOR, 3: FOR})
        settle_votes(CLOSE)
        whole.refresh_from_db()
        version.refresh_from_db()
        assert (whole.state, version.verdict) == ("draft", "withdrawn")


def test_a_draft_given_up_is_closed(whole):
    assert refused(drop_request, code=whole.code, reason=" ", **BY_MANAGER).code == (
        "repair.reason"
    )
    drop_request(code=whole.code, reason="建设单位同意维修。", **BY_MANAGER)
    whole.refresh_from_db()
    assert (whole.state, whole.close_reason) == ("closed", "建设单位同意维修。")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
def test_two_who_submit_at_once_make_one_version(whole):
    outcomes: list[str] = []

    def run(actor: str) -> None:
        try:
            submit_request(
                code=whole.code, convene=CONVENE, by=By(actor, "property_manager"), at=FREEZE
            )
            outcomes.append("done")
        except RuleViolation as violation:
            outcomes.append(violation.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(f"user:{n}",)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "repair.state"]
    assert whole.versions.count() == 1
    assert Session.objects.count() == 1
