"""What `airlock dev` serves: the contract's endpoints by the real sanitizer, the demo site, the viewer and its data."""

import base64
import json
import mimetypes
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from workbench.explanation import explain
from workbench.loop import Loop
from workbench.networks import Networks
from workbench.old_pixels import PATH as PIXELS_PATH
from workbench.old_pixels import OldPixels
from workbench.request import SIGNED_PATHS, as_http_event, join_headers, signed
from workbench.sigv4 import DEMO_CREDENTIALS, is_signed
from workbench.stand_ins.faults import FaultError, read_fault
from workbench.viewer_desk import ViewerDesk

_HERE = Path(__file__).parent
_SITE, _VIEWER = _HERE / "demo_site", _HERE / "viewer"
_MOST_READ = (1 << 20) + 1  # one byte more than any route takes, so that the sanitizer sees that it is too large
_LENGTH = re.compile(r"[0-9]{1,19}", re.ASCII)
_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"


class Shown(Struct, frozen=True):
    """What the site's server shows and turns."""

    loop: Loop
    networks: Networks
    desk: ViewerDesk


class Handler(BaseHTTPRequestHandler):
    """One connection of the site's server; `build_handler` says what it shows."""

    shown: Shown
    old_pixels: OldPixels
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: the second would wait for the first's ACK
    server_version = "airlock"
    sys_version = ""

    def _serve(self) -> None:
        target = urlsplit(self.path)
        path = target.path
        body = self._read_body()
        if body is None:
            self._send(400, "text/plain; charset=utf-8", b"")
        elif path.startswith(SIGNED_PATHS):
            self._answer_system(body)
        elif path.startswith("/v1/") or path == "/airlock.js":
            self._send_answer(self.shown.desk.take(self._as_event(body)))
        elif path == "/_airlock/faults" and self.command == "POST":
            problem = self._set_fault(body)
            self._send(400 if problem else 204, "text/plain; charset=utf-8", problem.encode())
        elif self.command == "POST" and (turned := self.shown.desk.turn(path, body)) is not None:
            self._send(*turned)
        elif path == "/_airlock":
            self._send(308, "text/plain; charset=utf-8", b"", location="/_airlock/")
        elif path.startswith(PIXELS_PATH):
            self.old_pixels.receive(self.path)
            self._send(204, "text/plain; charset=utf-8", b"")
        elif self.command not in {"GET", "HEAD"}:
            self._send(405, "text/plain; charset=utf-8", b"")
        elif (data := self.shown.desk.show(path, target.query)) is not None:
            self._send(*data)
        elif (page := self._show(path)) is not None:
            self._send(200, *page)
        else:
            self._send(404, "text/html; charset=utf-8", (_SITE / "404.html").read_bytes())

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every method is served, so that one that nobody knows is answered like one that is not allowed."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What is no HTTP is answered with the status alone: http.server's own words would repeat what came."""
        del message, explain
        super().send_error(code)

    def _answer_system(self, body: bytes) -> None:
        """A clinic system's request, if its signature holds; API Gateway sends the others away just like this."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        now = time.time_ns() // 1_000_000_000
        if is_signed(self.command, self.path, headers, body, DEMO_CREDENTIALS, now):
            self._send_answer(self.shown.desk.take(signed(self._as_event(body))))
        else:
            self._send(403, "application/json", b'{"message":"Forbidden"}')

    def _read_body(self) -> bytes | None:
        """The body, or as much of it as any route takes; None where its length is no number."""
        length = self.headers.get("content-length", "0").strip(" \t")
        if _LENGTH.fullmatch(length) is None:
            self.close_connection = True
            return None
        if int(length) > _MOST_READ:
            self.close_connection = True
        return self.rfile.read(min(int(length), _MOST_READ))

    def _show(self, path: str) -> tuple[str, bytes] | None:
        match path:
            case "/_airlock/deliveries.json":
                return "application/json", json.dumps(self.shown.networks.read()).encode()
            case "/_airlock/old-pixels.json":
                return "application/json", json.dumps(self.old_pixels.read()).encode()
            case "/_airlock/policy.txt":
                return "text/plain; charset=utf-8", explain(self.shown.loop.policy).encode()
            case _:
                return _find_page(path)

    def _as_event(self, body: bytes) -> dict[str, Any]:
        headers = join_headers(self.headers.items())
        return as_http_event(self.command, self.path, headers, base64.b64encode(body).decode(), is_base64=True)

    def _set_fault(self, body: bytes) -> str:
        try:
            document = json.loads(body)
            is_queue = isinstance(document, dict) and "queue" in document
            if is_queue:
                document["destination"] = document.pop("queue")
            fault = read_fault(document)
        except (ValueError, RecursionError) as error:
            rule = str(error) if isinstance(error, FaultError) else "the body must be JSON"
            return f'{rule}; send {{"queue" or "destination": a network, "status": N, "count": N}}\n'
        if is_queue:
            self.shown.loop.outbox.fail(fault.destination, fault.count)
        else:
            self.shown.networks.set_fault(fault)
        return ""

    def _send_answer(self, answer: dict[str, Any]) -> None:
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        for cookie in answer.get("cookies", ()):
            self.send_header("set-cookie", cookie)
        body = answer["body"].encode()
        self._send_body(base64.b64decode(body) if answer["isBase64Encoded"] else body, answer["statusCode"])

    def _send(self, status: int, kind: str, body: bytes, **more: str) -> None:
        self.send_response(status)
        headers = {"content-type": kind, "content-security-policy": _POLICY, "cache-control": "no-store", **more}
        for name, value in headers.items():
            self.send_header(name, value)
        self._send_body(body, status)

    def _send_body(self, body: bytes, status: int) -> None:
        if status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's signature
        """Nothing: a request line holds a path, and the journal holds what may be kept."""


def build_handler(shown: Shown) -> type[Handler]:
    """The handler of a server that shows this."""
    return type("Handler", (Handler,), {"shown": shown, "old_pixels": OldPixels()})


def _find_page(path: str) -> tuple[str, bytes] | None:
    is_viewer = path.startswith("/_airlock/")
    file = find_file(_VIEWER, path.removeprefix("/_airlock/")) if is_viewer else find_file(_SITE, path)
    if file is None:
        return None
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, file.read_bytes()


def find_file(folder: Path, path: str) -> Path | None:
    """The file that a path names: itself, with .html, or a folder's index; None outside the folder."""
    if "\0" in (decoded := unquote(path)):
        return None
    wanted = (folder / decoded.strip("/")).resolve()
    if not wanted.is_relative_to(folder.resolve()):
        return None
    for candidate in (wanted, wanted.with_name(f"{wanted.name}.html"), wanted / "index.html"):
        if candidate.is_file():
            return candidate
    return None
