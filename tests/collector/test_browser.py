"""The script in real Chromium: what leaves the page, when, and to whom."""

import base64
import hashlib
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from airlock.policy import ConsentTool, Shim
from collector.assembly import write_stub
from tests.collector.conftest import Script
from tests.collector.hosts import Host

pytestmark = pytest.mark.browser

CANARY = "CANARY-semaglutide-4417"
CONSENT = "airlock.consent({ marketing: true })"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FIELDS = {"event", "id", "url", "at", "consent", "click", "user", "value", "currency", "props", "authorization"}

FORM = f"""
  <form data-airlock="lead" action="/thank-you">
    <input name="mail" data-airlock-field="email" value="jo@patient.example">
    <input name="tel" data-airlock-field="phone" value="(555) 010-4477">
    <input name="worth" data-airlock-field="value" value="250" type="hidden">
    <input name="message" data-airlock-field="message" value="{CANARY}">
    <input name="treatment" value="{CANARY}"><textarea name="notes">{CANARY}</textarea>
    <button>Book</button>
  </form>
  <a href="tel:+15550100" data-airlock="contact" onclick="return false"><b id="call">Call us</b></a>
  <p id="text">{CANARY}</p>"""


def build_page(collector: Host, body: str = FORM, *, tag: str = "", head: str = "", html: str = "") -> str:
    return f"""<!doctype html><html {html}><head><title>{CANARY}</title>{head}<script>{write_stub()}</script>
      <script src="{collector.origin}/airlock.js" defer {tag}></script></head><body>{body}</body></html>"""


def open_page(context: Any, site: Host, path: str = "/") -> tuple[Any, list[str], list[str]]:
    """A page, the URLs it asked for and the lines it wrote to its console."""
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(f"ERROR {error}"))
    page.goto(site.origin + path)
    return page, asked, said


def name_hosts(asked: list[str]) -> set[str]:
    return {urlsplit(url).netloc for url in asked if not url.startswith("tel:")}


def settle(page: Any) -> None:
    """Come back once the page has had every chance to send: the airlock has answered later requests of its own."""
    page.evaluate("""async () => {
      const { src } = document.querySelector("script[src$='/airlock.js']");
      for (let i = 0; i < 5; i++) await fetch(new URL("/settled", src), { cache: "no-store" });
    }""")


def test_every_field_is_the_contracts_and_nothing_else_of_the_page_is_told(
    context: Any, site: Host, collector: Host
) -> None:
    site.put("/services/botox", build_page(collector))
    page, asked, said = open_page(context, site, "/services/botox?gclid=Cj0KCQiA_invented_click_id_1")
    page.evaluate(CONSENT)
    page.evaluate(
        "airlock('lead', { value: '150', currency: 'USD', email: 'jo@patient.example', zip: '94103', note: 'x',"
        " props: { variant: 'a' }, authorization: 'auth_0123456789abcdef' })"
    )
    (event,) = collector.wait_for(1)
    assert event.keys() == FIELDS
    assert UUID.fullmatch(event["id"])
    assert event["event"] == "lead"
    assert event["url"] == page.url
    assert event["consent"].keys() == {"marketing", "at"}
    assert 0 <= event["at"] - event["consent"]["at"] < 60_000
    assert event["click"] == {"gclid": "Cj0KCQiA_invented_click_id_1", "at": event["click"]["at"]}
    assert event["user"] == {"email": "jo@patient.example", "zip": "94103"}
    assert (event["value"], event["currency"]) == (150, "USD")
    assert event["props"] == {"variant": "a"}
    assert event["authorization"] == "auth_0123456789abcdef"
    (headers,) = collector.posts
    assert headers["content-type"] == "text/plain;charset=UTF-8"
    assert headers["origin"] == site.origin
    assert not [method for method, *_ in collector.requests if method == "OPTIONS"], "a preflight was sent"
    assert name_hosts(asked) <= {site.origin[7:], collector.origin[7:]}
    assert said == []


def test_nothing_is_sent_or_stored_before_consent(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    site.put("/thank-you", build_page(collector, "thanks"))
    page, asked, said = open_page(context, site)
    page.click("#call")
    page.click("button")
    page.wait_for_url("**/thank-you*")
    page.evaluate("airlock('lead', { email: 'jo@patient.example' })")
    settle(page)
    assert collector.events == []
    assert name_hosts(asked) <= {site.origin[7:], collector.origin[7:]}
    assert context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert said == []


def test_what_waited_for_consent_is_sent_after_it(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    page, _, _ = open_page(context, site)
    page.click("#call")
    page.evaluate("airlock('lead')")
    page.evaluate(CONSENT)
    assert [event["event"] for event in collector.wait_for(2)] == ["contact", "lead"]


def test_consent_to_something_else_sends_nothing(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    page, _, _ = open_page(context, site)
    for given in ("{ analytics: true }", "{ marketing: 'true' }", "{ marketing: 1 }", "true", "undefined", "null"):
        page.evaluate(f"airlock('lead'); airlock.consent({given})")
    settle(page)
    assert collector.events == []


def test_withdrawal_clears_what_waits_and_stops_what_follows(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    page, _, _ = open_page(context, site)
    page.evaluate(CONSENT)
    page.evaluate("airlock('lead')")
    collector.wait_for(1)
    page.evaluate("airlock('contact'); airlock('booking'); airlock.consent({ marketing: false }); airlock('lead')")
    settle(page)
    page.evaluate(CONSENT)
    page.evaluate("airlock('lead')")
    collector.wait_for(2)
    settle(page)
    told = [event["event"] for event in collector.events]
    assert "booking" not in told, "it waited for its turn when consent was withdrawn"
    assert told.count("lead") == 2, "the one after the withdrawal was kept"
    assert told.count("withdrawal") == 1


def test_a_submitted_form_tells_its_marked_fields_and_no_other(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    site.put("/thank-you", build_page(collector, "thanks"))
    referring = f"<a href='/?from=1'>go</a><script>history.replaceState(0, '', '/from?{CANARY}')</script>"
    site.put("/from", f"<meta name=referrer content=unsafe-url><title>{CANARY}</title>{referring}")
    page, asked, said = open_page(context, site, "/from")
    page.click("a")
    page.wait_for_url("**/?from=1")
    assert CANARY in page.evaluate("document.referrer")
    context.add_cookies([{"name": "_fbp", "value": CANARY, "url": site.origin}])
    page.evaluate(CONSENT)
    page.evaluate("""document.querySelectorAll("form :not([data-airlock-field])").forEach(field =>
      Object.defineProperty(field, "value", { get: () => { throw new Error("not marked, and read"); } }))""")
    page.evaluate("getSelection().selectAllChildren(document.getElementById('text'))")
    page.click("#call")
    page.click("button")
    page.wait_for_url("**/thank-you*")
    contact, lead = collector.wait_for(2)
    assert contact["event"] == "contact"
    assert contact["user"] == {}
    assert lead["user"] == {"email": "jo@patient.example", "phone": "(555) 010-4477"}
    assert lead["value"] == 250
    for _, path, headers, body in collector.requests:
        assert CANARY.encode() not in body
        assert CANARY not in path + json.dumps(headers)
    assert name_hosts(asked) <= {site.origin[7:], collector.origin[7:]}
    assert said == []


def test_an_opt_out_by_the_browser_is_honoured_and_told_to_the_site(context: Any, site: Host, collector: Host) -> None:
    context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
    site.put("/", build_page(collector, tag="data-debug"))
    page, _, said = open_page(context, site)
    page.evaluate(CONSENT)
    page.evaluate("airlock('lead', { email: 'jo@patient.example' })")
    page.click("#call")
    settle(page)
    assert page.evaluate("airlock.gpc") is True
    assert collector.events == []
    assert said == ["airlock lead gpc", "airlock contact gpc"]


@pytest.mark.parametrize(
    ("path", "marks"),
    [
        ("/", {"html": "data-airlock=off"}),
        ("/", {"tag": "data-airlock=OFF"}),
        ("/", {"head": "<meta name=airlock content=off>"}),
        ("/", {"head": "<meta name=airlock content=Off>"}),
        ("/", {"body": "<script>document.body.dataset.airlock = 'off'</script>" + FORM}),
        ("/portal", {}),
        ("/portal/", {}),
        ("/PORTAL/results", {}),
        ("//portal//results", {}),
        ("/services/../portal/results", {}),
        ("/p%6frtal/results", {}),
        ("/services%2f..%2fportal", {}),
        ("/p%256frtal", {}),
        ("/x;jsessionid=1", {}),
        ("/x%5cportal", {}),
        ("/portal%00", {}),
        ("/caf%e9", {}),
        ("/x.", {}),
    ],
)
def test_a_private_page_tells_nothing(
    context: Any, site: Host, collector: Host, path: str, marks: dict[str, str]
) -> None:
    tag = "data-airlock-page=page_view " + marks.get("tag", "")
    text = build_page(collector, **{"body": FORM, **marks, "tag": tag})
    site.put("*", text)
    page, _, said = open_page(context, site, path)
    assert page.evaluate("airlock.gpc") is False, "the script is not there"
    page.evaluate(CONSENT)
    page.evaluate("airlock('lead')")
    page.click("#call")
    page.evaluate("airlock.consent({ marketing: true })")
    settle(page)
    assert collector.events == []
    assert said == []


def test_an_event_arrives_when_the_visitor_leaves_at_once(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    site.put("/next", "next")
    page, _, _ = open_page(context, site)
    page.evaluate(CONSENT)
    page.evaluate("airlock('lead'); airlock('contact'); airlock('booking'); location.href = '/next'")
    page.wait_for_url("**/next")
    events = collector.wait_for(3)
    assert sorted(event["event"] for event in events) == ["booking", "contact", "lead"]
    assert len({event["id"] for event in events}) == 3


def test_an_event_arrives_when_the_tab_is_closed_at_once(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    page, _, _ = open_page(context, site)
    page.evaluate(CONSENT)
    page.evaluate("airlock('lead'); airlock('contact')")
    page.close(run_before_unload=True)
    assert sorted(event["event"] for event in collector.wait_for(2)) == ["contact", "lead"]


@pytest.mark.parametrize("referrers", ["no-referrer", "same-origin"])
def test_the_airlock_knows_the_site_whatever_its_referrer_policy(
    context: Any, site: Host, collector: Host, referrers: str
) -> None:
    site.put("/", build_page(collector), Referrer_Policy=referrers)
    site.put("/next", "next")
    page, _, _ = open_page(context, site)
    page.evaluate(CONSENT)
    page.evaluate("airlock('lead'); airlock('contact'); location.href = '/next'")
    collector.wait_for(2)
    assert [headers["origin"] for headers in collector.posts] == [site.origin] * 2


def test_the_airlocks_cookie_is_kept_for_it_and_no_script_sees_it(context: Any, collector: Host) -> None:
    cookie = "airlock_click=gclid:1795420800000:invented; Max-Age=60; Path=/v1; HttpOnly; Secure; SameSite=Lax"
    with Host("localhost").serve() as site:  # the same site as the collector's, as a clinic's own subdomain is
        site.put("/", build_page(collector))
        page, _, _ = open_page(context, site)
        page.evaluate(CONSENT)
        collector.answers = [(204, {"Set-Cookie": cookie})]
        page.evaluate("airlock('lead'); airlock('contact')")
        collector.wait_for(2)
        assert "cookie" not in collector.posts[0]
        assert collector.posts[1]["cookie"] == "airlock_click=gclid:1795420800000:invented"
        assert page.evaluate("document.cookie") == ""


def test_events_wait_for_the_network(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    page, asked, _ = open_page(context, site)
    page.evaluate(CONSENT)
    context.set_offline(True)
    page.evaluate("airlock('lead'); airlock('contact')")
    assert not [url for url in asked if url.endswith("/v1/events")]
    context.set_offline(False)
    assert [event["event"] for event in collector.wait_for(2)] == ["lead", "contact"]
    settle(page)
    assert len(collector.events) == 2


def test_two_hundred_events_at_once_arrive_once_each(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    page, _, _ = open_page(context, site)
    page.evaluate(CONSENT)
    page.evaluate("for (let i = 0; i < 200; i++) airlock('lead', { value: i, email: 'jo@patient.example' })")
    events = collector.wait_for(200)
    settle(page)
    assert len(collector.events) == 200
    assert len({event["id"] for event in events}) == 200
    assert [event["value"] for event in events] == list(range(200))


def test_a_refusal_for_now_is_tried_once_more_with_the_same_id(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector, tag="data-debug"))
    page, _, said = open_page(context, site)
    page.clock.install()
    page.evaluate(CONSENT)
    collector.answers = [(503, {"Retry-After": "7"}), (503, {"Retry-After": "7"})]
    with page.expect_console_message(lambda message: message.text == "airlock lead 503"):
        page.evaluate("airlock('lead')")
    page.clock.run_for(2_000)
    settle(page)
    assert len(collector.events) == 1, "it came back before the time it was told"
    with page.expect_console_message(lambda message: message.text == "airlock lead 503"):
        page.clock.run_for(5_000)
    page.clock.run_for(60_000)
    settle(page)
    first, second = collector.events
    assert first == second
    page.evaluate("airlock('contact')")
    assert collector.wait_for(3)[2]["event"] == "contact", "a failure stops what follows"
    assert [line for line in said if line.startswith("airlock lead")] == ["airlock lead 503", "airlock lead 503"]


def test_a_retry_that_still_waits_goes_with_the_page(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector, tag="data-debug"))
    site.put("/next", "next")
    page, _, _ = open_page(context, site)
    page.evaluate(CONSENT)
    collector.answers = [(503, {"Retry-After": "60"})]
    with page.expect_console_message(lambda message: message.text == "airlock lead 503"):
        page.evaluate("airlock('lead')")
    page.goto(site.origin + "/next")
    first, second = collector.wait_for(2)
    assert first == second


def test_a_page_view_is_told_only_where_it_is_asked_for_and_once(context: Any, site: Host, collector: Host) -> None:
    site.put("/", build_page(collector))
    site.put("/spa", build_page(collector, tag="data-airlock-page=page_view"))
    page, _, _ = open_page(context, site)
    page.evaluate(CONSENT)
    page.evaluate("history.pushState(0, '', '/a')")
    settle(page)
    assert collector.events == []
    page, _, said = open_page(context, site, "/spa?gclid=Cj0KCQiA_invented_click_id_1")
    page.evaluate(CONSENT)
    page.evaluate("history.pushState(0, '', '/spa'); history.pushState(0, '', '/b?x=1')")
    page.evaluate("history.pushState(0, '', '/b?x=2'); history.pushState(0, '', '/b#y')")
    collector.wait_for(2)
    page.evaluate("history.go(-3)")
    paths = [event["url"].removeprefix(site.origin) for event in collector.wait_for(3)]
    assert paths == ["/spa?gclid=Cj0KCQiA_invented_click_id_1", "/b?x=1", "/spa"]
    assert all(event["click"]["gclid"] == "Cj0KCQiA_invented_click_id_1" for event in collector.events)
    settle(page)
    assert len(collector.events) == 3
    assert said == []


def test_calls_made_before_the_script_is_there_are_kept(context: Any, site: Host, collector: Host) -> None:
    calls = f"<script>airlock('lead', {{ value: 1 }}); {CONSENT}</script>"
    site.put("/", build_page(collector, calls))
    open_page(context, site)
    assert collector.wait_for(1)[0]["event"] == "lead"


def test_a_script_that_stands_twice_in_the_page_tells_an_event_once(context: Any, site: Host, collector: Host) -> None:
    first = f'<script src="{collector.origin}/airlock.js"></script><script>{CONSENT}</script>'
    site.put("/", build_page(collector, head=first))
    page, _, _ = open_page(context, site)
    page.evaluate(CONSENT)
    page.click("#call")
    collector.wait_for(1)
    settle(page)
    assert len(collector.events) == 1


def test_the_script_works_under_a_strict_content_security_policy(context: Any, site: Host, collector: Host) -> None:
    text = build_page(collector, tag="data-airlock-page=page_view").replace(f"<script>{write_stub()}</script>", "")
    text = text.replace(' onclick="return false"', "")
    text += '<script src="/site.js" defer></script>'
    policy = (
        f"default-src 'none'; script-src 'self' {collector.origin}; connect-src {collector.origin}; form-action 'self'"
    )
    site.put("/", text, Content_Security_Policy=policy)
    site.put("/site.js", f"{CONSENT}; airlock('lead');", "text/javascript")
    _, _, said = open_page(context, site)
    assert [event["event"] for event in collector.wait_for(2)] == ["page_view", "lead"]
    assert said == []


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_script_that_was_changed_is_refused_by_the_browser(
    context: Any, site: Host, collector: Host, script: Script, *, is_whole: bool
) -> None:
    digest = base64.b64encode(hashlib.sha384(script().encode()).digest()).decode()
    site.put("/", build_page(collector, tag=f'integrity="sha384-{digest}" crossorigin="anonymous"'))
    if not is_whole:
        collector.put("/airlock.js", script() + ";evil()", "text/javascript")
    page, _, said = open_page(context, site)
    assert page.evaluate("'gpc' in airlock") is is_whole
    assert any("integrity" in line for line in said) is not is_whole


SHIM_CALLS: dict[Shim, tuple[str, list[tuple[str, int | None, str | None]]]] = {
    Shim.FBQ: (
        (
            "fbq('init', '123', { em: 'jo@patient.example' }); fbq('track', 'PageView');"
            f"fbq('track', 'Lead', {{ value: 300, currency: 'USD', email: '{CANARY}' }}, {{ eventID: 'x' }});"
            f"fbq('trackSingle', '123', 'Schedule', {{ value: 5 }}); fbq('trackCustom', '{CANARY}');"
            "fbq('consent', 'grant')"
        ),
        [("page_view", None, None), ("lead", 300, "USD"), ("booking", 5, None)],
    ),
    Shim.GTAG: (
        (
            "gtag('js', new Date()); gtag('config', 'G-GLOWDEMO01', { user_id: 'jo' });"
            f"gtag('event', 'generate_lead', {{ value: 300, currency: 'USD', email: '{CANARY}' }});"
            "dataLayer.push({ event: 'book_appointment', ecommerce: { value: 12, currency: 'USD' } });"
            "dataLayer.push({ event: 'gtm.js' }, { user: 'jo' }, null);"
            f"gtag('event', 'conversion', {{ send_to: 'AW-1/{CANARY}', value: 1 }})"
        ),
        [("lead", 300, "USD"), ("booking", 12, "USD")],
    ),
    Shim.TTQ: (
        (
            "ttq.load('CABC'); ttq.page(); ttq.identify({ email: 'jo@patient.example' });"
            f"ttq.track('SubmitForm', {{ value: 300, currency: 'USD', phone: '{CANARY}' }}, {{ event_id: 'x' }});"
            "ttq.instance('CABC').track('Schedule', {}); ttq.grantConsent()"
        ),
        [("lead", 300, "USD"), ("booking", None, None)],
    ),
    Shim.LINTRK: (
        (
            "lintrk('track', { conversion_id: 104012, conversion_value: 300, currency: 'USD' });"
            f"lintrk('setUserData', {{ email: 'jo@patient.example' }});"
            f"lintrk('track', {{ conversion_id: '{CANARY}' }})"
        ),
        [("lead", 300, "USD")],
    ),
    Shim.UETQ: (
        (
            "uetq.push('consent', 'default', { ad_storage: 'denied' });"
            f"uetq.push('event', 'phone_click', {{ event_category: '{CANARY}', revenue_value: 300, currency: 'USD' }});"
            "uetq.push({ ec: 'x', ea: 'Schedule', el: 'y', ev: 7, gv: 12, gc: 'USD' });"
            f"uetq.push('set', {{ pid: {{ em: '{CANARY}' }} }}); uetq.push('event', '', {{}})"
        ),
        [("contact", 300, "USD"), ("booking", 12, "USD")],
    ),
}


@pytest.mark.parametrize("early", [True, False], ids=["before the script", "after the script"])
@pytest.mark.parametrize("shim", list(Shim))
def test_a_pixels_calls_go_on_working(
    context: Any, site: Host, collector: Host, script: Script, shim: Shim, *, early: bool
) -> None:
    calls, expected = SHIM_CALLS[shim]
    collector.put("/airlock.js", script(shim), "text/javascript")
    stub = f"<script>{write_stub([shim])}</script>"
    site.put("/", build_page(collector, f"{stub}<script>{calls if early else ''}</script>", tag="data-debug"))
    page, asked, said = open_page(context, site)
    page.evaluate(CONSENT)
    if not early:
        page.evaluate(f"() => {{ {calls} }}")
    collector.wait_for(len(expected))
    settle(page)
    told = [(event["event"], event.get("value"), event.get("currency")) for event in collector.events]
    assert told == expected
    for event in collector.events:
        assert event["user"] == {}
        assert "props" not in event
    assert not any(CANARY.encode() in body for *_, body in collector.requests)
    assert name_hosts(asked) <= {site.origin[7:], collector.origin[7:]}
    assert any("taken" in line for line in said)
    assert any("dropped: no counterpart" in line for line in said)
    assert not any("ERROR" in line or "jo@patient" in line for line in said)


def test_one_conversion_told_to_five_pixels_is_one_event(
    context: Any, site: Host, collector: Host, script: Script
) -> None:
    collector.put("/airlock.js", script(*Shim), "text/javascript")
    site.put("/", build_page(collector, tag="data-debug"))
    page, _, said = open_page(context, site)
    page.evaluate(CONSENT)
    page.evaluate("fbq('track', 'Lead'); gtag('event', 'generate_lead'); ttq.track('SubmitForm')")
    page.evaluate("fbq('track', 'Contact')")
    assert [event["event"] for event in collector.wait_for(2)] == ["lead", "contact"]
    settle(page)
    assert len(collector.events) == 2
    assert sum("told just now" in line for line in said) == 2


def test_a_page_view_that_a_pixel_tells_as_well_is_one_event(
    context: Any, site: Host, collector: Host, script: Script
) -> None:
    collector.put("/airlock.js", script(*Shim), "text/javascript")
    site.put("/", build_page(collector, tag="data-debug data-airlock-page=page_view"))
    page, _, said = open_page(context, site)
    page.evaluate(CONSENT)
    page.evaluate("fbq('track', 'PageView'); gtag('event', 'page_view'); uetq.push('event', 'page_view', {})")
    page.evaluate("fbq('track', 'Contact')")
    assert [event["event"] for event in collector.wait_for(2)] == ["page_view", "contact"]
    settle(page)
    assert len(collector.events) == 2
    assert sum("data-airlock-page tells it" in line for line in said) == 3


def test_a_link_that_waits_for_the_conversion_is_followed(
    context: Any, site: Host, collector: Host, script: Script
) -> None:
    """Google's own snippet holds the link back until `event_callback` is called."""
    collector.put("/airlock.js", script(Shim.GTAG), "text/javascript")
    go = "gtag('event', 'conversion', { send_to: 'AW-1/x', event_callback: () => { location.href = '/next' } })"
    site.put("/", build_page(collector))
    site.put("/next", "next")
    page, _, _ = open_page(context, site)
    page.evaluate(f"() => {{ {go} }}")
    page.wait_for_url("**/next")


def test_consent_mode_calls_decide(context: Any, site: Host, collector: Host, script: Script) -> None:
    collector.put("/airlock.js", script(ConsentTool.CONSENT_MODE, Shim.GTAG), "text/javascript")
    stub = f"<script>{write_stub([Shim.GTAG])}</script>"
    default = "gtag('consent', 'default', { ad_storage: 'denied', ad_user_data: 'denied' })"
    site.put("/", build_page(collector, f"{stub}<script>{default}; gtag('event', 'generate_lead')</script>"))
    page, _, _ = open_page(context, site)
    settle(page)
    assert collector.events == []
    page.evaluate("gtag('consent', 'update', { ad_storage: 'granted' })")
    settle(page)
    assert collector.events == []
    page.evaluate("gtag('consent', 'update', { ad_user_data: 'granted' }); gtag('event', 'phone_click')")
    (event,) = collector.wait_for(1)
    assert event["event"] == "contact"
    assert event["consent"]["marketing"] is True


def test_it_causes_no_layout_and_no_long_task(context: Any, site: Host, collector: Host) -> None:
    """With the script, a page view and a hundred events the page is laid out as often as without any of it."""

    def load(text: str, calls: str) -> dict[str, float]:
        site.put("/", text)
        page, _, _ = open_page(context, site)
        page.evaluate(calls)
        settle(page)
        session = context.new_cdp_session(page)
        session.send("Performance.enable")
        metrics = session.send("Performance.getMetrics")["metrics"]
        page.close()
        return {metric["name"]: metric["value"] for metric in metrics}

    with_script = build_page(collector, tag="data-airlock-page=page_view")
    without = with_script.replace(" defer data-airlock-page=page_view", ' type="text/plain"')
    bare = load(without, "1")
    measured = load(with_script, f"{CONSENT}; for (let i = 0; i < 100; i++) airlock('lead', {{ value: i }})")
    collector.wait_for(101)
    assert measured["LayoutCount"] <= bare["LayoutCount"]
    assert measured["Nodes"] <= bare["Nodes"]
    # A long task is one of 50 ms; a hundred and one events, the script itself and every answer stay below two of them.
    assert measured["ScriptDuration"] - bare["ScriptDuration"] < 0.1
