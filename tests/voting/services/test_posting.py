"""名册公示 (274号 art. 12): nothing is frozen that was not on show, or changed unsaid."""

from datetime import timedelta

import pytest

from core.deadlines import publicity_end
from core.errors import RuleViolation
from documents.services.posting import add_place, post_paper
from tests.factories import (
    ACTOR,
    FREEZE,
    draft_session,
    make_owner,
    make_profile,
    make_unit,
    small_estate,
)
from voting.models import RollChange, RollPosting
from voting.selectors import differences, hanging, posted_lines
from voting.services.freezing import freeze_session, weigh
from voting.services.objections import (
    Objector,
    Statement,
    answer_objection,
    file_objection,
)
from voting.services.posting import post_roll, trace_change
from voting.services.rulings import Signer

pytestmark = pytest.mark.django_db(transaction=True)
POSTED = FREEZE - timedelta(days=8)
OVER = publicity_end(POSTED, 7)
ORGANISER = Signer("user:5", "organiser")


@pytest.fixture
def draft(erasable, settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    make_profile("posting", roll_posting_days=7)
    estate = small_estate()
    estate.profile_code = "posting"
    estate.save()
    return draft_session(estate, matters=(9,))


def codes(session, at=FREEZE):
    session.refresh_from_db()
    return [reason.code for reason in weigh(session, at=at).reasons]


def post(session, at=POSTED):
    return post_roll(session_id=session.pk, actor=ACTOR, at=at)


def trace(session, room, *, objection=None, reason="按登记簿更正"):
    return trace_change(
        session_id=session.pk,
        room=room,
        objection=objection,
        reason=reason,
        actor=ACTOR,
        at=FREEZE,
    )


def refused(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def resize(session, room, area):
    unit = session.estate.units.get(label=room)
    unit.area = area
    unit.save()
    return unit


def object_to(session, unit, submission="a", at=POSTED + timedelta(days=1)):
    return file_objection(
        estate_id=session.estate_id,
        session_id=session.pk,
        said=Statement("roll", "面积与房产证不一致"),
        objector=Objector(name="王某", contact="窗口", unit_id=unit.pk),
        submission=submission,
        actor=ORGANISER.actor,
        at=at,
    )


def test_it_is_on_show_for_its_days_and_then_the_roll_may_be_frozen(draft):
    assert codes(draft) == ["posting.missing"]
    posting = post(draft)
    assert posting.ends_at == OVER
    assert codes(draft, OVER - timedelta(seconds=1)) == ["posting.running"]
    assert codes(draft, OVER) == []
    freeze_session(session_id=draft.pk, actor=ACTOR, at=FREEZE)


def test_rooms_areas_and_heads_but_no_names(draft):
    posting = post(draft)
    text = bytes(posting.lines).decode()
    assert not any(name in text for name in ("王", "李", "张", "赵", "钱", "孙", "公司"))
    assert (posting.heads, posting.area) == (6, 900_00)
    lines = {line["room"]: line for line in posted_lines(posting)}
    assert len(lines) == 8  # parking is not counted
    assert lines["1幢1单元201室"] == {
        "room": "1幢1单元201室",
        "area": 90_00,
        "why": "several_units",
        "rooms": 2,
    }
    assert not posting.document.is_public


def test_posted_twice_it_is_one(draft):
    assert post(draft, at=POSTED + timedelta(days=1)) == post(draft)
    assert RollPosting.objects.count() == 1


def test_a_rehearsal_posts_nothing(draft):
    draft.rehearsal = True
    draft.save()
    assert codes(draft) == []
    assert refused(post, draft) == "posting.rehearsal"


def test_a_roll_with_faults_is_not_put_on_show(draft):
    resize(draft, "1幢1单元101室", None)
    assert refused(post, draft) == "posting.not_ready"
    assert codes(draft) == ["area.missing"]


def test_a_board_hung_late_moves_no_period_and_is_called_late(draft):
    """Civil Code 201-203: hung on the day of posting, a wall has the whole period."""
    posting = post(draft)
    at = {"actor": ACTOR, "at": OVER}
    walls = [add_place(estate_id=draft.estate_id, name=name, **at) for name in ("大门", "1幢")]
    last = publicity_end(POSTED, 0)  # the first instant of the next day
    for place, hung in zip(walls, (last - timedelta(minutes=1), last), strict=True):
        post_paper(
            document_id=posting.document_id,
            place_id=place.pk,
            posted_by="王一",
            posted_at=hung,
            photos=[],
            **at,
        )
    (paper,) = hanging(draft, OVER)
    assert (paper.duty.due, paper.duty.until) == (last, OVER)
    assert [wall.late for wall in paper.walls] == [False, True]
    posting.refresh_from_db()
    assert posting.ends_at == OVER
    assert codes(draft, OVER) == []
    unit = draft.estate.units.get(label="1幢1单元101室")
    object_to(draft, unit, at=OVER - timedelta(seconds=1))
    assert refused(object_to, draft, unit, "b", OVER) == "objection.period_over"


def test_an_objection_is_answered_and_the_change_names_it(draft):
    post(draft)
    unit = draft.estate.units.get(label="1幢1单元101室")
    made = object_to(draft, unit)
    assert codes(draft) == ["posting.objections"]
    assert refused(trace, draft, unit.label) == "change.none"
    resize(draft, unit.label, 95_00)
    assert codes(draft) == ["posting.objections", "posting.untraced"]
    assert refused(trace, draft, unit.label, objection=made.number) == "change.invalid"
    answer_objection(
        objection_id=made.pk,
        upheld=True,
        reason="按登记簿更正为95.00平方米",
        signer=ORGANISER,
        at=POSTED + timedelta(days=2),
    )
    assert codes(draft) == ["posting.untraced"]
    change = trace(draft, unit.label, objection=made.number)
    assert change.objection == made
    assert codes(draft) == []


def test_an_objection_that_was_not_upheld_is_no_reason(draft):
    post(draft)
    unit = resize(draft, "1幢1单元101室", 95_00)
    made = object_to(draft, unit)
    answer_objection(
        objection_id=made.pk,
        upheld=False,
        reason="登记簿是90.00平方米",
        signer=ORGANISER,
        at=POSTED + timedelta(days=2),
    )
    assert refused(trace, draft, unit.label, objection=made.number) == "change.invalid"
    assert refused(trace, draft, unit.label, objection=99) == "change.invalid"
    assert refused(trace, draft, unit.label, reason=" ") == "change.invalid"
    assert not RollChange.objects.exists()


def test_another_change_of_the_same_room_needs_another_reason(draft):
    post(draft)
    resize(draft, "1幢1单元101室", 95_00)
    trace(draft, "1幢1单元101室")
    assert codes(draft) == []
    resize(draft, "1幢1单元101室", 96_00)
    assert codes(draft) == ["posting.untraced"]
    resize(draft, "1幢1单元101室", 90_00)  # as posted
    assert codes(draft) == []


def test_rooms_that_come_and_go_and_heads_that_change_are_changes(draft):
    post(draft)
    estate = draft.estate
    make_unit(estate, "3幢", "101", 80_00, [make_owner(estate, "周七")])
    gone = estate.units.get(label="1幢1单元102室")
    gone.is_active = False
    gone.save()
    # 赵四 buys 王一's flat: 赵四 alone has two rooms now, and both lines read otherwise.
    title = estate.units.get(label="1幢1单元101室").ownerships.get()
    title.owner = estate.owners.get(
        pk=estate.units.get(label="2幢1单元102室").ownerships.get().owner_id
    )
    title.save()
    rooms = {one.room for one in differences(draft, weigh(draft, at=FREEZE).parties)}
    assert rooms == {"3幢1单元101室", "1幢1单元102室", "1幢1单元101室", "2幢1单元102室"}


def test_after_the_announcement_nothing_is_posted_or_traced(draft):
    post(draft)
    freeze_session(session_id=draft.pk, actor=ACTOR, at=FREEZE)
    assert refused(post, draft) == "session.not_draft"
    assert refused(trace, draft, "1幢1单元101室") == "session.not_draft"
