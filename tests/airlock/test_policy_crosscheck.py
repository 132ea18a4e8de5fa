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
    "line",
    [
        'secret = "airlock/conversions-of-the-glow-medspa"',
        'secret = "airlock/meta/glowmedspaconversions"',
        'secret = "airlock/MetaConversionsApiAccessTokenProduction"',
        'secret = "airlock/metaconversionsapiaccesstoken"',
    ],
)
def test_a_secrets_name_made_of_words_is_a_name(line: str) -> None:
    assert problems_of(f"{SMALLEST}{line}\n") == []


def test_a_long_word_elsewhere_is_no_secret() -> None:
    assert problems_of(SMALLEST.replace('"Glow Medspa"', '"Dermatologiepraxisgemeinschaft"')) == []


def test_a_secret_in_a_list_is_found_at_its_entry() -> None:
    assert problems_of(
        f'{SMALLEST}[[exempt]]\nterm = "laser"\n[[event]]\nname = "call"\naliases = ["ya29.x"]\nto = []\n'
    ) == [f"event.2.aliases.1: {SECRET}"]


SECRETS = [
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "GOCSPX-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9",
    "1//0gAbCdEfGhIjKlMnOpQrStUv-xyz_ABC",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "xoxb-123456789012-abcdefGHIJKL",
    "pina_AEATYUXAAAXYZ1234567890",
    "AQXdSP_W41_UPs5ioT_t8HESyODB4FqbkJ8LrV_5mff4gPODzOYR",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "Authorization: Bearer abcDEFghiJKLmno",
    "bearer abcDEF123ghiJKL456mno",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_known_by_how_its_kind_begins(secret: str) -> None:
    text = SMALLEST.replace("to = [", f'why = "the token is {secret}"\nto = [')
    assert problems_of(text) == [f"event.1.why: {SECRET}"]


@pytest.mark.parametrize("escaped", ["'{text}'", '"{quoted}"'])
def test_the_file_of_a_service_account_is_known_without_its_key(escaped: str) -> None:
    text = '{"type": "service_account", "private_key_id": "a1b2c3d4"}'
    value = escaped.format(text=text, quoted=text.replace('"', '\\"'))
    assert problems_of(SMALLEST.replace("to = [", f"why = {value}\nto = [")) == [f"event.1.why: {SECRET}"]


@pytest.mark.parametrize("secret", ["AKIAIOSFODNN7EXAMPLE", *SECRETS])
def test_a_secret_in_a_comment_is_found_in_its_line(secret: str) -> None:
    """A policy is mailed and kept in git with its comments."""
    text = SMALLEST.replace("[consent]", f"# before: {secret}\n[consent]")
    assert lines_of(text) == (f"line 8: {SECRET}",)
    assert lines_of(text.replace("before: ", "TOKEN=")) == (f"line 8: {SECRET}",)
    behind = f'{SMALLEST}secret = "airlock/meta" # {secret}\n'
    assert lines_of(behind) == (f"line {behind.count(chr(10))}: {SECRET}",)


def test_a_secret_in_the_place_of_a_key_is_found_and_not_repeated() -> None:
    secret = "EAABsbCS1iHgBAKZCqZCZBtokenZAbcDEF123"
    found = lines_of(f'{SMALLEST}{secret} = "x"\n')
    assert len(found) == 2
    assert f"line 16: {SECRET}" in found
    assert secret not in "".join(found)


def test_the_hash_of_a_policy_is_no_secret_in_an_approval_and_one_elsewhere() -> None:
    approval = f'[[approval]]\nby = "Pat"\non = 2026-11-24\nreplaces = "{"0f" * 32}"\npolicy = "{"a1" * 32}"\n'
    assert not any("secret-value" in problem for problem in problems_of(SMALLEST + approval))
    assert f"approval.1.by: {SECRET}" in problems_of(SMALLEST + approval.replace("Pat", SECRETS[0]))
    assert problems_of(SMALLEST.replace("to = [", f'why = "{"0f" * 32}"\nto = [')) == [f"event.1.why: {SECRET}"]
