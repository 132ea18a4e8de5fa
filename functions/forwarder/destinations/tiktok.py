"""TikTok, Events API 2.0 (Business API v1.3): POST /open_api/v1.3/event/track/.

business-api.tiktok.com, Events API 2.0; TikTok's own GTM template for field names (read 2026-11-23). The HTTP status is
200 even for errors: the answer's `code` tells.
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
    page_url,
    read_json,
    read_number,
    read_status,
    retry_after,
    write_json,
)
from forwarder.answer import Answer, Delivered, Rejected, Retry, Split, Unauthorised, narrow

HOST = "business-api.tiktok.com"
VERSION = "v1.3"
VERSION_ENDS: datetime.date | None = None

IDENTIFIERS = MappingProxyType(
    {
        ContactField.EMAIL: "email",
        ContactField.PHONE: "phone",
        ContactField.FIRST_NAME: "first_name",
        ContactField.LAST_NAME: "last_name",
        ContactField.ZIP: "zip_code",
        ContactField.EXTERNAL_ID: "external_id",
    }
)
MAX_BATCH = 1000
MAX_AGE_S = 7 * 86_400
RECOGNISES_S = 48 * 3600  # event and event_id

TAKEN = frozenset({0, 20001})  # 20001: taken, with remarks
THROTTLED = frozenset({40100})
UNAUTHORISED = frozenset({40001, 40104, 40105})
_PASSING_FROM = 50000


def render(events: Sequence[CleanEvent], policy: Policy, credential: str) -> Call:
    """The request that tells TikTok of these events, all of one event source."""
    rule = policy.rules[Destination.TIKTOK]
    document: dict[str, Any] = {"event_source": _event_source(events[0]), "event_source_id": rule.account}
    if rule.test_code is not None and policy.stage is Stage.TEST:
        document["test_event_code"] = rule.test_code
    document["data"] = [_render_event(event, policy) for event in events]
    return Call(
        url=f"https://{HOST}/open_api/{VERSION}/event/track/",
        headers=json_headers(("access-token", credential)),
        body=write_json(document),
    )


def _event_source(event: CleanEvent) -> str:
    return {Source.WEBSITE: "web", Source.CRM: "crm"}.get(event.source, "offline")


def _render_event(event: CleanEvent, policy: Policy) -> dict[str, Any]:
    user: dict[str, Any] = dict(digest_fields(event, IDENTIFIERS))
    if event.click is not None:
        user["ttclid"] = event.click.id
    told: dict[str, Any] = {
        "event": policy.rules[Destination.TIKTOK].events[event.event],
        "event_time": event.at,
        "event_id": event.event_id,
        "user": user,
    }
    if event.source is Source.WEBSITE:
        told["page"] = {"url": page_url(event, policy)}
    if event.amount is not None:
        told["properties"] = {"value": event.amount, "currency": event.currency}
    if policy.state is not None:
        told["limited_data_use"] = True
    return told


def read_answer(status: int, headers: Mapping[str, str], body: bytes, count: int) -> Answer:
    """What TikTok's answer means; never its message."""
    document = read_json(body)
    code = read_number(document.get("code"))
    shown = narrow(code) or str(status)
    if status == 200 and code in TAKEN:  # noqa: PLR2004 - HTTP
        return Delivered(narrow(document.get("request_id")), shown if code else None)
    if code in THROTTLED:
        return Retry(retry_after(headers), Reason.THROTTLED, shown)
    if code in UNAUTHORISED:
        return Unauthorised(shown)
    if status != 200:  # noqa: PLR2004 - HTTP
        return read_status(status, headers, count, shown)
    if code is None or code >= _PASSING_FROM:
        return Retry(retry_after(headers), Reason.UNAVAILABLE, shown)
    return Split(shown) if count > 1 else Rejected(shown)


def _group_by_source(event: CleanEvent, _policy: Policy) -> str:
    return _event_source(event)


ADAPTER = Adapter(
    destination=Destination.TIKTOK,
    host=HOST,
    version=VERSION,
    version_ends=VERSION_ENDS,
    identifiers=IDENTIFIERS,
    max_batch=MAX_BATCH,
    max_age_s=MAX_AGE_S,
    recognises_s=RECOGNISES_S,
    render=render,
    read_answer=read_answer,
    group_key=_group_by_source,
)
