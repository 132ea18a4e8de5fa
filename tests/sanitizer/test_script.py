"""How the browser script is served: in which encoding, under which tag, and for how long it may be kept."""

import base64
import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from airlock.policy import Policy
from collector.assembly import assemble
from sanitizer.script import Script, open_script

SOURCE = b"(() => { /* a script \xe2\x80\xa6 */ })();\n" * 20
BROTLI = b"what brotli made of it"


@pytest.fixture
def script() -> Script:
    return Script(SOURCE, BROTLI)


def read(served: Mapping[str, Any]) -> bytes:
    body: str = served["body"]
    return base64.b64decode(body) if served["isBase64Encoded"] else body.encode()


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", None),
        ("identity", None),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br;q=0.000,gzip; q=0.0", None),
        ("GZIP", "gzip"),
        ("*", "br"),
        ("*;q=0", None),
        ("br;q=0, *", "gzip"),
        ("br;q, gzip", "gzip"),
        ("br;q=, gzip", "gzip"),
        ("zstd", None),
        (",;,", None),
    ],
)
def test_a_browser_is_given_the_smallest_form_that_it_accepts(
    script: Script, accepted: str, encoding: str | None
) -> None:
    served = script.serve({"accept-encoding": accepted}, "")
    assert served["statusCode"] == 200
    assert served["headers"].get("content-encoding") == encoding
    assert served["isBase64Encoded"] == (encoding is not None), "a REST API may take no bytes: text goes as text"
    body = read(served)
    assert (gzip.decompress(body) if encoding == "gzip" else body) == (BROTLI if encoding == "br" else SOURCE)
    assert served["headers"]["vary"] == "accept-encoding"


def test_without_a_brotli_form_gzip_is_the_smallest() -> None:
    served = Script(SOURCE).serve({"accept-encoding": "gzip, br"}, "")
    assert gzip.decompress(read(served)) == SOURCE


def test_each_form_has_a_tag_of_its_own_and_each_is_known_again(script: Script) -> None:
    tags = {script.serve({"accept-encoding": accepted}, "")["headers"]["etag"] for accepted in ("", "gzip", "gzip, br")}
    assert len(tags) == 3
    several = [separator.join(['"other"', *tags]) for separator in (", ", ",")]
    bare = next(iter(tags)).partition("-")[0] + '"'  # without its form it is the same script
    for tag in (*tags, bare, *(f"W/{tag}" for tag in tags), *several):
        served = script.serve({"accept-encoding": "br", "if-none-match": tag}, "")
        assert (served["statusCode"], served["body"], served["isBase64Encoded"]) == (304, "", False)
        assert "content-encoding" not in served["headers"]
        assert served["headers"]["etag"] in tags


@pytest.mark.parametrize("tag", ["", "*x", '"other"', "W/", '"-gzip"'])
def test_a_tag_of_something_else_is_answered_with_the_script(script: Script, tag: str) -> None:
    assert script.serve({"if-none-match": tag}, "")["statusCode"] == 200


def test_a_tag_that_is_merely_like_its_own_is_answered_with_the_script(script: Script) -> None:
    version = script.version
    for tag in (f"X{version}", f"{version}X", f"x{version}", version[:-1], f"gzip-{version}", version.upper()):
        assert script.serve({"if-none-match": f'"{tag}"'}, "")["statusCode"] == 200


def test_only_the_address_with_this_versions_hash_may_be_kept_for_good(script: Script) -> None:
    def kept(query: str) -> str:
        told: str = script.serve({}, query)["headers"]["cache-control"]
        return told

    assert kept(f"v={script.version}") == "public, max-age=31536000, immutable"
    assert kept(f"x=1&v={script.version}") == "public, max-age=31536000, immutable"
    for query in ("", "v=", "v=0000000000000000", f"w={script.version}", f"v={script.version}0", "&&=%zz"):
        assert kept(query) == "public, max-age=300, stale-while-revalidate=3600"


def test_any_page_may_load_it_and_check_its_integrity(script: Script) -> None:
    headers = script.serve({}, "")["headers"]
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-credentials" not in headers


def test_another_script_has_another_version_and_tag() -> None:
    one, other = Script(SOURCE), Script(SOURCE + b"//")
    assert one.version != other.version
    assert one.serve({}, "")["headers"]["etag"] != other.serve({}, "")["headers"]["etag"]


def test_the_repositorys_source_is_served_readable_with_the_policys_words(policy: Policy) -> None:
    served = open_script(Path(__file__).parents[2] / "functions", policy).serve({}, "")
    assert read(served).decode() == assemble(policy)
    assert b"__GRANTED__" not in read(served)


def test_what_was_built_is_served_as_it_is(policy: Policy, tmp_path: Path) -> None:
    (tmp_path / "collector").mkdir()
    (tmp_path / "collector" / "airlock.js").write_bytes(SOURCE)
    assert read(open_script(tmp_path, policy).serve({"accept-encoding": "br"}, "")) == SOURCE
    (tmp_path / "collector" / "airlock.js.br").write_bytes(BROTLI)
    built = open_script(tmp_path, policy)
    assert read(built.serve({"accept-encoding": "br"}, "")) == BROTLI
    assert built.serve({"accept-encoding": "br"}, "")["headers"]["content-encoding"] == "br"
    assert read(built.serve({}, "")) == SOURCE
