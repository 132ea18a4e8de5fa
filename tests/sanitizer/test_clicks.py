"""Click ids: each by its network's grammar, the first valid one of page, body and cookie, and nothing repaired."""

from typing import Any
from urllib.parse import quote

import pytest

from airlock.policy import Policy
from airlock.tokens import ClickId, ClickIdKind
from sanitizer.clicks import Click, Clicks, collect, write_cookie
from tests.sanitizer.visits import DAY, IDS, NOW, change_policy

OTHER = "IwY2xjawOtherOtherOther_aem_Zk3vQx7Lr9Wt"
FB = IDS["fbclid"]


def take(query: str = "", cookie: str = "", **click: Any) -> Clicks:
    return collect(query, click, cookie, NOW)


def ids(clicks: Clicks) -> dict[str, str]:
    return {str(kind): click.id.id for kind, click in clicks.found.items()}


def kept(kind: str, click_id: str, at: int = NOW - DAY) -> str:
    return f"{kind}:{at:013d}:{click_id}"


LENGTHS = {
    "fbclid": (10, 500, "aZ9_-"),
    "gclid": (20, 200, "aZ9_-"),
    "gbraid": (20, 200, "aZ9_-"),
    "wbraid": (20, 200, "aZ9_-"),
    "ttclid": (10, 512, "aZ9._-"),
    "rdt_cid": (10, 100, "aZ9_-"),
    "epik": (10, 200, "aZ9_-"),
}


@pytest.mark.parametrize("kind", LENGTHS)
def test_a_click_id_has_its_networks_length_and_letters(kind: str) -> None:
    """Case is kept; one letter too few or too many, or a letter of another alphabet, and it is none."""
    shortest, longest, letters = LENGTHS[kind]
    for length in (shortest, shortest + 1, longest):
        text = (letters * longest)[:length]
        assert ids(take(**{kind: text})) == {kind: text}
        assert ids(take(f"{kind}={text}")) == {kind: text}
        assert ids(take(cookie=kept(kind, text))) == {kind: text}
    good = (letters * longest)[:shortest]
    bad = [
        good[:-1],
        (letters * longest)[: longest + 1],
        "",
        *(good + sign for sign in " +/=~%@:|\n\0é\N{KELVIN SIGN}"),
    ]
    if kind != "ttclid":
        bad.append(good + ".")
    for text in bad:
        assert take(**{kind: text}).found == {}
        assert take(**{kind: text}).dropped == (f"click.{kind}",)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("li_fat_id", [IDS["li_fat_id"], IDS["li_fat_id"].upper()], [IDS["li_fat_id"].replace("-", ""), "x" * 36]),
        ("ScCid", [IDS["li_fat_id"]], [IDS["li_fat_id"][:-1], f"{{{IDS['li_fat_id']}}}"]),
        ("msclkid", ["0123456789abcdef" * 2, "0123456789ABCDEF" * 2], ["g" * 32, "0" * 31, "0" * 33]),
    ],
)
def test_a_click_id_of_a_fixed_form_has_exactly_that(kind: str, good: list[str], bad: list[str]) -> None:
    assert [ids(take(**{kind: text})) for text in good] == [{kind: text} for text in good]
    assert [take(**{kind: text}).found for text in bad] == [{}] * len(bad)


@pytest.mark.parametrize("value", [1, True, 1.5, [FB], {"id": FB}, ""])
def test_a_value_that_is_no_text_is_dropped_and_counted(value: object) -> None:
    assert take(fbclid=value, gclid=IDS["gclid"]).dropped == ("click.fbclid",)
    assert ids(take(fbclid=value, gclid=IDS["gclid"])) == {"gclid": IDS["gclid"]}


def test_null_is_missing_and_a_strange_key_is_counted() -> None:
    assert take(fbclid=None) == Clicks({}, fresh=False, dropped=())
    assert take(fbc="fb.1.1795532832000.x", FBCLID=FB, twclid="x").dropped == ("click.unknown",) * 3


def test_one_that_is_missing_or_bad_does_not_hide_the_next() -> None:
    assert ids(take(at=None, gclid=None, ttclid="bad", fbclid=FB)) == {"fbclid": FB}
    assert take(f"gclid=bad&fbclid={FB}").dropped == ("url.gclid",)
    assert ids(take(cookie=f"junk|{kept('gclid', 'bad')}|{kept('fbclid', FB)}")) == {"fbclid": FB}


def test_the_page_is_asked_first_then_the_body_then_the_cookie() -> None:
    """The first valid one is used: a bad one gives way to the next place."""
    cookie = kept("fbclid", "CookieCookie")
    assert ids(take(f"fbclid={FB}", cookie, fbclid=OTHER)) == {"fbclid": FB}
    assert ids(take("fbclid=bad", cookie, fbclid=OTHER)) == {"fbclid": OTHER}
    assert ids(take("fbclid=bad", cookie, fbclid="bad")) == {"fbclid": "CookieCookie"}
    assert ids(take("", cookie, fbclid=None)) == {"fbclid": "CookieCookie"}
    assert ids(take(f"gclid={IDS['gclid']}", cookie, ttclid=IDS["ttclid"])) == {
        "gclid": IDS["gclid"],
        "ttclid": IDS["ttclid"],
        "fbclid": "CookieCookie",
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"fbclid={FB}", FB),
        (f"utm_source=x&fbclid={FB}&utm_term=y", FB),
        (f"fbclid={quote(FB, safe='').replace('_', '%5F')}", FB),
        (f"fbclid=bad&fbclid={FB}&fbclid={OTHER}", FB),
        (f"fbclid={FB}&fbclid={OTHER}", FB),
        (f"&&fbclid={FB}", FB),
        (f"fbclid={FB}%0a", None),
        (f"fbclid={FB}%00", None),
        (f"fbclid={FB}+", None),
        (f"fbclid={FB.replace('_', '%255F')}", None),
        (f"fbclid={FB}%ff", None),
        ("fbclid=", None),
        ("fbclid", None),
        (f"FBCLID={FB}", None),
        (f"xfbclid={FB}", None),
        (f"fbclid[]={FB}", None),
        (f"a=fbclid={FB}", None),
        (f"a;fbclid={FB}", None),
        (f"fbclid={FB};a", None),
    ],
)
def test_a_query_is_read_as_browsers_write_it(query: str, found: str | None) -> None:
    assert ids(take(query)) == ({} if found is None else {"fbclid": found})


def test_the_clicks_moment_is_told_by_the_site_or_is_the_events() -> None:
    def clicked_at(at: object) -> tuple[int, tuple[str, ...]]:
        clicks = take(f"fbclid={FB}", at=at)
        return clicks.found[ClickIdKind.FBCLID].at, clicks.dropped

    assert clicked_at(None) == (NOW, ())
    assert clicked_at(NOW) == (NOW, ())
    assert clicked_at(NOW - 3 * DAY) == (NOW - 3 * DAY, ())
    assert clicked_at(NOW - 90 * DAY) == (NOW - 90 * DAY, ())
    for bad in (NOW - 90 * DAY - 1, NOW + 1, 0, -1, True, "1795532832000", float(NOW), [], NOW // 1000, 10**40):
        assert clicked_at(bad) == (NOW, ("click.at",))


@pytest.mark.parametrize(
    "cookie",
    [
        "x",
        "fbclid",
        FB,
        f"fbclid:{FB}",
        f"fbclid:{NOW // 1000}:{FB}",
        f"fbclid:{NOW}:bad",
        f"fbclid:{NOW}:{FB} ",
        f"FBCLID:{NOW}:{FB}",
        f"msclkid:{NOW}:{FB}",
        f"unknown:{NOW}:{FB}",
        f"fbclid:{NOW + 1}:{FB}",
        f"fbclid:{NOW - 90 * DAY - 1}:{FB}",
        f"fbclid:{chr(0x660) * 13}:{FB}",
        "|" * 4000,
    ],
)
def test_a_cookie_that_the_airlock_did_not_write_holds_nothing(cookie: str) -> None:
    assert take(cookie=cookie) == Clicks({}, fresh=False, dropped=())


def test_a_cookie_keeps_the_moment_of_its_click_for_ninety_days() -> None:
    oldest = kept("fbclid", FB, NOW - 90 * DAY)
    clicks = take(cookie=f"junk|{oldest}|{kept('fbclid', OTHER)}|{kept('gclid', IDS['gclid'])}")
    assert clicks.found == {
        ClickIdKind.FBCLID: Click(ClickId(f"fbclid:{FB}"), NOW - 90 * DAY),
        ClickIdKind.GCLID: Click(ClickId(f"gclid:{IDS['gclid']}"), NOW - DAY),
    }


def test_a_cookie_is_good_from_the_moment_of_its_click_and_read_to_its_tenth_part() -> None:
    """There are ten kinds; whatever stands behind them was not written here."""
    assert ids(take(cookie=kept("fbclid", FB, NOW))) == {"fbclid": FB}
    assert ids(take(cookie="x|" * 9 + kept("fbclid", FB))) == {"fbclid": FB}
    assert ids(take(cookie="x|" * 11 + kept("fbclid", FB))) == {}


def test_what_is_written_in_a_cookie_is_read_from_it(policy: Policy) -> None:
    clicks = take(f"fbclid={FB}&gclid={IDS['gclid']}", at=NOW - DAY)
    assert clicks.fresh
    cookie = write_cookie(clicks, policy)
    assert cookie is not None
    assert take(cookie=cookie).found == clicks.found
    assert not take(cookie=cookie).fresh


def test_a_cookie_holds_only_what_this_policy_can_use(policy: Policy, policy_text: str) -> None:
    """No network of the policy's takes a msclkid, and one with identity none takes no click id at all."""
    clicks = take(f"msclkid={'0a' * 16}&fbclid={FB}")
    assert write_cookie(clicks, policy) == kept("fbclid", FB, NOW)
    assert write_cookie(take(f"msclkid={'0a' * 16}"), policy) is None
    none = change_policy(policy_text, ('identity = "hashed"                 # digests', 'identity = "none" # digests'))
    assert write_cookie(take(f"fbclid={FB}"), none) is None


def test_a_cookie_fits_where_browsers_keep_it(policy: Policy) -> None:
    longest = {kind: (letters * 600)[:most] for kind, (_, most, letters) in LENGTHS.items()}
    cookie = write_cookie(take(**longest), policy)
    assert cookie is not None
    assert len(cookie) < 3800


def test_a_click_shows_nothing_of_itself() -> None:
    clicks = take(f"fbclid={FB}", gclid="canary 7d1f")
    assert "canary" not in repr(clicks)
    assert repr(clicks.found[ClickIdKind.FBCLID]) == "<Click>"
    assert FB not in repr(clicks)
