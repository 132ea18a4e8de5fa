"""A policy's whole TOML document in, what one table says wrongly of another out as problems. Build time only."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from airlock.address_book import Destination
from airlock.policy_place import Path, Problems, Rule, find_secrets, is_made_of_words

# A secret's name is made of words; a long run that is not is the secret itself.
_LONG_RUN = re.compile(r"[A-Za-z0-9+=]{25,}", re.ASCII)


# A policy's hash in an approval is no secret, however much of it was pasted.
_HASH = re.compile("[0-9a-f]{1,64}")
_APPROVED = re.compile(rf"(?:replaces|policy)\s*=\s*[\"']{_HASH.pattern}[\"']")
_KEEP = "looks like a secret itself: keep it in Secrets Manager and give its name"


def cross_check(text: str, document: Mapping[str, Any], problems: Problems) -> None:
    """Names that stand twice, networks and events that nobody declares, secrets anywhere, in a comment too."""
    _check_names(document, problems)
    told: set[str] = set()
    _check_secrets(document, (), told, problems)
    _check_lines(text, told, problems)


def _check_names(document: Mapping[str, Any], problems: Problems) -> None:
    """What one table says of another: names that stand twice, networks and events that nobody declares."""
    rules = document.get("destination")
    rules = rules if isinstance(rules, dict) else {}
    known: set[str] = set()
    declared: set[str] = set()
    for index, event in enumerate(_entries(document, "event")):
        declared.add(str(event.get("name")))
        names = [name for name in (event.get("name"), *_listed(event.get("aliases"))) if isinstance(name, str)]
        if known.intersection(names) or len(names) != len(set(names)):
            problems.add(
                ("event", index, "aliases"), "a name or alias stands twice; each must mean one event", Rule.AMBIGUOUS
            )
        known.update(names)
        for destination in _listed(event.get("to")):
            if isinstance(destination, str) and destination in Destination and destination not in rules:
                sentence = f"names {destination}, which has no [destination.{destination}]"
                problems.add(("event", index, "to"), sentence, Rule.UNDECLARED)
    for destination, rule in rules.items():
        told = rule.get("events") if isinstance(rule, dict) else None
        for name in told if isinstance(told, dict) else ():
            if name not in declared:
                sentence = "maps an event that the policy does not declare"
                problems.add(("destination", destination, "events"), sentence, Rule.UNDECLARED)


def _check_secrets(value: object, path: Path, told: set[str], problems: Problems) -> None:
    """A secret has no place anywhere in a policy, which is reviewed, mailed and kept in git; what was found is told."""
    if isinstance(value, dict):
        for key, item in value.items():
            _check_secrets(item, (*path, key), told, problems)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_secrets(item, (*path, index), told, problems)
    elif isinstance(value, str) and not (path[0] == "approval" and _HASH.fullmatch(value)):
        found = _find(value)
        runs = _LONG_RUN.findall(value) if path[-1] == "secret" else []
        if found or not all(map(is_made_of_words, runs)):
            problems.add(path, _KEEP, Rule.SECRET)
            told |= found


def _check_lines(text: str, told: AbstractSet[str], problems: Problems) -> None:
    """What no value holds: a comment, a key."""
    for number, line in enumerate(text.split("\n"), 1):
        rest = _APPROVED.sub("", line)
        comment = rest.partition("#")[2]
        if find_secrets(comment) or not _find(rest) <= told:
            problems.add_in_line(number, _KEEP, Rule.SECRET)


def _find(text: str) -> set[str]:
    return {match[0].replace("\\", "") for match in find_secrets(text)}


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _entries(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The `[[key]]` tables of a document; one that is no table counts as an empty one."""
    return [item if isinstance(item, dict) else {} for item in _listed(document.get(key))]
