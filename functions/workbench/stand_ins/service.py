"""A request for a network in, its stand-in's answer out; one memory for each, and the troubles set for them."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from airlock.address_book import Destination
from workbench.stand_ins import ga4, google, linkedin, meta, microsoft, pinterest, reddit, snapchat, tiktok
from workbench.stand_ins.faults import Faults, Kind
from workbench.stand_ins.network import Memory, StandIn
from workbench.stand_ins.request import Answer, Ending, Request

STAND_INS: Mapping[Destination, StandIn] = MappingProxyType(
    {
        Destination.META: meta.STAND_IN,
        Destination.GOOGLE: google.STAND_IN,
        Destination.GA4: ga4.STAND_IN,
        Destination.TIKTOK: tiktok.STAND_IN,
        Destination.LINKEDIN: linkedin.STAND_IN,
        Destination.MICROSOFT: microsoft.STAND_IN,
        Destination.REDDIT: reddit.STAND_IN,
        Destination.PINTEREST: pinterest.STAND_IN,
        Destination.SNAPCHAT: snapchat.STAND_IN,
    }
)
HOSTS: Mapping[str, Destination] = MappingProxyType(
    {host: destination for destination, stand_in in STAND_INS.items() for host in stand_in.hosts}
)


class StandIns:
    """All networks, each with its memory. `credential` is the one token (or secret) that they take."""

    def __init__(self, credential: str) -> None:
        self._credential = credential
        self.memories: Mapping[Destination, Memory] = {destination: Memory() for destination in STAND_INS}
        self.faults = Faults()

    def __repr__(self) -> str:
        return "<StandIns>"

    def effects(self, destination: Destination) -> Mapping[str, int]:
        """How often each outbound event id had an effect on the network's reports."""
        return dict(self.memories[destination].effects)

    def serve(self, destination: Destination, request: Request, now: int) -> Answer:
        """The answer to one request at `now` in epoch seconds. Never raises, whatever the request holds."""
        stand_in, memory = STAND_INS[destination], self.memories[destination]
        fault = self.faults.take(destination)
        if fault is None:
            return stand_in.answer(request, now, self._credential, memory)
        match fault.kind:
            case Kind.STATUS:
                return stand_in.fail(fault.status, memory)
            case Kind.ZERO_RECEIVED:
                return stand_in.fail(200, memory)
            case Kind.TIMEOUT:
                answer = stand_in.answer(request, now, self._credential, memory)
                return msgspec.structs.replace(answer, ending=Ending.TIMEOUT)
            case Kind.RESET:
                return Answer(0, ending=Ending.RESET)
