"""What a site developer does: the pixels' snippets out, the line that `airlock snippet` prints in, the calls kept."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from airlock import wire
from airlock.address_book import Destination
from airlock.policy import Policy, Shim
from collector.assembly import write_stub
from collector.build import build
from collector.esbuild import minify
from tests.collector.clinic import COLLECT, SITE, Clinic
from tests.collector.conftest import ask_for
from workbench.tags import Tags

pytestmark = pytest.mark.browser

CANARY = "CANARY-semaglutide-4417"
CLICKS = "?gclid=Cj0KCQiA_invented_click_id_1&fbclid=IwAR_invented_click_id_2"
NINETY_DAYS_S = 90 * 86_400

# developers.facebook.com, Meta Pixel, get started (read 2026-11-25)
META = """<script>
!function(f,b,e,v,n,t,s)
{if(f.fbq)return;n=f.fbq=function(){n.callMethod?
n.callMethod.apply(n,arguments):n.queue.push(arguments)};
if(!f._fbq)f._fbq=n;n.push=n;n.loaded=!0;n.version='2.0';
n.queue=[];t=b.createElement(e);t.async=!0;
t.src=v;s=b.getElementsByTagName(e)[0];
s.parentNode.insertBefore(t,s)}(window, document,'script',
'https://connect.facebook.net/en_US/fbevents.js');
fbq('init', '123456789012345');
fbq('track', 'PageView');
</script>
<noscript><img height="1" width="1" style="display:none"
src="https://www.facebook.com/tr?id=123456789012345&ev=PageView&noscript=1"/></noscript>"""
# developers.google.com/tag-platform, install the Google tag (read 2026-11-25)
GOOGLE = """<script async src="https://www.googletagmanager.com/gtag/js?id=AW-123456789"></script>
<script>
  window.dataLayer = window.dataLayer || [];
  function gtag(){dataLayer.push(arguments);}
  gtag('js', new Date());
  gtag('config', 'AW-123456789');
</script>"""
BODY = f"""<h1>{CANARY}</h1>
<form action="/thank-you"><textarea name="notes">{CANARY}</textarea><button id="send">Request</button></form>
<a id="call" href="tel:+14155550134">Call us</a>
<button id="yes">Yes</button><button id="no">No</button>
<script>
document.querySelector('form').addEventListener('submit', function () {{
  fbq('track', 'Lead', {{ value: 300, currency: 'USD', content_name: '{CANARY}' }});
  gtag('event', 'generate_lead', {{ value: 300, currency: 'USD', treatment: '{CANARY}' }});
}});
document.getElementById('call').addEventListener('click', function (event) {{
  event.preventDefault(); // a dialler that opens takes the next clicks
  fbq('track', 'Contact');
  gtag('event', 'phone_click', {{ event_category: '{CANARY}' }});
}});
</script>"""
BANNER = """<script>
document.getElementById('yes').addEventListener('click', function () { airlock.consent({ marketing: true }); });
document.getElementById('no').addEventListener('click', function () { airlock.consent({ marketing: false }); });
</script>"""


@pytest.fixture
def tags(policy: Policy, esbuild: Any) -> Tags:
    """What `airlock snippet` prints for a policy with both shims."""
    asked = ask_for(policy, Shim.FBQ, Shim.GTAG)
    stub = minify(write_stub(asked.shims), esbuild).decode().strip()
    return Tags(asked, build(asked), stub, pinned=True)


@pytest.fixture
def site(clinic: Clinic, tags: Tags) -> Clinic:
    """The clinic's site after the migration."""
    clinic.open(tags.policy, tags.built)
    for path in ("/", "/services/botox", "/thank-you", "/portal/"):
        clinic.pages[path] = f"<!doctype html><head><title>{CANARY}</title>{tags.tag}</head>{BODY}{BANNER}"
    return clinic


@pytest.fixture
def asked(visitor: Any) -> set[str]:
    """The hosts that the visitor's pages ask for something."""
    hosts: set[str] = set()
    visitor.on("request", lambda request: hosts.add(urlsplit(request.url).netloc or SITE))  # a tel: link has no host
    return hosts


def open_page(visitor: Any, path: str) -> tuple[Any, list[str]]:
    """A page, and what it writes to its console."""
    page = visitor.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(f"ERROR {error}"))
    page.goto(f"https://{SITE}{path}")
    return page, said


def read_told(clinic: Clinic) -> list[tuple[str, str]]:
    return [(str(to), wire.read(message).event) for to, message in clinic.outbox.messages]


def test_before_the_page_asks_third_parties_for_scripts(visitor: Any, clinic: Clinic, asked: set[str]) -> None:
    """The starting point is real: with the vendors' own snippets the browser goes to the vendors."""
    clinic.pages["/"] = f"<!doctype html><head>{META}{GOOGLE}</head>{BODY}"
    open_page(visitor, "/")
    assert asked == {SITE, "connect.facebook.net", "www.googletagmanager.com"}


def test_after_it_the_same_conversions_are_told_with_first_party_requests_only(
    visitor: Any, site: Clinic, asked: set[str]
) -> None:
    page, said = open_page(visitor, f"/services/botox{CLICKS}")
    page.click("#yes")
    page.click("#call")
    page.click("#send")
    page.wait_for_url("**/thank-you*")
    site.wait_for(3)  # the page view, the telephone click, the request
    assert read_told(site) == [("meta", "contact"), ("google", "contact"), ("meta", "lead"), ("google", "lead")]
    assert asked == {SITE, COLLECT}
    assert [line for line in said if "ERROR" in line] == []
    for _, message in site.outbox.messages:
        assert CANARY.encode() not in message
    assert CANARY not in site.log.getvalue()


def test_before_a_choice_and_after_a_no_nothing_is_told(visitor: Any, site: Clinic, asked: set[str]) -> None:
    page, _ = open_page(visitor, f"/{CLICKS}")
    page.click("#call")
    page.click("#no")
    page.click("#call")
    page.click("#send")
    page.wait_for_url("**/thank-you*")
    page.wait_for_load_state("networkidle")
    assert site.posts == []
    assert asked == {SITE, COLLECT}
    assert visitor.cookies() == []


def test_a_private_page_tells_nothing(visitor: Any, site: Clinic) -> None:
    page, _ = open_page(visitor, f"/portal/{CLICKS}")
    page.click("#yes")
    page.click("#call")
    page.wait_for_load_state("networkidle")
    assert site.posts == []
    assert visitor.cookies() == []


def test_the_script_is_loaded_once_and_kept(visitor: Any, site: Clinic, tags: Tags) -> None:
    for path in ("/", "/services/botox"):
        open_page(visitor, path)
    asked = [target for host, _, target, _ in site.requests if host == COLLECT]
    assert asked == [f"/airlock.js?v={tags.version}"]


def test_a_click_is_remembered_for_the_visitor_who_said_yes_and_forgotten_when_it_is_withdrawn(
    visitor: Any, site: Clinic
) -> None:
    """The cookie is the airlock's own: no script sees it, it ends in ninety days, and a no clears it at once."""
    page, _ = open_page(visitor, f"/{CLICKS}")
    page.click("#yes")
    site.wait_for(1)
    page, _ = open_page(visitor, "/")
    (cookie,) = visitor.cookies()
    expires = cookie.pop("expires")
    assert page.evaluate("performance.timeOrigin") / 1000 + NINETY_DAYS_S + 60 > expires > 0
    assert cookie["value"].count("invented_click_id") == 2
    del cookie["value"]
    assert cookie == {
        "name": "airlock_click",
        "domain": COLLECT,
        "path": "/v1",
        "httpOnly": True,
        "secure": True,
        "sameSite": "Lax",
    }
    assert page.evaluate("document.cookie") == ""

    page.click("#yes")
    page.click("#call")  # with no click id in the address
    site.wait_for(3)
    assert "invented_click_id_1" in site.posts[-1]
    assert read_told(site) == [("meta", "contact"), ("google", "contact")]
    assert b"Cj0KCQiA_invented_click_id_1" in dict(site.outbox.messages)[Destination.GOOGLE]

    page.click("#no")
    site.wait_for(4)
    assert visitor.cookies() == []
    page.click("#yes")
    page.click("#send")
    page.wait_for_url("**/thank-you*")
    site.wait_for(5)
    assert site.posts[-1] == ""
    assert read_told(site)[2:] == [], "a network was told of a visitor whose click was forgotten"


def test_a_withdrawal_stands_in_the_journal_and_goes_to_no_network(visitor: Any, site: Clinic) -> None:
    page, _ = open_page(visitor, f"/{CLICKS}")
    page.click("#yes")
    site.wait_for(1)
    page.click("#no")
    site.wait_for(2)
    last = json.loads(site.log.getvalue().splitlines()[-1])
    assert (last["outcome"], last["reason"]) == ("withheld", "no_consent")
    assert site.outbox.messages == []


def test_the_printed_content_security_policy_is_enough_and_allows_nothing_inline(
    visitor: Any, site: Clinic, tags: Tags
) -> None:
    allowed = "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in tags.sources.items())
    site.headers["content-security-policy"] = f"default-src 'none'; {allowed}"
    site.pages["/"] = f"<!doctype html><head>{tags.tag}</head><script id=other>window.intruder = 1</script>"
    page, said = open_page(visitor, f"/{CLICKS}")
    page.evaluate("airlock.consent({ marketing: true })")
    page.evaluate("gtag('event', 'generate_lead')")
    site.wait_for(2)
    assert page.evaluate("window.intruder") is None
    assert all("inline script" in line or "favicon" in line for line in said), said


def test_a_script_that_is_not_the_printed_one_is_not_run(visitor: Any, site: Clinic, tags: Tags) -> None:
    site.open(tags.policy)  # the readable script is served now
    site.pages["/"] = f"<!doctype html><head>{tags.tag}</head>{BODY}{BANNER}"
    page, said = open_page(visitor, f"/{CLICKS}")
    page.click("#yes")
    page.click("#call")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("'gpc' in airlock") is False
    assert any("integrity" in line for line in said)
    assert site.posts == []
