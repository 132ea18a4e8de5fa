"""Before a request leaves its exact bytes are looked at once more: a destination file with a bug tells nobody."""

import io
import json
from collections.abc import Sequence

import httpx
import msgspec

from airlock import wire
from airlock.address_book import Destination
from airlock.authorization import AuthorizationsInMemory
from airlock.clean import CleanEvent
from airlock.outcome import Reason
from airlock.policy import Policy
from airlock.tokens import ClickId, EventId, EventName
from forwarder.adapter import Call
from forwarder.destinations import DESTINATIONS
from forwarder.handler import Forwarder, forward
from forwarder.queue import Record
from workbench.bench import set_up_forwarder
from workbench.recorder import Recorder

NOW = 1_795_533_300_000


class Slip:
    """The queue of messages that are handed over by hand."""

    def delay(self, record: Record, seconds: int) -> None:
        del record, seconds

    def bury(self, record: Record, reason: Reason) -> None:
        del record, reason

    def send(self, body: str, delay_s: int) -> None:
        del body, delay_s


def event(number: int) -> CleanEvent:
    return CleanEvent(
        destination=Destination.META,
        event=EventName("lead"),
        event_id=EventId(f"{number:032x}"),
        at=NOW // 1000,
        not_before=NOW // 1000,
        click=ClickId("fbclid:IwZXh0bgNhZW0CMTAAc2Rr"),
    )


def set_up(policy: Policy, spoiled: int) -> tuple[Forwarder, Recorder, io.StringIO]:
    """Meta's forwarder, whose rendering says too much of one event."""
    sent, log = Recorder(), io.StringIO()
    sent._answers = {"graph.facebook.com": (200, b'{"events_received":1}')}
    forwarder = set_up_forwarder(policy, Destination.META, Slip(), AuthorizationsInMemory(), log, sent, lambda: NOW)
    honest = DESTINATIONS[Destination.META]

    def render(events: Sequence[CleanEvent], policy: Policy, credential: str) -> Call:
        call = honest.render(events, policy, credential)
        document = json.loads(call.body)
        for told in document["data"]:
            if told["event_id"] == event(spoiled).event_id:
                told["content_name"] = "canary-7d1f"
        return Call(call.url, call.headers, json.dumps(document, separators=(",", ":")).encode())

    adapter = msgspec.structs.replace(honest, render=render)
    courier = msgspec.structs.replace(forwarder.courier, adapter=adapter)
    return msgspec.structs.replace(forwarder, courier=courier), sent, log


def hand_over(forwarder: Forwarder, numbers: Sequence[int]) -> list[str]:
    records = [
        {
            "messageId": str(number),
            "receiptHandle": str(number),
            "body": wire.write(event(number)).decode(),
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        for number in numbers
    ]
    return [kept["itemIdentifier"] for kept in forward({"Records": records}, forwarder)["batchItemFailures"]]


def test_a_request_that_says_too_much_is_not_sent_and_the_journal_says_why(policy: Policy) -> None:
    forwarder, sent, log = set_up(policy, spoiled=1)
    assert hand_over(forwarder, [1]) == []
    assert sent.recorded == []
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    told = [line for line in lines if line["kind"] == "disclosure"]
    assert [(line["outcome"], line["reason"], line["rule"]) for line in told] == [
        ("withheld", "phi_suspected", "unknown_key")
    ]
    assert "canary" not in log.getvalue()


def test_its_neighbours_in_the_batch_are_told(policy: Policy) -> None:
    """The batch is halved until the one event stands alone."""
    forwarder, sent, log = set_up(policy, spoiled=3)

    def answer(request: httpx.Request) -> httpx.Response:
        count = len(json.loads(request.read())["data"])
        sent.recorded.append(request)  # type: ignore[arg-type]  # only counted
        return httpx.Response(200, json={"events_received": count})

    sent.handle_request = answer  # type: ignore[method-assign]  # an answer for batches of any size
    assert hand_over(forwarder, [1, 2, 3, 4, 5]) == []
    outcomes = {}
    for line in map(json.loads, log.getvalue().splitlines()):
        if line["kind"] == "disclosure":
            outcomes[int(line["event_id"], 16)] = line["outcome"]
    assert outcomes == {1: "delivered", 2: "delivered", 3: "withheld", 4: "delivered", 5: "delivered"}
    assert sent.recorded


def test_an_honest_request_is_sent(policy: Policy) -> None:
    forwarder, sent, _ = set_up(policy, spoiled=1)
    assert hand_over(forwarder, [2]) == []
    assert len(sent.recorded) == 1
