"""The demo clinic of `airlock dev` as a visitor walks through it, with the real sanitizer and forwarders behind it."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from airlock.policy import Policy
from workbench.dev import Desk

pytestmark = pytest.mark.browser

CANARY = "CANARY-semaglutide-4417"
CLICKS = "?gclid=Cj0KCQiA_invented_click_id_1&fbclid=IwAR_invented_click_id_2"
PAGES = (
    "/",
    "/services/",
    "/services/coolsculpting",
    "/services/laser",
    "/services/skin-renewal",
    "/services/weight-loss",
    "/gallery",
    "/contact",
    "/book",
    "/thank-you",
    "/privacy",
    "/portal/",
    "/no-such-page",
)


@pytest.fixture(scope="module")
def desk(policy: Policy) -> Iterator[Desk]:
    desk = Desk(policy)
    desk.start()
    yield desk
    desk.stop()


class Walk:
    """One visitor's walk: what the browser asked for, what it posted, and what the console said."""

    def __init__(self, context: Any, origin: str) -> None:
        self.context = context
        self.origin = origin
        self.asked: list[str] = []
        self.posted: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.page = context.new_page()
        self.page.on("request", self._see)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(f"ERROR {error}"))

    def _see(self, request: Any) -> None:
        if request.url.startswith("tel:"):
            return
        self.asked.append(request.url)
        if request.method == "POST":
            self.posted.append(json.loads(request.post_data))

    def go(self, path: str) -> None:
        """Open a page and let it come to rest."""
        self.page.goto(self.origin + path)
        self.settle()

    def settle(self) -> None:
        """Come back once the page has had every chance to send: later requests of its own have been answered."""
        self.page.wait_for_load_state()
        self.page.evaluate("(async () => { for (let i = 0; i < 4; i++) await fetch('/favicon.svg?settled'); })()")

    def say_yes(self) -> None:
        self.page.get_by_role("button", name="Yes, count it").click()

    def fill_in(self) -> None:
        """Every field of the page's form, marked or not."""
        for field in self.page.locator("form input:visible, form textarea").all():
            kind = field.get_attribute("type")
            told = {"email": "jo@patient.example", "tel": "(415) 555-0134", "date": "2026-12-01"}.get(kind, CANARY)
            field.fill(told)
        for choice in self.page.locator("form select").all():
            choice.select_option("CoolSculpting")

    @property
    def hosts(self) -> set[str]:
        return {urlsplit(url).netloc for url in self.asked}

    @property
    def events(self) -> list[str]:
        return [event["event"] for event in self.posted]


@pytest.fixture
def walk(context: Any, desk: Desk) -> Walk:
    return Walk(context, desk.origin)


def read(desk: Desk, path: str) -> httpx.Response:
    return httpx.get(f"{desk.origin}{path}", trust_env=False)


def wait_for(find: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
    """What is found within ten seconds."""
    end = time.monotonic() + 10
    while (found := find()) is None:
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
    return found


def find_delivery(desk: Desk, destination: str, word: str) -> Callable[[], dict[str, Any] | None]:
    """Looks for a request to a network that holds this word."""

    def find() -> dict[str, Any] | None:
        told: list[dict[str, Any]] = read(desk, "/_airlock/deliveries.json").json()
        return next((one for one in told if one["destination"] == destination and word in one["body"]), None)

    return find


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_nobody_but_the_clinic_and_tells_nothing_before_a_choice(walk: Walk, path: str) -> None:
    walk.go(path + CLICKS)
    assert walk.hosts == {urlsplit(walk.origin).netloc}
    assert walk.posted == []
    assert walk.context.cookies() == []
    assert walk.page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert [line for line in walk.said if "404" not in line and "private_page" not in line] == []


@pytest.mark.parametrize("path", PAGES)
def test_after_a_yes_a_page_asks_nobody_but_the_clinic_either(walk: Walk, path: str) -> None:
    """At most one request of the airlock's for a page view, none on a private page, whatever its form holds."""
    walk.go("/privacy")
    walk.say_yes()
    walk.settle()
    walk.posted.clear()
    walk.go(path)
    assert walk.events == ([] if path == "/portal/" else ["page_view"])
    form = walk.page.locator("form")
    if form.count():
        walk.fill_in()
        expected = form.get_attribute("data-airlock")
        form.locator("button[type=submit]").click()
        walk.settle()
        told = [event for event in walk.posted if event["event"] != "page_view"]
        assert [event["event"] for event in told] == ([expected] if expected else [])
        for event in told:
            message = json.dumps({**event, "user": {**event["user"], "first_name": "", "last_name": ""}})
            assert CANARY not in message
            assert event["user"]["email"] == "jo@patient.example"
    assert walk.hosts == {urlsplit(walk.origin).netloc}
    assert not [line for line in walk.said if "ERROR" in line or "Content Security Policy" in line]


def test_a_booking_reaches_the_networks_without_the_treatment_or_the_patient(walk: Walk, desk: Desk) -> None:
    click = "Cj0KCQiA_invented_walk_through"
    walk.go(f"/services/coolsculpting?gclid={click}")
    walk.say_yes()
    walk.page.get_by_role("link", name="Book a visit").first.click()
    walk.page.wait_for_url("**/book")
    walk.fill_in()
    walk.page.get_by_role("button", name="Send the booking").click()
    walk.page.wait_for_url("**/thank-you*")
    body = wait_for(find_delivery(desk, "google", click))["body"]
    for word in ("patient.example", "555-0134", "coolsculpting", CANARY.lower(), "/book"):
        assert word not in body.lower()
    assert CANARY not in read(desk, "/_airlock/log.jsonl").text
    assert "patient.example" not in read(desk, "/_airlock/log.jsonl").text


def test_a_choice_can_be_taken_back_on_every_page(walk: Walk) -> None:
    walk.go("/" + CLICKS)
    walk.say_yes()
    walk.settle()
    assert [cookie["name"] for cookie in walk.context.cookies()] == ["airlock_click"]
    walk.go("/gallery")
    walk.page.get_by_role("button", name="Privacy choices").click()
    walk.page.get_by_role("button", name="No, do not").click()
    walk.settle()
    assert walk.events[-1] == "withdrawal"
    assert walk.context.cookies() == []
    walk.posted.clear()
    walk.go("/contact")
    walk.page.locator("a[href^='tel:']").first.click()
    walk.settle()
    assert walk.posted == []


def test_an_opt_out_signal_is_honoured_and_said(walk: Walk) -> None:
    walk.context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
    walk.go("/book" + CLICKS)
    assert walk.page.get_by_role("heading", name="Opt-out honored").is_visible()
    walk.fill_in()
    walk.page.get_by_role("button", name="Send the booking").click()
    walk.page.wait_for_url("**/thank-you*")
    walk.settle()
    assert walk.posted == []
    assert walk.context.cookies() == []


def test_the_old_pixels_tell_what_the_airlock_does_not_and_the_demo_shows_both(walk: Walk, desk: Desk) -> None:
    """The switch is the comparison: same site, same visitor, both beside each other; and off means off."""
    walk.go("/services/weight-loss?gclid=Cj0KCQiA_invented_comparison_1")
    switch = walk.page.get_by_role("switch", name="Old pixels")
    assert read(desk, "/_airlock/old-pixels.json").json() == []
    switch.check()
    walk.say_yes()
    walk.go("/book")
    walk.fill_in()
    walk.page.get_by_role("button", name="Send the booking").click()
    walk.page.wait_for_url("**/thank-you*")
    received = json.dumps(read(desk, "/_airlock/old-pixels.json").json())
    for word in ("/services/weight-loss", "Medical weight care", "CoolSculpting", "fb.1."):
        assert word in received
    told = wait_for(find_delivery(desk, "google", "Cj0KCQiA_invented_comparison_1"))
    assert "weight" not in told["body"]
    panel = walk.page.locator("#demo-panel")
    panel.get_by_text("Schedule to /tr").wait_for()
    panel.get_by_text("datamanager.googleapis.com").first.wait_for()
    assert walk.hosts == {urlsplit(walk.origin).netloc}

    walk.page.get_by_role("switch", name="Old pixels").uncheck()
    walk.settle()
    assert {cookie["name"] for cookie in walk.context.cookies()} <= {"airlock_click"}
    walk.asked.clear()
    walk.go("/gallery")
    assert [url for url in walk.asked if "pixel" in urlsplit(url).path and ".json" not in url] == []


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", ["/", "/services/laser", "/gallery", "/contact", "/book", "/portal/"])
def test_no_page_is_wider_than_its_window(chromium: Any, desk: Desk, path: str, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.goto(desk.origin + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="What each sends").click()
    page.locator("#demo-panel").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
