"""The compiled policy: what a Lambda loads is what was compiled, and what it looks up in it is what was written."""

import pytest

from airlock.address_book import Destination
from airlock.policy import Policy, PolicyError, load
from airlock.policy_document import compile_policy
from tests.airlock.drafts import EVENT, SMALLEST


@pytest.fixture
def small() -> Policy:
    return compile_policy(SMALLEST)


def test_a_policy_with_several_problems_says_each_in_a_line_of_its_own() -> None:
    error = PolicyError(("line 1, a: is missing", "line 2, b: is missing"))
    assert str(error) == "line 1, a: is missing\nline 2, b: is missing"


def test_a_policy_that_was_changed_after_it_was_compiled_says_so(small: Policy) -> None:
    with pytest.raises(PolicyError) as refused:
        load(small.compiled.replace(b":", b": ", 1))
    assert refused.value.problems == ("compiled policy: was changed after it was compiled; compile it again",)


@pytest.mark.parametrize("compiled", [b"", b"[]", b"{}", b"\xff", b'{"name": "\xff"}'])
def test_what_is_no_compiled_policy_is_refused_as_one(compiled: bytes) -> None:
    with pytest.raises(PolicyError, match=r"^compiled policy: ."):
        load(compiled)


def test_an_event_is_found_by_its_name_and_by_its_aliases_exactly() -> None:
    policy = compile_policy(SMALLEST.replace(EVENT, EVENT + 'aliases = ["Lead"]\n'))
    [event] = policy.events
    assert policy.events_by_name == {"lead": event, "Lead": event}


@pytest.mark.parametrize(("enabled", "told"), [("true", {Destination.META}), ("false", set())])
def test_a_network_that_is_switched_off_has_no_rule(enabled: str, told: set[Destination]) -> None:
    assert compile_policy(f"{SMALLEST}enabled = {enabled}\n").rules.keys() == told


def test_the_public_origin_is_the_public_url_without_its_slash(small: Policy) -> None:
    assert small.public_origin == "https://www.glow-medspa.example"
