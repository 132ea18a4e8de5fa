"""A problem is told by its line, its name in the file and its rule, in the order in which a person reads the file."""

import pytest

from airlock.policy_place import Problems, Rule, find_line, find_lines, find_secrets, say_place

FILE = """\
stage = "test"

[clinic] # who it is for
name = "Glow Medspa"
  "state" = "CA"

[[event]]
name = "lead"
[[event]]
name = "booking"
[ destination."meta" ]
'account' = "1"
X-ray = 1
[destination.meta.events]
lead = "Lead"
[[event]]
[event.props]
variant = ["a"]
[[event.more.deep]]
[[event.more.deep]]
x = 1
"""


def test_every_table_and_key_is_found_in_its_line() -> None:
    assert find_lines(FILE) == {
        ("stage",): 1,
        ("clinic",): 3,
        ("clinic", "name"): 4,
        ("clinic", "state"): 5,
        ("event",): 7,
        ("event", 0): 7,
        ("event", 0, "name"): 8,
        ("event", 1): 9,
        ("event", 1, "name"): 10,
        ("destination",): 11,
        ("destination", "meta"): 11,
        ("destination", "meta", "account"): 12,
        ("destination", "meta", "X-ray"): 13,
        ("destination", "meta", "events"): 14,
        ("destination", "meta", "events", "lead"): 15,
        ("event", 2): 16,
        ("event", 2, "props"): 17,
        ("event", 2, "props", "variant"): 18,
        ("event", 2, "more"): 19,
        ("event", 2, "more", "deep"): 19,
        ("event", 2, "more", "deep", 0): 19,
        ("event", 2, "more", "deep", 1): 20,
        ("event", 2, "more", "deep", 1, "x"): 21,
    }


def test_what_the_file_lacks_is_placed_at_the_nearest_table_around_it() -> None:
    lines = find_lines(FILE)
    assert say_place(("event", 1, "props", "variant"), lines) == "line 9, event.2.props.variant"
    assert say_place(("consent", "required"), lines) == "consent.required"
    assert find_line(("consent",), lines) == 0


@pytest.mark.parametrize("key", ["jane.doe@mail.example", "two words", "\x1b[31mred", "", "x" * 61])
def test_a_key_that_is_no_plain_name_is_not_repeated(key: str) -> None:
    """What was pasted in the wrong place is not printed into a terminal, not even where a key should stand."""
    assert say_place(("event", 0, "props", key), {}) == "event.1.props.(a key)"


def test_problems_come_in_the_files_order_and_of_one_line_as_they_were_found() -> None:
    problems = Problems({("b",): 2, ("a",): 3})
    problems.add(("a",), "is wrong")
    problems.add(("b",), "is wrong", Rule.SITE)
    problems.add(("b", "a"), "is missing", Rule.MISSING)
    assert problems.list() == (
        "line 2, b: is wrong [site-without-https]",
        "line 2, b.a: is missing [missing-setting]",
        "line 3, a: is wrong [wrong-value]",
    )


@pytest.mark.parametrize("header", ["[[events]]", "[[destination.tiktok]]", "[destinations.meta]"])
def test_a_misspelled_table_has_its_line(header: str) -> None:
    lines = find_lines(f'[clinic]\nname = "x"\n{header}\naccount = "1"\n')
    path = tuple(header.strip("[]").split("."))
    assert [find_line(path[:length], lines) for length in range(1, len(path) + 1)] == [3] * len(path)


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085", "\f"])
def test_what_ends_a_line_elsewhere_ends_none_in_toml(sign: str) -> None:
    assert find_lines(f"a = 1 # a{sign}comment\r\nb = 2\n") == {("a",): 1, ("b",): 2}


def test_a_name_of_a_thousand_parts_has_its_line_and_costs_little() -> None:
    lines = find_lines(f"{'.'.join('a' * 1000)} = 1")
    assert set(lines.values()) == {1}
    assert len(lines) == 8


def test_a_key_that_looks_like_a_secret_is_not_repeated() -> None:
    assert say_place(("clinic", "EAABsbCS1iHgBAKZCqZCZBtokenZAbcDEF123"), {}) == "clinic.(a key)"


@pytest.mark.parametrize(
    "path",
    [
        "airlock/MetaConversionsApiAccessTokenProduction",
        "https://www.glow-medspa.example/services/general-service",
        "/docs/Airlock/Glow/Medspa/Reviews/2026/Q4",
        "bearer of the budget, 2026",
        "sk_live is how such a key begins",
    ],
)
def test_what_is_made_of_words_is_no_secret(path: str) -> None:
    assert find_secrets(path) == []
