"""The context of a deployment: what it may say, and that a mistake in it is told before anything is built."""

import datetime
from pathlib import Path

import pytest

from airlock.policy import Policy, PolicyError
from infra.settings import Edge, SettingsError, read_settings, slugify


def test_without_a_word_it_is_the_sample_clinic_behind_an_http_api() -> None:
    settings = read_settings({})
    assert settings.prefix == "airlock-glow-medspa"
    assert settings.edge is Edge.HTTP
    assert settings.networks == ("google", "linkedin", "meta", "tiktok")
    assert not settings.reserves_concurrency


def test_names_follow_from_the_clinic_so_that_two_clinics_never_share_one(tmp_path: Path, policy_text: str) -> None:
    other = tmp_path / "other.toml"
    other.write_text(policy_text.replace("Glow Medspa", "Ärzte am See, Dr. O'Neil & Söhne"), "utf-8")
    assert read_settings({"policy": str(other)}).prefix == "airlock-rzte-am-see-dr-o-neil-s-hne"
    assert read_settings({"policy": str(other), "name": "lake"}).prefix == "airlock-lake"


def test_the_longest_name_still_fits_into_a_functions() -> None:
    assert len(f"airlock-{slugify('x' * 200)}-pinterest-deploy") <= 64


@pytest.mark.parametrize(("quota", "reserved"), [(10, False), (239, False), (240, True), (1000, True)])
def test_concurrency_is_reserved_only_where_the_account_has_room(quota: int, *, reserved: bool) -> None:
    """100 for the sanitizer, 10 for each of four forwarders, and 100 that Lambda wants unreserved."""
    assert read_settings({"concurrency_quota": str(quota)}).reserves_concurrency is reserved


@pytest.mark.parametrize(
    ("context", "says"),
    [
        ({"edge": "grpc"}, "edge must be one of http, rest"),
        ({"colour": "blue"}, "unknown key colour"),
        ({"concurrency_quota": "many"}, "concurrency_quota must be a whole number"),
        ({"certificate_arn": "not-an-arn"}, "certificate_arn must be the ARN"),
        ({"script": "tiny"}, "script must be one of minified, readable"),
        ({"name": "--"}, "name must hold a letter or a digit"),
    ],
)
def test_a_mistake_in_the_context_is_told_by_key_and_rule(context: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read_settings(context)


def test_a_policy_with_a_problem_is_never_deployed(tmp_path: Path, policy_text: str) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text(policy_text.replace('currency = "USD"', 'currency = "dollars"'), "utf-8")
    with pytest.raises(PolicyError, match="currency"):
        read_settings({"policy": str(broken)})


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('label = "/contact"', 'label = "/botox"', r"line \d+, page.5.label: .*health.* \[names-a-treatment\]"),
        ('match = "/patient/**"', 'match = "/portal/a"', r"page.2.match: can never match.* \[overlapping-page-rules\]"),
    ],
)
def test_what_airlock_check_refuses_is_never_deployed(
    tmp_path: Path, policy_text: str, old: str, new: str, says: str
) -> None:
    """A person who skips the check is told the same by the deployment."""
    assert old in policy_text, "the sample policy has changed"
    broken = tmp_path / "broken.toml"
    broken.write_text(policy_text.replace(old, new, 1), "utf-8")
    with pytest.raises(PolicyError, match=says):
        read_settings({"policy": str(broken)}, datetime.date(2026, 11, 24))


def test_all_that_is_wrong_is_told_at_once_and_a_warning_stops_nobody(tmp_path: Path, policy_text: str) -> None:
    file = tmp_path / "clinic.toml"
    text = policy_text.replace('label = "/contact"', 'label = "/botox"').replace('currency = "USD"', 'currency = "$"')
    file.write_text(text, "utf-8")
    with pytest.raises(PolicyError) as refused:
        read_settings({"policy": str(file)}, datetime.date(2026, 11, 24))
    assert [problem.rpartition("[")[2] for problem in refused.value.problems] == ["wrong-value]", "names-a-treatment]"]
    file.write_text(policy_text.replace("expires = 2027-11-02 # the last", "expires = 2026-11-24 #"), "utf-8")
    assert read_settings({"policy": str(file)}, datetime.date(2026, 11, 24)).policy.name == "Glow Medspa"


def test_an_event_that_ran_out_holds_up_no_deployment(tmp_path: Path, policy_text: str) -> None:
    """It is told to nobody, and what is deployed may mend something else."""
    file = tmp_path / "clinic.toml"
    file.write_text(policy_text, "utf-8")
    assert read_settings({"policy": str(file)}, datetime.date(2030, 1, 1)).policy.name == "Glow Medspa"


def test_a_policy_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    (tmp_path / "empty.toml").write_bytes(b"")
    for name, says in (
        ("gone.toml", "No such file"),
        ("latin.toml", "not UTF-8"),
        ("empty.toml", "clinic: is missing"),
    ):
        with pytest.raises(PolicyError, match=says):
            read_settings({"policy": str(tmp_path / name)})


def test_a_compiled_policy_is_deployed_as_it_was_compiled(tmp_path: Path, policy: Policy) -> None:
    file = tmp_path / "policy.json"
    file.write_bytes(policy.compiled)
    assert read_settings({"policy": str(file)}).policy == policy
