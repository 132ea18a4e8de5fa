"""What one table of a policy says of another has to agree, and a secret has no place in any of them."""

import pytest

from tests.airlock.drafts import CLINIC, CONSENT, EVENT, SMALLEST, lines_of, problems_of

TWICE = "a name or alias stands twice; each must mean one event [ambiguous-name]"
SECRET = "looks like a secret itself: keep it in Secrets Manager and give its name [secret-value-in-policy]"


@pytest.mark.parametrize(
    "events",
    [
        'name = "lead"\n',
        'name = "call"\naliases = ["lead"]\n',
        'name = "call"\naliases = ["call"]\n',
    ],
)
def test_a_name_or_alias_that_stands_twice_is_a_problem(events: str) -> None:
    """An event is looked up by the name that the page gives it: a name of two events would be one of them by chance."""
    assert any(
        problem.endswith(f".aliases: {TWICE}") for problem in problems_of(f"{SMALLEST}[[event]]\n{events}to = []")
    )


def test_two_events_of_different_names_are_none() -> None:
    assert problems_of(f'{SMALLEST}[[event]]\nname = "call"\naliases = ["Call"]\nto = []\n') == []


def test_an_event_for_a_network_without_a_table_is_a_problem() -> None:
    assert lines_of(CLINIC + CONSENT + EVENT.replace('"meta"', '"meta", "google"')) == (
        "line 12, event.1.to: names meta, which has no [destination.meta] [undeclared-name]",
        "line 12, event.1.to: names google, which has no [destination.google] [undeclared-name]",
    )


def test_a_word_for_an_event_that_nobody_declares_is_a_problem() -> None:
    assert problems_of(SMALLEST.replace("{ lead", '{ call = "Contact", lead')) == [
        "destination.meta.events: maps an event that the policy does not declare [undeclared-name]"
    ]


@pytest.mark.parametrize("lines", ["event = [1]\n", "destination = { meta = 3 }\n", "event = [{ to = [[1]] }]\n"])
def test_what_is_no_table_is_refused_in_a_sentence(lines: str) -> None:
    assert problems_of(lines + CLINIC + CONSENT)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('secret = "9fJ2kQ7xW4bN8mZ3cV6tR1yL5"', "destination.meta.secret"),
        ('secret = "airlock/9fJ2kQ7xW4bN8mZ3cV6tR1yL5="', "destination.meta.secret"),
        ('test_code = "AKIAIOSFODNN7EXAMPLE"', "destination.meta.test_code"),
    ],
)
def test_a_secret_in_the_place_of_its_name_is_found(line: str, place: str) -> None:
    assert f"{place}: {SECRET}" in problems_of(f"{SMALLEST}{line}\n")


@pytest.mark.parametrize(
    "line", ['secret = "airlock/conversions-of-the-glow-medspa"', 'secret = "airlock/meta/glowmedspaconversions"']
)
def test_a_secrets_name_made_of_words_is_a_name(line: str) -> None:
    assert problems_of(f"{SMALLEST}{line}\n") == []


def test_a_long_word_elsewhere_is_no_secret() -> None:
    assert problems_of(SMALLEST.replace('"Glow Medspa"', '"Dermatologiepraxisgemeinschaft"')) == []


def test_a_secret_in_a_list_is_found_at_its_entry() -> None:
    assert problems_of(
        f'{SMALLEST}[[exempt]]\nterm = "laser"\n[[event]]\nname = "call"\naliases = ["ya29.x"]\nto = []\n'
    ) == [f"event.2.aliases.1: {SECRET}"]
