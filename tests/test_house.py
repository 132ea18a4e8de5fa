"""The boundaries that the design draws: types without free text, rooms that do not meet, zips of one side only."""

import ast
import re
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import msgspec
import pytest

from airlock import clean, tokens
from airlock.address_book import ADDRESS_BOOK, Destination
from airlock.clean import CleanEvent, Digests
from airlock.outcome import Reason
from airlock.tokens import Token
from infra.bundling import FORWARDER, SANITIZER, Bundle

ROOT = Path(__file__).parent.parent
FUNCTIONS = ROOT / "functions"
# The words that contract section 4 fixes; more may stand beside them.
REASONS = {
    *("unknown_event", "event_expired", "private_page", "foreign_page", "no_consent", "stale_consent", "gpc"),
    *("no_authorization", "authorization_revoked", "no_identity", "bad_time", "not_configured", "phi_suspected"),
    *("malformed", "foreign_origin", "too_large", "unsupported_type", "method", "unknown_path", "internal"),
    *("expired", "rejected", "duplicate"),
}


def leaves(hint: object) -> Iterator[object]:
    """The types that a value of this hint can be made of."""
    arguments = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        yield from leaves(arguments[0])
    elif origin in {typing.Union, types.UnionType}:
        for argument in arguments:
            yield from leaves(argument)
    elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        for inner in typing.get_type_hints(hint, include_extras=True).values():
            yield from leaves(inner)
    else:
        yield hint


def is_narrow(leaf: object) -> bool:
    """An enum, a number, nothing, or a string type that validates what it is made of."""
    if leaf in {int, float, types.NoneType}:
        return True
    return isinstance(leaf, type) and (issubclass(leaf, Enum) or (issubclass(leaf, Token) and leaf is not Token))


@pytest.mark.parametrize("struct", [CleanEvent, Digests])
def test_no_field_of_a_clean_event_can_hold_free_text(struct: type[msgspec.Struct]) -> None:
    """A patient's words have no place to stand in what is queued."""
    hints = typing.get_type_hints(struct, include_extras=True)
    wide = [name for name, hint in hints.items() if not all(map(is_narrow, leaves(hint)))]
    assert wide == []


def test_every_number_of_a_clean_event_is_bounded() -> None:
    for name, hint in typing.get_type_hints(CleanEvent, include_extras=True).items():
        numbers = [leaf for leaf in leaves(hint) if leaf in {int, float}]
        shown = str(hint)
        assert not numbers or ("Meta(" in shown and "ge=" in shown and "le=" in shown), f"{name} is not bounded"


def test_a_clean_event_refuses_keys_that_nobody_declared() -> None:
    assert CleanEvent.__struct_config__.forbid_unknown_fields
    assert Digests.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize(
    "token", [kind for kind in vars(tokens).values() if isinstance(kind, type) and issubclass(kind, Token)]
)
def test_a_narrow_string_does_not_repeat_what_it_refuses(token: type[Token]) -> None:
    if token is Token:
        return
    with pytest.raises(tokens.TokenError) as refused:
        token("Jane Q Testpatient, semaglutide")
    assert "Jane" not in str(refused.value)
    assert "Jane" not in repr(refused.value)


def imports(path: Path) -> set[str]:
    """The top-level packages that a source file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("airlock", {"forwarder", "infra", "sanitizer", "workbench"}),
        ("forwarder", {"infra", "sanitizer", "workbench"}),
        ("sanitizer", {"forwarder", "infra", "workbench"}),
    ],
)
def test_the_rooms_do_not_import_each_other(package: str, forbidden: set[str]) -> None:
    """Raw and clean side meet on the wire format and nowhere else."""
    for path in (FUNCTIONS / package).rglob("*.py"):
        assert imports(path).isdisjoint(forbidden), path.relative_to(FUNCTIONS).as_posix()


def test_the_import_contracts_hold() -> None:
    """import-linter: the rooms, and the floors within each, with no module left out."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_raw_events_have_no_name_outside_the_raw_side() -> None:
    for path in FUNCTIONS.rglob("*.py"):
        if path.relative_to(FUNCTIONS).parts[0] != "sanitizer":
            assert "RawEvent" not in path.read_text(encoding="utf-8"), path.name


def zip_list(bundle: Bundle) -> set[str]:
    return {path.as_posix() for path in bundle.sources()}


@pytest.mark.parametrize(
    ("bundle", "own", "other"), [(SANITIZER, "sanitizer", "forwarder"), (FORWARDER, "forwarder", "sanitizer")]
)
def test_each_zip_holds_its_own_side_only(bundle: Bundle, own: str, other: str) -> None:
    """What runs beside a network's token holds no code that has ever seen a raw event, and the reverse."""
    files = zip_list(bundle)
    assert f"{own}/handler.py" in files
    assert f"{own}/__init__.py" in files
    assert "airlock/clean.py" in files
    tops = {name.partition("/")[0] for name in files}
    assert tops <= {"airlock", "collector", own}
    assert other not in tops
    assert "workbench" not in tops
    assert not [name for name in files if name.endswith((".toml", ".pyc")) or "node_modules" in name]


@pytest.mark.parametrize(("bundle", "own"), [(SANITIZER, "sanitizer"), (FORWARDER, "forwarder")])
def test_a_zip_holds_every_module_that_its_modules_import(bundle: Bundle, own: str) -> None:
    files = zip_list(bundle)
    for name in sorted(file for file in files if file.endswith(".py")):
        for node in ast.walk(ast.parse((FUNCTIONS / name).read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module and module.partition(".")[0] in {"airlock", own} and module != "airlock.policy_document":
                stem = module.replace(".", "/")
                assert {f"{stem}.py", f"{stem}/__init__.py"} & files, f"{name} imports {module}"


def test_the_reasons_of_the_contract_are_all_there() -> None:
    assert {str(reason) for reason in Reason} >= REASONS
    assert all(re.fullmatch(r"[a-z]+(?:_[a-z]+)*", reason) for reason in Reason)


def test_every_network_has_its_address() -> None:
    assert ADDRESS_BOOK.keys() == set(Destination)


def test_no_click_id_is_given_to_two_networks() -> None:
    """A click id goes back to the network that gave it out, and to no other."""
    kinds = [kind for address in ADDRESS_BOOK.values() for kind in address.click_ids]
    assert len(kinds) == len(set(kinds))


def test_the_top_level_holds_what_the_design_names_and_no_more() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not tracked:
        pytest.skip("not a git checkout")
    tops = {name.partition("/")[0] for name in tracked.splitlines()}
    allowed = {"pyproject.toml", "README.md", "LICENSE", "functions", "infra", "tests", "events"}
    assert {name for name in tops if not name.startswith(".")} <= allowed
    assert "uv.lock" not in tops


def test_every_package_says_what_lives_in_it() -> None:
    for package in (FUNCTIONS / "airlock", FUNCTIONS / "sanitizer", FUNCTIONS / "forwarder", FUNCTIONS / "workbench"):
        plaque = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8")))
        assert plaque, package.name


def test_quarter_hours_round_up_and_never_down() -> None:
    assert clean.round_up(1_795_527_000_000) == 1_795_527_000
    assert clean.round_up(1_795_527_000_001) == 1_795_527_900
