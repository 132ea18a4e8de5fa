"""A webhook's request and its hook's secrets in, the proof that its sender signed it lately out, or what is wrong."""

import base64
import datetime
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from airlock.hook import Hook, Scheme
from sanitizer.consent import CLOCK_SKEW_MS
from sanitizer.raw import NotAnEventError, parse_object

MAX_DEPTH = 32
_PART = re.compile(r"(t|v1)=([0-9A-Za-z+/=_-]{1,128})", re.ASCII)
_SECONDS = re.compile(r"[0-9]{9,11}", re.ASCII)


class Flaw(StrEnum):
    """What is wrong with a signature; the sender is not told which."""

    FORGED = "forged"  # no secret of the hook signed these bytes
    STALE = "stale"  # signed, but not of now
    REPLAYED = "replayed"  # signed and of now, and taken before


class Proof(Struct, frozen=True):
    """A signature that holds: `receipt` names it among all others, `until` is when it ends, epoch milliseconds."""

    receipt: str
    until: int


def verify(hook: Hook, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: int) -> Proof | Flaw:
    """Whether one of the secrets signed this request within the hook's window; `now` in epoch milliseconds."""
    match hook.scheme:
        case Scheme.TIMESTAMPED:
            parts = _PART.findall(headers.get(hook.header, ""))
            stamps = [value for key, value in parts if key == "t"]
            stamp = stamps[0] if len(stamps) == 1 else ""
            message, given = b"%b.%b" % (stamp.encode(), body), [value for key, value in parts if key == "v1"]
            signed = _is_signed(message, given, secrets, "sha256", as_hex=True)
            at = _from_seconds(stamp)
        case Scheme.STANDARD:
            stamp, identifier = headers.get("webhook-timestamp", ""), headers.get("webhook-id", "")
            given = [part[3:] for part in headers.get(hook.header, "").split() if part.startswith("v1,")]
            message = b"%b.%b.%b" % (_to_bytes(identifier), _to_bytes(stamp), body)
            signed = bool(identifier) and _is_signed(message, given, secrets, "sha256")
            at = _from_seconds(stamp)
        case Scheme.CALLRAIL:
            given = [headers.get(hook.header, "")]
            message = body
            # SHA-1 is CallRail's choice; HMAC does not rest on the collision resistance that SHA-1 lacks.
            signed = _is_signed(message, given, secrets, "sha1")
            at = _from_body(body) if signed else None
    if not signed:
        return Flaw.FORGED
    if at is None or not -CLOCK_SKEW_MS <= now - at <= hook.window_s * 1000:
        return Flaw.STALE
    receipt = hashlib.sha256(b"%b\0%b" % (hook.name.encode(), message)).hexdigest()
    return Proof(receipt, at + hook.window_s * 1000)


def _is_signed(
    message: bytes, given: Sequence[str], secrets: Sequence[bytes], algorithm: str, *, as_hex: bool = False
) -> bool:
    """Whether any of the signatures given is one of a secret's; every pair is compared, in constant time each."""
    held = False
    for secret in secrets:
        digest = hmac.digest(secret, message, algorithm)
        wanted = digest.hex().encode() if as_hex else base64.b64encode(digest)
        for signature in given:
            held |= hmac.compare_digest(wanted, _to_bytes(signature))
    return held


def _to_bytes(header: str) -> bytes:
    """A header's bytes; half of a surrogate pair has some too, and they are no sender's."""
    return header.encode("utf-8", "surrogatepass")


def _from_seconds(stamp: str) -> int | None:
    return int(stamp) * 1000 if _SECONDS.fullmatch(stamp) else None


def _from_body(body: bytes) -> int | None:
    try:
        return read_moment(parse_object(body, MAX_DEPTH).get("timestamp"))
    except NotAnEventError:
        return None


def read_moment(value: object) -> int | None:
    """Epoch milliseconds or seconds, or ISO 8601 with a zone, to epoch milliseconds; None where it is neither."""
    if type(value) is int:
        return value if value >= 10**11 else value * 1000 if value >= 10**8 else None
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return None if moment.tzinfo is None else round(moment.timestamp() * 1000)


def decode_secret(text: str, scheme: Scheme) -> bytes:
    """A secret's bytes: its characters, or with Standard Webhooks the base64 behind `whsec_`."""
    if scheme is Scheme.STANDARD and text.startswith("whsec_"):
        try:
            return base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except ValueError:  # binascii.Error too
            return b""
    return text.encode()
