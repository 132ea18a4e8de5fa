"""`airlock snippet`: a policy in, what a site developer pastes and what has to be removed out."""

import argparse
import json
import sys
import textwrap

from airlock.policy import Policy
from collector.assembly import write_stub
from collector.build import CACHE, build, build_readable
from collector.esbuild import EsbuildError, install_esbuild, minify
from workbench.bench import open_policy
from workbench.complaint import Complaint
from workbench.pixel_tags import ALSO, PIXELS
from workbench.tags import Tags

_PARTS = ("tag", "csp", "gtm", "wordpress", "checklist")
_WIDTH = 100


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--policy", metavar="FILE", help="a policy in TOML (default: the repository's own)")
    parser.add_argument("--only", choices=_PARTS, help="this part alone, as it is for a file: gtm > airlock.tpl")
    parser.add_argument(
        "--no-integrity",
        action="store_true",
        help="a tag that loads whatever script is deployed: no version, no integrity",
    )
    parser.add_argument("--readable", action="store_true", help="for a deployment that ships the script unminified")
    parser.add_argument("--json", action="store_true", help="all parts as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print."""
    tags = _make(open_policy(arguments.policy), readable=arguments.readable, pinned=not arguments.no_integrity)
    if arguments.json:
        sys.stdout.write(json.dumps(_as_document(tags)) + "\n")
        return 0
    parts = {
        "tag": tags.tag,
        "csp": "\n".join(f"{directive} {' '.join(sources)}" for directive, sources in tags.sources.items()),
        "gtm": tags.tag_manager,
        "wordpress": tags.wordpress,
        "checklist": _checklist(tags),
    }
    sys.stdout.write(parts[arguments.only].rstrip() + "\n" if arguments.only else _write_page(tags, parts))
    return 0


def _make(policy: Policy, *, readable: bool, pinned: bool) -> Tags:
    if readable:
        return Tags(policy, build_readable(policy), write_stub(policy.shims).strip(), pinned)
    try:
        stub = minify(write_stub(policy.shims), install_esbuild(CACHE)).decode("utf-8").strip()
        return Tags(policy, build(policy), stub, pinned)
    except EsbuildError as error:
        raise Complaint(f"{error}; --readable does without, where the readable script is deployed") from None


def _as_document(tags: Tags) -> dict[str, object]:
    script = {
        "url": tags.url,
        "version": tags.version,
        "integrity": tags.built.integrity,
        "bytes": len(tags.built.script),
        "brotli_bytes": None if tags.built.brotli is None else len(tags.built.brotli),
        "shims": tags.policy.shims,
        "consent": tags.policy.consent_tools,
    }
    return {
        "script": script,
        "tag": tags.tag,
        "csp": tags.sources,
        "csp_needless": tags.needless_sources,
        "gtm": tags.tag_manager,
        "wordpress": tags.wordpress,
        "checklist": _checklist(tags),
    }


def _write_page(tags: Tags, parts: dict[str, str]) -> str:
    policy = tags.policy
    size = f"{len(tags.built.script):,} bytes"
    if tags.built.brotli is not None:
        size += f", {len(tags.built.brotli):,} on the wire"
    shims = ", ".join(policy.shims) or "no pixel's"
    tools = ", ".join(policy.consent_tools) or "no tool's: the site calls airlock.consent({ ... }) itself"
    pinning = (
        "A browser runs exactly this script. A deployment that changes it (policy, shims, a new release) refuses the "
        "old tag, and nothing is measured until the page has the new one: change both together, or use --no-integrity."
        if tags.pinned
        else "It loads whatever script is deployed."
    )
    return "\n".join(
        [
            f"{policy.name}: script {tags.version}, {size}",
            f"It takes {shims} calls, and consent from {tools}.",
            "",
            *_section("1. The tag", "At the top of <head> on every page, before anything that calls it.", pinning),
            parts["tag"],
            "",
            *_section("2. Content-Security-Policy", "Add these sources to the directives that the site has."),
            parts["csp"],
            "",
            *_section(
                "3. WordPress", "Instead of 1: airlock snippet --only wordpress > wp-content/mu-plugins/airlock.php"
            ),
            parts["wordpress"].rstrip(),
            "",
            *_section(
                "4. Google Tag Manager",
                "Instead of 1, where the container has to stay for a while: airlock snippet --only gtm > airlock.tpl, "
                "then Templates > New > Import.",
                "Tag Manager itself is loaded from Google, which learns every page's address: remove it in the end.",
            ),
            "",
            *_section("5. What to remove, and how to see that it is gone"),
            parts["checklist"],
            "",
        ]
    )


def _section(heading: str, *paragraphs: str) -> list[str]:
    lines = [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, _WIDTH)]
    return [f"── {heading} {'─' * _WIDTH}"[:_WIDTH], *lines, *([""] if lines else [])]


def _checklist(tags: Tags) -> str:
    lines = [
        "Keep the site's own calls that a shim takes; remove what loads the pixels. In the pages' source, find:",
        "",
    ]
    for pixel in PIXELS:
        lines += [f"[ ] {pixel.vendor}", *(f"      {word}" for word in pixel.find)]
    lines += ["[ ] " + line for also in ALSO for line in textwrap.wrap(also, _WIDTH, subsequent_indent="    ")]
    lines += [
        "[ ] These hosts in the Content-Security-Policy:",
        *textwrap.wrap(" ".join(tags.needless_sources), _WIDTH, initial_indent="      ", subsequent_indent="      "),
        "",
        "Then, in a private window with the developer tools open at Network:",
        f"[ ] every request goes to {' '.join(tags.policy.sites)} or {tags.origin}",
        "[ ] before the visitor has chosen, nothing goes to /v1/events",
        "[ ] after a yes, a booking or a request is one POST to /v1/events, answered with 204",
        "[ ] after a no, and on every private page, there is none",
        "[ ] with data-debug on the script tag, the console says of each call: taken, or dropped and why",
    ]
    return "\n".join(lines)
