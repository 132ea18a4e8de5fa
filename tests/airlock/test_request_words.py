"""The words that a request may be made of: each network's own, the same for everybody, so that none tells a visit."""

import re

import pytest

from airlock import lexicon
from airlock.address_book import Destination
from airlock.request_words import REQUEST_WORDS, Words


def test_every_network_has_words_and_nothing_else_has() -> None:
    assert set(REQUEST_WORDS) == set(Destination)


@pytest.mark.parametrize("words", REQUEST_WORDS.values(), ids=REQUEST_WORDS.keys())
def test_a_word_is_one_plain_word_that_names_no_treatment(words: Words) -> None:
    """What stands in every request to a network is nothing that a visitor could have written or looked at."""
    known = lexicon.load()
    for part in (words.keys, words.constants, words.address):
        assert part
        for word in part:
            assert re.fullmatch(r"[A-Za-z0-9_/]{1,50}", word, re.ASCII), word
            assert not known.hits(word), word


def test_a_number_is_a_networks_own_code() -> None:
    """Meta's and Snapchat's codes of the United States and its states, and GA4's one for "engaged"; nobody else's."""
    with_numbers = {network for network, words in REQUEST_WORDS.items() if words.numbers}
    assert with_numbers == {Destination.META, Destination.SNAPCHAT, Destination.GA4}
    assert REQUEST_WORDS[Destination.GA4].numbers == {1}
