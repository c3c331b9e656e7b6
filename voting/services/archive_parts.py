"""What lies in an archive bundle: one function for each part, one line for each in PARTS.

A part reads the record and yields its files in a fixed order; the same record yields the same
bytes. What must not leave its office (choices, phone numbers, identity numbers, voting
tokens, scans of ballots) is in no part.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from core.canonical import canonical
from core.exact import format_area
from core.text import plain_cell
from documents.labels import label
from documents.models import Document
from documents.selectors import photo_bytes, postings_of, scan_bytes
from logbook.steps import stamp
from voting.models import Attachment, PaperBallot, Session
from voting.selectors import delivery_csv
from voting.services.convening import basis_content
from voting.services.objections import paper_of
from voting.services.proxies import document_of_proxy
from voting.services.rulings import document_of
from voting.services.transfers import document_of_transfer

_ENDINGS = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "application/json": "json",  # the list of candidates, as it was frozen
}


class File(NamedTuple):
    """One file of a bundle: path inside the zip, what it is, its bytes."""

    path: str
    title: str
    content: bytes


Part = Callable[[Session], Iterable[File]]


def _notices(session: Session) -> Iterator[File]:
    for document in papers_of_session(session):
        if document.kind != "resolution":
            yield _paper("01-公告和公示", document)


def _postings(session: Session) -> Iterator[File]:
    rows = []
    for posting in postings_of(papers_of_session(session)):
        photos = list(posting.photos.all())
        rows.append(
            {
                "document": posting.document_id,
                "place": posting.place.name,
                "posted_by": posting.posted_by,
                "posted_at": stamp(posting.posted_at),
                "taken_down_at": stamp(posting.taken_down_at) if posting.taken_down_at else "",
                "photos": [photo.sha256 for photo in photos],
            }
        )
        for photo in photos:
            photo = type(photo).objects.get(pk=photo.pk)  # with its bytes, one at a time
            path = f"02-张贴/{posting.pk:06}-{photo.pk:06}.jpg"
            yield File(path, f"张贴照片：{posting.place.name}", photo_bytes(photo))
    if rows:
        numbers = {one.pk: one.number for one in papers_of_session(session)}
        said = [{**row, "document": numbers[row["document"]]} for row in rows]
        yield File("02-张贴/张贴记录.json", "张贴记录", canonical(said))


def _roll(session: Session) -> Iterator[File]:
    parties = session.parties.order_by("number").prefetch_related("units")
    rows = [
        [
            str(party.number),
            party.name,
            "、".join(sorted(unit.label for unit in party.units.all())),
            format_area(party.area),
            party.why,
            party.serial,
            "是" if party.ballots else "否",
        ]
        for party in parties
    ]
    head = ["序号", "业主（遮盖）", "房屋", "面积", "为什么算一人", "纸质票编号", "参加"]
    yield _table("03-名册/冻结的名册.csv", "冻结的业主名册（限制查阅）", head, rows)


def _materials(session: Session) -> Iterator[File]:
    files = Attachment.objects.filter(motion__session=session).order_by(
        "motion__position", "pk"
    )
    for file in files.select_related("motion"):
        path = f"04-材料/{file.motion.position:02}-{file.pk}.{_ENDINGS[file.content_type]}"
        yield File(path, f"会议材料：{file.name}", bytes(file.content))
    basis = getattr(session, "basis", None)
    if basis is not None:
        path = f"04-材料/召集依据.{_ENDINGS[basis.content_type]}"
        yield File(path, f"召集依据：{basis.title}", basis_content(basis))


def _originals(session: Session) -> Iterator[File]:
    rows = [list(row) for row in originals_rows(session)]
    head = ["原件", "编号", "张数", "柜", "盒", "号"]
    yield _table("05-纸质原件/存放位置.csv", "纸质原件存放位置", head, rows)
    papers = PaperBallot.objects.filter(session=session).order_by("serial")
    listed = [
        [paper.serial, label(paper, "state"), _moment(paper.registered_at)]
        for paper in papers.defer("scan")
    ]
    if listed:
        head = ["编号", "情况", "登记时间"]
        yield _table("05-纸质原件/收回的纸质票.csv", "收回的纸质票编号", head, listed)


def _count(session: Session) -> Iterator[File]:
    if session.resolution is not None:
        facts = Document.objects.values_list("facts", flat=True).get(pk=session.resolution.pk)
        yield File("06-计票/tally.json", "计票结果", bytes(facts))
    rows = [
        [str(box.counted), label(box, "state"), _moment(box.first_at)]
        for box in session.box_counts.all()
    ]
    if rows:
        yield _table("06-计票/票箱清点.csv", "票箱清点", ["张数", "情况", "时间"], rows)


def _objections(session: Session) -> Iterator[File]:
    found = list(session.objections.order_by("number"))
    rows = [
        [
            str(one.number),
            label(one, "about"),
            _moment(one.filed_at),
            "是" if one.in_time else "否",
            label(one, "state"),
            {True: "成立", False: "不成立", None: ""}[one.upheld],
            one.text,
            one.answer,
            one.finding,
        ]
        for one in found
    ]
    if rows:
        head = ["编号", "事由", "提出", "期内", "情况", "结论", "内容", "答复", "裁定"]
        yield _table("07-异议/异议.csv", "异议、答复和裁定（限制查阅）", head, rows)
    for one in found:
        if one.sha256:
            path = f"07-异议/{one.number:04}.{_ENDINGS[one.content_type]}"
            yield File(path, f"第{one.number}号异议的材料", paper_of(one))


def _rulings(session: Session) -> Iterator[File]:
    found = list(session.rulings.select_related("party").order_by("pk"))
    rows = [
        [
            str(one.party.number),
            label(one, "state"),
            one.proposed_role,
            _moment(one.proposed_at),
            one.decided_role,
            _moment(one.decided_at),
            one.reason,
            one.answer,
            one.sha256,
        ]
        for one in found
    ]
    if rows:
        head = ["户", "情况", "提出", "时间", "决定", "时间", "理由", "答复", "SHA-256"]
        yield _table("08-裁定/裁定.csv", "不计入的裁定（限制查阅）", head, rows)
    for one in found:
        path = f"08-裁定/{one.pk:06}.{_ENDINGS[one.content_type]}"
        yield File(path, f"第{one.party.number}户裁定的依据", document_of(one))


def _standins(session: Session) -> Iterator[File]:
    proxies = list(session.proxies.select_related("party").order_by("pk"))
    rows = [
        [
            str(one.party.number),
            label(one, "state"),
            one.signed_on.isoformat(),
            one.until.isoformat(),
            one.sha256,
        ]
        for one in proxies
    ]
    if rows:
        head = ["户", "情况", "签署", "到期", "SHA-256"]
        yield _table("09-委托和代办/委托.csv", "委托登记（限制查阅）", head, rows)
    for proxy in proxies:
        if proxy.content:
            path = f"09-委托和代办/委托书-{proxy.pk:06}.{_ENDINGS[proxy.content_type]}"
            yield File(path, f"第{proxy.party.number}户的委托书", document_of_proxy(proxy))
    sold = session.transfers.select_related("party").exclude(content=b"").order_by("pk")
    for transfer in sold:
        path = f"09-委托和代办/过户-{transfer.pk:06}.{_ENDINGS[transfer.content_type]}"
        title = f"第{transfer.party.number}户过户的证明"
        yield File(path, title, document_of_transfer(transfer))


def _delivery(session: Session) -> Iterator[File]:
    if session.deliveries.exists():
        content = delivery_csv(session).encode()
        yield File("09-送达/送达记录.csv", "送达记录", content)


def _decision(session: Session) -> Iterator[File]:
    if session.resolution is not None:
        yield _paper("10-决议", session.resolution)


def _stamped(session: Session) -> Iterator[File]:
    for document in papers_of_session(session):
        for copy in document.stamped_copies.filter(state="confirmed").order_by("pk"):
            path = f"11-盖章扫描件/{document.code}-{copy.pk:06}.{_ENDINGS[copy.content_type]}"
            yield File(path, f"盖章扫描件：{document.number}", scan_bytes(copy))


def _filing(session: Session) -> Iterator[File]:
    filing = getattr(session, "filing", None)
    if filing is not None and filing.receipt is not None:
        yield _paper("12-备案", filing.receipt)


# One line for each part, in the order of the shelves (建房〔2009〕274号 art. 40).
PARTS: tuple[Part, ...] = (
    _notices,
    _postings,
    _roll,
    _materials,
    _originals,
    _count,
    _objections,
    _rulings,
    _standins,
    _delivery,
    _decision,
    _stamped,
    _filing,
)


def papers_of_session(session: Session) -> list[Document]:
    """The signed papers of a session, in the order in which they were issued; no bytes."""
    held = [session.notice_id, session.resolution_id]
    held += session.preliminaries.values_list("document", flat=True)
    held += session.postings.values_list("document", flat=True)
    extension = getattr(session, "extension", None)
    if extension is not None:
        held.append(extension.document_id)
    found = Document.objects.filter(pk__in=[pk for pk in held if pk is not None])
    return list(found.defer("pdf", "facts").order_by("issued_at", "pk"))


def originals_rows(session: Session) -> list[tuple[str, ...]]:
    """Where paper originals lie: what, serials, sheets, cabinet, box, number."""
    return [
        (
            one.what or label(one, "kind"),
            f"{one.first_serial}至{one.last_serial}" if one.first_serial else "",
            str(one.sheets),
            one.cabinet,
            one.box,
            one.slot,
        )
        for one in session.originals.all()
    ]


def _paper(folder: str, document: Document) -> File:
    pdf = Document.objects.values_list("pdf", flat=True).get(pk=document.pk)
    return File(
        f"{folder}/{document.code}.pdf", f"{document.number} {document.title}", bytes(pdf)
    )


def _table(path: str, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> File:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(map(plain_cell, row) for row in rows)
    return File(path, title, ("\ufeff" + out.getvalue()).encode())


def _moment(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""
