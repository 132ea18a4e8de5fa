"""The second fence: the exact bytes that are about to leave in, the rule that they break out.

The pipeline builds messages from a closed vocabulary; this reads them back as if it had not. A hit means a bug or a bad
policy, or an identifier in the guise of a click id.
"""

import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from airlock import lexicon, patterns
from airlock.address_book import ContactField
from airlock.clean import Amount, Basis, Source
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
        rules = policy.rules.values()
        amounts = {amount for event in policy.events for amount in (*event.bands, event.amount) if amount is not None}
        labels = {str(page.label) for page in policy.pages if page.label}
        self._words: dict[str, Hit | None] = {
            word: self._look(word) for word in {*labels, *(event.name for event in policy.events)}
        }
        self._checks: Mapping[str, _Check] = {
            "destination": _one_of({rule.destination for rule in rules}),
            "event": self._check_word,
            "event_id": _grammar(EventId.grammar),
            "at": _is_quarter_hour,
            "not_before": _is_quarter_hour,
            "click_at": _is_quarter_hour,
            "source": _one_of(Source),
            "amount": _one_amount_of(frozenset(amounts)),
            "currency": _one_of({policy.currency}),
            "label": self._check_word,
            "click": self._check_click,
            "digests": _are_digests,
            "authorization": _grammar(AuthorizationRef.grammar),
            "basis": _one_of(Basis),
        }

    def check_message(self, message: bytes) -> Hit | None:
        """The rule that a queue message breaks, or None."""
        try:
            envelope = _decode(message)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return "not_json"
        if _encode(envelope) != message:  # a key that stands twice, an escape, a space: not what the sanitizer writes
            return "not_canonical"
        event = envelope.get("event")
        if envelope.keys() != {"v", "event"} or not isinstance(event, dict):
            return "unknown_key"
        for key, value in event.items():
            check = self._checks.get(key)
            if check is None:
                return "unknown_key"
            if hit := check(value):
                return hit
        return None

    def _look(self, text: str) -> Hit | None:
        return self._lexicon.find(text) or patterns.find(text)

    def _check_word(self, value: object) -> Hit | None:
        return self._words.get(value, "unknown_word") if isinstance(value, str) else "unknown_word"

    def _check_click(self, value: object) -> Hit | None:
        if not isinstance(value, str) or ClickId.grammar.fullmatch(value) is None:
            return "unknown_word"
        return self._look(value.partition(":")[2])


def _one_of(words: Iterable[str]) -> _Check:
    allowed = frozenset(map(str, words))
    return lambda value: None if isinstance(value, str) and value in allowed else "unknown_word"


def _one_amount_of(amounts: frozenset[Amount]) -> _Check:
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
