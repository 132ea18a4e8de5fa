"""The kill switch: its setting in, whether a network may be told anything now out.

The setting is one short text that `airlock close` and `airlock open` write: `open`, `closed`, or `closed meta google`.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

from airlock.address_book import Destination

OPEN = "open"
CLOSED = "closed"
CACHE_MS = 30_000
"""How old a setting may be: half of the minute within which the switch takes effect."""
BLIND_MS = 300_000
"""How long the last known setting holds while the setting cannot be read; after that the gate counts as closed."""


class Mode(frozenset[Destination | None]):
    """The closed networks; None among them closes everything."""

    def stops(self, destination: Destination) -> bool:
        """Whether this network is told nothing."""
        return None in self or destination in self

    @property
    def stops_all(self) -> bool:
        """Whether nothing is taken at all."""
        return None in self


ALL_OPEN = Mode()
ALL_CLOSED = Mode([None])


def read_mode(text: str) -> Mode:
    """A setting's text. What cannot be read closes everything."""
    words = text.split()
    if words == [OPEN]:
        return ALL_OPEN
    networks = words[1:]
    if words[:1] != [CLOSED] or not networks or any(name not in Destination for name in networks):
        return ALL_CLOSED
    return Mode(Destination(name) for name in networks)


def write_mode(mode: Mode) -> str:
    """The text of a setting."""
    if mode.stops_all:
        return CLOSED
    return " ".join([CLOSED, *sorted(name for name in mode if name)]) if mode else OPEN


class Gate(Protocol):
    """The kill switch as the sanitizer and the forwarder see it."""

    def look(self, now: int) -> Mode:
        """The mode at `now`, epoch milliseconds. Never raises."""


class NoGate:
    """No kill switch: everything is open."""

    def look(self, now: int) -> Mode:
        """Open."""
        del now
        return ALL_OPEN


class GateInMemory:
    """A kill switch for as long as the process lives: the workbench's and the tests'."""

    def __init__(self, mode: Mode = ALL_OPEN) -> None:
        self.mode = mode

    def look(self, now: int) -> Mode:
        """The mode that was set."""
        del now
        return self.mode


class SsmClient(Protocol):
    """The part of boto3's Systems Manager client that is used here."""

    def get_parameter(self, *, Name: str) -> Any:  # noqa: N803, ANN401 - boto3's
        """One parameter."""


class ParameterGate:
    """The setting in a Systems Manager parameter, read again when it is older than `CACHE_MS`."""

    def __init__(
        self, open_client: Callable[[], SsmClient], name: str, changed: Callable[[int, Mode], None] | None = None
    ) -> None:
        self._open = open_client
        self._name = name
        self._changed = changed
        self._mode: Mode | None = None
        self._asked_at = 0
        self._known_at = 0

    @cached_property
    def _client(self) -> SsmClient:
        return self._open()

    def look(self, now: int) -> Mode:
        """The mode; the last one known for five minutes where the parameter cannot be read, and then closed."""
        if self._mode is not None and 0 <= now - self._asked_at < CACHE_MS:
            return self._mode
        before, self._asked_at = self._mode, now
        try:
            mode = read_mode(self._client.get_parameter(Name=self._name)["Parameter"]["Value"])
            self._known_at = now
        except Exception:  # noqa: BLE001 - botocore's errors are many, and each means that the setting is not known
            mode = before if before is not None and now - self._known_at < BLIND_MS else ALL_CLOSED
        self._mode = mode
        if self._changed and mode != (ALL_OPEN if before is None else before):
            self._changed(now, mode)
        return mode
