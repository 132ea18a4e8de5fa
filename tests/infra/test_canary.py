"""The invented patient of every day: what she may do in the account, and when somebody hears of her."""

from infra.template import Resource
from tests.infra.conftest import NAME, Pick


def test_she_comes_once_a_day_and_is_not_repeated(pick: Pick) -> None:
    (rule,) = pick("Events::Rule", Name=f"{NAME}-canary")
    assert rule.get("ScheduleExpression") == "rate(1 day)"
    assert rule.get("Targets")[0]["RetryPolicy"] == {"MaximumRetryAttempts": 0}
    (invoke,) = pick("Lambda::EventInvokeConfig")
    assert invoke.get("MaximumRetryAttempts") == 0
    assert "CanaryFunctionLive" in str(invoke.get("Qualifier"))


def test_she_is_sent_to_the_clinics_own_host_from_one_of_its_sites(pick: Pick) -> None:
    (function,) = pick("Lambda::Function", FunctionName=f"{NAME}-canary")
    variables = function.get("Environment.Variables")
    assert variables["AIRLOCK_HOST"] == "collect.glow-medspa.example"
    assert variables["AIRLOCK_SITE"] == "https://www.glow-medspa.example"
    assert variables["AIRLOCK_LOG_PREFIX"] == "/airlock/glow-medspa/"


def test_she_may_search_the_journals_and_turn_the_switch_and_nothing_else(pick: Pick) -> None:
    (policy,) = pick("IAM::ManagedPolicy", ManagedPolicyName=f"{NAME}-canary")
    actions = [statement["Action"] for statement in policy.get("PolicyDocument.Statement")]
    assert actions == [
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        "kms:Decrypt",
        "logs:DescribeLogGroups",
        "logs:FilterLogEvents",
        "ssm:PutParameter",
    ]
    (searched,) = [
        s["Resource"] for s in policy.get("PolicyDocument.Statement") if s["Action"] == "logs:FilterLogEvents"
    ]
    journals = {group.name: group for group in pick("Logs::LogGroup") if _is_journal(group)}
    assert {each["Fn::GetAtt"][0] for each in searched} == set(journals)


def _is_journal(group: Resource) -> bool:
    name = group.get("LogGroupName")
    return bool(name.startswith("/airlock/")) and not name.endswith("/canary")
