"""Both generators are called by one name and with the same arguments."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from scored import SMALL, truth

from monitor.errors import SettingsError
from monitor.lab.defects import KINDS, make
from monitor.lab.truth import Case, Truth
from monitor.scoring.generators import SECOND, amount, makeable, maker


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A second generator that writes down what it is asked for."""
    module: Any = SimpleNamespace(KINDS=("black", "blur"), asked=[])

    def make(*places: object, **named: object) -> Case:
        module.asked.append((places, named))
        return Case("black", "weak", 7, "a.ts", "second", (truth(1, 2),))

    module.make = make
    monkeypatch.setitem(sys.modules, SECOND, module)
    return module


def test_the_lab(second: Any) -> None:
    assert maker("lab") is make
    assert makeable("lab") == KINDS
    assert second.asked == []


def test_the_second_gets_the_size_in_its_parts(second: Any) -> None:
    case = maker("second")("black", "weak", Path("a.ts"), Path("out.ts"), 7, SMALL)
    assert case.by == "second"
    places = ("black", "weak", Path("a.ts"), Path("out.ts"), 7)
    assert second.asked == [(places, {"width": 128, "height": 96, "fps": 10, "seconds": 20.0})]
    assert makeable("second") == ("black", "blur")


def test_one_that_says_no_kinds_makes_those_of_the_lab(second: Any) -> None:
    del second.KINDS
    assert makeable("second") == KINDS


def test_a_generator_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, SECOND, None)  # type: ignore[arg-type]
    for ask in (maker, makeable):
        with pytest.raises(SettingsError, match="second: the second generator is not in this version; leave it out"):
            ask("second")


def test_one_that_is_there_and_lacks_something_is_not_called_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(name: str) -> ModuleType:
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy")

    monkeypatch.setattr("monitor.scoring.generators.importlib.import_module", lacking)
    with pytest.raises(ModuleNotFoundError, match="scipy"):
        maker("second")


def test_how_strong_it_is_in_physical_units(second: Any) -> None:
    damage = [Truth("block_corruption", 1, 2, 0.3, 31.0, "baked"), Truth("block_corruption", 3, 4, 0.3, 9.0, "encoded")]
    assert amount("lab", "block_corruption", "middle", damage) == (6.0, "packets in a burst")
    assert amount("lab", "freeze", "all", []) == (None, "share of the picture")
    # Where the generator has no table: what its defects say.
    noisy = [Truth("noise", 1, 2, 1.0, n, "dB") for n in (20.0, 30.0, 26.0)]
    assert amount("second", "noise", "weak", noisy) == (26.0, "dB")
    assert amount("second", "noise", "all", noisy) == (None, "dB")
    assert amount("second", "block_corruption", "weak", damage) == (20.0, "")
    assert amount("second", "noise", "weak", []) == (None, "")
    second.AMOUNTS = {"noise": ("dB", (30.0, 24.0, 18.0))}
    assert amount("second", "noise", "strong", noisy) == (18.0, "dB")
