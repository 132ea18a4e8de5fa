"""Mutation testing: lays the code out as mutmut wants it, under build/mutation, and runs it there.

`uv run python -m tests.mutation` runs all that [tool.mutmut] in pyproject.toml names; names of mutants, with `*`,
narrow it down: `uv run python -m tests.mutation "sanitizer.raw.*"`. What survived: `uv run python -m tests.mutation
--survivors`, and one of them in full: `uv run python -m tests.mutation --show NAME`.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TREE = ROOT / "build" / "mutation"
_SKIPPED = shutil.ignore_patterns("__pycache__", "node_modules", "infra", "collector", "faults")


def lay_out() -> None:
    """Copies: packages in src/, where mutmut takes a module's name from its path; the policy where the tests look."""
    for kept in ("src", "tests", "functions"):
        shutil.rmtree(TREE / kept, ignore_errors=True)
    TREE.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "functions", TREE / "src", ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    shutil.copytree(ROOT / "tests", TREE / "tests", ignore=_SKIPPED)
    for folder in ("functions/collector", "functions/airlock/lexicon_terms"):
        shutil.copytree(ROOT / folder, TREE / folder, ignore=_SKIPPED)
    shutil.copytree(ROOT / "events", TREE / "events", dirs_exist_ok=True)
    for source, copy in (("functions/clinic.toml", "functions/clinic.toml"), ("README.md", "README.md")):
        shutil.copy2(ROOT / source, TREE / copy)
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    settings = settings.replace('pythonpath = ["functions", "."]', 'pythonpath = ["src", "."]')
    (TREE / "pyproject.toml").write_text(settings, encoding="utf-8")
    vectors = ROOT.parent / "shared"
    if vectors.exists() and not (TREE / "shared").exists():
        (TREE / "shared").symlink_to(vectors)


def main(arguments: list[str]) -> int:
    """Run mutmut, or ask it about the run before."""
    mutmut = [sys.executable, "-m", "mutmut"]
    if arguments[:1] == ["--survivors"]:
        return subprocess.run([*mutmut, "results"], cwd=TREE, check=False).returncode
    if arguments[:1] == ["--show"]:
        return subprocess.run([*mutmut, "show", *arguments[1:]], cwd=TREE, check=False).returncode
    lay_out()
    return subprocess.run([*mutmut, "run", *arguments], cwd=TREE, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
