"""An SQS batch of one network in, the messages to keep out: holds, delivers, buries, and journals each."""

import functools
import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, assert_never

import msgspec
from msgspec import Struct

from airlock import wire
from airlock.address_book import Destination
from airlock.authorization import Authorizations, NoAuthorizations
from airlock.clean import Basis, CleanEvent, Digests
from airlock.guard import Guard, Hit
from airlock.journal import Journal, mask, told_fields
from airlock.outcome import Outcome, Reason
from airlock.policy import read_policy
from forwarder.answer import Delivered, Expired, Prohibited, Rejected, Retry, Split, Unauthorised
from forwarder.credentials import SecretsManagerCredentials
from forwarder.delivery import Courier, Delivery
from forwarder.destinations import DESTINATIONS
from forwarder.egress import Egress
from forwarder.queue import LONGEST_WAIT_S, Queue, Record, SqsQueue, read_records

FIRST_WAIT_S = 30
UNAUTHORISED_WAIT_S = 900


class Forwarder(Struct, frozen=True):
    """One network's forwarder. `now` gives epoch milliseconds, `jitter` a number from 0 to 1."""

    courier: Courier
    guard: Guard
    queue: Queue
    authorizations: Authorizations
    journal: Journal
    now: Callable[[], int]
    jitter: Callable[[], float]
    waits: bool = True  # false only in the workbench, where nothing waits for its rounded time unless told to


class _Item(Struct, frozen=True):
    record: Record
    event: CleanEvent


def forward(event: Mapping[str, Any], forwarder: Forwarder) -> dict[str, Any]:
    """Work one SQS batch off. What is named in `batchItemFailures` stays on the queue; nothing else does."""
    now = forwarder.now()
    kept: set[str] = set()
    admitted: dict[str, _Item] = {}
    for record in read_records(event):
        try:
            item = _admit(record, now, forwarder)
            if item is None:
                continue
            if item.event.event_id in admitted:
                _write(forwarder, now, item, Outcome.WITHHELD, Reason.DUPLICATE)
                continue
            admitted[item.event.event_id] = item
        except _KeepError:
            kept.add(record.id)
        except Exception as error:  # noqa: BLE001 - whatever it is, the message stays, and only type and line are told
            kept.add(record.id)
            forwarder.journal.stumble(now, Reason.INTERNAL, error, forwarder.courier.adapter.destination)
    settled: set[str] = set()
    try:
        for delivery in forwarder.courier.deliver([item.event for item in admitted.values()]):
            item = admitted[delivery.event.event_id]
            if _settle(delivery, item, now, forwarder):
                settled.add(item.record.id)
    except Exception as error:  # noqa: BLE001 - as above
        forwarder.journal.stumble(now, Reason.INTERNAL, error, forwarder.courier.adapter.destination)
    kept.update(item.record.id for item in admitted.values() if item.record.id not in settled)
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in sorted(kept)]}


class _KeepError(Exception):
    """The message stays on the queue; why is in the journal already."""


def _admit(record: Record, now: int, forwarder: Forwarder) -> _Item | None:
    """The record's event if it is to be told now. None: it is settled. Raises _KeepError: it waits."""
    destination = forwarder.courier.adapter.destination
    try:
        event = wire.read(record.body)
    except wire.MessageError:
        event = None
    if event is None or event.destination is not destination:
        forwarder.queue.bury(record, Reason.UNREADABLE)
        forwarder.journal.decide(now, outcome=Outcome.REJECTED, reason=Reason.UNREADABLE, destination=destination)
        return None
    item = _Item(record, event)
    policy = forwarder.courier.policy
    rule = policy.rules.get(destination)
    end = None
    if (hit := forwarder.guard.check_message(record.body.encode())) is not None:
        end = Outcome.WITHHELD, Reason.PHI_SUSPECTED
    elif rule is None or event.event not in rule.events:
        end = Outcome.WITHHELD, Reason.NOT_CONFIGURED
    elif now // 1000 - event.at > forwarder.courier.adapter.max_age_s:
        end = Outcome.EXPIRED, Reason.EXPIRED
    if end is not None:
        _write(forwarder, now, item, *end, rule=hit)
        return None
    wait = event.not_before - now // 1000
    if wait > 0 and forwarder.waits:
        _write(forwarder, now, item, Outcome.HELD, Reason.NOT_YET)
        forwarder.queue.delay(record, min(wait, LONGEST_WAIT_S))
        raise _KeepError
    allowed = _at_the_door(event, now, forwarder)
    if allowed is None:
        _write(forwarder, now, item, Outcome.WITHHELD, Reason.AUTHORIZATION_REVOKED)
        return None
    return _Item(record, allowed)


def _at_the_door(event: CleanEvent, now: int, forwarder: Forwarder) -> CleanEvent | None:
    """The event with what may still be told: a digest whose authorization ended meanwhile stays here."""
    if event.digests is None or event.basis is not Basis.AUTHORIZATION:
        return event
    terms = forwarder.authorizations.find(event.authorization) if event.authorization else None
    covered = terms.covers(event.destination, now) if terms else frozenset()
    left = {field: getattr(event.digests, field) for field in told_fields(event.digests) if field in covered}
    if len(left) == len(told_fields(event.digests)):
        return event
    if not left and event.click is None:
        return None
    return msgspec.structs.replace(
        event,
        digests=Digests(**left) if left else None,
        authorization=event.authorization if left else None,
        basis=Basis.AUTHORIZATION if left else Basis.CONSENT,
    )


def _settle(delivery: Delivery, item: _Item, now: int, forwarder: Forwarder) -> bool:
    """Write what came of a delivery; true where the message has reached its end."""
    match delivery.answer:
        case Delivered():
            _write(forwarder, now, item, Outcome.DELIVERED, None, delivery)
            return True
        case Expired():
            _write(forwarder, now, item, Outcome.EXPIRED, Reason.EXPIRED, delivery)
            return True
        case Rejected() | Split():
            forwarder.queue.bury(item.record, Reason.REJECTED)
            _write(forwarder, now, item, Outcome.REJECTED, Reason.REJECTED, delivery)
            return True
        case Retry(after_s=after_s, reason=reason):
            _write(forwarder, now, item, Outcome.HELD, reason, delivery)
            forwarder.queue.delay(item.record, after_s or _back_off(item.record.received, forwarder.jitter()))
            return False
        case Unauthorised():
            _write(forwarder, now, item, Outcome.HELD, Reason.UNAUTHORISED, delivery)
            forwarder.queue.delay(item.record, UNAUTHORISED_WAIT_S)
            return False
        case Prohibited():
            _write(forwarder, now, item, Outcome.HELD, Reason.PROHIBITED, delivery)
            forwarder.queue.delay(item.record, UNAUTHORISED_WAIT_S)
            return False
        case _ as unreachable:
            assert_never(unreachable)


def _back_off(received: int, jitter: float) -> int:
    """Seconds until the next try: a random part of a bound that doubles from 30 s to 12 h (full jitter)."""
    bound: int = min(LONGEST_WAIT_S, FIRST_WAIT_S << min(received - 1, 20))
    return max(1, round(bound * jitter))


def _write(
    forwarder: Forwarder,
    now: int,
    item: _Item,
    outcome: Outcome,
    reason: Reason | None,
    delivery: Delivery | None = None,
    rule: Hit | None = None,
) -> None:
    call = delivery.call if delivery else None
    answer = delivery.answer if delivery else None
    forwarder.journal.disclose(
        now,
        outcome=outcome,
        reason=reason,
        clean=item.event,
        attempt=item.record.received,
        host=call.host if call else None,
        status=delivery.status if delivery else None,
        code=getattr(answer, "code", None),
        trace=getattr(answer, "trace", None),
        rule=rule,
        payload=mask(call.body, item.event, forwarder.courier.policy.payload_log) if call else None,
        sha256=delivery.sha256 if delivery else None,
        size=len(call.body) if call else None,
    )


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda hands it over
    """What Lambda calls."""
    return forward(event, _open_forwarder())


@functools.cache
def _open_forwarder() -> Forwarder:
    """The forwarder that this function's environment describes.

    Environment: AIRLOCK_DESTINATION, the network; AIRLOCK_QUEUE_URL and AIRLOCK_DEAD_LETTER_URL, its queues;
    AIRLOCK_POLICY, path of the compiled policy (default: policy.json beside the packages).

    Raises:
        PolicyError: with every problem of the policy; the function then does not start, and messages wait.
    """
    import boto3  # noqa: PLC0415 - the workbench uses this module without an AWS client

    policy = read_policy(Path(os.environ.get("AIRLOCK_POLICY", Path(__file__).parent.parent / "policy.json")))
    adapter = DESTINATIONS[Destination(os.environ["AIRLOCK_DESTINATION"])]
    queue = SqsQueue(boto3.client("sqs"), os.environ["AIRLOCK_QUEUE_URL"], os.environ["AIRLOCK_DEAD_LETTER_URL"])
    return Forwarder(
        courier=Courier(adapter, policy, SecretsManagerCredentials(), Egress()),
        guard=Guard(policy),
        queue=queue,
        authorizations=NoAuthorizations(),
        journal=Journal(sys.stdout, policy.digest),
        now=lambda: time.time_ns() // 1_000_000,
        jitter=random.SystemRandom().random,
    )


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _open_forwarder()  # in Lambda a broken policy or a missing setting ends the start, not the first batch
