"""Answers tell that a request was answered, and nothing of what was decided."""

import pytest

from airlock.outcome import Reason
from sanitizer.answer import STATUS, answer, preflight, set_cookie
from tests.sanitizer.visits import SITE


def test_an_answer_has_an_empty_body_and_is_kept_nowhere() -> None:
    assert answer(204) == {
        "statusCode": 204,
        "headers": {"cache-control": "no-store"},
        "body": "",
        "isBase64Encoded": False,
    }


def test_only_one_of_the_clinics_own_sites_may_read_it() -> None:
    headers = answer(204, SITE)["headers"]
    assert headers["access-control-allow-origin"] == SITE
    assert headers["access-control-allow-credentials"] == "true"
    assert headers["vary"] == "origin"


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.MALFORMED, 400),
        (Reason.BAD_SIGNATURE, 401),
        (Reason.FOREIGN_ORIGIN, 403),
        (Reason.UNKNOWN_PATH, 404),
        (Reason.METHOD, 405),
        (Reason.TOO_LARGE, 413),
        (Reason.UNSUPPORTED_TYPE, 415),
    ],
)
def test_each_refusal_of_a_request_has_its_status(reason: Reason, status: int) -> None:
    assert STATUS[reason] == status


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    taken = answer(204)
    set_cookie(taken, "fbclid:1795532832000:abc")
    assert taken["cookies"] == [
        "airlock_click=fbclid:1795532832000:abc; Max-Age=7776000; Path=/v1; HttpOnly; Secure; SameSite=Lax"
    ]
    set_cookie(taken, "")
    assert taken["cookies"] == ["airlock_click=; Max-Age=0; Path=/v1; HttpOnly; Secure; SameSite=Lax"]


def test_a_preflight_allows_one_method_and_one_header() -> None:
    assert preflight(SITE) == {
        "statusCode": 204,
        "headers": {
            "cache-control": "no-store",
            "access-control-allow-methods": "POST",
            "access-control-allow-headers": "content-type",
            "access-control-max-age": "7200",
            "access-control-allow-origin": SITE,
            "access-control-allow-credentials": "true",
            "vary": "origin",
        },
        "body": "",
        "isBase64Encoded": False,
    }
