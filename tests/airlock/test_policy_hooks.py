"""The `[[hook]]` tables: what is open is filled by a preset, and what is wrong is named with its place."""

import pytest

from airlock.address_book import ContactField
from airlock.clean import Source
from airlock.hook import Scheme
from airlock.policy import Policy, PolicyError, load
from airlock.policy_document import compile_policy
from airlock.policy_hooks import PRESETS, TARGETS


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
