"""Shapes of a draft; the files are what people really send."""

from datetime import UTC, date, datetime

import pytest

from voting.domain.drafts import attachment_reasons, motion_reasons, session_reasons

KINDS, POLICIES = ["owners_committee"], ["secret"]


def codes(draft):
    found = session_reasons(draft, organisers=KINDS, policies=POLICIES)
    return [(reason.code, reason.field) for reason in found]


def test_a_good_draft():
    assert (
        codes(
            {
                "title": "会议",
                "organiser_kind": "owners_committee",
                "organiser": "业委会",
                "contact_phone": "0000-0000000",
                "contact_place": "",
                "scope": [{"building": 1, "entrance": None}],
                "opening_policy": "secret",
                "revote": True,
                "allow_document_check": False,
                "notice_on": date(2026, 3, 1),
                "opens_at": datetime(2026, 3, 17, tzinfo=UTC),
                "closes_at": None,
            }
        )
        == []
    )


def test_every_fault_at_once():
    assert codes(
        {
            "title": " ",
            "organiser": "长" * 81,
            "contact_phone": "\ud800",
            "revote": "yes",
            "opens_at": datetime(2026, 3, 17),  # noqa: DTZ001 - without a zone it says nothing
            "notice_on": datetime(2026, 3, 1, tzinfo=UTC),
            "organiser_kind": "nobody",
            "opening_policy": "open",
            "scope": [{"building": True, "entrance": None}],
            "state": "frozen",
        }
    ) == [
        ("session.unknown_field", "state"),
        ("title.missing", "title"),
        ("organiser.too_long", "organiser"),
        ("contact_phone.unreadable", "contact_phone"),
        ("session.switch", "revote"),
        ("session.time", "opens_at"),
        ("session.date", "notice_on"),
        ("session.organiser_kind", "organiser_kind"),
        ("session.opening_policy", "opening_policy"),
        ("session.scope", "scope"),
    ]


@pytest.mark.parametrize("phone", ["abc", "1234", "0000-abcdefg", "问王主任", "0" * 21, "--"])
def test_a_phone_that_nobody_can_dial_is_refused_once(phone):
    assert codes({"contact_phone": phone}) == [("session.contact_phone", "contact_phone")]
    assert codes({"contact_phone": " "}) == [("contact_phone.missing", "contact_phone")]


@pytest.mark.parametrize("scope", ["1幢", [1], [{"building": 1}], {"building": 1}, [None]])
def test_scopes_that_are_none(scope):
    assert codes({"scope": scope}) == [("session.scope", "scope")]


@pytest.mark.parametrize("matter", [0, 10, -1, True, "5", 5.0, None])
def test_only_the_nine_matters(matter):
    found = motion_reasons(matter=matter, title="标题", text="内容", cost_fen=None)
    assert [reason.code for reason in found] == ["motion.matter"]


@pytest.mark.parametrize("cost", [0, -1, 1.5, True, 10**14])
def test_a_cost_is_a_positive_number_of_fen(cost):
    found = motion_reasons(matter=5, title="标题", text="内容", cost_fen=cost)
    assert [reason.code for reason in found] == ["motion.cost"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("方案.pdf", b"%PDF-1.7 ...", []),
        ("照片.png", b"\x89PNG\r\n\x1a\n...", []),
        ("照片.jpg", b"\xff\xd8\xff\xe0...", []),
        ("方案.pdf", b"", ["attachment.empty"]),
        ("方案.pdf", b"MZ\x90\x00...", ["attachment.type"]),
        ("方案.pdf", b"PK\x03\x04...", ["attachment.type"]),
        ("照片.svg", b"<svg onload='...'>", ["attachment.type"]),
        ("方案.pdf", b"%PDF-" + b"0" * 100, ["attachment.too_large"]),
        ("", b"MZ" + b"0" * 100, ["name.missing", "attachment.type", "attachment.too_large"]),
        ("a\x00b.pdf", b"%PDF-1.7", ["name.unreadable"]),
    ],
)
def test_attachments(name, content, expected):
    found = attachment_reasons(name=name, content=content, most=100)
    assert [reason.code for reason in found] == expected
