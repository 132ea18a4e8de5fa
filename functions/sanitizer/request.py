"""An API Gateway event (HTTP API, payload 2.0) in, the few parts that are looked at out; the rest is never touched."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from airlock.outcome import Reason
from sanitizer.clicks import COOKIE

_TYPES = frozenset({"application/json", "text/plain"})
_USUAL = frozenset({"application/json", "text/plain;charset=UTF-8"})  # as browsers write it


class Request(Struct, frozen=True):
    """Method, path, query, lower-cased headers, the airlock's own cookie, the body's bytes. Shows nothing of itself."""

    method: str
    path: str
    headers: dict[str, str]
    cookie: str
    body: bytes
    signed: bool  # API Gateway has checked an AWS signature
    query: str = ""  # as it was sent; only the script's version is read from it

    def __repr__(self) -> str:
        return "<Request>"


def read_request(event: Mapping[str, Any]) -> Request:
    """The parts of an event. A body that is not what it says it is reads as one that cannot be parsed."""
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    sent = event.get("headers") or {}
    headers = {name.lower(): str(value) for name, value in sent.items()}
    if len(headers) < len(sent):
        headers = _join(sent)
    return Request(
        method=str(http.get("method", "")),
        path=str(event.get("rawPath") or http.get("path") or ""),
        headers=headers,
        cookie=_find_cookie(event.get("cookies") or (), headers.get("cookie", "")),
        body=_read_body(event.get("body"), is_base64=event.get("isBase64Encoded") is True),
        signed=bool((context.get("authorizer") or {}).get("iam")),
        query=str(event.get("rawQueryString") or ""),
    )


def _join(sent: Mapping[str, Any]) -> dict[str, str]:
    """Headers that differ in case alone are one; cookies are parted by semicolons, as in the header itself."""
    headers: dict[str, str] = {}
    for name, value in sent.items():
        lowered = name.lower()
        comma = "; " if lowered == "cookie" else ","
        headers[lowered] = f"{headers[lowered]}{comma}{value}" if lowered in headers else str(value)
    return headers


def _find_cookie(cookies: Any, header: str) -> str:  # noqa: ANN401 - AWS hands over a list of strings
    for cookie in (*cookies, *header.split(";")) if header else cookies:
        if COOKIE in cookie:
            name, _, value = str(cookie).strip().partition("=")
            if name == COOKIE:
                return value
    return ""


def _read_body(body: object, *, is_base64: bool) -> bytes:
    if not isinstance(body, str):
        return b""
    if not is_base64:
        return body.encode(
            "utf-8", "surrogatepass"
        )  # a surrogate is then found to be no UTF-8, like any other bad byte
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return b""


def check_type(headers: Mapping[str, str]) -> Reason | None:
    """A JSON or plain-text body in UTF-8, in no encoding but its own."""
    if headers.get("content-type") in _USUAL and "content-encoding" not in headers:
        return None
    kind, *parameters = headers.get("content-type", "").split(";")
    if kind.strip().lower() not in _TYPES:
        return Reason.UNSUPPORTED_TYPE
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in {"utf-8", "utf8"}:
            return Reason.UNSUPPORTED_TYPE
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return Reason.UNSUPPORTED_TYPE
    return None
