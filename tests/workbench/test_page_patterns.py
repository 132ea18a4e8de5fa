"""What `airlock check` says of two page rules is what happens to a visit: the sanitizer's finder is the measure."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.policy import Page, Policy, Surface
from sanitizer.pages import build_finder
from workbench.page_patterns import covers, meet

# Every path of at most four segments out of these: enough for a witness of whatever two of the patterns below share.
PATHS = [
    "".join(f"/{segment}" for segment in segments)
    for length in range(5)
    for segments in itertools.product(["a", "b", "ab", "Axb", "c"], repeat=length)
]
SEGMENTS = st.sampled_from(["a", "A", "b", "c", "*", "**", "***", "a*", "*B", "A*b", "*x*", ""])


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """A pattern of at most two segments, in any case, with slashes that merge."""
    return "/" + "/".join(draw(st.lists(SEGMENTS, max_size=2))) + draw(st.sampled_from(["", "/"]))


def pages_of(policy: Policy, *matches: str) -> list[int | None]:
    """For each of the paths, which of the rules its page is found by: the number of the first that matches."""
    rules = tuple(Page(match=match, surface=Surface.GENERAL) for match in matches)
    find = build_finder(msgspec.structs.replace(policy, pages=rules))
    found = [find(path) for path in PATHS]
    return [next((at for at, rule in enumerate(rules) if rule is page), None) for page in found]


@given(one=patterns(), other=patterns())
def test_two_patterns_meet_exactly_where_some_path_fits_both(policy: Policy, one: str, other: str) -> None:
    alone, beside = pages_of(policy, one), pages_of(policy, other)
    shared = any(None not in pair for pair in zip(alone, beside, strict=True))
    assert meet(one, other) is meet(other, one) is shared


@given(wide=patterns(), narrow=patterns())
def test_a_rule_that_is_said_never_to_match_never_does(policy: Policy, wide: str, narrow: str) -> None:
    """Where the first rule covers the second, no visit to any page is ever decided by the second."""
    if covers(wide, narrow):
        assert 1 not in pages_of(policy, wide, narrow)
        assert meet(wide, narrow)


@given(match=patterns())
def test_every_rule_covers_itself_and_is_covered_by_the_rule_for_all_pages(match: str) -> None:
    assert covers(match, match.swapcase() + "/")
    assert covers("/**", match)


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("/a/**", "/a/b", True),
        ("/A/**", "/a/b", True),
        ("/a/**", "/A/B", True),
        ("/a/**/", "//a//b/", True),
        ("/a/**", "/a", True),
        ("/a/**", "/a/b/**", True),
        ("/**", "/x/*", True),
        ("/**/portal", "/a/portal", True),
        ("/a/*", "/a/b", True),
        ("/a/*", "/a/b*", True),
        ("/a*c", "/abc", True),
        ("/a*", "/a*c", True),
        ("/a", "/a", True),
        ("/", "/", True),
        ("/a/b", "/a/**", False),
        ("/a/*", "/a/**", False),
        ("/*/**", "/**", False),
        ("/a/*/**", "/a/**", False),
        ("/a/*", "/a", False),
        ("/a*c", "/a*", False),
        ("/a/**", "/ab", False),
        ("/a.c", "/abc", False),
    ],
)
def test_one_pattern_covers_another(wide: str, narrow: str, *, expected: bool) -> None:
    assert covers(wide, narrow) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("/Portal/**", "/portal/x", True),
        ("/a/*", "/*/portal", True),
        ("/a/**", "/b/**", False),
        ("/**/portal", "/a/b/portal", True),
        ("/**/a/**/b", "/c/**", True),
        ("/ab*", "/a*c", True),
        ("/ab*", "/ac*", False),
        ("/a*b*c", "/ac", False),
        ("/ab*ba", "/aba", False),
        ("/a", "/a/b", False),
        ("/*", "/", False),
        ("/**", "//", True),
    ],
)
def test_two_patterns_meet(one: str, other: str, *, expected: bool) -> None:
    assert meet(one, other) is expected
    assert meet(other, one) is expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("/**/a" * 40, "/**/a" * 39 + "/b"), ("/" + "*a" * 99, "/" + "a*" * 99 + "b"), ("/**" * 66, "/*" * 100)],
)
def test_patterns_as_long_as_they_may_be_are_compared_at_once(one: str, other: str) -> None:
    """Each pair of places is looked at once, so that a policy of many stars does not hang the check."""
    assert meet(one, other) is (one == "/**" * 66)
    assert not covers(other, one)
