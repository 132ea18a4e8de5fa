"""A policy in, the readable browser script out: the policy's words in it, and its parts. Build time only."""

import json
from collections.abc import Iterable
from pathlib import Path

from airlock.address_book import Destination
from airlock.policy import Policy, Shim
from collector.private_pages import write_pattern

_HERE = Path(__file__).parent
_PARTS = "  // __PARTS__\n"


def assemble(policy: Policy) -> str:
    """The readable script: its core, and no shim or consent tool that the policy does not name."""
    files = [f"consent/{tool}.js" for tool in policy.consent_tools] + [f"shims/{shim}.js" for shim in policy.shims]
    parts = [f"{{\n{(_HERE / file).read_text('utf-8')}}}\n" for file in files]
    if policy.shims:
        parts.insert(0, (_HERE / "shims" / "take.js").read_text("utf-8"))
    granted = " && ".join(f"consent[{json.dumps(category)}] === true" for category in policy.consent_required)
    words = {
        _PARTS: "".join(parts),
        "__PRIVATE_PAGES__": f"/{write_pattern(policy.pages)}/u",
        "__GRANTED__": f"({granted})",
        "__EVENTS__": json.dumps(_list_names(policy), ensure_ascii=False),
    }
    text = (_HERE / "airlock.js").read_text("utf-8")
    for place, word in words.items():
        text = text.replace(place, word)
    return text


def _list_names(policy: Policy) -> list[list[str]]:
    """Each event's name, then what else a site's tags may call it: its aliases, and LinkedIn's id of its conversion."""
    rule = policy.rules.get(Destination.LINKEDIN)
    ids = rule.events if rule is not None and Shim.LINTRK in policy.shims else {}
    return [[event.name, *event.aliases, *filter(None, [ids.get(event.name)])] for event in policy.events]


def write_stub(shims: Iterable[Shim] = ()) -> str:
    """What stands in the page before the script, so that calls made until it is there are kept; readable."""
    names = ["airlock", *shims]
    return "".join((_HERE / "stubs" / f"{name}.js").read_text("utf-8") for name in names)
