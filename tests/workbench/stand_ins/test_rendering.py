"""What the forwarder writes, read by stand-ins that share no line with it: each destination against its network."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.clean import CleanEvent, Digests, Source
from airlock.policy import Policy
from airlock.tokens import ClickId, Currency, Digest, EventId, EventName
from forwarder.answer import Delivered, Expired, Rejected, Retry, Unauthorised
from forwarder.destinations import DESTINATIONS
from tests.workbench.stand_ins.desk import AT, DAY, EMAIL, NOW, TOKEN
from workbench.stand_ins.faults import Fault, Kind
from workbench.stand_ins.request import Request
from workbench.stand_ins.service import HOSTS, StandIns

CLICK = {
    Destination.META: "fbclid:IwAR0abcDEF123456789",
    Destination.GOOGLE: "gclid:Cj0KCQiA_example_0123456789",
    Destination.TIKTOK: "ttclid:E.C.P.example",
    Destination.LINKEDIN: "li_fat_id:0f0e0d0c-1234-4321-abcd-0123456789ab",
}
NETWORKS = pytest.mark.parametrize("destination", sorted(CLICK))


def event(destination: Destination, number: int = 1, **changes: Any) -> CleanEvent:
    told: dict[str, Any] = {
        "destination": destination,
        "event": EventName("lead"),
        "event_id": EventId(f"{number:032x}"),
        "at": AT,
        "not_before": AT,
        "amount": 250,
        "currency": Currency("USD"),
        "click": ClickId(CLICK[destination]),
    }
    return CleanEvent(**told | changes)


def tell(stand_ins: StandIns, events: Sequence[CleanEvent], policy: Policy) -> Any:
    adapter = DESTINATIONS[events[0].destination]
    call = adapter.render(events, policy, TOKEN)
    request = Request(call.method, call.url, dict(call.headers), call.body)
    answer = stand_ins.serve(HOSTS[call.host], request, NOW)
    return adapter.read_answer(answer.status, answer.headers, answer.body, len(events))


@NETWORKS
@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("amount", [None, 0, 150, 99.5])
def test_every_kind_of_event_is_taken(
    destination: Destination, source: Source, amount: float | None, policy: Policy
) -> None:
    stand_ins = StandIns(TOKEN)
    currency = None if amount is None else Currency("USD")
    told = event(destination, source=source, amount=amount, currency=currency)
    assert isinstance(tell(stand_ins, [told], policy), Delivered)
    assert stand_ins.effects(destination) == {told.event_id: 1}


@NETWORKS
def test_every_digest_that_a_network_may_get_is_taken(destination: Destination, policy: Policy) -> None:
    contact = ADDRESS_BOOK[destination].contact
    if not contact:
        return
    told = event(destination, click=None, digests=Digests(**dict.fromkeys(map(str, contact), Digest(EMAIL))))
    assert isinstance(tell(StandIns(TOKEN), [told], policy), Delivered)


@NETWORKS
def test_a_batch_is_taken(destination: Destination, policy: Policy) -> None:
    stand_ins = StandIns(TOKEN)
    events = [event(destination, number) for number in range(1, 6)]
    answer = tell(stand_ins, events, policy)
    assert all(isinstance(each, Delivered) for each in (answer if isinstance(answer, tuple) else (answer,)))
    assert stand_ins.effects(destination) == {told.event_id: 1 for told in events}


@NETWORKS
def test_an_event_from_last_year_is_not_delivered(destination: Destination, policy: Policy) -> None:
    """Google takes it and tells later that it was too old; the others refuse it."""
    stand_ins = StandIns(TOKEN)
    answer = tell(stand_ins, [event(destination, at=AT - 365 * DAY - AT % 900)], policy)
    assert destination is Destination.GOOGLE or isinstance(answer, Expired | Rejected)
    assert stand_ins.effects(destination) == {}


@NETWORKS
def test_troubles_are_read_as_what_they_are(destination: Destination, policy: Policy) -> None:
    stand_ins = StandIns(TOKEN)
    told = [event(destination)]
    for status, meaning in ((401, Unauthorised), (403, Unauthorised), (429, Retry), (500, Retry), (503, Retry)):
        stand_ins.faults.set(Fault(destination, status=status))
        assert isinstance(tell(stand_ins, told, policy), meaning), f"{status}"
    assert isinstance(tell(stand_ins, told, policy), Delivered)
    assert stand_ins.effects(destination) == {told[0].event_id: 1}


@NETWORKS
def test_a_success_that_took_nothing_is_no_delivery(destination: Destination, policy: Policy) -> None:
    stand_ins = StandIns(TOKEN)
    stand_ins.faults.set(Fault(destination, Kind.ZERO_RECEIVED))
    assert not isinstance(tell(stand_ins, [event(destination)], policy), Delivered)


@NETWORKS
def test_the_wait_that_a_network_asks_for_is_read(destination: Destination, policy: Policy) -> None:
    stand_ins = StandIns(TOKEN)
    stand_ins.faults.set(Fault(destination, status=429))
    answer = tell(stand_ins, [event(destination)], policy)
    assert msgspec.structs.asdict(answer)["after_s"] == 30
