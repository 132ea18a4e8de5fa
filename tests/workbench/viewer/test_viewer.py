"""The viewer in a real browser: three columns for each event, live, with switches, and readable by everyone."""

import json
import time
from typing import Any

import pytest

from workbench.dev import Desk
from workbench.report_page import print_page
from workbench.request import as_http_event
from workbench.tally import draw_report

CANARY = "canary-7d1f"


def see(page: Any, desk: Desk) -> None:
    page.goto(f"{desk.origin}/_airlock/")
    page.wait_for_selector("#state[data-state=live]")


def until(page: Any, condition: str, within_s: float = 15) -> None:
    """Wait for a condition. Playwright's own way evaluates text in the page, which the page's policy forbids."""
    start = time.monotonic()
    while not page.evaluate(condition):
        assert time.monotonic() - start < within_s, condition
        page.wait_for_timeout(50)


def post(desk: Desk, number: int, *, consented: bool, clicked: bool = True) -> None:
    now = time.time_ns() // 1_000_000
    event = {
        "event": "lead",
        "id": f"00000000-0000-4000-8000-{number:012x}",
        "url": f"{desk.origin}/contact?q={CANARY}",
        "at": now - 3_600_000,
        "consent": {"marketing": True, "at": now - 7_200_000} if consented else {},
        "click": {"gclid": "Cj0KCQiA3sq6BhD2ARIsAJ8MRw", "at": now - 7_000_000} if clicked else {},
        "value": 612.5,
    }
    headers = {"origin": desk.origin, "content-type": "application/json"}
    desk.viewer.take(as_http_event("POST", "/v1/events", headers, json.dumps(event)))


def test_an_event_is_shown_from_the_browser_to_the_network(page: Any, desk: Desk) -> None:
    """What was sent, what was decided and why, what was received to the byte, and the words that allowed it."""
    see(page, desk)
    post(desk, 1, consented=True)
    page.get_by_role("button", name="lead").click()
    sent, decided, received = page.locator("#detail .column").all()
    assert CANARY in sent.inner_text()
    assert "accepted" in decided.inner_text()
    assert "Nothing is left by which this network could recognise" in decided.inner_text()
    page.wait_for_selector("#detail .proof[data-same=true]")
    text = received.inner_text()
    assert "datamanager.googleapis.com" in text
    assert '[destination.google] identity = "click_id"' in text
    assert CANARY not in text
    assert CANARY not in decided.inner_text()
    (request,) = [each for each in desk.networks.read() if each["method"] == "POST"]
    exact = page.locator("#detail details", has_text="Body, exact bytes").last.locator("pre")
    assert exact.text_content() == request["body"]


def test_the_page_is_live_and_the_funnel_adds_up(page: Any, desk: Desk) -> None:
    see(page, desk)
    post(desk, 1, consented=True)
    post(desk, 2, consented=False)
    until(page, "document.querySelector('[data-cell=delivered] b').textContent === '1'")
    counts = {
        cell.get_attribute("data-cell"): int(cell.locator("b").inner_text()) for cell in page.locator(".cell").all()
    }
    assert counts["received"] == counts["accepted"] + counts["withheld"] + counts["refused"] == 8
    assert counts["accepted"] == counts["delivered"] + counts["held"] + counts["rejected"] + counts["expired"]
    assert page.locator("#balance").get_attribute("data-whole") == "true"


def test_events_are_filtered_by_outcome_network_and_text(page: Any, desk: Desk) -> None:
    see(page, desk)
    for number in (1, 2, 3):
        post(desk, number, consented=number == 1)
    until(page, "document.querySelectorAll('#table tbody tr').length === 3")
    page.locator("[data-cell=delivered]").click()
    until(page, "document.querySelectorAll('#table tbody tr').length === 1")
    page.get_by_role("button", name="Clear").click()
    page.fill("#find", "no_consent")
    until(page, "document.querySelectorAll('#table tbody tr').length === 2")
    page.select_option("#destination", "google")
    page.select_option("#outcome", "refused")
    until(page, "document.querySelectorAll('#table tbody tr').length === 0")


def test_a_switch_runs_the_event_again_and_shows_what_becomes_of_it(page: Any, desk: Desk) -> None:
    """Consent refused, an opt-out, another page, an authorization: each is a real run through the same handlers."""
    see(page, desk)
    post(desk, 1, consented=True)
    page.get_by_role("button", name="lead").click()
    for name, value, expected in (
        ("consent", "false", "The visitor did not give the consent"),
        ("consent", "true", "The network was told"),
        ("gpc", "true", "The browser sends the Global Privacy Control signal."),
        ("page", "/portal", "marks this page private"),
    ):
        before = page.locator("#detail h2").inner_text()
        page.select_option(f"#detail select[name={name}]", value)
        page.get_by_role("button", name="Run it again").click()
        until(page, f"document.querySelector('#detail h2').innerText !== {json.dumps(before)}")
        page.locator("#detail").get_by_text(expected).first.wait_for()
        assert page.locator("#detail .link").inner_text().startswith("re-run of event")
        page.locator("#detail .link").click()
    page.select_option("#detail select[name=authorization]", "true")
    page.get_by_role("button", name="Run it again").click()
    page.locator("#detail .link").wait_for()
    assert "auth_" in page.locator("#detail .column").first.inner_text()


def test_the_kill_switch_is_at_hand(page: Any, desk: Desk) -> None:
    see(page, desk)
    page.get_by_role("button", name="Close the airlock").click()
    page.locator("#closed").wait_for()
    post(desk, 1, consented=True)
    until(page, "document.querySelector('[data-cell=refused] b').textContent === '1'")
    assert desk.networks.read() == []
    page.get_by_role("button", name="Open the airlock").click()
    page.locator("#closed").wait_for(state="hidden")


def test_everything_can_be_done_with_the_keyboard(page: Any, desk: Desk) -> None:
    see(page, desk)
    for number in (1, 2, 3):
        post(desk, number, consented=False)
    until(page, "document.querySelectorAll('#table tbody tr').length === 3")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.locator("#table tbody button").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert page.locator("#detail h2").inner_text().startswith("Event 1:")
    page.locator("#detail pre").first.focus()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('tr').getAttribute('aria-current')") == "true"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_of(page: Any, desk: Desk, axe: str, scheme: str) -> None:
    """WCAG 2.2 A and AA, with an event open, the policy beside it and the faults unfolded, in both colour schemes."""
    page.emulate_media(color_scheme=scheme)
    desk.replay()
    see(page, desk)
    until(page, "document.querySelectorAll('#table tbody tr').length > 20")
    page.get_by_role("button", name="booking").first.click()
    page.locator("#detail .proof[data-same=true]").first.wait_for()
    page.click("#policy-switch")
    page.click(".faults summary")
    page.evaluate(axe)
    found = page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] })")
    assert [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found["violations"]] == []
    assert len(found["passes"]) > 20


def test_it_prints_what_it_shows_and_no_controls(page: Any, desk: Desk) -> None:
    post(desk, 1, consented=True)
    see(page, desk)
    page.get_by_role("button", name="lead").click()
    page.emulate_media(media="print")
    assert not page.locator(".filters").is_visible()
    assert not page.locator(".switches").is_visible()
    assert page.locator("#detail .columns").is_visible()
    assert len(page.pdf()) > 5_000


def test_a_narrow_screen_needs_no_sideways_scrolling(page: Any, desk: Desk) -> None:
    desk.replay()
    page.set_viewport_size({"width": 390, "height": 800})
    see(page, desk)
    page.get_by_role("button", name="booking").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_ten_thousand_events_stay_fast(page: Any, desk: Desk) -> None:
    """40,000 decisions: shown within seconds, and a filter answers at once."""
    for number in range(10_000):
        post(desk, number, consented=number % 5 == 0, clicked=False)
    start = time.monotonic()
    see(page, desk)
    until(page, "document.querySelector('#shown').value.startsWith('10,000 of 10,000')")
    loaded = time.monotonic() - start
    milliseconds = page.evaluate(
        """() => { const find = document.getElementById('outcome'); find.value = 'withheld';
        const start = performance.now();
        find.dispatchEvent(new Event('change', { bubbles: true })); return performance.now() - start; }"""
    )
    assert loaded < 15, f"10,000 events are shown after {loaded:.1f} s"
    assert milliseconds < 500, f"10,000 events are filtered in {milliseconds:.0f} ms"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_report(page: Any, axe: str, scheme: str, now: int) -> None:
    """The page of `airlock report`, with counts that are hidden and counts that are not."""
    lines = []
    for number in range(400):
        line = {"destination": "meta", "event_id": f"{number:032x}", "at": now + number % 5 * 604_800_000}
        props = {"campaign": "abc"[number % 7 % 3]}
        if number % 3:
            lines.append({**line, "kind": "decision", "outcome": "accepted", "props": props, "click_id": "fbclid"})
            lines.append({**line, "kind": "disclosure", "outcome": "delivered"})
        else:
            reason = "no_consent" if number % 2 else "no_identity"
            lines.append({**line, "kind": "decision", "outcome": "withheld", "reason": reason})
    page.emulate_media(color_scheme=scheme)
    page.set_content(print_page(draw_report(lines, "campaign"), "Glow Medspa"))
    page.evaluate(axe)
    found = page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] })")
    assert [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found["violations"]] == []
