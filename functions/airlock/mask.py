"""A told payload in, what the journal may show of it out: all, or identifiers named and not shown, or nothing."""

import re
from collections.abc import Iterable

from airlock.address_book import ContactField
from airlock.clean import CleanEvent, Digests
from airlock.policy import PayloadLog

# Any other SHA-256 in a payload is of an event that shared the request.
_DIGEST = re.compile(rb"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")
# Where each network's format holds a click id; those of events that shared the request are found by their key.
_CLICK = re.compile(
    rb'"(fbc|gclid|gbraid|wbraid|ttclid|ttp|li_fat_id|idValue|msclkid|rdt_cid|click_id|epik|ScCid|sc_click_id)":'
    rb'"[^"]*"'
)


def mask(payload: bytes, events: CleanEvent | Iterable[CleanEvent], log: PayloadLog) -> bytes | None:
    """A JSON payload that told these events, as the policy's `payload_log` wants it in the journal.

    A masked identifier reads `<email sha256>` or `<fbclid>`: it says which one was told and nothing of its value.
    """
    if log is PayloadLog.DIGEST:
        return None
    if log is PayloadLog.FULL:
        return payload
    masked = payload
    for event in (events,) if isinstance(events, CleanEvent) else events:
        for field in told_fields(event.digests):
            masked = masked.replace(getattr(event.digests, field).encode(), f"<{field} sha256>".encode())
        if event.click:
            masked = masked.replace(event.click.id.encode(), f"<{event.click.kind}>".encode())
    return _CLICK.sub(_name_click, _DIGEST.sub(b"<sha256>", masked))


def _name_click(found: re.Match[bytes]) -> bytes:
    return found[0] if b"<" in found[0] else b'"%b":"<%b>"' % (found[1], found[1])


def told_fields(digests: Digests | None) -> list[ContactField]:
    """The contact fields of which a digest is told."""
    return [] if digests is None else [field for field in ContactField if getattr(digests, field) is not None]
