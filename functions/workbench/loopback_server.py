"""A handler in, a server of this machine's own address out that no vanished browser makes print a traceback."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class LoopbackServer(ThreadingHTTPServer):
    """Serves on 127.0.0.1 alone, a thread a connection; port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128  # a page that tells two hundred events at once is waited for, not turned away

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", port), handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """A browser that went away is no error; of anything else the type is told, and no line of what it was about."""
        del request, client_address
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            sys.stderr.write(f"airlock: a request failed: {type(error).__name__}\n")
