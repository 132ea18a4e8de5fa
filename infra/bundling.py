"""What goes into each Lambda's zip: its own packages, its hash-locked dependencies, the compiled policy; no more.

After a change of a Lambda's dependency group, this one line compiles both lock files again:

    for f in sanitizer forwarder; do uv pip compile --group $f --python-version 3.13 \
        --python-platform aarch64-manylinux_2_28 --generate-hashes --no-emit-index-url --no-annotate --no-header \
        --quiet -o functions/$f/requirements.txt; done
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FUNCTIONS = Path(__file__).parent.parent / "functions"
CACHE = FUNCTIONS.parent / "build" / "lambda"
# The policy's compiler runs at build time; a Lambda loads what it wrote.
BUILD_TIME_ONLY = frozenset(
    {
        "airlock/policy_crosscheck.py",
        "airlock/policy_document.py",
        "airlock/policy_entries.py",
        "airlock/policy_hooks.py",
        "airlock/policy_place.py",
        "airlock/policy_table.py",
    }
)
POLICY = "policy.json"
SCRIPT = "collector/airlock.js"
PYTHON = "3.13"
KEPT_ZIPS = 8
# What says how it was installed here, which differs from machine to machine.
_OF_THE_INSTALLATION = (
    ".lock",
    "bin",
    *(f"*.dist-info/{name}" for name in ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json")),
)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name; the same in every build


class Architecture(StrEnum):
    """What the wheels are for."""

    ARM64 = "aarch64"  # what is deployed
    X86_64 = "x86_64"  # what tests on such a machine can run


class BundlingError(RuntimeError):
    """A zip could not be built."""


@dataclass(frozen=True)
class Bundle:
    """One zip: the packages of this repository that it holds, and which files of them.

    `left_out` names files and folders of this repository, `unused` those of its dependencies, as patterns.
    """

    name: str
    packages: tuple[str, ...]
    left_out: frozenset[str] = frozenset()
    unused: tuple[str, ...] = ()

    @property
    def requirements(self) -> Path:
        """Its dependencies, locked by hash."""
        return FUNCTIONS / self.name / "requirements.txt"

    def sources(self) -> Iterator[Path]:
        """This repository's files in the zip, each relative to `functions/` and there to the zip's root."""
        for package in self.packages:
            for path in sorted((FUNCTIONS / package).rglob("*")):
                relative = path.relative_to(FUNCTIONS)
                if path.is_file() and self._takes(relative):
                    yield relative

    def _takes(self, path: Path) -> bool:
        if "__pycache__" in path.parts or path.name == "requirements.txt":
            return False
        left_out = BUILD_TIME_ONLY | self.left_out
        return not any(part.as_posix() in left_out for part in (path, *path.parents))


SANITIZER = Bundle(
    "sanitizer",
    ("airlock", "sanitizer", "collector"),
    # What the script is built from; the zip holds what was built.
    left_out=frozenset(
        {
            "collector/assembly.py",
            "collector/build.py",
            "collector/consent",
            "collector/esbuild.py",
            "collector/package-lock.json",
            "collector/package.json",
            "collector/private_pages.py",
            "collector/shims",
            "collector/stubs",
        }
    ),
    # Where a number's owner lives, by which carrier and in which time zone: never asked, and most of the library.
    unused=tuple(f"phonenumbers/{part}" for part in ("carrierdata", "geodata", "tzdata")),
)
FORWARDER = Bundle(
    "forwarder",
    ("airlock", "forwarder"),
    unused=(
        # Of Powertools its parameters and its ledger are used; each of these is a way in of another kind.
        "aws_lambda_powertools/event_handler",
        *(f"aws_lambda_powertools/utilities/{part}" for part in ("auth_alpha", "data_classes", "kafka", "parser")),
        "anyio",  # httpx's asynchronous half
        "google/auth/aio",  # google-auth's
        "pyasn1_modules/rfc[1346789]*.py",  # a service account's key needs two standards, of numbers 2 and 5
    ),
)

CANARY = Bundle("canary", ("canary",))


def build(bundle: Bundle, made: Mapping[str, bytes], architecture: Architecture, cache: Path = CACHE) -> Path:
    """The bundle's zip. `made` holds what was made for it, by its path in the zip; it replaces a source of that path.

    The same input gives the same bytes; the file is named by their hash.

    Raises:
        BundlingError: uv or Python 3.13 is missing, or a dependency does not have the hash that was locked.
    """
    cache.mkdir(parents=True, exist_ok=True)
    dependencies = _install(bundle, architecture, cache)
    with tempfile.TemporaryDirectory(dir=cache) as beside:
        root = Path(beside) / "root"
        for path in bundle.sources():
            _write(root / path, (FUNCTIONS / path).read_bytes())
        _compile(root)
        for name, content in made.items():
            _write(root / name, content)
        zipped = Path(beside) / "zip"
        _zip(zipped, *filter(None, (root, dependencies)))
        name = f"{bundle.name}-{architecture}-{hashlib.sha256(zipped.read_bytes()).hexdigest()[:16]}.zip"
        made_zip = zipped.rename(cache / name)
    _forget_old(cache, f"{bundle.name}-{architecture}-*.zip")
    return made_zip


def _install(bundle: Bundle, architecture: Architecture, cache: Path) -> Path | None:
    """The folder of the bundle's dependencies, installed and compiled unless the cache has it; None if it has none."""
    if not bundle.requirements.exists():
        return None
    lock = bundle.requirements.read_bytes()
    key = hashlib.sha256(b"\0".join((lock, *(part.encode() for part in bundle.unused)))).hexdigest()[:16]
    kept = cache / f"{bundle.name}-{architecture}-{key}"
    if kept.exists():
        return kept
    uv = shutil.which("uv")
    if uv is None:
        raise BundlingError("uv is missing: it installs the Lambdas' dependencies")
    with tempfile.TemporaryDirectory(dir=cache) as beside:
        root = Path(beside) / "root"
        options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--link-mode", "copy"]
        target = [
            "--python-platform",
            f"{architecture}-manylinux_2_28",
            "--python-version",
            PYTHON,
            "--target",
            str(root),
        ]
        _run([uv, "pip", "install", *options, *target, "-r", str(bundle.requirements)])
        for pattern in (*_OF_THE_INSTALLATION, *bundle.unused):
            for path in list(root.glob(pattern)):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        _compile(root)
        try:
            root.rename(kept)
        except OSError:  # another build put its own there just now, from the same lock
            if not kept.exists():
                raise
    return kept


def _compile(root: Path) -> None:
    """Bytecode beside every source, valid whatever a zip does to times: a Lambda cannot write any, and starts by it."""
    paths = ["-s", str(root), "-p", "/var/task"]  # what a traceback names
    options = ["-q", "--invalidation-mode", "unchecked-hash", *paths]
    # A set's order in the bytecode follows the hash seed.
    _run([_find_python(), "-m", "compileall", *options, str(root)], env={"PYTHONHASHSEED": "0"})


def _find_python() -> str:
    if f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON:
        return sys.executable
    uv = shutil.which("uv")
    return _run([uv, "python", "find", PYTHON]).strip() if uv else f"python{PYTHON}"


def _zip(path: Path, *roots: Path) -> None:
    files = {file.relative_to(root).as_posix(): file for root in roots for file in root.rglob("*") if file.is_file()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name].read_bytes())


def _forget_old(cache: Path, pattern: str) -> None:
    """Zips of earlier code, but for the latest few: another synthesis may be about to read one of those."""
    for path in sorted(cache.glob(pattern), key=lambda path: path.stat().st_mtime)[:-KEPT_ZIPS]:
        path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _run(command: list[str], env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise BundlingError(f"{Path(command[0]).name} {command[1]} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout
