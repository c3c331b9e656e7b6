"""How fast ballots are recorded over HTTP: gunicorn on the PostgreSQL of DATABASE_URL.

    DATABASE_URL=postgres://… python -m tests.benchmarks.bench_http [--ballots 400]

Makes a database of its own, freezes a session of 3 motions, seals ballots and opens web
sessions beforehand; then 8 connections of one lean process send one cast after the other,
first ballots encrypted by browsers (POST /vote/…/cast/), then the forms of the pages
without JavaScript (POST /vote/…/submit/). A ballot is answered when it is durable. At the
end the board is exported and verified: every ballot stands on it once. For the ratio,
pgbench commits rows of 4 kB, one each, to the same server. Targets: 150 ballots/s with p99
150 ms; p99 100 ms without JavaScript; the first page at most 14 KB compressed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
HOST = "vote.example"
CONNECTIONS = 8
TICK = os.sysconf("SC_CLK_TCK")
TOKEN = "c" * 32  # of the CSRF check: cookie and form agree
ROW = "CREATE TABLE bench_row (id bigserial PRIMARY KEY, line bytea NOT NULL)"
INSERT = "INSERT INTO bench_row (line) VALUES (decode(repeat('5a', 4096), 'hex'));\n"


# --- the client ------------------------------------------------------------------------


@dataclass
class Connection:
    """One connection, kept alive as long as the server does."""

    address: tuple[str, int]
    socket: socket.socket | None = None
    sent_at: float = 0.0
    answer: bytes = b""

    def send(self, request: bytes) -> None:
        self.answer, self.sent_at = b"", time.perf_counter()
        if self.socket is None:
            self.socket = socket.create_connection(self.address)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take what has come; whether the answer is whole."""
        assert self.socket is not None
        part = self.socket.recv(65536)
        self.answer += part
        head, end, body = self.answer.partition(b"\r\n\r\n")
        length = re.search(rb"\r\nContent-Length: (\d+)", head, re.IGNORECASE)
        if part and not (end and length and len(body) >= int(length[1])):
            return False
        if not part or b"\r\nconnection: close" in head.lower():
            self.socket.close()
            self.socket = None
        return True


def send_all(address: tuple[str, int], requests: list[bytes]) -> tuple[list[float], float, int]:
    """(seconds of each request, seconds of all, how many were answered by 303)."""
    waiting, times, good = iter(requests), [], 0
    start = time.perf_counter()
    with selectors.DefaultSelector() as ready:

        def next_one(one: Connection) -> None:
            request = next(waiting, None)
            if request is not None:
                one.send(request)
                ready.register(one.socket, selectors.EVENT_READ, one)  # type: ignore[arg-type]

        for _ in range(CONNECTIONS):
            next_one(Connection(address))
        while ready.get_map():
            for key, _events in ready.select():
                one: Connection = key.data
                if not one.receive():
                    continue
                ready.unregister(key.fileobj)
                times.append(time.perf_counter() - one.sent_at)
                if one.answer.startswith(b"HTTP/1.1 303") and b"/receipt/" in one.answer:
                    good += 1
                next_one(one)
    return times, time.perf_counter() - start, good


def request(method: str, path: str, cookies: dict[str, str], form: dict[str, str]) -> bytes:
    """One request as the reverse proxy hands it on."""
    body = urlencode(form).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {HOST}",
        "X-Forwarded-Proto: https",
        f"Origin: https://{HOST}",
        "Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


# --- the server ------------------------------------------------------------------------


@contextmanager
def served(options: list[str], database: str) -> Iterator[tuple[tuple[str, int], int]]:
    """gunicorn with the settings of production: its address and the master's process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    base, _, _name = os.environ["DATABASE_URL"].rpartition("/")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"{base}/{database}",
        "YISHI_DEBUG": "0",
        "YISHI_ALLOWED_HOSTS": HOST,
        "YISHI_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--log-level", "warning"]
    command += ["--bind", f"{address[0]}:{address[1]}", *options]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        for _ in range(300):
            try:
                socket.create_connection(address).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait(30)


def cpu(process: int) -> float:
    """Seconds of CPU a process has used so far."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICK


def workers(master: int) -> list[int]:
    return [
        int(child)
        for child in Path(f"/proc/{master}/task/{master}/children").read_text().split()
    ]


def database_cpu() -> float:
    """Seconds of CPU of the server processes that work for this database."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return sum(cpu(process) for (process,) in cursor.fetchall())


# --- what is sent ----------------------------------------------------------------------


@dataclass
class Electorate:
    """A frozen session, and for each party what it will send."""

    vote: Any
    number: int = 0

    def requests(self, count: int, make: Callable[[int], bytes]) -> list[bytes]:
        """The casts of the next `count` parties."""
        first, self.number = self.number + 1, self.number + count
        return [make(number) for number in range(first, self.number + 1)]

    def sealed(self, number: int) -> bytes:
        """What static/js/vote.js sends for the party."""
        from core.canonical import canonical
        from tests.factories import FOR

        party = self.vote.party(number)
        ballot = canonical(self.vote.sealed(number, [FOR, [1], [2]])).decode()
        return self._cast(party, "cast", {"ballot": ballot}, by_letter=party.current_key)

    def replaced(self, number: int) -> bytes:
        """The same under a key the browser made, for who came by the letter's code."""
        from core.canonical import canonical
        from tests.factories import FOR
        from voting.protocol import credential
        from voting.protocol.suite import suite

        secret, _key = credential.random_key(suite(self.vote.session.suite))
        changes = {"key_secret": secret}
        ballot = self.vote.sealed(number, [FOR, [1], [2]], changes=changes)
        text = canonical(ballot).decode()
        return self._cast(self.vote.party(number), "cast", {"ballot": text})

    def plain(self, number: int) -> bytes:
        """What the last of the server's own pages sends."""
        from django.http import HttpResponse
        from django.test import RequestFactory

        from voting.views.visits import Draft, Visit, Walk, write_draft

        party = self.vote.party(number)
        draft = Draft(answers={"0": "0", "1": "1", "2": "2"})
        response = HttpResponse()
        walk = Walk(party.session.code, Visit(party.pk, party.session_id))
        write_draft(response, RequestFactory().get("/"), walk, draft)
        form = {"submission": draft.submission}
        return self._cast(party, "submit", form, draft=response.cookies["draft"].value)

    def _cast(
        self,
        party: Any,
        act: str,
        form: dict[str, str],
        *,
        by_letter: str = "",
        draft: str = "",
    ) -> bytes:
        cookies = {"sessionid": self._web_session(party, by_letter), "csrftoken": TOKEN}
        if draft:
            cookies["draft"] = draft
        form = {"csrfmiddlewaretoken": TOKEN, **form}
        return request("POST", f"/vote/{self.vote.session.code}/{act}/", cookies, form)

    def _web_session(self, party: Any, by_letter: str) -> str:
        from importlib import import_module

        from django.conf import settings

        from voting.views.visits import Visit

        visit = Visit(
            party.pk, party.session_id, by_letter, checked=True, seen=int(time.time())
        )
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        store["visits"] = {self.vote.session.code: asdict(visit)}
        store.save()
        return str(store.session_key)


# --- the figures -----------------------------------------------------------------------


def run(
    what: str, requests: list[bytes], address: tuple[str, int], master: int, warm: int
) -> float:
    """Send all and print; ballots/s."""
    send_all(address, requests[:warm])
    requests = requests[warm:]
    before = [cpu(worker) for worker in workers(master)]
    base, own = database_cpu(), time.process_time()
    times, wall, good = send_all(address, requests)
    own = time.process_time() - own
    base = database_cpu() - base
    used = sum(cpu(worker) for worker in workers(master)) - sum(before)
    if good != len(requests):
        raise SystemExit(f"{what}: only {good} of {len(requests)} were recorded")
    times.sort()
    shares = {
        share: times[min(len(times) - 1, int(share * len(times)))] for share in (0.5, 0.99)
    }
    count = len(times)
    print(
        f"{what}: {count / wall:.0f} ballots/s, p50 {shares[0.5] * 1000:.0f} ms, "
        f"p99 {shares[0.99] * 1000:.0f} ms, longest {times[-1] * 1000:.0f} ms; CPU a ballot: "
        f"workers {used / count * 1000:.1f} ms, PostgreSQL {base / count * 1000:.1f} ms, "
        f"client {own / count * 1000:.2f} ms",
        flush=True,
    )
    return count / wall


def committed(database: str, clients: int, seconds: int) -> float:
    """Rows of 4 kB a second, each committed durably by itself."""
    from django.db import connection

    place = connection.settings_dict
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(INSERT)
        script.flush()
        command = ["pgbench", "-n", "-f", script.name, "-c", str(clients), "-T", str(seconds)]
        command += ["-h", place["HOST"], "-p", str(place["PORT"] or 5432), "-U", place["USER"]]
        environment = os.environ | {"PGPASSWORD": place["PASSWORD"] or ""}
        said = subprocess.run(
            [*command, database], capture_output=True, text=True, env=environment, check=True
        ).stdout
    found = re.search(r"tps = ([\d.]+)", said)
    assert found is not None, said
    return float(found[1])


def first_page(vote: Any, address: tuple[str, int]) -> None:
    """Bytes of the page a letter's QR code opens, compressed as a reverse proxy does."""
    code = vote.secrets[1].code
    page = fetch(address, f"/q/{code}")
    parts = {"page": page}
    for url in sorted(
        set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page.decode()))
    ):
        parts[url.rpartition("/")[2]] = fetch(address, url)
    sizes = {name: len(gzip.compress(data, 6)) for name, data in parts.items()}
    listed = ", ".join(f"{name} {size}" for name, size in sizes.items())
    print(f"first page compressed, bytes: {listed}; together {sum(sizes.values())}")


def fetch(address: tuple[str, int], path: str) -> bytes:
    one = Connection(address)
    one.send(request("GET", path, {}, {}))
    while not one.receive():
        pass
    assert one.answer.startswith(b"HTTP/1.1 200"), one.answer[:300]
    return one.answer.partition(b"\r\n\r\n")[2]


def verify(vote: Any, ballots: int) -> None:
    """The board holds, and every ballot that was answered stands on it once."""
    from django.utils import timezone

    from voting.services.exporting import export_board

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "export"
        export_board(vote.session, out, at=timezone.now())
        said = subprocess.run(
            [sys.executable, "-m", "voting.verifier", str(out), "--json"],
            capture_output=True,
            text=True,
            cwd=ROOT,
        ).stdout
        lines = (out / "board.jsonl").read_bytes().splitlines()
    failed = [check for check in json.loads(said)["checks"] if not check["ok"]]
    parties = [
        entry["body"]["party"] for entry in map(json.loads, lines) if entry["type"] == "ballot"
    ]
    whole = sorted(parties) == list(range(1, ballots + 1))
    print(f"board of {len(lines)} entries, {len(parties)} ballots: ", end="")
    print("verified, none lost or doubled" if whole and not failed else f"NOT WHOLE: {failed}")
    if failed or not whole:
        raise SystemExit(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ballots", type=int, default=400, help="of each kind")
    parser.add_argument("--seconds", type=int, default=5, help="of each pgbench run; 0: none")
    parser.add_argument(
        "--gunicorn", default="--workers 3", help="its options (as in Dockerfile)"
    )
    parser.add_argument("--kinds", default="sealed,replaced,plain")
    given = parser.parse_args()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        print("casting over HTTP is measured on PostgreSQL: set DATABASE_URL")
        return
    var = tempfile.mkdtemp(prefix="yishi-bench-")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings_test",
        "YISHI_VAR_DIR": var,
        "YISHI_STATIC_ROOT": f"{var}/static",
        "YISHI_PUBLIC_URL": f"https://{HOST}",
    }
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    settings.LETTER_DIR = Path(var) / "letters"
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "YISHI_BUILD": "1"},
        cwd=ROOT,
        check=True,
    )
    database = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        from tests.factories import even_estate, frozen_vote

        kinds, warm = given.kinds.split(","), 10 * CONNECTIONS
        now = timezone.now()
        vote = frozen_vote(
            even_estate(len(kinds) * (given.ballots + warm)),
            matters=(5, 8, 9),
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=9),
        )
        electorate, rates = Electorate(vote), {}
        with served(given.gunicorn.split(), database) as (address, master):
            print(f"gunicorn {given.gunicorn}; {os.cpu_count()} cores, ", end="")
            print(f"load {os.getloadavg()[0]:.1f}; {CONNECTIONS} connections", flush=True)
            first_page(vote, address)
            for kind in kinds:
                requests = electorate.requests(given.ballots + warm, getattr(electorate, kind))
                rates[kind] = run(kind, requests, address, master, warm)
        verify(vote, electorate.number)
        if given.seconds:
            with connection.cursor() as cursor:
                cursor.execute(ROW)
            for clients in (1, CONNECTIONS):
                rows = committed(database, clients, given.seconds)
                ratios = ", ".join(f"{kind} {rate / rows:.3f}" for kind, rate in rates.items())
                print(f"pgbench, {clients} clients: {rows:.0f} durable rows/s; ratio {ratios}")
        print(f"load {os.getloadavg()[0]:.1f}")
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)
        shutil.rmtree(var, ignore_errors=True)


if __name__ == "__main__":
    main()
