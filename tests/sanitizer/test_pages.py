"""Which page a path is: the portal has to be found however its path is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.policy import Page, Policy, Surface
from sanitizer.pages import UNMATCHED, build_finder, read_path
from tests.sanitizer.visits import change_policy


@pytest.mark.parametrize(
    "path",
    [
        "/portal",
        "/portal/",
        "/portal/results/2026",
        "/PORTAL/Results",
        "//portal",
        "///portal///x",
        "/./portal",
        "/services/../portal",
        "/services/./../portal/x",
        "/a/b/../../portal",
        "/../../portal",
        "/services//../portal",
        "/portal//../x",
        "/%70ortal",
        "/%50ORTAL",
        "/portal%2Fx",
        "/portal%2fx",
        "%2Fportal",
        "/services/%2e%2e/portal",
        "/services/.%2E/portal",
        "/services%2F..%2Fportal",
        "/%2Fportal",
        "/patient/1",
    ],
)
def test_the_portal_is_private_however_it_is_written(path: str, policy: Policy) -> None:
    """A visit to the patient portal is taken in no spelling of its address."""
    assert build_finder(policy)(path).surface is Surface.PRIVATE


@pytest.mark.parametrize(
    "path",
    [
        "/services;portal",
        "/portal;x=1",
        "/services%3Bx",
        "/services\\portal",
        "\\portal",
        "/services%5Cportal",
        "/services/\x00",
        "/services%00",
        "/services%0a",
        "/services/\t",
        "/services/\x7f",
        "/services/\x1f",
        "/services/\x85",
        "/services/\x9f",
        "/services%C2%85",
        "/services%2520",
        "/services%253B",
        "/services%252fportal",
        "/%2570ortal",
        "/%252570ortal",
        "/%%370ortal",
        "/services%25%32%30",
        "/services.",
        "/services./x",
        "/services /x",
        "/services%20/x",
        "/services/x ",
        "/services/x%20",
        "/services/...",
        "/x./../services",
        "/x%20/../services",
        "/services/%ff",
        "/services/%c0%af",
        "/services/%ed%a0%80",
    ],
)
def test_a_path_that_can_be_read_in_two_ways_is_private(path: str, policy: Policy) -> None:
    """Where the site's own server might see the portal, the airlock does."""
    assert build_finder(policy)(path).surface is Surface.PRIVATE


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("", "/"),
        ("/", "/"),
        ("//", "/"),
        ("/.", "/"),
        ("/services", "/services/general-service"),
        ("/services/", "/services/general-service"),
        ("/services/botox-and-fillers", "/services/general-service"),
        ("/Services/BOTOX", "/services/general-service"),
        ("/portal/../services", "/services/general-service"),
        ("/services/caf%C3%A9", "/services/general-service"),
        ("/services/café", "/services/general-service"),
        ("/services/100%", "/services/general-service"),
        ("/services/50%25-off", "/services/general-service"),
        ("/services/a.b", "/services/general-service"),
        ("/services/a b", "/services/general-service"),
        ("/contact", "/contact"),
        ("/contact/", "/contact"),
        ("/contact/us", None),
        ("/contacts", None),
        ("/portals", None),
        ("/my/portal", None),
        ("/index.html", None),
    ],
)
def test_any_other_page_has_its_rule_or_is_a_health_page(path: str, label: str | None, policy: Policy) -> None:
    """What no rule names is treated as a health page."""
    page = build_finder(policy)(path)
    assert page.label == label
    assert page.surface is not Surface.PRIVATE
    assert label is not None or (page is UNMATCHED and page.surface is Surface.HEALTH)


@pytest.mark.parametrize(
    ("match", "paths", "others"),
    [
        ("/portal/**", ["/portal", "/portal/x", "/portal/x/y"], ["/", "/portalx", "/x/portal"]),
        ("/portal/*", ["/portal/x"], ["/portal", "/portal/x/y"]),
        ("/portal", ["/portal", "/portal/"], ["/portal/x", "/porta"]),
        ("/**", ["/", "/x", "/x/y"], []),
        ("/", ["/", ""], ["/x"]),
        ("/**/portal", ["/portal", "/x/portal", "/x/y/portal"], ["/portal/x", "/xportal"]),
        ("/a/**/z", ["/a/z", "/a/b/z", "/a/b/c/z"], ["/a", "/a/z/b"]),
        ("/doctor-*", ["/doctor-", "/doctor-who"], ["/doctor-who/x", "/doctor"]),
        ("/*.html", ["/index.html"], ["/a/index.html", "/indexhtml"]),
        ("/My-Portal/**", ["/my-portal/x", "/MY-PORTAL"], ["/my-porta"]),
        ("/a+b(c)", ["/a+b(c)", "/a%2Bb(c)"], ["/aab(c)"]),
        ("/é", ["/%C3%A9", "/É"], ["/e"]),
        ("//portal//x/", ["/portal/x"], ["/portal"]),
    ],
)
def test_a_pattern_matches_whole_segments(match: str, paths: list[str], others: list[str], policy_text: str) -> None:
    """A policy is written in the case its author likes; paths are compared in lower case."""
    find = build_finder(change_policy(policy_text, ('match = "/portal/**"', f'match = "{match}"')))
    assert [path for path in paths if find(path).match != match] == []
    assert [path for path in others if find(path).match == match] == []


def test_the_first_rule_that_matches_wins(policy_text: str) -> None:
    health_first = change_policy(policy_text, ('match = "/patient/**"', 'match = "/services/**"'))
    assert build_finder(health_first)("/services/x") == Page(match="/services/**", surface=Surface.PRIVATE)


@given(st.text(max_size=60))
def test_any_text_at_all_is_a_page(text: str) -> None:
    """A path never makes the airlock stumble; reading one twice changes nothing."""
    readings = read_path(text.encode("utf-8", "replace").decode())
    assert all(reading == "" or reading.startswith("/") for reading in readings)
    assert all(not reading.endswith("/") and "//" not in reading for reading in readings)


@given(st.lists(st.sampled_from([".", "..", "", "portal", "services", "x"]), max_size=8))
def test_one_reading_that_leads_to_the_portal_is_enough(segments: list[str]) -> None:
    """Servers differ in whether they merge slashes before they resolve dots; both are asked."""
    raw = "/" + "/".join(segments)
    dots_first: list[str] = []
    for segment in segments:
        if segment == "..":
            del dots_first[-1:]
        elif segment != ".":
            dots_first.append(segment)
    slashes_first: list[str] = []
    for segment in filter(None, segments):
        if segment == "..":
            del slashes_first[-1:]
        elif segment != ".":
            slashes_first.append(segment)
    expected = {"".join(f"/{each}" for each in way if each) for way in (dots_first, slashes_first)}
    assert set(read_path(raw)) == expected


def test_of_two_readings_of_a_page_that_is_not_private_the_first_counts(policy: Policy) -> None:
    """Dots before slashes, as most servers read it; a private one among them counts whichever it is."""
    find = build_finder(policy)
    assert read_path("/services//../x") == ("/services/x", "/x")
    assert find("/services//../x").label == "/services/general-service"
    assert find("/x//../services").label is None
    assert find("/portal//../contact").surface is Surface.PRIVATE
    assert find("/contact//../portal").surface is Surface.PRIVATE
