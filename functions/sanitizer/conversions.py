"""A batch of a clinic system's conversions in, an answer for each item out: the caller is trusted, and is told why."""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from airlock.address_book import Destination
from airlock.clean import CleanEvent
from airlock.outcome import Outcome, Reason
from airlock.table import UnavailableError
from sanitizer.answer import STATUS, answer
from sanitizer.intake import Intake, Taken, has_gpc, take
from sanitizer.outbox import Message, Outbox
from sanitizer.pipeline import Verdict, Visit
from sanitizer.raw import MAX_BYTES, Malformed, NotAnEventError, find_id, parse_conversion, parse_object
from sanitizer.request import Request, check_type

MAX_BATCH_BYTES = 1 << 20
MAX_ITEMS = 100

_SPACE = b" \t\r\n"
# Strings whole, so that nothing inside one counts; what is left of an open one is found as a lone quote.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|["{}\[\],]', re.DOTALL)
_MEMBER = re.compile(rb'("(?:[^"\\]|\\.)*+")[ \t\r\n]*:(.*)', re.DOTALL)


class _Item(Struct, frozen=True):
    """What became of one item."""

    id: str | None
    reason: Reason | None
    verdict: Verdict


def take_conversions(request: Request, now: int, intake: Intake) -> Taken:
    """Every item by itself; `now` is the time of receipt in epoch milliseconds. The caller's signature was checked."""
    if (reason := check_type({"content-type": "application/json", **request.headers})) is not None:
        return _refuse(reason, now, intake)
    if len(request.body) > MAX_BATCH_BYTES:
        return _refuse(Reason.TOO_LARGE, now, intake)
    try:
        items = split_batch(request.body)
    except NotAnEventError as error:
        return _refuse(Reason.MALFORMED, now, intake, error.malformed)
    visit = Visit(gpc=has_gpc(request), cookie="", received_at=now, from_system=True)
    once = msgspec.structs.replace(intake, outbox=_OneTry(intake.outbox))
    taken = [_take_item(item, visit, once) for item in items]
    results = [
        {"id": item.id, "status": "refused" if item.reason else "accepted", "reason": item.reason} for item in taken
    ]
    body = msgspec.json.encode({"results": results}).decode()
    return Taken(answer(200, body=body, content_type="application/json"), items=tuple(item.verdict for item in taken))


def _refuse(reason: Reason, now: int, intake: Intake, why: Malformed | None = None) -> Taken:
    """Refuse the batch as a whole."""
    field, rule = (why.field or "body", why.rule) if why else (None, None)
    intake.journal.decide(now, outcome=Outcome.REFUSED, reason=reason, field=field, rule=rule)
    told = {"reason": reason} if why is None else {"reason": reason, "element": field, "rule": rule}
    body = msgspec.json.encode(told).decode()
    return Taken(answer(STATUS[reason], body=body, content_type="application/json"), refused=reason)


class _OneTry:
    """An outbox that asks no queue again that has refused once in this batch: a hundred waits are too many."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._full: set[Destination] = set()

    def put(self, messages: Sequence[Message]) -> frozenset[Destination]:
        """Put each message on its queue; the networks whose queue refused, now or before, come back."""
        open_now = [message for message in messages if message[0] not in self._full]
        if open_now:
            self._full |= self._outbox.put(open_now)
        return frozenset(destination for destination, _ in messages if destination in self._full)


def _take_item(item: bytes, visit: Visit, intake: Intake) -> _Item:
    """One item; whatever is wrong with it is its own affair."""
    now = visit.received_at
    document: dict[str, Any] = {}
    why: Malformed | None = None
    try:
        document = parse_object(item)
    except NotAnEventError as error:
        why = error.malformed
    identifier = find_id(document)
    if len(item) > MAX_BYTES:
        return _refuse_item(identifier, Reason.TOO_LARGE, now, intake)
    raw = parse_conversion(document, intake.own_sites) if why is None else why
    if isinstance(raw, Malformed):
        return _refuse_item(identifier, Reason.MALFORMED, now, intake, raw)
    try:
        verdict, full = take(raw, visit, intake)
    except UnavailableError as error:
        intake.journal.stumble(now, Reason.UNAVAILABLE, error)
        return _Item(identifier, Reason.UNAVAILABLE, Verdict(refused=Reason.UNAVAILABLE))
    except Exception as error:  # noqa: BLE001 - whatever it is, this item stays inside, and the others go on
        intake.journal.stumble(now, Reason.INTERNAL, error)
        return _Item(identifier, Reason.INTERNAL, Verdict(refused=Reason.INTERNAL))
    return _Item(identifier, Reason.QUEUE_UNAVAILABLE if full else _find_reason(verdict), verdict)


def _refuse_item(
    identifier: str | None, reason: Reason, now: int, intake: Intake, why: Malformed | None = None
) -> _Item:
    field, rule = (why.field, why.rule) if why else (None, None)
    intake.journal.decide(now, outcome=Outcome.REFUSED, reason=reason, field=field, rule=rule)
    return _Item(identifier, reason, Verdict(refused=reason))


def _find_reason(verdict: Verdict) -> Reason | None:
    """None where a network is told; else the first reason, in the vocabulary's order. Nobody to tell is one too."""
    whole = verdict.refused or verdict.withheld
    if whole is not None:
        return whole
    if any(isinstance(decision.result, CleanEvent) for decision in verdict.decisions):
        return None
    reasons = {decision.result for decision in verdict.decisions}
    if Reason.PHI_SUSPECTED in reasons:  # it stopped the event everywhere, whatever else was missing
        return Reason.PHI_SUSPECTED
    return next((reason for reason in Reason if reason in reasons), Reason.NOT_CONFIGURED)


def split_batch(body: bytes) -> list[bytes]:
    """The bytes of each item of `{"events": [...]}`, unparsed: what is wrong inside of one says nothing of the others.

    Raises:
        NotAnEventError: the body is no such object, or holds more items than a batch may.
    """
    values: dict[str, bytes] = {}
    for member in _split(body, b"{", b"}"):
        parts = _MEMBER.fullmatch(member)
        if parts is None:
            raise NotAnEventError("", "json")
        key, value = _read_key(parts[1]), parts[2].strip(_SPACE)
        if key in values:
            raise NotAnEventError("", "duplicate_key")
        values[key] = value
    if "events" not in values:
        raise NotAnEventError("events", "missing")
    if not values["events"].startswith(b"["):
        raise NotAnEventError("events", "type")
    items = _split(values.pop("events"), b"[", b"]")
    for value in values.values():  # dropped, but JSON all the same
        parse_object(b'{"":%b}' % value)
    if len(items) > MAX_ITEMS:
        raise NotAnEventError("events", "at_most_100")
    return items


def _split(text: bytes, opening: bytes, closing: bytes) -> list[bytes]:
    """The parts between the commas of an object or array, at its own level."""
    text = text.strip(_SPACE)
    if not (text.startswith(opening) and text.endswith(closing)) or text == opening:
        raise NotAnEventError("", "json" if opening == b"[" else "object")
    parts: list[bytes] = []
    start, depth = 1, 0
    for token in _TOKEN.finditer(text, 1, len(text) - 1):
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
            case b"," if depth == 0:
                parts.append(text[start : token.start()].strip(_SPACE))
                start = token.end()
            case b'"':
                raise NotAnEventError("", "json")
            case _:
                pass
        if depth < 0:
            raise NotAnEventError("", "json")
    parts.append(text[start:-1].strip(_SPACE))
    if depth or (len(parts) > 1 and not all(parts)):
        raise NotAnEventError("", "json")
    return parts if parts != [b""] else []


def _read_key(text: bytes) -> str:
    try:
        key: Any = json.loads(text)
    except ValueError:  # UnicodeDecodeError too
        raise NotAnEventError("", "json") from None
    return str(key)
