"""Mutation testing: lays the code out as mutmut wants it, under build/mutation, and runs it there.

`uv run python -m tests.mutation` runs all that [tool.mutmut] in pyproject.toml names; names of mutants, with `*`,
narrow it down: `uv run python -m tests.mutation "sanitizer.raw.*"`. mutmut mutates code that is imported already; with
`--again` each survivor gets a process of its own, so that what is made at import is mutated too. `--survivors` lists
what survived and `--show NAME` shows it; tests/mutation_survivors.txt says why it does.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
TREE = ROOT / "build" / "mutation"
_SURVIVED = frozenset({0, 5, 33})  # mutmut's records of "survived" and, twice, "no tests"
_NOT_RUN = frozenset({3, 4})  # pytest's own troubles kill nothing
_TIMED_OUT = 36
_PATIENCE_S = 120
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


def try_again() -> int:
    """Run the tests of its own module against each survivor, from the start of a process; keep the result."""
    settings = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    pytest = [sys.executable, "-m", "pytest", "-q", *settings["pytest_add_cli_args"]]
    mutants = TREE / "mutants"
    for path in sorted((mutants / "src").rglob("*.meta")):
        package, module = path.parent.name, path.name.partition(".")[0]
        own = f"tests/{package}/test_{module}.py"
        tests = [own] if (mutants / own).exists() else settings["pytest_add_cli_args_test_selection"]
        record = json.loads(path.read_text(encoding="utf-8"))
        for name in [name for name, code in record["exit_code_by_key"].items() if code in _SURVIVED]:
            environment = os.environ | {"MUTANT_UNDER_TEST": name}  # noqa: TID251 - a process inherits its environment
            try:
                run = subprocess.run(
                    [*pytest, *tests],
                    cwd=mutants,
                    env=environment,
                    capture_output=True,
                    timeout=_PATIENCE_S,
                    check=False,
                )
                record["exit_code_by_key"][name] = 0 if run.returncode in _SURVIVED | _NOT_RUN else 1
            except subprocess.TimeoutExpired:
                record["exit_code_by_key"][name] = _TIMED_OUT
            sys.stdout.write(f"{name}: {'survived' if record['exit_code_by_key'][name] in _SURVIVED else 'killed'}\n")
        path.write_text(json.dumps(record), encoding="utf-8")
    return 0


def main(arguments: list[str]) -> int:
    """Run mutmut, or ask it about the run before."""
    mutmut = [sys.executable, "-m", "mutmut"]
    if arguments[:1] == ["--survivors"]:
        return subprocess.run([*mutmut, "results"], cwd=TREE, check=False).returncode
    if arguments[:1] == ["--show"]:
        return subprocess.run([*mutmut, "show", *arguments[1:]], cwd=TREE, check=False).returncode
    if arguments[:1] == ["--again"]:
        return try_again()
    lay_out()
    return subprocess.run([*mutmut, "run", *arguments], cwd=TREE, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
