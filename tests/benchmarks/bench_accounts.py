"""The public accounts of an estate among 2,000,000 entries: server time and weight of pages.

    python -m tests.benchmarks.bench_accounts [ENTRIES]

On the database of DATABASE_URL (a test database is made and dropped), else SQLite in a
temporary folder. The entries, each with two postings, a paper and its page, lie in the books of
500 estates, 40 quarters each, written with plain SQL and without triggers; their publications
carry no data. One estate more has its books by the commands: two quarters of 40 entries, each
published, the later one twice, three answered questions, 40 sources; and another 300 entries
in one month.
Prints server time over 50 requests, median and the longest, and the compressed size of a page
without its style sheet (the size of which is printed too).
"""

import gzip
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")

AT = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)
ESTATES, PERIODS, TIMES = 500, 40, 50
# Every row of the bulk, `n` from 0 on; many lie in a book, some of those in a period.
_BULK = (
    """
    INSERT INTO disclosures_paper (id, estate_id, kind, name, source_sha256, uploaded_by,
      uploaded_at, looked_by, looked_at)
    SELECT {first} + n, {estate} + n / {of_book}, 'voucher', 'a.jpg', '0', 'user:1', {at},
      'user:2', {at} FROM bench_n
    """,
    """
    INSERT INTO disclosures_paperpage (id, paper_id, number, content, sha256, boxes, shown)
    SELECT {first} + n, {first} + n, 1, {bytes}, '0', '[]', {bytes} FROM bench_n
    """,
    """
    INSERT INTO disclosures_entry (id, book_id, number, submission, dated_on, heading, fen,
      kept, kept_fen, party, text, contract_id, decision, reverses_id, state, reason,
      entered_by, entered_role, entered_at, reviewed_by, reviewed_role, reviewed_at, period_id,
      version, digest)
    SELECT {first} + n, {book} + n / {of_book}, n % {of_book} + 1, 'bulk-' || n, '2020-01-01',
      'advertising', n % 1000000 + 1, '', 0, '样例文化传媒有限公司', '第三季度电梯广告', NULL,
      '', NULL, 'sealed', '', 'user:1', 'property_manager', {at}, 'user:2', 'organiser', {at},
      {period} + n / {of_period}, 1, '0' FROM bench_n
    """,
    """
    INSERT INTO disclosures_entrypaper (id, entry_id, paper_id)
    SELECT {first} + n, {first} + n, {first} + n FROM bench_n
    """,
    """
    INSERT INTO disclosures_posting (id, entry_id, ledger, fen)
    SELECT {first} + 2 * n + side, {first} + n,
      CASE side WHEN 0 THEN 'bank' ELSE 'advertising' END,
      (n % 1000000 + 1) * (1 - 2 * side)
    FROM bench_n CROSS JOIN (SELECT 0 AS side UNION ALL SELECT 1) sides
    """,
)
_NUMBERS = """
    WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < %s)
    INSERT INTO bench_n SELECT n FROM counted
"""


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    import django
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    django.setup()
    setup_test_environment()
    from django.db import connection

    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/bench.sqlite3"
        made = setup_databases(verbosity=0, interactive=False)
        try:
            run(entries, Path(folder))
        finally:
            teardown_databases(made, verbosity=0)


def run(entries: int, folder: Path) -> None:
    from django.conf import settings
    from django.db import connection

    settings.CA_DIR = folder / "ca"
    started = time.perf_counter()
    estate, other = measured(settings, folder), long_month()
    fill(entries)
    spent = time.perf_counter() - started
    rows = {name: count(f"disclosures_{name}") for name in ("entry", "posting", "paperpage")}
    style = len(gzip.compress(Path(settings.BASE_DIR, "static/css/owner.css").read_bytes()))
    sys.stdout.write(
        f"{connection.vendor}: "
        + ", ".join(f"{number:,} of {name}" for name, number in rows.items())
        + f"; made in {spent:.0f} s; style sheet {style / 1024:.1f} KB\n"
    )
    measure(estate, other)


def measured(settings: Any, folder: Path) -> Any:
    """The estate whose pages are asked for."""
    from disclosures.services.questions import answer, ask
    from disclosures.services.sources import Said
    from tests.disclosures import accounts as made

    made.can_sign(settings, folder)
    estate = made.accounts_estate()
    book = made.open_books(estate, since=date(2026, 4, 1), opening=213_456_78)
    for day in (date(2026, 4, 1), made.FIRST):
        made.crowded(book, 40, day=day)
        publication = made.published(book, day)
    made.booked(book, "advertising", 1_00, at=AT)
    publication = made.published(book, correction="漏记一笔广告", at=AT)
    for number in range(3):
        asked = ask(
            publication_id=publication.pk, kind="question", line=41 + number,
            said=Said("这一笔为什么这么少" * 20, None, str(number)), by=made.COMMITTEE, at=AT,
        )  # fmt: skip
        answer(
            question_id=asked.pk, upheld=False, text="合同从八月开始" * 30, covered=[],
            by=made.COMMITTEE, at=AT,
        )  # fmt: skip
    for number in range(40):
        made.contracted(made.recorded_source(estate, place=f"{number}幢电梯"))
    return estate


def long_month() -> Any:
    """Another estate, with 300 entries in a month."""
    from tests.disclosures import accounts as made

    estate = made.accounts_estate()
    book = made.open_books(estate, frequency="monthly")
    made.crowded(book, 300)
    made.published(book)
    return estate


def fill(entries: int) -> None:
    """Books of other estates; the rows that pages are looked up by are made by the models."""
    from django.db import connection

    from disclosures.models import Book, Closing, Paper, Period, Publication
    from documents.models import Document
    from registry.models import Estate

    like = Estate.objects.first()
    assert like
    untrigger()
    estates = Estate.objects.bulk_create(
        Estate(
            code=f"B{n:07}", name=f"样例{n}", division=like.division, authority=like.authority,
            profile_code=like.profile_code,
        )
        for n in range(ESTATES)
    )  # fmt: skip
    books = Book.objects.bulk_create(
        Book(estate=one, kind="revenue", frequency="quarterly", opened_on=date(2016, 1, 1),
             opened_by="user:1", opened_at=AT)
        for one in estates
    )  # fmt: skip
    days = [date(2016 + n // 4, n % 4 * 3 + 1, 1) for n in range(PERIODS)]
    periods = Period.objects.bulk_create(
        (
            Period(book=book, first=day, last=date(day.year, day.month + 2, 28), version=1)
            for book in books
            for day in days
        ),
        batch_size=1000,
    )
    closings = Closing.objects.bulk_create(
        (
            Closing(period=one, version=1, state="published", prepared_by="user:1",
                    prepared_role="property_manager", prepared_at=AT)
            for one in periods
        ),
        batch_size=1000,
    )  # fmt: skip
    papers = Document.objects.bulk_create(
        (
            Document(code=f"B{n:011}", number=f"{n}", kind="accounts", title="x",
                     estate=one.book.estate, pdf=b"%PDF", sha256=f"{n:064}", facts=b"{}",
                     facts_sha256="0", signer="x", issued_at=AT)
            for n, one in enumerate(periods)
        ),
        batch_size=1000,
    )  # fmt: skip
    Publication.objects.bulk_create(
        (
            Publication(period=period, version=1, closing=closing, document=paper, csv=b"",
                        opening_fen=0, closing_fen=0, posted_at=AT, until=AT)
            for period, closing, paper in zip(periods, closings, papers, strict=True)
        ),
        batch_size=1000,
    )  # fmt: skip
    last = Paper.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    of_period = entries // (ESTATES * PERIODS)
    values = {
        "first": last + 10**6,
        "estate": estates[0].pk,
        "book": books[0].pk,
        "period": periods[0].pk,
        "of_period": of_period,
        "of_book": of_period * PERIODS,
        "at": f"'{AT:%Y-%m-%d %H:%M:%S}'" + ("::timestamptz" if postgres() else ""),
        "bytes": "'\\xff'::bytea" if postgres() else "X'FF'",
    }
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bench_n (n bigint PRIMARY KEY)")
        cursor.execute(_NUMBERS, [of_period * ESTATES * PERIODS])
        for statement in _BULK:
            cursor.execute(statement.format(**values))
        cursor.execute("ANALYZE")


def untrigger() -> None:
    """The bulk is written as it never could be; nothing is written afterwards."""
    from django.db import connection

    with connection.cursor() as cursor:
        if postgres():
            for table in connection.introspection.table_names():
                if table.startswith("disclosures_"):
                    cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
            return
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'discl%'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


def postgres() -> bool:
    from django.db import connection

    return connection.vendor == "postgresql"


def count(table: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        (found,) = cursor.fetchone()
    return int(found)


def measure(estate: Any, other: Any) -> None:
    from django.test import Client

    from disclosures.models import PaperPage

    client = Client()
    home = f"/e/{estate.code}/accounts/"
    page = PaperPage.objects.filter(paper__estate=estate, paper__kind="voucher").first()
    assert page
    for what, path in (
        ("the estate's page", home),
        ("a quarter of 41 entries", f"{home}revenue/2026-07-01/"),
        ("the version before", f"{home}revenue/2026-07-01/v1/"),
        ("its entries", f"{home}revenue/2026-07-01/lines/"),
        ("one entry", f"{home}revenue/2026-07-01/lines/42/"),
        ("a voucher's picture", f"{home}papers/{page.pk}.jpg"),
        ("a month of 300 entries", f"/e/{other.code}/accounts/revenue/2026-07-01/"),
        ("the register of 40 sources", f"/e/{estate.code}/sources/"),
    ):
        taken, answer = [], None
        for _time in range(TIMES):
            started = time.perf_counter()
            answer = client.get(path)
            taken.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, (path, answer.status_code)
        middle, longest = statistics.median(taken), max(taken)
        assert answer is not None
        size = len(gzip.compress(answer.content, 6)) / 1024
        sys.stdout.write(
            f"  {what}: {middle:.1f} ms median, {longest:.1f} ms longest; {size:.1f} KB\n"
        )


if __name__ == "__main__":
    main()
