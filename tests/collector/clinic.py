"""A clinic's two hosts under their real names, over TLS: its site's pages, and the sanitizer itself behind the other.

Every other name resolves here as well, so that a request to a third party is seen, and answered with an empty script.
"""

import base64
import datetime
import hashlib
import io
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec import structs

from airlock.authorization import NoAuthorizations
from airlock.policy import Policy
from collector.build import Built
from sanitizer.handler import respond
from sanitizer.script import Script
from workbench.bench import Outbox, set_up_airlock
from workbench.request import as_http_event

SITE = "www.glow-medspa.example"
COLLECT = "collect.glow-medspa.example"


class Clinic:
    """Pages by path, the requests that came by host, and what the sanitizer put on its queues."""

    def __init__(self, policy: Policy, certificate: Path) -> None:
        self.pages: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.built = Built(b"")
        self.requests: list[tuple[str, str, str, str]] = []  # host, method, path with query, cookies
        self.outbox = Outbox()
        self.log = io.StringIO()
        self._policy = policy
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), self._build_handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_port
        self.open(policy)

    def open(self, policy: Policy, built: Built | None = None) -> None:
        """Start anew, with this policy and script, no page and nothing received."""
        self.pages, self.headers, self.requests = {}, {}, []
        self.outbox, self.log = Outbox(), io.StringIO()
        airlock = set_up_airlock(policy, self.outbox, NoAuthorizations(), self.log, _now)
        if built is not None:
            airlock = structs.replace(airlock, script=Script(built.script, built.brotli))
        self._airlock = airlock

    @property
    def posts(self) -> list[str]:
        """The cookies of each event that was posted, in order."""
        with self._changed:
            return [cookies for host, method, *_, cookies in self.requests if (host, method) == (COLLECT, "POST")]

    def wait_for(self, count: int) -> None:
        """Come back once so many events were posted and answered."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.posts) >= count, 15)
        assert came, f"{len(self.posts)} events came, {count} were expected"

    @contextmanager
    def serve(self) -> Iterator["Clinic"]:
        """Listen until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _answer(self, method: str, host: str, target: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        path = target.partition("?")[0]
        answer: dict[str, Any] = {"statusCode": 200, "headers": {"content-type": "text/javascript"}, "body": ""}
        if host == COLLECT:
            encoded = base64.b64encode(body).decode()
            answer = respond(as_http_event(method, target, headers, encoded, is_base64=True), self._airlock).answer
        elif host == SITE:
            page = self.pages.get(path)
            answer["statusCode"] = 404 if page is None else 200
            answer["headers"] = {"content-type": "text/html; charset=utf-8", **self.headers}
            answer["body"] = page or ""
        with self._changed:
            self.requests.append((host, method, target, headers.get("cookie", "")))
            self._changed.notify_all()
        return answer

    def _build_handler(self) -> type[BaseHTTPRequestHandler]:
        clinic = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", "0")))
                host = headers.get("host", "").partition(":")[0]
                answer = clinic._answer(self.command, host, self.path, headers, body)
                sent = answer["body"].encode()
                sent = base64.b64decode(sent) if answer.get("isBase64Encoded") else sent
                self.send_response(answer["statusCode"])
                for name, value in answer["headers"].items():
                    self.send_header(name, value)
                for cookie in answer.get("cookies", ()):
                    self.send_header("set-cookie", cookie)
                if answer["statusCode"] != 204:
                    self.send_header("content-length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_GET = do_POST = do_OPTIONS = _serve  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


class _Server(ThreadingHTTPServer):
    """A server that takes it quietly when a browser closes a connection in the middle."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        if not isinstance(sys.exception(), OSError):
            raise  # noqa: PLE0704 - called while an exception is handled


def _now() -> int:
    return int(datetime.datetime.now(datetime.UTC).timestamp() * 1000)  # noqa: TID251 - the browser's clock is the real one


def write_certificate(path: Path) -> str:
    """A certificate of a day and its key; its fingerprint comes back, by which a browser is told to take it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SITE)])
    today = datetime.datetime.fromtimestamp(_now() / 1000, datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(pem))
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(public).digest()).decode()
