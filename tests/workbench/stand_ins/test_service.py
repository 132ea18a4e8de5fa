"""All stand-ins together: nothing makes one raise, nothing is random, and troubles come as they were set."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.address_book import Destination
from tests.workbench.stand_ins import (
    test_ga4,
    test_google,
    test_linkedin,
    test_meta,
    test_microsoft,
    test_pinterest,
    test_reddit,
    test_snapchat,
    test_tiktok,
)
from tests.workbench.stand_ins.desk import NOW, TOKEN, Path, change
from workbench.stand_ins.faults import Fault, FaultError, Kind, read_fault
from workbench.stand_ins.request import Answer, Ending, Request
from workbench.stand_ins.service import HOSTS, STAND_INS, StandIns
from workbench.stand_ins.transport import InProcess

BEARER = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
# Each network's good request: URL, headers, document.
GOOD: dict[Destination, tuple[str, dict[str, str], Any]] = {
    Destination.META: ("https://graph.facebook.com/v26.0/1234567890/events", BEARER, test_meta.MINIMAL),
    Destination.GOOGLE: ("https://datamanager.googleapis.com/v1/events:ingest", BEARER, test_google.MINIMAL),
    Destination.GA4: (test_ga4.URL + test_ga4.QUERY, BEARER, test_ga4.MINIMAL),
    Destination.TIKTOK: (
        "https://business-api.tiktok.com/open_api/v1.3/event/track/",
        BEARER | {"access-token": TOKEN},
        test_tiktok.MINIMAL,
    ),
    Destination.LINKEDIN: (
        "https://api.linkedin.com/rest/conversionEvents",
        BEARER | {"linkedin-version": "202608", "x-restli-protocol-version": "2.0.0"},
        test_linkedin.MINIMAL,
    ),
    Destination.MICROSOFT: ("https://capi.uet.microsoft.com/v1/343001234/events", BEARER, test_microsoft.MINIMAL),
    Destination.REDDIT: (
        "https://ads-api.reddit.com/api/v3/pixels/a2_example/conversion_events",
        BEARER,
        test_reddit.MINIMAL,
    ),
    Destination.PINTEREST: ("https://api.pinterest.com/v5/ad_accounts/5497/events", BEARER, test_pinterest.MINIMAL),
    Destination.SNAPCHAT: (
        "https://tr.snapchat.com/v3/0f0e0d0c-1234-4321-abcd-0123456789ab/events",
        BEARER,
        test_snapchat.MINIMAL,
    ),
}
NETWORKS = pytest.mark.parametrize("destination", list(Destination))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def serve(stand_ins: StandIns, destination: Destination, body: bytes | None = None) -> Answer:
    url, headers, document = GOOD[destination]
    content = json.dumps(document).encode() if body is None else body
    return stand_ins.serve(destination, Request("POST", url, headers, content), NOW)


def places(document: Any, path: Path = ()) -> list[Path]:
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [path, *(place for step, value in inner for place in places(value, (*path, step)))]


def test_every_network_has_a_stand_in() -> None:
    assert set(STAND_INS) == set(Destination)
    assert all(HOSTS[httpx.URL(GOOD[destination][0]).host] is destination for destination in Destination)


@NETWORKS
def test_a_good_request_is_taken_and_the_same_again_is_answered_the_same(destination: Destination) -> None:
    """Two rooms with the same history give the same bytes: no clock, no chance."""
    answers = [[serve(stand_ins, destination) for _ in range(3)] for stand_ins in (StandIns(TOKEN), StandIns(TOKEN))]
    assert answers[0] == answers[1]
    assert {answer.status for answer in answers[0]} <= {200, 201, 204}


@given(destination=st.sampled_from(Destination), data=st.data())
def test_no_change_of_a_good_request_makes_a_stand_in_raise(destination: Destination, data: st.DataObject) -> None:
    document = GOOD[destination][2]
    path = data.draw(st.sampled_from(places(document)))
    value = data.draw(ANY_JSON)
    changed = change(document, path, value) if path else value
    assert 200 <= serve(StandIns(TOKEN), destination, json.dumps(changed).encode()).status < 500


@given(
    destination=st.sampled_from(Destination),
    body=st.binary() | st.sampled_from([b"[" * 100_000, b"1e999", b'"\\ud800"', b"\xef\xbb\xbf{}", b"NaN"]),
    method=st.sampled_from(["GET", "POST", "PUT", "X"]),
    path=st.text(st.characters(codec="ascii"), max_size=20),
    headers=st.dictionaries(st.sampled_from(["authorization", "content-type", "access-token"]), st.text()),
)
def test_no_garbage_makes_a_stand_in_raise(
    destination: Destination, body: bytes, method: str, path: str, headers: dict[str, str]
) -> None:
    stand_ins = StandIns(TOKEN)
    url = GOOD[destination][0]
    for request in (
        Request(method, f"https://{STAND_INS[destination].hosts[-1]}/{path}", headers, body),
        Request(method, url, headers, body),
        Request("POST", url, GOOD[destination][1], body),
    ):
        assert 200 <= stand_ins.serve(destination, request, NOW).status < 500
    assert stand_ins.effects(destination) == {}


@NETWORKS
@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 502, 503])
def test_a_status_that_was_set_comes_so_often_and_takes_nothing(destination: Destination, status: int) -> None:
    stand_ins = StandIns(TOKEN)
    stand_ins.faults.set(Fault(destination, status=status, count=2))
    troubled = [serve(stand_ins, destination) for _ in range(2)]
    if destination is not Destination.TIKTOK or status not in {400, 401, 403}:  # TikTok says those with 200 and a code
        assert [answer.status for answer in troubled] == [status, status]
    assert all(("retry-after" in answer.headers) is (status in {429, 503}) for answer in troubled)
    assert stand_ins.effects(destination) == {}
    assert serve(stand_ins, destination).status < 300
    assert sum(stand_ins.effects(destination).values()) == 1
    assert stand_ins.faults.pending == {}


@pytest.mark.parametrize(
    ("destination", "status", "words"),
    [
        (Destination.META, 400, {"code": 100, "is_transient": False}),
        (Destination.META, 401, {"code": 190, "error_subcode": 463}),
        (Destination.META, 403, {"code": 200}),
        (Destination.META, 429, {"code": 4, "is_transient": True}),
        (Destination.META, 500, {"code": 2, "is_transient": True}),
        (Destination.GOOGLE, 400, {"status": "INVALID_ARGUMENT"}),
        (Destination.GOOGLE, 403, {"status": "PERMISSION_DENIED"}),
        (Destination.GOOGLE, 429, {"status": "RESOURCE_EXHAUSTED"}),
        (Destination.GOOGLE, 500, {"status": "INTERNAL"}),
        (Destination.GOOGLE, 503, {"status": "UNAVAILABLE"}),
        (Destination.GOOGLE, 504, {"status": "DEADLINE_EXCEEDED"}),
        (Destination.TIKTOK, 400, {"code": 40002}),
        (Destination.TIKTOK, 401, {"code": 40105}),
        (Destination.TIKTOK, 403, {"code": 40001}),
        (Destination.TIKTOK, 429, {"code": 40100}),
        (Destination.TIKTOK, 500, {"code": 50000}),
        (Destination.LINKEDIN, 400, {"code": "BAD_REQUEST"}),
        (Destination.LINKEDIN, 403, {"message": "No ad accounts found"}),
        (Destination.LINKEDIN, 500, {"code": "INTERNAL_SERVER_ERROR"}),
        (Destination.MICROSOFT, 400, {"code": "ValidationError"}),
        (Destination.MICROSOFT, 500, {"code": "InternalServerError"}),
        (Destination.REDDIT, 401, {"reason": "UNAUTHORIZED"}),
        (Destination.REDDIT, 500, {"message": "internal server error"}),
        (Destination.PINTEREST, 400, {"code": 4196}),
        (Destination.PINTEREST, 401, {"code": 2}),
        (Destination.PINTEREST, 403, {"code": 29}),
        (Destination.PINTEREST, 429, {"code": 8}),
        (Destination.PINTEREST, 500, {"code": 0}),
        (Destination.PINTEREST, 503, {"code": 4197}),
        (Destination.SNAPCHAT, 500, {"status": "FAILED", "reason": "Internal server error"}),
    ],
)
def test_a_status_comes_in_the_networks_own_words(destination: Destination, status: int, words: dict[str, Any]) -> None:
    stand_ins = StandIns(TOKEN)
    stand_ins.faults.set(Fault(destination, status=status))
    document = json.loads(serve(stand_ins, destination).body)
    assert words.items() <= document.get("error", document).items()


@NETWORKS
def test_a_success_that_took_nothing_says_200(destination: Destination) -> None:
    stand_ins = StandIns(TOKEN)
    stand_ins.faults.set(Fault(destination, Kind.ZERO_RECEIVED))
    assert serve(stand_ins, destination).status in {200, 204}
    assert stand_ins.effects(destination) == {}


@NETWORKS
def test_a_timeout_has_its_effect_and_a_reset_has_none(destination: Destination) -> None:
    stand_ins = StandIns(TOKEN)
    stand_ins.faults.set(Fault(destination, Kind.RESET))
    assert serve(stand_ins, destination).ending is Ending.RESET
    assert stand_ins.effects(destination) == {}
    stand_ins.faults.set(Fault(destination, Kind.TIMEOUT))
    assert serve(stand_ins, destination).ending is Ending.TIMEOUT
    assert sum(stand_ins.effects(destination).values()) == 1


def test_a_fault_of_one_network_is_no_other_networks() -> None:
    stand_ins = StandIns(TOKEN)
    stand_ins.faults.set(Fault(Destination.META))
    assert all(serve(stand_ins, destination).status < 300 for destination in Destination if destination != "meta")
    assert set(stand_ins.faults.pending) == {Destination.META}
    stand_ins.faults.set(Fault(Destination.META, count=0))
    assert serve(stand_ins, Destination.META).status == 200


def test_a_fault_is_read_strictly() -> None:
    assert read_fault({"destination": "meta", "status": 429, "count": 3}) == Fault(
        Destination.META, count=3, status=429
    )
    assert read_fault({"destination": "meta", "count": 0}).count == 0
    assert read_fault({"destination": "ga4", "kind": "timeout"}) == Fault(Destination.GA4, Kind.TIMEOUT)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"destination": "nobody"},
        {"destination": ["meta"]},
        {"destination": "meta", "status": "503"},
        {"destination": "meta", "status": 99},
        {"destination": "meta", "status": 600},
        {"destination": "meta", "count": -1},
        {"destination": "meta", "count": True},
        {"destination": "meta", "kind": "fire"},
        {"destination": "meta", "kind": ["timeout"]},
        {"destination": "meta", "colour": "red"},
    ],
)
def test_a_fault_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(FaultError):
        read_fault(document)


def test_nothing_shows_a_credential_or_a_body() -> None:
    stand_ins = StandIns(TOKEN)
    url, headers, document = GOOD[Destination.META]
    request = Request("POST", f"{url}?access_token={TOKEN}", headers, json.dumps(document).encode())
    shown = f"{stand_ins!r} {request!r} {stand_ins.serve(Destination.META, request, NOW)!r}"
    assert TOKEN not in shown
    assert "fbc" not in shown


@NETWORKS
def test_the_transport_brings_answers_and_their_absence(destination: Destination) -> None:
    stand_ins = StandIns(TOKEN)
    transport = InProcess(stand_ins, lambda: NOW)
    url, headers, document = GOOD[destination]
    body = json.dumps(document).encode()
    with httpx.Client(transport=transport) as client:
        assert client.post(url, headers=headers, content=body).is_success
        for kind, error in ((Kind.TIMEOUT, httpx.ReadTimeout), (Kind.RESET, httpx.ReadError)):
            stand_ins.faults.set(Fault(destination, kind))
            with pytest.raises(error):
                client.post(url, headers=headers, content=body)
    assert [request.body for request in transport.requests] == [body] * 3


def test_the_transport_knows_the_networks_only() -> None:
    with httpx.Client(transport=InProcess(StandIns(TOKEN), lambda: NOW)) as client, pytest.raises(httpx.ConnectError):
        client.get("https://www.example.com/")
