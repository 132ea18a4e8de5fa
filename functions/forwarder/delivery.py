"""Clean events of one network in, what came of each out: claimed, batched, sent, bisected where one spoils the rest."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import cached_property
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from airlock.clean import CleanEvent
from airlock.mask import mask
from airlock.outcome import Reason
from airlock.policy import PayloadLog, Policy
from airlock.request_guard import RequestGuard
from forwarder.adapter import Adapter, Call
from forwarder.answer import (
    Answer,
    InDoubt,
    Processed,
    Prohibited,
    Rejected,
    Retry,
    Split,
    Stopped,
    Unauthorised,
)
from forwarder.claims import Claims
from forwarder.credential import CredentialError, Credentials
from forwarder.egress import Egress, Unreachable
from forwarder.ledger import Claim, Ledger, NoLedger
from forwarder.spread import spread

MaySend = Callable[[], bool]
"""Whether another request may be begun."""
_NO_LEDGER = NoLedger()


class Sent(Struct, frozen=True, dict=True):
    """One request that went out, with the events that it told."""

    call: Call
    events: tuple[CleanEvent, ...]
    payload_log: PayloadLog

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the exact bytes of the body."""
        return hashlib.sha256(self.call.body).hexdigest()

    @cached_property
    def payload(self) -> bytes | None:
        """The body as the policy lets the journal show it."""
        return mask(self.call.body, self.events, self.payload_log)


class Delivery(Struct, frozen=True):
    """What was sent for one event and what came of it; where nothing is `sent`, nothing left."""

    event: CleanEvent
    answer: Answer
    sent: Sent | None = None
    status: int | None = None
    claim: Claim | None = None  # how it stood in the ledger, where one is asked
    error: Exception | None = None  # a bug, where there was one


class Courier(Struct, frozen=True, dict=True):
    """What it takes to tell one network. With a pool, requests that do not wait for one another overlap."""

    adapter: Adapter
    policy: Policy
    credentials: Credentials
    egress: Egress
    ledger: Ledger = _NO_LEDGER
    pool: Executor | None = None

    def deliver(
        self, events: Sequence[CleanEvent], now: int, may_send: MaySend = lambda: True
    ) -> Iterator[list[Delivery]]:
        """The deliveries, a batch at a time. Events are sent in as few requests as the network takes, in any order.

        `now` is in epoch milliseconds. Never raises: a bug spoils the events that it is about and no others.
        """
        batches = list(self._batch(events))

        if self.pool is not None and len(batches) > 1:
            yield from self.pool.map(lambda batch: self._send_claimed(batch, now, may_send, None), batches)
        else:
            yield from (self._send_claimed(batch, now, may_send, self.pool) for batch in batches)

    def conclude(self, deliveries: Iterable[Delivery]) -> None:
        """Enter in the ledger what came of these; called when it stands in the journal.

        Raises:
            LedgerError: an entry could not be made. What was told is then told again at a network that recognises it,
                and is in doubt at one that does not.
        """

        def enter(delivery: Delivery) -> None:
            if delivery.claim is not None:
                self._claims.enter(delivery.event, delivery.claim, delivery.answer)

        spread(self.pool, enter, list(deliveries))

    def look(self, request: str) -> Processed | Answer:
        """What the network tells of a request that it accepted earlier."""
        if self.adapter.report is None:
            return Rejected("no_report")
        credential = self._credential()
        if not isinstance(credential, str):
            return credential
        reply = self.egress.send(self.adapter.report.ask(request, credential))
        if isinstance(reply, Unreachable):
            return Retry(None, Reason.UNAVAILABLE, reply.kind)
        return self.adapter.report.read(reply.status, reply.headers, reply.body)

    def _batch(self, events: Sequence[CleanEvent]) -> Iterator[list[CleanEvent]]:
        def key(event: CleanEvent) -> str:
            return self.adapter.group_key(event, self.policy)

        for _, group in groupby(sorted(events, key=key), key=key):
            alike = list(group)
            for start in range(0, len(alike), self.adapter.max_batch):
                yield alike[start : start + self.adapter.max_batch]

    def _send_claimed(
        self, batch: Sequence[CleanEvent], now: int, may_send: MaySend, pool: Executor | None
    ) -> list[Delivery]:
        if not self._claims.are_needed:
            return list(self._send(batch, may_send))
        claimed = spread(pool, lambda event: self._claims.claim(event, now), batch)
        claims = dict(zip(batch, claimed, strict=True))
        refused = [Delivery(event, claim) for event, claim in claims.items() if not isinstance(claim, Claim)]
        allowed = {event.event_id: claim for event, claim in claims.items() if isinstance(claim, Claim)}
        left = [event for event in batch if event.event_id in allowed]
        sent = self._send(left, may_send) if left else ()
        return refused + [replace(delivery, claim=allowed[delivery.event.event_id]) for delivery in sent]

    def _credential(self) -> str | Answer:
        try:
            return self.credentials.token(self.policy.rules[self.adapter.destination])
        except CredentialError as error:
            return Retry(None, Reason.UNAVAILABLE, "credential") if error.is_passing else Unauthorised("credential")

    def _send(self, batch: Sequence[CleanEvent], may_send: MaySend) -> Iterator[Delivery]:
        if not may_send():
            yield from (Delivery(event, Retry(None, Reason.UNAVAILABLE, "not_sent")) for event in batch)
            return
        try:
            credential = self._credential()
            if not isinstance(credential, str):
                yield from (Delivery(event, credential) for event in batch)
                return
            call = self.adapter.render(batch, self.policy, credential)
            hit = self._guard.check_request(call.url, call.headers, call.body, credential, batch)
        except Exception as error:  # noqa: BLE001 - a bug at one event must not keep its neighbours
            if len(batch) == 1:
                yield Delivery(batch[0], Retry(None, Reason.INTERNAL), error=error)
                return
            yield from self._halve(batch, may_send)
            return
        if hit is None:
            yield from self._exchange(batch, call, may_send)
        elif len(batch) == 1:
            yield Delivery(batch[0], Stopped(hit))
        else:
            yield from self._halve(batch, may_send)

    @cached_property
    def _claims(self) -> Claims:
        return Claims(self.adapter, self.ledger)

    @cached_property
    def _guard(self) -> RequestGuard:
        """What looks at the exact bytes once more before they leave."""
        return RequestGuard(self.policy, self.adapter.destination, self.adapter.version)

    def _exchange(self, batch: Sequence[CleanEvent], call: Call, may_send: MaySend) -> Iterator[Delivery]:
        sent = Sent(call, tuple(batch), self.policy.payload_log)
        status = None
        error = None
        try:
            reply = self.egress.send(call)
            if isinstance(reply, Unreachable):
                answers: tuple[Answer, ...] | Answer = Retry(
                    None, Reason.UNAVAILABLE, reply.kind, may_have_arrived=reply.may_have_arrived
                )
            else:
                status = reply.status
                answers = self.adapter.read_answer(reply.status, reply.headers, reply.body, len(batch))
        except Exception as bug:  # noqa: BLE001 - whether it was told is then not known
            error = bug
            answers = Retry(None, Reason.INTERNAL, may_have_arrived=True)
        if isinstance(answers, Retry) and answers.may_have_arrived and self.adapter.recognises_s == 0:
            answers = InDoubt(answers.code)
        if isinstance(answers, Unauthorised | Prohibited):
            self.credentials.forget(self.policy.rules[self.adapter.destination])
        if isinstance(answers, Split):
            if len(batch) > 1:
                yield from self._halve(batch, may_send)
                return
            answers = Rejected(answers.code)
        each = answers if isinstance(answers, tuple) else (answers,) * len(batch)
        for event, answer in zip(batch, each, strict=True):
            yield Delivery(event, answer, sent, status, error=error)

    def _halve(self, batch: Sequence[CleanEvent], may_send: MaySend) -> Iterator[Delivery]:
        middle = len(batch) // 2
        yield from self._send(batch[:middle], may_send)
        yield from self._send(batch[middle:], may_send)
