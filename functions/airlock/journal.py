"""Decisions and disclosures in, one PHI-free JSON line each out: the log that an auditor reads.

The lines of one journal are one chain (`chain.py`); `journal_line.py` has their forms, versioned by `schema`.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TextIO

import msgspec

from airlock.address_book import Destination
from airlock.chain import Chain
from airlock.clean import Basis, CleanEvent, Source
from airlock.journal_line import SCHEMA, Checkpoint, Decision, Disclosure, Note, Processing
from airlock.mask import mask, told_fields
from airlock.outcome import Outcome, Reason
from airlock.policy import Surface
from airlock.tokens import AuthorizationRef, EventId, EventName, PageLabel, to_text

__all__ = ["SCHEMA", "UNVERSIONED", "Journal", "mask", "shorten", "told_fields"]

UNVERSIONED = "source"
"""What lines name as the code's version where nobody gave it one."""
# 16 hex digits name an authorization in the journal; its id is never there.
_REF_DIGITS = 16

_encode = msgspec.json.Encoder(enc_hook=to_text).encode


class Journal:
    """Writes lines to a log, each stamped with the policy's hash and the code's version. Safe to use from threads.

    Without a chain of its own it writes the chain `unnamed`, unsigned: for a tool that reads its lines at once.
    """

    def __init__(
        self, log: TextIO, policy_digest: str, *, version: str = UNVERSIONED, chain: Chain | None = None
    ) -> None:
        self._log = log
        self._policy = policy_digest
        self._version = version
        self._chain = chain or Chain("unnamed")
        self._lock = threading.Lock()
        self._shown: tuple[str, int] | None = None  # the hash of the payload that was shown last, and where

    def _put(self, at: int, line: msgspec.Struct) -> None:
        with self._lock:
            self._write(at, line)

    def _write(self, at: int, line: msgspec.Struct) -> None:
        self._log.write(self._chain.link(_encode(line)).decode() + "\n")
        if self._chain.is_due(at):
            self._write_checkpoint(at)

    def _write_checkpoint(self, at: int) -> None:
        signer = self._chain.signer
        if signer is None:
            return
        signature = signer.sign(self._chain.state(at))
        line = Checkpoint(
            schema=SCHEMA,
            kind="checkpoint",
            at=at,
            policy=self._policy,
            version=self._version,
            key=signer.key,
            signature=signature,
        )
        self._log.write(self._chain.link(_encode(line)).decode() + "\n")

    def seal(self, at: int) -> None:
        """Write a checkpoint now, where the chain has a key: what is about to end is then signed to its end."""
        with self._lock:
            self._write_checkpoint(at)

    def decide(  # noqa: PLR0913 - a line's fields
        self,
        at: int,
        *,
        outcome: Outcome,
        reason: Reason | None = None,
        destination: Destination | None = None,
        event: EventName | None = None,
        event_id: EventId | None = None,
        clean: CleanEvent | None = None,
        surface: Surface | None = None,
        label: PageLabel | None = None,
        source: Source | None = None,
        props: Mapping[str, str] | None = None,
        dropped: Iterable[str] = (),
        field: str | None = None,
        rule: str | None = None,
        size: int | None = None,
    ) -> None:
        """One decision of the sanitizer; `dropped` names contract fields, once for each value that was dropped."""
        self._put(
            at,
            Decision(
                schema=SCHEMA,
                kind="decision",
                at=at,
                policy=self._policy,
                version=self._version,
                outcome=outcome,
                reason=reason,
                destination=destination,
                event=event,
                event_id=event_id,
                surface=surface,
                label=label,
                source=source,
                click_id=clean.click.kind if clean and clean.click else None,
                digests=told_fields(clean.digests) if clean else [],
                basis=clean.basis if clean else Basis.NONE,
                authorization=shorten(clean.authorization) if clean else None,
                not_before=clean.not_before if clean else None,
                props=dict(props or {}),
                dropped=dict(Counter(dropped)),
                field=field or None,
                rule=rule,
                bytes=size,
            ),
        )

    def disclose(  # noqa: PLR0913 - a line's fields
        self,
        at: int,
        *,
        outcome: Outcome,
        reason: Reason | None,
        clean: CleanEvent,
        attempt: int,
        host: str | None = None,
        status: int | None = None,
        code: str | None = None,
        trace: str | None = None,
        rule: str | None = None,
        payload: bytes | None = None,
        sha256: str | None = None,
        size: int | None = None,
    ) -> None:
        """What became of one event at its network; `payload` is JSON as told or masked, `sha256` of the exact bytes.

        A request that told several events is shown once: the other lines name the place of the one that shows it.
        """
        with self._lock:  # so that this line stands at the place that the next ones name
            place = self._find_shown(payload, sha256)
            self._write(
                at,
                Disclosure(
                    schema=SCHEMA,
                    kind="disclosure",
                    at=at,
                    policy=self._policy,
                    version=self._version,
                    outcome=outcome,
                    reason=reason,
                    destination=clean.destination,
                    event=clean.event,
                    event_id=clean.event_id,
                    attempt=attempt,
                    host=host,
                    status=status,
                    code=code,
                    trace=trace,
                    rule=rule,
                    click_id=clean.click.kind if clean.click else None,
                    digests=told_fields(clean.digests),
                    basis=clean.basis,
                    authorization=shorten(clean.authorization),
                    not_before=clean.not_before,
                    told_at=clean.at,
                    amount=clean.amount,
                    payload=None if payload is None or place is not None else msgspec.Raw(payload),
                    payload_at=place,
                    sha256=sha256,
                    bytes=size,
                ),
            )

    def _find_shown(self, payload: bytes | None, sha256: str | None) -> int | None:
        """The place of the line that shows this payload; None where the next line is to show it, or none is."""
        if payload is None or sha256 is None:
            return None
        if self._shown is not None and self._shown[0] == sha256:
            return self._shown[1]
        self._shown = (sha256, self._chain.next)
        return None

    def stumble(self, at: int, reason: Reason, error: BaseException, destination: Destination | None = None) -> None:
        """An exception that should not have been: its type and where it was raised, never its text."""
        outcome = Outcome.REFUSED if destination is None else Outcome.HELD
        self._note(
            at,
            "fault",
            outcome=outcome,
            reason=reason,
            destination=destination,
            type=type(error).__name__,
            line=_raised_at(error),
        )

    def record_authorization(self, at: int, ref: AuthorizationRef, change: str) -> None:
        """An authorization was recorded or revoked."""
        self._note(at, "authorization", authorization=shorten(ref), change=change)

    def record_gate(self, at: int, mode: str) -> None:
        """This execution environment saw the kill switch turned: `open`, `closed`, or closed for the networks named."""
        self._note(at, "gate", change=mode)

    def record_processing(
        self, at: int, destination: Destination, outcome: Outcome, trace: str, events: int, failed: Mapping[str, int]
    ) -> None:
        """What a network told later of a request that it had accepted; held where it never told. Names no event."""
        self._put(
            at,
            Processing(
                schema=SCHEMA,
                kind="processing",
                at=at,
                policy=self._policy,
                version=self._version,
                outcome=outcome,
                reason=Reason.GIVEN_UP if outcome is Outcome.HELD else None,
                destination=destination,
                trace=trace,
                events=events,
                failed=dict(failed),
            ),
        )

    def record_version_end(self, at: int, destination: Destination, version: str, ends: str) -> None:
        """A network's API version that is pinned in this code ends within 60 days, or has ended."""
        self._note(
            at, "api_version", reason=Reason.VERSION_ENDS, destination=destination, change=f"{version} ends {ends}"
        )

    def _note(self, at: int, kind: str, **fields: object) -> None:
        stamp = {"schema": SCHEMA, "kind": kind, "at": at, "policy": self._policy, "version": self._version}
        self._put(at, Note(**stamp, **fields))  # type: ignore[arg-type]  # the callers above name fields of a Note


def shorten(ref: AuthorizationRef | None) -> str | None:
    """The first hex digits by which the journal names an authorization."""
    return None if ref is None else ref[:_REF_DIGITS]


def _raised_at(error: BaseException) -> str | None:
    trace = error.__traceback__
    if trace is None:
        return None
    while trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__")
    return f"{module}:{trace.tb_lineno}"
