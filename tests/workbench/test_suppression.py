"""Small cells are hidden, and nothing that is shown gives them back: proven with exact linear algebra for any table."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.suppression import TOTAL, Cell, K, add_totals, suppress

counts = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("1234")), st.integers(0, 40), min_size=1, max_size=16
)


def can_be_computed(table: dict[Cell, int], hidden: frozenset[Cell]) -> set[Cell]:
    """The hidden cells that the equations of rows, columns and totals determine (Gauss over the rationals)."""
    unknown = sorted(hidden)
    rows = sorted({row for row, _ in table})
    columns = sorted({column for _, column in table})
    equations: list[list[Fraction]] = []
    for line in [[(row, column) for column in columns] for row in rows] + [
        [(row, column) for row in rows] for column in columns
    ]:
        total = line[0] if TOTAL in line[0] else line[-1]
        side = 0 if len({cell[0] for cell in line}) == 1 else 1
        total = (line[0][0], TOTAL) if side == 0 else (TOTAL, line[0][1])
        equations.append([Fraction(0 if cell not in line else -1 if cell == total else 1) for cell in unknown])
    pivots: list[int] = []
    for column in range(len(unknown)):
        pivot = next((e for e in range(len(pivots), len(equations)) if equations[e][column]), None)
        if pivot is None:
            continue
        place = len(pivots)
        equations[place], equations[pivot] = equations[pivot], equations[place]
        lead = equations[place][column]
        equations[place] = [value / lead for value in equations[place]]
        for e, equation in enumerate(equations):
            if e != place and equation[column]:
                factor = equation[column]
                equations[e] = [value - factor * own for value, own in zip(equation, equations[place], strict=True)]
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
        assert not can_be_computed(table, hidden)


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
