"""CDK commands in, the pinned CLI run on this app with the packaged Node out: `uv run python -m infra.cdk deploy`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.node import find_packaged_node

CLI = "aws-cdk@2.1148.1"  # npm's tag `latest` names an older code base, which cannot read this library's output
_NPX = Path("lib", "node_modules", "npm", "bin", "npx-cli.js")


def main() -> int:
    """Run the CLI with the words of the command line; its exit code comes back."""
    package = find_packaged_node()
    if package is None:
        sys.stderr.write("Node is missing: install the dependency group `infra`\n")
        return 2
    node = package / "bin" / "node"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "node").symlink_to(node)  # for the CLI's first line, which asks the search path
        environment = {**os.environ, "PATH": os.pathsep.join((folder, os.environ.get("PATH", "")))}
        app = f'"{sys.executable}" -m infra.app'
        command = [str(node), str(package / _NPX), "--yes", CLI, "--app", app, *sys.argv[1:]]
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - the operator's own words


if __name__ == "__main__":
    sys.exit(main())
