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
from forwarder.adapter import Adapter, Call, digest_fields, json_headers, read_json, retry_after, write_json
from forwarder.answer import Answer, Delivered, Rejected, Retry, Split, Unauthorised

HOST = "api.linkedin.com"
VERSION = "202608"
VERSION_ENDS = datetime.date(2027, 8, 17)

IDENTIFIERS = MappingProxyType({ContactField.EMAIL: "SHA256_EMAIL"})
MAX_BATCH = 5000
MAX_AGE_S = 90 * 86_400

_CLICK_ID = "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID"
_PASSING = frozenset({408, 423, 425})


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
    if status in {200, 201} and count == 1:
        return Delivered()
    if status == 200:  # noqa: PLR2004 - HTTP
        elements = read_json(body).get("elements")
        if isinstance(elements, list) and len(elements) == count:
            return tuple(_read_status(_element_status(element), {}, 1) for element in elements)
        return Retry(None, Reason.UNAVAILABLE, "elements")
    return _read_status(status, headers, count)


def _element_status(element: object) -> int:
    status = element.get("status") if isinstance(element, dict) else None
    return status if type(status) is int else 500


def _read_status(status: int, headers: Mapping[str, str], count: int) -> Answer:
    shown = str(status)
    if status in {200, 201}:
        return Delivered()
    if status == 429:  # noqa: PLR2004 - HTTP
        return Retry(retry_after(headers), Reason.THROTTLED, shown)
    if status in {401, 403}:  # 403 is also what an unknown conversion rule is answered with
        return Unauthorised(shown)
    if status >= 500 or status in _PASSING:  # noqa: PLR2004 - HTTP
        return Retry(retry_after(headers), Reason.UNAVAILABLE, shown)
    return Split(shown) if count > 1 else Rejected(shown)


ADAPTER = Adapter(
    destination=Destination.LINKEDIN,
    host=HOST,
    version=VERSION,
    version_ends=VERSION_ENDS,
    identifiers=IDENTIFIERS,
    max_batch=MAX_BATCH,
    max_age_s=MAX_AGE_S,
    render=render,
    read_answer=read_answer,
)
