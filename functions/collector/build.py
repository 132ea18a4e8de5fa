"""A policy and the parts a site asks for in, the browser script out, readable or minified. Build time only."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from airlock.address_book import Destination
from airlock.policy import Page, Policy, Surface

_HERE = Path(__file__).parent
_ESBUILD = Path("node_modules", "esbuild", "bin", "esbuild")
_PARTS = "  // __PARTS__\n"
_SYNTAX = re.compile(r"[\^$\\.*+?()\[\]{}|/]")
# A path that the site's own server could read another way: a second layer of encoding, a control character, a segment
# that ends in a dot or a space. Plain dot segments are gone before a script sees the path.
_AMBIGUOUS = r"[;\\\p{Cc}]|%[\da-f]{2}|[. ](\/|$)"


class Shim(StrEnum):
    """A pixel whose calls the site goes on making."""

    FBQ = "fbq"
    GTAG = "gtag"
    TTQ = "ttq"
    LINTRK = "lintrk"
    UETQ = "uetq"


class Adapter(StrEnum):
    """A consent tool whose answer is handed on."""

    CONSENT_MODE = "consent-mode"
    ONETRUST = "onetrust"
    COOKIEBOT = "cookiebot"
    TCF = "tcf"
    GPP = "gpp"
    COOKIEYES = "cookieyes"
    COMPLIANZ = "complianz"


class EsbuildError(RuntimeError):
    """The script could not be minified. The readable one is never served in its place without being asked for."""


def assemble(policy: Policy, shims: Iterable[Shim] = (), adapters: Iterable[Adapter] = ()) -> str:
    """The readable script, with the policy's words in it and no part that was not asked for."""
    chosen = list(dict.fromkeys(shims))
    files = [f"consent/{adapter}.js" for adapter in dict.fromkeys(adapters)] + [f"shims/{shim}.js" for shim in chosen]
    parts = [f"{{\n{(_HERE / file).read_text('utf-8')}}}\n" for file in files]
    if chosen:
        parts.insert(0, (_HERE / "shims" / "take.js").read_text("utf-8"))
    granted = " && ".join(f"consent[{json.dumps(category)}] === true" for category in policy.consent_required)
    names = json.dumps(_list_names(policy, with_linkedin=Shim.LINTRK in chosen), ensure_ascii=False)
    text = (_HERE / "airlock.js").read_text("utf-8").replace(_PARTS, "".join(parts))
    head, found, code = text.partition("\n(() => {\n")  # the words stand in the comment above, too
    code = code.replace("__PRIVATE_PAGES__", f"/{private_pages(policy.pages)}/u").replace("__GRANTED__", f"({granted})")
    return head + found + code.replace("__EVENTS__", names)


def _list_names(policy: Policy, *, with_linkedin: bool) -> list[list[str]]:
    """Each event's name, then what else a site's tags may call it: its aliases, and LinkedIn's id of its conversion."""
    rule = policy.rules.get(Destination.LINKEDIN)
    ids = rule.events if rule is not None and with_linkedin else {}
    return [[event.name, *event.aliases, *filter(None, [ids.get(event.name)])] for event in policy.events]


def write_stub(shims: Iterable[Shim] = ()) -> str:
    """What stands in the page before the script, so that calls made until it is there are kept; readable."""
    names = ["airlock", *dict.fromkeys(shims)]
    return "".join((_HERE / "stubs" / f"{name}.js").read_text("utf-8") for name in names)


def private_pages(pages: Iterable[Page]) -> str:
    """The source of a JavaScript pattern (flag u) that finds a decoded, lower-cased path of a private page.

    The first rule that matches a path decides, as in the sanitizer: a private rule holds where no earlier one is open.
    """
    opened: list[str] = []
    private: list[str] = []
    for page in pages:
        pattern = _translate(page.match)
        if page.surface is not Surface.PRIVATE:
            opened.append(pattern)
        elif opened:
            private.append(rf"(?!(?:{'|'.join(opened)})\/*$){pattern}")
        else:
            private.append(pattern)
    return rf"{_AMBIGUOUS}|^(?:{'|'.join(private)})\/*$" if private else _AMBIGUOUS


def _translate(match: str) -> str:
    """One rule's path as a pattern. Slashes may stand several in a row in a path that was not merged."""
    segments = [segment for segment in match.lower().split("/") if segment]
    if segments == ["*"]:
        return r"\/+[^/]*"
    return "".join(_translate_segment(segment) for segment in segments)


def _translate_segment(segment: str) -> str:
    if segment == "**":
        return r"(?:\/+[^/]+)*"
    if segment == "*":
        return r"\/+[^/]+"
    return r"\/+" + "[^/]*".join(_SYNTAX.sub(r"\\\g<0>", part) for part in segment.split("*"))


def install_esbuild(cache: Path) -> Path:
    """The esbuild that `package-lock.json` pins by hash, installed under `cache` unless it is there.

    Raises:
        EsbuildError: npm is missing or could not install it.
    """
    executable = cache / _ESBUILD
    lock = (_HERE / "package-lock.json").read_bytes()
    kept = cache / "package-lock.json"
    if executable.exists() and kept.exists() and kept.read_bytes() == lock:
        return executable
    npm = shutil.which("npm")
    if npm is None:
        raise EsbuildError(
            "npm is missing: minifying needs Node.js; `airlock dev` serves the readable script without it"
        )
    cache.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache.parent) as beside:
        made = Path(beside) / "made"
        made.mkdir()
        shutil.copy(_HERE / "package.json", made)
        (made / "package-lock.json").write_bytes(lock)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(made)]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True, check=False)  # noqa: S603 - constant words
        if done.returncode or not (made / _ESBUILD).exists():
            raise EsbuildError(f"npm could not install esbuild: {done.stderr.strip()}")
        shutil.rmtree(cache, ignore_errors=True)
        try:
            made.rename(cache)
        except OSError:  # another build put its own there just now, from the same lock
            if not executable.exists():
                raise
    return executable


def minify(source: str, esbuild: Path) -> str:
    """The script as it is served.

    Raises:
        EsbuildError: node is missing, or the source is not JavaScript.
    """
    node = shutil.which("node")
    if node is None:
        raise EsbuildError("node is missing: minifying needs Node.js")
    options = ["--minify", "--target=es2018", "--charset=utf8", "--legal-comments=none"]
    command = [node, str(esbuild), *options]
    done = subprocess.run(command, input=source, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 - our own
    if done.returncode or not done.stdout:
        raise EsbuildError(f"esbuild could not minify the script: {done.stderr.strip()}")
    return done.stdout
