"""The browser script as it is served: its bytes in every encoding, their ETag and how long they may be kept."""

import base64
import hashlib
import zlib
from collections.abc import Mapping

from airlock.files import StrPath, read_bytes
from airlock.policy import Policy
from sanitizer.answer import Answer, answer

# A new private page has to reach the browsers soon; under an address that holds the script's own hash nothing changes.
_SHORTLY = "public, max-age=300, stale-while-revalidate=3600"
_FOR_GOOD = "public, max-age=31536000, immutable"
VERSION_DIGITS = 16
_GZIP = 31  # zlib's word for a gzip header and trailer around its widest window
_UNBUILT = b"__GRANTED__"  # a place where the policy's own words have to stand


class Script:
    """One script, the same for every visitor. `brotli`: the source compressed at build; Python itself has no brotli."""

    def __init__(self, source: bytes, brotli: bytes | None = None) -> None:
        self.version = hashlib.sha256(source).hexdigest()[:VERSION_DIGITS]
        self._encoded = {"gzip": zlib.compress(source, wbits=_GZIP), "identity": source}
        if brotli is not None:
            self._encoded = {"br": brotli, **self._encoded}

    def serve(self, headers: Mapping[str, str], query: str) -> Answer:
        """200 with the script, or 304 where the browser has it. `v=` with this script's version lets it be kept."""
        encoding = _choose(headers.get("accept-encoding", ""), list(self._encoded))
        known = self.version in [_bare(tag) for tag in headers.get("if-none-match", "").split(",")]
        is_current = f"v={self.version}" in query.split("&")
        served = answer(304 if known else 200)
        if not known and encoding == "identity":
            served["body"] = self._encoded[encoding].decode("utf-8")
        elif not known:
            served |= {"body": base64.b64encode(self._encoded[encoding]).decode("ascii"), "isBase64Encoded": True}
        served["headers"] = {
            "content-type": "text/javascript; charset=utf-8",
            "cache-control": _FOR_GOOD if is_current else _SHORTLY,
            "etag": f'"{self.version}-{encoding}"',
            "vary": "accept-encoding",
            "access-control-allow-origin": "*",  # public code, so that a page can check its integrity
            "cross-origin-resource-policy": "cross-origin",
            "x-content-type-options": "nosniff",
        }
        if not known and encoding != "identity":
            served["headers"]["content-encoding"] = encoding
        return served


def _bare(tag: str) -> str:
    """The version in an entity tag: all encodings of one script are the same script."""
    return tag.strip().removeprefix("W/").strip('"').partition("-")[0]


def _choose(accepted: str, offered: list[str]) -> str:
    """The first encoding offered that the browser accepts; without a word from it, none."""
    welcome: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, *parameters = (field.strip() for field in part.split(";"))
        welcome[name] = not any(_is_zero(parameter) for parameter in parameters)
    return next((encoding for encoding in offered if welcome.get(encoding, welcome.get("*"))), "identity")


def _is_zero(parameter: str) -> bool:
    name, _, weight = parameter.partition("=")
    return name.strip() == "q" and weight.strip().strip("0") in {"", "."}


def open_script(root: StrPath, policy: Policy) -> Script:
    """The script under `root`: as it was built for this policy, else readable with the policy's words put in."""
    source = read_bytes(root, "collector", "airlock.js")
    if _UNBUILT not in source:
        try:
            return Script(source, read_bytes(root, "collector", "airlock.js.br"))
        except FileNotFoundError:
            return Script(source)
    from collector.assembly import assemble  # noqa: PLC0415 - a Lambda's zip holds the built script and needs no builder

    return Script(assemble(policy).encode())
