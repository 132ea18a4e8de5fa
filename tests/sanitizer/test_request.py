"""What is looked at of an HTTP request: one cookie, few headers, the body's exact bytes."""

import base64

import pytest

from airlock.outcome import Reason
from sanitizer.request import Request, check_type, read_request


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "text/plain;charset=UTF-8",
        "text/plain; charset=utf-8",
        'application/json; charset="utf-8"',
        "APPLICATION/JSON; CHARSET=UTF8",
        " application/json ; charset = utf-8 ",
        "application/json; odata=verbose",
    ],
)
def test_json_and_beacons_in_utf_8_are_read(content_type: str) -> None:
    assert check_type({"content-type": content_type}) is None


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "*/*",
        "json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/html",
        "application/jsonp",
        "application/json-patch+json",
        "application/json,text/plain",
        "text/plain; charset=utf-16",
        "text/plain; charset=iso-8859-1",
        "text/plain; charset=",
        "text/plain; charset=utf-8; charset=utf-16",
        "text/plain; charset='utf-8'",
        "text/plain; charset=utf-16=utf-8",
        "text/plain; charset=XUTF-8X",
    ],
)
def test_any_other_type_or_charset_is_unsupported(content_type: str) -> None:
    assert check_type({"content-type": content_type}) is Reason.UNSUPPORTED_TYPE
    assert check_type({}) is Reason.UNSUPPORTED_TYPE


@pytest.mark.parametrize(
    ("encoding", "reason"),
    [
        ("identity", None),
        ("IDENTITY", None),
        ("", None),
        ("gzip", Reason.UNSUPPORTED_TYPE),
        ("br", Reason.UNSUPPORTED_TYPE),
        ("identity, gzip", Reason.UNSUPPORTED_TYPE),
        ("x", Reason.UNSUPPORTED_TYPE),
    ],
)
def test_a_body_in_an_encoding_is_never_unpacked(encoding: str, reason: Reason | None) -> None:
    """What is not unpacked cannot be a bomb."""
    for content_type in ("text/plain", "application/json", "text/plain;charset=UTF-8"):
        assert check_type({"content-type": content_type, "content-encoding": encoding}) is reason


def test_everything_that_is_looked_at_is_here() -> None:
    """And whatever is missing is empty, not an exception."""
    event = {
        "rawPath": "/v1/events",
        "rawQueryString": "v=1",
        "headers": {"Origin": "https://x.example", "X-Number": 7},
        "cookies": ["airlock_click=x"],
        "body": "{}",
        "isBase64Encoded": False,
        "requestContext": {"http": {"method": "POST", "path": "/other"}, "authorizer": {"iam": {"accountId": "1"}}},
    }
    headers = {"origin": "https://x.example", "x-number": "7"}
    assert read_request(event) == Request("POST", "/v1/events", headers, "x", b"{}", signed=True, query="v=1")
    del event["rawPath"]
    assert read_request(event).path == "/other"
    assert read_request({}) == Request("", "", {}, "", b"", signed=False, query="")


def test_header_names_are_read_in_any_case_and_twice_is_both() -> None:
    request = read_request({"headers": {"OriGin": "a", "ORIGIN": "b", "Sec-GPC": "1"}})
    assert request.headers == {"origin": "a,b", "sec-gpc": "1"}


@pytest.mark.parametrize(
    "event",
    [
        {"cookies": ["_ga=GA1.2.3", "airlock_click=x:1=2", "airlock_click=y"]},
        {"headers": {"cookie": "_fbp=fb.1.2; airlock_click=x:1=2;airlock_click=y"}},
        {"cookies": [" airlock_click=x:1=2 "], "headers": {"cookie": "airlock_click=y"}},
        {"headers": {"Cookie": "_fbp=fb.1.2", "cookie": "airlock_click=x:1=2", "COOKIE": "_ga=GA1"}},
    ],
)
def test_one_cookie_is_read_and_no_other(event: dict[str, object]) -> None:
    assert read_request(event).cookie == "x:1=2"


@pytest.mark.parametrize(
    "cookie", ["airlock_clicks=x", "Airlock_Click=x", "xairlock_click=x", "airlock_click", "", "="]
)
def test_a_cookie_of_another_name_is_not_there(cookie: str) -> None:
    assert read_request({"cookies": [cookie]}).cookie == ""


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ({}, b""),
        ({"body": None}, b""),
        ({"body": ""}, b""),
        ({"body": "é"}, "é".encode()),
        ({"body": "\ud800"}, b"\xed\xa0\x80"),
        ({"body": base64.b64encode(b"\xff\x00").decode(), "isBase64Encoded": True}, b"\xff\x00"),
        ({"body": "e30=", "isBase64Encoded": False}, b"e30="),
        ({"body": "e30=", "isBase64Encoded": "true"}, b"e30="),
        ({"body": "e30", "isBase64Encoded": True}, b""),
        ({"body": "e3 0=", "isBase64Encoded": True}, b""),
        ({"body": "é", "isBase64Encoded": True}, b""),
        ({"body": {"event": "lead"}}, b""),
    ],
)
def test_a_body_is_its_exact_bytes_or_empty(event: dict[str, object], body: bytes) -> None:
    assert read_request(event).body == body


@pytest.mark.parametrize("context", [{}, None, {"authorizer": None}, {"authorizer": {}}, {"authorizer": {"iam": {}}}])
def test_a_caller_without_a_checked_signature_is_nobody(context: object) -> None:
    """A header that claims to be signed is no signature."""
    event = {"requestContext": context, "headers": {"authorization": "AWS4-HMAC-SHA256 Credential=x"}}
    assert read_request(event).signed is False


def test_a_request_shows_nothing_of_itself() -> None:
    request = read_request(
        {"rawPath": "/canary", "headers": {"x": "canary"}, "body": "canary", "cookies": ["canary=1"]}
    )
    assert f"{request} {request!r}" == "<Request> <Request>"
