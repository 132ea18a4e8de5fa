"""The queues of the fault suite, in a process that nobody kills: SQS's semantics over HTTP, and a clock of its own.

The clock stands still while anybody has work, and jumps past the next message's moment when nobody has: days pass in
seconds, and no test waits for a backoff.
"""

import json
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from airlock.address_book import Destination
from airlock.outcome import Reason
from forwarder.queue import Record
from workbench.queue import Message, Queue, as_event

_LONG_POLL_S = 0.2
_STEP_S = 60  # what becomes visible within a minute, or a fiftieth of the time that has passed, is worked off together


class Clock:
    """Simulated time. Seconds, moved by whoever has nothing to wait for."""

    def __init__(self, starts_at: int) -> None:
        self.seconds = float(starts_at)

    def __call__(self) -> float:
        return self.seconds


class PostOffice:
    """One queue a network, served on a port of the loopback interface."""

    def __init__(self, networks: Iterable[Destination], clock: Clock) -> None:
        self.clock = clock
        self._starts_at = clock.seconds
        self.queues = {network: Queue(network, clock) for network in networks}
        self._in_hand: dict[str, list[Message]] = {}
        self._gone: set[str] = set()
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._build_handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget(self, worker: str) -> None:
        """The worker is dead: what it had in hand comes back when its visibility ends."""
        with self._changed:
            self._in_hand.pop(worker, None)
            self._gone.add(worker)

    def turn(self) -> None:
        """Let time jump to the next message's moment, if nobody has anything to do now."""
        with self._changed:
            if self._in_hand:
                return
            moments = [moment for queue in self.queues.values() if (moment := queue.next_moment()) is not None]
            if moments and min(moments) > self.clock.seconds:
                step = max(_STEP_S, (self.clock.seconds - self._starts_at) / 50)
                self.clock.seconds = max(min(moments), self.clock.seconds + step)
                self._changed.notify_all()

    def call(self, verb: str, told: dict[str, Any]) -> dict[str, Any]:
        queue = self.queues[Destination(told["network"])]
        match verb:
            case "receive":
                return self._receive(queue, told["worker"])
            case "settle":
                with self._changed:
                    batch = self._in_hand.pop(told["worker"], [])
                    queue.settle(batch, frozenset(told["failed"]))
                    self._changed.notify_all()
            case "delay":
                queue.delay(Record(told["id"], told["receipt"], "", 1), told["seconds"])
            case "bury":
                queue.bury(Record(told["id"], told["receipt"], told["body"], told["received"]), Reason(told["reason"]))
            case "send":
                queue.send(told["body"], told["seconds"])
        return {}

    def _receive(self, queue: Queue, worker: str) -> dict[str, Any]:
        ends = time.monotonic() + _LONG_POLL_S
        with self._changed:
            while worker in self._gone or not (batch := queue.receive()):
                left = ends - time.monotonic()
                if left <= 0 or worker in self._gone:
                    return {"now": round(self.clock.seconds * 1000), "records": []}
                self._changed.wait(left)
            self._in_hand[worker] = batch
        return {"now": round(self.clock.seconds * 1000), "records": as_event(batch)["Records"]}

    def _build_handler(self) -> type[BaseHTTPRequestHandler]:
        office = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["content-length"])))
                body = json.dumps(office.call(self.path.lstrip("/"), told)).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's signature
                """Nothing."""

        return Handler
