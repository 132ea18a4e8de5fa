"""A message's event in, whether it may be told now out: guard, policy, age, kill switch, moment and authorization."""

import msgspec
from msgspec import Struct

from airlock.address_book import ADDRESS_BOOK, ContactField
from airlock.authorization import Authorizations
from airlock.clean import Basis, CleanEvent, Digests
from airlock.gate import Gate
from airlock.guard import Guard, Hit
from airlock.mask import told_fields
from airlock.outcome import Outcome, Reason
from airlock.policy import Policy
from forwarder.adapter import Adapter


class Admitted(Struct, frozen=True):
    """It may be told: the event, with what may still be told of it."""

    event: CleanEvent


class Waits(Struct, frozen=True):
    """Not now. Without `seconds` nobody knows for how long."""

    reason: Reason
    seconds: int | None = None


class Ends(Struct, frozen=True):
    """It will not be told."""

    outcome: Outcome
    reason: Reason
    rule: Hit | None = None


class Door(Struct, frozen=True):
    """What one network's events have to pass. `waits` is false in the workbench only, where no moment is waited for."""

    adapter: Adapter
    policy: Policy
    guard: Guard
    authorizations: Authorizations
    gate: Gate
    waits: bool = True

    def admit(self, event: CleanEvent, message: str, now: int) -> Admitted | Waits | Ends:
        """What is to be done with an event at `now`, epoch milliseconds; `message` is what it was read from."""
        destination = self.adapter.destination
        rule = self.policy.rules.get(destination)
        if (hit := self.guard.check_message(message.encode())) is not None:
            return Ends(Outcome.WITHHELD, Reason.PHI_SUSPECTED, hit)
        if rule is None or event.event not in rule.events:
            return Ends(Outcome.WITHHELD, Reason.NOT_CONFIGURED)
        if now // 1000 > self.adapter.takes_until(event):
            return Ends(Outcome.EXPIRED, Reason.EXPIRED)
        if self.gate.look(now).stops(destination):
            return Waits(Reason.CLOSED)
        wait = event.not_before - now // 1000
        if wait > 0 and self.waits:
            return Waits(Reason.NOT_YET, wait)
        allowed = self._check_authorization(event, now)
        return Ends(Outcome.WITHHELD, Reason.AUTHORIZATION_REVOKED) if allowed is None else Admitted(allowed)

    def _check_authorization(self, event: CleanEvent, now: int) -> CleanEvent | None:
        """The event with what may still be told: a digest whose authorization ended meanwhile stays here."""
        if event.digests is None or event.basis is not Basis.AUTHORIZATION:
            return event
        terms = self.authorizations.find(event.authorization) if event.authorization else None
        covered = terms.covers(event.destination, now) if terms else frozenset()
        told = told_fields(event.digests)
        left = {field: getattr(event.digests, field) for field in told if field in covered}
        if len(left) == len(told):
            return event
        if not self._is_recognisable(frozenset(left), has_click=event.click is not None):
            return None
        return msgspec.structs.replace(
            event,
            digests=Digests(**left) if left else None,
            authorization=event.authorization if left else None,
            basis=Basis.AUTHORIZATION if left else Basis.CONSENT,
        )

    def _is_recognisable(self, told: frozenset[ContactField], *, has_click: bool) -> bool:
        """Whether the network could make anything of an event with these digests; if not, nothing of it is told."""
        address = ADDRESS_BOOK[self.adapter.destination]
        if address.needs_one_of:
            return bool(address.needs_one_of & told)
        return has_click or any(enough <= told for enough in address.recognised_by)
