"""The `[[hook]]` tables: what is open is filled by a preset, and what is wrong is named with its place."""

import pytest

from airlock.address_book import ContactField
from airlock.clean import Source
from airlock.hook import Hook, HookConsent, Scheme
from airlock.policy import Policy, PolicyError, load
from airlock.policy_document import compile_policy, draft_policy
from airlock.policy_hooks import PRESETS, TARGETS
from airlock.tokens import EventName
from tests.airlock.drafts import SHORT, SMALLEST, problems_of

FIELD = "a field's name, with dots where one object stands in another"


def with_hook(lines: str) -> str:
    return f'{SMALLEST}[[hook]]\nname = "calls"\n{lines}\n'


@pytest.fixture
def open_policy(policy_text: str) -> str:
    """The policy without its own hooks."""
    return policy_text[: policy_text.index("# --- Webhooks")]


def test_the_sample_policys_hooks_are_what_their_presets_say(policy: Policy) -> None:
    calls, bookings = policy.hooks
    assert (calls.scheme, calls.source, calls.header) == (Scheme.CALLRAIL, Source.PHONE_CALL, "signature")
    assert calls.only == {"direction": ("inbound",)}
    assert (bookings.scheme, bookings.window_s, bookings.header) == (Scheme.TIMESTAMPED, 300, "x-airlock-signature")
    assert load(policy.compiled) == policy


def test_callrails_preset_reads_no_name_place_note_recording_or_transcript() -> None:
    """Only the number that called, the click ids, the id and the time; all else that CallRail sends is left unread."""
    fields = PRESETS["callrail"][3]
    assert set(fields) == {"id", "at", "user.phone", "click.gclid", "click.fbclid", "click.msclkid"}
    read = {path for paths in fields.values() for path in paths}
    assert read == {"resource_id", "id", "start_time", "customer_phone_number", "gclid", "fbclid", "msclkid"}


def test_every_preset_maps_to_names_of_the_contract() -> None:
    assert all(set(fields) <= TARGETS for _, _, _, fields, _ in PRESETS.values())
    assert {f"user.{field}" for field in ContactField} <= TARGETS


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ('event = "lead"', "hook.1.name"),
        ('name = "Calls"\nevent = "lead"', "hook.1.name"),
        ('name = "calls"\nevent = "botox"', "hook.1.event"),
        ('name = "calls"\npreset = "callrail"', "hook.1.event"),
        ('name = "calls"\nevent = "lead"\npreset = "twilio"', "hook.1.preset"),
        ('name = "calls"\nevent = "lead"\nsignature = "none"', "hook.1.signature"),
        ('name = "calls"\nevent = "lead"\nsource = "billboard"', "hook.1.source"),
        ('name = "calls"\nevent = "lead"\nfields = { "user.name" = ["x"], id = ["id"] }', "hook.1.fields.user.name"),
        ('name = "calls"\nevent = "lead"\nfields = { id = ["a b"] }', "hook.1.fields.id"),
        ('name = "calls"\nevent = "lead"\nfields = { at = ["at"] }', "hook.1.fields"),
        ('name = "calls"\nevent = "lead"\nonly = { direction = [] }', "hook.1.only.direction"),
        ('name = "calls"\nevent = "lead"\nconsent = { field = "tags" }', "hook.1.consent.says"),
        ('name = "calls"\nevent = "lead"\nwindow_minutes = 0', "hook.1.window_minutes"),
        ('name = "calls"\nevent = "lead"\nwindow_minutes = 1441', "hook.1.window_minutes"),
        ('name = "calls"\nevent = "lead"\nsignature = "standard"\nheader = "x-mine"', "hook.1.header"),
        ('name = "calls"\nevent = "lead"\nfield = { id = ["id"] }', "hook.1.field"),
        ('name = "calls"\nevent = "lead"\n[[hook]]\nname = "calls"\nevent = "lead"', "hook.2.name"),
    ],
)
def test_a_hook_that_cannot_be_used_is_named_with_its_place(open_policy: str, table: str, place: str) -> None:
    with pytest.raises(PolicyError) as caught:
        compile_policy(f"{open_policy}\n[[hook]]\n{table}\n")
    assert any(f", {place}: " in problem for problem in caught.value.problems), caught.value.problems


def test_a_sender_of_another_header_is_named(open_policy: str) -> None:
    """Calendly signs as this scheme does, under a header of its own."""
    text = f'{open_policy}\n[[hook]]\nname = "calendly"\nevent = "booking"\nheader = "Calendly-Webhook-Signature"\n'
    [hook] = compile_policy(text).hooks
    assert (hook.header, hook.secret) == ("calendly-webhook-signature", "airlock/hooks/calendly")


def test_an_event_may_be_mapped_where_none_is_named(open_policy: str) -> None:
    [hook] = compile_policy(f'{open_policy}\n[[hook]]\nname = "crm"\nsource = "in_person"\n').hooks
    assert hook.event is None
    assert hook.fields["event"] == ("event",)
    assert hook.source is Source.IN_PERSON


@pytest.mark.parametrize("zone", ["Pacific Time", "../etc/passwd", "America/Nowhere", "PST8 PDT"])
def test_a_time_zone_that_nobody_knows_is_a_problem(policy_text: str, zone: str) -> None:
    with pytest.raises(PolicyError, match=r"clinic\.time_zone"):
        compile_policy(policy_text.replace("America/Los_Angeles", zone))


def test_all_that_a_hook_may_say_is_kept() -> None:
    text = with_hook("""\
preset = "callrail"
signature = "timestamped"
header = "X-Calls-Signature"
window_minutes = 10
secret = "marketing/calls"
event = "lead"
source = "crm"
fields = { id = ["call.id", "id"], "user.email" = ["caller.email"], event = ["kind"] }
only = { "call.direction" = ["inbound", "Inbound call"] }
consent = { field = "tags", says = ["Ad consent: yes"], at = "call.start" }
why = "count calls per campaign"
reviewed_by = "privacy officer"
reviewed_on = 2026-11-02""")
    assert compile_policy(text).hooks == (
        Hook(
            name="calls",
            secret="marketing/calls",
            scheme=Scheme.TIMESTAMPED,
            header="x-calls-signature",
            window_s=600,
            event=EventName("lead"),
            source=Source.CRM,
            fields={"id": ("call.id", "id"), "user.email": ("caller.email",)},
            only={"call.direction": ("inbound", "Inbound call")},
            consent=HookConsent(field="tags", says=("Ad consent: yes",), at="call.start"),
        ),
    )


def test_a_hook_that_says_only_its_event_is_what_its_preset_says() -> None:
    [hook] = compile_policy(with_hook('event = "lead"\npreset = "callrail"')).hooks
    assert (hook.scheme, hook.window_s, hook.source) == (Scheme.CALLRAIL, 6 * 3600, Source.PHONE_CALL)
    assert (hook.secret, hook.event, hook.consent) == ("airlock/hooks/calls", "lead", None)
    assert hook.only == {"direction": ("inbound",)}
    policy = compile_policy(with_hook('event = "lead"'))
    assert load(policy.compiled) == policy
    [generic] = policy.hooks
    assert (generic.window_s, generic.only) == (300, {})
    assert generic.fields.keys() == TARGETS - {"event"}


@pytest.mark.parametrize("minutes", [1, 1440])
def test_a_signature_may_count_for_a_minute_or_for_a_day(minutes: int) -> None:
    [hook] = compile_policy(with_hook(f'event = "lead"\nwindow_minutes = {minutes}')).hooks
    assert hook.window_s == 60 * minutes


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('event = "lead"\npreset = "twilio"', "preset: must be one of generic, callrail [wrong-value]"),
        ('event = "lead"\nheader = "x y"', "header: must be a header's name [wrong-value]"),
        (
            'event = "lead"\npreset = "callrail"\nheader = "x-mine"',
            'header: is read only with `signature = "timestamped"`; the other schemes name theirs [wrong-value]',
        ),
        ('event = "lead"\nwindow_minutes = 0', "window_minutes: must be a whole number from 1 to 1440 [wrong-value]"),
        ('event = "lead"\nsecret = "a b"', "secret: must be the name of a secret in Secrets Manager [wrong-value]"),
        ('event = "Book now"', "event: must be the name of an event of this policy [wrong-value]"),
        ('event = "call"', "event: is no event that the policy declares [wrong-value]"),
        (
            'preset = "callrail"',
            "event: is missing: say which event each record is, or map one in `fields` [missing-setting]",
        ),
        (
            'event = "lead"\nfields = { at = ["at"] }',
            "fields: must map `id`: without one the same record would count each time it is told [wrong-value]",
        ),
        (
            'event = "lead"\nfields = { id = ["id"], patient = ["name"] }',
            "fields.patient: is no name of the contract [unknown-setting]",
        ),
        (
            'event = "lead"\nfields = { id = ["id"], "jane@mail.example" = ["name"] }',
            "fields.(a key): is no name of the contract [unknown-setting]",
        ),
        ('event = "lead"\nfields = { id = ["the id"] }', f"fields.id: entry 1 must be {FIELD} [wrong-value]"),
        ('event = "lead"\nonly = { "call direction" = ["in"] }', f"only.(a key): must be {FIELD} [wrong-value]"),
        (
            'event = "lead"\nonly = { direction = [1] }',
            f"only.direction: entry 1 must be the words of which the field must hold one, {SHORT} [wrong-value]",
        ),
        (
            'event = "lead"\nconsent = { field = "the tags", says = ["yes"], at = "at" }',
            f"consent.field: must be {FIELD} [wrong-value]",
        ),
        (
            'event = "lead"\nconsent = { field = "tags", says = [1], at = "at" }',
            f"consent.says: entry 1 must be the words that mean yes, {SHORT} [wrong-value]",
        ),
        (
            'event = "lead"\nconsent = { field = "tags", says = ["yes"], at = "the day" }',
            f"consent.at: must be {FIELD} [wrong-value]",
        ),
        (
            'event = "lead"\nconsent = { field = "tags", says = ["yes"], at = "at", or = "x" }',
            "consent.or: is not a setting that is known here [unknown-setting]",
        ),
        ('event = "lead"\nwhy = 1', f"why: must be words {SHORT} [wrong-value]"),
        ('event = "lead"\nreviewed_by = 1', f"reviewed_by: must be words {SHORT} [wrong-value]"),
        (
            'event = "lead"\nreviewed_on = 1',
            "reviewed_on: must be a day such as 2027-11-02, without quotes and without a time [wrong-value]",
        ),
    ],
)
def test_a_hook_of_which_one_line_cannot_be_read_is_closed_and_told_why(lines: str, problem: str) -> None:
    """A webhook's table is taken whole or not at all, so that nothing is read by half of it."""
    text = with_hook(lines)
    assert problems_of(text) == [f"hook.1.{problem}"]
    assert draft_policy(text).policy.hooks == ()


def test_a_hooks_name_ends_its_address_and_stands_once() -> None:
    """Two hooks at one address would take each other's records by each other's rules."""
    name = "lower-case letters, digits and dashes, at most 40: it ends the hook's address"
    text = with_hook(
        'event = "lead"\n[[hook]]\nname = "calls"\nevent = "lead"\n[[hook]]\nname = "Calls"\nevent = "lead"'
    )
    assert problems_of(text) == [
        "hook.2.name: stands twice; each hook needs a name of its own [wrong-value]",
        f"hook.3.name: must be {name} [wrong-value]",
    ]


@pytest.mark.parametrize("flawed", [0, 1])
def test_two_hooks_of_one_name_are_told_even_where_one_of_them_cannot_be_read(flawed: int) -> None:
    events = ["lead", "lead"]
    events[flawed] = "call"
    assert problems_of(with_hook(f'event = "{events[0]}"\n[[hook]]\nname = "calls"\nevent = "{events[1]}"')) == sorted(
        [
            f"hook.{flawed + 1}.event: is no event that the policy declares [wrong-value]",
            "hook.2.name: stands twice; each hook needs a name of its own [wrong-value]",
        ],
        key=lambda problem: ("hook.2" in problem, "event" in problem),
    )
