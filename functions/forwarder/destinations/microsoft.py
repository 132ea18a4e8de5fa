"""Microsoft Advertising, UET Conversions API: POST /v1/{tag}/events.

learn.microsoft.com, advertising, UET conversion API integration (read 2026-11-23). The API is a pilot: an account
has to be provisioned for it. Good events of a batch are taken beside bad ones, and the details of a refusal repeat what
was sent, so of those only the places are read.
"""

import datetime
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from airlock.address_book import ContactField, Destination
from airlock.clean import CleanEvent
from airlock.outcome import Reason
from airlock.policy import Policy
from forwarder.adapter import (
    Adapter,
    Call,
    digest_fields,
    json_headers,
    read_json,
    read_number,
    read_status,
    write_json,
)
from forwarder.answer import Answer, Delivered, Rejected, Retry, narrow

HOST = "capi.uet.microsoft.com"
VERSION = "v1"
VERSION_ENDS: datetime.date | None = None

IDENTIFIERS = MappingProxyType({ContactField.EMAIL: "em", ContactField.PHONE: "ph"})
MAX_BATCH = 1000
MAX_AGE_S = 7 * 86_400
RECOGNISES_S = 48 * 3600  # eventId and eventName; documented against the UET tag, and for how long is not told


def render(events: Sequence[CleanEvent], policy: Policy, credential: str) -> Call:
    """The request that tells Microsoft of these events."""
    rule = policy.rules[Destination.MICROSOFT]
    return Call(
        url=f"https://{HOST}/{VERSION}/{rule.account}/events",
        headers=json_headers(("authorization", f"Bearer {credential}")),
        body=write_json(
            {
                "data": [_render_event(event, policy) for event in events],
                "continueOnValidationError": True,
                "dataProvider": "airlock",
            }
        ),
    )


def _render_event(event: CleanEvent, policy: Policy) -> dict[str, Any]:
    user: dict[str, Any] = dict(digest_fields(event, IDENTIFIERS))
    if event.click is not None:
        user["msclkid"] = event.click.id
    told: dict[str, Any] = {
        "eventType": "custom",  # a pageLoad would have to name its page
        "eventName": policy.rules[Destination.MICROSOFT].events[event.event],
        "eventTime": event.at,
        "eventId": event.event_id,
        "adStorageConsent": "G",  # without consent there is no event
        "userData": user,
    }
    if event.amount is not None:
        told["customData"] = {"value": event.amount, "currency": event.currency}
    return told


def read_answer(status: int, headers: Mapping[str, str], body: bytes, count: int) -> Answer | tuple[Answer, ...]:
    """What Microsoft's answer means, for each event of a batch; never its details, which repeat what was sent."""
    document = read_json(body)
    if status != 200:  # noqa: PLR2004 - HTTP
        return read_status(status, headers, count)
    trace = narrow(document.get("traceId"))
    received = read_number(document.get("eventsReceived"))
    refused = _refused_places(document, count)
    if refused is None or received != count - len(refused):
        return Retry(None, Reason.UNAVAILABLE, "eventsReceived")
    return tuple(Rejected("ValidationError") if place in refused else Delivered(trace) for place in range(count))


def _refused_places(document: Mapping[str, Any], count: int) -> set[int] | None:
    """The places of the events that were not taken; None where the answer cannot be read."""
    error = document.get("error")
    if error is None:
        return set()
    details = error.get("details") if isinstance(error, dict) else None
    if not isinstance(details, list):
        return None
    places: set[int] = set()
    for detail in details:
        if not isinstance(detail, dict):
            return None
        if detail.get("isWarning") is True:
            continue
        place = read_number(detail.get("index"))
        if place is None or not 0 <= place < count:
            return None
        places.add(place)
    return places


ADAPTER = Adapter(
    destination=Destination.MICROSOFT,
    host=HOST,
    version=VERSION,
    version_ends=VERSION_ENDS,
    identifiers=IDENTIFIERS,
    max_batch=MAX_BATCH,
    max_age_s=MAX_AGE_S,
    recognises_s=RECOGNISES_S,
    render=render,
    read_answer=read_answer,
)
