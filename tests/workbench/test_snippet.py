"""What `airlock snippet` prints, tried out as far as a machine can: hashes recomputed, the template's code run."""

import base64
import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from airlock.policy import Policy
from collector.build import build_readable
from collector.esbuild import EsbuildError, find_node
from sanitizer.script import Script
from workbench.command import main
from workbench.pixel_tags import PIXELS
from workbench.tags import Tags

SECTIONS = (
    "TERMS_OF_SERVICE",
    "INFO",
    "TEMPLATE_PARAMETERS",
    "SANDBOXED_JS_FOR_WEB_TEMPLATE",
    "WEB_PERMISSIONS",
    "TESTS",
    "NOTES",
)
# What Tag Manager's sandbox gives a template: modules by name, and `data` from the tag's form.
SANDBOX = """
const calls = [];
const modules = {
  injectScript: (url, loaded, failed) => {
    calls.push(['load', url]);
    (process.argv[1] === 'broken' ? failed : loaded)();
  },
  callInWindow: (name, ...told) => calls.push([name, ...told])
};
const data = JSON.parse(process.argv[2]);
data.gtmOnSuccess = () => calls.push(['success']);
data.gtmOnFailure = () => calls.push(['failure']);
new Function('require', 'data', require('fs').readFileSync(0, 'utf8'))(name => modules[name], data);
process.stdout.write(JSON.stringify(calls));
"""


@pytest.fixture(scope="module")
def tags(policy: Policy) -> Tags:
    return Tags(policy, build_readable(policy), "window.stub = 1", pinned=True)


@pytest.fixture(scope="module")
def template(tags: Tags) -> dict[str, str]:
    """The template's sections by name."""
    parts = re.split(r"^___([A-Z_]+)___$", tags.tag_manager, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def run_template(template: dict[str, str], data: dict[str, Any], network: str = "up") -> list[list[Any]]:
    try:
        node = find_node()
    except EsbuildError as error:
        pytest.skip(str(error))
    code = template["SANDBOXED_JS_FOR_WEB_TEMPLATE"]
    command = [node, "--eval", SANDBOX, network, json.dumps(data)]
    done = subprocess.run(command, input=code, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    calls: list[list[Any]] = json.loads(done.stdout)
    return calls


def test_the_tag_carries_the_scripts_own_version_and_hash(tags: Tags) -> None:
    digest = base64.b64encode(hashlib.sha384(tags.built.script).digest()).decode()
    assert f'integrity="sha384-{digest}" crossorigin="anonymous"' in tags.tag
    assert f'src="https://collect.glow-medspa.example/airlock.js?v={Script(tags.built.script).version}"' in tags.tag
    assert 'data-airlock-page="page_view"' in tags.tag


def test_the_address_that_is_printed_may_be_kept_for_good(tags: Tags) -> None:
    served = Script(tags.built.script).serve({}, tags.url.partition("?")[2])
    assert "immutable" in served["headers"]["cache-control"]


def test_without_integrity_the_tag_loads_what_is_deployed(policy: Policy) -> None:
    tag = Tags(policy, build_readable(policy), "", pinned=False).tag
    assert 'src="https://collect.glow-medspa.example/airlock.js"' in tag
    assert "integrity" not in tag


def test_the_policys_hash_is_of_what_stands_inline(tags: Tags) -> None:
    inline = re.search(r"<script>(.*?)</script>", tags.tag, re.DOTALL)
    assert inline is not None
    digest = base64.b64encode(hashlib.sha256(inline[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in tags.sources["script-src"]
    assert tags.sources["connect-src"] == ("https://collect.glow-medspa.example",)


def test_the_template_has_tag_managers_sections_in_their_order(template: dict[str, str]) -> None:
    assert tuple(template) == SECTIONS
    assert not [word for text in template.values() for word in re.findall(r"%[A-Z]+%", text)]
    info = json.loads(template["INFO"])
    assert (info["type"], info["containerContexts"]) == ("TAG", ["WEB"])


def test_the_templates_form_offers_the_policys_events_and_asks_for_its_consent(
    template: dict[str, str], policy: Policy
) -> None:
    fields = {field["name"]: field for field in json.loads(template["TEMPLATE_PARAMETERS"])}
    assert [item["value"] for item in fields["event"]["selectItems"]] == [event.name for event in policy.events]
    assert "consent_marketing" in fields


def test_the_template_may_load_the_airlocks_script_and_call_it_and_nothing_else(template: dict[str, str]) -> None:
    loads, calls = json.loads(template["WEB_PERMISSIONS"])
    assert loads["instance"]["key"]["publicId"] == "inject_script"
    assert [url["string"] for url in loads["instance"]["param"][0]["value"]["listItem"]] == [
        "https://collect.glow-medspa.example/airlock.js"
    ]
    named = calls["instance"]["param"][0]["value"]["listItem"]
    rights = {item["mapValue"][0]["string"]: [right["boolean"] for right in item["mapValue"][1:]] for item in named}
    assert rights == {"airlock": [False, False, True], "airlock.consent": [False, False, True]}


def test_the_template_tells_an_event_with_the_fields_that_were_filled_in(template: dict[str, str]) -> None:
    calls = run_template(template, {"kind": "event", "event": "lead", "value": "300", "email": "", "note": "x"})
    assert calls == [
        ["load", "https://collect.glow-medspa.example/airlock.js"],
        ["airlock", "lead", {"value": "300"}],
        ["success"],
    ]


@pytest.mark.parametrize(
    ("told", "is_yes"),
    [(True, True), ("true", True), ("granted", True), ("denied", False), (1, False), ("yes", False), (None, False)],
)
def test_the_template_takes_only_a_clear_yes_for_consent(
    template: dict[str, str], told: object, *, is_yes: bool
) -> None:
    calls = run_template(template, {"kind": "consent", "consent_marketing": told})
    assert calls[1:] == [["airlock.consent", {"marketing": is_yes}], ["success"]]


def test_the_template_reports_a_script_that_did_not_load(template: dict[str, str]) -> None:
    assert run_template(template, {"kind": "event", "event": "lead"}, network="broken")[1:] == [["failure"]]


def test_the_plugin_prints_the_tag_in_the_head_and_nothing_else(tags: Tags) -> None:
    assert tags.tag in tags.wordpress
    assert "add_action('wp_head'" in tags.wordpress
    assert tags.wordpress.startswith("<?php\n")
    assert "%TAG%" not in tags.wordpress


def test_the_page_names_every_vendors_tags_and_hosts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["snippet", "--readable"]) == 0
    printed = capsys.readouterr().out
    for pixel in PIXELS:
        assert all(word in printed for word in (pixel.vendor, *pixel.find, *pixel.hosts))
    assert "remove it in the end" in printed


@pytest.mark.parametrize("part", ["tag", "csp", "gtm", "wordpress", "checklist"])
def test_a_part_alone_is_what_the_json_holds(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["snippet", "--readable", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert main(["snippet", "--readable", "--only", part]) == 0
    printed = capsys.readouterr().out
    if part == "csp":
        assert printed.splitlines() == [f"{name} {' '.join(of)}" for name, of in document["csp"].items()]
    else:
        assert printed.strip() == document[part].strip()


def test_what_is_printed_fits_what_is_deployed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another policy has another script, another version and another tag."""
    text = (Path(__file__).parents[2] / "functions" / "clinic.toml").read_text("utf-8")
    other = tmp_path / "clinic.toml"
    other.write_text(text + '\n[script]\nshims = ["fbq"]\nconsent = ["onetrust"]\n', "utf-8")
    assert main(["snippet", "--readable", "--json"]) == 0
    one = json.loads(capsys.readouterr().out)
    assert main(["snippet", "--readable", "--json", "--policy", str(other)]) == 0
    two = json.loads(capsys.readouterr().out)
    assert one["script"]["integrity"] != two["script"]["integrity"]
    assert two["script"]["shims"] == ["fbq"]
    assert "fbq" in two["tag"]


def test_without_node_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def install(_: Path) -> Path:
        raise EsbuildError("npm is missing: the browser script is built with Node.js and its npm")

    monkeypatch.setattr("workbench.snippet.install_esbuild", install)
    assert main(["snippet"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "--readable" in told.err
