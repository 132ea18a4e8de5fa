"""A policy's whole TOML document in, what one table says wrongly of another out as problems. Build time only."""

import re
from collections.abc import Mapping
from typing import Any

from airlock.address_book import Destination
from airlock.policy_place import Path, Problems, Rule

# What tokens and keys look like: Meta's, Google's, AWS's, a JWT, a private key, forty and more hexadecimal digits.
_SECRET = re.compile(
    r"EAA[A-Za-z0-9]{20}|ya29\.|AIza[\w-]{30}|(?:AKIA|ASIA)[0-9A-Z]{16}|eyJ[\w-]{10,}\.|-----BEGIN"
    r"|\b[0-9a-fA-F]{40,}\b",
    re.ASCII,
)
# A secret's name is made of words; a long run without a separator is the secret itself.
_LONG_RUN = re.compile(r"[A-Za-z0-9+=]{25,}", re.ASCII)


def cross_check(document: Mapping[str, Any], problems: Problems) -> None:
    """Names that stand twice, networks and events that nobody declares, secrets anywhere."""
    _check_names(document, problems)
    _check_secrets(document, (), problems)


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


def _check_secrets(value: object, path: Path, problems: Problems) -> None:
    """A secret has no place anywhere in a policy, which is reviewed, mailed and kept in git."""
    if isinstance(value, dict):
        for key, item in value.items():
            _check_secrets(item, (*path, key), problems)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_secrets(item, (*path, index), problems)
    elif isinstance(value, str) and (_SECRET.search(value) or (path[-1] == "secret" and _LONG_RUN.search(value))):
        problems.add(path, "looks like a secret itself: keep it in Secrets Manager and give its name", Rule.SECRET)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _entries(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The `[[key]]` tables of a document; one that is no table counts as an empty one."""
    return [item if isinstance(item, dict) else {} for item in _listed(document.get(key))]
