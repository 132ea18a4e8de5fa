"""A policy's TOML text in, the compiled policy or every problem with its place in the file out. Build time only."""

import re
import tomllib
import zoneinfo
from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import Struct

from airlock.policy import ConsentTool, Event, Page, PayloadLog, Policy, PolicyError, Shim, Stage, Surface
from airlock.policy_crosscheck import cross_check
from airlock.policy_entries import WORDS, WORDS_ARE, read_destinations, read_event
from airlock.policy_hooks import read_hooks
from airlock.policy_place import Path, Problems, Rule, find_lines, say_syntax_error
from airlock.policy_table import Table
from airlock.tokens import Currency, PageLabel

_PART = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PORT = r"(?!443\b)(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_ORIGIN = re.compile(rf"https://(?=[a-z0-9.-]{{1,253}}(?![a-z0-9.-])){_PART}(?:\.{_PART})*(?::{_PORT})?", re.ASCII)
_ORIGIN_IS = "an https origin such as https://www.clinic.example, as a browser sends it: without path and default port"
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_MATCH = re.compile(r"/(?!.*\.(?:/|$))[^\s?#;\\%]{0,200}")  # no path that is looked up has a part that ends in a dot
_MATCH_IS = (
    "a path such as /services/**, written decoded, without query, fragment or parts that end in a dot, "
    "at most 201 characters"
)
_LABEL_IS = "a path of lower-case letters, digits, - and _, at most 100 characters"
_HASH = re.compile(r"[0-9a-f]{24}", re.ASCII)
_CATEGORY = re.compile(r"(?!at$)[A-Za-z0-9_.-]{1,60}", re.ASCII)
_NO_CURRENCY = Currency("XTS")  # ISO 4217: for tests; in a draft whose own cannot be read
_TIME_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]{1,30}(?:/[A-Z][A-Za-z0-9_+-]{1,30}){0,2}", re.ASCII)
_DAY_MS = 86_400_000

Entry = TypeVar("Entry", Page, Event)


class Draft(Struct, frozen=True):
    """What could be read of a policy: with problems it is not to be used, but can be looked at further.

    `pages` and `events` say where in the file each of the policy's stands, from 0; `lines` where each path does.
    `document` is all that the file says, also what the policy leaves out because something beside it cannot be read.
    """

    policy: Policy
    problems: tuple[str, ...]
    pages: tuple[int, ...]
    events: tuple[int, ...]
    lines: Mapping[Path, int]
    document: Mapping[str, Any]


def compile_policy(text: str) -> Policy:
    """The policy that a TOML text describes.

    Raises:
        PolicyError: with every problem, each a sentence that begins with its place in the file.
    """
    draft = draft_policy(text)
    if draft.problems:
        raise PolicyError(draft.problems)
    return draft.policy


def draft_policy(text: str) -> Draft:
    """What can be read of a policy, and every problem.

    Raises:
        PolicyError: the text is no TOML at all, or tables within tables without end.
    """
    try:
        return _draft(text)
    except RecursionError:
        raise PolicyError(("the file is not a policy: it is nested too deep",)) from None


def _draft(text: str) -> Draft:
    try:
        document = tomllib.loads(text)
    except ValueError as error:  # a number of thousands of digits is a ValueError of another kind
        raise PolicyError((f"the file is not TOML: {say_syntax_error(error)}",)) from None
    lines = find_lines(text)
    problems = Problems(lines)
    top = Table(document, (), problems)
    pages = _where_readable([_read_page(table) for table in top.tables("page")])
    events = _where_readable([read_event(table) for table in top.tables("event")])
    policy = _read(top, tuple(pages.values()), tuple(events.values()))
    cross_check(text, document, problems)
    return Draft(policy, problems.list(), tuple(pages), tuple(events), lines, document)


def _where_readable(entries: list[Entry | None]) -> dict[int, Entry]:
    return {index: entry for index, entry in enumerate(entries) if entry is not None}


def _read(top: Table, pages: tuple[Page, ...], events: tuple[Event, ...]) -> Policy:
    clinic = top.table("clinic")
    name = clinic.text("name", WORDS, f"a name {WORDS_ARE}")
    sites = clinic.texts("sites", _ORIGIN, _ORIGIN_IS, name=Rule.SITE)
    collect_host = clinic.text("collect_host", _HOST, "a host name such as collect.clinic.example")
    public_url = clinic.text(
        "public_url",
        re.compile(_ORIGIN.pattern + "/?"),
        "an https origin, without path, query or default port: networks are told it",
    )
    country = clinic.text("country", _COUNTRY, "an ISO 3166 code such as US")
    currency = clinic.text("currency", Currency.grammar, "an ISO 4217 code such as USD")
    state = clinic.text("state", _COUNTRY, "a US state's two letters such as CA", default="")
    stage = (top if "stage" in top else clinic).choice("stage", Stage, Stage.LIVE)
    payload_log = (top if "payload_log" in top else clinic).choice("payload_log", PayloadLog, PayloadLog.MASKED)
    time_zone = _read_time_zone(clinic)
    clinic.close()
    consent = top.table("consent")
    required = consent.texts("required", _CATEGORY, "a consent category such as marketing (the word `at` is taken)")
    max_age_days = consent.whole("max_age_days", 1, 3650, default=180)
    consent.close()
    exempt = [_read_exemption(table) for table in top.tables("exempt")]
    for table in top.tables("approval"):
        _check_approval(table)
    destinations = read_destinations(top)
    shims, consent_tools = _read_script(top.table("script")) if "script" in top else ((), ())
    hooks = read_hooks(top, {name for event in events for name in (event.name, *event.aliases)})
    top.close()
    return Policy(
        name=name,
        sites=sites,
        collect_host=collect_host,
        public_url=public_url.rstrip("/") + "/",
        country=country,
        currency=Currency(currency) if currency else _NO_CURRENCY,
        state=state or None,
        stage=stage or Stage.LIVE,
        payload_log=payload_log or PayloadLog.DIGEST,
        exempt_terms=tuple(exempt),
        consent_required=required,
        consent_max_age_ms=max_age_days * _DAY_MS,
        pages=pages,
        events=events,
        destinations=tuple(rule for rule in destinations if rule),
        shims=shims,
        consent_tools=consent_tools,
        hooks=hooks,
        time_zone=time_zone,
    )


def _read_time_zone(clinic: Table) -> str | None:
    rule = "a time zone of the IANA database such as America/Los_Angeles"
    name = clinic.text("time_zone", _TIME_ZONE, rule, default="")
    try:
        zoneinfo.ZoneInfo(name or "UTC")
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        clinic.complain("time_zone", f"must be {rule}")
    return name or None


def _read_script(table: Table) -> tuple[tuple[Shim, ...], tuple[ConsentTool, ...]]:
    """The parts of the browser script beside its core."""
    shims = tuple(table.choices("shims", Shim)) if "shims" in table else ()
    tools = tuple(table.choices("consent", ConsentTool)) if "consent" in table else ()
    table.close()
    return shims, tools


def _read_exemption(table: Table) -> str:
    term = table.text("term", WORDS, f"the word that may pass, {WORDS_ARE}")
    for key in ("why", "reviewed_by"):
        table.text(key, WORDS, f"words {WORDS_ARE}", default="")
    table.date("reviewed_on")
    table.close()
    return term


def _check_approval(table: Table) -> None:
    """A record of `airlock policy diff --approve`: it changes nothing of what is allowed, so the policy holds none."""
    table.text("by", WORDS, f"the person who answers for the change, {WORDS_ARE}")
    if table.date("on") is None and "on" not in table:
        table.complain("on", "is missing: must be the day of the approval", Rule.MISSING)
    for key in ("replaces", "policy"):
        table.text(key, _HASH, "the first 24 hex digits of a policy's hash")
    table.close()


def _read_page(table: Table) -> Page | None:
    match = table.text("match", _MATCH, _MATCH_IS)
    if match and not match.isprintable():
        table.complain("match", "holds a sign that cannot be seen, so no page is found by it")
    surface = table.choice("surface", Surface, None)
    label = table.text("label", PageLabel.grammar, _LABEL_IS, default="")
    if label and surface is Surface.PRIVATE:
        table.complain("label", "a private page is never told, so it can have no label", Rule.PRIVATE_LABEL)
    table.close()
    if not match or surface is None:
        return None
    return Page(match=match, surface=surface, label=PageLabel(label) if label else None)
