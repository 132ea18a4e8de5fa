"""A REST API's event (payload 1.0) in, the HTTP API's form (2.0) out, and an answer back: the room knows one form."""

from collections.abc import Mapping
from typing import Any


def is_rest(event: object) -> bool:
    """Whether an event comes from a REST API."""
    return isinstance(event, dict) and "httpMethod" in event


def read_rest(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event as an HTTP API would have sent it; of who sent it only whether API Gateway checked a signature.

    What a browser can unpack is left out: a REST API hands packed bytes on only where it takes every body for bytes.
    """
    from urllib.parse import urlencode  # noqa: PLC0415 - behind an HTTP API no cold start pays for it

    context = event.get("requestContext") or {}
    signed = (context.get("identity") or {}).get("userArn")
    sent = (event.get("multiValueHeaders") or {}).items()
    headers = {name: ("; " if name.lower() == "cookie" else ",").join(values) for name, values in sent}
    return {
        "rawPath": event.get("path"),
        "rawQueryString": urlencode(event.get("multiValueQueryStringParameters") or {}, doseq=True),
        "headers": {name: value for name, value in headers.items() if name.lower() != "accept-encoding"},
        "requestContext": {
            "http": {"method": event.get("httpMethod")},
            "authorizer": {"iam": bool(signed)},
        },
        "body": event.get("body"),
        "isBase64Encoded": event.get("isBase64Encoded"),
    }


def write_rest(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer as a REST API takes it, which knows no `cookies`."""
    kept = {name: value for name, value in answer.items() if name != "cookies"}
    if "cookies" in answer:
        kept["multiValueHeaders"] = {"set-cookie": list(answer["cookies"])}
    return kept
