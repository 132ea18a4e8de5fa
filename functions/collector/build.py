"""A policy in, the browser script as it goes into the sanitizer's zip out. Build time only."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from airlock.policy import Policy
from collector.assembly import assemble
from collector.esbuild import EsbuildError, compress, find_esbuild, install_esbuild, minify

CACHE = Path(__file__).parents[2] / "build" / "collector"


@dataclass(frozen=True)
class Built:
    """One policy's script, the same bytes wherever it is built, and its brotli form where that was made, too."""

    script: bytes
    brotli: bytes | None = None

    @property
    def files(self) -> dict[str, bytes]:
        """What belongs into the zip, by its path there; the script takes the place of its own source."""
        compressed = {} if self.brotli is None else {"collector/airlock.js.br": self.brotli}
        return {"collector/airlock.js": self.script, **compressed}

    @property
    def integrity(self) -> str:
        """What a page's tag says of the script, so that a browser refuses any other (W3C Subresource Integrity)."""
        return f"sha384-{base64.b64encode(hashlib.sha384(self.script).digest()).decode('ascii')}"


def build(policy: Policy, cache: Path = CACHE) -> Built:
    """Build the minified script; esbuild is installed under `cache` the first time.

    Raises:
        EsbuildError: Node.js is missing, or npm could not install esbuild.
    """
    script = minify(assemble(policy), install_esbuild(cache))
    return Built(script, compress(script))


def build_at_hand(policy: Policy, cache: Path = CACHE) -> Built:
    """What this machine can build with nothing to be installed: the minified script, else the readable one."""
    if find_esbuild(cache) is None:
        return build_readable(policy)
    try:
        return build(policy, cache)
    except EsbuildError:  # Node.js is gone since
        return build_readable(policy)


def build_readable(policy: Policy) -> Built:
    """The script as it stands in the repository, with the policy's words put in; it needs nothing but Python."""
    return Built(assemble(policy).encode("utf-8"))
