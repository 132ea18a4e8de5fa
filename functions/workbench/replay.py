"""Two policies in, what changes for the stories of events/ and a synthetic corpus out, network by network."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from airlock.outcome import Outcome
from airlock.policy import Policy
from workbench.corpus import build_corpus
from workbench.explanation import NAMES
from workbench.preview import Preview, Result
from workbench.preview_lines import Line
from workbench.stories import read_stories

_EXAMPLES = 3


class Shift(Struct, frozen=True):
    """What changes at one network in one way for `count` visits, with the names of some."""

    destination: str
    sentence: str
    widens: bool
    count: int
    examples: tuple[str, ...]


def replay(old: Policy, new: Policy, now: int) -> tuple[int, list[Shift]]:
    """How many visits were replayed, and what changes for them."""
    found: Counter[tuple[str, str, bool]] = Counter()
    examples: dict[tuple[str, str, bool], list[str]] = {}
    visits = 0
    for name, before, after in _play(old, new, now):
        visits += 1
        for key in _compare(before, after):
            found[key] += 1
            if len(examples.setdefault(key, [])) < _EXAMPLES:
                examples[key].append(name)
    shifts = [Shift(*key, count, tuple(examples[key])) for key, count in found.items()]
    return visits, sorted(shifts, key=lambda shift: (not shift.widens, shift.destination, -shift.count))


def _play(old: Policy, new: Policy, now: int) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    moment = [now]
    previews = [Preview(policy, lambda: moment[0]) for policy in (old, new)]
    for name, line in build_corpus((old, new), now):
        results = [preview.run(line) for preview in previews]
        if line.method == "POST":
            yield name, _read_told(results[0]), _read_told(results[1])
    for story in read_stories():
        moment[0] = story.now
        results = [[preview.run(Line(**line)) for line in story.lines()][-1] for preview in previews]
        yield f"the story {story.name}", _read_told(results[0]), _read_told(results[1])


def _read_told(result: Result) -> dict[str, dict[str, Any]]:
    """Network to what it is told: every leaf of the request's body under its path, and the address."""
    told: dict[str, dict[str, Any]] = {}
    for outcome in result.outcomes:
        if outcome.request is not None and outcome.outcome in {Outcome.DELIVERED, Outcome.HELD}:
            leaves = dict(_walk(json.loads(outcome.request.body or "{}"), ""))
            told[str(outcome.destination)] = {**leaves, "address": outcome.request.url}
    return told


def _walk(document: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _walk(value, f"{path}.{key}" if path else key)
    elif isinstance(document, list):
        for value in document:
            yield from _walk(value, path)
    else:
        yield f"{path} = {json.dumps(document)}", path


def _compare(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    for destination in before.keys() | after.keys():
        old, new = before.get(destination), after.get(destination)
        who = NAMES.get(destination, destination)  # type: ignore[call-overload]  # a destination's name is one
        if old is None:
            yield destination, f"{who} would be told of visits that it is not told of now", True
        elif new is None:
            yield destination, f"{who} would no longer be told of visits that it is told of now", False
        else:
            gained = {path for leaf, path in new.items() if leaf not in old or old[leaf] != path}
            lost = {path for leaf, path in old.items() if leaf not in new or new[leaf] != path}
            for path in sorted(gained):
                what = "another value in" if path in lost else "more:"
                yield destination, f"{who} would be told {what} `{path}`", True
            for path in sorted(lost - gained):
                yield destination, f"{who} would no longer be told `{path}`", False
