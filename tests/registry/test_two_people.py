"""After the first roll nobody alone changes who owns, who votes and how large a room is."""

import json
import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.errors import RuleViolation
from logbook.models import Entry
from registry.models import Owner, Ownership, RollImport, RollNotice, RollProposal, Unit
from registry.services.imports import confirm_import, correct_cells, undo_import
from registry.services.proposals import (
    confirm_proposal,
    drop_proposal,
    propose_area,
    propose_transfer,
    propose_voter,
)
from registry.services.titles import NewOwner
from tests.registry.rolls import AT, HEADER, imported, line, make_estate, number, previewed
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(hours=1)
BOTH = f"{number(3)}、{number(4)}"
ANEW = {"权利人": "假名甲", "证件号码": number(9), "联系电话": "10001110001"}
GIVEN = {"权利人": "李四", "证件号码": number(2)}
ONE, OTHER = "user:50001", "user:50002"


@pytest.fixture
def estate(erasable):
    made = make_estate()
    rows = [
        line(联系电话="10000000051"),
        line(室号="102", 权利人="李四", 证件号码=number(2)),
        line(
            室号="103", 权利人="孙七、周八", 证件号码=f"{number(3)}、{number(4)}", 共有情况=""
        ),
    ]
    imported(made, rows)
    return made


def confirm(kept: RollImport, actor: str = OTHER, **more):
    return confirm_import(import_id=kept.pk, actor=actor, at=LATER, **more)


# --- files --------------------------------------------------------------------------------


def test_a_first_roll_is_one_persons_word(erasable) -> None:
    kept = previewed(make_estate(), [line()], actor=ONE)
    assert confirm(kept, ONE).state == "confirmed"


@pytest.mark.parametrize(
    "rows",
    [
        [line(联系电话="10000000061")],  # a number
        [
            line(室号="301", 权利人="假名甲", 证件号码=number(9), 联系电话="10001110001")
        ],  # a room
        [line(**GIVEN)],  # an owner with a number gets a flat
        [line(权利人="王六")],  # another name for the same number
        [line(**{"建筑面积(㎡)": "0.01"})],
        [line(状态="已售未交付")],
    ],
)
def test_no_file_after_it_is(estate, rows) -> None:
    kept = previewed(estate, rows, actor=ONE, whole=False)
    before = list(Ownership.objects.order_by("pk").values())
    with pytest.raises(RuleViolation, match="没有经手这个表格的另一个人") as refused:
        confirm(kept, ONE)
    assert refused.value.code == "import.same_person"
    assert list(Ownership.objects.order_by("pk").values()) == before
    assert confirm(kept).state == "confirmed"


def test_whoever_typed_a_cell_has_a_hand_in_it_too(estate) -> None:
    kept = previewed(estate, [line(状态="已售")], actor=ONE, whole=False)
    correct_cells(import_id=kept.pk, corrections={(2, "状态"): "已交付"}, actor=OTHER, at=AT)
    for hand in (ONE, OTHER):
        with pytest.raises(RuleViolation):
            confirm(kept, hand)
    assert confirm(kept, "user:50003").state == "confirmed"


def test_a_roll_that_was_taken_away_whole_is_no_first_roll(estate) -> None:
    """Rooms retired and made anew: nobody was there before, but somebody was."""
    gone = previewed(estate, [line()], actor=ONE)
    confirm(gone, retiring=True)
    anew = previewed(
        estate, [line(室号="102", 权利人="假名甲", 证件号码=number(9))], actor=ONE, whole=False
    )
    with pytest.raises(RuleViolation):
        confirm(anew, ONE)


def test_what_two_people_wrote_one_of_them_does_not_take_back(estate) -> None:
    kept = previewed(estate, [line(**GIVEN)], actor=ONE, whole=False)
    confirm(kept)
    with pytest.raises(RuleViolation) as refused:
        undo_import(import_id=kept.pk, actor=ONE, at=LATER)
    assert refused.value.code == "import.same_person"
    assert undo_import(import_id=kept.pk, actor=OTHER, at=LATER).state == "undone"


def test_the_choice_of_a_voter_by_a_file_is_told(estate) -> None:
    rows = [
        line(
            室号="103", 权利人="孙七、周八", 证件号码=BOTH, 共有情况="各1/2",
        )
    ]  # fmt: skip
    kept = previewed(
        estate, [(*rows[0], "周八")], header=(*HEADER, "表决人"), actor=ONE, whole=False
    )
    confirm(kept)
    told = RollNotice.objects.filter(kind="voter")
    assert [one.owner.name for one in told] == ["周八"]
    assert owner("周八").ownerships.get().is_voter


def test_whose_room_a_file_changes_is_in_the_log(estate) -> None:
    confirm(previewed(estate, [line(**{"建筑面积(㎡)": "80"})], actor=ONE, whole=False))
    entry = Entry.objects.filter(kind="roll-owners-changed").latest("pk")
    body = json.loads(bytes(entry.line))["body"]
    assert body["owners"] == [owner("王五").pk]


# --- single rooms -------------------------------------------------------------------------


def owner(name: str) -> Owner:
    """By name, which the database cannot search: it is sealed."""
    [found] = [one for one in Owner.objects.all() if one.name == name]
    return found


def room(label: str = "101") -> Unit:
    return Unit.objects.get(room=label)


def transfer(actor: str = ONE, **more):
    return propose_transfer(
        unit_id=room().pk, owners=[NewOwner("戊某", number(9))], basis="register",
        on=date(2026, 10, 1), actor=actor, at=AT, **more,
    )  # fmt: skip


def test_a_transfer_is_on_the_roll_when_another_person_has_confirmed_it(estate) -> None:
    waits = transfer()
    assert [one.owner.name for one in room().ownerships.filter(valid_to=None)] == ["王五"]
    assert "戊某" not in [one.name for one in Owner.objects.all()]
    with pytest.raises(RuleViolation, match="请另一个人对照材料确认"):
        confirm_proposal(proposal_id=waits.pk, actor=ONE, at=LATER)
    confirm_proposal(proposal_id=waits.pk, actor=OTHER, at=LATER)
    assert [one.owner.name for one in room().ownerships.filter(valid_to=None)] == ["戊某"]
    done = RollProposal.objects.get()
    assert (done.state, done.content, done.ended_by) == ("done", "", OTHER)
    with pytest.raises(RuleViolation, match="已经办完"):
        confirm_proposal(proposal_id=waits.pk, actor=OTHER, at=LATER)


def test_what_would_be_refused_is_refused_when_it_is_written(estate) -> None:
    with pytest.raises(RuleViolation, match="请选择权属依据"):
        propose_transfer(
            unit_id=room().pk, owners=[NewOwner("戊某", number(9))], basis="?",
            on=date(2026, 10, 1), actor=ONE, at=AT,
        )  # fmt: skip
    with pytest.raises(RuleViolation, match="表决人应当是"):
        propose_voter(unit_id=room().pk, owner_id=0, actor=ONE, at=AT)
    assert not RollProposal.objects.exists()
    assert not Entry.objects.filter(kind="roll-change-proposed").exists()


def test_a_room_waits_for_one_thing_of_a_kind(estate) -> None:
    transfer()
    with pytest.raises(RuleViolation, match="已经有一条同样的更正"):
        transfer(OTHER)
    drop_proposal(proposal_id=RollProposal.objects.get().pk, actor=ONE, at=LATER)
    assert transfer(OTHER).state == "waiting"


def test_other_owners_meanwhile_make_it_stale(estate) -> None:
    waits = transfer()
    confirm(previewed(estate, [line(**GIVEN)], actor=ONE, whole=False))
    with pytest.raises(RuleViolation, match="业主又有变化"):
        confirm_proposal(proposal_id=waits.pk, actor=OTHER, at=LATER)
    assert [one.owner.name for one in room().ownerships.filter(valid_to=None)] == ["李四"]


def test_a_voter_and_an_area_wait_too(estate) -> None:
    chosen = owner("周八")
    voter = propose_voter(unit_id=room("103").pk, owner_id=chosen.pk, actor=ONE, at=AT)
    area = propose_area(unit_id=room().pk, area="90.5", source="survey", actor=ONE, at=AT)
    assert not Ownership.objects.filter(is_voter=True).exists()
    assert room().area == 89_50
    for one in (voter, area):
        confirm_proposal(proposal_id=one.pk, actor=OTHER, at=LATER)
    assert Ownership.objects.get(is_voter=True).owner == chosen
    assert room().area == 90_50


# --- in the browser -----------------------------------------------------------------------


def signed_in(name: str, role: str, estate) -> Client:
    user = make_user(name)
    grant(user, role, estate)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def both(estate) -> tuple[Client, Client]:
    return signed_in("clerk", "organiser", estate), signed_in("s", "supervisor", estate)


def test_both_walk_their_pages(estate) -> None:
    clerk, second = both(estate)
    unit = reverse("roll:unit", args=[estate.code, room().pk])
    changes = reverse("roll:changes", args=[estate.code])
    clerk.post(f"{unit}area", {"area": "90.5", "source": "survey"})
    assert "1条更正等另一个人确认" in clerk.get(unit).content.decode()
    mine = clerk.get(changes).content.decode()
    assert "面积：89.50 → 90.50 平方米（实测）" in mine
    assert "对照过材料，确认" not in mine
    assert "名册更正1条，等第二人确认" in second.get("/staff/").content.decode()
    assert "对照过材料，确认" in second.get(changes).content.decode()
    pk = RollProposal.objects.get().pk
    url = reverse("roll:change_confirm", args=[estate.code, pk])
    assert clerk.post(url).status_code == 404
    assert "已确认，写入名册。" in second.post(url, follow=True).content.decode()
    assert "已经办完" in second.post(url, follow=True).content.decode()
    assert room().area == 90_50


def test_a_file_is_shown_to_the_second_person_with_all_it_changes(estate) -> None:
    clerk, second = both(estate)
    kept = previewed(
        estate, [line(权利人="王六")], actor=f"user:{clerk.session['_auth_user_id']}"
    )
    page = reverse("roll:preview", args=[estate.code, kept.pk])
    shown = clerk.get(page).content.decode()
    assert "请没有经手的另一个人" in shown
    assert "确认导入" not in shown
    url = reverse("roll:confirm", args=[estate.code, kept.pk])
    refused = clerk.post(url, {"retiring": "on"})
    assert refused.status_code == 409
    assert "要由监票人、居委会或者街道的另一个人" in refused.content.decode()
    assert "改动名册的表格1个，等第二人确认" in second.get("/staff/").content.decode()
    looked = second.get(page).content.decode()
    assert "王五 → 王六" in looked
    assert "改各列的对应" not in looked
    # While it was being read the clerk typed something else into it.
    [stamp] = re.findall(r'name="seen" value="(\w+)"', looked)
    correct_cells(import_id=kept.pk, corrections={(2, "权利人"): "王七"}, actor=ONE, at=AT)
    other = second.post(url, {"retiring": "on", "seen": stamp})
    assert other.status_code == 409
    assert "您打开以后表格又改过" in other.content.decode()
    assert second.post(url, {"retiring": "on"}).status_code == 409
    [stamp] = re.findall(r'name="seen" value="(\w+)"', other.content.decode())
    assert second.post(url, {"retiring": "on", "seen": stamp}).status_code == 302
    assert owner("王七").ownerships.filter(valid_to=None).exists()


def test_a_first_roll_is_nobodys_business_but_whose_it_is(erasable) -> None:
    """A second person is asked where there is a roll, and reads names there alone."""
    empty = make_estate()
    second = signed_in("s", "supervisor", empty)
    kept = previewed(empty, [line()], actor=ONE)

    def page(name: str) -> str:
        return reverse(f"roll:{name}", args=[empty.code, kept.pk])

    assert second.get(page("preview")).status_code == 404
    assert second.post(page("confirm")).status_code == 404
    assert second.post(page("drop")).status_code == 404
    confirm(kept, ONE)
    refused = second.post(page("undo"))
    assert refused.status_code == 409
    assert "撤销这次导入" not in second.get(page("preview")).content.decode()
    assert RollImport.objects.get().state == "confirmed"


def test_another_organiser_is_no_second_person(estate) -> None:
    other = signed_in("other", "organiser", estate)
    kept = previewed(estate, [line(**GIVEN)], actor=ONE, whole=False)
    url = reverse("roll:confirm", args=[estate.code, kept.pk])
    assert other.post(url).status_code == 409
    confirm(kept)
    undo = reverse("roll:undo", args=[estate.code, kept.pk])
    assert other.post(undo).status_code == 409
    assert RollImport.objects.get(pk=kept.pk).state == "confirmed"


def test_nothing_hides_behind_many_changes(estate) -> None:
    """Who confirms answers for all of it: also what comes after the first two hundred."""
    second = signed_in("s", "supervisor", estate)
    many = [
        line(
            室号=f"{floor}{door:02}",
            权利人=f"甲{floor}{door}",
            证件号码=number(floor * 100 + door),
        )
        for floor in range(5, 31)
        for door in range(1, 9)
    ]
    kept = previewed(estate, [*many, line(室号="909", **ANEW)], actor=ONE, whole=False)
    shown = second.get(reverse("roll:preview", args=[estate.code, kept.pk])).content.decode()
    assert len(many) > 200
    assert "909室：假名甲" in shown


def test_who_is_to_vote_stands_in_the_preview(estate) -> None:
    second = signed_in("s", "supervisor", estate)
    row = (*line(室号="103", 权利人="孙七、周八", 证件号码=BOTH, 共有情况=""), "周八")
    kept = previewed(estate, [row], header=(*HEADER, "表决人"), actor=ONE, whole=False)
    shown = second.get(reverse("roll:preview", args=[estate.code, kept.pk])).content.decode()
    assert "表决人：周八" in shown


def test_names_are_in_full_for_whoever_holds_them_against_the_paper(estate) -> None:
    clerk, second = both(estate)
    transfer()
    changes = reverse("roll:changes", args=[estate.code])
    assert "王五 → 戊某" in second.get(changes).content.decode()
    assert "王** → 戊**" in clerk.get(changes).content.decode()


def test_ones_own_entry_hides_nobody_elses(estate) -> None:
    second = signed_in("s", "supervisor", estate)
    me = f"user:{User.objects.get(username='s').pk}"
    transfer(me)
    propose_area(unit_id=room("102").pk, area="80", source="survey", actor=ONE, at=AT)
    assert "名册更正1条，等第二人确认" in second.get("/staff/").content.decode()
