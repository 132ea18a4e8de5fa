"""The same flows in Firefox and in WebKit, Safari's engine: other engines' fetch, cookies and integrity."""

import base64
import hashlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from airlock.policy import Shim
from collector.assembly import write_stub
from tests.collector.conftest import Script
from tests.collector.firefox import Firefox
from tests.collector.hosts import Host
from tests.collector.test_browser import CANARY, CONSENT, FIELDS, SHIM_CALLS, build_page
from tests.collector.webkit import WebKit, find_browser

pytestmark = pytest.mark.other_engines
Engine = Firefox | WebKit
CLICK = "gclid=Cj0KCQiA_invented_click_id_1"


def start(tmp_path_factory: pytest.TempPathFactory, **preferences: Any) -> Firefox:
    executable = shutil.which("firefox-esr") or shutil.which("firefox")
    if executable is None:
        pytest.skip("no Firefox on this machine")
    return Firefox(executable, tmp_path_factory.mktemp("firefox") / "profile", preferences)


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    firefox = start(tmp_path_factory)
    yield firefox
    firefox.quit()


@pytest.fixture(scope="module")
def webkit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebKit]:
    driver, display, browser = shutil.which("WebKitWebDriver"), shutil.which("Xvfb"), find_browser()
    if driver is None or display is None or browser is None:
        pytest.skip("no WebKit with a driver and a screen on this machine")
    webkit = WebKit(driver, display, browser, tmp_path_factory.mktemp("webkit") / "home")
    yield webkit
    webkit.quit()


@pytest.fixture(params=["firefox", "webkit"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """One visitor."""
    running: Engine = request.getfixturevalue(request.param)
    running.forget()
    return running


def settle(engine: Engine, collector: Host) -> None:
    """Come back once the page has had every chance to send."""
    address = f"{collector.origin}/settled"
    engine.run(f"(async () => {{ for (let i = 0; i < 5; i++) await fetch('{address}', {{ cache: 'no-store' }}) }})()")


def hosts_of(engine: Engine) -> set[str]:
    """The hosts that the page has asked for something."""
    found: list[str] = engine.run("performance.getEntriesByType('resource').map(entry => new URL(entry.name).origin)")
    return set(found)


def test_before_a_choice_nothing_is_sent_or_stored(engine: Engine, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    engine.go(f"{site.origin}/?{CLICK}")
    engine.click("#call")
    engine.run("airlock('lead', { email: 'jo@patient.example' })")
    settle(engine, collector)
    assert collector.events == []
    assert engine.cookies() == []
    assert engine.run("localStorage.length + sessionStorage.length") == 0


def test_a_form_tells_its_marked_fields_while_the_page_is_left(engine: Engine, site: Host, collector: Host) -> None:
    site.put("/services/botox", build_page(collector))
    site.put("/thank-you", "thanks")
    engine.go(f"{site.origin}/services/botox?{CLICK}")
    engine.run(CONSENT)
    hosts = hosts_of(engine)
    engine.click("button")
    (event,) = collector.wait_for(1)
    assert event.keys() <= FIELDS
    assert event["user"] == {"email": "jo@patient.example", "phone": "(555) 010-4477"}
    assert event["click"]["gclid"] == "Cj0KCQiA_invented_click_id_1"
    assert CANARY not in str(event)
    assert not [method for method, *_ in collector.requests if method == "OPTIONS"], "a preflight was sent"
    assert collector.posts[0]["content-type"] == "text/plain;charset=UTF-8"
    assert hosts <= {site.origin, collector.origin}


def test_events_arrive_when_the_visitor_leaves_at_once(engine: Engine, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    site.put("/next", "next")
    engine.go(site.origin + "/")
    engine.run(f"({CONSENT}, airlock('lead'), airlock('contact'), airlock('booking'), location.href = '/next', 1)")
    events = collector.wait_for(3)
    assert sorted(event["event"] for event in events) == ["booking", "contact", "lead"]


def test_a_withdrawal_stops_what_follows_and_is_told_once(engine: Engine, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    engine.go(site.origin + "/")
    engine.run(f"({CONSENT}, airlock('lead'))")
    collector.wait_for(1)
    engine.run("(airlock.consent({ marketing: false }), airlock('contact'))")
    collector.wait_for(2)
    settle(engine, collector)
    assert [event["event"] for event in collector.events] == ["lead", "withdrawal"]


@pytest.mark.parametrize("path", ["/portal/results", "/p%6frtal", "//portal", "/x;y", "/caf%e9"])
def test_a_private_page_tells_nothing(engine: Engine, site: Host, collector: Host, path: str) -> None:
    site.put("*", build_page(collector, tag="data-airlock-page=page_view"))
    engine.go(site.origin + path)
    engine.run(f"({CONSENT}, airlock('lead'))")
    settle(engine, collector)
    assert collector.events == []


def test_events_wait_for_the_network(firefox: Firefox, site: Host, collector: Host) -> None:
    firefox.forget()
    site.put("/", build_page(collector))
    firefox.go(site.origin + "/")
    firefox.run(CONSENT)
    firefox.set_offline(offline=True)
    firefox.run("(airlock('lead'), airlock('contact'))")
    assert collector.events == []
    firefox.set_offline(offline=False)
    assert [event["event"] for event in collector.wait_for(2)] == ["lead", "contact"]


def test_two_hundred_events_at_once_arrive_once_each(engine: Engine, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    engine.go(site.origin + "/")
    engine.run(f"({CONSENT}, [...Array(200).keys()].forEach(value => airlock('lead', {{ value }})))")
    events = collector.wait_for(200)
    assert [event["value"] for event in events] == list(range(200))
    assert len({event["id"] for event in events}) == 200


def test_the_airlocks_cookie_comes_back_to_it_and_no_script_sees_it(firefox: Firefox, collector: Host) -> None:
    """WebKit takes a Secure cookie over TLS alone, which these hosts do not speak."""
    firefox.forget()
    cookie = "airlock_click=gclid:1795420800000:invented; Max-Age=60; Path=/v1; HttpOnly; Secure; SameSite=Lax"
    with Host("localhost").serve() as site:
        site.put("/", build_page(collector))
        firefox.go(site.origin + "/")
        firefox.run(CONSENT)
        collector.answers = [(204, {"Set-Cookie": cookie})]
        firefox.run("(airlock('lead'), airlock('contact'))")
        collector.wait_for(2)
        assert "cookie" not in collector.posts[0]
        assert collector.posts[1]["cookie"] == "airlock_click=gclid:1795420800000:invented"
        assert firefox.run("document.cookie") == ""


@pytest.mark.parametrize("shim", list(Shim))
def test_a_pixels_calls_go_on_working(engine: Engine, site: Host, collector: Host, script: Script, shim: Shim) -> None:
    calls, expected = SHIM_CALLS[shim]
    collector.put("/airlock.js", script(shim), "text/javascript")
    stub = f"<script>{write_stub([shim])}</script>"
    site.put("/", build_page(collector, f"{stub}<script>{calls}</script>"))
    engine.go(site.origin + "/")
    engine.run(CONSENT)
    collector.wait_for(len(expected))
    settle(engine, collector)
    assert [(event["event"], event.get("value"), event.get("currency")) for event in collector.events] == expected
    assert not any(CANARY.encode() in body for *_, body in collector.requests)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_script_that_was_changed_is_refused_by_the_browser(
    engine: Engine, site: Host, collector: Host, script: Script, *, is_whole: bool
) -> None:
    digest = base64.b64encode(hashlib.sha384(script().encode()).digest()).decode()
    site.put("/", build_page(collector, tag=f'integrity="sha384-{digest}" crossorigin="anonymous"'))
    if not is_whole:
        collector.put("/airlock.js", script() + ";evil()", "text/javascript")
    engine.go(site.origin + "/")
    assert engine.run("'gpc' in airlock") is is_whole


def test_the_browsers_own_opt_out_signal_is_honoured(
    tmp_path_factory: pytest.TempPathFactory, site: Host, collector: Host
) -> None:
    """Firefox has the signal built in: the real one, not a property that a test has set."""
    firefox = start(tmp_path_factory, **{"privacy.globalprivacycontrol.enabled": True})
    try:
        site.put("/", build_page(collector))
        firefox.go(site.origin + "/")
        assert firefox.run("navigator.globalPrivacyControl") is True
        firefox.run(f"({CONSENT}, airlock('lead', {{ email: 'jo@patient.example' }}))")
        firefox.click("#call")
        settle(firefox, collector)
        assert firefox.run("airlock.gpc") is True
        assert collector.events == []
        assert any(headers.get("sec-gpc") == "1" for _, _, headers, _ in collector.requests)
    finally:
        firefox.quit()
