"""`airlock doctor` tells right from wrong in an account, and what it could not see is never a pass."""

import datetime
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.exception
import dns.resolver
import pytest

from airlock.policy import Policy
from infra.settings import Settings, slugify
from tests.loopback import Authority
from tests.workbench.account_of_aws import (
    DAY,
    HOST,
    NOW,
    TARGET,
    Account,
    ClientError,
    FakeNames,
    be_away,
    make_names,
    refuse_old,
)
from workbench import examine_account
from workbench.command import main
from workbench.dns_names import DnsNames
from workbench.doctor import Patient, list_checks, name_deployment, report
from workbench.examination import Finding, UnseenError, Verdict, examine
from workbench.examine_networks import examine_versions
from workbench.tls_floor import Shake, examine_tls

GOOD, SOON, BAD, UNSEEN = Verdict.GOOD, Verdict.SOON, Verdict.BAD, Verdict.UNSEEN


def look(
    policy: Policy,
    account: Account | None = None,
    names: FakeNames | None = None,
    *,
    shake: Shake = refuse_old,
    attested: str | None = None,
    before: bool = False,
) -> list[Finding]:
    account = account or Account()
    patient = Patient(policy, "glow-medspa", attested, account.open_client, names or make_names(), shake, NOW)
    return list(examine(list_checks(patient, before=before)))


def of(findings: list[Finding], about: str) -> list[Finding]:
    return [finding for finding in findings if finding.about.startswith(about)]


def test_a_deployment_in_order_is_well(policy: Policy, capsys: pytest.CaptureFixture[str]) -> None:
    findings = look(policy)
    assert {finding.verdict for finding in findings} == {GOOD}
    assert {finding.about for finding in findings} >= {
        "BAA with AWS",
        "CAA",
        "CNAME of the collect host",
        "certificate",
        "validation record",
        "TLS floor",
        "execute-api endpoint",
        "access log",
        "log group /airlock/glow-medspa/meta",
        "secret airlock/meta",
        "API of meta",
    }
    assert report(iter(findings), as_json=False) == 0
    assert capsys.readouterr().out.endswith("0 soon, 0 bad, 0 not seen\n")


def test_before_a_deployment_nothing_is_asked_that_only_a_deployment_has(policy: Policy) -> None:
    findings = look(policy, before=True)
    assert {finding.verdict for finding in findings} == {GOOD}
    assert not {"certificate", "CNAME of the collect host", "secret airlock/meta"} & {each.about for each in findings}


@pytest.mark.parametrize("operation", sorted(Account().answers))
def test_whatever_aws_does_not_let_be_seen_is_no_pass(
    operation: str, policy: Policy, capsys: pytest.CaptureFixture[str]
) -> None:
    account = Account()
    account.answers[operation] = ClientError("AccessDeniedException")
    findings = look(policy, account)
    assert UNSEEN in {finding.verdict for finding in findings}
    assert report(iter(findings), as_json=False) == 1
    said = capsys.readouterr().out
    assert "AccessDeniedException" in said
    assert "CANARY" not in said


def test_no_dns_and_no_network_are_no_pass(policy: Policy) -> None:
    names = make_names()
    names.is_down = True
    findings = look(policy, names=names, shake=be_away)
    assert {each.about for each in findings if each.verdict is UNSEEN} == {
        "CAA",
        "CNAME of the collect host",
        "certificate",
        "TLS floor",
    }


def change(account: Account, operation: str, **fields: Any) -> None:
    """Change the innermost object of an answer."""
    answer = account.answers[operation]
    while True:
        inner = next(iter(answer.values()))
        inner = inner[0] if isinstance(inner, list) else inner
        if not isinstance(inner, dict):
            break
        answer = inner
    answer.update(fields)


@pytest.mark.parametrize(
    ("operation", "fields", "about", "verdict", "says"),
    [
        ("artifact.list_customer_agreements", {"state": "CUSTOMER_TERMINATED"}, "BAA", BAD, "not in force"),
        ("artifact.list_customer_agreements", {"name": "An NDA"}, "BAA", BAD, "not in force"),
        ("iam.get_account_summary", {"AccountMFAEnabled": 0}, "root user", BAD, "no second factor"),
        ("cloudtrail.get_trail_status", {"IsLogging": False}, "CloudTrail", BAD, "no trail"),
        ("cloudtrail.describe_trails", {"IsMultiRegionTrail": False}, "CloudTrail", BAD, "no trail"),
        ("lambda.get_account_settings", {"ConcurrentExecutions": 10}, "Lambda", SOON, "without reservations"),
        ("acm.list_certificates", {"DomainName": "other.example"}, "certificate", BAD, "none for"),
        ("acm.describe_certificate", {"Status": "PENDING_VALIDATION"}, "certificate", BAD, "PENDING_VALIDATION"),
        ("acm.describe_certificate", {"NotAfter": NOW + 10 * DAY}, "certificate", SOON, "not renewed yet"),
        ("acm.describe_certificate", {"NotAfter": NOW - DAY}, "certificate", BAD, "it ended"),
        ("acm.describe_certificate", {"NotAfter": None}, "certificate", UNSEEN, "does not say"),
        ("apigatewayv2.get_apis", {"DisableExecuteApiEndpoint": False}, "execute-api", BAD, "open"),
        ("apigatewayv2.get_apis", {"Name": "another"}, "edge", UNSEEN, "no API named"),
        ("apigatewayv2.get_domain_name", {"SecurityPolicy": "TLS_1_0"}, "TLS policy", BAD, "below TLS 1.2"),
        (
            "apigatewayv2.get_domain_name",
            {"ApiGatewayDomainName": "d-other.example"},
            "CNAME of",
            BAD,
            "points elsewhere",
        ),
        ("apigatewayv2.get_stages", {"Format": "$context.identity.sourceIp"}, "access log", BAD, "names visitors"),
        ("apigatewayv2.get_stages", {"Format": ""}, "access log", BAD, "writes none"),
        ("logs.describe_log_groups", {"dataProtectionStatus": "DISABLED"}, "log group", BAD, "data-protection"),
        ("logs.describe_log_groups", {"retentionInDays": 30}, "log group", BAD, "2192 days"),
        ("logs.describe_log_groups", {"kmsKeyId": None}, "log group", BAD, "not encrypted"),
        ("logs.describe_log_groups", {"deletionProtectionEnabled": False}, "log group", BAD, "can be deleted"),
        ("kms.describe_key", {"KeyState": "PendingDeletion"}, "key", BAD, "PendingDeletion"),
        ("kms.get_key_rotation_status", {"KeyRotationEnabled": False}, "key", BAD, "not rotated"),
        ("ssm.get_parameter", {"Value": "closed meta"}, "kill switch", SOON, "closed"),
        ("secretsmanager.describe_secret", {"LastChangedDate": NOW - 91 * DAY}, "secret", SOON, "91 days old"),
        ("secretsmanager.describe_secret", {"LastChangedDate": None}, "secret", UNSEEN, "does not say"),
        ("secretsmanager.describe_secret", {"VersionIdsToStages": {}}, "secret", BAD, "is empty"),
        ("secretsmanager.describe_secret", {"DeletedDate": NOW}, "secret", BAD, "to be deleted"),
    ],
)
def test_each_fault_is_found_and_named(
    operation: str, fields: dict[str, Any], about: str, verdict: Verdict, says: str, policy: Policy
) -> None:
    account = Account()
    if operation == "secretsmanager.describe_secret":
        account.answers[operation] |= fields
    else:
        change(account, operation, **fields)
    findings = look(policy, account)
    found = [each for each in of(findings, about) if each.verdict is verdict]
    assert found
    assert any(says in each.says for each in found)
    if verdict is BAD:
        assert all(each.remedy for each in found)
    assert report(iter(findings), as_json=True) == int(verdict is not SOON)


def test_the_baa_may_be_attested_where_the_organization_accepted_it(policy: Policy) -> None:
    account = Account()
    account.answers["artifact.list_customer_agreements"] = {"customerAgreements": []}
    assert of(look(policy, account), "BAA")[0].verdict is BAD
    attested = of(look(policy, account, attested="A. Example, 2026-11-02"), "BAA")[0]
    assert attested.verdict is GOOD
    assert "A. Example" in attested.says
    account.answers["artifact.list_customer_agreements"] = ClientError("AccessDeniedException")
    assert of(look(policy, account, attested="A. Example"), "BAA")[0].verdict is GOOD


def test_the_name_that_a_registrar_doubled_is_found_and_named(policy: Policy) -> None:
    names = make_names()
    del names.records[HOST, "CNAME"]
    names.records[f"{HOST}.glow-medspa.example", "CNAME"] = (TARGET,)
    del names.records[f"_x1.{HOST}", "CNAME"]
    names.records[f"_x1.{HOST}.glow-medspa.example", "CNAME"] = ("_y1.acm-validations.aws",)
    findings = look(policy, names=names)
    host, record = of(findings, "CNAME of")[0], of(findings, "validation record")[0]
    assert host.verdict is record.verdict is BAD
    assert f"{HOST}.glow-medspa.example" in host.says
    assert "write collect only" in host.remedy
    assert "write _x1.collect only" in record.remedy


def test_a_proxy_before_the_airlock_is_said_to_read_what_patients_send(policy: Policy) -> None:
    names = make_names()
    del names.records[HOST, "CNAME"]
    names.records[HOST, "A"] = ("192.0.2.1",)
    found = of(look(policy, names=names), "CNAME of")[0]
    assert found.verdict is BAD
    assert "without a BAA" in found.says


def test_a_host_without_a_record_is_told_which_one_it_needs(policy: Policy) -> None:
    names = make_names()
    del names.records[HOST, "CNAME"]
    assert of(look(policy, names=names), "CNAME of")[0].remedy == f"{HOST} CNAME {TARGET}"
    account = Account()
    account.answers["apigatewayv2.get_domain_name"] = ClientError("NotFoundException")
    assert "DnsTarget" in of(look(policy, account, names), "CNAME of")[0].remedy
    assert of(look(policy, account), "CNAME of")[0].verdict is UNSEEN


@pytest.mark.parametrize(
    ("zone", "records", "verdict"),
    [
        ("glow-medspa.example", ('0 issue "letsencrypt.org"',), BAD),
        ("glow-medspa.example", ('0 issue "letsencrypt.org"', '0 issue "amazon.com"'), GOOD),
        ("glow-medspa.example", ('0 issue "amazonaws.com; account=1"',), GOOD),
        ("glow-medspa.example", ('0 issue ";"',), BAD),
        ("glow-medspa.example", ('0 iodef "mailto:a@b.example"',), GOOD),
        (HOST, ('0 issue "awstrust.com"',), GOOD),
    ],
)
def test_caa_records_let_amazon_issue_or_do_not(
    zone: str, records: tuple[str, ...], verdict: Verdict, policy: Policy
) -> None:
    names = make_names()
    names.records[zone, "CAA"] = records
    names.records["example", "CAA"] = ('0 issue "nobody.example"',)
    assert of(look(policy, names=names), "CAA")[0].verdict is verdict


def test_the_nearest_name_with_caa_records_decides(policy: Policy) -> None:
    names = make_names()
    names.records[HOST, "CAA"] = ('0 issue "amazon.com"',)
    names.records["glow-medspa.example", "CAA"] = ('0 issue "letsencrypt.org"',)
    assert of(look(policy, names=names), "CAA")[0].verdict is GOOD


@pytest.mark.parametrize(
    ("today", "verdict"),
    [
        (datetime.date(2026, 11, 24), GOOD),
        (datetime.date(2027, 8, 1), SOON),
        (datetime.date(2027, 9, 1), BAD),
    ],
)
def test_the_end_of_metas_version_is_seen_coming(today: datetime.date, verdict: Verdict, policy: Policy) -> None:
    assert of(list(examine_versions(policy, today)), "API of meta")[0].verdict is verdict


def test_no_deployment_at_all_is_not_seen(policy: Policy) -> None:
    account = Account()
    account.answers["logs.describe_log_groups"] = {"logGroups": []}
    account.answers["secretsmanager.describe_secret"] = ClientError("ResourceNotFoundException")
    findings = look(policy, account)
    assert of(findings, "journal")[0].verdict is UNSEEN
    assert {each.verdict for each in of(findings, "secret")} == {BAD}


def test_the_secrets_of_webhooks_are_examined_too(policy: Policy) -> None:
    account = Account()
    account.answers["secretsmanager.describe_secret"] |= {"VersionIdsToStages": {}}
    findings = look(policy, account)
    for hook in policy.hooks:
        (found,) = of(findings, f"secret {hook.secret}")
        assert found.remedy == f"uv run airlock secret set hooks/{hook.name}"


def test_a_rest_api_is_examined_too(policy: Policy) -> None:
    account = Account()
    account.answers["apigatewayv2.get_apis"] = {"Items": []}
    rest = {"name": "airlock-glow-medspa", "id": "r1", "disableExecuteApiEndpoint": True}
    account.answers["apigateway.get_rest_apis"] = {"items": [rest]}
    account.answers["apigateway.get_stages"] = {"item": [{"accessLogSettings": {"format": "$context.path"}}]}
    findings = look(policy, account)
    assert of(findings, "execute-api")[0].verdict is GOOD
    assert of(findings, "access log")[0].verdict is BAD


def test_a_program_reads_json(policy: Policy, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(iter(look(policy)), as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["well"] is True
    assert {"about", "verdict", "says", "remedy"} == set(told["findings"][0])


def test_the_command_examines_before_there_is_anything_to_examine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account = Account()
    account.answers["artifact.list_customer_agreements"] = {"customerAgreements": []}
    monkeypatch.setattr("workbench.doctor._open_client", account.open_client)
    monkeypatch.setattr("workbench.doctor.DnsNames", make_names)
    assert main(["doctor", "--before", "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [each["verdict"] for each in findings if each["about"] == "BAA with AWS"] == ["bad"]
    main(["doctor", "--before", "--baa-attested", "A. Example, 2026-11-02"])
    assert "ok    BAA with AWS: attested on this command line" in capsys.readouterr().out


def test_names_and_quotas_are_those_of_the_stack(policy: Policy) -> None:
    """The stack's modules are not on the command's path; what both know must not drift apart."""
    for name in ("Glow Medspa", "Dr. Ana's Derm & Laser Centre of Springfield", "A--B"):
        assert name_deployment(name) == slugify(name)
    needed = (
        examine_account.SANITIZER_CONCURRENCY
        + examine_account.FORWARDER_CONCURRENCY * len(policy.rules)
        + examine_account.UNRESERVED_CONCURRENCY
    )
    assert Settings(policy, "x", concurrency_quota=needed).reserves_concurrency
    assert not Settings(policy, "x", concurrency_quota=needed - 1).reserves_concurrency


class _Resolver(dns.resolver.Resolver):
    def __init__(self, error: Exception) -> None:
        super().__init__(configure=False)
        self._error = error

    def resolve(self, *_: Any, **__: Any) -> Any:
        raise self._error


def test_a_name_that_does_not_exist_has_no_records_and_a_silent_resolver_is_not_seen() -> None:
    assert DnsNames(_Resolver(dns.resolver.NXDOMAIN())).ask("nowhere.example", "CNAME") == ()
    with pytest.raises(UnseenError, match=r"DNS did not answer for nowhere\.example: Timeout"):
        DnsNames(_Resolver(dns.exception.Timeout())).ask("nowhere.example", "CNAME")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(authority: Authority, request: pytest.FixtureRequest) -> Iterator[int]:
    """A TLS server on loopback of the versions that the test asks for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.certify("server", ["localhost"]))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = request.param
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


def shake_with(port: int, trusted: Path | None) -> Shake:
    def shake(_: str, context: ssl.SSLContext) -> None:
        if trusted is not None and context.check_hostname:
            context.load_verify_locations(trusted)
        with (
            socket.create_connection(("127.0.0.1", port), 5) as connection,
            context.wrap_socket(connection, server_hostname="localhost"),
        ):
            pass

    return shake


@pytest.mark.parametrize("server", [ssl.TLSVersion.TLSv1_2], indirect=True)
def test_a_real_server_of_tls_1_2_passes(server: int, authority: Authority) -> None:
    assert [each.verdict for each in examine_tls(HOST, shake_with(server, authority.file))] == [GOOD]


@pytest.mark.skipif(not ssl.HAS_TLSv1_1, reason="this OpenSSL speaks no TLS 1.1 itself")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize("server", [ssl.TLSVersion.TLSv1], indirect=True)
def test_a_real_server_that_speaks_tls_1_1_is_found(server: int, authority: Authority) -> None:
    found = list(examine_tls(HOST, shake_with(server, authority.file)))
    assert [each.verdict for each in found] == [BAD]
    assert "TLS 1.1" in found[0].says


@pytest.mark.parametrize("server", [ssl.TLSVersion.TLSv1_2], indirect=True)
def test_a_certificate_that_nobody_vouches_for_is_bad(server: int) -> None:
    found = list(examine_tls(HOST, shake_with(server, None)))
    assert [each.verdict for each in found] == [BAD]
    assert "certificate" in found[0].says
