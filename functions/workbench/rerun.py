"""A posted event and the switches of the viewer in, the same event as it would be with them out, under a new id."""

import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct

from airlock.authorization import PURPOSE
from airlock.policy import Policy

_DAY_MS = 86_400_000
AUTHORIZATION_ID = "auth_WorkbenchDemo00000001"
"""A HIPAA authorization that exists in the workbench alone."""


class Switches(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays as it was sent."""

    sent: int
    consent: bool | None = None
    gpc: bool | None = None
    authorization: bool | None = None
    page: str | None = None


def read_switches(body: bytes) -> Switches | str:
    """The switches, or what is wrong with them."""
    try:
        switches = msgspec.json.decode(body, type=Switches)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 'send {"sent": N, "consent": true, "gpc": false, "authorization": true, "page": "/contact"}'
    if switches.page is not None and not switches.page.startswith("/"):
        return "`page` must be a path that begins with /"
    return switches


def change_event(body: str, switches: Switches, policy: Policy, now: int, new_id: str) -> str | None:
    """The event's JSON with the switches applied, moved to `now`; None where the body was no JSON object."""
    try:
        event = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(event, dict):
        return None
    event |= {"id": new_id, "at": now}
    if switches.consent is not None:
        event["consent"] = dict.fromkeys(policy.consent_required, switches.consent) | {"at": now}
    if switches.gpc is not None:
        event["gpc"] = switches.gpc
    if switches.authorization:
        event["authorization"] = AUTHORIZATION_ID
    elif switches.authorization is False:
        event.pop("authorization", None)
    if switches.page is not None and isinstance(event.get("url"), str):
        event["url"] = _move(event["url"], switches.page)
    return msgspec.json.encode(event).decode()


def _move(url: str, page: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, page, parts.query, ""))


def write_authorization(policy: Policy, now: int) -> bytes:
    """The body that puts the workbench's authorization on file: every network of the policy, every field it may get."""
    signed = datetime.datetime.fromtimestamp((now - _DAY_MS) / 1000, datetime.UTC)
    terms: dict[str, Any] = {
        "recipients": [str(destination) for destination in policy.rules],
        "purposes": [PURPOSE],
        "information": sorted({str(field) for rule in policy.rules.values() for field in rule.identifiers}),
        "signed_at": signed.isoformat(),
        "expires_at": (signed + datetime.timedelta(days=300)).isoformat(),
        "template_sha256": "0" * 64,
    }
    return msgspec.json.encode(terms)
