"""What a table of a policy says is read by its kind; what is of another kind is told what is wanted, in words."""

import datetime
import re
from typing import Any

import pytest

from airlock.policy import HashedRequires, PageTold
from airlock.policy_place import Problems, Rule
from airlock.policy_table import Table


def read(**raw: Any) -> tuple[Table, Problems]:
    problems = Problems({})
    return Table(raw, ("clinic",), problems), problems


def test_what_is_no_table_cannot_be_read_and_says_so() -> None:
    problems = Problems({})
    table = Table(3, ("destination", "meta"), problems)
    assert table.flawed
    assert list(table) == []
    table.text("account", re.compile("[0-9]+"), "digits")
    assert problems.list() == ("destination.meta: must be a table [wrong-value]",)


def test_a_table_that_is_written_as_a_list_is_told_how_to_write_it() -> None:
    problems = Problems({})
    assert Table([{"account": "1"}], ("destination", "tiktok"), problems).flawed
    assert problems.list() == (
        "destination.tiktok: must be a table, written once and in single brackets [wrong-value]",
    )


def test_one_wrong_setting_flaws_its_table_and_the_tables_around_it() -> None:
    """A rule of which one line cannot be read is left out whole: half a rule is another rule."""
    outer, _ = read(inner={"enabled": "yes"}, other={})
    inner, other = outer.table("inner"), outer.table("other")
    assert not outer.flawed
    inner.flag("enabled", default=True)
    assert inner.flawed
    assert outer.flawed
    assert not other.flawed


def test_a_setting_that_nobody_reads_is_named() -> None:
    table, problems = read(name="Glow Medspa", colour="blue")
    table.text("name", re.compile(".*"), "a name")
    table.close()
    assert problems.list() == ("clinic.colour: is not a setting that is known here [unknown-setting]",)


def test_a_setting_that_has_no_effect_here_is_one_problem_and_only_where_it_is_written() -> None:
    table, problems = read(test_code="T1")
    for key in ("test_code", "login_account"):
        table.refuse(key, "has no effect at google: take it out")
    table.close()
    assert table.flawed
    assert problems.list() == ("clinic.test_code: has no effect at google: take it out [unknown-setting]",)


def test_a_missing_table_is_one_problem_and_reads_as_empty() -> None:
    table, problems = read()
    assert list(table.table("events")) == []
    assert problems.list() == ("clinic.events: is missing [missing-setting]",)


@pytest.mark.parametrize("raw", [{}, {"match": "/"}, "", 0, False])
def test_a_list_of_tables_that_is_written_otherwise_is_a_problem_even_if_it_is_empty(raw: object) -> None:
    table, problems = read(page=raw)
    assert table.tables("page") == []
    assert problems.list() == ("clinic.page: must be written as [[page]] [wrong-value]",)


def test_a_text_is_of_its_grammar_or_a_problem() -> None:
    table, problems = read(country="US", state="California", zone=7)
    two = re.compile("[A-Z]{2}")
    assert table.text("country", two, "two letters") == "US"
    assert table.text("state", two, "two letters", default="CA") == ""
    assert table.text("zone", two, "two letters") == ""
    assert table.text("none", two, "two letters", default="CA") == "CA"
    assert table.text("gone", two, "two letters") == ""
    assert problems.list() == (
        "clinic.state: must be two letters [wrong-value]",
        "clinic.zone: must be two letters [wrong-value]",
        "clinic.gone: is missing: must be two letters [missing-setting]",
    )


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (None, "must be a list, with at least one entry; each must be two letters [wrong-value]"),
        ([], "must be a list, with at least one entry; each must be two letters [wrong-value]"),
        ("US", "must be a list, with at least one entry; each must be two letters [wrong-value]"),
        (["US", "CA", "usa"], "entry 3 must be two letters [site-without-https]"),
        ([1], "entry 1 must be two letters [site-without-https]"),
        (["US", "US"], "names something twice [wrong-value]"),
    ],
)
def test_a_list_of_texts_says_which_entry_is_wrong(raw: object, problem: str) -> None:
    table, problems = read() if raw is None else read(sites=raw)
    table.texts("sites", re.compile("[A-Z]{2}"), "two letters", name=Rule.SITE)
    assert problems.list() == (f"clinic.sites: {problem}",)


def test_a_list_of_texts_is_read_as_it_stands_or_as_its_default() -> None:
    table, problems = read(aliases=["Lead", "generate_lead"], empty=[])
    words = re.compile(".+")
    assert table.texts("aliases", words, "words", default=()) == ("Lead", "generate_lead")
    assert table.texts("empty", words, "words", default=("x",)) == ()
    assert table.texts("gone", words, "words", default=("x",)) == ("x",)
    assert problems.list() == ()


def test_a_choice_outside_its_vocabulary_is_told_the_vocabulary() -> None:
    table, problems = read(page="path", hashed_requires=1, told=["label", "origin"], both=["label", "path"])
    assert table.choice("page", PageTold, PageTold.ORIGIN) is None
    assert table.choice("hashed_requires", HashedRequires, HashedRequires.CONSENT) is None
    assert table.choice("gone", PageTold, PageTold.ORIGIN) is PageTold.ORIGIN
    assert table.choices("told", PageTold) == [PageTold.LABEL, PageTold.ORIGIN]
    assert table.choices("both", PageTold) == [PageTold.LABEL]
    assert table.choices("none", PageTold) == []
    assert problems.list() == (
        "clinic.page: must be one of origin, label [wrong-value]",
        "clinic.hashed_requires: must be one of authorization, consent [wrong-value]",
        "clinic.both: must be a list of words out of origin, label; entry 2 is none of them [wrong-value]",
        "clinic.none: must be a list of words out of origin, label [wrong-value]",
    )


def test_a_choice_named_twice_is_a_problem() -> None:
    table, problems = read(to=["label", "label"])
    table.choices("to", PageTold)
    assert problems.list() == ("clinic.to: names something twice [wrong-value]",)


@pytest.mark.parametrize(
    ("raw", "number", "is_good"),
    [(1, 1, True), (9, 9, True), (0, 5, False), (10, 5, False), (True, 5, False), (5.0, 5, False), ("5", 5, False)],
)
def test_a_whole_number_is_in_its_bounds_both_included(raw: object, number: int, *, is_good: bool) -> None:
    table, problems = read(days=raw)
    assert table.whole("days", 1, 9, default=5) == number
    assert problems.list() == (() if is_good else ("clinic.days: must be a whole number from 1 to 9 [wrong-value]",))


def test_amounts_are_money_and_whole_ones_are_written_without_a_point() -> None:
    table, problems = read(amount=150.0, bands=[0, 99.5, 1_000_000_000])
    assert repr(table.numbers("amount", single=True)) == "(150,)"
    assert repr(table.numbers("bands")) == "(0, 99.5, 1000000000)"
    assert table.numbers("gone") == ()
    assert problems.list() == ()


@pytest.mark.parametrize("raw", [-1, 1_000_000_001, float("inf"), float("nan"), 10**400, True, "150", [150]])
def test_what_is_no_amount_is_a_problem(raw: object) -> None:
    table, problems = read(amount=raw, bands=[0, raw], empty=[], single=7)
    assert table.numbers("amount", single=True) == ()
    assert [table.numbers(key) for key in ("bands", "empty", "single")] == [(), (), ()]
    assert problems.list() == (
        "clinic.amount: must be an amount from 0 to 1000000000 [wrong-value]",
        "clinic.bands: must be a list of amounts from 0 to 1000000000 [wrong-value]",
        "clinic.empty: must be a list of amounts from 0 to 1000000000 [wrong-value]",
        "clinic.single: must be a list of amounts from 0 to 1000000000 [wrong-value]",
    )


def test_a_flag_is_true_or_false_and_nothing_that_looks_like_it() -> None:
    table, problems = read(on=True, off=False, maybe="false", zero=0)
    assert [table.flag(key, default=True) for key in ("on", "off", "maybe", "zero", "gone")] == [
        True,
        False,
        True,
        True,
        True,
    ]
    assert problems.list() == (
        "clinic.maybe: must be true or false [wrong-value]",
        "clinic.zero: must be true or false [wrong-value]",
    )


def test_a_day_is_a_day_without_a_time() -> None:
    day = datetime.date(2027, 11, 2)
    moment = datetime.datetime(2027, 11, 2, tzinfo=datetime.UTC)
    table, problems = read(day=day, text="2027-11-02", moment=moment)
    assert [table.date(key) for key in ("day", "text", "moment", "gone")] == [day, None, None, None]
    wanted = "must be a day such as 2027-11-02, without quotes and without a time [wrong-value]"
    assert problems.list() == (f"clinic.text: {wanted}", f"clinic.moment: {wanted}")


def test_every_wrong_entry_of_a_list_is_told_and_the_others_are_kept() -> None:
    table, problems = read(sites=[1, "US", "usa", "US"], told=["path", "label", 1, "label"])
    assert table.texts("sites", re.compile("[A-Z]{2}"), "two letters") == ("US", "US")
    assert table.choices("told", PageTold) == [PageTold.LABEL, PageTold.LABEL]
    words = "must be a list of words out of origin, label"
    assert table.flawed
    assert problems.list() == (
        "clinic.sites: entry 1 must be two letters [wrong-value]",
        "clinic.sites: entry 3 must be two letters [wrong-value]",
        "clinic.sites: names something twice [wrong-value]",
        f"clinic.told: {words}; entry 1 is none of them [wrong-value]",
        f"clinic.told: {words}; entry 3 is none of them [wrong-value]",
        "clinic.told: names something twice [wrong-value]",
    )
