"""The exact request that is about to leave in, the rule that it breaks out: the second fence's last look.

The message was checked when it was read; this checks what a destination file made of it. Every key is one of the
network's, every text a word of the network's or the policy's or one of these events' own tokens, every number an amount
of the policy's or a quarter hour.
"""

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from airlock import lexicon
from airlock.address_book import ContactField, Destination
from airlock.clean import CleanEvent
from airlock.policy import Policy
from airlock.request_words import REQUEST_WORDS

_decode = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.encode
_PARTS = re.compile(r"[/?&=:]")
_QUARTER_S, _QUARTER_MS, _QUARTER_US = 900, 900_000, 900_000_000
_LATEST_S, _LATEST_MS = 4_102_444_800, 4_102_444_800_000  # the year 2100: what is larger is of the finer unit
_PRODUCT = "airlock/1"
_HEADERS = frozenset(
    {
        *(("content-type", "application/json"), ("accept", "application/json"), ("user-agent", _PRODUCT)),
        *(("x-restli-protocol-version", "2.0.0"), ("x-restli-method", "BATCH_CREATE")),
    }
)


class RequestGuard:
    """Checks the requests to one network against one policy's words. `version` is the network's, as URLs have it."""

    def __init__(self, policy: Policy, destination: Destination, version: str) -> None:
        rule = policy.rules[destination]
        network = REQUEST_WORDS[destination]
        self._version = version
        self._keys = network.keys
        self._numbers = network.numbers
        self._address = network.address | {"", version, rule.account}
        self._amounts = {
            amount for event in policy.events for amount in (*event.bands, event.amount) if amount is not None
        }
        labels = {policy.public_origin + page.label for page in policy.pages if page.label}
        told = {*rule.events.values(), *(f"urn:lla:llaPartnerConversion:{word}" for word in rule.events.values())}
        own = {rule.account, rule.login_account, rule.test_code, policy.currency, policy.state, policy.public_url}
        words = {*network.constants, *labels, *told, *map(str, self._amounts), *filter(None, map(_text, own))}
        known = lexicon.load().exempting(policy.exempt_terms)
        # What the clinic chose says nothing about health, or goes nowhere: the rule that a word breaks, or None.
        chosen = {*labels, *told, policy.public_url}
        self._words = {word: known.find(word, is_chosen=True) if word in chosen else None for word in words}

    def check_request(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes, credential: str, events: Sequence[CleanEvent]
    ) -> str | None:
        """The rule that a request breaks that is to tell these events, or None. The credential is never looked at."""
        if not self._is_address(url.replace(credential, "")) or not self._are_headers(headers, credential):
            return "unknown_address"
        try:
            document = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return "not_json"
        if _encode(document) != body:
            return "not_canonical"
        return self._check(document, frozenset(token for event in events for token in _tokens(event)))

    def _is_address(self, url: str) -> bool:
        _, _, path = url.removeprefix("https://").partition("/")
        return url.startswith("https://") and self._address.issuperset(_PARTS.split(path))

    def _are_headers(self, headers: Sequence[tuple[str, str]], credential: str) -> bool:
        return all(
            header in _HEADERS
            or (header[1].endswith(credential) and header[1].removesuffix(credential) in {"", "Bearer "})
            or header == ("linkedin-version", self._version)
            for header in headers
        )

    def _check(self, value: object, tokens: frozenset[str]) -> str | None:
        match value:
            case dict():
                if not value.keys() <= self._keys:
                    return "unknown_key"
                return next(filter(None, (self._check(item, tokens) for item in value.values())), None)
            case list():
                return next(filter(None, (self._check(item, tokens) for item in value)), None)
            case str():
                return self._words.get(value, None if value in tokens else "unknown_word")
            case bool():
                return None
            case int() | float():
                return None if value in self._amounts or value in self._numbers else _check_time(value)
            case _:
                return "unknown_word"


def _text(word: str | None) -> str:
    return "" if word is None else str.__str__(word)


def _tokens(event: CleanEvent) -> Iterator[str]:
    """Every text that a request may hold because of this event, in each network's way of writing it."""
    yield str.__str__(event.event_id)
    yield f"{int(event.event_id[:8], 16)}.{int(event.event_id[8:16], 16)}"  # GA4's client id, one an event
    yield f"{datetime.datetime.fromtimestamp(event.at, datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
    if event.click is not None:
        yield event.click.id
        yield f"fb.1.{(event.click_at or event.at) * 1000}.{event.click.id}"
    if event.digests is not None:
        found: Mapping[str, str | None] = {field: getattr(event.digests, field) for field in ContactField}
        yield from (str.__str__(digest) for digest in found.values() if digest is not None)


def _check_time(value: float) -> str | None:
    """Epoch seconds, milliseconds or microseconds on a quarter hour."""
    unit = _QUARTER_S if value <= _LATEST_S else _QUARTER_MS if value <= _LATEST_MS else _QUARTER_US
    return None if type(value) is int and value > 0 and value % unit == 0 else "unknown_number"
