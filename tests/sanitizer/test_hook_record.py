"""A record is read by its hook's mapping alone: what is mapped keeps its meaning, and what is not is not there."""

import uuid
from typing import Any

import pytest

from airlock.clean import Source
from airlock.hook import Hook, HookConsent, Scheme
from airlock.tokens import EventName
from sanitizer.hook_record import is_meant, map_record
from sanitizer.raw import Malformed, NotAnEventError
from tests.clinic_systems import DAY, NOW

FIELDS = {
    "id": ("booking.number", "id"),
    "at": ("booked_at",),
    "value": ("paid",),
    "user.email": ("patient.email",),
    "user.phone": ("patient.phone",),
    "user.zip": ("patient.zip",),
    "click.gclid": ("gclid",),
    "click.at": ("clicked_at",),
}
REQUIRED = ("marketing", "analytics")


def make_hook(name: str = "desk", *, says: tuple[str, ...] = ("yes",), **only: tuple[str, ...]) -> Hook:
    return Hook(
        name=name,
        secret="airlock/hooks/desk",
        scheme=Scheme.TIMESTAMPED,
        header="x-airlock-signature",
        window_s=300,
        event=EventName("booking"),
        source=Source.IN_PERSON,
        fields=FIELDS,
        only=only,
        consent=HookConsent("ads", says, "asked_at"),
    )


def read(hook: Hook | None = None, **payload: Any) -> dict[str, Any]:
    return map_record(hook or make_hook(), {"id": "7", **payload}, REQUIRED)


def test_of_several_fields_the_first_that_holds_anything_counts() -> None:
    """CallRail leaves fields empty that it has nothing for; an empty one says nothing."""
    written = read(id="second")["id"]
    nothing: tuple[Any, ...] = ("", "  ", None, [], {})
    for empty in nothing:
        assert read(id="second", booking={"number": empty})["id"] == written
    assert read(id="second", booking={"number": "first"})["id"] == read(id="first")["id"]
    assert read(id="second", booking="no object")["id"] == written


def test_space_around_a_text_is_no_part_of_it() -> None:
    assert read(patient={"email": " jane@mail.example\n"})["user"] == {"email": "jane@mail.example"}
    assert read(ads=" yes ")["consent"]["marketing"] is True
    assert is_meant(make_hook(kind=("visit",)), {"kind": " visit "})


def test_two_records_of_one_sender_have_two_ids_and_one_told_again_has_the_same() -> None:
    ids = {read(id=number)["id"] for number in (41, 42, "43")}
    assert len(ids) == 3
    assert all(uuid.UUID(identifier).version == 5 for identifier in ids)
    assert read(id=41)["id"] == read(id="41", patient={"email": "jane@mail.example"})["id"] in ids


def test_the_same_number_from_two_senders_is_two_records() -> None:
    assert read(make_hook("desk"))["id"] != read(make_hook("phone"))["id"]


def test_an_id_that_is_a_uuid_stays_as_it_is() -> None:
    """So a booking that a browser told of as well counts once."""
    written = "0B9F9C3E-4a63-4a77-9d52-5d8f0b9a7c11"
    assert read(id=written)["id"] == written
    assert read(id=written.replace("-", ""))["id"] != written.replace("-", "")


@pytest.mark.parametrize("identifier", [None, True, 4.5, ""])
def test_a_record_without_an_id_is_refused_by_name(identifier: Any) -> None:
    with pytest.raises(NotAnEventError) as refused:
        read(id=identifier)
    assert refused.value.malformed == Malformed("id", "missing")


@pytest.mark.parametrize(("target", "field"), [("at", "booked_at"), ("click.at", "clicked_at")])
@pytest.mark.parametrize("moment", ["soon", "2026-11-24T15:00:00", 5, True, 1.5])
def test_a_time_that_cannot_be_read_is_refused_by_its_name_in_the_contract(
    target: str, field: str, moment: Any
) -> None:
    with pytest.raises(NotAnEventError) as refused:
        read(**{field: moment})
    assert refused.value.malformed == Malformed(target, "moment")


def test_times_are_told_in_milliseconds_however_they_were_written() -> None:
    document = read(booked_at="2026-11-24T15:07:12Z", clicked_at=NOW // 1000)
    assert (document["at"], document["click"]["at"]) == (NOW, NOW)


@pytest.mark.parametrize(
    ("paid", "value"),
    [("180.00", 180.0), ("180", 180.0), (180, 180), (99.5, 99.5), ("about 180", "about 180"), ("1e9", "1e9")],
)
def test_a_value_that_was_written_as_text_is_a_number_where_it_is_one(paid: Any, value: Any) -> None:
    """What is no number goes on as it is, and the sanitizer drops and counts it; the record is not lost for it."""
    read_value = read(paid=paid)["value"]
    assert (read_value, type(read_value)) == (value, type(value))


def test_digits_in_a_contact_field_are_text_and_keep_their_zeros() -> None:
    document = read(patient={"phone": 4155550132, "zip": "02134"}, gclid=17)
    assert document["user"] == {"phone": "4155550132", "zip": "02134"}
    assert document["click"] == {"gclid": 17}, "a click id that is no text is none: it is dropped and counted later"


@pytest.mark.parametrize("odd", [True, 4.5])
def test_a_contact_field_of_another_type_is_not_made_into_text(odd: Any) -> None:
    """It is then dropped and counted like any other value of the wrong type, and never hashed."""
    assert read(patient={"email": odd})["user"] == {"email": odd}


def test_an_object_or_a_list_where_a_value_belongs_is_not_read() -> None:
    assert "user" not in read(patient={"email": ["jane@mail.example"], "phone": {"home": "4155550132"}})


@pytest.mark.parametrize(
    ("ads", "says", "given"),
    [
        ("yes", ("yes",), True),
        ("Yes", ("yes",), False),
        ("no", ("yes",), False),
        (True, ("true",), True),
        (False, ("true",), False),
        (False, ("false",), True),
        (True, ("false",), False),
        (True, ("1", "True", "yes"), False),
        (1, ("1",), True),
        (0, ("1",), False),
        (2, ("1",), False),
        (1.5, ("1.5",), True),
        (2.5, ("1.5",), False),
        (float("inf"), ("inf",), False),
        (["new", "yes"], ("yes",), True),
        (["new", True], ("true",), True),
        ([["yes"]], ("yes",), False),
        ([], ("yes",), False),
        ({"yes": True}, ("yes", "true"), False),
        (None, ("None", "null", ""), False),
    ],
)
def test_consent_is_one_of_the_agreed_words_and_nothing_that_resembles_one(
    ads: Any,
    says: tuple[str, ...],
    given: bool,  # noqa: FBT001 - a row of the table above
) -> None:
    consent = read(make_hook(says=says), ads=ads, asked_at=NOW - DAY)["consent"]
    assert consent == {"marketing": given, "analytics": given, "at": NOW - DAY}


def test_consent_without_a_date_that_can_be_read_carries_none() -> None:
    """The sanitizer then withholds the event: consent must be dated."""
    for asked_at in ("last week", "", None, True):
        assert read(ads="yes", asked_at=asked_at)["consent"] == {"marketing": True, "analytics": True}


def test_a_hook_that_is_for_some_records_leaves_the_others_alone() -> None:
    """Every field that it names must hold one of its words."""
    hook = make_hook(kind=("visit", "consultation"), kept=("true",))
    assert is_meant(hook, {"kind": "visit", "kept": True})
    assert is_meant(hook, {"kind": "consultation", "kept": "true"})
    for other in ({"kind": "visit"}, {"kept": True}, {"kind": "bill", "kept": True}, {"kind": "visit", "kept": False}):
        assert not is_meant(hook, other)
    assert is_meant(make_hook(), {})
