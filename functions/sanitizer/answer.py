"""A decision in, the HTTP answer that gives none of it away out (API Gateway payload 2.0)."""

from collections.abc import Mapping
from typing import Any

from airlock.outcome import Reason
from sanitizer.clicks import COOKIE

STATUS: Mapping[Reason, int] = {
    Reason.UNKNOWN_PATH: 404,
    Reason.METHOD: 405,
    Reason.FOREIGN_ORIGIN: 403,
    Reason.UNSUPPORTED_TYPE: 415,
    Reason.TOO_LARGE: 413,
    Reason.MALFORMED: 400,
    Reason.BAD_SIGNATURE: 401,
}
RETRY_AFTER_S = 5
_NINETY_DAYS_S = 90 * 86_400

Answer = dict[str, Any]


def answer(status: int, origin: str | None = None, *, body: str = "", **headers: str) -> Answer:
    """An answer with the given status; `origin` is one of the clinic's own, and may then read that it was answered."""
    fields = {"cache-control": "no-store", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if origin is not None:
        fields |= {"access-control-allow-origin": origin, "access-control-allow-credentials": "true", "vary": "origin"}
    return {"statusCode": status, "headers": fields, "body": body, "isBase64Encoded": False}


def set_cookie(taken: Answer, value: str) -> None:
    """Keep click ids for this visitor, where no script can read them."""
    flags = f"Max-Age={_NINETY_DAYS_S if value else 0}; Path=/v1; HttpOnly; Secure; SameSite=Lax"
    taken["cookies"] = [f"{COOKIE}={value}; {flags}"]


def preflight(origin: str) -> Answer:
    """What a browser asks before it posts JSON from one of the clinic's own sites."""
    return answer(
        204,
        origin,
        access_control_allow_methods="POST",
        access_control_allow_headers="content-type",
        access_control_max_age="7200",
    )
