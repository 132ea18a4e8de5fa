"""What all Lambdas have alike: how they run, what they may say, and how a new version comes and goes."""

from infra.template import Template, resources
from tests.infra.conftest import Pick


def test_what_is_tested_is_what_runs(pick: Pick) -> None:
    for function in pick("Lambda::Function"):
        assert function.get("Runtime") == "python3.13"
        assert function.get("Architectures") == ["arm64"]
        assert "VpcConfig" not in function.properties
        assert "Layers" not in function.properties
        assert "DeadLetterConfig" not in function.properties
        assert "SnapStart" not in function.properties
        assert function.get("RecursiveLoop") == "Terminate"


def test_the_time_outs_fit_their_callers(pick: Pick) -> None:
    """API Gateway waits 30 seconds; a forwarder's batch may be bisected against a slow network."""
    timeouts = {function.get("FunctionName"): function.get("Timeout") for function in pick("Lambda::Function")}
    assert timeouts.pop("airlock-glow-medspa-sanitizer") == 10
    assert timeouts.pop("airlock-glow-medspa-canary") == 300
    assert set(timeouts.values()) == {60}


def test_a_function_writes_json_to_its_own_protected_log_group(pick: Pick) -> None:
    for function in pick("Lambda::Function"):
        part = function.get("FunctionName").removeprefix("airlock-glow-medspa-")
        (group,) = pick("Logs::LogGroup", LogGroupName=f"/airlock/glow-medspa/{part}")
        assert function.get("LoggingConfig") == {
            "ApplicationLogLevel": "INFO",
            "LogFormat": "JSON",
            "LogGroup": {"Ref": group.name},
            "SystemLogLevel": "WARN",
        }


def test_every_switch_that_could_leak_is_off(pick: Pick) -> None:
    for function in pick("Lambda::Function"):
        variables = function.get("Environment.Variables")
        assert {name: variables[name] for name in variables if name.startswith("POWERTOOLS_")} == {
            "POWERTOOLS_DEBUG": "false",
            "POWERTOOLS_DEV": "false",
            "POWERTOOLS_LOGGER_LOG_EVENT": "false",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "POWERTOOLS_TRACER_CAPTURE_ERROR": "false",
            "POWERTOOLS_TRACER_CAPTURE_RESPONSE": "false",
            "POWERTOOLS_TRACE_DISABLED": "true",
        }
        assert "TracingConfig" not in function.properties


def test_every_line_can_name_the_code_that_wrote_it(pick: Pick) -> None:
    versions = {function.get("Environment.Variables.AIRLOCK_VERSION") for function in pick("Lambda::Function")}
    assert len(versions) == 3, "one zip for the sanitizer, one for the canary, one for all forwarders"
    assert all(len(version) == 16 for version in versions)


def test_the_sanitizer_knows_each_networks_queue(pick: Pick) -> None:
    (sanitizer,) = pick("Lambda::Function", FunctionName="airlock-glow-medspa-sanitizer")
    urls = str(sanitizer.get("Environment.Variables.AIRLOCK_QUEUE_URLS"))
    for network in ("google", "meta"):
        (queue,) = pick("SQS::Queue", QueueName=f"airlock-glow-medspa-{network}")
        assert f'"{network}":"' in urls.replace('\\"', '"')
        assert queue.name in urls


def test_a_new_version_gets_a_tenth_of_the_traffic_and_goes_back_on_an_alarm(pick: Pick, template: Template) -> None:
    groups = pick("CodeDeploy::DeploymentGroup")
    assert len(groups) == len(pick("Lambda::EventSourceMapping")) + 1
    for group in groups:
        assert group.get("DeploymentConfigName") == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
        assert group.get("AutoRollbackConfiguration")["Events"] == ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]
        alarms = {each["Name"]["Ref"] for each in group.get("AlarmConfiguration.Alarms")}
        metrics = {template["Resources"][alarm]["Properties"]["MetricName"] for alarm in alarms}
        assert metrics >= {"Errors", "LogEventsWithFindings", "Fault"}
    for alias in resources(template, "AWS::Lambda::Alias"):
        assert alias.get("Name") == "live"
        if "Canary" not in alias.name:
            assert "CodeDeployLambdaAliasUpdate" in alias.body["UpdatePolicy"]
