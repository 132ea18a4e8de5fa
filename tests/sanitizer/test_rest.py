"""Behind a REST API the sanitizer answers as behind an HTTP API: the two forms of a request are one request."""

import base64
import json
from typing import Any

import pytest

from sanitizer.request import read_request
from sanitizer.rest import is_rest, read_rest, write_rest

BODY = json.dumps({"event": "lead"})
HEADERS = {
    "Content-Type": ["application/json"],
    "Cookie": ["airlock_click=x"],
    "Sec-GPC": ["1"],
    "Accept-Encoding": ["br"],
}


def _rest(**changes: Any) -> dict[str, Any]:
    """An event as API Gateway's REST API hands it over, with all that it knows of the sender."""
    return {
        "resource": "/v1/events",
        "path": "/v1/events",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": HEADERS,
        "queryStringParameters": {"v": "2"},
        "multiValueQueryStringParameters": {"v": ["1", "2"]},
        "requestContext": {"identity": {"sourceIp": "198.51.100.7", "userArn": None}, "path": "/live/v1/events"},
        "body": BODY,
        "isBase64Encoded": False,
    } | changes


def test_the_two_forms_are_told_apart() -> None:
    assert is_rest(_rest())
    assert not is_rest({"version": "2.0", "requestContext": {"http": {"method": "POST"}}})
    assert not any(map(is_rest, (None, [], "httpMethod", ["httpMethod"])))


def test_a_request_reads_as_it_would_behind_an_http_api() -> None:
    request = read_request(read_rest(_rest()))
    assert (request.method, request.path, request.body) == ("POST", "/v1/events", BODY.encode())
    assert request.headers == {"content-type": "application/json", "cookie": "airlock_click=x", "sec-gpc": "1"}
    assert request.cookie == "x"
    assert request.query == "v=1&v=2"
    assert not request.signed


def test_a_header_that_stands_twice_is_seen_twice() -> None:
    request = read_request(read_rest(_rest(multiValueHeaders={"Origin": ["https://a.example", "https://b.example"]})))
    assert request.headers["origin"] == "https://a.example,https://b.example"


def test_a_cookie_behind_another_cookie_is_found() -> None:
    """HTTP/2 lets a browser send each of its cookies in a header of its own."""
    for names in (["Cookie"], ["cookie"], ["Cookie", "cookie"]):
        cookies = {name: ["a=b", "airlock_click=x:1:y"] for name in names}
        request = read_request(read_rest(_rest(multiValueHeaders=cookies)))
        assert request.cookie == "x:1:y"


def test_only_what_api_gateway_checked_counts_as_signed() -> None:
    claimed = {"identity": {"userArn": None}, "authorizer": {"iam": {"userArn": "arn:forged"}}}
    assert not read_request(read_rest(_rest(requestContext=claimed))).signed
    checked = {"identity": {"userArn": "arn:aws:sts::111122223333:assumed-role/crm/x"}}
    assert read_request(read_rest(_rest(requestContext=checked))).signed


def test_no_address_and_no_name_of_a_caller_goes_further_than_this() -> None:
    identity = {"sourceIp": "198.51.100.7", "userArn": "arn:aws:sts::111122223333:assumed-role/crm/jane"}
    read = json.dumps(read_rest(_rest(requestContext={"identity": identity})))
    assert "198.51.100.7" not in read
    assert "jane" not in read


def test_a_body_is_the_same_bytes_whether_it_was_packed_or_not() -> None:
    """Where a REST API takes every body for bytes, it hands them over in base64."""
    packed = base64.b64encode(BODY.encode()).decode()
    assert read_request(read_rest(_rest(body=packed, isBase64Encoded=True))).body == BODY.encode()
    assert read_request(read_rest(_rest(body=packed))).body == packed.encode()


@pytest.mark.parametrize(
    "missing", ["path", "multiValueHeaders", "requestContext", "body", "multiValueQueryStringParameters"]
)
def test_an_event_without_one_of_its_parts_still_reads(missing: str) -> None:
    for event in (_rest(**{missing: None}), {key: value for key, value in _rest().items() if key != missing}):
        read_request(read_rest(event))


def test_a_cookie_is_set_where_a_rest_api_takes_it() -> None:
    answer = {
        "statusCode": 204,
        "headers": {},
        "body": "",
        "isBase64Encoded": False,
        "cookies": ["airlock_click=x; Secure"],
    }
    assert write_rest(answer) == {
        "statusCode": 204,
        "headers": {},
        "body": "",
        "isBase64Encoded": False,
        "multiValueHeaders": {"set-cookie": ["airlock_click=x; Secure"]},
    }
    assert "multiValueHeaders" not in write_rest({"statusCode": 403, "headers": {}, "body": ""})
