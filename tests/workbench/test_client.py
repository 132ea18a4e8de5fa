"""A clinic's system and its airlock on one machine: what is signed is taken, and nothing else reaches the route."""

import http.client
import json
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import botocore.auth
import botocore.awsrequest
import pytest
from botocore.credentials import Credentials

from airlock.policy import Policy
from tests.clinic_systems import DAY, GCLID, uuid
from workbench.client import AirlockError, Client, send_conversions
from workbench.dev import Desk
from workbench.sigv4 import DEMO_CREDENTIALS, HOOK_SECRET, is_signed

[(ACCESS_KEY, SECRET_KEY)] = DEMO_CREDENTIALS.items()
CREDENTIALS = Credentials(ACCESS_KEY, SECRET_KEY)


def event(number: int = 1, **fields: Any) -> dict[str, Any]:
    at = time.time_ns() // 1_000_000 - 3_600_000
    consent = {"marketing": True, "at": at - DAY}
    found = {"event": "lead", "id": uuid(number), "at": at, "source": "crm", "consent": consent}
    return found | {"click": {"gclid": GCLID}} | fields


@pytest.fixture(scope="module")
def desk(policy: Policy) -> Iterator[Desk]:
    desk = Desk(policy)
    desk.start()
    yield desk
    desk.stop()


@pytest.fixture
def client(desk: Desk) -> Iterator[Client]:
    client = Client(desk.origin, credentials=CREDENTIALS, wait=lambda _: None)
    yield client
    client.close()


def test_conversions_are_told_and_each_gets_its_answer(client: Client) -> None:
    told = list(client.send(event(number, **({} if number % 2 else {"consent": None})) for number in range(250)))
    assert [result["id"] for result in told] == [uuid(number) for number in range(250)]
    assert {result["reason"] for result in told[1::2]} == {None}
    assert {result["reason"] for result in told[::2]} == {"no_consent"}


def test_one_call_is_enough_for_a_system_that_has_a_list(desk: Desk) -> None:
    told = send_conversions(desk.origin, [event(901), event(902, consent=None)], credentials=CREDENTIALS)
    assert [result["status"] for result in told] == ["accepted", "refused"]


def test_an_authorization_is_recorded_and_revoked(client: Client) -> None:
    now = time.time_ns() // 1_000_000
    terms = {"recipients": ["meta"], "information": ["email"], "purposes": ["ad_measurement"]}
    terms |= {"signed_at": now - DAY, "expires_at": now + DAY, "template_sha256": "0" * 64}
    client.record_authorization("auth_Zq8LkT3vWc5Yp0Ra", terms)
    client.revoke_authorization("auth_Zq8LkT3vWc5Yp0Ra")
    with pytest.raises(AirlockError, match="the airlock answered 400: id: was revoked") as caught:
        client.record_authorization("auth_Zq8LkT3vWc5Yp0Ra", terms)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "credentials", [Credentials(ACCESS_KEY, "another-secret"), Credentials("SOMEBODY", SECRET_KEY)]
)
def test_whoever_does_not_know_the_secret_is_sent_away(desk: Desk, credentials: Any) -> None:
    stranger = Client(desk.origin, credentials=credentials, wait=lambda _: None)
    with pytest.raises(AirlockError) as caught:
        list(stranger.send([event()]))
    assert caught.value.status == 403
    stranger.close()


def test_without_a_signature_the_route_is_not_reached(desk: Desk) -> None:
    connection = http.client.HTTPConnection(desk.origin.removeprefix("http://"))
    connection.request(
        "POST", "/v1/conversions", json.dumps({"events": [event()]}), {"content-type": "application/json"}
    )
    assert connection.getresponse().status == 403
    connection.close()


def test_curl_signs_as_the_readme_says(desk: Desk) -> None:
    """The documented line, with curl's own signer."""
    signer = ["--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", f"{ACCESS_KEY}:{SECRET_KEY}"]
    body = json.dumps({"events": [event(), {"event": "nonsense", "id": uuid(2)}]})
    told = subprocess.run(
        [
            "curl",
            "-sS",
            "--noproxy",
            "*",
            *signer,
            "-H",
            "content-type: application/json",
            "-d",
            body,
            f"{desk.origin}/v1/conversions",
        ],
        capture_output=True,
        check=True,
    )
    results = json.loads(told.stdout)["results"]
    assert [result["reason"] for result in results] == [None, "unknown_event"]


def test_a_webhook_is_signed_with_openssl_as_the_readme_says(desk: Desk) -> None:
    """The documented lines, in a shell of their own; the second time they are a replay."""
    body = json.dumps(event(71, event="booking"))
    script = """
        t=$(date +%s)
        v1=$(printf '%s.%s' "$t" "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
        for try in 1 2; do
            curl -sS --noproxy '*' -o /dev/null -w '%{http_code} ' -H 'content-type: application/json' \\
                -H "x-airlock-signature: t=$t,v1=$v1" --data-raw "$BODY" "$URL/v1/hooks/bookings"
        done
    """
    settings = {"BODY": body, "SECRET": HOOK_SECRET.decode(), "URL": desk.origin, "PATH": "/usr/bin:/bin"}
    answered = subprocess.run(["sh", "-c", script], capture_output=True, check=True, env=settings)
    assert answered.stdout.split() == [b"204", b"401"]


class Shaky(BaseHTTPRequestHandler):
    """Answers what stands in `answers`, one after the other, and notes what came."""

    answers: ClassVar[list[int]] = []
    bodies: ClassVar[list[bytes]] = []
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        assert is_signed("POST", self.path, headers, body, DEMO_CREDENTIALS, time.time_ns() // 10**9)
        self.bodies.append(body)
        status = self.answers.pop(0)
        if status == 0:
            self.close_connection = True
            return
        ids = [item["id"] for item in json.loads(body)["events"]]
        results = [{"id": identifier, "status": "accepted", "reason": None} for identifier in ids]
        answer = json.dumps({"results": results}).encode() if status == 200 else b""
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's signature
        pass


@pytest.fixture
def shaky() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shaky)
    Thread(target=server.serve_forever, daemon=True).start()
    Shaky.answers, Shaky.bodies = [], []
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_what_was_not_answered_is_told_again_under_the_same_ids(shaky: str) -> None:
    waits: list[float] = []
    client = Client(shaky, credentials=CREDENTIALS, wait=waits.append)
    Shaky.answers = [503, 0, 200]
    assert [result["status"] for result in client.send([event()])] == ["accepted"]
    assert len(set(Shaky.bodies)) == 1
    assert len(Shaky.bodies) == 3
    assert waits == [2.0, 4.0]
    client.close()


def test_an_airlock_that_stays_down_is_said_to_be_down(shaky: str) -> None:
    client = Client(shaky, credentials=CREDENTIALS, wait=lambda _: None)
    Shaky.answers = [200, 503, 503, 503, 503]
    results = client.send(event(number) for number in range(150))
    done = [next(results) for _ in range(100)]
    assert len(done) == 100
    with pytest.raises(AirlockError) as caught:
        next(results)
    assert caught.value.status == 503
    client.close()


def test_batches_hold_a_hundred_events_and_less_than_a_mebibyte(shaky: str) -> None:
    client = Client(shaky, credentials=CREDENTIALS, wait=lambda _: None)
    Shaky.answers = [200] * 10
    assert len(list(client.send(event(number, note="x" * 20_000) for number in range(120)))) == 120
    assert all(len(body) <= 1 << 20 for body in Shaky.bodies)
    assert len(Shaky.bodies) == 3
    client.close()


@pytest.mark.parametrize(
    "url", ["http://collect.clinic.example", "https://", "collect.clinic.example", "https://a.example/v1"]
)
def test_only_an_https_origin_is_told(url: str) -> None:
    """On this machine's own interface http is enough."""
    with pytest.raises(ValueError, match="https origin"):
        Client(url, credentials=CREDENTIALS)


def signed_headers(body: bytes, **changed: str) -> dict[str, str]:
    """Headers that botocore signed, for the verifier's own tests."""
    request = botocore.awsrequest.AWSRequest("POST", "http://127.0.0.1/v1/conversions?b=2&a=%20x", data=body)
    botocore.auth.SigV4Auth(CREDENTIALS, "execute-api", "us-east-1").add_auth(request)
    return {"host": "127.0.0.1"} | {name.lower(): value for name, value in request.headers.items()} | changed


def test_the_verifier_holds_botocores_signature_and_nothing_that_was_changed() -> None:
    now, target, body = time.time_ns() // 10**9, "/v1/conversions?b=2&a=%20x", b'{"events":[]}'
    headers = signed_headers(body)
    assert is_signed("POST", target, headers, body, DEMO_CREDENTIALS, now)
    assert not is_signed("PUT", target, headers, body, DEMO_CREDENTIALS, now)
    assert not is_signed("POST", "/v1/conversions?a=%20x", headers, body, DEMO_CREDENTIALS, now)
    assert not is_signed("POST", target, headers, body + b" ", DEMO_CREDENTIALS, now)
    assert not is_signed("POST", target, headers, body, {}, now)
    assert not is_signed("POST", target, headers, body, DEMO_CREDENTIALS, now + 400)
    assert not is_signed("POST", target, headers, body, DEMO_CREDENTIALS, now - 400)
    for name in ("host", "x-amz-date", "authorization"):
        assert not is_signed("POST", target, {**headers, name: headers[name] + "0"}, body, DEMO_CREDENTIALS, now)
        assert not is_signed(
            "POST", target, {k: v for k, v in headers.items() if k != name}, body, DEMO_CREDENTIALS, now
        )
    assert not is_signed("POST", target, headers | {"x-amz-content-sha256": "0" * 64}, body, DEMO_CREDENTIALS, now)
