"""What the browser script weighs beside its peers; `python -m tests.collector.sizes` writes the README's table."""

import gzip
import sys
from pathlib import Path

import msgspec

from airlock.policy import ConsentTool, Policy, Shim
from airlock.policy_file import read_policy
from collector.build import Built, build

NAMES = {
    Shim.FBQ: "Meta's `fbq`",
    Shim.GTAG: "Google's `gtag` and `dataLayer`",
    Shim.TTQ: "TikTok's `ttq`",
    Shim.LINTRK: "LinkedIn's `lintrk`",
    Shim.UETQ: "Microsoft's `uetq`",
}
# Measured on 2026-11-23 from the published packages, gzip at 9 and brotli at 11: name, bytes, gzip, brotli.
PEERS = (
    ("plausible-tracker 0.3.9", 2348, 1132, 947),
    ("umami tracker (c0ea3aefb)", 4774, 2347, 2071),
    ("@plausible-analytics/tracker 0.4.6", 6101, 2587, 2292),
    ("@walkeros collector and web-source-browser 4.2.1", 76364, 26067, 23162),
    ("@snowplow/browser-tracker 4.10.1", 51358, 17423, 15642),
    ("@jitsu/js 1.11.0", 82003, 29971, 25744),
    ("@segment/analytics-next 1.84.3", 114551, 31322, 27445),
    ("mixpanel-browser 2.83.0", 104067, 33579, 29489),
    ("@rudderstack/analytics-js 3.34.1", 116024, 34396, 30347),
    ("posthog-js 1.449.2", 379782, 122168, 102457),
)


def weigh(policy: Policy, *parts: Shim | ConsentTool) -> tuple[int, int, int]:
    """Bytes, with gzip and with brotli, of the script with these parts."""
    asked = msgspec.structs.replace(
        policy,
        shims=tuple(part for part in parts if isinstance(part, Shim)),
        consent_tools=tuple(part for part in parts if isinstance(part, ConsentTool)),
    )
    built: Built = build(asked)
    return len(built.script), len(gzip.compress(built.script, 9, mtime=0)), len(built.brotli or b"")


def render(policy: Policy) -> str:
    """The table, as Markdown."""
    core = weigh(policy)

    def more(*parts: Shim | ConsentTool) -> tuple[int, int, int]:
        one, two, three = weigh(policy, *parts)
        return one - core[0], two - core[1], three - core[2]

    tools = [more(tool) for tool in ConsentTool]
    low, high = ([pick(tool[place] for tool in tools) for place in range(3)] for pick in (min, max))
    rows = [_row("**`airlock.js`**: events, consent, click ids, retry, forms, page views", core)]
    rows += [_row(f"and {NAMES[shim]}", more(shim), "+") for shim in Shim]
    rows += [f"| and a consent tool | {' | '.join(f'+{a} to {b}' for a, b in zip(low, high, strict=True))} |"]
    rows += [_row(name, sizes) for name, *sizes in PEERS]
    return "\n".join(["| script | bytes | gzip | brotli |", "|---|---:|---:|---:|", *rows])


def _row(name: str, sizes: tuple[int, ...] | list[int], sign: str = "") -> str:
    return f"| {name} | {' | '.join(f'{sign}{size:,}' for size in sizes)} |"


if __name__ == "__main__":
    sys.stdout.write(render(read_policy(Path(__file__).parents[2] / "functions" / "clinic.toml")) + "\n")
