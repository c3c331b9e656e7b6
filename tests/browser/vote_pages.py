"""Static pages that keep the contract between the server's HTML and static/js/vote.js.

A tiny server on the loopback address serves them and remembers every request, so that a
test can say what left the browser.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

STATIC = Path(__file__).parents[2] / "static" / "js"
CODE = "TEST-CODE-01"
SESSION = "TEST2026"
CSP = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
    "style-src 'self'; form-action 'self'; base-uri 'none'"
)


@dataclass
class Seen:
    """One request: everything a server could log of it."""

    method: str
    target: str
    headers: str
    form: dict[str, list[str]]


@dataclass
class Site:
    """What the pages say, and what the server has seen.

    `more`: further pages and answers by path and query; `gone`: what is there no more.
    """

    facts: dict[str, Any]
    challenge: str
    seen: list[Seen] = field(default_factory=list)
    broken_bundle: bool = False
    more: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    url: str = ""

    def posted(self, path: str) -> list[dict[str, list[str]]]:
        return [s.form for s in self.seen if s.method == "POST" and s.target == path]


def page(title: str, body: str, vote: str = "data-vote") -> str:
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width">'
        '<script src="/static/js/vote.js" defer></script></head>'
        f"<body {vote}>{body}</body></html>"
    )


def landing(site: Site) -> str:
    manifest = site.facts["manifest"]
    return page(
        "投票",
        f"""
        <a id="skip" href="#main">跳到正文</a><a id="public" href="/help/">帮助</a>
        <main id="main" tabindex="-1"><h1>业主大会表决</h1>
        <form id="start" method="post" action="/q/{CODE}/start" data-session="{SESSION}"
              data-suite="{manifest["suite"]}" data-key="{site.facts["key"] or ""}"
              data-bundle="/static/js/ballot.bundle.js">
          <input type="hidden" name="csrfmiddlewaretoken" value="c">
          <input type="hidden" name="challenge" value="{site.challenge}">
          <input type="hidden" name="login" value="">
          <input type="hidden" name="letter_key" value="">
          <p id="bad-token" role="alert" tabindex="-1" hidden>密钥对不上</p>
          <button type="submit"><span id="start-label">开始</span>
            <span id="by-code-label" hidden>凭码继续</span></button></form></main>""",
    )


def identity(site: Site) -> str:
    return page(
        "核对身份",
        f"""<h1>核对身份</h1><a id="back" href="/q/{CODE}">上一步</a>
        <form method="post" action="/vote/{SESSION}/identity/">
        <input name="code" value=""><button type="submit">继续</button></form>""",
    )


def choices_of(number: int, motion: dict[str, Any]) -> str:
    kind = "radio" if motion["kind"] == "question" else "checkbox"
    labels = ["同意", "反对", "弃权"] if kind == "radio" else motion["options"]
    values = [(str(i), label) for i, label in enumerate(labels)]
    values += [("none", "本项不参与")] + ([("blank", "都不选")] if kind == "checkbox" else [])
    return "".join(
        f'<label><input type="{kind}" name="motion-{number}" value="{value}" '
        f'data-label="{label}" autocomplete="off"> {label}</label>'
        for value, label in values
    )


def motions(site: Site) -> str:
    asked = site.facts["manifest"]["motions"]
    fieldsets = "".join(
        f"""<fieldset data-motion="{i}" hidden>
        <legend><h1 tabindex="-1">{m["title"]}</h1></legend>
        <p data-error="missing" role="alert" hidden>请选一项</p>
        <p data-error="many" role="alert" hidden>选多了</p>
        <p data-error="mixed" role="alert" hidden>不能同选</p>
        {choices_of(i, m)}
        {'<button type="button" data-back>上一步</button>' if i else ""}
        <button type="button" data-next>下一步</button></fieldset>"""
        for i, m in enumerate(asked)
    )
    review = "".join(
        f'<div data-review="{i}"><dt>{m["title"]}</dt><dd data-answer></dd>'
        f'<button type="button" data-change="{i}">修改</button></div>'
        for i, m in enumerate(asked)
    )
    return page(
        "表决",
        f"""
        <div id="server-path"><p id="server-encryption-note">将由服务器加密</p>
          <a href="?step=0">继续</a></div>
        <div id="problem" role="alert" hidden><p data-problem="token" hidden>请重新扫码</p>
          <p data-problem="key" hidden>信不对</p>
          <p data-problem="failed" hidden>加密失败</p></div>
        <script type="application/json" id="ballot-facts">{json.dumps(site.facts)}</script>
        <section id="answers" hidden>{fieldsets}</section>
        <section id="review" hidden><h1 tabindex="-1">请核对</h1>{review}
          <p data-error="empty" role="alert" hidden>至少要对一项表态</p>
          <p id="sealing-note" role="status">正在加密
            <progress id="sealing" max="1" value="0"></progress></p>
          <p id="sealed-note" role="status" hidden>已加密</p>
          <form id="cast" method="post" action="/vote/{SESSION}/cast/">
            <input type="hidden" name="csrfmiddlewaretoken" value="c">
            <input type="hidden" name="ballot" value="">
            <button type="submit" disabled>提交</button></form>
          <details><summary>更多</summary><output id="tracker"></output>
            <button type="button" id="test" disabled>测试</button>
            <div id="tested" hidden><textarea id="test-output" readonly></textarea></div>
          </details></section>""",
    )


class Handler(BaseHTTPRequestHandler):
    site: Site

    def reply(self, body: str | bytes, kind: str = "text/html; charset=utf-8") -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", CSP)
        self.end_headers()
        self.wfile.write(data)

    def go(self, where: str) -> None:
        self.send_response(303)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def remember(self, form: dict[str, list[str]]) -> None:
        self.site.seen.append(Seen(self.command, self.path, str(self.headers), form))

    def do_GET(self) -> None:
        self.remember({})
        path = urlsplit(self.path).path
        pages = {
            f"/q/{CODE}": landing,
            f"/vote/{SESSION}/identity/": identity,
            f"/vote/{SESSION}/motions/": motions,
        }
        if path in pages:
            self.reply(pages[path](self.site))
        elif self.path in self.site.gone:
            self.send_error(410)
        elif self.path in self.site.more:
            body = self.site.more[self.path]
            self.reply(body, "text/html" if body.startswith("<") else "application/json")
        elif path == f"/vote/{SESSION}/receipt/":
            self.reply(page("回执", "<h1>已收到</h1>", 'data-vote="done"'))
        elif path.startswith("/static/js/") and (STATIC / Path(path).name).is_file():
            broken = self.site.broken_bundle and "bundle" in path
            data = (
                b"this is not a script" if broken else (STATIC / Path(path).name).read_bytes()
            )
            self.reply(data, "text/javascript; charset=utf-8")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.remember(parse_qs(body, keep_blank_values=True))
        self.go(
            {
                f"/q/{CODE}/start": f"/vote/{SESSION}/identity/",
                f"/vote/{SESSION}/identity/": f"/vote/{SESSION}/motions/",
                f"/vote/{SESSION}/cast/": f"/vote/{SESSION}/receipt/",
            }[self.path]
        )

    def log_message(self, *args: object) -> None:
        """Nothing on the terminal."""


def serve(site: Site) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"site": site}))
    site.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
