"""What outlives the stack is what holds evidence or accepted events, and for each it is said why."""

from pathlib import Path

from infra.removal import WHY, describe, list_what_stays, write_list
from infra.rules import KEPT
from infra.template import Template


def test_what_holds_evidence_stays_and_nothing_else(template: Template, rest_template: Template) -> None:
    assert {each.type for each in list_what_stays(template)} == set(KEPT)
    assert {each.type for each in list_what_stays(rest_template)} == {
        *KEPT,
        "AWS::ApiGateway::Account",
        "AWS::IAM::Role",
    }


def test_for_each_it_is_said_why_and_how_it_ends(template: Template, rest_template: Template) -> None:
    for each in (*list_what_stays(template), *list_what_stays(rest_template)):
        assert each.type in WHY
        assert describe(each).endswith(WHY[each.type])


def test_a_first_deployment_that_fails_takes_its_queues_and_secrets_back(template: Template) -> None:
    """They would stand in the way of the second; nothing was accepted yet."""
    for each in list_what_stays(template):
        gone = each.type in {"AWS::SQS::Queue", "AWS::SecretsManager::Secret"}
        assert each.body["DeletionPolicy"] == ("RetainExceptOnCreate" if gone else "Retain")


def test_a_folder_without_a_template_gives_no_list(tmp_path: Path) -> None:
    assert write_list(tmp_path) == ""


def test_a_queue_is_named_as_the_account_names_it(template: Template) -> None:
    lines = [describe(each) for each in list_what_stays(template)]
    assert any(line.startswith("airlock-glow-medspa-meta-dead (AWS::SQS::Queue)") for line in lines)
