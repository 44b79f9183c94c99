"""Threads of a fit: the work is shared among them, and none outlives it."""

import threading

import pytest
from threadpoolctl import threadpool_limits

from extremum.regression.threads import own_threads, side_by_side


def test_shares_come_back_in_order_and_the_threads_end():
    before = threading.active_count()
    with threadpool_limits(3), own_threads():
        for _ in range(3):
            found = side_by_side(lambda share: (list(share), threading.get_ident()), range(20))
            assert [item for share, _ in found for item in share] == list(range(20))
            assert len(found) == 3
            assert found[0][1] == threading.get_ident()  # this thread does its part
        assert threading.active_count() <= before + 2
    assert threading.active_count() == before


def test_few_items_are_not_shared():
    with threadpool_limits(2), own_threads():
        assert side_by_side(len, range(7)) == [7]


def test_an_error_in_a_thread_is_raised():
    def fails(share):
        if 19 in share:
            raise ValueError("the last share")
        return None

    before = threading.active_count()
    with threadpool_limits(2), pytest.raises(ValueError, match="the last share"):
        side_by_side(fails, range(20))
    assert threading.active_count() == before
