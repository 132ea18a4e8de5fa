"""One `[[event]]` or `[destination.*]` table of a policy in, the rule that it states out. Build time only."""

import datetime
import re

from airlock.address_book import ADDRESS_BOOK, ContactField, Destination, OwnSetting
from airlock.clean import Amount
from airlock.policy import DestinationRule, Event, HashedRequires, Identity, PageTold, ValueRule
from airlock.policy_place import Rule
from airlock.policy_table import Table
from airlock.tokens import EventName

WORDS = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,200}")
WORDS_ARE = "on one line, without tabs, at most 200 characters"
"""What WORDS asks of a text, said after what the text is."""
_EPOCH = datetime.date(1970, 1, 1)
_DAY_MS = 86_400_000
_TEST_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
_TEST_CODE_IS = "the network's test event code, at most 40 letters, digits, - and _"
_SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}", re.ASCII)


def read_event(table: Table) -> Event | None:
    """One event; what cannot be read of it is a problem, and left out. None where it has no name."""
    name = table.text("name", EventName.grammar, "lower-case letters, digits and underscores, at most 40 characters")
    aliases = table.texts("aliases", WORDS, f"words {WORDS_ARE}", default=())
    why = table.text("why", WORDS, f"a sentence {WORDS_ARE}", default="")
    reviewed_by = table.text("reviewed_by", WORDS, f"a person or a role {WORDS_ARE}", default="")
    reviewed_on = table.date("reviewed_on")
    expires = table.date("expires")
    value = table.choice("value", ValueRule, ValueRule.NONE)
    amount, bands = _read_worth(table, value)
    props = {
        key: props.texts(key, WORDS, f"words of a closed list, {WORDS_ARE}")
        for props in ([table.table("props")] if "props" in table else [])
        for key in props
    }
    to = tuple(table.choices("to", Destination))
    table.close()
    if not name:
        return None
    return Event(
        name=EventName(name),
        aliases=aliases,
        expires_ms=_first_moment_after(expires) if expires else None,
        value=value or ValueRule.NONE,
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
    if value not in {ValueRule.FIXED, None} and amounts:
        table.complain("amount", 'is told only with `value = "fixed"`')
    if value is ValueRule.BANDS and not bands and "bands" not in table:
        table.complain("bands", 'is missing: `value = "bands"` tells the band a value falls in')
    if value not in {ValueRule.BANDS, None} and bands:
        table.complain("bands", 'are told only with `value = "bands"`')
    if list(bands) != sorted(set(bands)):
        table.complain("bands", "must rise from each bound to the next")
    return (amounts[0] if amounts else None), bands


def read_destinations(top: Table) -> list[DestinationRule | None]:
    """Each network's rule; None in the place of one whose table cannot be read."""
    if "destination" not in top:
        return []
    tables = top.table("destination")
    rules: list[DestinationRule | None] = []
    for key in tables:
        if key in Destination:
            rules.append(_read_destination(tables.table(key), Destination(key)))
        else:
            tables.complain(key, f"is not a network: must be one of {', '.join(Destination)}")
    return rules


def _read_destination(table: Table, destination: Destination) -> DestinationRule | None:
    address = ADDRESS_BOOK[destination]
    account = table.text("account", address.account, address.account_is)
    words = table.table("events")
    events = {key: words.text(key, address.event_word, address.event_word_is) for key in words}
    identity = table.choice("identity", Identity, Identity.NONE)
    identifiers = tuple(table.choices("identifiers", ContactField)) if "identifiers" in table else ()
    if address.contact_refused and (identity is Identity.HASHED or identifiers):
        sentence = f"may not be hashed and no identifiers may be named: {address.contact_refused}"
        table.complain("identity", sentence, Rule.CONTACT_REFUSED)
    else:
        for field in dict.fromkeys(identifiers):
            if field not in address.contact:
                table.complain("identifiers", f"{destination} may not be given {field}", Rule.IDENTIFIER)
    hashed_requires = table.choice("hashed_requires", HashedRequires, HashedRequires.AUTHORIZATION)
    page = table.choice("page", PageTold, PageTold.ORIGIN)
    secret = table.text(
        "secret", _SECRET_NAME, "the name of a secret in Secrets Manager", default=f"airlock/{destination}"
    )
    enabled = table.flag("enabled", default=True)
    login_account = _read_own(table, destination, OwnSetting.LOGIN_ACCOUNT, address.account, address.account_is)
    test_code = _read_own(table, destination, OwnSetting.TEST_CODE, _TEST_CODE, _TEST_CODE_IS)
    table.close()
    if table.flawed or identity is None or hashed_requires is None or page is None:
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
        login_account=login_account,
        test_code=test_code,
    )


def _read_own(
    table: Table, destination: Destination, setting: OwnSetting, grammar: re.Pattern[str], rule: str
) -> str | None:
    """A setting that only some networks have: at another it would be without effect, which nobody would notice."""
    if setting in ADDRESS_BOOK[destination].own_settings:
        return table.text(setting, grammar, rule, default="") or None
    others = ", ".join(to for to, address in ADDRESS_BOOK.items() if setting in address.own_settings)
    table.refuse(setting, f"has no effect at {destination}, only at {others}: take it out")
    return None


def _first_moment_after(day: datetime.date) -> int:
    return ((day - _EPOCH).days + 1) * _DAY_MS
