"""What became of each row in, counted; a table for a person and an object for a program out."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

_NAMES = {
    "told": "told already, by an import before",
    "repeated": "the same conversion again, in this sheet",
    "rejected": "not to be read as a conversion",
    "refused": "refused",
}


class Tally:
    """Counts by what became of a row, and by why; where networks are known, by network too."""

    def __init__(self) -> None:
        self.rows = 0
        self.accepted = 0
        self.reasons: Counter[tuple[str, str]] = Counter()  # what became of it, and why
        self.networks: Counter[tuple[str, str]] = Counter()  # network, and the reason or nothing

    def count(self, became: str, why: str = "") -> None:
        """One row."""
        self.rows += 1
        if became == "accepted":
            self.accepted += 1
        else:
            self.reasons[became, why] += 1

    def total(self, became: str) -> int:
        """How many rows became this."""
        return sum(count for (what, _), count in self.reasons.items() if what == became)

    def as_object(self) -> dict[str, Any]:
        """The counts, for a program."""
        networks: dict[str, dict[str, int]] = {}
        for (network, reason), count in sorted(self.networks.items()):
            networks.setdefault(network, {})[reason or "told"] = count
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            **{became: self._by_reason(became) for became in ("refused", "rejected")},
            "told_already": self.total("told"),
            "repeated": self.total("repeated"),
            "networks": networks,
        }

    def _by_reason(self, became: str) -> dict[str, int]:
        return {why: count for (what, why), count in sorted(self.reasons.items()) if what == became}

    def as_table(self, accepted: str) -> str:
        """The counts, for a person; `accepted` is what to call the accepted ones."""
        lines = [_line(self.rows, "rows"), _line(self.accepted, f"  {accepted}")]
        for became, name in _NAMES.items():
            if not (total := self.total(became)):
                continue
            lines.append(_line(total, f"  {name}"))
            lines += [_line(count, f"      {why}", 12) for why, count in self._ranked(became) if why]
        lines += self._list_networks()
        return "\n".join(lines) + "\n"

    def _ranked(self, became: str) -> list[tuple[str, int]]:
        return sorted(self._by_reason(became).items(), key=lambda pair: (-pair[1], pair[0]))

    def _list_networks(self) -> Iterator[str]:
        for network, counts in self.as_object()["networks"].items():
            told = counts.pop("told", 0)
            withheld = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items()))
            yield f"{network:<12}{told:>10,} told" + (f"; withheld: {withheld}" if withheld else "")


def _line(count: int, words: str, indent: int = 0) -> str:
    return f"{'':{indent // 2}}{count:>10,}  {words}"
