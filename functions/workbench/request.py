"""A request as a person writes it in, the API Gateway event (HTTP API, payload 2.0) that the sanitizer gets out."""

from collections.abc import Iterable, Mapping
from typing import Any

SIGNED_PATHS = ("/v1/conversions", "/v1/authorizations/")


def as_http_event(
    method: str, target: str, headers: Mapping[str, str], body: str | None, *, is_base64: bool = False
) -> dict[str, Any]:
    """The event. Header names are lower-cased and cookies taken out of the headers, as API Gateway does."""
    path, _, query = target.partition("?")
    lowered = join_headers(headers.items())
    cookies = [cookie.strip() for cookie in lowered.pop("cookie", "").split(";") if cookie.strip()]
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": lowered,
        "requestContext": {"http": {"method": method, "path": path}},
        "isBase64Encoded": is_base64,
    }
    if cookies:
        event["cookies"] = cookies
    if body is not None:
        event["body"] = body
    return event


def join_headers(sent: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Lower-cased names to values; those of one name are joined with a comma, cookies with a semicolon."""
    headers: dict[str, str] = {}
    for name, value in sent:
        key = name.lower()
        between = "; " if key == "cookie" else ","
        headers[key] = f"{headers[key]}{between}{value}" if key in headers else value
    return headers


def signed(event: dict[str, Any]) -> dict[str, Any]:
    """The event as from a caller whose AWS signature API Gateway has checked."""
    event["requestContext"]["authorizer"] = {"iam": {"accountId": "000000000000"}}
    return event
