"""The cost table is computed from the stack's own parts, so that a new part shows in it."""

import copy
from typing import Any

import pytest

from infra.cost import VOLUMES, price, write_table
from infra.prices import HTTP_API_REQUESTS, MILLION, REST_API_REQUESTS, stepped
from infra.template import Template, resources


def _without(template: Template, *kinds: str) -> dict[str, Any]:
    changed = copy.deepcopy(dict(template))
    changed["Resources"] = {name: body for name, body in changed["Resources"].items() if body["Type"] not in kinds}
    return changed


def test_a_table_of_four_volumes_adds_up(template: Template) -> None:
    lines = write_table(template).splitlines()
    assert lines[0].count("|") == len(VOLUMES) + 2
    cells = [[float(cell.strip(" *").replace(",", "")) for cell in line.split("|")[2:-1]] for line in lines[2:]]
    for column in zip(*cells, strict=True):
        assert sum(column[:-1]) == pytest.approx(column[-1], abs=0.05)


def test_a_small_clinic_pays_for_what_stands_there_and_a_large_one_for_what_flows(template: Template) -> None:
    small, large = price(template, VOLUMES[0]), price(template, VOLUMES[-1])
    assert max(small, key=lambda name: small[name]) == "Metrics, alarms, dashboard"
    assert 5 < sum(small.values()) < 20
    assert max(large, key=lambda name: large[name]) == "Logs, written and scanned"


def test_more_events_never_cost_less(template: Template) -> None:
    totals = [sum(price(template, events).values()) for events in (0, 1, *VOLUMES, 10**9)]
    assert totals == sorted(totals)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("AWS::SecretsManager::Secret", "Keys and secrets"),
        ("AWS::KMS::Key", "Keys and secrets"),
        ("AWS::Logs::MetricFilter", "Metrics, alarms, dashboard"),
        ("AWS::CloudWatch::Alarm", "Metrics, alarms, dashboard"),
    ],
)
def test_a_part_that_is_taken_out_is_no_longer_paid(template: Template, kind: str, line: str) -> None:
    assert price(_without(template, kind), MILLION)[line] < price(template, MILLION)[line]


def test_a_forwarder_more_costs_more(template: Template) -> None:
    forwarders = list(resources(template, "AWS::Lambda::EventSourceMapping"))
    fewer = copy.deepcopy(dict(template))
    for forwarder in forwarders[1:]:
        del fewer["Resources"][forwarder.name]
    assert price(fewer, VOLUMES[0]).get("SQS", 0) < price(template, VOLUMES[0])["SQS"]


def test_the_firewall_and_the_rest_api_show_in_the_table(template: Template, rest_template: Template) -> None:
    assert price(rest_template, MILLION)["WAF"] == pytest.approx(8.60)
    assert price(rest_template, MILLION)["API Gateway"] == pytest.approx(3.50)
    assert "WAF" not in price(template, MILLION)


def test_the_price_of_a_million_falls_where_aws_says_so() -> None:
    assert stepped(300 * MILLION, HTTP_API_REQUESTS) == pytest.approx(300)
    assert stepped(400 * MILLION, HTTP_API_REQUESTS) == pytest.approx(390)
    assert stepped(400 * MILLION, REST_API_REQUESTS) == pytest.approx(333 * 3.5 + 67 * 2.8)
