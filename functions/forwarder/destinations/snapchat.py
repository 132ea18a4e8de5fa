"""Snapchat, Conversions API v3: POST /v3/{pixel}/events, and /v3/{pixel}/events/validate, which records nothing.

developers.snap.com, Conversions API, parameters (read 2026-11-23). Sources disagree on the unit of `event_time`; both
are seen at work, and milliseconds are what is sent. A click id alone is not enough. One event that is not taken refuses
all.
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
from forwarder.answer import Answer, Delivered, Rejected, Retry, Split
from forwarder.destinations.meta import STATES  # Snapchat took the same codes over

HOST = "tr.snapchat.com"
VERSION = "v3"
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
MAX_BATCH = 2000
MAX_AGE_S = 7 * 86_400  # the shorter of the two windows that are told of it
RECOGNISES_S = 48 * 3600  # event_id


def render(events: Sequence[CleanEvent], policy: Policy, credential: str) -> Call:
    """The request that tells Snapchat of these events; in a test stage it is validated only."""
    rule = policy.rules[Destination.SNAPCHAT]
    validate = "/validate" if policy.stage is Stage.TEST else ""
    return Call(
        url=f"https://{HOST}/{VERSION}/{rule.account}/events{validate}",
        headers=json_headers(("authorization", f"Bearer {credential}")),
        body=write_json({"data": [_render_event(event, policy) for event in events]}),
    )


def _render_event(event: CleanEvent, policy: Policy) -> dict[str, Any]:
    is_web = event.source is Source.WEBSITE
    told: dict[str, Any] = {
        "event_name": policy.rules[Destination.SNAPCHAT].events[event.event],
        "event_time": event.at * 1000,
        "action_source": "website" if is_web else "OFFLINE",
        "event_id": event.event_id,
    }
    if is_web:
        told["event_source_url"] = page_url(event, policy)
    user: dict[str, Any] = {key: [digest] for key, digest in digest_fields(event, IDENTIFIERS).items()}
    if event.click is not None:
        user["sc_click_id"] = event.click.id
    told["user_data"] = user
    if event.amount is not None:
        told["custom_data"] = {"value": event.amount, "currency": event.currency}
    if policy.state in STATES:
        told["data_processing_options"] = ["LDU"]
        told["data_processing_options_country"] = 1
        told["data_processing_options_state"] = STATES[policy.state]
    return told


def read_answer(status: int, headers: Mapping[str, str], body: bytes, count: int) -> Answer:
    """What Snapchat's answer means; never its reasons."""
    if status != 200:  # noqa: PLR2004 - HTTP
        return read_status(status, headers, count)
    document = read_json(body)
    if document.get("status") == "OK":
        return Delivered()
    if document.get("error_records"):
        return Split("FAILED") if count > 1 else Rejected("FAILED")
    return Retry(None, Reason.UNAVAILABLE, "FAILED")


ADAPTER = Adapter(
    destination=Destination.SNAPCHAT,
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
