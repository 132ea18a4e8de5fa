"""`airlock preview`: requests in, what each network would be sent out, by the real handlers and with nothing sent."""

import argparse
import base64
import datetime
import io
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

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
from workbench.complaint import Complaint
from workbench.recorder import Recorded, Recorder
from workbench.request import SIGNED_PATHS, as_http_event, signed
from workbench.stories import Story, read_story

_NO_GATE = NoGate()


class Line(Struct, forbid_unknown_fields=True):
    """One request as `--jsonl` reads it."""

    id: Any = None
    method: str = "POST"
    path: str = "/v1/events"
    headers: dict[str, str] | None = None
    body: str | None = None
    body_base64: str | None = None


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
    lines = _read_lines(arguments.files) if arguments.jsonl else _read_files(arguments.files, clock)
    for line in lines:
        result = preview.run(line)
        if arguments.jsonl or arguments.json:
            sys.stdout.write(_write_result(result) + "\n")
        else:
            sys.stdout.write(page.print_result(line, result))
    sys.stdout.flush()
    return 0


def _write_result(result: Result) -> str:
    """One line of JSON; ValueError where the `id` holds a number that JSON has not."""
    return json.dumps(msgspec.to_builtins(result, enc_hook=to_text), separators=(",", ":"), allow_nan=False)


class _Clock:
    """The time to suppose: the option's, a story's own, or the clock's."""

    def __init__(self, supposed: int | None) -> None:
        self._supposed = supposed
        self.story: int | None = None

    def __call__(self) -> int:
        return next((at for at in (self._supposed, self.story) if at is not None), time.time_ns() // 1_000_000)


def _moment(text: str) -> int:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a moment such as 2026-11-24T15:07:12Z") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp() * 1000)


def _read_lines(files: Sequence[str]) -> Iterator[Line]:
    for name in files or ["-"]:
        with _open(name) as source:
            for number, text in enumerate(source, 1):
                if text.strip():
                    yield _read_request(text, f"{_name(name)}, line {number}")


def _read_files(files: Sequence[str], clock: _Clock) -> Iterator[Line]:
    if not files and sys.stdin.isatty():
        raise Complaint("name a FILE with a request in JSON, or pipe one in; see `airlock preview --help`", 2)
    for name in files or ["-"]:
        with _open(name) as source:
            text = source.read()
        story = _find_story(name, text)
        clock.story = story.now if story else None
        if story:
            yield from (Line(**line) for line in story.lines())
        else:
            yield _read_request(text, _name(name))


def _find_story(name: str, text: bytes) -> Story | None:
    try:
        return read_story(name, text)
    except RecursionError:  # no story is that deep; a request of that depth is the sanitizer's to refuse
        return None


def _name(name: str) -> str:
    return "stdin" if name == "-" else name


def _open(name: str) -> BinaryIO:
    if name == "-":
        return open(sys.stdin.fileno(), "rb", closefd=False)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise Complaint(f"cannot read {name}: {error.strerror}", 2) from None


def _read_request(text: bytes, place: str) -> Line:
    """A request in the form of `--jsonl`, or an event alone as a browser would post it."""
    try:
        document = json.loads(text)
    except ValueError:  # UnicodeDecodeError too
        raise Complaint(f"{place}: not JSON", 2) from None
    except RecursionError:
        return _read_too_deep(text)
    if isinstance(document, dict) and "event" in document:
        try:
            return Line(body=json.dumps(document))
        except RecursionError:
            return _read_too_deep(text)
    line = _read_line(document, place)
    if line.body_base64 is not None:
        try:
            base64.b64decode(line.body_base64, validate=True)
        except ValueError:
            raise Complaint(f"{place}: body_base64 is not base64", 2) from None
    try:
        _write_result(Result(line.id, 0, None, (), ()))
    except ValueError:
        raise Complaint(f"{place}: not a request: `id` holds a number that JSON has not", 2) from None
    except RecursionError:
        return _read_too_deep(text)
    return line


def _read_line(document: object, place: str) -> Line:
    """The document as a line. What is wrong is said without a key that is not the line's own."""
    if isinstance(document, dict) and not document.keys() <= set(Line.__struct_fields__):
        fields = ", ".join(Line.__struct_fields__)
        raise Complaint(f"{place}: not a request: it has another key than {fields}", 2)
    try:
        return msgspec.convert(document, Line)
    except msgspec.ValidationError as error:
        raise Complaint(f"{place}: not a request: {error}", 2) from None


def _read_too_deep(text: bytes) -> Line:
    """JSON too deep to be read is handed on as what was posted: the sanitizer refuses it, and the next line comes."""
    return Line(body=text.decode("utf-8", "replace"))
