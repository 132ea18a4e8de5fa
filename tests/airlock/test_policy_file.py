"""A policy is read from its file, in either of its two forms, or the reason why not is one sentence."""

from pathlib import Path

import pytest

from airlock.policy import Policy, PolicyError
from airlock.policy_document import compile_policy
from airlock.policy_file import read_policy
from tests.airlock.drafts import SMALLEST


@pytest.fixture
def small() -> Policy:
    return compile_policy(SMALLEST)


def test_both_forms_of_a_policy_are_the_same_policy(tmp_path: Path, small: Policy) -> None:
    toml, compiled = tmp_path / "clinic.toml", tmp_path / "policy.json"
    toml.write_text(SMALLEST, encoding="utf-8")
    compiled.write_bytes(small.compiled)
    assert read_policy(toml) == read_policy(compiled) == small


@pytest.mark.parametrize("name", ["clinic.toml", "policy.json"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read_policy(tmp_path / name)
    assert refused.value.problems == (f"the policy {name} cannot be read: No such file or directory",)


def test_a_text_in_another_encoding_is_named(tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    file.write_bytes(SMALLEST.replace("Glow", "Süß").encode("latin-1"))
    with pytest.raises(PolicyError) as refused:
        read_policy(file)
    assert refused.value.problems == ("the policy clinic.toml cannot be read: not UTF-8",)
