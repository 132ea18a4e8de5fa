"""Meta, Conversions API: POST /v26.0/{dataset}/events.

developers.facebook.com, Conversions API: using the API, parameters, data processing options, error reference
(read 2026-11-23). A batch is all or nothing: one event that is not taken refuses the others.
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
    PRODUCT,
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
from forwarder.answer import Answer, Delivered, Expired, Retry, Split, Unauthorised, narrow

HOST = "graph.facebook.com"
VERSION = "v26.0"
VERSION_ENDS = datetime.date(2027, 9, 1)  # versions live about a year; v26.0 was current in September 2026

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
OTHER_AGES_S = MappingProxyType({Source.IN_PERSON: 62 * 86_400})  # physical_store
RECOGNISES_S = 48 * 3600  # the same event id and name; documented between browser and server only

ACTION_SOURCES = {
    Source.WEBSITE: "website",
    Source.PHONE_CALL: "phone_call",
    Source.IN_PERSON: "physical_store",
    Source.CRM: "system_generated",
}
# Limited Data Use: country 1 is the United States. Without an IP address Meta cannot locate a visitor, so the state is
# named; a state without a code of Meta's cannot be expressed.
STATES: Mapping[str | None, int] = MappingProxyType(
    {
        "CA": 1000,
        "CO": 1001,
        "CT": 1002,
        "FL": 1003,
        "OR": 1004,
        "TX": 1005,
        "MT": 1006,
        "DE": 1007,
        "NE": 1008,
        "NH": 1009,
        "NJ": 1010,
        "MN": 1011,
        "MD": 1012,
        "RI": 1013,
    }
)

THROTTLED = frozenset({4, 17, 32, 341, 368, 613, 80000, 80003, 80004, 80014})
PASSING = frozenset({1, 2, 5000, 21009})
UNAUTHORISED = frozenset({10, 102, 104, 190, 200, 294, 2635})  # 2635: the pinned version has ended
_INVALID_PARAMETER = 100
_MISSING_OBJECT = 33
_TOO_OLD = 2804003


def render(events: Sequence[CleanEvent], policy: Policy, credential: str) -> Call:
    """The request that tells Meta of these events."""
    rule = policy.rules[Destination.META]
    document: dict[str, Any] = {"data": [_render_event(event, policy) for event in events]}
    if rule.test_code is not None and policy.stage is Stage.TEST:
        document["test_event_code"] = rule.test_code
    return Call(
        url=f"https://{HOST}/{VERSION}/{rule.account}/events",
        headers=json_headers(("authorization", f"Bearer {credential}")),
        body=write_json(document),
    )


def _render_event(event: CleanEvent, policy: Policy) -> dict[str, Any]:
    user: dict[str, Any] = {key: [digest] for key, digest in digest_fields(event, IDENTIFIERS).items()}
    if event.click is not None:
        # 1: made on a server without the cookie saved; the click's time in milliseconds.
        user["fbc"] = f"fb.1.{(event.click_at or event.at) * 1000}.{event.click.id}"
    told: dict[str, Any] = {
        "event_name": policy.rules[Destination.META].events[event.event],
        "event_time": event.at,
        "event_id": event.event_id,
        "action_source": ACTION_SOURCES[event.source],
    }
    if event.source is Source.WEBSITE:
        told["event_source_url"] = page_url(event, policy)
        user["client_user_agent"] = PRODUCT
    told["user_data"] = user
    if event.amount is not None:
        told["custom_data"] = {"value": event.amount, "currency": event.currency}
    if policy.state in STATES:
        told["data_processing_options"] = ["LDU"]
        told["data_processing_options_country"] = 1
        told["data_processing_options_state"] = STATES[policy.state]
    return told


def read_answer(status: int, headers: Mapping[str, str], body: bytes, count: int) -> Answer:
    """What Meta's answer means; never its texts, which may repeat what was sent."""
    document = read_json(body)
    if status == 200:  # noqa: PLR2004 - HTTP
        if read_number(document.get("events_received")) == count:
            return Delivered(narrow(document.get("fbtrace_id")))
        return Retry(None, Reason.UNAVAILABLE, "events_received")
    error = document.get("error")
    error = error if isinstance(error, dict) else {}
    code, subcode = read_number(error.get("code")), read_number(error.get("error_subcode"))
    shown = narrow(f"{code}/{subcode}" if subcode is not None else code) or str(status)
    if code in THROTTLED:
        return Retry(retry_after(headers), Reason.THROTTLED, shown)
    if code in UNAUTHORISED or (code, subcode) == (_INVALID_PARAMETER, _MISSING_OBJECT):
        return Unauthorised(shown)
    if code in PASSING or error.get("is_transient") is True or (code is not None and code < 0):
        return Retry(retry_after(headers), Reason.UNAVAILABLE, shown)
    if subcode == _TOO_OLD:
        return Split(shown) if count > 1 else Expired(shown)
    return read_status(status, headers, count, shown)


ADAPTER = Adapter(
    destination=Destination.META,
    host=HOST,
    version=VERSION,
    version_ends=VERSION_ENDS,
    identifiers=IDENTIFIERS,
    max_batch=MAX_BATCH,
    max_age_s=MAX_AGE_S,
    recognises_s=RECOGNISES_S,
    render=render,
    read_answer=read_answer,
    other_ages_s=OTHER_AGES_S,
)
