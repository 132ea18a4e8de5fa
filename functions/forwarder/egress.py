"""A call in, over TLS to one of the networks' own hosts, its answer out: a reply or that there was none."""

import logging
import ssl
import time
from collections.abc import Mapping

import httpx
from msgspec import Struct

from forwarder.adapter import Call

MOST_READ = 65_536
TIMEOUT_S = 10.0
_TIMEOUT = httpx.Timeout(TIMEOUT_S, connect=3.0)
# Of these the network cannot have got anything.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
# The networks' own hosts, and nobody else's (each destination file names its page).
HOSTS = frozenset(
    {
        "graph.facebook.com",
        "datamanager.googleapis.com",
        "oauth2.googleapis.com",
        "sts.googleapis.com",
        "iamcredentials.googleapis.com",
        "www.google-analytics.com",
        "business-api.tiktok.com",
        "api.linkedin.com",
        "capi.uet.microsoft.com",
        "ads-api.reddit.com",
        "api.pinterest.com",
        "tr.snapchat.com",
    }
)


# httpx logs each request's URL at INFO, httpcore its headers at DEBUG: GA4's URL holds a secret, every header a token.
for _library in ("httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.CRITICAL + 1)


class Reply(Struct, frozen=True):
    """A network's answer, cut at MOST_READ bytes. Shows nothing of itself."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<Reply {self.status}>"


class Unreachable(Struct, frozen=True):
    """There was no answer. `kind` is the error's type; `may_have_arrived` is false where no connection was made."""

    kind: str
    may_have_arrived: bool = True


class ForbiddenHostError(Exception):
    """A call was for a host that is none of the networks'. Does not name it."""


class Egress:
    """The one way out. One TLS context and one client for as long as the process lives; no proxies, no redirects."""

    def __init__(self, transport: httpx.BaseTransport | None = None, timeout: httpx.Timeout = _TIMEOUT) -> None:
        self._client = httpx.Client(
            transport=transport or httpx.HTTPTransport(verify=_tls_context(), trust_env=False, retries=0),
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
        )
        self._client.headers.clear()

    def send(self, call: Call) -> Reply | Unreachable:
        """Send a call and read its answer.

        Raises:
            ForbiddenHostError: the call is for a host that is none of the networks'.
        """
        if call.host not in HOSTS or not call.url.startswith("https://"):
            raise ForbiddenHostError("a call may go to the networks' own hosts over https only")
        request = self._client.build_request(call.method, call.url, headers=list(call.headers), content=call.body)
        try:
            response = self._client.send(request, stream=True)
            try:
                return Reply(response.status_code, dict(response.headers), _read(response))
            finally:
                response.close()
        except httpx.HTTPError as error:
            # Its text may hold the URL, and a URL a secret.
            return Unreachable(type(error).__name__, not isinstance(error, _NEVER_SENT))


def _read(response: httpx.Response) -> bytes:
    """The body, as far as it comes within the limits; a slow drip is cut like a long one, and read for what it is."""
    body = b""
    ends = time.monotonic() + TIMEOUT_S
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) >= MOST_READ or time.monotonic() > ends:
            return body[:MOST_READ]
    return body


def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
