"""One file per ad network, every file with the same parts in the same order."""

from collections.abc import Mapping
from types import MappingProxyType

from airlock.address_book import Destination
from forwarder.adapter import Adapter
from forwarder.destinations import ga4, google, linkedin, meta, microsoft, pinterest, reddit, snapchat, tiktok

DESTINATIONS: Mapping[Destination, Adapter] = MappingProxyType(
    {
        network.ADAPTER.destination: network.ADAPTER
        for network in (meta, google, ga4, tiktok, linkedin, microsoft, reddit, pinterest, snapchat)
    }
)
