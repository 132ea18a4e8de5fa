"""What somebody must hear of: alarms and notices to an encrypted topic, and the dashboard. No text names a visitor."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.delivery import Delivery
from infra.function import ALIAS, Function
from infra.journal import NAMESPACE
from infra.settings import Settings

Metric = cloudwatch.Metric
_OVER = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_UNDER = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_QUIET = cloudwatch.TreatMissingData.NOT_BREACHING
_MISSED = cloudwatch.TreatMissingData.BREACHING
MINUTES_5, HOUR, DAY = cdk.Duration.minutes(5), cdk.Duration.hours(1), cdk.Duration.days(1)
# Over so many 4xx answers in five minutes somebody probes, or a site's integration broke.
MANY_REFUSED = 500


def make_topic(scope: Construct, settings: Settings, key: kms.IKey) -> sns.Topic:
    """Where alarms go: encrypted, TLS only. Mail leaves AWS, so nothing but names and numbers is ever sent."""
    topic = sns.Topic(
        scope, "Topic", topic_name=f"{settings.prefix}-alarms", display_name="Airlock", master_key=key, enforce_ssl=True
    )
    if settings.alarm_email:
        topic.add_subscription(subscriptions.EmailSubscription(settings.alarm_email))
    return topic


class Watch(Construct):
    """The alarms and the dashboard. What `over_...` gives back are the alarms that roll a new version back."""

    def __init__(self, scope: Construct, settings: Settings, topic: sns.ITopic) -> None:
        super().__init__(scope, "Watch")
        self._settings = settings
        self._action = actions.SnsAction(topic)

    def over_journal(self) -> list[cloudwatch.IAlarm]:
        """What any function can write that somebody must look at; a fault rolls a new version back."""
        says = "A network's API version ends within 60 days: update Airlock; `airlock check` says which"
        self._raise("version-ends", says, self._counted("VersionEnds"))
        self._raise("suspected", "Something like health data was stopped before it left", self._counted("Suspected"))
        return [self._raise("faults", "A function stumbled over an event: nothing of it left", self._counted("Fault"))]

    def over_intake(self, function: Function) -> list[cloudwatch.IAlarm]:
        """The sanitizer's alarms; those that a new version can set off."""
        part = function.part
        self._raise(
            f"{part}-throttles", "Requests are turned away: raise the concurrency", _lambda("Throttles", function)
        )
        self._raise(
            f"{part}-silence",
            "No request for a day: is the script still in the site's pages?",
            _lambda("Invocations", function, DAY),
            compare=_UNDER,
            missing=_MISSED,
        )
        return [
            self._raise(f"{part}-errors", "The sanitizer fails: nothing leaves, and events are lost", _live(function)),
            self._raise_finding(part, function.log_group.log_group_name),
        ]

    def over_delivery(self, delivery: Delivery) -> list[cloudwatch.IAlarm]:
        """One forwarder's alarms; those that a new version can set off."""
        function, part = delivery.function, delivery.function.part
        dead, queue = delivery.mailbox.dead, delivery.mailbox.queue
        self._raise(
            f"{part}-dead-letters",
            f"{part} will not take some events: `airlock redrive {part}` shows which and why",
            dead.metric_approximate_number_of_messages_visible(period=MINUTES_5, statistic="Maximum"),
        )
        self._raise(
            f"{part}-late",
            f"Events wait for {part} longer than they should",
            queue.metric_approximate_age_of_oldest_message(period=MINUTES_5, statistic="Maximum"),
            threshold=delivery.late_after_s,
        )
        self._raise(
            f"{part}-refusing",
            f"{part} refuses the token or the account: events wait, none is lost; renew the secret",
            self._counted(f"{part}-Refusing"),
        )
        return [
            self._raise(f"{part}-errors", f"The forwarder of {part} fails: its events wait", _live(function)),
            self._raise_finding(part, function.log_group.log_group_name),
        ]

    def over_canary(self, function: Function) -> None:
        """The daily flight failed, or there was none."""
        self._raise(
            "canary-errors",
            "The canary found its patient in a log and closed the airlock, or did not come through, or did not fly",
            _lambda("Errors", function, DAY),
            missing=_MISSED,
        )
        self._raise_finding(function.part, function.log_group.log_group_name)

    def over_edge(self, log_group_name: str, namespace_metrics: Mapping[str, Metric]) -> list[cloudwatch.IAlarm]:
        """The edge's alarms, of its metrics `5xx` and `4xx`."""
        self._raise("edge-4xx", "Many requests are refused", namespace_metrics["4xx"], threshold=MANY_REFUSED)
        return [
            self._raise("edge-5xx", "The edge answers 5xx: browsers retry once", namespace_metrics["5xx"]),
            self._raise_finding("edge", log_group_name),
        ]

    def draw(self, intake: Function, deliveries: Sequence[Delivery], edge: Mapping[str, Metric]) -> None:
        """One dashboard: what came in, what was decided, what each network took, what waits."""
        decided = [self._counted(f"{intake.part}-{name}") for name in ("Accepted", "Withheld", "Refused")]
        told = [
            self._counted(f"{each.function.part}-{name}") for each in deliveries for name in ("Delivered", "Rejected")
        ]
        ages = [
            each.mailbox.queue.metric_approximate_age_of_oldest_message(label=each.destination) for each in deliveries
        ]
        dead = [
            each.mailbox.dead.metric_approximate_number_of_messages_visible(label=each.destination)
            for each in deliveries
        ]
        panels = {
            "What the sanitizer decided": decided,
            "What the networks took": told,
            "Age of the oldest waiting event, seconds": ages,
            "Dead letters": dead,
            "Edge": list(edge.values()),
        }
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=self._settings.prefix,
            widgets=[
                [cloudwatch.GraphWidget(title=title, left=metrics, width=12)] for title, metrics in panels.items()
            ],
        )

    def _counted(self, metric: str) -> Metric:
        return Metric(
            namespace=f"{NAMESPACE}/{self._settings.name}",
            metric_name=metric,
            statistic="Sum",
            period=MINUTES_5,
        )

    def _raise_finding(self, part: str, log_group_name: str) -> cloudwatch.Alarm:
        """A tripwire went off: something that must not be there stands in a log line."""
        metric = Metric(
            namespace="AWS/Logs",
            metric_name="LogEventsWithFindings",
            dimensions_map={"LogGroupName": log_group_name, "DataProtectionOperation": "Audit"},
            statistic="Sum",
            period=MINUTES_5,
        )
        return self._raise(f"{part}-finding", "Personal data in a log line: close the airlock, then look", metric)

    def _raise(
        self,
        name: str,
        says: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float = 1,
        compare: cloudwatch.ComparisonOperator = _OVER,
        missing: cloudwatch.TreatMissingData = _QUIET,
    ) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self._settings.prefix}-{name}",
            alarm_description=says,
            metric=metric,
            threshold=threshold,
            comparison_operator=compare,
            evaluation_periods=1,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(self._action)
        return alarm


def _lambda(metric: str, function: Function, period: cdk.Duration = MINUTES_5) -> Metric:
    # By name: an alarm that referred to the function would wait for what waits for it.
    return Metric(
        namespace="AWS/Lambda",
        metric_name=metric,
        dimensions_map={"FunctionName": function.name},
        statistic="Sum",
        period=period,
    )


def _live(function: Function) -> Metric:
    return Metric(
        namespace="AWS/Lambda",
        metric_name="Errors",
        dimensions_map={"FunctionName": function.name, "Resource": f"{function.name}:{ALIAS}"},
        statistic="Sum",
        period=MINUTES_5,
    )
