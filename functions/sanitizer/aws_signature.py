"""An AWS JSON request and credentials in, its headers with AWS Signature Version 4 out. Pure: the time is handed in.

docs.aws.amazon.com, IAM user guide, "Create a signed AWS API request" (read 2026-11-25). A signer of our own, because
the maintained ones cost a cold start more than all the rest of it (tests/benchmarks/bench_cold_start.py measures them);
a test holds it to botocore's, byte for byte.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping

from msgspec import Struct

ALGORITHM = "AWS4-HMAC-SHA256"


class NoCredentialsError(Exception):
    """The environment holds no credentials of a role."""


class Credentials(Struct, frozen=True):
    """A role's temporary key. Shows nothing of itself."""

    key: str
    secret: str
    token: str

    def __repr__(self) -> str:
        return "<Credentials>"


def read_credentials(environment: Mapping[str, str]) -> Credentials:
    """The credentials of the function's role, as Lambda puts them into its environment.

    Raises:
        NoCredentialsError: they are not there.
    """
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        raise NoCredentialsError
    return Credentials(key, secret, environment.get("AWS_SESSION_TOKEN", ""))


class Signer:
    """Signs `POST /` for one service in one region; the day's signing key is kept."""

    def __init__(self, service: str, region: str) -> None:
        self._service = service
        self._region = region
        self._kept: tuple[str, Credentials, bytes] | None = None

    def sign(
        self, host: str, content_type: str, target: str, body: bytes, by: Credentials, at: float
    ) -> dict[str, str]:
        """The request's headers; `at` is epoch seconds."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
        headers = {"content-type": content_type, "host": host, "x-amz-date": stamp}
        if by.token:
            headers["x-amz-security-token"] = by.token
        headers["x-amz-target"] = target  # the names are in the order of the alphabet, as the signature wants them
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        day = stamp[:8]
        scope = f"{day}/{self._region}/{self._service}/aws4_request"
        text = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._key(day, by), text.encode(), "sha256").hex()
        credential = f"Credential={by.key}/{scope}"
        headers["authorization"] = f"{ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
        return headers

    def _key(self, day: str, by: Credentials) -> bytes:
        kept = self._kept
        if kept is not None and kept[0] == day and kept[1] == by:
            return kept[2]
        key = f"AWS4{by.secret}".encode()
        for word in (day, self._region, self._service, "aws4_request"):
            key = hmac.digest(key, word.encode(), "sha256")
        self._kept = (day, by, key)
        return key
