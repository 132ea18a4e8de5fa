"""Pinterest, API for Conversions v5: POST /v5/ad_accounts/{account}/events.

github.com/pinterest/api-description, v5/openapi.yaml 5.23.0 (read 2026-11-23). Each event has a status of its own;
where one failed the answer is 422 with the same list under `details`. A click id alone is not enough, and events that
happened off the page are not recognised when they come again.
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
    read_status,
    write_json,
)
from forwarder.answer import Answer, Delivered, Rejected, Retry

HOST = "api.pinterest.com"
VERSION = "v5"
VERSION_ENDS: datetime.date | None = None

IDENTIFIERS = MappingProxyType(
    {
        ContactField.EMAIL: "em",
        ContactField.PHONE: "ph",
        ContactField.FIRST_NAME: "fn",
        ContactField.LAST_NAME: "ln",
        ContactField.CITY: "ct",
        ContactField.STATE: "st",
        ContactField.ZIP: "zp",
        ContactField.COUNTRY: "country",
        ContactField.DATE_OF_BIRTH: "db",
        ContactField.EXTERNAL_ID: "external_id",
    }
)
MAX_BATCH = 1000
MAX_AGE_S = 7 * 86_400
RECOGNISES_S = 0  # events off the page never are


def render(events: Sequence[CleanEvent], policy: Policy, credential: str) -> Call:
    """The request that tells Pinterest of these events; in a test stage they are answered and not recorded."""
    rule = policy.rules[Destination.PINTEREST]
    test = "?test=true" if policy.stage is Stage.TEST else ""
    return Call(
        url=f"https://{HOST}/{VERSION}/ad_accounts/{rule.account}/events{test}",
        headers=json_headers(("authorization", f"Bearer {credential}")),
        body=write_json({"data": [_render_event(event, policy) for event in events]}),
    )


def _render_event(event: CleanEvent, policy: Policy) -> dict[str, Any]:
    is_web = event.source is Source.WEBSITE
    told: dict[str, Any] = {
        "event_name": policy.rules[Destination.PINTEREST].events[event.event],
        "action_source": "web" if is_web else "offline",
        "event_time": event.at,
        "event_id": event.event_id,
    }
    if is_web:
        told["event_source_url"] = page_url(event, policy)
    user: dict[str, Any] = {key: [digest] for key, digest in digest_fields(event, IDENTIFIERS).items()}
    if event.click is not None:
        user["click_id"] = event.click.id
    told["user_data"] = user
    custom: dict[str, Any] = {}
    if event.amount is not None:
        custom = {"value": str(event.amount), "currency": event.currency}  # a string, as Pinterest wants it
    if policy.state is not None:
        custom["opt_out_type"] = "LDP"  # limited data processing
    if custom:
        told["custom_data"] = custom
    return told


def read_answer(status: int, headers: Mapping[str, str], body: bytes, count: int) -> Answer | tuple[Answer, ...]:
    """What Pinterest's answer means, for each event; never its messages."""
    document = read_json(body)
    if status not in {200, 422}:
        return read_status(status, headers, count)
    report = document if status == 200 else document.get("details")  # noqa: PLR2004 - HTTP
    events = report.get("events") if isinstance(report, dict) else None
    if not isinstance(events, list) or len(events) != count:
        return read_status(status, headers, count) if status != 200 else Retry(None, Reason.UNAVAILABLE, "events")  # noqa: PLR2004 - HTTP
    return tuple(_read_event(event) for event in events)


def _read_event(event: object) -> Answer:
    match event.get("status") if isinstance(event, dict) else None:
        case "processed":
            return Delivered()
        case "failed":
            return Rejected("failed")
        case _:
            return Retry(None, Reason.UNAVAILABLE, "status")


ADAPTER = Adapter(
    destination=Destination.PINTEREST,
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
