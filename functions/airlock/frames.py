"""An event's messages in, the click ids that they hold out, where all else in them is known to be good.

A message is a frame, which many have in common - network, name, band, label, basis - then its times, and then what is
one visit's own: event id, click id, digests. Frames are made of a policy's few words, and one that was found good key
by key is good again. The rest has a grammar, and nothing of a visit's own is kept.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Final

import msgspec

from airlock import wire
from airlock.address_book import ADDRESS_BOOK, Address, ContactField, Destination
from airlock.glance import APART
from airlock.tokens import CLICK_GRAMMARS, AuthorizationRef, ClickIdKind, Digest, EventId

MOST: Final = 1024
"""So many frames, and so many times, are remembered: each is a few hundred bytes."""
UUIDS: Final = frozenset({ClickIdKind.LI_FAT_ID, ClickIdKind.SCCID})
"""Sixteen bytes in hexadecimal digits: random, unless all of them are letters of a text."""
_APART: Final = APART.encode("ascii")
# With these keys, which every message has, begin its times and what is a visit's own.
_TIMES: Final = b',"at":'
_OWN: Final = b',"event_id":"'
_NOT_OF_A_FRAME: Final = frozenset({"at", "not_before", "click_at", "event_id", "click", "digests", "authorization"})
_TEXT_IN_HEX: Final = "(?:(?:[2-6][0-9a-fA-F]|7[0-9a-eA-E])-?){16}"
_TIME: Final = "([1-9][0-9]{9})"
_read_times: Final = re.compile(f'{_TIME},"not_before":{_TIME}(?:,"click_at":{_TIME})?'.encode("ascii")).fullmatch


class Frames:
    """The frames of messages that have been found good. It may know less than is good, and never more."""

    __slots__ = ("_known", "_owns", "_times")

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, ...], _Own] = {}
        self._owns: dict[tuple[Destination, ...], _Own] = {}
        self._times: set[tuple[bytes, ...]] = set()

    def read(self, messages: Iterable[bytes]) -> str | None:
        """The click ids of one event's messages, APART; None where one is not known to be good.

        A UUID is not among them: it need not be looked at, and one that spells a text is not known to be good.
        """
        parts = [message.partition(_TIMES) for message in messages]
        own = self._known.get(tuple([part[0] for part in parts]))
        if own is None:
            return None
        rests = [part[2].partition(_OWN) for part in parts]
        times = tuple([rest[0] for rest in rests])
        if times not in self._times and not self._learn_times(times):
            return None
        match = own.find(b"\n".join([rest[2] for rest in rests]))
        return None if match is None else _APART.join(filter(None, match.groups())).decode("ascii")

    def learn(self, messages: Sequence[bytes]) -> None:
        """Remember the frames of one event's messages, each of which has been found good as it stands."""
        parts = [message.partition(_TIMES) for message in messages]
        if not all(rest and frame.startswith(wire.HEAD) for frame, _, rest in parts):
            return
        frames = tuple(frame for frame, _, _ in parts)
        events = [msgspec.json.decode(frame + b"}}")["event"] for frame in frames]
        # What is written in another order than the sanitizer's may have a visit's own in its frame.
        if any("destination" not in event or event.keys() & _NOT_OF_A_FRAME for event in events):
            return
        destinations = tuple(Destination(event["destination"]) for event in events)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[frames] = self._owns.setdefault(destinations, _Own(destinations))

    def _learn_times(self, times: tuple[bytes, ...]) -> bool:
        """Remember the times of one event's messages, if each is on a quarter hour."""
        for match in map(_read_times, times):
            if match is None or any(int(time) % 900 for time in match.groups() if time):
                return False
        if len(self._times) >= MOST:
            self._times.clear()
        self._times.add(times)
        return True


class _Own:
    """What messages for these networks hold of one visit. Compiled when it is first asked."""

    def __init__(self, destinations: tuple[Destination, ...]) -> None:
        self._destinations = destinations

    @cached_property
    def find(self) -> Callable[[bytes], re.Match[bytes] | None]:
        """A match of what stands behind the times, a line each; its groups are the click ids to look at."""
        lines = [_write_expression(ADDRESS_BOOK[destination]) for destination in self._destinations]
        return re.compile("\n".join(lines).encode("ascii")).fullmatch


def _write_expression(address: Address) -> str:
    expression = f'{EventId.grammar.pattern}"'
    if address.click_ids:
        kinds: defaultdict[str, list[str]] = defaultdict(list)
        for kind in address.click_ids:
            grammar = CLICK_GRAMMARS[kind]
            kinds[f"(?!{_TEXT_IN_HEX}){grammar}" if kind in UUIDS else f"({grammar})"].append(kind)
        clicks = "|".join(f"(?:{'|'.join(names)}):{grammar}" for grammar, names in kinds.items())
        expression += f'(?:,"click":"(?:{clicks})")?'
    if address.contact:
        # Behind a comma another one has to come, and behind the last one none.
        digest = f'":"{Digest.grammar.pattern}"(?:,(?=")|(?=}}))'
        fields = "".join(f'(?:"{field}{digest})?' for field in ContactField if field in address.contact)
        expression += f'(?:,"digests":{{(?="){fields}}})?'
    return f'{expression}(?:,"authorization":"{AuthorizationRef.grammar.pattern}")?}}}}'
