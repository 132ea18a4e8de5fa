"""An event that is about to be sent in, its claim in the ledger out, or why it may not be sent; and what came of it."""

from msgspec import Struct

from airlock.clean import CleanEvent
from airlock.outcome import Reason
from forwarder.adapter import Adapter
from forwarder.answer import Answer, Delivered, InDoubt, Repeated, Retry
from forwarder.ledger import Claim, Ledger, LedgerError

IN_HAND_MS = 300_000
"""For how long a claim may be that of another copy of the message, still at work."""


class Claims(Struct, frozen=True):
    """One network's claims. A network that always knows an event again needs none."""

    adapter: Adapter
    ledger: Ledger

    @property
    def are_needed(self) -> bool:
        """Whether this network may count an event twice."""
        return self.adapter.recognises_s is not None

    def claim(self, event: CleanEvent, now: int) -> Claim | Answer:
        """The claim at `now`, epoch milliseconds, or why the event may not be sent."""
        try:
            claim = self.ledger.claim(self.adapter.destination, event.event_id, now)
        except LedgerError:
            return Retry(None, Reason.LEDGER_UNAVAILABLE)
        if claim.is_told:
            return Repeated()
        if claim.since is not None and now - claim.since >= (self.adapter.recognises_s or 0) * 1000:
            # It would count twice. Unless it is only another copy's, whose answer is waited for.
            return Retry(None, Reason.NOT_YET) if now - claim.since < IN_HAND_MS else InDoubt()
        return claim

    def enter(self, event: CleanEvent, claim: Claim, answer: Answer) -> None:
        """Enter what came of a claimed event.

        Raises:
            LedgerError: it could not be entered.
        """
        match answer:
            case Delivered():
                self.ledger.confirm(self.adapter.destination, event.event_id)
            case InDoubt() | Retry(may_have_arrived=True):
                pass  # the claim stands, from its first moment
            case _ if claim.is_new:
                self.ledger.release(self.adapter.destination, event.event_id)
            case _:
                pass  # an earlier doubt is not settled by a later refusal
