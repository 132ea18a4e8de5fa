"""Google Analytics 4, Measurement Protocol: POST /mp/collect, and /debug/mp/collect, which says what is wrong.

developers.google.com/analytics/devguides/collection/protocol/ga4: sending events, validating events, limits (read
2026-11-23). It answers 204 to whatever it can parse and throws away what is wrong. Every hit that is right
counts, a repetition too, under its client id: the nearest that GA4 has to an event id.
"""

import re
from collections.abc import Iterator
from typing import Any

from workbench.stand_ins.network import Age, Memory, StandIn, judge
from workbench.stand_ins.request import Answer, Request, answer_json, read_document
from workbench.stand_ins.shape import (
    CURRENCY,
    TEXT,
    Flaw,
    Path,
    Rule,
    array,
    fields,
    find_flaws,
    integer,
    number,
    one_of,
    text,
)

HOSTS = ("www.google-analytics.com", "region1.google-analytics.com")
PATH, DEBUG_PATH = "/mp/collect", "/debug/mp/collect"
MAX_BATCH = 25
MAX_BODY = 130_000
MAX_AGE_S = 72 * 3600

_MEASUREMENT_ID = re.compile(r"G-[A-Z0-9]{4,20}", re.ASCII)
_CHOICE = one_of("GRANTED", "DENIED")


_DIGITS = text(r"[0-9]{1,18}", "an integer")


def _micros(value: Any, path: Path) -> Iterator[Flaw]:  # noqa: ANN401 - any JSON
    """Microseconds, as a number or, as protocol buffers write 64 bits in JSON, as its digits in a string."""
    return (_DIGITS if isinstance(value, str) else integer)(value, path)


HIT = fields(
    {
        "client_id": text(r"[A-Za-z0-9_.-]{1,100}", "a client id"),
        "events": array(
            fields(
                {"name": text(r"(?!google_|ga_|firebase_)[A-Za-z][A-Za-z0-9_]{0,39}", "an event name")},
                {
                    "params": fields(
                        {},
                        {
                            "value": number,
                            "currency": CURRENCY,
                            "engagement_time_msec": number,
                            "session_id": TEXT,
                            "transaction_id": TEXT,
                        },
                    )
                },
            ),
            most=MAX_BATCH,
        ),
    },
    {
        "timestamp_micros": _micros,
        "consent": fields({}, {"ad_user_data": _CHOICE, "ad_personalization": _CHOICE}),
        "validation_behavior": one_of("RELAXED", "ENFORCE_RECOMMENDATIONS"),
    },
)


def answer(request: Request, now: int, credential: str, memory: Memory) -> Answer:
    """GA4's answer."""
    if request.path not in {PATH, DEBUG_PATH}:
        return Answer(404, b"", {"content-type": "text/html"})
    if request.method != "POST":
        return Answer(405, b"", {"content-type": "text/html"})
    if len(request.body) > MAX_BODY:
        return Answer(413, b"", {"content-type": "text/html"})
    document = read_document(request)
    if request.path == DEBUG_PATH:
        told = [] if document is None else _examine(document, now)
        return answer_json(200, {"validationMessages": told if document is not None else [_message("", "not JSON")]})
    if document is None:
        return Answer(400)
    known = request.query.get("api_secret") == credential and _MEASUREMENT_ID.fullmatch(
        request.query.get("measurement_id", "")
    )
    if not known or _examine(document, now):
        memory.dropped += 1
    else:
        memory.count(document["client_id"], now=now, window_s=0)
    return Answer(204)


def _examine(document: Any, now: int) -> list[dict[str, str]]:  # noqa: ANN401 - any JSON
    """The messages of the debug endpoint; empty for a hit that counts."""
    flaws = find_flaws(HIT, document)
    if flaws:
        return [_message(flaw.dotted, f"must be {flaw.wanted}", flaw.rule) for flaw in flaws]
    # Seconds or milliseconds where microseconds belong are long ago.
    at_s = int(document.get("timestamp_micros", now * 1_000_000)) / 1_000_000
    age = judge(at_s, now, MAX_AGE_S)
    if age is not Age.FINE:
        return [_message("timestamp_micros", "is in the future" if age is Age.FUTURE else "is more than 72 hours ago")]
    return [
        _message(f"events[{place}].params", "a value needs its currency", Rule.MISSING)
        for place, event in enumerate(document["events"])
        if ("value" in event.get("params", {})) != ("currency" in event.get("params", {}))
    ]


def _message(place: str, description: str, rule: Rule = Rule.FORMAT) -> dict[str, str]:
    codes = {Rule.MISSING: "VALUE_REQUIRED", Rule.TOO_MANY: "EXCEEDED_MAX_ENTITIES", Rule.TOO_FEW: "VALUE_REQUIRED"}
    return {"fieldPath": place, "description": description, "validationCode": codes.get(rule, "VALUE_INVALID")}


def fail(status: int, memory: Memory) -> Answer:
    """GA4's words for a status, of which it has none; a 2xx takes the hit and drops it."""
    if status < 300:  # noqa: PLR2004 - HTTP
        memory.dropped += 1
        return Answer(204)
    return Answer(status, b"", {"content-type": "text/html"} | ({"retry-after": "30"} if status in {429, 503} else {}))


STAND_IN = StandIn(hosts=HOSTS, answer=answer, fail=fail)
