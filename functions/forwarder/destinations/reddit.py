"""Reddit, Conversions API v3: POST /api/v3/pixels/{pixel}/conversion_events.

ads-api.reddit.com/docs/v3, post conversion events (read 2026-11-23). One event that is not taken refuses all, and the
message of a refusal may repeat what was sent.
"""

import datetime
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from airlock.address_book import ContactField, Destination
from airlock.clean import CleanEvent, Source
from airlock.outcome import Reason
from airlock.policy import Policy, Stage
from forwarder.adapter import (
    Adapter,
    Call,
    digest_fields,
    json_headers,
    read_json,
    read_status,
    write_json,
)
from forwarder.answer import Answer, Delivered, Retry

HOST = "ads-api.reddit.com"
VERSION = "v3"
VERSION_ENDS: datetime.date | None = None

IDENTIFIERS = MappingProxyType(
    {ContactField.EMAIL: "email", ContactField.PHONE: "phone_number", ContactField.EXTERNAL_ID: "external_id"}
)
MAX_BATCH = 1000
MAX_AGE_S = 7 * 86_400
RECOGNISES_S = 48 * 3600  # conversion_id; for how long is not told

ACTION_SOURCES = {
    Source.WEBSITE: "WEBSITE",
    Source.PHONE_CALL: "OTHER",
    Source.IN_PERSON: "PHYSICAL_STORE",
    Source.CRM: "OTHER",
}
_TAKEN_NONE = "Successfully processed 0 "


def render(events: Sequence[CleanEvent], policy: Policy, credential: str) -> Call:
    """The request that tells Reddit of these events."""
    rule = policy.rules[Destination.REDDIT]
    data: dict[str, Any] = {}
    if rule.test_code is not None and policy.stage is Stage.TEST:
        data["test_id"] = rule.test_code
    data["events"] = [_render_event(event, policy) for event in events]
    return Call(
        url=f"https://{HOST}/api/{VERSION}/pixels/{rule.account}/conversion_events",
        headers=json_headers(("authorization", f"Bearer {credential}")),
        body=write_json({"data": data}),
    )


def _render_event(event: CleanEvent, policy: Policy) -> dict[str, Any]:
    told: dict[str, Any] = {
        "event_at": event.at * 1000,
        "action_source": ACTION_SOURCES[event.source],
        "type": {"tracking_type": policy.rules[Destination.REDDIT].events[event.event]},
    }
    if event.click is not None:
        told["click_id"] = event.click.id
    metadata: dict[str, Any] = {"conversion_id": event.event_id}
    if event.amount is not None:
        metadata |= {"value": event.amount, "currency": event.currency}
    told["metadata"] = metadata
    user: dict[str, Any] = dict(digest_fields(event, IDENTIFIERS))
    if policy.state is not None:
        user["data_processing_options"] = {"modes": ["LDU"], "country": "US", "region": policy.state}
    if user:
        told["user"] = user
    return told


def read_answer(status: int, headers: Mapping[str, str], body: bytes, count: int) -> Answer:
    """What Reddit's answer means; of its texts only whether it says that nothing was processed."""
    if status != 200:  # noqa: PLR2004 - HTTP
        return read_status(status, headers, count)
    data = read_json(body).get("data")
    message = data.get("message") if isinstance(data, dict) else None
    if not isinstance(message, str) or message.startswith(_TAKEN_NONE):
        return Retry(None, Reason.UNAVAILABLE, "data")
    return Delivered()


ADAPTER = Adapter(
    destination=Destination.REDDIT,
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
