"""An AWS operation in, its answer out: JSON over TLS, signed by the function's own role, called like boto3's clients.

What SQS, Systems Manager, KMS, DynamoDB and Secrets Manager are asked here; boto3 alone would take longer to start than
the whole sanitizer does. Errors hold a service, an operation and a code, and never what was sent or answered.
"""

import base64
import http.client
import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from sanitizer.aws_signature import Signer, read_credentials
from sanitizer.aws_wire import Connections, Patience, Wire

_PASSING = frozenset({500, 502, 503, 504})
_THROTTLED = re.compile(r"Throttl|RequestLimitExceeded|TooManyRequests|ProvisionedThroughputExceeded", re.ASCII)
# What a clock that is wrong, or credentials that have just been replaced, look like; one more try settles it.
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch"})
_RENEWED = frozenset({"ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException"})
_SKEW_S = 240  # AWS takes five minutes
_CODE = re.compile(rb'"__type"\s*:\s*"(?:[^"#]*#)?([A-Za-z0-9.]{1,100})(?::[^"]*)?"')
_SHORT = re.compile(r"(?:.*[#.])?([A-Za-z0-9]{1,100})", re.ASCII)
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class AwsError(Exception):
    """AWS did not do what was asked. `response` has the code where botocore's ClientError has it, and nothing else."""

    def __init__(self, service: str, operation: str, code: str) -> None:
        super().__init__(f"{service} {operation}: {code}")
        self.response = {"Error": {"Code": code}}


class Service(Struct, frozen=True):
    """How one AWS service speaks: JSON's version, the word before an operation's name, and its fields of bytes."""

    name: str
    version: str
    prefix: str
    binary: frozenset[str] = frozenset()


SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        service.name: service
        for service in (
            Service("sqs", "1.0", "AmazonSQS"),
            Service("ssm", "1.1", "AmazonSSM"),
            Service("kms", "1.1", "TrentService", frozenset({"Signature"})),
            Service("dynamodb", "1.0", "DynamoDB_20120810"),
            Service("secretsmanager", "1.1", "secretsmanager"),
        )
    }
)


class Client:
    """One service: `client.send_message(QueueUrl=...)` asks SQS to SendMessage. Threads may share it."""

    def __init__(self, name: str, wire: Wire, patience: Patience) -> None:
        self._service = SERVICES[name]
        self._wire = wire
        self._patience = patience
        self._signer = Signer(name, wire.environment["AWS_REGION"])
        self._connections = Connections(wire, patience)
        self._skew = 0.0

    def close(self) -> None:
        """Close the connections that are kept. A function never does; it ends with them."""
        self._connections.close()

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        """An operation by boto3's name for it."""
        if operation.startswith("_"):
            raise AttributeError(operation)
        return partial(self._ask, "".join(map(str.capitalize, operation.split("_"))))

    def _ask(self, operation: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - an operation's own fields
        host = self._find_host(operation, request)
        body = msgspec.json.encode(request)  # bytes become base64, as AWS wants them
        spared = {_SKEWED, _RENEWED}
        tries = 0
        while True:
            tries += 1
            code, answer = self._try(operation, host, body)
            if not code:
                return self._read(operation, answer)
            # Once each, and not counted: the next signature is made with AWS's time, or with the new credentials.
            reason = next((codes for codes in spared if code in codes), None)
            if reason is not None:
                spared.discard(reason)
                tries -= 1
            elif not self._may_pass(code) or tries >= self._patience.tries:
                raise AwsError(self._service.name, operation, code)
            else:
                self._wire.wait(0.05 * 2**tries)

    def _may_pass(self, code: str) -> bool:
        return code in {"ConnectionError", "Unavailable"} or _THROTTLED.search(code) is not None

    def _find_host(self, operation: str, request: Mapping[str, Any]) -> str:
        """Host and port: a queue's own, or the endpoint that AWS's tools would take."""
        url = request.get("QueueUrl") or self._wire.environment.get("AWS_ENDPOINT_URL")
        if not url:
            return f"{self._service.name}.{self._wire.environment['AWS_REGION']}.amazonaws.com"
        parts = urlsplit(url)
        if parts.scheme != "https":
            raise AwsError(self._service.name, operation, "EndpointNotHttps")
        return parts.netloc

    def _try(self, operation: str, host: str, body: bytes) -> tuple[str, bytes]:
        """An error's code, or none and the answer."""
        headers = self._signer.sign(
            host,
            f"application/x-amz-json-{self._service.version}",
            f"{self._service.prefix}.{operation}",
            body,
            read_credentials(self._wire.environment),
            self._wire.now() + self._skew,
        )
        try:
            status, told, answer = self._connections.send(host, headers, body)
        except (OSError, http.client.HTTPException):
            return "ConnectionError", b""
        if status == 200:  # noqa: PLR2004 - HTTP
            return "", answer
        code = _read_code(told, answer)
        if code in _SKEWED:
            self._skew = self._measure_skew(told)
        if status in _PASSING:
            return "Unavailable", b""
        return code or f"Http{status}", b""

    def _measure_skew(self, told: Mapping[str, str]) -> float:
        """How far AWS's clock is from this one; what is within AWS's own bounds is no reason to change anything."""
        try:
            theirs = parsedate_to_datetime(told.get("date", "")).timestamp()
        except (TypeError, ValueError):
            return self._skew
        skew = theirs - self._wire.now()
        return skew if abs(skew) > _SKEW_S else 0.0

    def _read(self, operation: str, answer: bytes) -> dict[str, Any]:
        try:
            document = _decode(answer) if answer else {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise AwsError(self._service.name, operation, "UnreadableAnswer") from None
        return {
            key: base64.b64decode(value) if key in self._service.binary else value for key, value in document.items()
        }


def _read_code(told: Mapping[str, str], answer: bytes) -> str:
    """An error's code, of the header or of the body; nothing of what else they say."""
    named = told.get("x-amzn-errortype", "").partition(":")[0]
    if (short := _SHORT.fullmatch(named)) is not None:
        return short[1]
    found = _CODE.search(answer)
    short = _SHORT.fullmatch(found[1].decode()) if found else None
    return short[1] if short else ""
