"""Google Ads, Data Manager API: POST /v1/events:ingest, GET /v1/requestStatus:retrieve; its tokens, POST /token.

developers.google.com/data-manager/api: send events, limits, understand errors, ErrorReason; googleapis
google/ads/datamanager/v1 (read 2026-11-23). A request is all or nothing; its 200 means accepted, and what came of the
events is told to who asks for the request's status: PROCESSING first, then the end. The account is a health service's:
user data is prohibited in it (support.google.com/adspolicy/answer/7475709).
"""

import datetime
from collections import Counter
from typing import Any

from workbench.stand_ins import google_tokens
from workbench.stand_ins.google_errors import refuse, refuse_flaws, refuse_token
from workbench.stand_ins.network import DAY_S, Age, Memory, StandIn, judge
from workbench.stand_ins.request import Answer, Request, answer_json, read_document
from workbench.stand_ins.shape import (
    CURRENCY,
    DIGEST,
    TEXT,
    array,
    boolean,
    fields,
    find_flaws,
    number,
    one_of,
    text,
)

HOSTS = ("datamanager.googleapis.com", google_tokens.HOST)
INGEST, STATUS = "/v1/events:ingest", "/v1/requestStatus:retrieve"
MAX_BATCH = 2000
MAX_AGE_S = 90 * DAY_S

PROHIBITED = "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"
CLICK_IDS = ("gclid", "gbraid", "wbraid")

_DIGITS = text(r"[0-9]{1,20}", "digits")
_ACCOUNT = fields(
    {"accountType": one_of("GOOGLE_ADS", "DATA_PARTNER"), "accountId": text(r"[0-9]{10}", "10 digits without dashes")}
)
_CHOICE = one_of("CONSENT_GRANTED", "CONSENT_DENIED", "CONSENT_STATUS_UNSPECIFIED")
_CONSENT = fields({}, {"adUserData": _CHOICE, "adPersonalization": _CHOICE})
_MOMENT = text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", "an RFC 3339 timestamp")
EVENT = fields(
    {"eventTimestamp": _MOMENT},
    {
        "transactionId": TEXT,
        "adIdentifiers": fields({}, dict.fromkeys(CLICK_IDS, TEXT)),
        "userData": fields(
            {"userIdentifiers": array(fields({}, {"emailAddress": DIGEST, "phoneNumber": DIGEST}), most=10)}
        ),
        "conversionValue": number,
        "currency": CURRENCY,
        "eventSource": one_of("WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"),
        "consent": _CONSENT,
    },
)
DOCUMENT = fields(
    {
        "destinations": array(
            fields(
                {"operatingAccount": _ACCOUNT, "productDestinationId": _DIGITS},
                {"loginAccount": _ACCOUNT, "linkedAccount": _ACCOUNT, "reference": TEXT},
            ),
            most=10,
        ),
        "events": array(EVENT, most=MAX_BATCH),
    },
    {"consent": _CONSENT, "validateOnly": boolean, "encoding": one_of("HEX")},
)


def answer(request: Request, now: int, credential: str, memory: Memory) -> Answer:
    """Google's answer."""
    if request.path == google_tokens.PATH:
        return google_tokens.answer(request, now, credential, memory)
    if (request.method, request.path) not in {("POST", INGEST), ("GET", STATUS)}:
        return Answer(404, b"<!DOCTYPE html><title>Error 404 (Not Found)</title>", {"content-type": "text/html"})
    if request.bearer != credential and memory.tokens.get(request.bearer, 0) <= now:
        return refuse_token()
    if request.path == STATUS:
        return _retrieve(request.query.get("requestId", ""), memory)
    return _take(read_document(request), now, memory)


def _take(document: Any, now: int, memory: Memory) -> Answer:  # noqa: ANN401 - any JSON
    """The answer to events."""
    if document is None:
        return refuse(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")
    flaws = find_flaws(DOCUMENT, document)
    if flaws:
        return refuse_flaws(flaws)
    problem = "There was a problem with the request."
    for place, event in enumerate(document["events"]):
        broken = _examine(event, now)
        if broken is not None:
            return refuse(400, "INVALID_ARGUMENT", problem, *broken, place=place)
    if any("userData" in event for event in document["events"]):
        if "encoding" not in document:
            return refuse(400, "INVALID_ARGUMENT", problem, "REQUIRED_FIELD_MISSING", "encoding")
        return refuse(
            400, "FAILED_PRECONDITION", "The account's data policy prohibits enhanced conversions.", PROHIBITED
        )
    request_id = f"stand-in-dm-{memory.next_number():08d}"
    if not document.get("validateOnly", False):
        memory.requests[request_id] = [_ingest(target, document, now, memory) for target in document["destinations"]]
    return answer_json(200, {"requestId": request_id})


def _examine(event: dict[str, Any], now: int) -> tuple[str, str] | None:
    """Reason and field of what the rules between fields say of a well-shaped event."""
    at = _read_moment(event["eventTimestamp"])
    if at is None or judge(at, now, MAX_AGE_S) is Age.FUTURE:
        return ("EVENT_TIME_INVALID", "eventTimestamp")
    ids = event.get("adIdentifiers", {})
    if not ids and "userData" not in event:
        return ("NO_IDENTIFIERS_PROVIDED", "adIdentifiers")
    if "gbraid" in ids and "wbraid" in ids:
        return ("INVALID_ARGUMENT", "adIdentifiers")
    for identifier in event.get("userData", {}).get("userIdentifiers", []):
        if len(identifier) != 1:
            return ("INVALID_ARGUMENT", "userData.userIdentifiers")
    if ("conversionValue" in event) != ("currency" in event):
        return ("INVALID_CURRENCY_CODE", "currency")
    return None


def _read_moment(moment: str) -> float | None:
    try:
        return datetime.datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError):
        return None


def _ingest(target: dict[str, Any], document: dict[str, Any], now: int, memory: Memory) -> dict[str, Any]:
    """Count the events for one destination; the state that its request will end in."""
    reasons: Counter[str] = Counter()
    for event in document["events"]:
        consent = {**document.get("consent", {}), **event.get("consent", {})}
        if (_read_moment(event["eventTimestamp"]) or 0) < now - MAX_AGE_S:
            reasons["EVENT_TOO_OLD"] += 1
        elif consent.get("adUserData") == "CONSENT_DENIED":
            reasons["DENIED_CONSENT"] += 1
        elif not memory.count(event.get("transactionId"), target["productDestinationId"], now=now):
            reasons["DUPLICATE_TRANSACTION_ID"] += 1
    total = len(document["events"])
    failed = reasons.total()
    state: dict[str, Any] = {
        "destination": target,
        "requestStatus": "FAILED" if failed == total else "PARTIAL_SUCCESS" if failed else "SUCCESS",
        "eventsIngestionStatus": {"recordCount": str(total)},  # 64 bits are a string in JSON
    }
    if failed:
        counts = [
            {"recordCount": str(count), "reason": f"PROCESSING_ERROR_REASON_{reason}"}
            for reason, count in reasons.items()
        ]
        state["errorInfo"] = {"errorCounts": counts}
    return state


def _retrieve(request_id: str, memory: Memory) -> Answer:
    """The status of a request: PROCESSING the first time it is asked for."""
    states = memory.requests.get(request_id)
    if states is None:
        return refuse(404, "NOT_FOUND", "Resource not found.", "NOT_FOUND")
    if request_id not in memory.polled:
        memory.polled.add(request_id)
        states = [
            {
                "destination": state["destination"],
                "requestStatus": "PROCESSING",
                "eventsIngestionStatus": state["eventsIngestionStatus"],
            }
            for state in states
        ]
    return answer_json(200, {"requestStatusPerDestination": states})


def fail(status: int, memory: Memory) -> Answer:
    """Google's words for a status; a 200 without a request id stands for a success that took nothing."""
    del memory
    match status:
        case 200:
            return answer_json(200, {})
        case 401:
            return refuse_token()
        case 403:
            return refuse(403, "PERMISSION_DENIED", "The caller does not have permission", "PERMISSION_DENIED")
        case 429:
            return refuse(429, "RESOURCE_EXHAUSTED", "Too many requests.", "RESOURCE_EXHAUSTED")
        case 503:
            return refuse(503, "UNAVAILABLE", "The service is currently unavailable.")
        case 504:
            return refuse(504, "DEADLINE_EXCEEDED", "Deadline expired.", "DEADLINE_EXCEEDED")
        case _ if status < 500:  # noqa: PLR2004 - HTTP
            return refuse(status, "INVALID_ARGUMENT", "There was a problem with the request.", "INVALID_ARGUMENT")
        case _:
            return refuse(status, "INTERNAL", "Internal error encountered.", "INTERNAL_ERROR")


STAND_IN = StandIn(hosts=HOSTS, answer=answer, fail=fail)
