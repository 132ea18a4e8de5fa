"""What is built: its size, its parts, and what happens where it cannot be built."""

import shutil
import subprocess
from pathlib import Path

import pytest

from airlock.policy import Page, Policy, Surface
from collector import build
from collector.build import Adapter, EsbuildError, Shim, assemble, install_esbuild, minify, private_pages, write_stub
from tests.collector.conftest import ROOT, Script

CORE_BYTES = 1132
SHIM_BYTES = 600


def measure(text: str) -> int:
    brotli = pytest.importorskip("brotli", reason="brotli is missing, so nothing can be measured")
    return len(brotli.compress(text.encode(), quality=11))


def test_the_core_is_small(script: Script) -> None:
    """Core with consent, click ids, retry and forms: at most 1,132 bytes of brotli."""
    assert measure(script()) <= CORE_BYTES


@pytest.mark.parametrize("shim", list(Shim))
def test_a_shim_is_small(script: Script, shim: Shim) -> None:
    assert measure(script(shim)) - measure(script()) <= SHIM_BYTES


@pytest.mark.parametrize("adapter", list(Adapter))
def test_a_consent_adapter_is_small(script: Script, adapter: Adapter) -> None:
    assert measure(script(adapter)) - measure(script()) <= SHIM_BYTES


def test_parts_are_there_only_when_they_are_asked_for(policy: Policy) -> None:
    words = {"fbq", "dataLayer", "ttq", "lintrk", "uetq", "OneTrust", "Cookiebot", "__tcfapi", "__gpp", "cmplz", "Cky"}
    assert not [word for word in words if word in assemble(policy)]
    everything = assemble(policy, Shim, Adapter)
    assert not [word for word in words if word not in everything]


def test_the_policys_words_are_all_put_in(policy: Policy) -> None:
    code = assemble(policy, Shim, Adapter).partition("\n(() => {\n")[2]
    assert "__PRIVATE_PAGES__" not in code
    assert "__GRANTED__" not in code
    assert "__EVENTS__" not in code
    assert "__PARTS__" not in code
    assert "Booked CoolSculpting" in code
    assert '(consent["marketing"] === true)' in code


def test_no_source_names_what_it_may_never_read() -> None:
    sources = "".join(file.read_text("utf-8") for file in (ROOT / "functions" / "collector").rglob("*.js"))
    for word in (
        "document.title",
        "referrer",
        "document.cookie",
        "getSelection",
        "localStorage",
        "sessionStorage",
        "eval(",
    ):
        found = [line for line in sources.splitlines() if word in line and not line.lstrip().startswith("//")]
        assert found == []


def test_the_first_rule_that_matches_decides() -> None:
    pages = [Page("/portal/open/**", Surface.GENERAL), Page("/portal/**", Surface.PRIVATE)]
    assert private_pages(pages).endswith(r"|^(?:(?!(?:\/+portal\/+open(?:\/+[^/]+)*)\/*$)\/+portal(?:\/+[^/]+)*)\/*$")


def test_a_stub_holds_what_was_asked_for() -> None:
    assert "fbq" not in write_stub()
    assert "fbq" in write_stub([Shim.FBQ])


def test_a_broken_source_is_no_script(esbuild: Path) -> None:
    with pytest.raises(EsbuildError, match="could not minify"):
        minify("const = ;", esbuild)


def test_without_npm_nothing_is_served_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build.shutil, "which", lambda _: None)
    with pytest.raises(EsbuildError, match="npm is missing"):
        install_esbuild(tmp_path)
    with pytest.raises(EsbuildError, match="node is missing"):
        minify("1", tmp_path)


def test_the_lock_names_no_registry() -> None:
    lock = (ROOT / "functions" / "collector" / "package-lock.json").read_text("utf-8")
    assert "integrity" in lock
    assert "resolved" not in lock
    assert "http" not in lock


@pytest.mark.parametrize("form", ["readable", "minified"])
def test_the_script_with_every_part_is_javascript(policy: Policy, script: Script, tmp_path: Path, form: str) -> None:
    text = assemble(policy, Shim, Adapter) if form == "readable" else script(*Shim, *Adapter)
    (tmp_path / "airlock.js").write_text(text, "utf-8")
    node = shutil.which("node") or pytest.skip("node is missing")
    command = [node, "--check", str(tmp_path / "airlock.js")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stderr
