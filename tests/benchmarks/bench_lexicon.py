"""What the lexicon and the identifier patterns cost, as ratios to a floor of the same run; nothing is asserted.

Run it with `uv run python tests/benchmarks/bench_lexicon.py`.
"""

import base64
import hashlib
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from airlock import lexicon, patterns

ROUNDS = 7
PAGE = (
    "https://www.glow-medspa.example/services/general-service/book/appointment?utm_source=newsletter&utm_medium=email"
    "&utm_campaign=spring-offers&utm_content=header-banner&location=downtown&step=confirm&variant=b"
)[:200]
PROSE = (
    "thank you for choosing our practice. please arrive ten minutes before your appointment and bring your card. "
    "our front desk team will help you with the forms and will answer every question that you have."
)[:200]
CLICK_ID = base64.urlsafe_b64encode(hashlib.shake_256(b"click").digest(68)).decode().rstrip("=")


def measure(function: Callable[[str], object], text: str, times: int = 2000) -> float:
    """The best of several rounds, in microseconds a call."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(times):
            function(text)
        best = min(best, time.perf_counter() - started)
    return best / times * 1e6


def split_and_look(text: str) -> bool:
    """The floor: one split and one set lookup a word, single words only, no folding."""
    return not _FLOOR_WORDS.isdisjoint(text.replace("-", " ").replace("/", " ").replace("_", " ").split())


_FLOOR_WORDS = frozenset(f"word{number}" for number in range(5000))


def main() -> None:
    """Print the table."""
    show = sys.stdout.write
    terms = lexicon.load()
    spared = terms.exempting(["botox"])
    show(f"{'microseconds a call':34}{'us':>9}{'x floor':>9}\n")
    for name, text in (("page address, 200", PAGE), ("prose, 200", PROSE), (f"click id, {len(CLICK_ID)}", CLICK_ID)):
        floor = measure(split_and_look, text)
        show(f"{name}: floor{'':{28 - len(name) - 1}}{floor:9.2f}{1:9.1f}\n")
        finders: tuple[tuple[str, Callable[[str], object]], ...] = (
            ("lexicon", terms.find),
            ("lexicon, one term exempt", spared.find),
            ("patterns", patterns.find),
        )
        for finder, function in finders:
            cost = measure(function, text)
            show(f"  {finder:32}{cost:9.2f}{cost / floor:9.1f}\n")

    read_lines = min(measure(lambda _: [line for path in _LISTINGS for line in path.open()], "", 5) for _ in range(3))
    load = measure(lambda _: lexicon.load.__wrapped__(), "", 5)
    show(f"{'load: reading the lines (floor)':34}{read_lines:9.0f}{1:9.1f}\n{'load: the lexicon':34}{load:9.0f}")
    show(f"{load / read_lines:9.1f}\n")
    tracemalloc.start()
    kept = lexicon.load.__wrapped__()
    show(f"memory kept: {tracemalloc.get_traced_memory()[0] / 1e6:.2f} MB for {len(kept.terms.rules):,} forms\n")


_LISTINGS = tuple(Path(lexicon.__file__).with_name("lexicon_terms").glob("*.txt"))

if __name__ == "__main__":
    main()
