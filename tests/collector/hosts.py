"""Two hosts on loopback, the clinic's site and its airlock, that keep every request they get."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAIT_S = 15


class Host:
    """One host: what it serves by path, what it answers to posts, and the requests it got."""

    def __init__(self, name: str) -> None:
        self.files: dict[str, tuple[str, dict[str, str], bytes]] = {}
        self.answers: list[tuple[int, dict[str, str]]] = []  # for the next posts, in order; then 204
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._build_handler())
        self._server.daemon_threads = True
        self.origin = f"http://{name}:{self._server.server_port}"

    def put(self, path: str, text: str, kind: str = "text/html", **headers: str) -> None:
        """Serve a text at a path, or at `*` for all others; underscores in header names stand for hyphens."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self.files[path] = (f"{kind}; charset=utf-8", fields, text.encode())

    @property
    def events(self) -> list[dict[str, Any]]:
        """The bodies posted to the events' endpoint, in order."""
        with self._changed:
            return [json.loads(body) for method, path, _, body in self.requests if (method, path) == _POST]

    @property
    def posts(self) -> list[dict[str, str]]:
        """The headers of the posts, names in lower case."""
        with self._changed:
            return [headers for method, path, headers, _ in self.requests if (method, path) == _POST]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """The posted events, once there are so many."""
        with self._changed:
            came = self._changed.wait_for(
                lambda: sum((method, path) == _POST for method, path, _, _ in self.requests) >= count, WAIT_S
            )
        assert came, f"{len(self.events)} events came, {count} were expected"
        return self.events

    @contextmanager
    def serve(self) -> Iterator["Host"]:
        """Listen until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        with self._changed:
            self.requests.append((method, path, headers, body))
            self._changed.notify_all()
            return self.answers.pop(0) if (method, path) == _POST and self.answers else (204, {})

    def _build_handler(self) -> type[BaseHTTPRequestHandler]:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                kind, headers, body = host.files.get(path) or host.files.get("*", ("text/plain", {}, b""))
                host._take("GET", path, _lower(self.headers.items()), b"")
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Access-Control-Allow-Origin", "*")
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                headers = _lower(self.headers.items())
                body = self.rfile.read(int(headers.get("content-length", "0")))
                status, fields = host._take("POST", self.path, headers, body)
                self.send_response(status)
                self.send_header("Access-Control-Allow-Origin", headers.get("origin", "null"))
                self.send_header("Access-Control-Allow-Credentials", "true")
                self.send_header("Access-Control-Expose-Headers", "Retry-After")
                for name, value in fields.items():
                    self.send_header(name, value)
                self.end_headers()

            def do_OPTIONS(self) -> None:
                host._take("OPTIONS", self.path, _lower(self.headers.items()), b"")
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


_POST = ("POST", "/v1/events")


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}
