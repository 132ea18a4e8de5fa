"""Conversions and authorizations of a clinic's system in, signed requests to its airlock out, and the answers back.

This file needs botocore (or boto3, which brings it) and nothing else of this repository: copy it into the system that
tells the airlock. Every event carries an id of its own, so whatever is sent again counts once.
"""

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.session

MOST_EVENTS = 100
MOST_BYTES = 1 << 20
TRIES = 4
_TIMEOUT_S = 35
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_AGAIN = frozenset({429, 500, 502, 503, 504})


class AirlockError(Exception):
    """The airlock did not do what was asked. Names the status, and the element and rule where it named them."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status  # 0: there was no answer


class Client:
    """One clinic's airlock at `url`, an https origin (http on the loopback interface only).

    `credentials` are botocore's (`access_key`, `secret_key`, `token`), by default those that the AWS tools would find;
    they need `execute-api:Invoke` on the airlock's API and nothing else. `wait` sleeps between two tries.
    """

    def __init__(
        self,
        url: str,
        region: str = "us-east-1",
        credentials: Any = None,  # noqa: ANN401 - botocore ships no types
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.path.strip("/") or not host or (parts.scheme != "https" and host not in _LOOPBACK):
            raise ValueError("url: must be an https origin without a path")
        credentials = credentials or botocore.session.get_session().get_credentials()
        if credentials is None:
            raise ValueError("credentials: there are none where the AWS tools look for them")
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._signer = botocore.auth.SigV4Auth(credentials, "execute-api", region)
        self._wait = wait
        self._connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(parts.netloc, timeout=_TIMEOUT_S, context=ssl.create_default_context())
            if parts.scheme == "https"
            else http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_S)
        )

    def send(self, events: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Tell of conversions, each an object of the contract; gives `{"id", "status", "reason"}` for each, in order.

        Raises:
            AirlockError: a batch was not answered; what was yielded before is done, the rest may be sent again.
        """
        for batch in _batch(events):
            body = b'{"events":[%b]}' % b",".join(batch)
            yield from json.loads(self._ask("POST", "/v1/conversions", body))["results"]

    def record_authorization(self, identifier: str, terms: Mapping[str, Any]) -> None:
        """Record a HIPAA authorization: recipients, information, purposes, signed_at, expires_at, template_sha256."""
        self._ask("PUT", f"/v1/authorizations/{identifier}", json.dumps(terms).encode())

    def revoke_authorization(self, identifier: str) -> None:
        """Revoke an authorization; what is on a queue already is then told without its digests."""
        self._ask("DELETE", f"/v1/authorizations/{identifier}", b"")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes) -> bytes:
        for attempt in range(TRIES):
            if attempt:
                self._wait(2.0**attempt)
            status, answer = self._try(method, path, body)
            if status not in _AGAIN and status != 0:
                break
        if status in {200, 204}:
            return answer
        raise AirlockError(status, _explain(status, answer))

    def _try(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        request = botocore.awsrequest.AWSRequest(
            method, self._origin + path, headers={"content-type": "application/json"}, data=body
        )
        self._signer.add_auth(request)
        try:
            self._connection.request(method, path, body, dict(request.headers))
            response = self._connection.getresponse()
            return response.status, response.read(MOST_BYTES)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, b""


def send_conversions(
    url: str,
    events: Iterable[Mapping[str, Any]],
    region: str = "us-east-1",
    credentials: Any = None,  # noqa: ANN401 - botocore ships no types
) -> list[dict[str, Any]]:
    """Tell of conversions, and be done: what `Client.send` gives, for all of them."""
    client = Client(url, region, credentials)
    try:
        return list(client.send(events))
    finally:
        client.close()


def _batch(events: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[bytes]]:
    batch: list[bytes] = []
    size = 0
    for event in events:
        encoded = json.dumps(event, separators=(",", ":")).encode()
        if batch and (len(batch) == MOST_EVENTS or size + len(encoded) > MOST_BYTES - 1024):
            yield batch
            batch, size = [], 0
        batch.append(encoded)
        size += len(encoded) + 1
    if batch:
        yield batch


def _explain(status: int, answer: bytes) -> str:
    """What went wrong, in the airlock's own words for element and rule."""
    if status == 0:
        return "the airlock did not answer"
    try:
        told = json.loads(answer)
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    words = [str(told[key]) for key in ("reason", "element", "rule") if told.get(key)]
    return ": ".join([f"the airlock answered {status}", *words])
