"""One file per ad network, every file with the same parts in the same order."""

from collections.abc import Mapping
from types import MappingProxyType

from airlock.address_book import Destination
from forwarder.adapter import Adapter
from forwarder.destinations import ga4, google, linkedin, meta, tiktok

DESTINATIONS: Mapping[Destination, Adapter] = MappingProxyType(
    {adapter.destination: adapter for adapter in (network.ADAPTER for network in (meta, google, ga4, tiktok, linkedin))}
)
