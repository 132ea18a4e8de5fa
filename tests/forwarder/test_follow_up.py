"""The question what came of a request is a message of its own kind, and no event is ever taken for one."""

import pytest

from airlock import wire
from airlock.address_book import Destination
from forwarder.follow_up import FIRST_LOOK_S, GIVE_UP_S, FollowUp, read, write
from forwarder.queue import LONGEST_DELAY_S
from tests.forwarder.desk import AT, make_event

ASKED = FollowUp("stand-in-dm-00000001", 25, AT)


def test_it_is_read_as_it_was_written() -> None:
    assert write(ASKED) == f'{{"v":1,"follow_up":{{"request":"stand-in-dm-00000001","events":25,"told_at":{AT}}}}}'
    assert read(write(ASKED)) == ASKED


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        '{"v":1,"follow_up":{}}',
        '{"v":1,"follow_up":{"request":"r","events":1,"told_at":1,"email":"x"}}',
        '{"v":1,"follow_up":{"request":7,"events":1,"told_at":1}}',
        '{"v":2,"follow_up":{"request":"r","events":1,"told_at":1}}',
    ],
)
def test_what_is_none_is_none(body: str) -> None:
    assert read(body) is None


def test_an_event_is_none() -> None:
    assert all(read(wire.write(make_event(destination)).decode()) is None for destination in Destination)


def test_it_is_asked_as_late_as_sqs_lets_a_new_message_wait() -> None:
    assert FIRST_LOOK_S == LONGEST_DELAY_S
    assert GIVE_UP_S > FIRST_LOOK_S
