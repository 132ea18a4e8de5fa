"""Google Ads, Data Manager API: POST /v1/events:ingest, and later GET /v1/requestStatus:retrieve.

developers.google.com/data-manager/api: events, limits; googleapis: google/ads/datamanager/v1 (read 2026-11-23).
A request is all or nothing, and its 200 means accepted, not recorded. No user data is ever sent: Google's customer-data
policy forbids it for health services (support.google.com/adspolicy/answer/7475709).
"""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from airlock.address_book import ContactField, Destination
from airlock.clean import CleanEvent, Source
from airlock.outcome import Reason
from airlock.policy import Policy, Stage
from forwarder.adapter import (
    Adapter,
    Call,
    Report,
    json_headers,
    read_json,
    read_status,
    retry_after,
    write_json,
)
from forwarder.answer import Answer, Delivered, Processed, Prohibited, Rejected, Retry, Unauthorised, narrow

HOST = "datamanager.googleapis.com"
VERSION = "v1"
VERSION_ENDS: datetime.date | None = None

IDENTIFIERS: Mapping[ContactField, str] = MappingProxyType({})
MAX_BATCH = 2000
MAX_AGE_S = 90 * 86_400
RECOGNISES_S: int | None = None  # transactionId and conversion action, without an end

EVENT_SOURCES = {
    Source.WEBSITE: "WEB",
    Source.PHONE_CALL: "PHONE",
    Source.IN_PERSON: "IN_STORE",
    Source.CRM: "OTHER",
}
PASSING = frozenset({"INTERNAL_ERROR", "INTERNAL", "DEADLINE_EXCEEDED", "UNAVAILABLE"})
THROTTLED = frozenset({"RESOURCE_EXHAUSTED"})
LATER = frozenset({"CONVERSION_ACTION_TOO_RECENTLY_CREATED", "TOO_RECENT_CLICK"})
LATER_S = 6 * 3600
UNAUTHORISED = frozenset(
    {
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
        "NOT_FOUND",
        "TERMS_AND_CONDITIONS_NOT_SIGNED",
        "NOT_ALLOWLISTED",
        "INVALID_CONVERSION_ACTION_ID",
        "INVALID_CONVERSION_ACTION_TYPE",
        "INVALID_DESTINATION",
        "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH",
    }
)
ENDED = frozenset({"SUCCESS", "FAILED", "PARTIAL_SUCCESS"})
PROHIBITED = frozenset({"DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"})


def render(events: Sequence[CleanEvent], policy: Policy, credential: str) -> Call:
    """The request that tells Google of these events, all of one conversion action."""
    rule = policy.rules[Destination.GOOGLE]
    target: dict[str, Any] = {"operatingAccount": _account(rule.account)}
    if rule.login_account is not None:
        target["loginAccount"] = _account(rule.login_account)
    target["productDestinationId"] = rule.events[events[0].event]
    return Call(
        url=f"https://{HOST}/{VERSION}/events:ingest",
        headers=json_headers(("authorization", f"Bearer {credential}")),
        body=write_json(
            {
                "destinations": [target],
                "events": [_render_event(event) for event in events],
                "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_DENIED"},
                "validateOnly": policy.stage is Stage.TEST,
            }
        ),
    )


def _account(number: str) -> dict[str, str]:
    return {"accountType": "GOOGLE_ADS", "accountId": number}


def _render_event(event: CleanEvent) -> dict[str, Any]:
    moment = datetime.datetime.fromtimestamp(event.at, datetime.UTC)
    told: dict[str, Any] = {
        "eventTimestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "transactionId": event.event_id,
        "eventSource": EVENT_SOURCES[event.source],
    }
    if event.amount is not None:
        told["conversionValue"] = event.amount
        told["currency"] = event.currency
    if event.click is not None:
        told["adIdentifiers"] = {str(event.click.kind): event.click.id}
    return told


def read_answer(status: int, headers: Mapping[str, str], body: bytes, count: int) -> Answer:
    """What Google's answer means; never its texts."""
    document = read_json(body)
    if status == 200:  # noqa: PLR2004 - HTTP
        request_id = narrow(document.get("requestId"))
        return Delivered(request_id) if request_id else Retry(None, Reason.UNAVAILABLE, "requestId")
    reasons = _reasons(document)
    shown = next((code for reason in reasons if (code := narrow(reason))), str(status))
    if reasons & THROTTLED:
        return Retry(retry_after(headers), Reason.THROTTLED, shown)
    if reasons & LATER:
        return Retry(LATER_S, Reason.UNAVAILABLE, shown)
    if reasons & PROHIBITED:
        return Prohibited(shown)
    if reasons & UNAUTHORISED or shown.startswith("DESTINATION_ACCOUNT_"):
        return Unauthorised(shown)
    if reasons & PASSING:
        return Retry(retry_after(headers), Reason.UNAVAILABLE, shown)
    return read_status(status, headers, count, shown)


def _reasons(document: Mapping[str, Any]) -> set[str]:
    """The `reason` of each ErrorInfo, and the status word, of a google.rpc.Status."""
    error = document.get("error")
    error = error if isinstance(error, dict) else {}
    details = error.get("details")
    infos = [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
    found = {info["reason"] for info in infos if isinstance(info.get("reason"), str)}
    if not found and isinstance(error.get("status"), str):
        found.add(error["status"])
    return found


def ask(request_id: str, credential: str) -> Call:
    """The request that asks what came of an earlier one."""
    return Call(
        url=f"https://{HOST}/{VERSION}/requestStatus:retrieve?requestId={quote(request_id, safe='')}",
        headers=json_headers(("authorization", f"Bearer {credential}")),
        body=b"",
        method="GET",
    )


def read_report(status: int, headers: Mapping[str, str], body: bytes) -> Processed | Answer:
    """What Google tells of an earlier request: the counts by reason, once none of its parts is in work any more."""
    if status == 404:  # noqa: PLR2004 - HTTP
        return Rejected("REQUEST_NOT_FOUND")
    document = read_json(body)
    if status != 200:  # noqa: PLR2004 - HTTP
        return read_answer(status, headers, body, 1)
    parts = document.get("requestStatusPerDestination")
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        return Retry(None, Reason.UNAVAILABLE, "requestStatus")
    if any(part.get("requestStatus") not in ENDED for part in parts):
        return Retry(None, Reason.NOT_YET, "PROCESSING")
    failed: Counter[str] = Counter()
    for part in parts:
        info = part.get("errorInfo")
        counts = info.get("errorCounts") if isinstance(info, dict) else None
        for count in counts if isinstance(counts, list) else []:
            if isinstance(count, dict):
                reason = narrow(count.get("reason")) or "unnamed"
                failed[reason.removeprefix("PROCESSING_ERROR_REASON_")] += _read_count(count.get("recordCount"))
    return Processed(dict(failed))


def _read_count(count: object) -> int:
    """64 bits are a string in JSON."""
    return int(count) if isinstance(count, str) and count.isascii() and count.isdigit() and len(count) < 10 else 0  # noqa: PLR2004 - digits


def _group_by_action(event: CleanEvent, policy: Policy) -> str:
    return policy.rules[Destination.GOOGLE].events[event.event]


ADAPTER = Adapter(
    destination=Destination.GOOGLE,
    host=HOST,
    version=VERSION,
    version_ends=VERSION_ENDS,
    identifiers=IDENTIFIERS,
    max_batch=MAX_BATCH,
    max_age_s=MAX_AGE_S,
    recognises_s=RECOGNISES_S,
    render=render,
    read_answer=read_answer,
    group_key=_group_by_action,
    report=Report(ask, read_report),
)
