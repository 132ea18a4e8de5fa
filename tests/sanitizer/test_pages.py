"""Which page a path is: the portal has to be found however its path is written."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from airlock.policy import Page, Policy, Surface
from sanitizer.pages import UNMATCHED, build_finder, read_path
from tests.sanitizer.visits import change_policy

FUNCTIONS = Path(__file__).parents[2] / "functions"


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


@pytest.mark.parametrize("match", ["/m\u00e9dico/**", "/me\u0301dico/**", "/M\u00c9DICO/**", "/ME\u0301DICO/**"])
@pytest.mark.parametrize(
    "path", ["/m%C3%A9dico/x", "/me%CC%81dico/x", "/M%C3%89DICO", "/ME%CC%81dico", "/m\u00e9dico", "/me\u0301dico/"]
)
def test_a_letter_with_its_accent_beside_it_is_the_same_letter(match: str, path: str, policy_text: str) -> None:
    """Unicode writes é in two ways, and a browser sends whichever the link holds."""
    find = build_finder(change_policy(policy_text, ('match = "/portal/**"', f'match = "{match}"')))
    assert find(path).surface is Surface.PRIVATE
    assert find("/medico/x") is UNMATCHED


@pytest.mark.parametrize(
    "sign",
    ["\u00ad", *"\u200b\u200c\u200d\u200e\u200f", "\u2060", "\ufeff", "\u061c", "\u180e", "\u202e", "\U000e0061"],
)
def test_a_path_with_a_sign_that_nobody_sees_is_private(sign: str, policy: Policy) -> None:
    """A server that drops it opens the portal, where the airlock would see another page."""
    find = build_finder(policy)
    for path in (f"/services/por{sign}tal", f"/contact{sign}", f"/{sign}/services"):
        assert find(path).surface is Surface.PRIVATE
        assert find(quote(path)).surface is Surface.PRIVATE


@pytest.mark.parametrize("path", ["/services\u00a0/x", "/services/\u2028", "/services/x\u037ey", "/services%CD%BEx"])
def test_other_spaces_and_a_sign_that_turns_into_a_semicolon_are_private(path: str, policy: Policy) -> None:
    """Unicode composes the Greek question mark into `;`."""
    assert build_finder(policy)(path).surface is Surface.PRIVATE


def test_the_tables_of_unicode_are_for_paths_that_need_them() -> None:
    """They cost a cold start, and most paths are ASCII."""
    code = (
        "import sys; import sanitizer.pages as pages; pages._write('/A/**'); pages.read_path('/A/%20x.y/../z'); "
        "assert 'unicodedata' not in sys.modules; pages.read_path('/\\u00e9'); assert 'unicodedata' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(FUNCTIONS)})


def _fits(rule: Sequence[str], path: Sequence[str], star: str, fit: Callable[[str, str], bool]) -> bool:
    """Whether a path fits a rule, tried in every way that there is."""
    if not rule:
        return not path
    if rule[0] == star:
        return any(_fits(rule[1:], path[skipped:], star, fit) for skipped in range(len(path) + 1))
    return bool(path) and fit(rule[0], path[0]) and _fits(rule[1:], path[1:], star, fit)


def _fits_segment(rule: str, segment: str) -> bool:
    return _fits(rule, segment, "*", str.__eq__)


@pytest.mark.parametrize("rule", ["/a*b*c*d", "/*a*b*c*d*", "/a*b*c*d*e"])
def test_what_stands_between_several_stars_is_found_in_its_order(rule: str, policy: Policy) -> None:
    [page] = pages = (Page(match=rule, surface=Surface.GENERAL),)
    find = build_finder(structs.replace(policy, pages=pages))
    end = "e" if rule.endswith("e") else ""
    assert find(f"/abcd{end}") is find(f"/axbxcxd{end}") is find(f"/aabbccdd{end}") is page
    assert find(f"/acbd{end}") is find(f"/axbxd{end}") is UNMATCHED


RULE_SEGMENTS = st.text("ab.*", min_size=1, max_size=6) | st.just("**") | st.just("a")
PATH_SEGMENTS = st.text("ab.", min_size=1, max_size=6).filter(lambda segment: not segment.endswith(".")) | st.just("a")


@settings(max_examples=1000)
@given(rule=st.lists(RULE_SEGMENTS, max_size=6), path=st.lists(PATH_SEGMENTS, max_size=7))
def test_a_rule_matches_exactly_what_its_stars_can_stretch_to(policy: Policy, rule: list[str], path: list[str]) -> None:
    """The expression settles each star once; trying every stretch of every star comes to the same."""
    [page] = pages = (Page(match="/" + "/".join(rule), surface=Surface.GENERAL),)
    found = build_finder(structs.replace(policy, pages=pages))("/" + "/".join(path))
    assert (found is page) is _fits(rule, path, "**", _fits_segment)


@pytest.mark.parametrize(
    ("match", "unit", "end"),
    [
        ("/**/a" * 40 + "/**/b", "/a", ""),
        ("/**/a/**/a/**/b", "/a", "/c"),
        ("/" + "**/" * 60 + "x", "/a", ""),
        ("/**" + "/*" * 90 + "/x", "/a", ""),
        ("/**/*a*a/**/*a*b/**/c", "/aa", ""),
        ("/" + "*a" * 99 + "b", "a", ""),
        ("/*a*a*a*b", "a", "/b"),
        ("/" + "*" * 199 + "b", "a", ""),
        ("/x/*-*-*-*/y", "-", ""),
        ("/**/a*a*a*/b", "/aaaaaaaaaa", ""),
    ],
)
def test_a_long_path_that_repeats_itself_is_looked_up_at_once(match: str, unit: str, end: str, policy: Policy) -> None:
    """As long as a body may be. With stars that are tried again this test would not end."""
    pages = (Page(match=match, surface=Surface.GENERAL),)
    start = "/x/" if match.startswith("/x/") else "/" if not unit.startswith("/") else ""
    path = start + unit * (8192 // len(unit)) + end
    assert build_finder(structs.replace(policy, pages=pages))(path) is UNMATCHED
