"""A request as a person writes it in, the API Gateway event (HTTP API, payload 2.0) that the sanitizer gets out."""

from collections.abc import Mapping
from typing import Any

SIGNED_PATHS = ("/v1/conversions", "/v1/authorizations/")


def as_http_event(
    method: str, target: str, headers: Mapping[str, str], body: str | None, *, is_base64: bool = False
) -> dict[str, Any]:
    """The event. Header names are lower-cased and cookies taken out of the headers, as API Gateway does."""
    path, _, query = target.partition("?")
    lowered: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        lowered[key] = f"{lowered[key]},{value}" if key in lowered else value
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


def signed(event: dict[str, Any]) -> dict[str, Any]:
    """The event as from a caller whose AWS signature API Gateway has checked."""
    event["requestContext"]["authorizer"] = {"iam": {"accountId": "000000000000"}}
    return event
