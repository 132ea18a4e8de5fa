"""Times on quarter hours, and how long an event may be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.address_book import ADDRESS_BOOK, DAY_S, Destination
from airlock.clean import Source, longest_s, round_up


@pytest.mark.parametrize(
    ("epoch_ms", "rounded"),
    [
        (1_795_533_300_000, 1_795_533_300),
        (1_795_533_300_001, 1_795_534_200),
        (1_795_533_299_999, 1_795_533_300),
        (1_795_532_400_000, 1_795_532_400),
        (0, 0),
    ],
)
def test_a_time_is_rounded_up_and_one_on_a_quarter_hour_is_kept(epoch_ms: int, rounded: int) -> None:
    assert round_up(epoch_ms) == rounded


@given(st.integers(1_577_836_800_000, 4_102_444_800_000))
def test_no_time_leaves_that_is_not_a_quarter_hour_to_come(epoch_ms: int) -> None:
    rounded = round_up(epoch_ms)
    assert rounded % 900 == 0
    assert 0 <= rounded * 1000 - epoch_ms < 900_000


def test_an_event_is_told_within_the_networks_own_window() -> None:
    for to in Destination:
        assert longest_s(to, Source.WEBSITE) == ADDRESS_BOOK[to].max_age_s
        assert longest_s(to, Source.IN_PERSON) >= ADDRESS_BOOK[to].max_age_s
    assert longest_s(Destination.META, Source.IN_PERSON) == 62 * DAY_S
    assert longest_s(Destination.META, Source.CRM) == 7 * DAY_S
