"""A request and the secrets that are known in, whether one of them signed it out: what API Gateway does in the cloud.

docs.aws.amazon.com, IAM user guide, "Create a signed AWS API request" (read 2026-11-25).
"""

import datetime
import hashlib
import hmac
import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, quote

DEMO_CREDENTIALS: Mapping[str, str] = MappingProxyType({"AIRLOCKDEMO": "airlock-demo-secret"})
"""The access key and secret that `airlock dev` knows. They open nothing but this machine's own airlock."""
HOOK_SECRET = b"airlock-demo-hook-secret"
"""The secret with which webhooks sign to `airlock dev` and `airlock preview`."""
SERVICE = "execute-api"
SKEW_S = 300

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/([0-9]{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request,\s*"
    r"SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})"
)


def is_signed(
    method: str, target: str, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str], now: int
) -> bool:
    """Whether a known secret signed this request lately; header names in lower case, `now` in epoch seconds."""
    parts = _AUTHORIZATION.fullmatch(headers.get("authorization", "").strip())
    stamp = headers.get("x-amz-date", "")
    if parts is None or parts[1] not in secrets or parts[4] != SERVICE or not _is_recent(stamp, parts[2], now):
        return False
    signed = parts[5].split(";")
    if "host" not in signed or "x-amz-date" not in signed or any(name not in headers for name in signed):
        return False
    payload = hashlib.sha256(body).hexdigest()
    if headers.get("x-amz-content-sha256", payload) != payload:
        return False
    path, _, query = target.partition("?")
    pairs = sorted((quote(key, safe="~"), quote(value, safe="~")) for key, value in parse_qsl(query, True))  # noqa: FBT003 - keep_blank_values has no better name here
    canonical = "\n".join(
        (
            method,
            quote(path, safe="/~"),
            "&".join(f"{key}={value}" for key, value in pairs),
            *(f"{name}:{' '.join(headers[name].split())}" for name in signed),
            "",
            parts[5],
            payload,
        )
    )
    scope = "/".join((parts[2], parts[3], SERVICE, "aws4_request"))
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{secrets[parts[1]]}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    return hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), parts[6])


def _is_recent(stamp: str, day: str, now: int) -> bool:
    try:
        moment = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError:
        return False
    return stamp.startswith(day) and abs(moment.timestamp() - now) <= SKEW_S
