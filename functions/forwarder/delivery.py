"""Clean events of one network in, what came of each out: batched, sent, bisected where one spoils the rest."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from airlock.clean import CleanEvent
from airlock.outcome import Reason
from airlock.policy import Policy
from forwarder.adapter import Adapter, Call
from forwarder.answer import Answer, Rejected, Retry, Split
from forwarder.credentials import CredentialError, Credentials
from forwarder.egress import Egress, Unreachable


class Delivery(Struct, frozen=True):
    """What was sent for one event and what came of it; without a call nothing was sent."""

    event: CleanEvent
    answer: Answer
    call: Call | None = None
    status: int | None = None

    @property
    def sha256(self) -> str | None:
        """SHA-256 of the exact bytes of the body."""
        return hashlib.sha256(self.call.body).hexdigest() if self.call else None


class Courier(Struct, frozen=True):
    """What it takes to tell one network."""

    adapter: Adapter
    policy: Policy
    credentials: Credentials
    egress: Egress

    def deliver(self, events: Sequence[CleanEvent]) -> Iterator[Delivery]:
        """Each event's delivery. Events are sent in as few requests as the network takes; order is not kept."""
        for batch in self._batch(events):
            yield from self._send(batch)

    def _batch(self, events: Sequence[CleanEvent]) -> Iterator[list[CleanEvent]]:
        def key(event: CleanEvent) -> str:
            return self.adapter.group_key(event, self.policy)

        for _, group in groupby(sorted(events, key=key), key=key):
            alike = list(group)
            for start in range(0, len(alike), self.adapter.max_batch):
                yield alike[start : start + self.adapter.max_batch]

    def _send(self, batch: Sequence[CleanEvent]) -> Iterator[Delivery]:
        try:
            credential = self.credentials.token(self.policy.rules[self.adapter.destination])
        except CredentialError:
            yield from (Delivery(event, Retry(None, Reason.UNAUTHORISED, None)) for event in batch)
            return
        call = self.adapter.render(batch, self.policy, credential)
        reply = self.egress.send(call)
        if isinstance(reply, Unreachable):
            yield from (Delivery(event, Retry(None, Reason.UNAVAILABLE, reply.kind), call) for event in batch)
            return
        answer = self.adapter.read_answer(reply.status, reply.headers, reply.body, len(batch))
        if isinstance(answer, Split):
            if len(batch) == 1:
                yield Delivery(batch[0], Rejected(answer.code), call, reply.status)
                return
            middle = len(batch) // 2
            yield from self._send(batch[:middle])
            yield from self._send(batch[middle:])
            return
        answers = answer if isinstance(answer, tuple) else (answer,) * len(batch)
        yield from (Delivery(event, each, call, reply.status) for event, each in zip(batch, answers, strict=True))
