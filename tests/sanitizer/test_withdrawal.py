"""A visitor takes consent back: the browser script says so once, and the airlock forgets the click it kept."""

import io
import json
from typing import Any

import pytest
from msgspec import structs

from airlock.authorization import NoAuthorizations
from airlock.policy import Event, Policy, ValueRule
from airlock.tokens import EventName
from sanitizer.handler import respond
from workbench.bench import Outbox, set_up_airlock
from workbench.request import as_http_event

COOKIE = "airlock_click=gclid:1795532000000:Cj0KCQiA_invented_click_id_1"
FORGOTTEN = "airlock_click=; Max-Age=0; Path=/v1; HttpOnly; Secure; SameSite=Lax"


class Told:
    """One withdrawal posted, and everything that followed."""

    def __init__(self, policy: Policy, now: int, *, cookie: str = COOKIE, **more: Any) -> None:
        body = {
            "event": "withdrawal",
            "id": "6f1c2f0e-0000-4000-8000-000000000001",
            "url": policy.sites[0],
            "consent": {"marketing": False, "at": now},
            **more,
        }
        headers = {"origin": policy.sites[0], "content-type": "text/plain;charset=UTF-8", "cookie": cookie}
        outbox, log = Outbox(), io.StringIO()
        airlock = set_up_airlock(policy, outbox, NoAuthorizations(), log, lambda: now)
        self.answer = respond(as_http_event("POST", "/v1/events", headers, json.dumps(body)), airlock).answer
        self.messages = outbox.messages
        self.lines = [json.loads(line) for line in log.getvalue().splitlines()]


def test_the_click_is_forgotten_and_no_network_is_told(policy: Policy, now: int) -> None:
    told = Told(policy, now)
    assert told.answer["statusCode"] == 204
    assert told.answer["cookies"] == [FORGOTTEN]
    assert told.messages == []
    (line,) = told.lines
    assert (line["outcome"], line["reason"]) == ("withheld", "no_consent")
    assert "event" not in line


def test_a_visitor_of_whom_nothing_was_kept_is_answered_without_a_cookie(policy: Policy, now: int) -> None:
    assert "cookies" not in Told(policy, now, cookie="").answer


@pytest.mark.parametrize("consent", [None, {"marketing": True, "at": 1_795_532_832_000}, "yes"])
def test_it_tells_no_network_whatever_consent_comes_with_it(policy: Policy, now: int, consent: object) -> None:
    told = Told(policy, now, consent=consent)
    assert told.messages == []
    assert told.answer["cookies"] == [FORGOTTEN]


def test_a_clinic_that_has_an_event_of_that_name_keeps_it(policy: Policy, now: int) -> None:
    own = Event(
        name=EventName("withdrawal"),
        aliases=(),
        expires_ms=None,
        value=ValueRule.NONE,
        amount=None,
        bands=(),
        props={},
        to=policy.events[0].to,
    )
    told = Told(structs.replace(policy, events=(own,)), now)
    assert [line["event"] for line in told.lines] == ["withdrawal"] * len(told.lines)
    assert told.messages == []
    assert told.answer["cookies"] == [FORGOTTEN]
