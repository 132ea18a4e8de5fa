"""A table of counts in, the cells that may not be shown out, so many that no total and no other cell gives them back.

A count from 1 to k - 1 may point at a person: one lead from one campaign in one week. Hiding it alone is not enough:
its row's total less the rest of the row is the cell. The hidden cells, as edges between their rows and columns, must
leave no bridge: in a two-way table with totals exactly the bridges can be computed (D. Gusfield, A Graph Theoretic
Approach to Statistical Data Security, SIAM J. Comput. 17, 1988). Beyond that, what a line hides sums up to k or more.
"""

import heapq
from collections.abc import Mapping

K = 11
"""No cell of 1 to 10 is shown: the cell size suppression policy of CMS."""
TOTAL = ""
"""The name of the row and of the column that hold totals."""

Cell = tuple[str, str]


def add_totals(counts: Mapping[Cell, int]) -> dict[Cell, int]:
    """The table with a cell for each row and column, an empty one is 0, and the totals."""
    rows, columns = sorted({row for row, _ in counts}), sorted({column for _, column in counts})
    table = {(row, column): counts.get((row, column), 0) for row in rows for column in columns}
    for row in rows:
        table[row, TOTAL] = sum(table[row, column] for column in columns)
    for column in (*columns, TOTAL):
        table[TOTAL, column] = sum(table[row, column] for row in rows)
    return table


def suppress(table: Mapping[Cell, int], k: int = K, also: frozenset[Cell] = frozenset()) -> frozenset[Cell]:
    """The cells that may not be shown of a table with its totals; `also` names some that another table hides."""
    hidden = {cell for cell, count in table.items() if 0 < count < k} | (also & table.keys())
    while more := _find_more(table, hidden, k):
        hidden |= more
    return frozenset(hidden)


def suppress_together(
    wholes: Mapping[Cell, int], parts: list[Mapping[Cell, int]], row: str, k: int = K
) -> tuple[frozenset[Cell], list[frozenset[Cell]]]:
    """The same of tables that tell the same numbers twice: `row` of `wholes` is the row of totals of each of `parts`.

    What one of them hides of these numbers all hide, or the one would give back what the other does not show.
    """
    shared: set[str] = set()
    while True:
        hidden = suppress(wholes, k, frozenset((row, column) for column in shared))
        within = [suppress(part, k, frozenset((TOTAL, column) for column in shared)) for part in parts]
        found = {column for name, column in hidden if name == row}
        found |= {column for each in within for name, column in each if name == TOTAL}
        if found <= shared:
            return hidden, within
        shared |= found


def _find_more(table: Mapping[Cell, int], hidden: set[Cell], k: int) -> set[Cell]:
    """What else must be hidden for the sake of one cell that the rest of the table gives back, or nearly."""
    for cell in sorted(hidden):
        if more := _find_cover(table, hidden, cell):
            return more
        for side in (0, 1):
            line = [each for each in table if each[side] == cell[side]]
            total = (cell[0], TOTAL) if side == 0 else (TOTAL, cell[1])
            if total not in hidden and sum(table[each] for each in line if each in hidden) < k:
                shown = [each for each in line if each not in hidden and table[each] > 0]
                return {min(shown, key=lambda each: _weigh(each, table))}
    return set()


def _find_cover(table: Mapping[Cell, int], hidden: set[Cell], cell: Cell) -> set[Cell]:
    """The cells of the cheapest other way from a cell's row to its column that are not hidden yet."""
    start, goal = (0, cell[0]), (1, cell[1])
    pending: list[tuple[tuple[int, int], tuple[int, str], tuple[Cell, ...]]] = [((0, 0), start, ())]
    done: set[tuple[int, str]] = set()
    while pending:
        cost, node, way = heapq.heappop(pending)
        if node == goal:
            return set(way) - hidden
        if node in done:
            continue
        done.add(node)
        side, name = node
        for each, count in table.items():
            if each != cell and each[side] == name and count > 0 and (1 - side, each[1 - side]) not in done:
                totals, counted = (0, 0) if each in hidden else _weigh(each, table)
                heapq.heappush(
                    pending, ((cost[0] + totals, cost[1] + counted), (1 - side, each[1 - side]), (*way, each))
                )
    return set()


def _weigh(cell: Cell, table: Mapping[Cell, int]) -> tuple[int, int]:
    """What is lost with a cell: a total before an inner one, then how much it counts."""
    return int(TOTAL in cell), table[cell]
