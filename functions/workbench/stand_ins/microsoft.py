"""Microsoft Advertising, UET Conversions API: POST /v1/{tag}/events.

learn.microsoft.com/advertising/guides/uet-conversion-api-integration (read 2026-11-23). The details of a refusal repeat
what was sent, as `attemptedValue`: whoever logs an answer logs a patient's data. With `continueOnValidationError` the
good events of a batch are taken; where none is good, the answer is 400 all the same.
"""

import re
from typing import Any

from workbench.stand_ins.network import DAY_S, Age, Memory, StandIn, judge
from workbench.stand_ins.request import Answer, Request, answer_json, read_document
from workbench.stand_ins.shape import (
    CURRENCY,
    DIGEST,
    TEXT,
    URL,
    Flaw,
    Rule,
    array,
    boolean,
    fields,
    find_flaws,
    integer,
    number,
    one_of,
    text,
)

HOSTS = ("capi.uet.microsoft.com",)
MAX_BATCH = 1000
MAX_AGE_S = 7 * DAY_S

_EVENTS = re.compile(r"/v1/[0-9]{1,20}/events", re.ASCII)
_USER = {
    **dict.fromkeys(("em", "ph"), DIGEST),
    **dict.fromkeys(("msclkid", "anonymousId", "externalId", "clientIpAddress"), TEXT),
    "clientUserAgent": text(r"[ -~]{1,512}", "a user agent"),
}
EVENT = fields(
    {
        "eventType": one_of("custom", "pageLoad"),
        "eventTime": integer,
        "adStorageConsent": one_of("G", "D"),
        "userData": fields({}, _USER),
    },
    {
        "eventName": text(r"[A-Za-z][A-Za-z0-9_ ]{0,99}", "an event name"),
        "eventId": TEXT,
        "eventSourceUrl": URL,
        "customData": fields({}, {"value": number, "currency": CURRENCY, "transactionId": TEXT}),
    },
)
DOCUMENT = fields(
    {"data": array(lambda _value, _path: iter(()), most=MAX_BATCH)},
    {"continueOnValidationError": boolean, "dataProvider": text(r"[ -~]{1,64}", "a name")},
)


def answer(request: Request, now: int, credential: str, memory: Memory) -> Answer:
    """Microsoft's answer."""
    if _EVENTS.fullmatch(request.path) is None:
        return _refuse(memory, 404, "NotFound", "The resource does not exist")
    if request.method != "POST":
        return _refuse(memory, 405, "MethodNotAllowed", "The method is not allowed")
    if request.bearer != credential:
        return _refuse(memory, 401, "Unauthorized", "The token is missing or not valid for this tag")
    if request.media_type != "application/json":
        return _refuse(memory, 415, "UnsupportedMediaType", "The content type is not supported")
    document = read_document(request)
    if document is None:
        return _refuse(memory, 400, "InvalidJson", "The request's body is not JSON")
    flaws = find_flaws(DOCUMENT, document)
    if flaws:
        return _refuse(memory, 400, "ValidationError", "The request is not valid", [_detail(None, flaws[0])])
    details = []
    good = []
    for place, event in enumerate(document["data"]):
        flaws = find_flaws(EVENT, event) or _examine(event, now)
        details += [_detail(place, flaw) for flaw in flaws]
        if not flaws:
            good.append(event)
    if details and (not good or not document.get("continueOnValidationError", False)):
        return _refuse(memory, 400, "ValidationError", "One or more events are not valid", details)
    for event in good:
        memory.count(event.get("eventId"), event.get("eventName", event["eventType"]), now=now)
    told: dict[str, Any] = {"eventsReceived": len(good)}
    if details:
        told["error"] = _error("ValidationError", "One or more events are not valid", details)
    return answer_json(200, told | {"traceId": _trace(memory)})


def _examine(event: dict[str, Any], now: int) -> list[Flaw]:
    """What the rules between fields say of a well-shaped event."""
    age = judge(event["eventTime"], now, MAX_AGE_S)
    if age is not Age.FINE:
        wanted = "not in the future" if age is Age.FUTURE else "at most 7 days ago"
        return [Flaw(("eventTime",), Rule.FORMAT, wanted, event["eventTime"])]
    if not event["userData"]:
        return [Flaw(("userData",), Rule.MISSING, "at least one identifier")]
    needed = "eventName" if event["eventType"] == "custom" else "eventSourceUrl"
    if needed not in event:
        return [Flaw((needed,), Rule.MISSING, f"required for {event['eventType']} events")]
    custom = event.get("customData", {})
    if ("value" in custom) != ("currency" in custom):
        return [Flaw(("customData",), Rule.MISSING, "a value and its currency")]
    return []


def _detail(index: int | None, flaw: Flaw) -> dict[str, Any]:
    return {
        "index": index,
        "propertyName": flaw.dotted,
        "attemptedValue": flaw.found,
        "errorMessage": f"{flaw.dotted}: {flaw.wanted}",
        "errorCode": flaw.rule.title().replace("_", ""),
        "isWarning": False,
    }


def _error(code: str, message: str, details: list[dict[str, Any]]) -> dict[str, Any]:
    return {"code": code, "message": message, "details": details}


def _refuse(
    memory: Memory, status: int, code: str, message: str, details: list[dict[str, Any]] | None = None
) -> Answer:
    error = _error(code, message, details or [])
    return answer_json(status, {"eventsReceived": 0, "error": error, "traceId": _trace(memory)})


def _trace(memory: Memory) -> str:
    return f"stand-in-uet-{memory.next_number():08d}"


def fail(status: int, memory: Memory) -> Answer:
    """Microsoft's words for a status."""
    match status:
        case 200:
            return answer_json(200, {"eventsReceived": 0, "traceId": _trace(memory)})
        case 401:
            return _refuse(memory, 401, "Unauthorized", "The token is missing or not valid for this tag")
        case 403:
            return _refuse(memory, 403, "Forbidden", "The account may not use the Conversions API")
        case 429:
            return _refuse(memory, 429, "TooManyRequests", "Too many requests")
        case _ if status < 500:  # noqa: PLR2004 - HTTP
            flaw = Flaw(("userData", "em"), Rule.DIGEST, "a digest", "Pat.Example@clinic.example")
            return _refuse(memory, status, "ValidationError", "One or more events are not valid", [_detail(0, flaw)])
        case _:
            return _refuse(memory, status, "InternalServerError", "Something went wrong")


STAND_IN = StandIn(hosts=HOSTS, answer=answer, fail=fail)
