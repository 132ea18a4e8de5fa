"""What fails a synthesis: the HIPAA.Security pack of cdk-nag, and the rules of our own; each exception says why."""

import json
from pathlib import Path

import aws_cdk as cdk
import jsii
from cdk_nag import HIPAASecurityChecks
from constructs import IConstruct

from infra.rules import RULES, find_violations


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Let one finding of cdk-nag stand on one construct, for a reason that an auditor can read in the template."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))


@jsii.implements(cdk.IPolicyValidationPlugin)
class AirlockRules:
    """The rules of our own as a validation of the CDK: an error in any template fails the synthesis."""

    @property
    def name(self) -> str:
        """What the report calls it."""
        return "airlock-rules"

    @property
    def version(self) -> str:
        """Of the rules."""
        return "1"

    @property
    def rule_ids(self) -> list[str]:
        """Every rule's name."""
        return list(RULES)

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Judge every template of the app."""
        violations = [
            cdk.PolicyViolation(
                rule_name=violation.rule,
                description=violation.says,
                severity="error",
                violating_resources=[
                    cdk.PolicyViolatingResource(
                        resource_logical_id=violation.resource, template_path=path, locations=[violation.says]
                    )
                ],
            )
            for path in context.template_paths
            for violation in find_violations(json.loads(Path(path).read_text("utf-8")))
        ]
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)


def guard(app: cdk.App) -> None:
    """Put both guardrails on an app."""
    cdk.Validations.of(app).add_plugins(
        HIPAASecurityChecks(app, write_suppressions_to_cloud_formation=True), AirlockRules()
    )
