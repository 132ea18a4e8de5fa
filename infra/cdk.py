"""CDK commands in, the pinned CLI run on this app with the packaged Node out: `uv run python -m infra.cdk deploy`.

Before a `destroy` it says what will stay in the account, and why.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.node import find_packaged_node
from infra.removal import write_list

CLI = "aws-cdk@2.1148.1"  # npm's tag `latest` names an older code base, which cannot read this library's output
APP = (sys.executable, "-m", "infra.app")
_NPX = Path("lib", "node_modules", "npm", "bin", "npx-cli.js")


def main() -> int:
    """Run the CLI with the words of the command line; its exit code comes back."""
    words = sys.argv[1:]
    package = find_packaged_node()
    if package is None:
        sys.stderr.write("Node is missing: install the dependency group `infra`\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        if "destroy" in words and not _say_what_stays(words, Path(folder)):
            return 1
        node = Path(folder) / "node"
        node.symlink_to(package / "bin" / "node")  # for the CLI's first line, which asks the search path
        environment = {**os.environ, "PATH": os.pathsep.join((folder, os.environ.get("PATH", "")))}
        app = f'"{APP[0]}" {" ".join(APP[1:])}'
        return _run([str(node), str(package / _NPX), "--yes", CLI, "--app", app, *words], environment)


def _say_what_stays(words: Sequence[str], folder: Path) -> bool:
    """Synthesise with the same context and print the list; false where that failed."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-c", "--context", action="append", default=[])
    context = [word for pair in parser.parse_known_args(words)[0].context for word in ("-c", pair)]
    if _run([*APP, "-o", str(folder / "out"), *context], os.environ):
        return False
    sys.stdout.write(f"These stay in the account after the stack is gone:\n\n{write_list(folder / 'out')}\n")
    sys.stdout.write("The stacks are protected: to remove one, lift its termination protection first.\n")
    sys.stdout.flush()
    return True


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - the operator's own words


if __name__ == "__main__":
    sys.exit(main())
