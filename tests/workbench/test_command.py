"""Every command has help, exits 0, 1 or 2, and says what is wrong in one clear line."""

import io
import sys

import pytest

from workbench.command import COMMANDS, main


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: airlock {command}")


def test_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(command in said for command in COMMANDS)


@pytest.mark.parametrize("words", [[], ["nope"], ["check", "--nope"], ["preview", "--now", "yesterday"]])
def test_wrong_usage_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "airlock" in capsys.readouterr().err


def test_ctrl_c_in_the_middle_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.check.run", interrupt)
    assert main(["check"]) == 130
    assert capsys.readouterr().err == "airlock: stopped\n"


def test_a_reader_that_has_seen_enough_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """`airlock preview ... | head` ends quietly."""

    def break_pipe(_: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("workbench.check.run", break_pipe)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert main(["check"]) == 0
