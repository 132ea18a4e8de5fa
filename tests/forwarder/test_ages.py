"""How old an event may be is said twice, to the sanitizer and by each network's file; both say the same."""

import pytest

from airlock.clean import Source, longest_s
from forwarder.adapter import Adapter
from forwarder.destinations import DESTINATIONS


@pytest.mark.parametrize("adapter", DESTINATIONS.values(), ids=lambda adapter: str(adapter.destination))
@pytest.mark.parametrize("source", Source)
def test_the_sanitizer_withholds_as_expired_what_the_forwarder_would(adapter: Adapter, source: Source) -> None:
    at_most = adapter.other_ages_s.get(source, adapter.max_age_s)
    assert longest_s(adapter.destination, source) == at_most
