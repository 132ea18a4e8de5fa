"""A policy's TOML text in, the compiled policy or every problem with its place in the file out. Build time only."""

import datetime
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from airlock import policy_place
from airlock.address_book import ADDRESS_BOOK, ContactField, Destination
from airlock.clean import Amount
from airlock.policy import (
    DestinationRule,
    Event,
    HashedRequires,
    Identity,
    Page,
    PageTold,
    PayloadLog,
    Policy,
    PolicyError,
    Stage,
    Surface,
    ValueRule,
)
from airlock.policy_place import Problems, Table, entries
from airlock.tokens import Currency, EventName, PageLabel

_ORIGIN = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?", re.ASCII)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_MATCH = re.compile(r"/[^\s?#;\\%]{0,200}")
_WORDS = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_CATEGORY = re.compile(r"(?!at$)[A-Za-z0-9_.-]{1,60}", re.ASCII)
_SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}", re.ASCII)
# A token itself has long runs without a separator; a secret's name is made of words.
_SECRET_VALUE = re.compile(r"[A-Za-z0-9+=]{25,}|ya29\.|eyJ|-----BEGIN", re.ASCII)
_DAY_MS = 86_400_000


def compile_policy(text: str) -> Policy:
    """The policy that a TOML text describes.

    Raises:
        PolicyError: with every problem, each a sentence that begins with its place in the file.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError((f"the file is not TOML: {_without_values(error)}",)) from None
    problems = Problems(policy_place.find_lines(text))
    top = Table(document, (), problems)
    clinic = top.table("clinic")
    policy = _read(top, clinic)
    _check_names(document, problems)
    problems.stop()
    if policy is None:  # pragma: no cover - a problem was raised for whatever is missing
        raise PolicyError(("the policy could not be read",))
    return policy


def _without_values(error: tomllib.TOMLDecodeError) -> str:
    place = re.search(r"\(at .*\)$", str(error))
    return f"syntax error {place.group(0)}" if place else "syntax error"


def _read(top: Table, clinic: Table) -> Policy | None:
    name = clinic.text("name", _WORDS, "a name")
    sites = clinic.texts("sites", _ORIGIN, "an https origin such as https://www.clinic.example, without a path")
    collect_host = clinic.text("collect_host", _HOST, "a host name such as collect.clinic.example")
    public_url = clinic.text(
        "public_url", re.compile(_ORIGIN.pattern + "/?"), "an https origin, without path or query: networks are told it"
    )
    country = clinic.text("country", _COUNTRY, "an ISO 3166 code such as US")
    currency = clinic.text("currency", Currency.grammar, "an ISO 4217 code such as USD")
    state = clinic.text("state", _COUNTRY, "a US state's two letters such as CA", default="")
    stage = (top if "stage" in top else clinic).choice("stage", Stage, Stage.LIVE)
    payload_log = (top if "payload_log" in top else clinic).choice("payload_log", PayloadLog, PayloadLog.MASKED)
    clinic.close()
    consent = top.table("consent")
    required = consent.texts("required", _CATEGORY, "a consent category such as marketing (the word `at` is taken)")
    max_age_days = consent.whole("max_age_days", 1, 3650, default=180)
    consent.close()
    pages = [_read_page(table) for table in top.tables("page")]
    events = [_read_event(table) for table in top.tables("event")]
    exempt = [_read_exemption(table) for table in top.tables("exempt")]
    destinations = _read_destinations(top)
    top.close()
    if top.problems.found or stage is None or payload_log is None:
        return None
    return Policy(
        name=name,
        sites=sites,
        collect_host=collect_host,
        public_url=public_url.rstrip("/") + "/",
        country=country,
        currency=Currency(currency),
        state=state or None,
        stage=stage,
        payload_log=payload_log,
        exempt_terms=tuple(exempt),
        consent_required=required,
        consent_max_age_ms=max_age_days * _DAY_MS,
        pages=tuple(page for page in pages if page),
        events=tuple(event for event in events if event),
        destinations=tuple(rule for rule in destinations if rule),
    )


def _read_exemption(table: Table) -> str:
    term = table.text("term", _WORDS, "the word that may pass")
    for key in ("why", "reviewed_by"):
        table.text(key, _WORDS, "words", default="")
    table.date("reviewed_on")
    table.close()
    return term


def _read_page(table: Table) -> Page | None:
    match = table.text("match", _MATCH, "a path such as /services/**, written decoded, without query or fragment")
    surface = table.choice("surface", Surface, None)
    label = table.text("label", PageLabel.grammar, "a path of lower-case letters, digits, - and _", default="")
    if label and surface is Surface.PRIVATE:
        table.complain("label", "a private page is never told, so it can have no label")
    table.close()
    if table.problems.found or surface is None:
        return None
    return Page(match=match, surface=surface, label=PageLabel(label) if label else None)


def _read_event(table: Table) -> Event | None:
    name = table.text("name", EventName.grammar, "lower-case letters, digits and underscores, at most 40 characters")
    aliases = table.texts("aliases", _WORDS, "words", default=())
    why = table.text("why", _WORDS, "a sentence", default="")
    reviewed_by = table.text("reviewed_by", _WORDS, "a person or a role", default="")
    reviewed_on = table.date("reviewed_on")
    expires = table.date("expires")
    value = table.choice("value", ValueRule, ValueRule.NONE)
    amount, bands = _read_worth(table, value)
    props = {
        key: props.texts(key, _WORDS, "words of a closed list")
        for props in ([table.table("props")] if "props" in table else [])
        for key in props
    }
    to = tuple(table.choices("to", Destination))
    table.close()
    if table.problems.found or value is None:
        return None
    return Event(
        name=EventName(name),
        aliases=aliases,
        expires_ms=_first_moment_after(expires) if expires else None,
        value=value,
        amount=amount,
        bands=bands,
        props=props,
        to=to,
        why=why,
        reviewed_by=reviewed_by,
        reviewed_on=reviewed_on.isoformat() if reviewed_on else "",
    )


def _read_worth(table: Table, value: ValueRule | None) -> tuple[Amount | None, tuple[Amount, ...]]:
    amounts = table.numbers("amount", single=True)
    bands = table.numbers("bands")
    if value is ValueRule.FIXED and not amounts and "amount" not in table:
        table.complain("amount", 'is missing: `value = "fixed"` tells this amount')
    if value is not ValueRule.FIXED and amounts:
        table.complain("amount", 'is told only with `value = "fixed"`')
    if value is ValueRule.BANDS and not bands and "bands" not in table:
        table.complain("bands", 'is missing: `value = "bands"` tells the band a value falls in')
    if value is not ValueRule.BANDS and bands:
        table.complain("bands", 'are told only with `value = "bands"`')
    if list(bands) != sorted(set(bands)):
        table.complain("bands", "must rise from each bound to the next")
    return (amounts[0] if amounts else None), bands


def _read_destinations(top: Table) -> list[DestinationRule | None]:
    tables = top.table("destination") if "destination" in top else None
    rules: list[DestinationRule | None] = []
    for key in tables or ():
        if key not in Destination:
            top.complain(
                f"destination.{key}" if key.isidentifier() else "destination", _one_of("a network", Destination)
            )
        elif tables:
            rules.append(_read_destination(tables.table(key), Destination(key)))
    return rules


def _read_destination(table: Table, destination: Destination) -> DestinationRule | None:
    address = ADDRESS_BOOK[destination]
    account = table.text("account", address.account, address.account_is)
    words = table.table("events")
    events = {key: words.text(key, address.event_word, address.event_word_is) for key in words}
    identity = table.choice("identity", Identity, Identity.NONE)
    identifiers = tuple(table.choices("identifiers", ContactField)) if "identifiers" in table else ()
    if address.contact_refused and (identity is Identity.HASHED or identifiers):
        table.complain("identity", f"may not be hashed and no identifiers may be named: {address.contact_refused}")
    else:
        for field in identifiers:
            if field not in address.contact:
                table.complain("identifiers", f"{destination} may not be given {field}")
    hashed_requires = table.choice("hashed_requires", HashedRequires, HashedRequires.AUTHORIZATION)
    page = table.choice("page", PageTold, PageTold.ORIGIN)
    secret = table.text(
        "secret", _SECRET_NAME, "the name of a secret in Secrets Manager", default=f"airlock/{destination}"
    )
    if _SECRET_VALUE.search(secret):
        table.complain(
            "secret", "looks like the token itself: give the secret's name and keep the token out of the policy"
        )
    enabled = table.flag("enabled", default=True)
    login_account = table.text("login_account", address.account, address.account_is, default="")
    test_code = table.text("test_code", re.compile(r"[A-Za-z0-9_-]{1,40}"), "the network's test event code", default="")
    table.close()
    if table.problems.found or identity is None or hashed_requires is None or page is None:
        return None
    return DestinationRule(
        destination=destination,
        account=account,
        events=events,
        identity=identity,
        identifiers=identifiers,
        hashed_requires=hashed_requires,
        page=page,
        secret=secret,
        enabled=enabled,
        login_account=login_account or None,
        test_code=test_code or None,
    )


def _check_names(document: Mapping[str, Any], problems: Problems) -> None:
    """What one table says of another: names that stand twice, networks and events that nobody declares."""
    rules = document.get("destination")
    rules = rules if isinstance(rules, dict) else {}
    known: set[str] = set()
    declared: set[object] = set()
    for index, event in enumerate(entries(document, "event")):
        declared.add(event.get("name"))
        names = [name for name in (event.get("name"), *_listed(event.get("aliases"))) if isinstance(name, str)]
        if known.intersection(names) or len(names) != len(set(names)):
            problems.add(("event", index, "aliases"), "a name or alias stands twice; each must mean one event")
        known.update(names)
        for destination in _listed(event.get("to")):
            if isinstance(destination, str) and destination in Destination and destination not in rules:
                problems.add(("event", index, "to"), f"names {destination}, which has no [destination.{destination}]")
    for destination, rule in rules.items():
        told = rule.get("events") if isinstance(rule, dict) else None
        for name in told if isinstance(told, dict) else ():
            if name not in declared:
                problems.add(("destination", destination, "events"), "maps an event that the policy does not declare")


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _one_of(what: str, words: type[Destination]) -> str:
    return f"is not {what}: must be one of {', '.join(words)}"


def _first_moment_after(day: datetime.date) -> int:
    next_day = datetime.datetime.combine(day, datetime.time(), datetime.UTC) + datetime.timedelta(days=1)
    return int(next_day.timestamp() * 1000)
