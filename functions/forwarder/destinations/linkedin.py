"""LinkedIn, Conversions API: POST /rest/conversionEvents.

learn.microsoft.com, LinkedIn Marketing, Conversions API (read 2026-11-23). One event is answered 201 without a body; a
batch is answered 200 with a status for each element.
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
from forwarder.answer import Answer, Delivered, Retry, Unauthorised, narrow

HOST = "api.linkedin.com"
VERSION = "202608"
VERSION_ENDS = datetime.date(2027, 8, 17)

IDENTIFIERS = MappingProxyType({ContactField.EMAIL: "SHA256_EMAIL"})
MAX_BATCH = 5000
MAX_AGE_S = 90 * 86_400
RECOGNISES_S = MAX_AGE_S  # eventId; documented against the Insight Tag

_CLICK_ID = "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID"
_VERSION_CODES = frozenset({"VERSION_MISSING", "NONEXISTENT_VERSION"})
_TAKEN = frozenset({200, 201})


def render(events: Sequence[CleanEvent], policy: Policy, credential: str) -> Call:
    """The request that tells LinkedIn of these events."""
    headers = [
        ("authorization", f"Bearer {credential}"),
        ("linkedin-version", VERSION),
        ("x-restli-protocol-version", "2.0.0"),
    ]
    elements = [_render_event(event, policy) for event in events]
    if len(elements) == 1:
        document = elements[0]
    else:
        headers.append(("x-restli-method", "BATCH_CREATE"))
        document = {"elements": elements}
    return Call(url=f"https://{HOST}/rest/conversionEvents", headers=json_headers(*headers), body=write_json(document))


def _render_event(event: CleanEvent, policy: Policy) -> dict[str, Any]:
    rule = policy.rules[Destination.LINKEDIN]
    told: dict[str, Any] = {
        "conversion": f"urn:lla:llaPartnerConversion:{rule.events[event.event]}",
        "conversionHappenedAt": event.at * 1000,
    }
    if event.amount is not None:
        told["conversionValue"] = {"currencyCode": event.currency, "amount": str(event.amount)}
    told["eventId"] = event.event_id
    ids = [{"idType": key, "idValue": digest} for key, digest in digest_fields(event, IDENTIFIERS).items()]
    if event.click is not None:
        ids.append({"idType": _CLICK_ID, "idValue": event.click.id})
    told["user"] = {"userIds": ids}
    return told


def read_answer(status: int, headers: Mapping[str, str], body: bytes, count: int) -> Answer | tuple[Answer, ...]:
    """What LinkedIn's answer means, for each element of a batch; never its texts."""
    document = read_json(body)
    if count == 1 and status == 201:  # noqa: PLR2004 - HTTP
        return Delivered()
    if status in _TAKEN:
        elements = document.get("elements")
        if count > 1 and isinstance(elements, list) and len(elements) == count:
            return tuple(_read_element(element) for element in elements)
        return Retry(None, Reason.UNAVAILABLE, "elements")
    if narrow(document.get("code")) in _VERSION_CODES:
        return Unauthorised(str(document["code"]))
    return read_status(status, headers, count)  # 403 is also what an unknown conversion rule is answered with


def _read_element(element: object) -> Answer:
    status = read_number(element.get("status")) if isinstance(element, dict) else None
    if status is None:
        return Retry(None, Reason.UNAVAILABLE, "status")
    return Delivered() if status in _TAKEN else read_status(status, {}, 1)


ADAPTER = Adapter(
    destination=Destination.LINKEDIN,
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
