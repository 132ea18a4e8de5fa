"""A clinic's journal, written by the real sanitizer and forwarders, for every command that reads one."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airlock.policy import Policy
from workbench.command import main
from workbench.preview import Preview
from workbench.preview_lines import Line
from workbench.proof import write_end
from workbench.stories import read_stories

Command = Callable[..., tuple[int, str, str]]


def play_stories(policy: Policy) -> Iterator[str]:
    """The log lines of every story, each at its own moment, in one run."""
    stories = sorted(read_stories(), key=lambda story: story.now)
    moment = [0]
    preview = Preview(policy, lambda: moment[0])
    for story in stories:
        moment[0] = story.now
        for line in story.lines():
            yield from preview.run(Line(**line)).logs


@pytest.fixture(scope="session")
def journal(policy: Policy) -> tuple[str, ...]:
    return tuple(play_stories(policy))


@pytest.fixture
def journal_file(journal: tuple[str, ...], tmp_path: Path, now: int) -> Path:
    path = tmp_path / "journal.jsonl"
    path.write_bytes("".join(f"{line}\n" for line in journal).encode() + write_end(journal, now))
    return path


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line; exit code, stdout and stderr."""

    def run(*words: Any) -> tuple[int, str, str]:
        try:
            code = main([str(word) for word in words])
        except SystemExit as ending:
            code = int(ending.code or 0)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


class FakeLogs:
    """CloudWatch Logs with one group, a page of seven lines at a time; fits what FilterLogEvents documents."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self.lines = lines
        self.asked: list[dict[str, Any]] = []

    def describe_log_groups(self, **asked: Any) -> Any:
        prefix = asked["logGroupNamePrefix"]
        names = ["/airlock/glow/sanitizer"]
        return {"logGroups": [{"logGroupName": name} for name in names if name.startswith(prefix)]}

    def filter_log_events(self, **asked: Any) -> Any:
        self.asked.append(asked)
        start = int(asked.get("nextToken", 0))
        fitting = [
            {"message": f"{line}\n", "timestamp": at}
            for line in self.lines
            if asked["startTime"] <= (at := json.loads(line)["at"]) <= asked["endTime"]
        ]
        page: dict[str, Any] = {"events": fitting[start : start + 7]}
        if start + 7 < len(fitting):
            page["nextToken"] = str(start + 7)
        return page


@pytest.fixture
def logs(journal: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> FakeLogs:
    fake = FakeLogs(journal)
    monkeypatch.setattr("workbench.audit._open_logs", lambda: fake)
    return fake


def read_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in io.StringIO(text)]
