"""What runs in the clinic's account is what was reviewed: each zip's files, their hashes, and nothing else."""

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from airlock.policy import Policy, load
from infra import bundling
from infra.bundling import (
    CANARY,
    FORWARDER,
    FUNCTIONS,
    KEPT_ZIPS,
    POLICY,
    SANITIZER,
    SCRIPT,
    Architecture,
    Bundle,
    BundlingError,
    build,
)
from infra.settings import read_settings
from infra.zips import build_zips
from tests.infra.conftest import POLICY as CLINIC

ROOT = FUNCTIONS.parent
BUNDLES = (SANITIZER, FORWARDER)


@pytest.fixture(scope="module")
def zips() -> Mapping[str, Path]:
    return build_zips(read_settings({"script": "readable", "policy": str(CLINIC)}))


def _names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def _pins(lines: list[str]) -> dict[str, str]:
    return dict(line.split("==") for line in lines)


def _locked(bundle: Bundle) -> dict[str, str]:
    text = bundle.requirements.read_text("utf-8")
    return _pins(re.findall(r"^([A-Za-z0-9._-]+==[^ ;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_the_lock_file_holds_exactly_what_the_project_file_pins(bundle: Bundle) -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    assert _pins(groups[bundle.name]).items() <= _locked(bundle).items()


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_every_locked_dependency_has_hashes_and_no_place_is_named(bundle: Bundle) -> None:
    text = bundle.requirements.read_text("utf-8")
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in entry
    assert not re.search(r"https?:|index-url|find-links|@ |#", text)


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_a_zip_holds_its_sources_its_dependencies_the_policy_and_nothing_else(
    zips: Mapping[str, Path], bundle: Bundle
) -> None:
    names = set(_names(zips[bundle.name]))
    ours = {path.as_posix() for path in bundle.sources()} | {POLICY}
    assert ours <= names
    folders = {name.split("/")[0] for name in names - ours if not name.startswith(bundle.packages)}
    distributions = {name.rpartition("-")[0].rpartition("-")[0] for name in folders if name.endswith(".dist-info")}
    expected = {re.sub(r"[-.]+", "_", name) for name in _locked(bundle)}
    assert distributions == expected
    # What a distribution calls its own folder, where it is not the distribution's name.
    aliases = {"aws_lambda_powertools", "google", "typing_extensions.py", "__pycache__", "pyasn1_modules"}
    assert {name for name in folders if not name.endswith(".dist-info")} <= expected | aliases


def test_no_zip_holds_the_other_side_the_compiler_or_an_aws_client(zips: Mapping[str, Path]) -> None:
    sanitizer, forwarder = (" ".join(_names(zips[bundle.name])) for bundle in BUNDLES)
    assert "forwarder/" not in sanitizer
    assert "sanitizer/" not in forwarder
    assert "collector/" not in forwarder
    for held in (sanitizer, forwarder):
        for word in (
            "workbench",
            "infra/",
            "policy_document",
            "policy_place",
            "policy_table",
            "boto3",
            "botocore",
            "clinic.toml",
            ".lock",
        ):
            assert word not in held
    assert [name for name in sanitizer.split() if name.startswith("collector/") and "pycache" not in name] == [
        "collector/__init__.py",
        "collector/airlock.js",
    ]


def test_the_policy_in_both_zips_is_the_one_that_was_reviewed(zips: Mapping[str, Path], clinic: Policy) -> None:
    for bundle in BUNDLES:
        with zipfile.ZipFile(zips[bundle.name]) as archive:
            assert load(archive.read(POLICY)).digest == clinic.digest


def test_the_script_in_the_zip_holds_the_policys_words(zips: Mapping[str, Path]) -> None:
    with zipfile.ZipFile(zips["sanitizer"]) as archive:
        code = archive.read(SCRIPT).decode().partition("\n(() => {\n")[2]
    assert "consultation" not in code
    assert not re.search(r"__[A-Z_]+__", code)


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_every_module_has_bytecode_that_no_clock_can_make_stale(zips: Mapping[str, Path], bundle: Bundle) -> None:
    with zipfile.ZipFile(zips[bundle.name]) as archive:
        names = set(archive.namelist())
        for name in [name for name in names if name.endswith(".py")]:
            folder, _, module = name.rpartition("/")
            compiled = f"{folder}/__pycache__/{module[:-3]}.cpython-313.pyc".lstrip("/")
            assert compiled in names, f"{name} has no bytecode"
            head = archive.read(compiled)[:8]
            assert head[4] & 0b11 == 0b01, f"{name} is checked against its source at every start"
            if sys.version_info[:2] == (3, 13):
                assert head[:4] == MAGIC_NUMBER


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_the_wheels_are_those_of_the_lambdas_processor(zips: Mapping[str, Path], bundle: Bundle) -> None:
    with zipfile.ZipFile(zips[bundle.name]) as archive:
        libraries = [name for name in archive.namelist() if name.endswith(".so")]
        assert libraries
        for name in libraries:
            assert archive.read(name)[18:20] == b"\xb7\x00", f"{name} is not for aarch64"  # ELF: e_machine


def test_the_zips_are_small(zips: Mapping[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    sizes = {name: path.stat().st_size for name, path in zips.items()}
    with capsys.disabled():
        print({name: f"{size / 1e6:.2f} MB" for name, size in sizes.items()})  # noqa: T201 - a measurement
    assert sizes["sanitizer"] <= 3_000_000
    assert sizes["forwarder"] <= 4_000_000


def test_two_builds_of_one_commit_are_one_zip(tmp_path: Path) -> None:
    """From nothing: the second build has a cache of its own."""
    made = {POLICY: b"{}"}
    first, second = (build(SANITIZER, made, Architecture.X86_64, tmp_path / name) for name in ("a", "b"))
    assert first.name == second.name
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


def test_another_policy_is_another_zip() -> None:
    first, second = (build(SANITIZER, {POLICY: text}, Architecture.X86_64) for text in (b"{}", b"[]"))
    assert first.name != second.name


def test_a_dependency_that_is_not_the_locked_one_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "functions" / "sanitizer"
    folder.mkdir(parents=True)
    locked = SANITIZER.requirements.read_text("utf-8")
    (folder / "requirements.txt").write_text(re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", locked), "utf-8")
    monkeypatch.setattr(bundling, "FUNCTIONS", tmp_path / "functions")
    with pytest.raises(BundlingError, match="uv pip failed"):
        build(SANITIZER, {POLICY: b"{}"}, Architecture.X86_64, tmp_path / "cache")


def test_without_uv_the_build_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(BundlingError, match="uv is missing"):
        build(SANITIZER, {POLICY: b"{}"}, Architecture.X86_64, tmp_path)


def _run_apart(zipped: Path, folder: Path, code: str, *beside: Path) -> None:
    """Run code with what is in a zip and the standard library, and nothing of this project's environment."""
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    paths = [str(folder), *map(str, beside)]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {paths!r}\n{code}"],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    if "wrong ELF class" in done.stderr or "cannot open shared object" in done.stderr:
        pytest.skip("this machine is no x86_64")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def zips_here() -> Mapping[str, Path]:
    """The zips with this machine's wheels in them."""
    return build_zips(read_settings({"script": "readable", "policy": str(CLINIC)}), Architecture.X86_64)


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Lambda runtime brings: boto3, as the project file pins it."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    folder = tmp_path_factory.mktemp("runtime")
    uv = shutil.which("uv")
    assert uv, "uv is needed"
    subprocess.run([uv, "pip", "install", "--quiet", "--target", str(folder), *groups["runtime"]], check=True)
    return folder


def test_the_sanitizers_zip_needs_nothing_beside_it(zips_here: Mapping[str, Path], tmp_path: Path) -> None:
    rare = ["phone_book", "hooks", "conversions", "aws", "aws_wire"]
    modules = [
        "sanitizer.handler",
        *(f"sanitizer.{name}" for name in rare if (FUNCTIONS / "sanitizer" / f"{name}.py").exists()),
    ]
    _run_apart(zips_here["sanitizer"], tmp_path, f"import {', '.join(modules)}")


def test_the_forwarders_zip_needs_the_runtimes_aws_client_and_nothing_else(
    zips_here: Mapping[str, Path], runtime: Path, tmp_path: Path
) -> None:
    """What was left out of its dependencies is never asked for: Google's signature, the ledger and the secrets work."""
    key = tmp_path / "key.pem"
    made = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key.write_bytes(made.private_bytes(*form))
    code = f"""
import forwarder.handler, forwarder.google_tokens
from forwarder.egress import Egress
from forwarder.ledger import DynamoLedger
from aws_lambda_powertools.utilities import parameters
from google.auth import crypt
Egress()
DynamoLedger(object(), "table")
signer = crypt.RSASigner.from_string(open({str(key)!r}).read())
assert len(signer.sign(b"what is signed")) == 256
"""
    _run_apart(zips_here["forwarder"], tmp_path / "zip", code, runtime)


def test_the_canarys_zip_needs_nothing_beside_it(zips_here: Mapping[str, Path], tmp_path: Path) -> None:
    _run_apart(zips_here["canary"], tmp_path, "import canary.handler")


def test_the_cache_forgets_the_zips_of_earlier_code(tmp_path: Path) -> None:
    built = [build(CANARY, {"mark": bytes([number])}, Architecture.X86_64, tmp_path) for number in range(KEPT_ZIPS + 3)]
    assert len(list(tmp_path.glob("*.zip"))) == KEPT_ZIPS
    assert built[-1].exists()
