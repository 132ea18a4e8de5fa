"""A batch from the queue to its end: held, told, told again, buried, and each of it in the journal."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from airlock.address_book import Destination
from airlock.authorization import Authorization, AuthorizationsInMemory
from airlock.clean import Basis, Digests, Source
from airlock.gate import GateInMemory, Mode
from airlock.outcome import Outcome, Reason
from airlock.policy import Policy
from airlock.tokens import AuthorizationRef
from forwarder import follow_up
from forwarder.credential import CredentialError
from forwarder.ledger import NoLedger
from tests.forwarder.desk import AT, DAY, EMAIL, PHONE, Bench, OneToken, build_policy, make_event, outcomes
from workbench.ledger import SqliteLedger
from workbench.stand_ins.faults import Fault, Kind

META, GOOGLE, GA4, LINKEDIN, TIKTOK = (
    Destination.META,
    Destination.GOOGLE,
    Destination.GA4,
    Destination.LINKEDIN,
    Destination.TIKTOK,
)
NETWORKS = pytest.mark.parametrize("destination", [META, GOOGLE, GA4, LINKEDIN, TIKTOK, Destination.MICROSOFT])
REF = AuthorizationRef("ab" * 32)


def counts(network: Destination, number: int = 1) -> str:
    """Under what the network's reports count an event."""
    event_id = make_event(network, number).event_id
    return f"{int(event_id[:8], 16)}.{int(event_id[8:16], 16)}" if network is GA4 else event_id


@NETWORKS
def test_an_event_is_told_once_and_its_message_goes(destination: Destination, all_nine: Policy) -> None:
    bench = Bench(all_nine, destination)
    bench.put(make_event(destination))
    (line, *_) = bench.turn()
    assert (line["outcome"], line.get("attempt", 1)) == (Outcome.DELIVERED, 1)
    assert line["host"] == bench.forwarder.courier.adapter.host
    assert line["sha256"]
    assert bench.effects == {counts(destination): 1}
    left = [message.body for message in bench.queue.read()]
    assert all(follow_up.read(body) for body in left)
    assert len(left) == (1 if destination is GOOGLE else 0)


def test_a_journal_line_holds_no_credential_and_no_identifier(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    event = make_event(META, digests=Digests(email=EMAIL), basis=Basis.CONSENT)
    bench.put(event)
    bench.turn()
    log = bench.log.getvalue()
    assert "invented-token" not in log
    assert EMAIL not in log
    assert event.click is not None
    assert event.click.id not in log


def test_a_shared_request_is_shown_once_with_every_identifier_named(all_nine: Policy) -> None:
    """Lines do not grow with the batch; the hash is of the exact bytes that left for all of its events."""
    bench = Bench(all_nine, META)
    bench.put(make_event(META, 1), make_event(META, 2, digests=Digests(email=EMAIL), basis=Basis.CONSENT))
    first, second = bench.turn()
    assert [told["user_data"]["fbc"] for told in first["payload"]["data"]] == [f"fb.1.{AT * 1000}.<fbclid>"] * 2
    assert first["payload"]["data"][1]["user_data"]["em"] == ["<email sha256>"]
    assert (second["payload_at"], "payload" in second) == (first["seq"], False)
    body = bench.transport.requests[0].body
    assert {line["sha256"] for line in (first, second)} == {hashlib.sha256(body).hexdigest()}
    assert {line["bytes"] for line in (first, second)} == {len(body)}


def test_a_batch_of_ten_is_one_request(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    bench.put(*(make_event(META, number) for number in range(1, 11)))
    assert outcomes(bench.turn()) == [(Outcome.DELIVERED, None)] * 10
    assert bench.requests == 1


# --- hold --------------------------------------------------------------------------------------------------------


def test_an_event_leaves_at_its_rounded_time_and_not_before(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    bench.put(make_event(META, not_before=AT + 900))
    assert outcomes(bench.turn()) == [(Outcome.HELD, Reason.NOT_YET)]
    assert bench.waits() == [900]
    bench.now += 899
    assert bench.turn() == []
    bench.now += 1
    assert outcomes(bench.turn()) == [(Outcome.DELIVERED, None)]
    assert bench.requests == 1


def test_a_long_hold_is_taken_in_steps_that_sqs_allows(all_nine: Policy) -> None:
    """SQS counts its twelve hours from the receive; a wait that ends later is refused."""
    bench = Bench(all_nine, GOOGLE)
    bench.put(make_event(GOOGLE, not_before=AT + 20 * 3600 - AT % 900))
    bench.turn()
    assert 0 < bench.waits()[0] < 43_200 - 300
    bench.run(lambda: bench.requests > 0)
    assert bench.now >= AT + 20 * 3600 - AT % 900


def test_the_kill_switch_holds_what_is_on_the_queue(all_nine: Policy) -> None:
    gate = GateInMemory(Mode([META]))
    bench = Bench(all_nine, META, gate=gate)
    bench.put(make_event(META))
    assert outcomes(bench.turn()) == [(Outcome.HELD, Reason.CLOSED)]
    assert bench.requests == 0
    gate.mode = Mode()
    bench.run(lambda: bench.requests > 0)
    assert bench.effects == {counts(META): 1}


# --- what ends at the door ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("destination", "source", "days"),
    [
        (META, Source.WEBSITE, 7),
        (META, Source.IN_PERSON, 62),
        (TIKTOK, Source.WEBSITE, 7),
        (LINKEDIN, Source.CRM, 90),
        (GA4, Source.WEBSITE, 3),
    ],
)
def test_an_event_older_than_the_network_takes_is_split_off(
    destination: Destination, source: Source, days: int, all_nine: Policy
) -> None:
    """One old event would refuse its whole batch: it expires before anything is sent, and its neighbour is told."""
    bench = Bench(all_nine, destination)
    fresh = make_event(destination, 2, source=source, at=AT - (days - 1) * DAY)
    bench.put(make_event(destination, 1, source=source, at=AT - days * DAY - 900), fresh)
    assert sorted(outcomes(bench.turn()), key=str) == [(Outcome.DELIVERED, None), (Outcome.EXPIRED, Reason.EXPIRED)]
    assert bench.requests == 1
    assert len(bench.effects) == 1


def test_a_message_that_is_no_event_of_this_network_is_buried(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    bench.queue.send('{"v":1,"event":{"email":"pat@clinic.example"}}')
    bench.queue.send('{"v":9,"event":{}}')
    bench.put(make_event(TIKTOK))
    lines = bench.turn()
    assert [(line["outcome"], line["reason"]) for line in lines] == [(Outcome.REJECTED, Reason.UNREADABLE)] * 3
    assert [message.reason for message in bench.queue.dead] == [Reason.UNREADABLE] * 3
    assert bench.requests == 0
    assert "clinic.example" not in bench.log.getvalue()


def test_a_message_that_the_guard_stops_is_not_told(all_nine: Policy) -> None:
    """A quarter hour that is none, an amount that is no band, a word that the policy does not have."""
    bench = Bench(all_nine, META)
    bench.put(make_event(META, amount=251))
    (line,) = bench.turn()
    assert (line["outcome"], line["reason"]) == (Outcome.WITHHELD, Reason.PHI_SUSPECTED)
    assert line["rule"]
    assert bench.requests == 0
    assert len(bench.queue) == 0


def test_a_network_that_the_policy_no_longer_has_is_told_nothing(policy: Policy) -> None:
    """Two versions of a policy during a deployment: the stricter one wins."""
    bench = Bench(policy, Destination.REDDIT)
    bench.put(make_event(Destination.REDDIT))
    ((outcome, _),) = outcomes(bench.turn())
    assert outcome is Outcome.WITHHELD or outcome == "withheld"
    assert bench.requests == 0


# --- authorization again at the door -----------------------------------------------------------------------------


def authorize(**changes: Any) -> AuthorizationsInMemory:
    on_file = AuthorizationsInMemory()
    terms: dict[str, Any] = {
        "recipients": (META,),
        "information": ("email", "phone"),
        "purposes": ("ad_measurement",),
        "signed_at": (AT - DAY) * 1000,
        "expires_at": (AT + DAY) * 1000,
    }
    on_file.keep(REF, Authorization(**terms | changes))
    return on_file


def told_user(bench: Bench) -> set[str]:
    (request,) = bench.transport.requests
    user = json.loads(request.body)["data"][0]["user_data"]
    return {key for key in user if key != "client_user_agent"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, {"em", "ph", "fbc"}),
        ({"revoked_at": AT * 1000 - 1}, {"fbc"}),
        ({"expires_at": AT * 1000}, {"fbc"}),
        ({"recipients": (TIKTOK,)}, {"fbc"}),
        ({"information": ("email",)}, {"em", "fbc"}),
        ({"purposes": ("treatment",)}, {"fbc"}),
    ],
)
def test_a_digest_whose_authorization_ended_meanwhile_stays(
    changes: dict[str, Any], told: set[str], all_nine: Policy
) -> None:
    """The rest of the event is told, as the policy allows without it."""
    bench = Bench(all_nine, META, authorizations=authorize(**changes))
    bench.put(make_event(META, digests=Digests(email=EMAIL, phone=PHONE), authorization=REF, basis=Basis.AUTHORIZATION))
    (line,) = bench.turn()
    assert line["outcome"] == Outcome.DELIVERED
    assert told_user(bench) == told
    assert set(line.get("digests", [])) == {{"em": "email", "ph": "phone"}[key] for key in told - {"fbc"}}
    assert ("authorization" in line) is bool(told - {"fbc"})


def test_without_anything_to_recognise_somebody_by_nothing_is_told(all_nine: Policy) -> None:
    bench = Bench(all_nine, META, authorizations=authorize(revoked_at=1))
    bench.put(make_event(META, click=None, digests=Digests(email=EMAIL), authorization=REF, basis=Basis.AUTHORIZATION))
    assert outcomes(bench.turn()) == [(Outcome.WITHHELD, Reason.AUTHORIZATION_REVOKED)]
    assert bench.requests == 0


def test_a_city_alone_recognises_nobody(all_nine: Policy) -> None:
    """What is left of an authorization must still be enough for the network, or nothing of it is told."""
    bench = Bench(all_nine, META, authorizations=authorize(information=("city",)))
    digests = Digests(email=EMAIL, city=PHONE)
    bench.put(make_event(META, click=None, digests=digests, authorization=REF, basis=Basis.AUTHORIZATION))
    assert outcomes(bench.turn()) == [(Outcome.WITHHELD, Reason.AUTHORIZATION_REVOKED)]


def test_a_network_that_needs_an_email_is_told_nothing_without_it(all_nine: Policy) -> None:
    bench = Bench(all_nine, Destination.PINTEREST, authorizations=authorize(revoked_at=1))
    bench.put(
        make_event(Destination.PINTEREST, digests=Digests(email=EMAIL), authorization=REF, basis=Basis.AUTHORIZATION)
    )
    assert outcomes(bench.turn()) == [(Outcome.WITHHELD, Reason.AUTHORIZATION_REVOKED)]
    assert bench.requests == 0


def test_an_authorization_that_cannot_be_looked_up_holds_the_event(all_nine: Policy) -> None:
    class Down(AuthorizationsInMemory):
        def find(self, ref: AuthorizationRef) -> Authorization | None:
            raise ConnectionError(f"about {ref}")

    bench = Bench(all_nine, META, authorizations=Down())
    bench.put(make_event(META, digests=Digests(email=EMAIL), authorization=REF, basis=Basis.AUTHORIZATION))
    (line,) = bench.turn()
    assert (line["kind"], line["type"]) == ("fault", "ConnectionError")
    assert REF not in bench.log.getvalue()
    assert len(bench.queue) == 1
    assert bench.requests == 0


# --- retry -------------------------------------------------------------------------------------------------------


@NETWORKS
@pytest.mark.parametrize("status", [500, 503])
def test_a_failure_is_tried_again_and_counts_once(destination: Destination, status: int, all_nine: Policy) -> None:
    bench = Bench(all_nine, destination)
    bench.put(make_event(destination))
    bench.stand_ins.faults.set(Fault(destination, status=status, count=3))
    lines = bench.run(lambda: bool(bench.effects))
    assert outcomes(lines) == [(Outcome.HELD, Reason.UNAVAILABLE)] * 3 + [(Outcome.DELIVERED, None)]
    assert bench.effects == {counts(destination): 1}


@pytest.mark.parametrize("destination", [META, GOOGLE, LINKEDIN, TIKTOK])
def test_a_network_that_took_it_and_did_not_say_so_is_told_again_and_counts_once(
    destination: Destination, all_nine: Policy
) -> None:
    """The same outbound id at every try."""
    bench = Bench(all_nine, destination)
    bench.put(make_event(destination))
    bench.stand_ins.faults.set(Fault(destination, Kind.TIMEOUT, count=2))
    bench.run(lambda: bench.requests == 3)
    assert bench.effects == {counts(destination): 1}
    assert len({request.body for request in bench.transport.requests}) == 1


def test_waits_double_from_thirty_seconds_to_twelve_hours(all_nine: Policy) -> None:
    bench = Bench(all_nine, LINKEDIN)
    bench.put(make_event(LINKEDIN))
    bench.stand_ins.faults.set(Fault(LINKEDIN, status=500, count=1_000))
    waits = []
    for _ in range(16):
        moment = bench.queue.next_moment()
        assert moment is not None
        bench.now = max(bench.now, moment)
        bench.turn()
        waits += bench.waits()
    assert waits[:4] == [30, 60, 120, 240]
    assert waits == sorted(waits)
    assert 11 * 3600 < waits[-1] < 43_200 - 300


def test_a_wait_that_the_network_asks_for_is_kept(all_nine: Policy) -> None:
    class Busy(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(429, headers={"retry-after": "3600"}, request=request)

    bench = Bench(all_nine, META, transport=Busy())
    bench.put(make_event(META))
    assert outcomes(bench.turn()) == [(Outcome.HELD, Reason.THROTTLED)]
    assert bench.waits() == [3600]


def test_a_day_without_the_network_loses_nothing(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    bench.put(*(make_event(META, number) for number in range(1, 31)))
    bench.stand_ins.faults.set(Fault(META, status=503, count=10_000))
    bench.run(lambda: bench.now > AT + DAY)
    assert len(bench.queue) == 30
    bench.stand_ins.faults.set(Fault(META, count=0))
    bench.run(lambda: not len(bench.queue))
    assert bench.effects == {counts(META, number): 1 for number in range(1, 31)}


def test_the_last_try_is_before_the_networks_window_ends(all_nine: Policy) -> None:
    """A wait is cut where it would end after the network has stopped taking the event; then it expires."""
    bench = Bench(all_nine, META)
    bench.put(make_event(META))
    bench.stand_ins.faults.set(Fault(META, status=503, count=10_000))
    tries: list[float] = []
    lines: list[dict[str, Any]] = []
    while len(bench.queue):
        before = bench.requests
        lines += bench.run(lambda: bench.requests > before or not len(bench.queue))  # noqa: B023 - run ends at once
        tries.append(bench.now)
    assert outcomes(lines)[-1] == (Outcome.EXPIRED, Reason.EXPIRED)
    assert any(AT + 7 * DAY - 120 <= moment <= AT + 7 * DAY for moment in tries)


def test_an_event_is_buried_before_its_queue_forgets_it(all_nine: Policy) -> None:
    """LinkedIn takes an event for 90 days, SQS keeps it for 14: it ends on the dead-letter queue with its reason."""
    bench = Bench(all_nine, LINKEDIN)
    bench.put(make_event(LINKEDIN))
    for message in bench.queue.read():
        message.sent_at = AT * 1000
    bench.stand_ins.faults.set(Fault(LINKEDIN, status=503, count=10_000))
    lines = bench.run(lambda: not len(bench.queue))
    assert outcomes(lines)[-1] == (Outcome.REJECTED, Reason.GIVEN_UP)
    assert [message.reason for message in bench.queue.dead] == [Reason.GIVEN_UP]
    assert AT + 10 * DAY < bench.now < AT + 14 * DAY


# --- token and account -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("destination", [META, GOOGLE, LINKEDIN, TIKTOK, Destination.MICROSOFT])
def test_a_refused_token_holds_everything_and_burns_nothing(destination: Destination, all_nine: Policy) -> None:
    """The first refusal is the last request for a quarter of an hour; then one tries."""
    credentials = OneToken()
    bench = Bench(all_nine, destination, credentials=credentials)
    bench.put(*(make_event(destination, number) for number in range(1, 21)))
    bench.stand_ins.faults.set(Fault(destination, status=401, count=10_000))
    bench.turn()
    bench.turn()
    assert bench.requests == 1
    assert bench.waits() == [900] * 20
    assert credentials.forgotten == 1
    bench.now += 900
    bench.turn()
    assert bench.requests == 2
    assert bench.queue.dead == []
    bench.stand_ins.faults.set(Fault(destination, count=0))
    bench.run(lambda: len(bench.effects) == 20)


def test_after_a_pause_one_event_tries_for_all(all_nine: Policy) -> None:
    """A network that is down gets one small request, not the whole batch; one that is back gets the rest at once."""
    bench = Bench(all_nine, META)
    bench.put(*(make_event(META, number) for number in range(1, 11)))
    bench.stand_ins.faults.set(Fault(META, status=401, count=2))
    bench.turn()
    bench.now += 900
    bench.turn()
    bench.now += 900
    bench.turn()
    told = [len(json.loads(request.body)["data"]) for request in bench.transport.requests]
    assert told == [10, 1, 1, 9]
    assert len(bench.effects) == 10


def test_a_refused_secret_ends_a_row_of_single_requests(all_nine: Policy) -> None:
    """GA4 gets one request an event: after the first refusal the others of the batch are not sent."""
    bench = Bench(all_nine, GA4)
    bench.put(*(make_event(GA4, number) for number in range(1, 11)))
    bench.stand_ins.faults.set(Fault(GA4, status=403, count=10_000))
    bench.turn()
    assert bench.requests == 1
    bench.now += 60
    bench.turn()
    assert bench.requests == 1
    assert bench.queue.dead == []


def test_weeks_with_a_dead_token_use_up_a_third_of_the_receives(all_nine: Policy) -> None:
    """SQS gives a message up after a thousand; nobody's week without a token may get near that."""
    bench = Bench(all_nine, LINKEDIN)
    bench.put(make_event(LINKEDIN))
    bench.stand_ins.faults.set(Fault(LINKEDIN, status=401, count=10_000))
    bench.run(lambda: bench.now > AT + 12 * DAY)
    (message,) = bench.queue.read()
    assert message.received < 400


def test_a_secret_that_cannot_be_read_holds_the_event(all_nine: Policy) -> None:
    class Empty(OneToken):
        def token(self, rule: Any) -> str:
            raise CredentialError(f"secret {rule.secret}: holds no token")

    bench = Bench(all_nine, META, credentials=Empty())
    bench.put(make_event(META))
    (line,) = bench.turn()
    assert (line["outcome"], line["reason"], line["code"]) == (Outcome.HELD, Reason.UNAUTHORISED, "credential")
    assert "sha256" not in line
    assert bench.requests == 0


def test_what_the_accounts_policy_forbids_is_held_for_a_person_to_decide(all_nine: Policy) -> None:
    class Forbids(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            reason = "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"
            error = {"error": {"status": "FAILED_PRECONDITION", "details": [{"reason": reason}]}}
            return httpx.Response(400, json=error, request=request)

    bench = Bench(all_nine, GOOGLE, transport=Forbids())
    bench.put(make_event(GOOGLE))
    assert outcomes(bench.turn()) == [(Outcome.HELD, Reason.PROHIBITED)]
    assert bench.waits() == [900]


# --- batches -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("destination", [META, GOOGLE, TIKTOK, LINKEDIN, Destination.MICROSOFT, Destination.REDDIT])
def test_poison_stands_alone_and_its_neighbours_are_told(destination: Destination, all_nine: Policy) -> None:
    """An event from the network's future spoils an all-or-nothing batch: bisected, it is the only one rejected."""
    bench = Bench(all_nine, destination)
    poison = make_event(destination, 7, at=AT + 900 * 40)
    bench.put(*(make_event(destination, number) for number in range(1, 7)), poison)
    lines = bench.turn()
    assert sorted(outcomes(lines), key=str) == [(Outcome.DELIVERED, None)] * 6 + [(Outcome.REJECTED, Reason.REJECTED)]
    assert bench.effects == {counts(destination, number): 1 for number in range(1, 7)}
    (dead,) = bench.queue.dead
    assert (dead.reason, poison.event_id in dead.body) == (Reason.REJECTED, True)


def test_ten_copies_of_one_message_are_told_once(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    bench.put(*[make_event(META)] * 10)
    assert sorted(outcomes(bench.turn()), key=str) == [
        (Outcome.DELIVERED, None),
        *[(Outcome.WITHHELD, Reason.DUPLICATE)] * 9,
    ]
    assert bench.effects == {counts(META): 1}
    assert len(json.loads(bench.transport.requests[0].body)["data"]) == 1


def test_a_success_that_took_nothing_is_tried_again(all_nine: Policy) -> None:
    bench = Bench(all_nine, META)
    bench.put(make_event(META))
    bench.stand_ins.faults.set(Fault(META, Kind.ZERO_RECEIVED))
    assert outcomes(bench.run(lambda: bool(bench.effects))) == [
        (Outcome.HELD, Reason.UNAVAILABLE),
        (Outcome.DELIVERED, None),
    ]


def test_googles_events_of_two_actions_are_two_requests(all_nine: Policy) -> None:
    bench = Bench(all_nine, GOOGLE)
    bench.put(make_event(GOOGLE, 1), make_event(GOOGLE, 2, event=type(make_event(GOOGLE).event)("booking"), amount=150))
    assert outcomes(bench.turn()) == [(Outcome.DELIVERED, None)] * 2
    targets = [json.loads(request.body)["destinations"][0] for request in bench.transport.requests]
    assert {target["productDestinationId"] for target in targets} == {"987654321", "987654322"}


def test_nothing_is_sent_that_there_is_no_time_left_for(all_nine: Policy) -> None:
    """A request that Lambda would cut off is not begun."""
    bench = Bench(all_nine, GA4)
    bench.put(*(make_event(GA4, number) for number in range(1, 4)))
    left = iter([True, False, False])
    lines = bench.turn(may_send=lambda: next(left))
    assert sorted(outcomes(lines), key=str) == [(Outcome.DELIVERED, None), *[(Outcome.HELD, Reason.UNAVAILABLE)] * 2]
    bench.run(lambda: bench.requests == 3)
    assert not any(message.reason for message in bench.queue.dead)


def test_requests_that_do_not_wait_for_each_other_overlap(all_nine: Policy) -> None:
    """Ten at once: each request waits until all ten have come."""
    import threading  # noqa: PLC0415 - for this test only

    together = threading.Barrier(10, timeout=10)

    class Meeting(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            together.wait()
            return httpx.Response(204, request=request)

    with ThreadPoolExecutor(max_workers=10) as pool:
        bench = Bench(all_nine, GA4, transport=Meeting(), pool=pool)
        bench.put(*(make_event(GA4, number) for number in range(1, 11)))
        assert outcomes(bench.turn()) == [(Outcome.DELIVERED, None)] * 10


# --- one effect --------------------------------------------------------------------------------------------------


def test_ga4_is_never_told_again_what_it_may_have_got(all_nine: Policy) -> None:
    """It knows no event id: what is in doubt goes to the dead-letter queue, where a person may decide otherwise."""
    bench = Bench(all_nine, GA4)
    bench.put(make_event(GA4))
    bench.stand_ins.faults.set(Fault(GA4, Kind.TIMEOUT))
    assert outcomes(bench.turn()) == [(Outcome.REJECTED, Reason.IN_DOUBT)]
    assert bench.effects == {counts(GA4): 1}
    assert [message.reason for message in bench.queue.dead] == [Reason.IN_DOUBT]
    assert len(bench.queue) == 0


def test_ga4_is_told_again_where_no_connection_was_made(all_nine: Policy) -> None:
    class Once(httpx.BaseTransport):
        calls = 0

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            self.calls += 1
            if self.calls == 1:
                raise httpx.ConnectError("refused", request=request)
            return httpx.Response(204, request=request)

    bench = Bench(all_nine, GA4, transport=Once())
    bench.put(make_event(GA4))
    assert outcomes(bench.turn()) == [(Outcome.HELD, Reason.UNAVAILABLE)]
    bench.now += 60
    assert outcomes(bench.turn()) == [(Outcome.DELIVERED, None)]


@pytest.mark.parametrize("destination", [META, TIKTOK, LINKEDIN, GA4])
def test_a_process_that_died_after_the_answer_tells_nobody_twice(destination: Destination, all_nine: Policy) -> None:
    """The message comes back though the network has the event: the ledger knows, whatever the network would do."""
    ledger = SqliteLedger()
    bench = Bench(all_nine, destination, ledger=ledger)
    bench.put(make_event(destination))
    bench.turn()
    bench.put(make_event(destination))  # the same message, never acknowledged
    assert outcomes(bench.turn()) == [(Outcome.WITHHELD, Reason.DUPLICATE)]
    assert bench.requests == 1
    assert bench.effects == {counts(destination): 1}


def test_a_process_that_died_before_the_answer_leaves_ga4_in_doubt(all_nine: Policy) -> None:
    ledger = SqliteLedger()
    ledger.claim(GA4, make_event(GA4).event_id, AT * 1000)
    bench = Bench(all_nine, GA4, ledger=ledger)
    bench.put(make_event(GA4))
    assert outcomes(bench.turn()) == [(Outcome.HELD, Reason.NOT_YET)]  # it may be at work still
    lines = bench.run(lambda: not len(bench.queue))
    assert outcomes(lines)[-1] == (Outcome.REJECTED, Reason.IN_DOUBT)
    assert bench.requests == 0


def test_a_doubt_older_than_the_network_remembers_is_not_tried_again(all_nine: Policy) -> None:
    """TikTok knows an id for 48 hours: after that a repetition would count, so it is buried instead."""
    bench = Bench(all_nine, TIKTOK)
    bench.put(make_event(TIKTOK))
    bench.stand_ins.faults.set(Fault(TIKTOK, Kind.TIMEOUT))
    bench.turn()
    bench.stand_ins.faults.set(Fault(TIKTOK, status=503, count=10_000))
    lines = bench.run(lambda: not len(bench.queue))
    assert outcomes(lines)[-1] == (Outcome.REJECTED, Reason.IN_DOUBT)
    assert AT + 2 * DAY <= bench.now < AT + 3 * DAY
    assert bench.effects == {counts(TIKTOK): 1}


def test_days_of_refusals_leave_no_doubt(all_nine: Policy) -> None:
    """A network that said no every time can be told after three days as on the first."""
    bench = Bench(all_nine, TIKTOK)
    bench.put(make_event(TIKTOK))
    bench.stand_ins.faults.set(Fault(TIKTOK, status=503, count=10_000))
    bench.run(lambda: bench.now > AT + 3 * DAY)
    bench.stand_ins.faults.set(Fault(TIKTOK, count=0))
    bench.run(lambda: not len(bench.queue))
    assert bench.effects == {counts(TIKTOK): 1}


@pytest.mark.parametrize("destination", [META, TIKTOK, LINKEDIN, GA4])
def test_without_the_ledger_nothing_is_sent_that_needs_it(destination: Destination, all_nine: Policy) -> None:
    bench = Bench(all_nine, destination, ledger=NoLedger())
    bench.put(make_event(destination))
    assert outcomes(bench.turn()) == [(Outcome.HELD, Reason.LEDGER_UNAVAILABLE)]
    assert bench.requests == 0
    assert len(bench.queue) == 1


def test_google_needs_no_ledger(all_nine: Policy) -> None:
    bench = Bench(all_nine, GOOGLE, ledger=NoLedger())
    bench.put(make_event(GOOGLE))
    assert outcomes(bench.turn()) == [(Outcome.DELIVERED, None)]


# --- what Google tells later -------------------------------------------------------------------------------------


def test_google_is_asked_a_quarter_hour_later_until_it_has_an_answer(all_nine: Policy) -> None:
    bench = Bench(all_nine, GOOGLE)
    bench.put(make_event(GOOGLE, 1), make_event(GOOGLE, 2))
    bench.turn()
    assert bench.waits() == [900]
    bench.now += 900
    assert bench.turn() == []  # in work
    lines = bench.run(lambda: not len(bench.queue))
    (line,) = lines
    assert (line["kind"], line["outcome"], line["events"]) == ("processing", Outcome.DELIVERED, 2)
    assert "failed" not in line


def test_what_google_did_not_count_is_journalled_with_its_reasons(all_nine: Policy) -> None:
    bench = Bench(all_nine, GOOGLE)
    bench.put(make_event(GOOGLE, 1))
    bench.turn()
    bench.put(make_event(GOOGLE, 1), make_event(GOOGLE, 2))  # the first once more
    lines = bench.run(lambda: not len(bench.queue))
    told = [line for line in lines if line["kind"] == "processing"]
    assert [(line["outcome"], line["events"], line.get("failed")) for line in told] == [
        (Outcome.DELIVERED, 1, None),
        (Outcome.REJECTED, 2, {"DUPLICATE_TRANSACTION_ID": 1}),
    ]


def test_a_question_that_stays_open_for_days_is_given_up(all_nine: Policy) -> None:
    bench = Bench(all_nine, GOOGLE)
    bench.queue.send(follow_up.write(follow_up.FollowUp("no-such-request", 3, AT)))
    (line,) = bench.turn()
    assert (line["kind"], line["outcome"], line["reason"]) == ("processing", Outcome.HELD, Reason.GIVEN_UP)
    assert len(bench.queue) == 0


def test_a_question_waits_while_google_is_down(all_nine: Policy) -> None:
    bench = Bench(all_nine, GOOGLE)
    bench.put(make_event(GOOGLE))
    bench.turn()
    bench.now += 900
    bench.stand_ins.faults.set(Fault(GOOGLE, status=503, count=4))
    bench.turn()
    assert len(bench.queue) == 1
    lines = bench.run(lambda: not len(bench.queue))
    assert lines[-1]["outcome"] == Outcome.DELIVERED


def test_a_question_that_the_queue_refuses_comes_with_the_next_try(
    all_nine: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The events stay on the queue, are told again under the same ids, and count once."""
    bench = Bench(all_nine, GOOGLE)
    send = bench.queue.send

    def refuse(*_: Any) -> None:
        raise ConnectionError

    bench.put(make_event(GOOGLE))
    monkeypatch.setattr(bench.queue, "send", refuse)
    lines = bench.turn()
    assert [line["type"] for line in lines if line["kind"] == "fault"] == ["ConnectionError"]
    assert len(bench.queue) == 1
    monkeypatch.setattr(bench.queue, "send", send)
    lines = bench.run(lambda: not len(bench.queue))
    assert lines[-1]["kind"] == "processing"
    assert bench.effects == {counts(GOOGLE): 1}


def test_a_test_stage_asks_nothing(policy_text: str) -> None:
    """What is only validated has no status at Google."""
    policy = build_policy(
        policy_text.replace('stage = "live"', 'stage = "test"'),
        *([] if 'stage = "live"' in policy_text else [('country = "US"', 'country = "US"\nstage = "test"')]),
    )
    bench = Bench(policy, GOOGLE)
    bench.put(make_event(GOOGLE))
    bench.turn()
    assert len(bench.queue) == 0


# --- bugs --------------------------------------------------------------------------------------------------------


def test_a_bug_at_one_event_keeps_that_event_and_no_other(all_nine: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays on the queue; type and line are told, and nothing of what it was about."""
    import msgspec  # noqa: PLC0415 - for this test only

    bench = Bench(all_nine, META)
    adapter = bench.forwarder.courier.adapter
    good = adapter.render

    def render(events: Any, policy: Policy, credential: str) -> Any:
        if any(event.event_id.endswith("3") for event in events):
            raise ValueError("pat@clinic.example")
        return good(events, policy, credential)

    broken = msgspec.structs.replace(bench.forwarder.courier, adapter=msgspec.structs.replace(adapter, render=render))
    monkeypatch.setattr(bench, "forwarder", msgspec.structs.replace(bench.forwarder, courier=broken))
    bench.put(*(make_event(META, number) for number in range(1, 6)))
    lines = bench.turn()
    assert [(line["type"], line["reason"]) for line in lines if line["kind"] == "fault"] == [
        ("ValueError", Reason.INTERNAL)
    ]
    assert sorted(outcomes(lines), key=str) == [(Outcome.DELIVERED, None)] * 4 + [(Outcome.HELD, Reason.INTERNAL)]
    assert len(bench.queue) == 1
    assert "clinic.example" not in bench.log.getvalue()


def test_a_queue_that_refuses_to_bury_keeps_the_message(all_nine: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only copy is never thrown away."""
    bench = Bench(all_nine, META)

    def refuse(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(bench.queue, "bury", refuse)
    bench.queue.send("{}")
    bench.put(make_event(META, at=AT + 36_000))
    lines = bench.turn()
    assert [line["kind"] for line in lines] == ["fault", "fault"]
    assert len(bench.queue) == 2


def test_a_queue_that_refuses_one_wait_settles_the_others(all_nine: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(all_nine, META)
    put_back = bench.queue.delay

    def refuse_first(record: Any, seconds: int) -> None:
        if record.id.endswith("-1"):
            raise ConnectionError
        put_back(record, seconds)

    monkeypatch.setattr(bench.queue, "delay", refuse_first)
    bench.put(*(make_event(META, number) for number in range(1, 4)))
    bench.stand_ins.faults.set(Fault(META, status=503))
    bench.turn()
    assert bench.waits() == [30, 30, 180]
    assert len(bench.queue) == 3
