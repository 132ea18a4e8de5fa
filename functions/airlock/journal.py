"""Decisions and disclosures in, one PHI-free JSON line each out: the log that an auditor reads.

Every field is a word of a closed vocabulary, a derived id, a number or a hash. The schema is versioned by `schema`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, TextIO

import msgspec

from airlock.address_book import ContactField, Destination
from airlock.clean import Amount, Basis, CleanEvent, Digests, Source
from airlock.outcome import Outcome, Reason
from airlock.policy import PayloadLog, Surface
from airlock.tokens import AuthorizationRef, ClickIdKind, EventId, EventName, PageLabel, to_text

SCHEMA = 1
# 16 hex digits name an authorization in the journal; its id is never there.
_REF_DIGITS = 16


class _Line(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    schema: int
    kind: str
    at: int  # epoch milliseconds at which the line was written
    policy: str
    outcome: Outcome
    reason: Reason | None = None
    destination: Destination | None = None
    event: EventName | None = None
    event_id: EventId | None = None


class _Decision(_Line, frozen=True, omit_defaults=True, kw_only=True):
    surface: Surface | None = None
    label: PageLabel | None = None
    source: Source | None = None
    click_id: ClickIdKind | None = None
    digests: list[ContactField] = []
    basis: Basis = Basis.NONE
    authorization: str | None = None
    not_before: int | None = None
    props: dict[str, str] = {}
    dropped: dict[str, int] = {}
    field: str | None = None
    rule: str | None = None
    bytes: int | None = None


class _Disclosure(_Line, frozen=True, omit_defaults=True, kw_only=True):
    attempt: int = 1
    host: str | None = None
    status: int | None = None
    code: str | None = None
    trace: str | None = None
    rule: str | None = None
    click_id: ClickIdKind | None = None
    digests: list[ContactField] = []
    basis: Basis = Basis.NONE
    authorization: str | None = None
    not_before: int | None = None
    told_at: int | None = None
    amount: Amount | None = None
    payload: msgspec.Raw | None = None
    sha256: str | None = None
    bytes: int | None = None


class _Fault(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    schema: int
    kind: Literal["fault", "authorization"]
    at: int
    policy: str
    outcome: Outcome | None = None
    reason: Reason | None = None
    type: str | None = None
    line: str | None = None
    authorization: str | None = None
    change: str | None = None


_encode = msgspec.json.Encoder(enc_hook=to_text).encode


class Journal:
    """Writes lines to a log, each stamped with the policy's hash."""

    def __init__(self, log: TextIO, policy_digest: str) -> None:
        self._log = log
        self._policy = policy_digest

    def _put(self, line: msgspec.Struct) -> None:
        self._log.write(_encode(line).decode() + "\n")

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
            _Decision(
                schema=SCHEMA,
                kind="decision",
                at=at,
                policy=self._policy,
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
            )
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
        """What became of one event at its network; `payload` is JSON as told or masked, `sha256` of the exact bytes."""
        self._put(
            _Disclosure(
                schema=SCHEMA,
                kind="disclosure",
                at=at,
                policy=self._policy,
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
                payload=None if payload is None else msgspec.Raw(payload),
                sha256=sha256,
                bytes=size,
            )
        )

    def stumble(self, at: int, reason: Reason, error: BaseException, destination: Destination | None = None) -> None:
        """An exception that should not have been: its type and where it was raised, never its text."""
        self._put(
            _Fault(
                schema=SCHEMA,
                kind="fault",
                at=at,
                policy=self._policy,
                outcome=Outcome.REFUSED if destination is None else Outcome.HELD,
                reason=reason,
                type=type(error).__name__,
                line=_raised_at(error),
            )
        )

    def record_authorization(self, at: int, ref: AuthorizationRef, change: str) -> None:
        """An authorization was recorded or revoked."""
        self._put(
            _Fault(
                schema=SCHEMA,
                kind="authorization",
                at=at,
                policy=self._policy,
                authorization=shorten(ref),
                change=change,
            )
        )


def told_fields(digests: Digests | None) -> list[ContactField]:
    """The contact fields of which a digest is told."""
    return [] if digests is None else [field for field in ContactField if getattr(digests, field) is not None]


def shorten(ref: AuthorizationRef | None) -> str | None:
    """The first hex digits by which the journal names an authorization."""
    return None if ref is None else ref[:_REF_DIGITS]


def mask(payload: bytes, clean: CleanEvent, log: PayloadLog) -> bytes | None:
    """A told payload as the policy wants it in the journal: as it is, with identifiers shortened, or not at all."""
    if log is PayloadLog.DIGEST:
        return None
    if log is PayloadLog.FULL:
        return payload
    masked = payload
    identifiers = [getattr(clean.digests, field) for field in told_fields(clean.digests)]
    if clean.click:
        identifiers.append(clean.click.id)
    for identifier in identifiers:
        masked = masked.replace(identifier.encode(), f"{identifier[:4]}..".encode())
    return masked


def _raised_at(error: BaseException) -> str | None:
    trace = error.__traceback__
    if trace is None:
        return None
    while trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__", "")
    return f"{module}:{trace.tb_lineno}"
