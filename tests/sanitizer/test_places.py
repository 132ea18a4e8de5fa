"""The names of states and countries: each is written so that it can be found, and each has two letters."""

from collections.abc import Mapping

import pytest

from sanitizer.places import COUNTRY_CODES, STATE_CODES


@pytest.mark.parametrize(("codes", "places"), [(STATE_CODES, 56 + 13), (COUNTRY_CODES, 249)])
def test_every_place_has_a_code_and_every_name_can_be_looked_up(codes: Mapping[str, str], places: int) -> None:
    """Fifty states, the District and five territories; ten provinces and three territories of Canada; ISO 3166-1."""
    assert all(name.isascii() and name.isalpha() and name.islower() for name in codes)
    assert {len(code) for code in codes.values()} == {2}
    assert len(set(codes.values())) == places


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("alabama", "al"),
        ("districtofcolumbia", "dc"),
        ("washington", "wa"),
        ("westvirginia", "wv"),
        ("virginia", "va"),
        ("puertorico", "pr"),
        ("ontario", "on"),
        ("yukon", "yt"),
    ],
)
def test_a_state_or_province_is_found_by_its_name(name: str, code: str) -> None:
    assert STATE_CODES[name] == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("afghanistan", "af"),
        ("unitedstates", "us"),
        ("usa", "us"),
        ("england", "gb"),
        ("cotedivoire", "ci"),
        ("niger", "ne"),
        ("nigeria", "ng"),
        ("zimbabwe", "zw"),
    ],
)
def test_a_country_is_found_by_its_names(name: str, code: str) -> None:
    assert COUNTRY_CODES[name] == code
