"""The context of a deployment: what it may say, and that a mistake in it is told before anything is built."""

from pathlib import Path

import pytest

from airlock.policy import PolicyError
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
