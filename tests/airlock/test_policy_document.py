"""A policy is read whole: every problem is found at once, by its place in the file, and none repeats a value."""

import re
from pathlib import Path

import msgspec
import pytest

from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.policy import Identity, Policy, PolicyError, Surface, load
from airlock.policy_document import compile_policy, draft_policy
from airlock.policy_file import read_policy


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as refused:
        compile_policy(text)
    return refused.value.problems


def with_line(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, "the sample policy has changed"
    return text.replace(old, new)


def test_the_sample_policy_can_be_used_and_shows_every_feature(policy: Policy) -> None:
    assert {rule.destination for rule in policy.destinations} >= {
        Destination.META,
        Destination.GOOGLE,
        Destination.TIKTOK,
        Destination.LINKEDIN,
        Destination.GA4,
    }
    assert Destination.GA4 not in policy.rules
    assert {page.surface for page in policy.pages} == set(Surface)
    assert {rule.identity for rule in policy.destinations} == set(Identity)


def test_a_compiled_policy_loads_as_it_was_compiled(policy: Policy) -> None:
    again = load(policy.compiled)
    assert again == policy
    assert again.digest == policy.digest
    assert re.fullmatch(r"[0-9a-f]{64}", policy.digest)


def test_a_compiled_policy_that_was_changed_is_not_loaded(policy: Policy) -> None:
    """What is deployed is what was reviewed, or nothing runs."""
    for changed in (policy.compiled + b" ", policy.compiled.replace(b'"USD"', b'"usd"'), b"", b"[]", b"{}", b"\xff"):
        with pytest.raises(PolicyError):
            load(changed)


def test_two_policies_that_differ_have_two_hashes(policy: Policy) -> None:
    other = msgspec.structs.replace(policy, consent_max_age_ms=policy.consent_max_age_ms + 1)
    assert load(other.compiled).digest != policy.digest


@pytest.mark.parametrize(
    ("old", "new", "place", "rule"),
    [
        (
            '"https://www.glow-medspa.example", ',
            '"http://www.glow-medspa.example", ',
            "clinic.sites",
            "site-without-https",
        ),
        ('"https://www.glow-medspa.example", ', '"https://www.glow.example/a", ', "clinic.sites", "site-without-https"),
        ('currency = "USD"', 'currency = "usd"', "clinic.currency", "wrong-value"),
        ('country = "US" ', 'country = "USA" ', "clinic.country", "wrong-value"),
        ('name = "Glow Medspa"', 'name = ""', "clinic.name", "wrong-value"),
        ('name = "Glow Medspa"', "nam = 1", "clinic.name", "missing-setting"),
        ('required = ["marketing"] ', "required = [] ", "consent.required", "wrong-value"),
        ("max_age_days = 180 ", "max_age_days = 0 ", "consent.max_age_days", "wrong-value"),
        ('match = "/contact"', 'match = "contact"', "page.5.match", "wrong-value"),
        ('label = "/contact"', 'label = "/Contact us"', "page.5.label", "wrong-value"),
        ('match = "/patient/**"', 'match = "/patient/**"\nlabel = "/x"', "page.2.label", "private-page-label"),
        ('value = "fixed"', 'value = "exact"', "event.2.value", "wrong-value"),
        ("amount = 150 ", "amount = -1 ", "event.2.amount", "wrong-value"),
        ("bands = [0, 250, 500, 1000] ", "bands = [0, 500, 250] ", "event.1.bands", "wrong-value"),
        ('to = ["meta", "google", "tiktok"]', 'to = ["meta", "myspace"]', "event.2.to", "wrong-value"),
        ('"PageView"', '"Lead"', "event.4.aliases", "ambiguous-name"),
        ('account = "123456789012345"', 'account = "EAABsbCS1iHgBAKZCZCZC"', "destination.meta.account", "wrong-value"),
        (
            'identity = "click_id" # never',
            'identity = "hashed" # never',
            "destination.google.identity",
            "google-hashed",
        ),
        (
            'identifiers = ["email"]',
            'identifiers = ["email", "phone"]',
            "destination.linkedin.identifiers",
            "identifier",
        ),
        ('secret = "airlock/tiktok"', 'secret = "ya29.A0AbVbY6example"', "destination.tiktok.secret", "secret-value"),
        ("state = ", "colour = ", "clinic.colour", "unknown-setting"),
        ('contact = "Contact" }', 'contact = "Contact", gone = "Gone" }', "destination.meta.events", "undeclared-name"),
        ("[destination.tiktok]", "[destination.myspace]", "destination.myspace", "wrong-value"),
        ("expires = 2027-11-02 # the last", 'expires = "2027-11-02" # the last', "event.1.expires", "wrong-value"),
    ],
)
def test_each_mistake_is_named_with_its_place_and_its_rule(
    policy_text: str, old: str, new: str, place: str, rule: str
) -> None:
    found = problems_of(with_line(policy_text, old, new))
    matching = [problem for problem in found if place in problem and f"[{rule}" in problem]
    assert matching, f"{place}: not among {len(found)} problems"
    assert re.match(r"line \d+, ", matching[0])


def test_every_problem_is_reported_at_once_in_the_files_order(policy_text: str) -> None:
    text = policy_text.replace('currency = "USD"', "currency = 1").replace("amount = 150 ", "amount = true ")
    text = text.replace('account = "1234567890"', 'account = "12"')
    lines = [int(problem.split(",")[0].removeprefix("line ")) for problem in problems_of(text)]
    assert len(lines) == 3
    assert lines == sorted(lines)


@pytest.mark.parametrize("destination", ["google", "ga4"])
@pytest.mark.parametrize("addition", ['identity = "hashed"', 'identifiers = ["email"]'])
def test_google_and_ga4_never_get_contact_data(policy_text: str, destination: str, addition: str) -> None:
    """Google's customer-data policy forbids it for health services, so no policy that says so can be compiled."""
    text = re.sub(
        rf"(\[destination\.{destination}\]\n(?:[^\[]*?))identity = [^\n]*\n", r"\1", policy_text, flags=re.DOTALL
    )
    text = text.replace(f"[destination.{destination}]\n", f"[destination.{destination}]\n{addition}\n")
    assert any("google-hashed-contact" in problem for problem in problems_of(text))


@pytest.mark.parametrize("destination", list(Destination))
def test_no_network_is_given_a_field_that_it_does_not_take(destination: Destination) -> None:
    address = ADDRESS_BOOK[destination]
    for field in set(ContactField) - set(address.contact):
        text = f'[destination.{destination}]\nidentifiers = ["{field}"]\n'
        assert any(f"destination.{destination}.identi" in problem for problem in problems_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "clinic = 1",
        "[[clinic]]\nname = 1",
        "page = 1\nevent = 2\ndestination = 3\nconsent = 4",
        "x = " + "[" * 2000,
    ],
)
def test_what_is_no_policy_at_all_is_refused_in_sentences(text: str) -> None:
    assert problems_of(text)


def test_a_problem_never_repeats_a_value(policy_text: str) -> None:
    """A token pasted in the wrong place must not be printed into a terminal or a build's log."""
    canary = "canary7d1fJaneTestpatient"
    for line in policy_text.splitlines():
        key, equals, value = line.partition(" = ")
        if equals and value.startswith(('"', "[", "{")) and not line.startswith("#"):
            text = policy_text.replace(line, f'{key} = ["{canary}", 7, "{canary} "]', 1)
            assert canary not in "\n".join(draft_policy(text).problems), f"{key} is repeated"


@pytest.mark.parametrize(
    "secret", ["EAABsbCS1iHgBAKZCZCZCexampleexample", "AKIAIOSFODNN7EXAMPLE", "-----BEGIN PRIVATE KEY-----"]
)
def test_a_secret_anywhere_in_the_policy_is_found(policy_text: str, secret: str) -> None:
    text = with_line(policy_text, '"count consultation requests per campaign"', f'"{secret}"')
    (problem,) = problems_of(text)
    assert "secret-value-in-policy" in problem
    assert secret not in problem


def test_a_draft_shows_what_could_be_read_beside_the_problems(policy_text: str) -> None:
    draft = draft_policy(with_line(policy_text, "amount = 150 ", "amount = -1 "))
    assert len(draft.problems) == 1
    assert [event.name for event in draft.policy.events] == ["lead", "booking", "contact", "page_view"]
    assert draft.events == (0, 1, 2, 3)


def test_a_policy_file_is_read_as_toml_or_as_compiled(policy: Policy, policy_text: str, tmp_path: Path) -> None:
    toml, compiled = tmp_path / "clinic.toml", tmp_path / "policy.json"
    toml.write_text(policy_text, encoding="utf-8")
    compiled.write_bytes(policy.compiled)
    assert read_policy(toml).digest == read_policy(compiled).digest == policy.digest
    with pytest.raises(PolicyError, match="cannot be read"):
        read_policy(tmp_path / "missing.json")
    toml.write_bytes(b"\xff")
    with pytest.raises(PolicyError, match="UTF-8"):
        read_policy(toml)
