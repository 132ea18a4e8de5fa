"""The second fence: the exact bytes that are about to leave in, the rule that they break out.

The pipeline builds messages from a closed vocabulary; this reads them back as if it had not. A hit means a bug or a bad
policy, or an identifier in the guise of a click id.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from airlock import lexicon, patterns, wire
from airlock.address_book import ADDRESS_BOOK, ContactField
from airlock.clean import Basis, Source
from airlock.frames import UUIDS, Frames
from airlock.glance import APART, Glance
from airlock.plain_text import decode_runs, unwrap
from airlock.policy import Policy
from airlock.tokens import AuthorizationRef, ClickId, Digest, EventId

Hit = str
"""The name of the broken rule, out of a closed vocabulary: it goes into the journal."""

_decode = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.encode
_Check = Callable[[object], Hit | None]


class Guard:
    """Checks messages against one policy's vocabulary, the health lexicon and the shapes of identifiers."""

    def __init__(self, policy: Policy) -> None:
        self._lexicon = lexicon.load().exempting(policy.exempt_terms)
        self._is_opaque = Glance(self._lexicon.terms).is_opaque
        rules = policy.rules.values()
        names = self._vet(event.name for event in policy.events)
        labels = self._vet(page.label for page in policy.pages if page.label)
        self._frames = Frames()
        self._checks: Mapping[str, _Check] = {
            "destination": _one_of({rule.destination for rule in rules}),
            "event": _one_word_of(names),
            "event_id": _grammar(EventId.grammar),
            "at": _is_quarter_hour,
            "not_before": _is_quarter_hour,
            "click_at": _is_quarter_hour,
            "source": _one_of(Source),
            "amount": _one_amount_of(policy),
            "currency": _one_of({policy.currency}),
            "label": _one_word_of(labels),
            "click": _grammar(ClickId.grammar),
            "digests": _are_digests,
            "authorization": _grammar(AuthorizationRef.grammar),
            "basis": _one_of(Basis),
        }

    def check_message(self, message: bytes) -> Hit | None:
        """The rule that a queue message breaks, or None."""
        return self.check_messages((message,))

    def check_messages(self, messages: Sequence[bytes]) -> Hit | None:
        """The rule that one of an event's messages breaks, or None."""
        text = self._frames.read(messages)
        if text is None:
            click_ids: list[str] = []
            for message in messages:
                if hit := self._check_keys(message, click_ids):
                    return hit
            self._frames.learn(messages)
            text = APART.join(click_ids)
        if not text or self._is_opaque(text):
            return None
        return next(filter(None, map(self._look, itertools.filterfalse(self._is_opaque, text.split(APART)))), None)

    def _check_keys(self, message: bytes, click_ids: list[str]) -> Hit | None:
        """The same, key by key: whether a frame that is new is good, and which rule is broken."""
        try:
            envelope = _decode(message)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return "not_json"
        if _encode(envelope) != message:  # a key that stands twice, an escape, a space: not what the sanitizer writes
            return "not_canonical"
        event = envelope.get("event")
        if envelope.keys() != {"v", "event"} or not isinstance(event, dict):
            return "unknown_key"
        if type(envelope["v"]) is not int or envelope["v"] != wire.VERSION:
            return "unknown_word"
        for key, value in event.items():
            check = self._checks.get(key)
            if check is None:
                return "unknown_key"
            if hit := check(value):
                return hit
        if hit := _check_address(event):
            return hit
        kind, _, click_id = event.get("click", "").partition(":")
        if text := _spell_out(click_id) if kind in UUIDS else click_id:
            click_ids.append(text)
        return None

    def _look(self, text: str, *, is_chosen: bool = False) -> Hit | None:
        plain = unwrap(text)
        decoded = decode_runs(plain)
        return self._lexicon.find_in(plain, decoded, is_chosen=is_chosen) or patterns.find_in(plain, decoded)

    def _vet(self, words: Iterable[str]) -> dict[str, Hit | None]:
        """Each of the policy's own words is looked at once, when the guard is made."""
        return {str(word): self._look(word, is_chosen=True) for word in words}


def _spell_out(uuid: str) -> str:
    """The text that a UUID's sixteen bytes are; nothing where they are none, as by chance one in ten million is."""
    raw = bytes.fromhex(uuid.replace("-", ""))
    return text if raw.isascii() and (text := raw.decode("ascii")).isprintable() else ""


def _one_word_of(vetted: Mapping[str, Hit | None]) -> _Check:
    return lambda value: vetted.get(value, "unknown_word") if isinstance(value, str) else "unknown_word"


def _check_address(event: Mapping[str, Any]) -> Hit | None:
    """Each network is given its own click ids and the contact fields that it takes, whatever a policy says."""
    address = ADDRESS_BOOK.get(event.get("destination"))  # type: ignore[arg-type]  # a checked word, or none
    if address is None or not event.get("digests", {}).keys() <= address.contact.keys():
        return "foreign_identifier"
    if "click" in event and event["click"].partition(":")[0] not in address.click_ids:
        return "foreign_identifier"
    return None


def _one_of(words: Iterable[str]) -> _Check:
    allowed = frozenset(map(str, words))
    return lambda value: None if isinstance(value, str) and value in allowed else "unknown_word"


def _one_amount_of(policy: Policy) -> _Check:
    amounts = {amount for event in policy.events for amount in (*event.bands, event.amount)} - {None}
    return lambda value: None if type(value) in {int, float} and value in amounts else "unknown_word"


def _grammar(grammar: re.Pattern[str]) -> _Check:
    return lambda value: None if isinstance(value, str) and grammar.fullmatch(value) else "unknown_word"


def _is_quarter_hour(value: object) -> Hit | None:
    return None if type(value) is int and value % 900 == 0 else "time_not_rounded"


def _are_digests(value: object) -> Hit | None:
    if not isinstance(value, dict) or not value.keys() <= set(ContactField):
        return "unknown_key"
    well = all(isinstance(digest, str) and Digest.grammar.fullmatch(digest) for digest in value.values())
    return None if well else "unknown_word"
