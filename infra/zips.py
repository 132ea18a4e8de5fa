"""One deployment's settings in, the Lambdas' zips out, with the clinic's policy and browser script in them."""

from pathlib import Path

from collector.assembly import assemble
from collector.build import build as build_script
from infra.bundling import CANARY, FORWARDER, POLICY, SANITIZER, SCRIPT, Architecture, build
from infra.settings import ScriptForm, Settings


def build_zips(settings: Settings, architecture: Architecture = Architecture.ARM64) -> dict[str, Path]:
    """The zips by their Lambda's name.

    Raises:
        BundlingError: a dependency could not be installed as it is locked.
        EsbuildError: the script could not be minified.
    """
    policy = {POLICY: settings.policy.compiled}
    match settings.script:
        case ScriptForm.MINIFIED:
            script = dict(build_script(settings.policy).files)
        case ScriptForm.READABLE:
            script = {SCRIPT: assemble(settings.policy).encode()}
    return {
        "sanitizer": build(SANITIZER, policy | script, architecture),
        "canary": build(CANARY, {}, architecture),
        "forwarder": build(FORWARDER, policy, architecture),
    }
