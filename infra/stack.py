"""The clinic's stack: every part, and what is wired to what."""

from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from infra.alarms import Watch, make_topic
from infra.canary import Canary
from infra.delivery import Delivery, Mailbox, make_secret
from infra.edge import HttpEdge
from infra.foundation import lay_foundation
from infra.intake import Intake
from infra.journal import save_queries
from infra.notices import watch_account
from infra.rest_edge import RestEdge
from infra.roles import make_auditor
from infra.settings import Edge, Settings


class AirlockStack(cdk.Stack):
    """One clinic's airlock in one account."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        *,
        zips: Mapping[str, Path],
        certificate: acm.ICertificate | None = None,
        environment: cdk.Environment | None = None,
    ) -> None:
        super().__init__(
            scope,
            settings.prefix,
            env=environment,
            description=f"Airlock of {settings.policy.name}, policy {settings.policy.digest[:16]}",
            termination_protection=True,
        )
        foundation = lay_foundation(self, settings)
        key = foundation.key
        mailboxes = {network: Mailbox(self, settings, network, key) for network in settings.networks}
        names = sorted({settings.policy.rules[network].secret for network in settings.networks})
        secrets = {name: make_secret(self, name, key) for name in names}
        hooks = {name: make_secret(self, name, key, "A webhook's secret") for name in settings.hook_secrets}
        intake = Intake(
            self,
            settings,
            code=zips["sanitizer"],
            foundation=foundation,
            queues={network: mailbox.queue for network, mailbox in mailboxes.items()},
            hook_secrets=list(hooks.values()),
        )
        deliveries = [
            Delivery(
                self,
                settings,
                network,
                code=zips["forwarder"],
                foundation=foundation,
                mailbox=mailbox,
                secret=secrets[settings.policy.rules[network].secret],
            )
            for network, mailbox in mailboxes.items()
        ]
        make_edge = RestEdge if settings.edge is Edge.REST else HttpEdge
        edge = make_edge(
            self,
            settings,
            key=key,
            target=intake.alias,
            certificate=certificate
            or acm.Certificate.from_certificate_arn(self, "Certificate", settings.certificate_arn),
        )
        functions = [intake.function, *(delivery.function for delivery in deliveries)]
        journals = [function.log_group for function in functions]
        save_queries(self, settings, journals)
        canary = Canary(self, settings, code=zips["canary"], foundation=foundation, journals=journals)
        make_auditor(
            Construct(self, "Auditor"),
            settings,
            log_group_arns=[group.log_group_arn for group in (*journals, canary.function.log_group, edge.access_log)],
            signing_key_arn=foundation.signing_key.key_arn,
            boundary=foundation.boundary,
        )
        topic = make_topic(self, settings, key)
        watch_account(
            self,
            settings,
            topic,
            key_arns=[key.key_arn, foundation.signing_key.key_arn],
            secrets=[*names, *hooks],
            readers=[function.name for function in functions],
        )
        watch = Watch(self, settings, topic)
        faults = watch.over_journal()
        at_the_edge = watch.over_edge(edge.access_log.log_group_name, edge.metrics)
        intake.function.deploy_by_canary([*watch.over_intake(intake.function), *at_the_edge, *faults])
        for delivery in deliveries:
            delivery.function.deploy_by_canary([*watch.over_delivery(delivery), *faults])
        watch.over_canary(canary.function)
        watch.draw(intake.function, deliveries, edge.metrics)
        cdk.CfnOutput(self, "CollectHost", value=settings.policy.collect_host)
        cdk.CfnOutput(
            self, "DnsTarget", value=edge.dns_target, description="The CNAME of the collect host; never proxied"
        )
        cdk.CfnOutput(
            self,
            "StaysAfterDestroy",
            value="key, log groups, secrets, tables, queues and dead-letter queues",
            description="Evidence and accepted events outlive it; python -m infra.removal names each and says why",
        )
