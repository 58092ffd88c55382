"""One thread at a time, but for what is done aside."""

from __future__ import annotations

import threading

import pytest

from monitor.cluster.turns import Turns


def run(work: object) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)  # type: ignore[arg-type]
    thread.start()
    return thread


def test_another_thread_waits_for_a_turn_but_not_for_what_is_done_aside() -> None:
    turns, came = Turns(), threading.Event()

    def other() -> None:
        with turns:
            came.set()

    with turns:
        thread = run(other)
        assert not came.wait(0.05)
        with turns.aside():
            assert came.wait(10)
        thread.join(10)
        again = threading.Event()
        late = run(lambda: (turns.__enter__(), again.set(), turns.__exit__()))
        assert not again.wait(0.05)
    assert again.wait(10)
    late.join(10)


def test_aside_without_a_turn_takes_none_from_anybody() -> None:
    turns, inside, go_on = Turns(), threading.Event(), threading.Event()

    def other() -> None:
        with turns:
            inside.set()
            go_on.wait(10)

    thread = run(other)
    assert inside.wait(10)
    with turns.aside():  # As where a source has ended: its decoder is drained without a turn.
        assert turns._lock.locked()
    assert turns._lock.locked()
    go_on.set()
    thread.join(10)
    assert not turns._lock.locked()


def test_an_error_aside_comes_back_with_the_turn() -> None:
    turns = Turns()
    with turns:
        with pytest.raises(KeyError), turns.aside():
            raise KeyError
        assert turns._lock.locked()
    assert not turns._lock.locked()
