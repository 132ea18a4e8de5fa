"""A policy's words in, a reader of the messages that are good by them out: a type a network, which holds nothing else.

The guard reads nearly every message by it, in one step. Whatever it does not read is looked at key by key, so that the
broken rule has its name; it may read less than the guard would pass, and never more.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, Protocol, cast

import msgspec
from msgspec import Meta, defstruct

from airlock import wire
from airlock.address_book import ADDRESS_BOOK, Address, ContactField, Destination
from airlock.clean import Amount, Basis, QuarterHour, Source
from airlock.policy import Policy
from airlock.tokens import AuthorizationRef, ClickId, ClickIdKind, Digest

_NOTHING = Annotated[str, Meta(pattern="(?!)")]
# What a regular expression would have to be asked for each message is asked once for all of them.
_EventId = Annotated[str, Meta(min_length=32, max_length=32)]
_HEX = b"0123456789abcdef"
_CLICKS = re.compile(f"(?:(?:{ClickId.grammar.pattern})~)*", re.ASCII)
UUIDS = frozenset({ClickIdKind.LI_FAT_ID, ClickIdKind.SCCID})
"""Hexadecimal digits in groups have no room for a word."""
_write = msgspec.json.Encoder().encode_lines


class _Event(Protocol):
    amount: Amount | None
    click: str | None
    event_id: str


class _Envelope(Protocol):
    event: _Event


Reader = Callable[[Sequence[bytes]], list[str] | None]


def build_reader(policy: Policy, names: Iterable[str], labels: Iterable[str]) -> Reader:
    """The reader of this policy's messages, of which only these names and labels are good.

    It gives the click ids of good messages, for their text is still to be looked at; None where one is not seen to be
    good. What is a UUID need not be looked at.
    """
    one_of_names, one_of_labels = _one_of(names), _one_of(labels)
    own: dict[type, dict[str, bool]] = {}  # each network's kinds of click id, and whether one is to be looked at
    for destination in policy.rules:
        event = _build_event(destination, policy, one_of_names, one_of_labels)
        own[event] = {kind: kind not in UUIDS for kind in ADDRESS_BOOK[destination].click_ids}
    if not own:
        return lambda _: None
    amounts = list_amounts(policy) | {None}
    fields = [("v", Literal[wire.VERSION]), ("event", reduce(or_, own))]
    envelope = defstruct("Envelope", fields, forbid_unknown_fields=True, frozen=True)
    decode = cast("Callable[[bytes], list[_Envelope]]", msgspec.json.Decoder(envelope).decode_lines)

    def read(messages: Sequence[bytes]) -> list[str] | None:
        lines = b"\n".join(messages)
        try:
            envelopes = decode(lines)
        except ValueError:  # msgspec's errors and UnicodeError are ValueErrors; their text repeats a value, so it goes
            return None
        # Written anew they are the same: no key stands twice, no space, no escape, nothing that counts as left out.
        # None of them holds an end of line, so as many lines as messages are one of each.
        if len(envelopes) != len(messages) or _write(envelopes) != lines + b"\n":
            return None
        event_ids, clicks, click_ids = "", "", []
        for each in envelopes:
            event = each.event
            event_ids += event.event_id
            if event.amount not in amounts:
                return None
            if event.click is not None:
                clicks += event.click + "~"
                kind, _, click_id = event.click.partition(":")
                is_looked_at = own[type(event)].get(kind)
                if is_looked_at is None or "~" in click_id:  # two in one would be read as two of two messages
                    return None
                if is_looked_at:
                    click_ids.append(click_id)
        if event_ids.encode().translate(None, _HEX) or _CLICKS.fullmatch(clicks) is None:
            return None
        return click_ids

    return read


def list_amounts(policy: Policy) -> frozenset[Amount | None]:
    """What an event may be worth."""
    return frozenset(amount for event in policy.events for amount in (*event.bands, event.amount)) - {None}


def _build_event(destination: Destination, policy: Policy, names: Any, labels: Any) -> type:  # noqa: ANN401 - types
    """One network's event, with its keys in the order in which they are written."""
    address = ADDRESS_BOOK[destination]
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
        ("event", names),
        ("event_id", _EventId),
        ("at", QuarterHour),
        ("not_before", QuarterHour),
        ("source", _one_of(Source), None),
        ("amount", int | float | None, None),
        ("currency", Literal[str(policy.currency)] | None, None),
        ("label", labels | None, None),
        ("click", str | None, None),
        ("click_at", QuarterHour | None, None),
        ("digests", _build_digests(address) | None, None),
        ("authorization", _by(AuthorizationRef.grammar.pattern) | None, None),
        ("basis", _one_of(Basis), None),
    ]
    return defstruct(
        f"{destination}_event",
        fields,
        tag_field="destination",
        tag=str(destination),
        forbid_unknown_fields=True,
        omit_defaults=True,
        frozen=True,
    )


def _build_digests(address: Address) -> Any:  # noqa: ANN401 - a type
    digest = _by(Digest.grammar.pattern)
    fields = [(str(field), digest | None, None) for field in ContactField if field in address.contact]
    return defstruct("Digests", fields, forbid_unknown_fields=True, omit_defaults=True, frozen=True)


def _by(pattern: str) -> Any:  # noqa: ANN401 - a type
    """A text that is all of this pattern; msgspec asks for it anywhere in the text."""
    return Annotated[str, Meta(pattern=rf"\A(?:{pattern})\Z")]


def _one_of(words: Iterable[str]) -> Any:  # noqa: ANN401 - a type
    literals = tuple(map(str.__str__, words))
    return Literal[literals] if literals else _NOTHING
