"""A Lambda's zip in, the zip started as AWS starts it out: awslambdaric, a Runtime API, and nothing else on the path.

The interpreter sees the standard library, the zip, and what AWS's runtime brings (awslambdaric, boto3): a dependency
that the zip lacks is missing here as it would be there.
"""

import importlib.metadata
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self

ROLE = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "invented-secret",
    "AWS_SESSION_TOKEN": "invented-token",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}
_RUNTIME = ("awslambdaric", "boto3")


class Happened(NamedTuple):
    """What a function told the Runtime API: ready, response, error or init-error, and when on the monotonic clock."""

    kind: str
    said: Any
    at: float


def lay_runtime(folder: Path, *more: str) -> Path:
    """A folder with AWS's part of the path: links to the installed packages, each with all that it needs."""
    folder.mkdir(parents=True, exist_ok=True)
    waiting, seen = [*_RUNTIME, *more], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        distribution = importlib.metadata.distribution(name)
        for top in {path.parts[0] for path in distribution.files or () if path.parts[0] not in {"..", "__pycache__"}}:
            link = folder / top
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(top))))
        needed = [requirement for requirement in distribution.requires or () if "extra ==" not in requirement]
        waiting += [re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0] for requirement in needed]
    return folder


def unpack(archive: Path, folder: Path) -> Path:
    """The zip's content, as Lambda lays it out."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A function that ended is no news."""


class Function:
    """One execution environment. The first `happened` is `ready` or `init-error`."""

    def __init__(self, code: Path, runtime: Path, handler: str, environment: Mapping[str, str]) -> None:
        self._waiting: queue.Queue[Any] = queue.Queue()
        self.happened: queue.Queue[Happened] = queue.Queue()
        self._server = _Server(("127.0.0.1", 0), self._build_handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._code, self._handler = code, handler
        self._environment = {
            "AWS_LAMBDA_FUNCTION_NAME": "airlock-test",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_address[1]}",
            "LAMBDA_TASK_ROOT": str(code),
            "LANG": "en_US.UTF-8",
            "PYTHONPATH": f"{code}{os.pathsep}{runtime}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "TZ": ":UTC",
            "_HANDLER": handler,
            **ROLE,
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.log = b""

    def __enter__(self) -> Self:
        self._thread.start()
        self.started_at = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-m", "awslambdaric", self._handler],
            cwd=self._code,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def stop(self) -> int:
        """End it as AWS does; its exit code, and all that it wrote is in `log`."""
        process = self._process
        assert process is not None
        if process.poll() is None:
            process.terminate()
        return self.wait_for_end()

    def wait_for_end(self) -> int:
        """Its exit code, when it ends by itself."""
        assert self._process is not None
        self.log = self._process.communicate(timeout=20)[0]
        return self._process.returncode

    def see(self, timeout: float = 30) -> Happened:
        """The next thing that it tells the Runtime API."""
        return self.happened.get(timeout=timeout)

    def invoke(self, event: Mapping[str, Any], timeout: float = 30) -> Happened:
        """Hand over an event; its response or error. What is told in between (`ready`) is passed over."""
        self._waiting.put(event)
        while True:
            seen = self.see(timeout)
            if seen.kind != "ready":
                return seen

    def _build_handler(self) -> type[BaseHTTPRequestHandler]:
        function = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                """The next event, once there is one."""
                function.happened.put(Happened("ready", None, time.monotonic()))
                body = json.dumps(function._waiting.get()).encode()
                self.send_response(200)
                self.send_header("lambda-runtime-aws-request-id", "00000000-0000-4000-8000-000000000001")
                self.send_header("lambda-runtime-deadline-ms", str(2**42))
                self.send_header(
                    "lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:f:t:live"
                )
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                """A response or an error."""
                at = time.monotonic()
                body = self._read()
                kind = "init-error" if self.path.endswith("/init/error") else self.path.rpartition("/")[2]
                function.happened.put(Happened(kind, json.loads(body or b"null"), at))
                self.send_response(202)
                self.send_header("content-length", "0")
                self.end_headers()

            def _read(self) -> bytes:
                if self.headers.get("transfer-encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("content-length", 0)))
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's signature
                """Nothing."""

        return Handler
