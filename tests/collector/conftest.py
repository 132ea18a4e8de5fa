"""The script as it is served, two hosts to serve it, and a real browser; each skips with a reason where it has to."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from airlock.policy import ConsentTool, Policy, Shim
from collector.assembly import assemble
from collector.build import CACHE
from collector.esbuild import EsbuildError, install_esbuild, minify
from tests.collector.clinic import Clinic, write_certificate
from tests.collector.hosts import Host

Part = Shim | ConsentTool
Script = Callable[..., str]


def ask_for(policy: Policy, *parts: Part) -> Policy:
    """The policy with these parts of the browser script, and no other."""
    return msgspec.structs.replace(
        policy,
        shims=tuple(part for part in parts if isinstance(part, Shim)),
        consent_tools=tuple(part for part in parts if isinstance(part, ConsentTool)),
    )


@pytest.fixture(scope="session")
def esbuild() -> Any:
    try:
        return install_esbuild(CACHE)
    except EsbuildError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def minified(policy: Policy, esbuild: Any) -> Script:
    """The minified script with the parts that are named."""
    made: dict[tuple[Part, ...], str] = {}

    def make(*parts: Part) -> str:
        if parts not in made:
            made[parts] = minify(assemble(ask_for(policy, *parts)), esbuild).decode()
        return made[parts]

    return make


@pytest.fixture(scope="session")
def script(policy: Policy, request: pytest.FixtureRequest) -> Script:
    """The script as this machine serves it: minified, or readable where Node.js is missing."""
    try:
        install_esbuild(CACHE)
    except EsbuildError:
        return lambda *parts: assemble(ask_for(policy, *parts))
    made: Script = request.getfixturevalue("minified")
    return made


@pytest.fixture
def site() -> Iterator[Host]:
    with Host("127.0.0.1").serve() as host:
        yield host


@pytest.fixture
def collector(script: Script) -> Iterator[Host]:
    with Host("localhost").serve() as host:
        host.put("/airlock.js", script(), "text/javascript")
        yield host


Launch = Callable[..., Any]


@pytest.fixture(scope="session")
def clinic_and_browser(
    policy: Policy, launch: Launch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Clinic, Any]]:
    certificate = tmp_path_factory.mktemp("tls") / "clinic.pem"
    fingerprint = write_certificate(certificate)
    with Clinic(policy, certificate).serve() as clinic:
        browser = launch(f"MAP * 127.0.0.1:{clinic.port}", f"--ignore-certificate-errors-spki-list={fingerprint}")
        yield clinic, browser
        browser.close()


@pytest.fixture
def clinic(clinic_and_browser: tuple[Clinic, Any], policy: Policy) -> Clinic:
    """The clinic's two hosts, with nothing received so far."""
    clinic = clinic_and_browser[0]
    clinic.open(policy)
    return clinic


@pytest.fixture
def visitor(clinic_and_browser: tuple[Clinic, Any]) -> Iterator[Any]:
    """One visitor, for whom every name in the world is one of the clinic's server."""
    visitor = clinic_and_browser[1].new_context()
    visitor.set_default_timeout(15_000)
    yield visitor
    visitor.close()


@pytest.fixture
def context(chromium: Any) -> Iterator[Any]:
    """One visitor."""
    visitor = chromium.new_context()
    visitor.set_default_timeout(15_000)
    yield visitor
    visitor.close()
