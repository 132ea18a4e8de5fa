"""The script's unit tests, which run in node, and how its reading of a path agrees with the sanitizer's."""

import itertools
import json
import re
import subprocess
from pathlib import Path

import msgspec
import pytest

from airlock.address_book import Destination
from airlock.policy import ConsentTool, Page, Policy, Surface
from airlock.tokens import ClickIdKind
from collector.assembly import assemble
from collector.esbuild import EsbuildError, find_node
from collector.private_pages import write_pattern
from sanitizer.pages import build_finder
from tests.collector.conftest import ask_for
from workbench.explanation import NAMES
from workbench.pixel_tags import PIXELS

HERE = Path(__file__).parent

RULES = [
    [("/portal/**", True)],
    [("/portal/open/**", False), ("/portal/**", True), ("/patient/*", True)],
    [("/a/*/c", True), ("/a/**/z", True)],
    [("/**", True)],
    [("/*", True)],
    [("/", True)],
    [("/", False), ("/**", True)],
    [("/a.b/c+d(e)/**", True), ("/caf\u00e9/*x", True)],
    [("/services/**", False)],
]
PIECES = """
  a b c z portal patient open PORTAL Portal x ax xx a.b axb c+d(e) caf%C3%A9 caf%E9 CAF%C3%89 p%6Frtal p%256Frtal
  %2e %2E%2E . .. %20 a%20 x. ; a;b %5c %00 %7f %C2%85 %C3%80 100%-off %2f %2F.. %zz
""".split()  # noqa: SIM905 - eighty strings read better as a block


def list_paths() -> list[str]:
    short = ["/" + "/".join(parts) for size in (1, 2) for parts in itertools.product([*PIECES, ""], repeat=size)]
    longer = [f"/{head}/{tail}" for head in ("portal", "a", "portal/open", "services") for tail in short[:60]]
    return ["/" + path.lstrip("/") if path.startswith("//") else path for path in dict.fromkeys(short + longer)]


def resolve(path: str) -> str:
    """What a browser makes of plain and encoded dot segments before any script or server sees them."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for place, segment in enumerate(segments):
        plain = segment.lower().replace("%2e", ".")
        is_last = place == len(segments) - 1
        if plain in {".", ".."}:
            kept = kept[:-1] if plain == ".." else kept
            kept += [""] if is_last else []
        else:
            kept.append(segment)
    return "/" + "/".join(kept)


@pytest.fixture(scope="module", params=["readable", "minified"])
def scripts(request: pytest.FixtureRequest, policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `airlock dev` may serve without node, and what a Lambda serves."""
    folder = tmp_path_factory.mktemp("scripts")
    if request.param == "minified":
        make = request.getfixturevalue("minified")
    else:

        def make(*tools: ConsentTool) -> str:
            return assemble(ask_for(policy, *tools))

    (folder / "core.js").write_text(make(), "utf-8")
    for tool in ConsentTool:
        (folder / f"{tool}.js").write_text(make(tool), "utf-8")
    return folder


@pytest.fixture(scope="module")
def paths(policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cases = []
    for rules in RULES:
        pages = [Page(match, Surface.PRIVATE if is_private else Surface.HEALTH) for match, is_private in rules]
        find = build_finder(msgspec.structs.replace(policy, pages=tuple(pages)))
        private = {path: find(resolve(path)).surface is Surface.PRIVATE for path in list_paths()}
        pattern = write_pattern(pages)
        cases += [
            {"path": path, "rules": rules, "pattern": pattern, "isPrivate": is_private}
            for path, is_private in private.items()
        ]
    file = tmp_path_factory.mktemp("paths") / "paths.json"
    file.write_text(json.dumps(cases), "utf-8")
    return file


@pytest.mark.parametrize("suite", sorted(HERE.glob("*.test.mjs")), ids=lambda suite: suite.name)
def test_in_node(suite: Path, scripts: Path, paths: Path) -> None:
    try:
        node = find_node()
    except EsbuildError as error:
        pytest.skip(str(error))
    environment = {"AIRLOCK_SCRIPTS": str(scripts), "AIRLOCK_PATHS": str(paths)}
    command = [node, "--test", str(suite)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout, "nothing ran"


def test_the_script_keeps_every_click_id_that_a_network_gives_out() -> None:
    """One that the script does not know is lost at the landing page, and the network is then told nothing."""
    source = (HERE.parents[1] / "functions" / "collector" / "airlock.js").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"/(\^[^/]*ScCid[^/]*\$)/", source)
    assert [kind for kind in ClickIdKind if re.fullmatch(pattern, kind) is None] == []


@pytest.mark.parametrize("destination", list(Destination))
def test_the_checklist_says_which_pixel_of_a_network_to_remove(destination: Destination) -> None:
    name = NAMES[destination].partition(" ")[0]
    assert any(pixel.vendor.partition(" ")[0] in {name, name.removesuffix("chat")} for pixel in PIXELS)
