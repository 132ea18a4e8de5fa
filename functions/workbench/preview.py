"""`airlock preview`: requests in, what each network would be sent out, by the real handlers and with nothing sent."""

import argparse
import datetime
import io
import json
import sys
import time
from typing import Any

import msgspec
from msgspec import Struct

from airlock import wire
from airlock.address_book import Destination
from airlock.authorization import AuthorizationsInMemory
from airlock.gate import Gate, NoGate
from airlock.outcome import Outcome, Reason
from airlock.policy import Policy
from airlock.tokens import EventId, to_text
from forwarder.handler import Forwarder, forward
from forwarder.ledger import Claim
from forwarder.queue import Record
from sanitizer.handler import respond
from workbench import page
from workbench.bench import Clock, Outbox, open_policy, set_up_airlock, set_up_forwarder
from workbench.preview_lines import Line, read_files, read_lines
from workbench.recorder import Recorded, Recorder
from workbench.request import SIGNED_PATHS, as_http_event, signed

_NO_GATE = NoGate()


class Previewed(Struct, frozen=True):
    """What became of one event at one network."""

    event_id: str | None
    destination: str | None
    outcome: Outcome
    reason: Reason | None = None
    request: Recorded | None = None
    not_before: int | msgspec.UnsetType = msgspec.UNSET  # epoch milliseconds, where it is held


class Result(Struct, frozen=True):
    """What became of one request."""

    id: Any
    status: int
    answer: str | None
    outcomes: tuple[Previewed, ...]
    logs: tuple[str, ...]


class _Slip:
    """The queue of a message that is handed over by itself: nothing waits on it and nothing is buried from it."""

    def delay(self, record: Record, seconds: int) -> None:
        """A wait is in the journal's line."""

    def bury(self, record: Record, reason: Reason) -> None:
        """So is a burial."""

    def send(self, body: str, delay_s: int) -> None:
        """What a network would be asked later is asked of nobody here."""


class _Unwritten:
    """A ledger in which nothing was ever told: here each event stands alone, the same one twice too."""

    def claim(self, destination: Destination, event_id: EventId, now: int) -> Claim:
        """New."""
        del destination, event_id, now
        return Claim()

    def confirm(self, destination: Destination, event_id: EventId) -> None:
        """Nothing is kept."""

    def release(self, destination: Destination, event_id: EventId) -> None:
        """Nothing was kept."""


class Preview:
    """One run: requests in order, with what they record kept until it ends. `now` gives epoch milliseconds."""

    def __init__(self, policy: Policy, now: Clock, gate: Gate = _NO_GATE) -> None:
        self._log = io.StringIO()
        self._outbox = Outbox()
        on_file = AuthorizationsInMemory()
        self._now = now
        self._later = 0
        self._recorder = Recorder()
        self._airlock = set_up_airlock(policy, self._outbox, on_file, self._log, now, gate=gate)
        self._default_headers = {"origin": policy.sites[0], "content-type": "application/json"}

        def forwarders(log: io.StringIO, clock: Clock) -> dict[Destination, Forwarder]:
            return {
                to: set_up_forwarder(policy, to, _Slip(), on_file, log, self._recorder, clock, ledger=_Unwritten())
                for to in policy.rules
            }

        self._forwarders = forwarders(self._log, now)
        self._aside = io.StringIO()
        self._unlogged = forwarders(self._aside, lambda: self._later)

    def run(self, line: Line) -> Result:
        """What one request leads to, at every network that its event is for."""
        headers = self._default_headers if line.headers is None else line.headers
        body = line.body if line.body_base64 is None else line.body_base64
        event = as_http_event(line.method, line.path, headers, body, is_base64=line.body_base64 is not None)
        if line.path.startswith(SIGNED_PATHS):
            signed(event)
        taken = respond(event, self._airlock)
        queued, self._outbox.messages = iter(self._outbox.messages), []
        outcomes: list[Previewed] = []
        for refused, decisions in [(item.refused, item.decisions) for item in taken.items] or [
            (taken.refused, taken.decisions)
        ]:
            for decision in decisions:
                if isinstance(decision.result, Reason):
                    withheld = Previewed(decision.event_id, decision.destination, Outcome.WITHHELD, decision.result)
                    outcomes.append(withheld)
                else:  # messages stand on the queues in the order of the decisions that put them there
                    _, message = next(queued)
                    outcomes.append(self._tell(decision.destination, decision.event_id, message))
            if refused is not None:
                outcomes.append(Previewed(None, None, Outcome.REFUSED, refused))
        logs = tuple(self._log.getvalue().split("\n")[:-1])
        for log in (self._log, self._aside):
            log.seek(0)
            log.truncate()
        return Result(line.id, taken.answer["statusCode"], taken.answer["body"] or None, tuple(outcomes), logs)

    def _tell(self, destination: Destination, event_id: str, message: bytes) -> Previewed:
        outcome, reason, request = self._forward(self._forwarders[destination], message, self._log)
        if outcome is not Outcome.HELD or reason is not Reason.NOT_YET:
            return Previewed(event_id, destination, outcome, reason, request)
        self._later = wire.read(message).not_before * 1000
        outcome, reason, request = self._forward(self._unlogged[destination], message, self._aside)
        if request is None:  # what it waits for comes too late for it: an authorization has ended by then, say
            return Previewed(event_id, destination, outcome, reason)
        return Previewed(event_id, destination, Outcome.HELD, None, request, self._later)

    def _forward(
        self, forwarder: Forwarder, message: bytes, log: io.StringIO
    ) -> tuple[Outcome, Reason | None, Recorded | None]:
        start = log.tell()
        record = {"messageId": "1", "receiptHandle": "1", "body": message.decode()}
        forward({"Records": [{**record, "attributes": {"ApproximateReceiveCount": "1"}}]}, forwarder)
        log.seek(start)
        line = json.loads(log.readline())
        log.seek(0, io.SEEK_END)
        outcome, reason = Outcome(line["outcome"]), Reason(line["reason"]) if "reason" in line else None
        if outcome is Outcome.EXPIRED:  # as seen from the visit: this network is not told any more
            outcome = Outcome.WITHHELD
        return outcome, reason, self._recorder.recorded.pop() if self._recorder.recorded else None


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="requests or stories of events/ in JSON, or with --jsonl requests one a line; - or none is stdin",
    )
    parser.add_argument("--policy", metavar="FILE", help="a policy in TOML (default: the repository's own)")
    parser.add_argument("--now", type=_moment, metavar="ISO8601", help="the time to suppose (default: the clock's)")
    parser.add_argument("--jsonl", action="store_true", help="one request a line in, one result a line out, in order")
    parser.add_argument("--json", action="store_true", help="the same results for whole files, one a line")


def run(arguments: argparse.Namespace) -> int:
    """Preview every request."""
    policy = open_policy(arguments.policy)
    clock = _Clock(arguments.now)
    preview = Preview(policy, clock)
    lines = read_lines(arguments.files) if arguments.jsonl else read_files(arguments.files, clock.suppose)
    for line in lines:
        result = preview.run(line)
        if arguments.jsonl or arguments.json:
            sys.stdout.write(_write_result(result) + "\n")
        else:
            sys.stdout.write(page.print_result(line, result))
    sys.stdout.flush()
    return 0


def _write_result(result: Result) -> str:
    return json.dumps(msgspec.to_builtins(result, enc_hook=to_text), separators=(",", ":"))


class _Clock:
    """The time to suppose: the option's, a story's own, or the clock's."""

    def __init__(self, supposed: int | None) -> None:
        self._supposed = supposed
        self._story: int | None = None

    def suppose(self, now: int | None) -> None:
        """A story's own time, or none."""
        self._story = now

    def __call__(self) -> int:
        return next((at for at in (self._supposed, self._story) if at is not None), time.time_ns() // 1_000_000)


def _moment(text: str) -> int:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a moment such as 2026-11-24T15:07:12Z") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp() * 1000)
