"""`airlock dev`: the whole product on this machine, from a browser's request to what the stand-ins received."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from airlock.policy import Policy
from workbench.dev import Desk

ROOT = Path(__file__).parent.parent.parent
UUID = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
PATIENCE_S = 20.0


@pytest.fixture
def desk(policy: Policy) -> Iterator[Desk]:
    running = Desk(policy)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def browser(desk: Desk) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=desk.origin, trust_env=False, headers={"origin": desk.origin}) as client:
        yield client


def event(origin: str, **changes: Any) -> dict[str, Any]:
    now = time.time_ns() // 1_000_000
    return {
        "event": "lead",
        "id": UUID,
        "url": f"{origin}/services/laser?fbclid=IwAR2ExampleFbclid0001&gclid=Cj0KCQiA3sq6BhD2ARIsAJ8",
        "consent": {"marketing": True, "at": now - 60_000},
        "value": 300,
        **changes,
    }


def post(browser: httpx.Client, document: dict[str, Any]) -> httpx.Response:
    return browser.post("/v1/events", content=json.dumps(document), headers={"content-type": "text/plain"})


def wait_for(browser: httpx.Client, enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """The stand-ins' requests, once there are enough of them."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        deliveries: list[dict[str, Any]] = browser.get("/_airlock/deliveries.json").json()
        if enough(deliveries):
            return deliveries
        time.sleep(0.02)
    pytest.fail("the stand-ins did not receive it in time")


def journal(browser: httpx.Client) -> list[dict[str, Any]]:
    return [json.loads(line) for line in browser.get("/_airlock/log.jsonl").text.splitlines()]


def test_one_conversion_travels_from_the_browser_to_meta_and_google(browser: httpx.Client, desk: Desk) -> None:
    answer = post(browser, event(desk.origin))
    assert (answer.status_code, answer.content) == (204, b"")
    deliveries = wait_for(browser, lambda found: {each["destination"] for each in found} >= {"meta", "google"})
    for delivery in deliveries:
        assert delivery.keys() == {"destination", "received_at", "method", "url", "headers", "body", "answer"}
        assert delivery["answer"]["status"] == 200
        assert delivery["headers"]["authorization"] == "Bearer <secret>"
        assert "laser" not in json.dumps(delivery)
    (told,) = (json.loads(each["body"]) for each in deliveries if each["destination"] == "meta")
    assert told["data"][0]["event_name"] == "Lead"
    assert told["data"][0]["custom_data"] == {"value": 250, "currency": "USD"}
    wait_for(browser, lambda _: sum(line["outcome"] == "delivered" for line in journal(browser)) >= 2)
    assert UUID not in browser.get("/_airlock/log.jsonl").text


def test_its_own_origin_counts_as_one_of_the_sites_and_no_other_does(browser: httpx.Client) -> None:
    foreign = browser.post("/v1/events", content="{}", headers={"origin": "http://127.0.0.1:1"})
    assert foreign.status_code == 403
    assert post(browser, event("http://elsewhere.example")).status_code == 400
    assert post(browser, event("https://elsewhere.example")).status_code == 204
    assert {line["reason"] for line in journal(browser)} == {"foreign_origin", "malformed", "foreign_page"}


def test_a_queue_that_refuses_is_503_and_the_retry_loses_nothing(browser: httpx.Client, desk: Desk) -> None:
    assert browser.post("/_airlock/faults", json={"queue": "meta", "status": 503, "count": 1}).status_code == 204
    first = post(browser, event(desk.origin))
    assert first.status_code == 503
    assert int(first.headers["retry-after"]) > 0
    assert post(browser, event(desk.origin)).status_code == 204
    deliveries = wait_for(browser, lambda found: any(each["destination"] == "meta" for each in found))
    told = [json.loads(each["body"])["data"][0]["event_id"] for each in deliveries if each["destination"] == "meta"]
    assert len(set(told)) == 1


def test_a_stand_in_that_fails_can_be_seen(browser: httpx.Client, desk: Desk) -> None:
    assert browser.post("/_airlock/faults", json={"destination": "meta", "status": 500, "count": 1}).status_code == 204
    post(browser, event(desk.origin))
    deliveries = wait_for(browser, lambda found: any(each["destination"] == "meta" for each in found))
    assert [each["answer"]["status"] for each in deliveries if each["destination"] == "meta"] == [500]
    wait_for(browser, lambda _: any(line["outcome"] == "held" for line in journal(browser)))


@pytest.mark.parametrize("fault", ["x", "{}", '{"destination": "myspace", "status": 500, "count": 1}', "[]", "1"])
def test_a_fault_that_cannot_be_set_is_answered_with_the_rule(browser: httpx.Client, fault: str) -> None:
    answer = browser.post("/_airlock/faults", content=fault)
    assert answer.status_code == 400
    assert "myspace" not in answer.text


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/services/", "text/html"),
        ("/services/coolsculpting", "text/html"),
        ("/services/weight-loss", "text/html"),
        ("/book", "text/html"),
        ("/portal/", "text/html"),
        ("/airlock.js", "text/javascript"),
        ("/_airlock/", "text/html"),
        ("/_airlock/deliveries.json", "application/json"),
        ("/_airlock/log.jsonl", "application/jsonl"),
        ("/v1/health", "text/plain"),
    ],
)
def test_every_page_is_served(browser: httpx.Client, path: str, kind: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize(
    "path", ["/nowhere", "/..%2f..%2fclinic.toml", "/%00", "/_airlock/../../clinic.toml", "/%2e%2e/x"]
)
def test_what_is_no_page_is_not_found(desk: Desk, path: str) -> None:
    """Paths go over a bare socket, because a client would tidy them."""
    host, _, port = desk.origin.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode())
        status = connection.makefile("rb").readline()
    assert b" 404 " in status


def send(desk: Desk, *head: str) -> bytes:
    """The answer to a request that no client would write, its head line by line in Latin-1."""
    host, _, port = desk.origin.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        lines = [*head, f"host: {host}", "connection: close"]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        return connection.makefile("rb").read()


@pytest.mark.parametrize("path", ["/v1/events", "/airlock.js", "/v1/health", "/", "/_airlock/faults"])
@pytest.mark.parametrize("method", ["BREW", "TRACE", "get"])
def test_a_method_that_nobody_knows_is_405_and_is_not_repeated(desk: Desk, method: str, path: str) -> None:
    answer = send(desk, f"{method} {path} HTTP/1.1")
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert method.encode() not in answer


@pytest.mark.parametrize("line", ["BREW", "BREW / HTTP/x", "BREW / / HTTP/1.1", "BREW / BREW/9.9"])
def test_what_is_no_http_is_answered_without_its_words(desk: Desk, line: str) -> None:
    answer = send(desk, line)
    assert b"400" in answer
    assert b"BREW" not in answer


@pytest.mark.parametrize("length", ["\xb2", "-1", "+1", "1e3", "0x1", "", "1,1", "9" * 5_000])
def test_a_length_that_is_no_number_is_400(desk: Desk, length: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Superscripts are digits to Python, and thousands of digits no number of its."""
    assert send(desk, "POST /v1/events HTTP/1.1", f"content-length: {length}").startswith(b"HTTP/1.1 400 ")
    assert capfd.readouterr().err == ""


def test_a_cookie_is_found_in_whichever_header_it_stands(desk: Desk, browser: httpx.Client) -> None:
    """HTTP/2 lets a browser send its cookies in several headers."""
    now = time.time_ns() // 1_000_000
    body = json.dumps(event(desk.origin, url=f"{desk.origin}/contact"))
    head = [f"POST /v1/events HTTP/1.1\r\norigin: {desk.origin}", "content-type: text/plain"]
    cookie = f"airlock_click=fbclid:{now - 60_000:013d}:IwAR2ExampleFbclid0001"
    answer = send(desk, *head, "cookie: one=1", f"cookie: {cookie}", f"content-length: {len(body)}\r\n\r\n{body}")
    assert answer.startswith(b"HTTP/1.1 204 ")
    (told,) = wait_for(browser, lambda found: any(each["destination"] == "meta" for each in found))
    assert "IwAR2ExampleFbclid0001" in told["body"]


def test_health_names_the_policy(browser: httpx.Client, policy: Policy) -> None:
    assert browser.get("/v1/health").text == policy.digest


def test_a_body_above_what_any_route_takes_is_413(browser: httpx.Client) -> None:
    answer = browser.post("/v1/events", content=b"{" + b" " * 9000, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_the_stories_are_replayed_as_if_they_happened_now(browser: httpx.Client, desk: Desk) -> None:
    assert desk.replay() >= 12
    wait_for(browser, lambda found: {each["destination"] for each in found} >= {"meta", "google", "tiktok", "linkedin"})
    reasons = {line.get("reason") for line in journal(browser)}
    assert {"gpc", "no_consent", "stale_consent", "private_page", "unknown_event", "malformed", "too_large"} <= reasons


def start(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "workbench.command", "dev", *options]
    return subprocess.Popen(
        command, cwd=ROOT, env={"PYTHONPATH": str(ROOT / "functions"), "PATH": ""}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_ctrl_c_is_one_clear_line() -> None:
    process = start("--port", "0", "--no-replay")
    assert process.stdout is not None
    assert "Airlock is running" in process.stdout.readline()
    while "Ctrl-C" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, said.strip()) == (0, "airlock: stopped")


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start("--port", str(port))
        _, said = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, said) == (1, f"airlock: port {port} is taken; choose another with --port\n")


@pytest.mark.parametrize("port", ["x", "-1", "65536"])
def test_what_is_no_port_is_wrong_usage(port: str) -> None:
    process = start("--port", port)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "--port" in said


def test_a_browser_that_goes_away_leaves_no_traceback(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    host, _, port = desk.origin.removeprefix("http://").partition(":")
    for _ in range(20):
        with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset, not close
            connection.sendall(f"GET /_airlock/log.jsonl HTTP/1.1\r\nhost: {host}\r\n\r\n".encode() * 20)
    httpx.get(f"{desk.origin}/v1/health", trust_env=False)
    assert "Traceback" not in capfd.readouterr().err
