"""A request as a person writes it becomes the event that API Gateway would hand over."""

from workbench.request import as_http_event, join_headers


def test_headers_of_one_name_are_joined_with_a_comma_and_cookies_with_a_semicolon() -> None:
    sent = [("Accept", "a"), ("Cookie", "one=1"), ("accept", "b"), ("cookie", "two=2; three=3")]
    assert join_headers(sent) == {"accept": "a,b", "cookie": "one=1; two=2; three=3"}


def test_each_cookie_stands_alone_in_the_event() -> None:
    """A comma would make one cookie of two, and the airlock's own would not be found."""
    event = as_http_event("POST", "/v1/events?v=1", {"Cookie": "one=1", "cookie": "two=2", "COOKIE": " ;three=3"}, None)
    assert event["cookies"] == ["one=1", "two=2", "three=3"]
    assert event["headers"] == {}
    assert (event["rawPath"], event["rawQueryString"]) == ("/v1/events", "v=1")
