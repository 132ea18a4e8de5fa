"""The CDK app: a context in, cdk.out out: `uv run python -m infra.app -c policy=PATH`, or through the CDK's CLI."""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk

from airlock.policy import PolicyError
from collector.esbuild import EsbuildError
from infra.bundling import BundlingError
from infra.certificate import CertificateStack
from infra.guardrails import guard
from infra.settings import KEYS, Settings, SettingsError, read_settings
from infra.stack import AirlockStack
from infra.zips import build_zips


def build_app(
    settings: Settings, zips: Mapping[str, Path], environment: cdk.Environment | None = None, outdir: str | None = None
) -> cdk.App:
    """The app of one clinic, with its guardrails; without a certificate's ARN it holds a stack that makes one."""
    app = cdk.App(outdir=outdir, analytics_reporting=False)
    certificate = None
    if not settings.certificate_arn:
        certificate = CertificateStack(app, settings, environment).certificate
    AirlockStack(app, settings, zips=zips, certificate=certificate, environment=environment)
    guard(app)
    return app


def main() -> int:
    """Synthesise; 1 where the policy, the context or a guardrail says no."""
    parser = argparse.ArgumentParser(prog="python -m infra.app", description=__doc__)
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE", help=", ".join(KEYS))
    parser.add_argument("-o", "--output", default=os.environ.get("CDK_OUTDIR", "cdk.out"), metavar="FOLDER")
    arguments = parser.parse_args()
    given = dict(word.partition("=")[::2] for word in arguments.context)
    node = cdk.App().node  # where the CDK CLI's own -c arrives
    context = {key: str(value) for key in KEYS if (value := node.try_get_context(key)) is not None} | given
    account, region = os.environ.get("CDK_DEFAULT_ACCOUNT"), os.environ.get("CDK_DEFAULT_REGION")
    environment = cdk.Environment(account=account, region=region) if account and region else None
    try:
        settings = read_settings(context)
        app = build_app(settings, build_zips(settings), environment, arguments.output)
    except (PolicyError, SettingsError, BundlingError, EsbuildError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        app.synth()
    except RuntimeError as error:  # what jsii makes of the CDK's own
        if "ValidationFailed" not in str(error):
            raise
        sys.stderr.write("a guardrail says no; each finding stands above, and in validation-report.json\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
