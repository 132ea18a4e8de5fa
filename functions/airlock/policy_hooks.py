"""The `[[hook]]` tables of a policy in, hooks out: what a table leaves open its preset fills. Build time only."""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from airlock.address_book import ContactField
from airlock.clean import Source
from airlock.hook import Hook, HookConsent, Scheme
from airlock.policy_entries import WORDS, WORDS_ARE
from airlock.policy_place import Rule
from airlock.policy_table import Table
from airlock.tokens import ClickIdKind, EventName

HOUR_S = 3600
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_NAME_IS = "lower-case letters, digits and dashes, at most 40: it ends the hook's address"
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)
_SECRET = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9_-]{1,60}(?:\.[A-Za-z0-9_-]{1,60}){0,4}", re.ASCII)
_PATH_IS = "a field's name, with dots where one object stands in another"

TARGETS = frozenset(
    {"id", "event", "at", "consent", "gpc", "authorization", "url", "value", "currency", "click.at"}
    | {f"user.{field}" for field in ContactField}
    | {f"click.{kind}" for kind in ClickIdKind}
)
"""The names of the contract (section 1) that a payload's field may be read as."""

Fields = Mapping[str, tuple[str, ...]]
_FieldsByScheme = tuple[Scheme, int, Source, Fields, Fields]

# What a hook is without settings of its own: scheme, seconds for which a signature counts, source, fields, only.
PRESETS: Mapping[str, _FieldsByScheme] = MappingProxyType(
    {
        # The contract's own names, for a sender that can be told what to send.
        "generic": (Scheme.TIMESTAMPED, 300, Source.CRM, {name: (name,) for name in sorted(TARGETS)}, {}),
        # apidocs.callrail.com, Webhooks, post-call payload and "Validating payloads" (read 2026-11-25). `timestamp` is
        # when the call began, and the webhook may come 20 minutes after it ended, hence the hours. Caller name, place,
        # transcript, recording, notes, tags, keywords and pages are in the payload and are not read.
        "callrail": (
            Scheme.CALLRAIL,
            6 * HOUR_S,
            Source.PHONE_CALL,
            {
                "id": ("resource_id", "id"),
                "at": ("start_time",),
                "user.phone": ("customer_phone_number",),
                "click.gclid": ("gclid",),
                "click.fbclid": ("fbclid",),
                "click.msclkid": ("msclkid",),
            },
            {"direction": ("inbound",)},
        ),
    }
)
_HEADERS = {
    Scheme.TIMESTAMPED: "x-airlock-signature",
    Scheme.STANDARD: "webhook-signature",
    Scheme.CALLRAIL: "signature",
}


def read_hooks(top: Table, events: Collection[str]) -> tuple[Hook, ...]:
    """The policy's hooks; `events` are its event names and aliases."""
    hooks: list[Hook | None] = []
    names: set[str] = set()
    for table in top.tables("hook"):
        name = table.text("name", _NAME, _NAME_IS)
        if name in names:
            table.complain("name", "stands twice; each hook needs a name of its own")
        names.update({name} - {""})
        hooks.append(_read_hook(table, name, events))
    return tuple(hook for hook in hooks if hook is not None)


def _read_hook(table: Table, name: str, events: Collection[str]) -> Hook | None:
    presets = re.compile("|".join(PRESETS))
    preset = table.text("preset", presets, f"one of {', '.join(PRESETS)}", default="generic") or "generic"
    scheme, window_s, source, fields, only = PRESETS[preset]
    scheme = table.choice("signature", Scheme, scheme) or scheme
    header = table.text("header", _HEADER, "a header's name", default=_HEADERS[scheme])
    if "header" in table and scheme is not Scheme.TIMESTAMPED:
        table.complain(
            "header", f'is read only with `signature = "{Scheme.TIMESTAMPED}"`; the other schemes name theirs'
        )
    window_s = 60 * table.whole("window_minutes", 1, 24 * 60, default=window_s // 60)
    secret = table.text("secret", _SECRET, "the name of a secret in Secrets Manager", default=f"airlock/hooks/{name}")
    event = table.text("event", EventName.grammar, "the name of an event of this policy", default="")
    if event and event not in events:
        table.complain("event", "is no event that the policy declares")
    source = table.choice("source", Source, source) or source
    if "fields" in table:
        fields = _read_fields(table.table("fields"))
    if not event and "event" not in fields:
        table.complain("event", "is missing: say which event each record is, or map one in `fields`", Rule.MISSING)
    if event:
        fields = {target: paths for target, paths in fields.items() if target != "event"}
    if "id" not in fields:
        table.complain("fields", "must map `id`: without one the same record would count each time it is told")
    if "only" in table:
        only = _read_only(table.table("only"))
    consent = _read_consent(table.table("consent")) if "consent" in table else None
    for key in ("why", "reviewed_by"):
        table.text(key, WORDS, f"words {WORDS_ARE}", default="")
    table.date("reviewed_on")
    table.close()
    if table.flawed:
        return None
    return Hook(
        name=name,
        secret=secret,
        scheme=scheme,
        header=header.lower(),
        window_s=window_s,
        event=EventName(event) if event else None,
        source=source,
        fields=dict(fields),
        only=dict(only),
        consent=consent,
    )


def _read_fields(table: Table) -> Fields:
    fields: dict[str, tuple[str, ...]] = {}
    for target in table:
        if target not in TARGETS:
            table.complain(target, "is no name of the contract", Rule.UNKNOWN)
        fields[target] = table.texts(target, _PATH, _PATH_IS)
    return fields


def _read_only(table: Table) -> Fields:
    only: dict[str, tuple[str, ...]] = {}
    for path in table:
        if _PATH.fullmatch(path) is None:
            table.complain(path, f"must be {_PATH_IS}")
        only[path] = table.texts(path, WORDS, f"the words of which the field must hold one, {WORDS_ARE}")
    return only


def _read_consent(table: Table) -> HookConsent | None:
    field = table.text("field", _PATH, _PATH_IS)
    says = table.texts("says", WORDS, f"the words that mean yes, {WORDS_ARE}")
    at = table.text("at", _PATH, _PATH_IS)
    table.close()
    return HookConsent(field, says, at)
