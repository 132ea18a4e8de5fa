"""`airlock evidence`: policy, template, journal and this commit's tests in, one folder and zip for an auditor out."""

import argparse
import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airlock.policy import Policy
from workbench import seals
from workbench.audit import read_journal
from workbench.bench import FUNCTIONS, POLICY, open_policy
from workbench.complaint import Complaint
from workbench.controls import write_controls
from workbench.explanation import explain
from workbench.journal_schema import write_schema
from workbench.journal_source import decode, describe_period
from workbench.notice import write_networks, write_notice
from workbench.perimeter import draw_map, list_assets, read_perimeter
from workbench.proof import END, Proof, verify

_ROOT = FUNCTIONS.parent
_LONGEST_S = 1800
_ZIP_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same files give the same zip
_ABOUT = {
    "policy.toml": "the policy as it was reviewed",
    "policy.txt": "the policy in plain English: what each network is told",
    "policy-history.md": "who changed the policy and when, and who answered for each widening",
    "networks.md": "which recipient has no business associate agreement",
    "privacy-policy.txt": "a paragraph for the clinic's privacy policy, for counsel to read",
    "perimeter.svg": "perimeter map and data flow, drawn from the synthesised template",
    "assets.csv": "asset inventory, from the same template",
    "controls.md": "45 CFR citation, what the stack does, where the evidence is",
    "guardrails.json": "what the guardrails object to; with any objection there would be no template",
    "tests.txt": "the test suite's and the import contracts' results for this commit",
    "journal.csv": "journal index: each chain, its lines, and whether it is whole",
    "journal-schema.md": "what each field of a journal line means",
    "commit.txt": "which code this is",
}


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    describe_period(parser)
    parser.add_argument("--out", default="evidence", metavar="FOLDER", help="a new folder (default: evidence)")
    parser.add_argument("--policy", metavar="FILE", help="a policy in TOML (default: the repository's own)")
    parser.add_argument("--template", metavar="FOLDER", help="a synthesised cdk.out (default: synthesise one now)")
    parser.add_argument("--tests", metavar="FILE", help="results of this commit's tests (default: run them now)")
    parser.add_argument("--journal", action="store_true", help="index CloudWatch's journal too; --local FILE a file's")
    parser.add_argument("--key", action="append", default=[], metavar="PEM", help="public key of the checkpoints")


def run(arguments: argparse.Namespace) -> int:
    """Write the folder and the zip; 1 where a test failed or a chain is not whole."""
    folder = Path(arguments.out)
    if folder.exists():
        raise Complaint(f"{folder} is there already: name a new folder with --out", 2)
    source = Path(arguments.policy or POLICY)
    policy = open_policy(arguments.policy)
    folder.mkdir(parents=True)
    files = dict(_write_policy(policy, source))
    _say("the template")
    files |= _write_template(policy, source, arguments.template)
    passed, files["tests.txt"] = _write_tests(arguments.tests)
    proof, files["journal.csv"] = _write_journal(arguments)
    files["commit.txt"] = _describe_commit()
    files["index.md"] = "\n".join(_write_index(policy, files, passed=passed, proof=proof)) + "\n"
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    _seal(folder)
    archive = _zip(folder)
    sys.stdout.write(f"{folder} and {archive} hold {len(files) + 1} files; begin with index.md.\n")
    return int(passed is False or (proof is not None and not proof.holds))


def _say(what: str) -> None:
    sys.stderr.write(f"airlock: {what} ...\n")


def _write_policy(policy: Policy, source: Path) -> Iterator[tuple[str, str]]:
    if source.suffix == ".toml":
        yield "policy.toml", source.read_text(encoding="utf-8")
    yield "policy.txt", explain(policy)
    yield "policy-history.md", "\n".join(_write_history(policy, source)) + "\n"
    yield "networks.md", "\n".join(write_networks(policy)) + "\n"
    yield "privacy-policy.txt", write_notice(policy)
    yield "controls.md", "\n".join(write_controls()) + "\n"
    yield "journal-schema.md", "\n".join(write_schema()) + "\n"


def _write_history(policy: Policy, source: Path) -> Iterator[str]:
    yield "# History of the policy"
    yield ""
    yield f"Now: {policy.digest}"
    yield ""
    approvals = (
        tomllib.loads(source.read_text(encoding="utf-8")).get("approval", []) if source.suffix == ".toml" else []
    )
    for approval in approvals:
        yield (
            f"- {approval['on']}: {approval['by']} answered for the change from {approval['replaces']} "
            f"to {approval['policy']}"
        )
    log = _git("log", "--format=- %cI %h %an: %s", "--", str(source.resolve()))
    yield ""
    yield "Changes of the file, newest first:" if log else "The file has no history in git yet."
    yield ""
    yield log


def _git(*words: str) -> str:
    """What git says, or nothing where there is none to ask."""
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(_ROOT), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own words
    return done.stdout.strip() if done.returncode == 0 else ""


def _describe_commit() -> str:
    commit = _git("rev-parse", "HEAD") or "unknown"
    changed = _git("status", "--porcelain").splitlines()
    state = f"and {len(changed)} files that differ from it" if changed else "and nothing that differs from it"
    return f"commit {commit}, {state}\n"


def _write_template(policy: Policy, source: Path, given: str | None) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as spare:
        output = Path(given) if given else Path(spare) / "cdk.out"
        if not given:
            words = ["-m", "infra.app", "-c", f"policy={source.resolve()}", "-c", "script=readable", "-o", str(output)]
            done = _run_python(words)
            if done.returncode:
                raise Complaint(f"the template cannot be synthesised:\n{done.stderr.strip()[-2000:]}")
        templates = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(output.glob("*.template.json"))]
        if not templates:
            raise Complaint(f"{output} holds no synthesised template", 2)
        report = output / "validation-report.json"
        resources: dict[str, Any] = {}
        for template in templates:
            resources |= template["Resources"]
        perimeter = read_perimeter({"Resources": resources})
        return {
            "perimeter.svg": draw_map(perimeter, policy.name),
            "assets.csv": list_assets({"Resources": resources}, perimeter),
            "guardrails.json": report.read_text(encoding="utf-8") if report.exists() else '{"ran": false}\n',
        }


def _run_python(words: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(  # noqa: S603 - our own words
        command, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=_LONGEST_S
    )


def _write_tests(given: str | None) -> tuple[bool | None, str]:
    if given:
        return None, Path(given).read_text(encoding="utf-8")
    _say("the test suite, which takes some minutes")
    suite = _run_python(["-m", "pytest", "-q", "-rfE"])
    contracts = _run_python(["-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"])
    passed = suite.returncode == 0 and contracts.returncode == 0
    return passed, f"{suite.stdout}\n{contracts.stdout}"


def _write_journal(arguments: argparse.Namespace) -> tuple[Proof | None, str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["chain", "lines", "first_at", "last_at", "policies", "whole"])
    if not (arguments.local or arguments.journal):
        return None, out.getvalue()
    _say("the journal")
    lines = list(read_journal(arguments, time.time_ns() // 1_000_000))
    try:
        keys = [Path(name).read_bytes() for name in arguments.key]
    except OSError as error:
        raise Complaint(f"cannot read the key: {error.strerror}", 2) from None
    proof = verify(lines, seals.trust(keys))
    chains: dict[str, list[dict[str, Any]]] = {}
    for line in decode(lines):
        if line.get("kind") != END:
            chains.setdefault(str(line.get("chain", "")), []).append(line)
    for chain, own in sorted(chains.items()):
        at = [line.get("at", 0) for line in own]
        policies = " ".join(sorted({str(line.get("policy", ""))[:16] for line in own}))
        faulty = any(f"chain {chain}" in fault.sentence for fault in proof.faults)
        writer.writerow([chain, len(own), min(at), max(at), policies, "no" if faulty else "yes"])
    return proof, out.getvalue()


def _write_index(policy: Policy, files: dict[str, str], *, passed: bool | None, proof: Proof | None) -> Iterator[str]:
    yield f"# Evidence for {policy.name}"
    yield ""
    yield f"Policy {policy.digest}"
    yield files["commit.txt"].strip()
    yield ""
    said = {True: "every test passed", False: "TESTS FAILED", None: "results were handed in"}[passed]
    yield f"- Tests: {said} (tests.txt)"
    if proof is None:
        yield "- Journal: not asked for; `airlock evidence --local EXPORT` or `--journal`"
    else:
        whole = "whole" if proof.holds else f"NOT WHOLE, {len(proof.faults)} faults"
        yield f"- Journal: {proof.lines} lines in {proof.chains} chains, {whole}; {proof.signatures} signatures hold"
        yield from (f"  - {fault.sentence}" for fault in proof.faults[:50])
        yield from (f"  - {note}" for note in proof.notes)
    yield ""
    yield "| file | what it is |"
    yield "|---|---|"
    yield from (f"| {name} | {about} |" for name, about in _ABOUT.items() if name in files)
    yield "| SHA256SUMS | `sha256sum -c SHA256SUMS` says whether a file was changed since |"


def _seal(folder: Path) -> None:
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def _zip(folder: Path) -> Path:
    archive = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.iterdir()):
            packed.writestr(zipfile.ZipInfo(f"{folder.name}/{path.name}", _ZIP_MOMENT), path.read_bytes())
    return archive
