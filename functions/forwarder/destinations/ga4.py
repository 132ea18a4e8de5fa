"""Google Analytics 4, Measurement Protocol: POST /mp/collect.

developers.google.com/analytics/devguides/collection/protocol/ga4 (read 2026-11-23). It answers 2xx to anything, so an
answer proves arrival and no more, and it does not recognise a repetition. The client id is made of the event's own
derived id: one for each event, never one for a person.
"""

import datetime
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from airlock.address_book import ContactField, Destination
from airlock.clean import CleanEvent
from airlock.policy import Policy
from forwarder.adapter import Adapter, Call, json_headers, read_status, write_json
from forwarder.answer import Answer, Delivered

HOST = "www.google-analytics.com"
VERSION = "mp"
VERSION_ENDS: datetime.date | None = None

IDENTIFIERS: Mapping[ContactField, str] = MappingProxyType({})
MAX_BATCH = 1  # a request has one client id, and each event has its own
MAX_AGE_S = 72 * 3600
RECOGNISES_S = 0


def render(events: Sequence[CleanEvent], policy: Policy, credential: str) -> Call:
    """The request that tells GA4 of one event. The secret stands in the URL, as GA4 wants it."""
    rule = policy.rules[Destination.GA4]
    (event,) = events
    params: dict[str, Any] = {}
    if event.amount is not None:
        params = {"value": event.amount, "currency": event.currency}
    params["engagement_time_msec"] = 1
    return Call(
        url=f"https://{HOST}/{VERSION}/collect?measurement_id={rule.account}&api_secret={credential}",
        headers=json_headers(),
        body=write_json(
            {
                "client_id": f"{int(event.event_id[:8], 16)}.{int(event.event_id[8:16], 16)}",
                "timestamp_micros": event.at * 1_000_000,
                "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
                "events": [{"name": rule.events[event.event], "params": params}],
            }
        ),
    )


def read_answer(status: int, headers: Mapping[str, str], body: bytes, count: int) -> Answer:
    """What GA4's answer means; it has no body."""
    del body
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP
        return Delivered()
    return read_status(status, headers, count)


ADAPTER = Adapter(
    destination=Destination.GA4,
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
