"""The one way out: to the networks' own hosts over TLS, with limits, and without a word of what was said."""

import logging
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from forwarder import egress as egress_module
from forwarder.adapter import Call
from forwarder.egress import HOSTS, MOST_READ, Egress, ForbiddenHostError, Reply, Unreachable

SECRET = "EAAB-invented"


def call(url: str) -> Call:
    return Call(url, (("authorization", f"Bearer {SECRET}"),), b'{"data":[]}')


class Answering(httpx.BaseTransport):
    def __init__(self, answer: httpx.Response | Exception) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("host", sorted(HOSTS))
def test_the_networks_own_hosts_are_reached(host: str) -> None:
    reply = Egress(Answering(httpx.Response(204))).send(call(f"https://{host}/x"))
    assert isinstance(reply, Reply)
    assert reply.status == 204


@pytest.mark.parametrize(
    "url",
    [
        "https://collector.example/x",
        "http://graph.facebook.com/x",
        "https://graph.facebook.com.collector.example/x",
        "https://graph.facebook.com@collector.example/x",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data/",
        "ftp://graph.facebook.com/x",
        "",
    ],
)
def test_no_other_host_is_reached_and_none_is_named(url: str) -> None:
    transport = Answering(httpx.Response(200))
    with pytest.raises(ForbiddenHostError) as error:
        Egress(transport).send(call(url))
    assert transport.requests == []
    assert "collector" not in str(error.value)


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    transport = Answering(httpx.Response(302, headers={"location": "https://collector.example/"}))
    reply = Egress(transport).send(call("https://graph.facebook.com/x"))
    assert isinstance(reply, Reply)
    assert reply.status == 302
    assert len(transport.requests) == 1


def test_the_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://collector.example:3128")
    client = Egress()._client
    assert client.trust_env is False
    assert client._mounts == {}


def test_only_the_calls_own_headers_go_out() -> None:
    transport = Answering(httpx.Response(200))
    Egress(transport).send(call("https://graph.facebook.com/x"))
    (request,) = transport.requests
    assert {name.lower() for name in request.headers} == {"host", "content-length", "authorization"}


@pytest.mark.parametrize(
    ("error", "may_have_arrived"),
    [
        (httpx.ConnectError("refused by graph.facebook.com"), False),
        (httpx.ConnectTimeout("x"), False),
        (httpx.PoolTimeout("x"), False),
        (httpx.ReadTimeout("x"), True),
        (httpx.ReadError("x"), True),
        (httpx.WriteError("x"), True),
        (httpx.RemoteProtocolError("x"), True),
    ],
)
def test_no_answer_says_whether_the_network_may_have_got_it(error: Exception, may_have_arrived: bool) -> None:  # noqa: FBT001 - a table's column
    reply = Egress(Answering(error)).send(call("https://graph.facebook.com/x"))
    assert reply == Unreachable(type(error).__name__, may_have_arrived)


def test_an_answer_without_end_is_cut() -> None:
    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x" * 4096

    reply = Egress(Answering(httpx.Response(200, stream=Endless()))).send(call("https://graph.facebook.com/x"))
    assert isinstance(reply, Reply)
    assert len(reply.body) == MOST_READ


def test_an_answer_that_drips_for_ever_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x"

    ticks = iter(range(1000))
    monkeypatch.setattr(egress_module.time, "monotonic", lambda: float(next(ticks)))
    reply = Egress(Answering(httpx.Response(200, stream=Drip()))).send(call("https://graph.facebook.com/x"))
    assert isinstance(reply, Reply)
    assert 1 <= len(reply.body) <= 20


def test_nothing_shows_what_was_sent_or_answered() -> None:
    reply = Egress(Answering(httpx.Response(400, content=b"Jane Doe"))).send(call("https://graph.facebook.com/x"))
    assert "Jane" not in repr(reply)
    assert SECRET not in repr(call("https://graph.facebook.com/x"))


def test_tls_is_at_least_1_2_and_certificates_are_checked() -> None:
    context = egress_module._tls_context()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_server_that_is_not_the_network_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS leads elsewhere: the name does not match, the handshake fails, and not a byte of the request has left."""

    class Plain(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raise AssertionError("a request arrived")

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's signature
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Plain)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        monkeypatch.setattr(egress_module, "HOSTS", frozenset({"127.0.0.1"}))
        reply = Egress().send(call(f"https://127.0.0.1:{server.server_address[1]}/x"))
    finally:
        server.shutdown()
        server.server_close()
    assert isinstance(reply, Unreachable)
    assert not reply.may_have_arrived


def test_no_library_logs_what_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    """The library httpx logs every URL at INFO, and GA4 wants its secret in the URL: no level may bring it out."""
    caplog.set_level(logging.DEBUG)
    url = f"https://www.google-analytics.com/mp/collect?measurement_id=G-EXAMPLE01&api_secret={SECRET}"
    Egress(Answering(httpx.Response(204))).send(call(url))
    assert len(caplog.records) == 0


@pytest.mark.parametrize("name", ["httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"])
def test_the_http_libraries_are_silent_at_every_level(name: str) -> None:
    assert not logging.getLogger(name).isEnabledFor(logging.CRITICAL)
