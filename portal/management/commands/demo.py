"""`manage.py demo`: the whole main job on the sample estate, then a site to look at it."""

import fcntl
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test.utils import override_settings
from django.utils import timezone

from accounts.services.messages import send_due_messages
from core.deadlines import SHANGHAI, local_day
from portal.demo import leavings
from portal.demo.story import Link, Story, tell
from registry.models import Owner
from voting.models import Session

_SHOWN_LINKS, _SHOWN_VOTED = 6, 2


class Command(BaseCommand):
    help = "Run the main job on the sample estate to its resolution; then serve it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="end after the job")
        parser.add_argument("--port", default="8000")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "演示只在开发环境运行（YISHI_DEBUG=1）：它建立虚构的人员和已知的密码"
            )
        if not options["no_serve"]:
            _demand_free(options["port"])
        started = time.monotonic()
        lock = _only_one()
        out = Path(settings.VAR_DIR) / "demo"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        self._say("准备数据库")
        call_command("migrate", verbosity=0)
        password = secrets.token_urlsafe(9)
        with override_settings(SMS_GATEWAY="portal.demo.gateway.TranscriptGateway"):
            story = self._tell(out, password)
            _send_the_rest()
        self._check(story, out)
        self._say(f"全部完成，用时 {time.monotonic() - started:.0f} 秒；文件在 {_short(out)}/")
        self._logins(story, password, out)
        if not options["no_serve"]:
            self._serve(options["port"], lock)

    def _tell(self, out: Path, password: str) -> Story:
        names = iter(("letters.pdf", "letters-open-vote.pdf"))

        def keep(session: Session) -> None:
            leavings.write_letters(session, out / next(names))

        return tell(
            today=local_day(timezone.now()), password=password, say=self._say, keep_letters=keep
        )

    def _check(self, story: Story, out: Path) -> None:
        """Three roads to one result: the board's tally, the plain counter, the verifier."""
        leavings.write_tables(story, out)
        tally = leavings.write_papers(story, out)
        if leavings.recount(out) != tally:
            raise CommandError("逐票重数与决议所附计票不一致")
        self._say("用 count 命令按三份表重数，与决议所附计票完全一致")
        root = leavings.write_board(story, out / "board")
        self._say("公告板已导出，独立验证程序核对无误")
        for kind, check in leavings.write_forged(
            story, out / "board", out / "forged", root
        ).items():
            self._say(f"  伪造（{kind}）被拒：{check}")
        leavings.write_links(story.links, out / "links.csv")
        for motion in tally["motions"]:
            self._say(
                f"  {motion['motion']}：参与 {leavings.pair(motion['participating'])}，"
                f"同意 {leavings.pair(motion['for'])}，"
                + {"passed": "通过", "rejected": "未通过", "no_quorum": "参与不足"}[
                    motion["result"]
                ]
            )

    def _logins(self, story: Story, password: str, out: Path) -> None:
        self.stdout.write(f"\n工作人员登录 {settings.PUBLIC_URL}/staff/　密码都是 {password}")
        for user in story.people.values():
            self.stdout.write(f"  {user.username:<16}{user.display_name}")
        estate = story.ended.estate
        phone = Owner.objects.filter(estate=estate).exclude(phone_hash="").first()
        self.stdout.write(
            f"\n小区的账，不用登录 {settings.PUBLIC_URL}/e/{estate.code}/accounts/"
            + (f"　业主提问用手机号 {phone.phone}" if phone else "")
        )
        waiting = [link for link in story.links if not link.has_voted]
        voted = [link for link in story.links if link.has_voted]
        self.stdout.write(f"\n正在进行的投票 {settings.PUBLIC_URL}/s/{story.opened.code}")
        self.stdout.write("还没有投票的业主，二维码地址：")
        self._addresses(waiting[:_SHOWN_LINKS])
        self.stdout.write("已经投过票的业主，可以看怎样改票：")
        self._addresses(voted[:_SHOWN_VOTED])
        self.stdout.write(
            f"  ……共 {len(story.links)} 份，{len(voted)} 份投过票，"
            f"全部在 {_short(out / 'links.csv')}\n"
            "短信不会发出。故事里的都在 "
            f"{_short(out / 'sms.txt')}；服务启动后，打印在本窗口：验证码马上打印，"
            "别的短信 21:00 至 8:00 不发，等到 8:00。\n"
        )

    def _addresses(self, links: Sequence[Link]) -> None:
        for link in links:
            self.stdout.write(f"  {link.rooms}\n    {link.address}")

    def _serve(self, port: str, lock: TextIO) -> None:
        """The site in the foreground, the sweepers beside it."""
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "work"],
            cwd=settings.BASE_DIR,
            pass_fds=(lock.fileno(),),  # held as long as either of the two lives
        )
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        try:
            call_command("runserver", f"127.0.0.1:{port}", use_reloader=False)
        finally:
            worker.terminate()
            worker.wait()

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence if sentence.startswith(" ") else f"● {sentence}")
        self.stdout.flush()


def _demand_free(port: str) -> None:
    """CommandError before the story is told in vain for a port another program has."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", int(port)))
        except OSError:
            raise CommandError(
                f"端口 {port} 已被别的程序占用，请换一个，例如 make demo PORT=8080"
            ) from None


def _only_one() -> TextIO:
    """The lock of the demo; another one's sweepers would close the story's votes too early."""
    Path(settings.VAR_DIR).mkdir(parents=True, exist_ok=True)
    lock = (Path(settings.VAR_DIR) / "demo.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise CommandError("演示已经在运行，请先在它的窗口按 Ctrl-C") from None
    return lock


def _send_the_rest() -> None:
    """What the sweepers of the story's days left over: 200 a day, of thousands.

    Sent later they would bury, on the terminal, the codes that a newcomer waits for.
    """
    yesterday = local_day(timezone.now()) - timedelta(days=1)
    evening = datetime.combine(yesterday, clock(20), SHANGHAI)
    while send_due_messages(at=evening):
        pass


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(settings.BASE_DIR))
    except ValueError:
        return str(path)
