"""The second fence: the exact bytes that are about to leave in, the rule that they break out.

The pipeline builds messages from a closed vocabulary; this reads them back as if it had not. A hit means a bug or a bad
policy, or an identifier in the guise of a click id.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from airlock import lexicon, patterns
from airlock.address_book import ADDRESS_BOOK, Address, ContactField
from airlock.clean import Amount, Basis, Source
from airlock.plain_text import decode_runs, unwrap
from airlock.policy import Policy
from airlock.tokens import AuthorizationRef, ClickId, ClickIdKind, Digest, EventId

Hit = str
"""The name of the broken rule, out of a closed vocabulary: it goes into the journal."""

_decode = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.encode
_APART = " x "  # neither a digit nor part of a term: nothing reaches across it
_UUIDS = frozenset({ClickIdKind.LI_FAT_ID, ClickIdKind.SCCID})  # hexadecimal digits in groups have no room for a word
_Check = Callable[[object], Hit | None]


class Guard:
    """Checks messages against one policy's vocabulary, the health lexicon and the shapes of identifiers."""

    def __init__(self, policy: Policy) -> None:
        self._lexicon = lexicon.load().exempting(policy.exempt_terms)
        rules = policy.rules.values()
        amounts = {amount for event in policy.events for amount in (*event.bands, event.amount) if amount is not None}
        names = self._vet(event.name for event in policy.events)
        labels = self._vet(page.label for page in policy.pages if page.label)
        self._plain = _compile_plain(policy, names, labels, amounts)
        self._checks: Mapping[str, _Check] = {
            "destination": _one_of({rule.destination for rule in rules}),
            "event": _one_word_of(names),
            "event_id": _grammar(EventId.grammar),
            "at": _is_quarter_hour,
            "not_before": _is_quarter_hour,
            "click_at": _is_quarter_hour,
            "source": _one_of(Source),
            "amount": _one_amount_of(frozenset(amounts)),
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
        click_ids = self._check_plain(messages)
        if click_ids is None:
            click_ids = []
            for message in messages:
                if hit := self._check_keys(message, click_ids):
                    return hit
        # What several hold together none of them need hold alone, but what none hold together none holds.
        if len(click_ids) > 1 and not self._look(_APART.join(click_ids)):
            return None
        return next(filter(None, map(self._look, click_ids)), None)

    def _check_plain(self, messages: Sequence[bytes]) -> list[str] | None:
        """The click ids still to be looked at, where each message is seen to be good in one step; else None."""
        click_ids: list[str] = []
        times: set[bytes | None] = set()
        for message in messages:
            plain = self._plain.fullmatch(message)
            if plain is None:
                return None
            at, not_before, click, clicked_at = plain.group("at", "not_before", "click", "click_at")
            times.update((at, not_before, clicked_at))
            if click is not None:
                kind, _, click_id = click.decode("ascii").partition(":")
                if kind not in _UUIDS:
                    click_ids.append(click_id)
        for time in times:
            if time is not None and int(time) % 900:
                return None
        return click_ids

    def _check_keys(self, message: bytes, click_ids: list[str]) -> Hit | None:
        """The same, key by key: for a message with digests, and to name the rule."""
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
        if hit := _check_address(event):
            return hit
        kind, _, click_id = event.get("click", "").partition(":")
        if kind and kind not in _UUIDS:
            click_ids.append(click_id)
        return None

    def _look(self, text: str) -> Hit | None:
        plain = unwrap(text)
        decoded = decode_runs(plain)
        return self._lexicon.find_in(plain, decoded) or patterns.find_in(plain, decoded)

    def _vet(self, words: Iterable[str]) -> dict[str, Hit | None]:
        """Each of the policy's own words is looked at once, when the guard is made."""
        return {str(word): self._look(word) for word in words}


def _compile_plain(
    policy: Policy, names: Mapping[str, Hit | None], labels: Mapping[str, Hit | None], amounts: Iterable[Amount]
) -> re.Pattern[bytes]:
    """The exact bytes that a good message can have: it is checked in one step, but for times and the click id's text.

    Each network has a group of its own: what it may be given depends on which of them has matched.
    """

    def any_of(words: Iterable[object]) -> str:
        return "|".join(re.escape(str(word)) for word in words) or "(?!)"

    def well(words: Mapping[str, Hit | None]) -> str:
        return any_of(word for word, hit in words.items() if hit is None)

    def by_network(part: Callable[[Address], str]) -> str:
        expression = "(?!)"
        for destination in policy.rules:
            expression = f"(?({destination}){part(ADDRESS_BOOK[destination])}|{expression})"
        return expression

    networks = "|".join(f"(?P<{destination}>{destination})" for destination in policy.rules) or "(?!)"
    time = "[0-9]{10}"
    return re.compile(
        f'{{"v":[0-9],"event":{{"destination":"(?:{networks})","event":"(?:{well(names)})",'
        f'"event_id":"{EventId.grammar.pattern}","at":(?P<at>{time}),"not_before":(?P<not_before>{time})'
        f'(?:,"source":"(?:{any_of(Source)})")?(?:,"amount":(?:{any_of(amounts)}))?'
        f'(?:,"currency":"{policy.currency}")?(?:,"label":"(?:{well(labels)})")?'
        f'(?:,"click":"(?={by_network(_kinds_of)})(?P<click>{ClickId.grammar.pattern})")?'
        f'(?:,"click_at":(?P<click_at>{time}))?'
        f'(?:,"digests":{{{by_network(_digests_of)}}})?'
        f'(?:,"authorization":"{AuthorizationRef.grammar.pattern}")?(?:,"basis":"(?:{any_of(Basis)})")?}}}}'.encode(
            "ascii"
        )
    )


def _kinds_of(address: Address) -> str:
    return f"(?:{'|'.join(address.click_ids)}):" if address.click_ids else "(?!)"


def _digests_of(address: Address) -> str:
    """Any of the network's contact fields, in their order; a comma parts one from the one before."""
    fields = [field for field in ContactField if field in address.contact]
    return "".join(f'(?:(?:(?<={{)|(?<!{{),)"{field}":"{Digest.grammar.pattern}")?' for field in fields) or "(?!)"


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
