"""Every fault that other systems were seen to fail at, one by one: nothing is lost, nothing counts twice."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from airlock import wire
from airlock.address_book import Destination
from airlock.outcome import Outcome, Reason
from airlock.policy import Policy, PolicyError, load
from forwarder import egress as egress_module
from forwarder.adapter import Call
from forwarder.credentials import SecretsManagerCredentials
from forwarder.egress import Egress, Unreachable
from forwarder.handler import forward
from forwarder.ledger import DynamoLedger
from forwarder.queue import SqsQueue
from tests.forwarder.desk import AT, DAY, TOKEN, Bench, build_policy, make_event, outcomes
from tests.forwarder.test_ledger import Table
from workbench.bench import StandInCredentials
from workbench.loop import Loop
from workbench.networks import Networks, Rerouted
from workbench.queue import as_event
from workbench.request import as_http_event
from workbench.stand_ins.faults import Fault, Kind
from workbench.stand_ins.service import StandIns
from workbench.stand_ins.transport import InProcess

META, GOOGLE, GA4, TIKTOK = Destination.META, Destination.GOOGLE, Destination.GA4, Destination.TIKTOK
SITE = "https://www.glow-medspa.example"


@pytest.fixture(scope="module")
def all_nine(policy_text: str) -> Policy:
    return build_policy(policy_text)


def ids(*numbers: int) -> dict[str, int]:
    return {make_event(META, number).event_id: 1 for number in numbers}


def once(bench: Bench, *numbers: int) -> None:
    """Each of these events counts, and counts once."""
    assert bench.effects == ids(*numbers)


@contextmanager
def answering(raw: bytes) -> Iterator[str]:
    """A server that sends these bytes, whatever it is asked, and then nothing more."""
    listener = socket.create_server(("127.0.0.1", 0))
    ending = threading.Event()

    def serve() -> None:
        with listener, ending_quietly():
            while True:
                connection, _ = listener.accept()
                connection.recv(65_536)
                connection.sendall(raw)
                threading.Thread(target=hold, args=(connection,), daemon=True).start()

    def hold(connection: socket.socket) -> None:
        ending.wait(10)
        connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    ending.set()
    listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@contextmanager
def ending_quietly() -> Iterator[None]:
    try:
        yield
    except OSError:
        return


def test_sqs_refuses_a_send(policy: Policy) -> None:
    """The browser is told to come again, and the second try with the same id counts once."""
    lines: list[str] = []
    log = type("Log", (), {"write": lambda _self, line: lines.append(line)})()
    stand_ins = StandIns(TOKEN)
    loop = Loop(policy, InProcess(stand_ins, lambda: AT), log, frozenset({SITE}), hold=True)
    body = {
        "event": "lead",
        "id": "0c9b6c5e-4c8e-4b7e-9a51-3d4a0e1f2b3c",
        "url": f"{SITE}/",
        "consent": {"marketing": True, "at": 1},
        "click": {"fbclid": "IwZXh0bgNhZW0CMTAAc2RrdjV2dHhxYw_aem_Zk3vQx7Lr9Wt"},
    }
    now = loop.airlock.now()
    body["consent"] = {"marketing": True, "at": now - 1000}
    headers = {"origin": SITE, "content-type": "application/json"}
    event = as_http_event("POST", "/v1/events", headers, json.dumps(body))
    loop.outbox.fail(META, 1)
    answer = loop.answer(event)
    assert (answer["statusCode"], "retry-after" in answer["headers"]) == (503, True)
    assert len(loop.queues[META]) == 0
    assert loop.answer(event)["statusCode"] == 204
    assert len(loop.queues[META]) == 1


def test_the_process_dies_after_the_network_accepted_and_before_the_acknowledgement(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    bench.put(make_event(META))
    batch = bench.queue.receive()
    forward(as_event(batch), bench.forwarder)  # its answer never arrives
    bench.now += 3600
    assert outcomes(bench.turn()) == [(Outcome.WITHHELD, Reason.DUPLICATE)]
    once(bench, 1)
    assert len(bench.queue) == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n" + b'{"events_received":1',
        b"HTTP/1.1 200 OK\r\n",
        b"",
        b"\x00\xff not http at all\r\n\r\n",
    ],
    ids=["half a body", "half a head", "nothing", "no HTTP"],
)
def test_a_time_out_in_mid_answer(raw: bytes, all_nine: Policy) -> None:
    """Half an answer is none: the event stays, with the same id for its next try."""
    with answering(raw) as base:
        bench = Bench(all_nine, META)
        transport = Rerouted(base)
        courier = replace(bench.forwarder.courier, egress=Egress(transport, httpx.Timeout(0.2)))
        ((delivery,),) = courier.deliver([make_event(META)], AT * 1000)
        transport.close()
    answer = delivery.answer
    assert type(answer).__name__ == "Retry"
    assert answer.may_have_arrived  # type: ignore[union-attr]  # it is a Retry


def test_200_with_zero_received(all_nine: Policy) -> None:
    for network in (META, TIKTOK, GOOGLE, Destination.LINKEDIN):
        bench = Bench(all_nine, network)
        bench.put(make_event(network))
        bench.stand_ins.faults.set(Fault(network, Kind.ZERO_RECEIVED))
        ((outcome, _),) = outcomes(bench.turn())
        assert outcome == Outcome.HELD, network
        bench.run(lambda: bool(bench.effects))  # noqa: B023 - run ends within the loop's turn


def test_400_for_one_event_of_a_batch(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    bench.put(*(make_event(META, number) for number in range(1, 10)), make_event(META, 10, at=AT + 36_000))
    bench.turn()
    once(bench, *range(1, 10))
    assert [message.reason for message in bench.queue.dead] == [Reason.REJECTED]


def test_401_and_190(all_nine: Policy) -> None:
    """Held, with an alarm's reason, and told once the token is good again."""
    bench = Bench(all_nine, META)
    bench.put(make_event(META))
    bench.stand_ins.faults.set(Fault(META, status=401))
    (line,) = bench.turn()
    assert (line["outcome"], line["reason"], line["code"]) == (Outcome.HELD, Reason.UNAUTHORISED, "190/463")
    bench.run(lambda: not len(bench.queue))
    once(bench, 1)


def test_429_with_retry_after(all_nine: Policy) -> None:
    bench = Bench(all_nine, META, jitter=0.0)
    bench.put(make_event(META))
    bench.stand_ins.faults.set(Fault(META, status=429))
    assert outcomes(bench.turn()) == [(Outcome.HELD, Reason.THROTTLED)]
    assert bench.waits() == [30]


def test_5xx_for_hours(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    bench.put(*(make_event(META, number) for number in range(1, 26)))
    bench.stand_ins.faults.set(Fault(META, status=502, count=10_000))
    bench.run(lambda: bench.now > AT + 10 * 3600)
    assert bench.requests < 120  # 25 events, ten hours
    bench.stand_ins.faults.set(Fault(META, count=0))
    bench.run(lambda: not len(bench.queue))
    once(bench, *range(1, 26))


def test_dns_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """No address, no connection, nothing told; and even GA4 may be told later."""
    monkeypatch.setattr(egress_module, "HOSTS", frozenset({"no-such-network.invalid"}))
    reply = Egress().send(Call("https://no-such-network.invalid/x", (), b"{}"))
    assert reply == Unreachable("ConnectError", may_have_arrived=False)


def test_tls_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress_module, "HOSTS", frozenset({"127.0.0.1"}))
    with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as base:
        reply = Egress().send(Call(f"https://127.0.0.1:{httpx.URL(base).port}/x", (), b"{}"))
    assert reply == Unreachable("ConnectError", may_have_arrived=False)


@pytest.mark.parametrize("skew_s", [-600, 600])
def test_a_clock_that_is_ten_minutes_off(skew_s: int, all_nine: Policy) -> None:
    """Slow: events wait ten minutes longer. Fast: a network may say that an event is from the future; none is lost."""
    stand_ins = StandIns(TOKEN)
    transport = InProcess(stand_ins, lambda: int(bench.now) - skew_s)
    bench = Bench(all_nine, META, transport=transport)
    bench.put(make_event(META, at=AT + 900, not_before=AT + 900))
    bench.run(lambda: not len(bench.queue))
    if skew_s > 0:
        (dead,) = bench.queue.dead
        assert dead.reason is Reason.REJECTED
        bench.now += 900
        bench.queue.send(dead.body)  # what a redrive does
        bench.run(lambda: not len(bench.queue))
    assert stand_ins.effects(META) == ids(1)


def test_a_poison_message(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    for body in ("", "{", '{"v":1}', "[" * 5000, '{"v":1,"event":null}', '{"v":1,"follow_up":{}}', "\ud800"):
        bench.queue.send(body)
    bench.turn()
    bench.now += 3600
    bench.put(make_event(META))
    bench.run(lambda: bool(bench.effects))
    assert all(message.reason is Reason.UNREADABLE for message in bench.queue.dead)
    assert len(bench.queue.dead) + len(bench.queue) == 7


def test_a_message_from_a_version_that_nobody_reads_any_more(all_nine: Policy) -> None:
    """It is buried with its reason, not thrown away: the version that can read it may be deployed again."""
    bench = Bench(all_nine, META)
    body = wire.write(make_event(META)).decode()
    assert body.startswith('{"v":1,')
    bench.queue.send(body.replace('{"v":1,', '{"v":0,', 1))
    bench.turn()
    (dead,) = bench.queue.dead
    assert dead.reason is Reason.UNREADABLE
    bench.queue.send(dead.body.replace('{"v":0,', '{"v":1,', 1))
    bench.turn()
    once(bench, 1)


def test_ten_copies_of_one_message_in_a_batch(all_nine: Policy) -> None:
    for network in (META, GOOGLE, GA4):
        bench = Bench(all_nine, network)
        bench.put(*[make_event(network)] * 10)
        bench.turn()
        assert list(bench.effects.values()) == [1], network


def test_kms_denied(all_nine: Policy) -> None:
    """SQS cannot encrypt for the dead-letter queue: the message stays where it is."""

    class Denied:
        def send_message(self, **asked: Any) -> None:
            raise ClientError({"Error": {"Code": "KMS.AccessDeniedException", "Message": str(asked)}}, "SendMessage")

        def change_message_visibility(self, **_: Any) -> None:
            """It works."""

    bench = Bench(all_nine, META)
    queue = SqsQueue(Denied(), "https://sqs.example/q", "https://sqs.example/d")
    bench.forwarder = replace(bench.forwarder, queue=queue)
    bench.queue.send('{"canary":"7d1f"}')
    (line,) = bench.turn()
    assert (line["kind"], line["type"]) == ("fault", "ClientError")
    assert len(bench.queue) == 1
    assert "canary" not in bench.log.getvalue()


def test_secrets_manager_throttled(all_nine: Policy) -> None:
    def throttle(_name: str, _anew: bool) -> str:  # noqa: FBT001 - as the credentials call it
        raise RuntimeError from ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "GetSecretValue")

    stand_ins = StandIns(TOKEN)
    transport = InProcess(stand_ins, lambda: AT)
    bench = Bench(all_nine, META, credentials=SecretsManagerCredentials(Egress(transport), throttle))
    bench.put(make_event(META))
    (line,) = bench.turn()
    assert (line["outcome"], line["reason"], line["code"]) == (Outcome.HELD, Reason.UNAVAILABLE, "credential")
    assert bench.requests == 0


def test_the_ledger_table_is_down(all_nine: Policy) -> None:
    """Nothing is sent that might count twice; when it is back, everything is told once."""
    table = Table()
    bench = Bench(all_nine, GA4, ledger=DynamoLedger(table, "ledger"))
    table.is_down = True
    bench.put(make_event(GA4))
    assert outcomes(bench.turn()) == [(Outcome.HELD, Reason.LEDGER_UNAVAILABLE)]
    assert bench.requests == 0
    table.is_down = False
    bench.run(lambda: not len(bench.queue))
    assert list(bench.effects.values()) == [1]


def test_the_ledger_goes_down_between_claim_and_confirmation(all_nine: Policy) -> None:
    """What was told is journalled and acknowledged all the same."""
    table = Table()
    bench = Bench(all_nine, META, ledger=DynamoLedger(table, "ledger"))

    class Falling(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            table.is_down = True
            return bench.transport.handle_request(request)

    courier = replace(bench.forwarder.courier, egress=Egress(Falling()))
    bench.forwarder = replace(bench.forwarder, courier=courier)
    bench.put(make_event(META))
    lines = bench.turn()
    assert outcomes(lines) == [(Outcome.DELIVERED, None)]
    assert [line["type"] for line in lines if line["kind"] == "fault"] == ["LedgerError"]
    assert len(bench.queue) == 0
    once(bench, 1)


def test_a_corrupt_policy(all_nine: Policy) -> None:
    for corrupt in (b"", b"{}", all_nine.compiled[:-1], all_nine.compiled.replace(b",", b", ", 1), b"\xff"):
        with pytest.raises(PolicyError):
            load(corrupt)


def test_two_policy_versions_during_a_deployment(policy_text: str, all_nine: Policy) -> None:
    """A message of the wider policy meets the stricter one: what that one does not open is not told."""
    assert "bands = [0, 250, 500, 1000]" in policy_text
    stricter = build_policy(policy_text, ("bands = [0, 250, 500, 1000]", "bands = [0, 500, 1000]"))
    bench = Bench(stricter, META)
    bench.put(make_event(META), make_event(META, 2, amount=500))
    bench.turn()
    once(bench, 2)
    wider = Bench(all_nine, META)
    wider.put(make_event(META), make_event(META, 2, amount=500))
    wider.turn()
    once(wider, 1, 2)


def test_redrive_twice(all_nine: Policy) -> None:
    """A dead letter that goes back twice is told once."""
    for network in (META, GOOGLE, GA4):
        bench = Bench(all_nine, network)
        for _ in range(2):
            bench.put(make_event(network))
            bench.turn()
            bench.now += 1200
        assert list(bench.effects.values()) == [1], network


def test_one_dead_network_changes_nothing_for_another(policy: Policy) -> None:
    """Queues, forwarders and breakers are each network's own: over real sockets, one down, the other told at once."""
    networks = Networks(lambda: AT + 2 * DAY)
    networks.start()
    try:
        dead, living = (
            Bench(policy, network, credentials=StandInCredentials(), transport=networks.transport)
            for network in (TIKTOK, META)
        )
        networks.set_fault(Fault(TIKTOK, status=503, count=1_000))
        for bench in (dead, living):
            bench.now = AT + 2 * DAY
            bench.put(*(make_event(bench.destination, number) for number in range(1, 31)))
        for _ in range(3):
            dead.turn()
            living.turn()
    finally:
        networks.stop()
        networks.transport.close()
    assert len(dead.queue) == 30
    assert len(living.queue) == 0
    assert networks.stand_ins.effects(META) == ids(*range(1, 31))


def test_a_record_that_is_none_does_not_stop_its_batch(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    bench.queue.send(json.dumps({"v": 1, "event": {"destination": "meta", "click": ["x"] * 50}}))
    bench.put(make_event(META))
    bench.turn()
    once(bench, 1)
