"""An event or a network of a policy: what it leaves open is closed, and what is wrong is said in one sentence."""

import time
from collections.abc import Iterator

import pytest

from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.policy import DestinationRule, HashedRequires, Identity, PageTold, ValueRule
from airlock.policy_document import compile_policy, draft_policy
from tests.airlock.drafts import CLINIC, CONSENT, EVENT, META, SHORT, SMALLEST, problems_of

REVIEWED = """\
aliases = ["Lead", "Booked CoolSculpting"]
why = "count consultation requests per campaign"
reviewed_by = "privacy officer"
reviewed_on = 2026-11-02
expires = 2027-11-02
"""
MIDNIGHT_AFTER_MS = 1_825_200_000_000  # 2027-11-03T00:00:00Z


def with_event(lines: str) -> str:
    return CLINIC + CONSENT + EVENT + lines + META


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is in the clinic's own time zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/Los_Angeles")
        time.tzset()
        yield
    time.tzset()


def test_an_event_that_says_only_its_name_tells_no_worth_and_names_no_reviewer() -> None:
    [event] = compile_policy(SMALLEST).events
    assert (event.name, event.aliases, event.expires_ms, event.to) == ("lead", (), None, (Destination.META,))
    assert (event.value, event.amount, event.bands, event.props) == (ValueRule.NONE, None, (), {})
    assert (event.why, event.reviewed_by, event.reviewed_on) == ("", "", "")


def test_an_events_review_is_kept_beside_it() -> None:
    [event] = compile_policy(with_event(REVIEWED)).events
    assert event.aliases == ("Lead", "Booked CoolSculpting")
    assert event.why == "count consultation requests per campaign"
    assert (event.reviewed_by, event.reviewed_on) == ("privacy officer", "2026-11-02")


@pytest.mark.usefixtures("far_from_utc")
def test_an_events_last_good_day_ends_at_midnight_utc_wherever_the_policy_is_compiled() -> None:
    [event] = compile_policy(with_event(REVIEWED)).events
    assert event.expires_ms == MIDNIGHT_AFTER_MS


@pytest.mark.parametrize(
    ("day", "first_moment_after"), [("1970-01-01", 86_400_000), ("9999-12-31", 253_402_300_800_000)]
)
def test_the_first_and_the_last_day_that_can_be_written_are_days_as_others_are(
    day: str, first_moment_after: int
) -> None:
    [event] = compile_policy(with_event(f"expires = {day}\n")).events
    assert event.expires_ms == first_moment_after


def test_a_fixed_worth_and_bands_are_kept_as_they_are_written() -> None:
    [fixed] = compile_policy(with_event('value = "fixed"\namount = 150\n')).events
    assert (fixed.value, fixed.amount, fixed.bands) == (ValueRule.FIXED, 150, ())
    [banded] = compile_policy(
        with_event('value = "bands"\nbands = [0, 250]\nprops = { variant = ["a", "b"] }\n')
    ).events
    assert (banded.value, banded.amount, banded.bands) == (ValueRule.BANDS, None, (0, 250))
    assert banded.props == {"variant": ("a", "b")}


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('value = "fixed"', 'amount: is missing: `value = "fixed"` tells this amount'),
        ('value = "bands"', 'bands: is missing: `value = "bands"` tells the band a value falls in'),
        ("amount = 150", 'amount: is told only with `value = "fixed"`'),
        ('value = "bands"\nbands = [0]\namount = 150', 'amount: is told only with `value = "fixed"`'),
        ("bands = [0]", 'bands: are told only with `value = "bands"`'),
        ('value = "bands"\nbands = [0, 250, 250]', "bands: must rise from each bound to the next"),
        ('value = "bands"\nbands = [250, 0]', "bands: must rise from each bound to the next"),
        ('value = "bands"\nbands = []', "bands: must be a list of amounts from 0 to 1000000000"),
        ('value = "fixed"\namount = "150"', "amount: must be an amount from 0 to 1000000000"),
        ('value = "exact"', "value: must be one of none, fixed, bands"),
        ('value = "bandz"\nbands = [0]', "value: must be one of none, fixed, bands"),
        ('value = "fix"\namount = 150', "value: must be one of none, fixed, bands"),
        ("aliases = 1", "aliases: must be a list, with at least one entry; each must be words " + SHORT),
        ('aliases = [""]', "aliases: entry 1 must be words " + SHORT),
        ("why = 1", "why: must be a sentence " + SHORT),
        ("reviewed_by = 1", "reviewed_by: must be a person or a role " + SHORT),
        ("props = { variant = [1] }", "props.variant: entry 1 must be words of a closed list, " + SHORT),
    ],
)
def test_what_is_wrong_with_an_event_is_said_in_one_sentence(lines: str, problem: str) -> None:
    assert problems_of(with_event(f"{lines}\n")) == [f"event.1.{problem} [wrong-value]"]


@pytest.mark.parametrize("key", ["why", "reviewed_by"])
@pytest.mark.parametrize("words", ["x" * 201, "one line\\nand another", "a\\ttab", ""])
def test_a_text_that_is_too_long_or_of_two_lines_is_told_the_limit(key: str, words: str) -> None:
    """Who wrote a whole paragraph reads why it is not taken, and how much is."""
    [problem] = problems_of(with_event(f'{key} = "{words}"\n'))
    assert problem.startswith(f"event.1.{key}: must be ")
    assert problem.endswith(f" {SHORT} [wrong-value]")


def test_a_text_of_200_characters_is_taken_and_an_alias_of_201_is_told_the_limit() -> None:
    [event] = compile_policy(with_event(f'why = "{"é" * 200}"\naliases = ["{"é" * 200}"]\n')).events
    assert len(event.why) == len(event.aliases[0]) == 200
    assert problems_of(with_event(f'aliases = ["Lead", "{"é" * 201}"]\n')) == [
        f"event.1.aliases: entry 2 must be words {SHORT} [wrong-value]"
    ]


def test_an_event_without_a_name_is_left_out_and_told_what_a_name_is() -> None:
    text = with_event('[[event]]\nname = "Botox lead"\nto = []\n')
    assert [event.name for event in draft_policy(text).policy.events] == ["lead"]
    assert problems_of(text) == [
        "event.2.name: must be lower-case letters, digits and underscores, at most 40 characters [wrong-value]"
    ]


def test_an_event_whose_worth_cannot_be_read_tells_none() -> None:
    [event] = draft_policy(with_event('value = "exact"\n')).policy.events
    assert event.value is ValueRule.NONE


def test_a_network_that_says_only_its_account_is_told_as_little_as_there_is() -> None:
    assert compile_policy(SMALLEST).destinations == (
        DestinationRule(
            destination=Destination.META,
            account="123456789012345",
            events={"lead": "Lead"},
            identity=Identity.NONE,
            identifiers=(),
            hashed_requires=HashedRequires.AUTHORIZATION,
            page=PageTold.ORIGIN,
            secret="airlock/meta",
            enabled=True,
            login_account=None,
            test_code=None,
        ),
    )


def test_all_that_a_network_may_be_told_can_be_said() -> None:
    lines = """\
identity = "hashed"
identifiers = ["email", "phone"]
hashed_requires = "consent"
page = "label"
secret = "marketing/meta"
enabled = false
test_code = "TEST_azAZ-09"
"""
    assert compile_policy(SMALLEST + lines).destinations == (
        DestinationRule(
            destination=Destination.META,
            account="123456789012345",
            events={"lead": "Lead"},
            identity=Identity.HASHED,
            identifiers=(ContactField.EMAIL, ContactField.PHONE),
            hashed_requires=HashedRequires.CONSENT,
            page=PageTold.LABEL,
            secret="marketing/meta",
            enabled=False,
            login_account=None,
            test_code="TEST_azAZ-09",
        ),
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('secret = "a secret"', "secret: must be the name of a secret in Secrets Manager"),
        ("enabled = 1", "enabled: must be true or false"),
        ('test_code = "a b"', "test_code: must be the network's test event code, at most 40 letters, digits, - and _"),
        ('identity = "email"', "identity: must be one of none, click_id, hashed"),
        ('hashed_requires = "nothing"', "hashed_requires: must be one of authorization, consent"),
        ('page = "path"', "page: must be one of origin, label"),
    ],
)
def test_a_network_of_which_one_line_cannot_be_read_is_told_nothing(line: str, problem: str) -> None:
    """A network's table is taken whole or not at all."""
    text = f"{SMALLEST}{line}\n"
    assert problems_of(text) == [f"destination.meta.{problem} [wrong-value]"]
    assert draft_policy(text).policy.destinations == ()


def test_the_account_that_signs_in_for_google_is_kept() -> None:
    google = '[destination.google]\naccount = "1234567890"\nevents = { lead = "1" }\n'
    [_, rule] = compile_policy(f'{SMALLEST}{google}login_account = "9876543210"\n').destinations
    assert rule.login_account == "9876543210"
    assert problems_of(f'{SMALLEST}{google}login_account = "98-76"\n') == [
        "destination.google.login_account: must be the operating account's 10 digits, without dashes [wrong-value]"
    ]


@pytest.mark.parametrize("destination", list(Destination))
@pytest.mark.parametrize(
    ("setting", "networks"), [("login_account", ["google"]), ("test_code", ["meta", "tiktok", "reddit"])]
)
def test_a_setting_that_a_network_does_not_read_is_a_problem_there(
    setting: str, networks: list[str], destination: Destination
) -> None:
    """Who believes that a network is in its test mode, because the policy says so, has to be told if it is not."""
    text = f'{CLINIC}{CONSENT}[destination.{destination}]\n{setting} = "1234567890"\n'
    place = f"destination.{destination}.{setting}"
    sentence = f"has no effect at {destination}, only at {', '.join(networks)}: take it out [unknown-setting]"
    told = [problem for problem in problems_of(text) if setting in problem]
    assert told == ([] if destination in networks else [f"{place}: {sentence}"])


def test_a_network_with_a_setting_that_it_does_not_read_is_told_nothing() -> None:
    google = '[destination.google]\naccount = "1234567890"\nevents = { lead = "1" }\ntest_code = "T1"\n'
    assert [rule.destination for rule in draft_policy(SMALLEST + google).policy.destinations] == ["meta"]


@pytest.mark.parametrize("destination", list(Destination))
def test_each_network_says_what_its_account_and_its_event_words_look_like(destination: Destination) -> None:
    address = ADDRESS_BOOK[destination]
    text = f'{CLINIC}{CONSENT}{EVENT}{META}[destination.{destination}]\naccount = "?"\nevents = {{ lead = "?" }}\n'
    place = f"destination.{destination}"
    assert problems_of(text.replace(META, "") if destination is Destination.META else text) == [
        f"{place}.account: must be {address.account_is} [wrong-value]",
        f"{place}.events.lead: must be {address.event_word_is} [wrong-value]",
    ]


def test_what_is_no_network_is_told_which_ones_there_are() -> None:
    names = "meta, google, ga4, tiktok, linkedin, microsoft, reddit, pinterest, snapchat"
    assert problems_of(f"{SMALLEST}[destination.myspace]\n") == [
        f"destination.myspace: is not a network: must be one of {names} [wrong-value]"
    ]


def test_a_policy_may_name_no_network_at_all() -> None:
    assert compile_policy(CLINIC + CONSENT).destinations == ()


@pytest.mark.parametrize("line", ['identity = "hashed"', 'identifiers = ["email"]'])
def test_google_with_contact_data_is_refused_with_the_reason(line: str) -> None:
    reason = "Google's customer-data policy forbids hashed contact data for health services"
    text = f'{SMALLEST}[destination.google]\naccount = "1234567890"\nevents = {{ lead = "1" }}\n{line}\n'
    sentence = f"may not be hashed and no identifiers may be named: {reason}"
    assert problems_of(text) == [f"destination.google.identity: {sentence} [google-hashed-contact]"]


def test_an_identifier_that_a_network_does_not_take_is_named() -> None:
    text = (
        f'{SMALLEST}[destination.linkedin]\naccount = "1"\nevents = {{ lead = "1" }}\nidentifiers = ["email", "zip"]\n'
    )
    assert problems_of(text) == [
        "destination.linkedin.identifiers: linkedin may not be given zip [identifier-not-taken]"
    ]


def test_every_wrong_identifier_of_a_network_is_told_at_once_and_once() -> None:
    lines = 'account = "1"\nevents = { lead = "1" }\nidentifiers = ["email", "phone", "zip", "zip", "ssn"]\n'
    place = "destination.linkedin.identifiers"
    assert problems_of(f"{SMALLEST}[destination.linkedin]\n{lines}") == [
        f"{place}: must be a list of words out of {', '.join(ContactField)}; entry 5 is none of them [wrong-value]",
        f"{place}: names something twice [wrong-value]",
        f"{place}: linkedin may not be given phone [identifier-not-taken]",
        f"{place}: linkedin may not be given zip [identifier-not-taken]",
    ]
