"""LinkedIn, Conversions API: POST /rest/conversionEvents.

learn.microsoft.com, LinkedIn Marketing, Conversions API, versioning and error handling, and behaviour measured against
the real API (read 2026-11-23). One event is answered 201 without a body, a batch 200 with a status for each element;
names in plain text and partners' ids (`userInfo`, `externalIds`) count as unknown here.
"""

from typing import Any

from workbench.stand_ins.network import DAY_S, Age, Memory, StandIn, judge
from workbench.stand_ins.request import Answer, Request, answer_json, read_document
from workbench.stand_ins.shape import (
    CURRENCY,
    Flaw,
    Path,
    Rule,
    array,
    fields,
    find_flaws,
    integer,
    one_of,
    text,
)

HOSTS = ("api.linkedin.com",)
PATH = "/rest/conversionEvents"
VERSIONS = frozenset({"202601", "202603", "202608"})  # those seen at work in 2026; each lives about a year
MAX_BATCH = 5000
MAX_AGE_S = 90 * DAY_S

_DIGEST = text(r"[0-9a-f]{64}", "a digest")
CONTENT = fields(
    {
        "conversion": text(r"urn:lla:llaPartnerConversion:[0-9]{1,20}", "a conversion rule's URN"),
        "conversionHappenedAt": integer,
        "user": fields(
            {
                "userIds": array(
                    fields(
                        {
                            "idType": one_of(
                                "SHA256_EMAIL",
                                "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID",
                                "ACXIOM_ID",
                                "PLAINTEXT_IP_ADDRESS",
                                "GOOGLE_AID",
                            ),
                            "idValue": text(),
                        }
                    )
                )
            }
        ),
    },
    {
        "conversionValue": fields(
            {"currencyCode": CURRENCY, "amount": text(r"[0-9]{1,12}(\.[0-9]{1,6})?", "a decimal")}
        ),
        "eventId": text(r"\S{1,64}", "at most 64 characters"),
    },
)
BATCH = fields({"elements": array(lambda _value, _path: iter(()), most=MAX_BATCH)})


def answer(request: Request, now: int, credential: str, memory: Memory) -> Answer:
    """LinkedIn's answer."""
    refusal = _examine_headers(request, credential)
    if refusal is not None:
        return refusal
    document = read_document(request)
    if not isinstance(document, dict):
        return _refuse(400, "BAD_REQUEST", "Cannot parse the request's entity")
    if request.headers.get("x-restli-method", "CREATE").upper() != "BATCH_CREATE":
        told = _take(document, 0, now, memory)
        return Answer(201) if told["status"] == 201 else answer_json(told["status"], told["error"])  # noqa: PLR2004 - HTTP
    flaws = find_flaws(BATCH, document)
    if flaws:
        return _refuse(422 if flaws[0].rule is Rule.UNKNOWN else 400, "BAD_REQUEST", _describe(flaws))
    elements = document["elements"]
    return answer_json(
        200, {"elements": [_take(element, place, now, memory) for place, element in enumerate(elements)]}
    )


def _examine_headers(request: Request, credential: str) -> Answer | None:
    if request.path != PATH:
        return _refuse(404, "RESOURCE_NOT_FOUND", "No virtual resource found")
    if request.method != "POST":
        return _refuse(405, "METHOD_NOT_ALLOWED", f"Method {request.method} is not allowed")
    version = request.headers.get("linkedin-version")
    if version is None:
        return _refuse(400, "VERSION_MISSING", "A version must be present. Please specify a version by a header")
    if version not in VERSIONS:
        return _refuse(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
    if request.bearer != credential:
        return _refuse(401, "INVALID_ACCESS_TOKEN", "Invalid access token", serviceErrorCode=65600)
    if request.headers.get("x-restli-protocol-version") != "2.0.0":
        return _refuse(400, "BAD_REQUEST", "Rest.li protocol version must be 2.0.0")
    if request.media_type != "application/json":
        return _refuse(415, "UNSUPPORTED_MEDIA_TYPE", "The content type is not supported")
    return None


def _take(element: Any, place: int, now: int, memory: Memory) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """One element's part of the answer; what is taken is counted."""
    flaws = find_flaws(CONTENT, element) or _check_digests(element)
    if flaws:
        return {"status": 422, "error": {"status": 422, "message": _describe(flaws)}}
    # Seconds where milliseconds belong are a day in January 1970.
    if judge(element["conversionHappenedAt"] / 1000, now, MAX_AGE_S) is not Age.FINE:
        text_of_age = f"Conversion time should be within 90 days and not exceed current time, indices [{place}]"
        return {"status": 400, "error": {"status": 400, "code": "BAD_REQUEST", "message": text_of_age}}
    memory.count(element.get("eventId"), element["conversion"], now=now, window_s=MAX_AGE_S)
    return {"status": 201}


def _check_digests(element: dict[str, Any]) -> list[Flaw]:
    """LinkedIn itself takes any value; an e-mail's digest that is none would be a leak, so it is refused here."""
    path: Path = ("user", "userIds")
    return [
        flaw
        for place, user_id in enumerate(element["user"]["userIds"])
        if user_id["idType"] == "SHA256_EMAIL"
        for flaw in _DIGEST(user_id["idValue"], (*path, place, "idValue"))
    ]


def _describe(flaws: list[Flaw]) -> str:
    return "".join(f"ERROR :: /{'/'.join(map(str, flaw.path))} :: {_say(flaw)}\n" for flaw in flaws)


def _say(flaw: Flaw) -> str:
    match flaw.rule:
        case Rule.UNKNOWN:
            return "unrecognized field found but not allowed"
        case Rule.MISSING:
            return "field is required but not found and has no default value"
        case Rule.TYPE if flaw.wanted == "a string":
            return f"{flaw.found} cannot be coerced to String"
        case Rule.TYPE:
            return f"{flaw.found} is not {flaw.wanted}"
        case _:
            return f"must be {flaw.wanted}"


def _refuse(status: int, code: str, message: str, **more: int) -> Answer:
    return answer_json(status, {"status": status, **more, "code": code, "message": message})


def fail(status: int, memory: Memory) -> Answer:
    """LinkedIn's words for a status; a 200 without elements stands for a success that took nothing."""
    del memory
    match status:
        case 200:
            return answer_json(200, {"elements": []})
        case 401:
            return _refuse(
                401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired", serviceErrorCode=65601
            )
        case 403:
            return _refuse(403, "ACCESS_DENIED", "No ad accounts found", serviceErrorCode=100)
        case 429:
            return _refuse(429, "TOO_MANY_REQUESTS", "Resource level throttle limit for calls is reached")
        case _ if status < 500:  # noqa: PLR2004 - HTTP
            return _refuse(status, "BAD_REQUEST", "ERROR :: / :: the request is not valid\n")
        case _:
            return _refuse(status, "INTERNAL_SERVER_ERROR", "Internal Server Error")


STAND_IN = StandIn(hosts=HOSTS, answer=answer, fail=fail)
