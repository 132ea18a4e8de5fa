"""The command that synthesises: what it refuses, and how it says so."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.node import find_packaged_node
from tests.infra.conftest import ROOT, fresh_environment


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.app", "-o", str(folder / "out"), *words]
    environment = fresh_environment(folder)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("word", "says"),
    [("edge=grpc", "edge must be one of"), ("policy=nowhere.toml", "the policy nowhere.toml cannot be read")],
)
def test_a_mistake_ends_it_with_one_sentence_and_no_traceback(tmp_path: Path, word: str, says: str) -> None:
    done = _run(tmp_path, "-c", word)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_node_comes_from_a_package() -> None:
    folder = find_packaged_node()
    assert folder is not None
    version = subprocess.run(
        [str(folder / "bin" / "node"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert version.startswith("v24.")
