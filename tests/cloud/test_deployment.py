"""The synthesised stack, really deployed: over TLS, from a browser's post to a network's answer, and back from a fault.

The account is ministack's, with IAM in force. It checks no KMS grants, throttles or alarms; the template's tests do.
"""

import datetime
import json
from collections.abc import Mapping
from typing import Any

from airlock import wire
from airlock.address_book import Destination
from airlock.clean import Basis, CleanEvent, round_up
from airlock.policy import Policy
from airlock.tokens import ClickId, EventId, EventName
from tests.cloud.clinic import NAME, Clinic, hours_ago, wait_for
from tests.cloud.deployment import DROPPED
from tests.cloud.networks import Received
from tests.workbench.account_of_aws import make_names, refuse_old
from workbench.doctor import Patient, list_checks
from workbench.examination import examine
from workbench.stand_ins.faults import Fault

META, LINKEDIN, GOOGLE = Destination.META, Destination.LINKEDIN, Destination.GOOGLE


def test_only_what_the_emulator_lacks_is_left_out(synthesis: Mapping[str, Any], template: Mapping[str, Any]) -> None:
    left_out = synthesis["Resources"].keys() - template["Resources"].keys()
    assert {synthesis["Resources"][name]["Type"] for name in left_out} == set(DROPPED)


def test_an_event_posted_at_the_clinics_host_comes_out_at_the_networks(clinic: Clinic) -> None:
    posted = clinic.post()
    assert posted.status_code == 204
    assert posted.content == b""
    told = wait_for(lambda: clinic.told(META), "Meta's event")
    assert told[0]["event_name"] == "Lead"
    assert told[0]["event_source_url"] == "https://www.glow-medspa.example/contact"
    assert told[0]["custom_data"] == {"value": 500, "currency": "USD"}
    linkedin = wait_for(lambda: clinic.networks.read(LINKEDIN), "LinkedIn's event")
    assert linkedin[0].status == 201
    wait_for(lambda: clinic.count("meta") == 0, "an empty queue")
    assert clinic.journal(kind="decision", outcome="accepted", destination="meta")
    assert clinic.journal(kind="disclosure", outcome="delivered", destination="meta")


def test_a_click_of_tiktoks_comes_out_at_tiktok(clinic: Clinic) -> None:
    assert clinic.post("click-id-only").status_code == 204
    (received,) = wait_for(lambda: clinic.networks.read(Destination.TIKTOK), "TikTok's event")
    assert received.status == 200
    assert json.loads(received.request.body)["data"][0]["event"] == "SubmitForm"


def test_a_network_that_knows_a_click_only_hours_later_is_told_hours_later(clinic: Clinic) -> None:
    """Google first knows a click six hours after it: what follows a click of yesterday's leaves at once."""
    page = "https://www.glow-medspa.example/contact"
    early, late = "Cj0KCQiAvExampleOfYesterday", "Cj0KCQiAvExampleOfAnHourAgo"
    for gclid, hours in ((late, 1), (early, 30)):
        click = {"gclid": gclid, "at": hours_ago(hours)}
        assert clinic.post(url=page, at=hours_ago(0.9), click=click).status_code == 204

    def look(gclid: str) -> list[Received]:
        received = clinic.networks.read(GOOGLE)
        return [each for each in received if gclid.encode() in each.request.body and each.status == 200]

    wait_for(lambda: look(early), "Google's event")
    wait_for(lambda: clinic.journal(kind="decision", destination="google", outcome="accepted")[1:], "both decisions")
    assert look(late) == []
    assert clinic.count("google") > 0


def test_the_health_route_names_the_policy_that_is_live(clinic: Clinic) -> None:
    live = clinic.ask("GET", "/v1/health").text
    assert clinic.post().status_code == 204
    wait_for(lambda: clinic.journal(kind="decision", policy=live), "the event's line under this policy")
    assert clinic.ask("GET", "/airlock.js").status_code == 200


def test_of_a_batch_each_message_has_its_own_end(clinic: Clinic) -> None:
    """One is delivered, one is no event and is buried with its reason, one's moment has not come and it stays."""
    url = clinic.queue_url("meta")
    bodies = [
        write_message("a" * 32, hours_ago(1)),
        json.dumps({"v": 1, "event": {"free": "text"}}),
        write_message("b" * 32, hours_ago(-1)),
    ]
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    clinic.sqs.send_message_batch(QueueUrl=url, Entries=entries)

    def told() -> set[str]:
        return {event["event_id"] for event in clinic.told(META)}

    wait_for(lambda: "a" * 32 in told(), "the good one")
    wait_for(lambda: clinic.count("meta", dead=True) == 1, "the buried one")
    (buried,) = clinic.look_into("meta", dead=True)
    assert buried["MessageAttributes"]["reason"]["StringValue"] == "unreadable"
    clinic.take_off("meta", buried)
    wait_for(lambda: clinic.count("meta") == 1, "the one that waits")
    assert "b" * 32 not in told()


def write_message(event_id: str, at: int) -> str:
    """A message as the sanitizer writes it, of a lead at a moment in epoch milliseconds."""
    event = CleanEvent(
        destination=META,
        event=EventName("lead"),
        event_id=EventId(event_id),
        at=round_up(at),
        not_before=round_up(at),
        click=ClickId("fbclid:IwAR0ExampleFbclidForCloudTests"),
        click_at=round_up(at),
        basis=Basis.CONSENT,
    )
    return wire.write(event).decode()


def test_what_a_network_rejected_can_be_sent_back_once_the_fault_is_found(clinic: Clinic) -> None:
    """`airlock redrive`, in the deployed account."""
    wait_for(lambda: clinic.count("linkedin") == 0, "what came before")
    clinic.networks.fail(Fault(LINKEDIN, status=400))
    assert clinic.post().status_code == 204
    wait_for(lambda: clinic.count("linkedin", dead=True) == 1, "a dead letter")
    before = len(clinic.networks.read(LINKEDIN))
    counted = clinic.run("redrive", "linkedin")
    assert "1  rejected" in counted.stdout
    moved = clinic.run("redrive", "linkedin", "--yes")
    assert moved.returncode == 0, moved.stderr
    (again,) = wait_for(lambda: clinic.networks.read(LINKEDIN)[before:], "the second try")
    assert again.status == 201
    wait_for(lambda: clinic.count("linkedin") + clinic.count("linkedin", dead=True) == 0, "empty queues")


def test_the_operators_examination_of_this_deployment(clinic: Clinic, policy: Policy) -> None:
    """What `airlock doctor` asks of AWS, asked of a real API; what the emulator cannot show is no pass."""
    now = datetime.datetime.now(datetime.UTC)
    name = NAME.removeprefix("airlock-")
    patient = Patient(policy, name, None, clinic.emulator.client, make_names(), refuse_old, now)
    found = {each.about: each.verdict for each in examine(list_checks(patient, before=False))}
    for about in ("execute-api endpoint", "TLS policy", "access log", "kill switch", f"key alias/{NAME}"):
        assert found[about] == "good", about
    for network in ("meta", "google", "tiktok", "linkedin"):
        assert found[f"secret airlock/{network}"] == "good"
    assert {f"secret {hook.secret}" for hook in policy.hooks} <= found.keys()
    # It knows no such agreement, has no certificate by an invented ARN, and does not say how a log group is protected.
    assert found["BAA with AWS"] == "unseen"
    assert found["certificate"] == "bad"
    assert {verdict for about, verdict in found.items() if about.startswith("log group")} == {"bad"}
