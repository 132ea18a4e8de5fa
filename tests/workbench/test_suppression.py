"""Small cells are hidden, and nothing that is shown gives them back: proven with exact linear algebra for any table."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.suppression import TOTAL, Cell, K, add_totals, suppress, suppress_together

counts = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("1234")), st.integers(0, 40), min_size=1, max_size=16
)


Named = tuple[str, Cell]


def can_be_computed(
    tables: dict[str, dict[Cell, int]], hidden: dict[str, frozenset[Cell]], row: str = ""
) -> set[Named]:
    """The hidden cells that the equations of all rows, columns and totals determine (Gauss over the rationals).

    With `row` the totals of the other tables are the cells of that row in the table `whole`.
    """

    def name(table: str, cell: Cell) -> Named:
        return ("whole", (row, cell[1])) if row and table != "whole" and cell[0] == TOTAL else (table, cell)

    unknown = sorted({name(table, cell) for table, cells in hidden.items() for cell in cells})
    equations: list[list[Fraction]] = []
    for table, cells in tables.items():
        for side in (0, 1):
            for line in sorted({cell[side] for cell in cells}):
                equation = dict.fromkeys(unknown, Fraction(0))
                for cell in cells:
                    if cell[side] == line and cell in hidden[table]:
                        equation[name(table, cell)] += -1 if cell[1 - side] == TOTAL else 1
                equations.append([equation[each] for each in unknown])
    pivots: list[int] = []
    for column in range(len(unknown)):
        pivot = next((e for e in range(len(pivots), len(equations)) if equations[e][column]), None)
        if pivot is None:
            continue
        place = len(pivots)
        equations[place], equations[pivot] = equations[pivot], equations[place]
        lead = equations[place][column]
        equations[place] = [value / lead for value in equations[place]]
        for e, equation_ in enumerate(equations):
            if e != place and equation_[column]:
                factor = equation_[column]
                equations[e] = [value - factor * own for value, own in zip(equation_, equations[place], strict=True)]
        pivots.append(column)
    return {
        unknown[column]
        for place, column in enumerate(pivots)
        if not any(value for other, value in enumerate(equations[place]) if other != column)
    }


@given(counts)
@settings(max_examples=300, deadline=None)
def test_no_hidden_cell_can_be_computed_from_what_is_shown(given_counts: dict[Cell, int]) -> None:
    table = add_totals(given_counts)
    hidden = suppress(table)
    assert not [cell for cell, count in table.items() if 0 < count < K and cell not in hidden]
    if any(count > 0 and cell not in hidden for cell, count in table.items()):
        assert not can_be_computed({"whole": table}, {"whole": hidden})


@given(counts)
@settings(max_examples=100, deadline=None)
def test_what_a_line_hides_sums_up_to_at_least_k(given_counts: dict[Cell, int]) -> None:
    """Else the total less the rest would say that a handful of people is spread over the holes."""
    table = add_totals(given_counts)
    hidden = suppress(table)
    for row in {row for row, _ in table} - {TOTAL}:
        holes = [cell for cell in hidden if cell[0] == row]
        if holes and (row, TOTAL) not in hidden:
            assert sum(table[cell] for cell in holes) >= K


def test_a_single_small_cell_takes_a_neighbour_with_it() -> None:
    table = add_totals({("a", "1"): 3, ("a", "2"): 30, ("b", "1"): 40, ("b", "2"): 50})
    hidden = suppress(table)
    assert hidden == {("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")}
    assert ("a", TOTAL) not in hidden


def test_a_table_without_small_cells_is_shown_whole() -> None:
    assert not suppress(add_totals({("a", "1"): 11, ("a", "2"): 12, ("b", "1"): 0, ("b", "2"): 99}))


@pytest.mark.parametrize("count", [1, K - 1])
def test_a_table_of_a_handful_shows_nothing(count: int) -> None:
    table = add_totals({("a", "1"): count})
    assert suppress(table) == table.keys()


@given(counts, st.lists(st.lists(st.integers(0, 3), min_size=40, max_size=40), min_size=2, max_size=2))
@settings(max_examples=150, deadline=None)
def test_tables_that_tell_the_same_numbers_do_not_give_each_other_away(
    given_counts: dict[Cell, int], splits: list[list[int]]
) -> None:
    """What was delivered is counted by reason, by campaign and by identifier: three tables, and one set of totals."""
    whole = add_totals({**given_counts, ("a", "1"): 20})
    parts = []
    for split in splits:
        part: Counter[Cell] = Counter()
        for column in {column for _, column in whole} - {TOTAL}:
            part["w", column] += 0
            for number in range(whole["a", column]):
                part["wxyz"[split[number % len(split)]], column] += 1
        parts.append(add_totals(part))
    hidden, within = suppress_together(whole, list(parts), "a")
    tables = {"whole": whole, "one": parts[0], "two": parts[1]}
    holes = {"whole": hidden, "one": within[0], "two": within[1]}
    if any(count > 0 and cell not in holes[name] for name, table in tables.items() for cell, count in table.items()):
        assert not can_be_computed(tables, holes, "a")
