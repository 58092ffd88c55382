"""Settings: what a person writes is taken exactly, or refused with file, key, value, rule and remedy."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from monitor.errors import SettingsError
from monitor.settings import BUILT_IN, DEFAULT, FAST, Profile, fingerprint, load_profile


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    mine = load_profile(written(tmp_path, 'extends = "fast"\n[freeze]\nmin_duration_s = 4.0\n'))
    assert mine.name == "mine"
    assert mine.freeze == FAST.freeze.model_copy(update={"min_duration_s": 4.0})
    assert mine.black == FAST.black
    assert load_profile(written(tmp_path, "")).model_copy(update={"name": "default"}) == DEFAULT
    assert load_profile("mine.toml", tmp_path).black == DEFAULT.black


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[black]\nmin_duration = 1\n", "'black.min_duration' is not known"),
        ("[black]\nmin_duration_s = -1\n", "'black.min_duration_s' is -1"),
        ("[black]\nmin_duration_s = nan\n", "'black.min_duration_s' is nan"),
        ('[freeze]\nseverity = "bad"\n', "'freeze.severity' is 'bad'"),
        ("[silence]\nthreshold_dbfs = -60.2\n", "multiple of 0.5"),
        ('extends = "slow"\n', "must be one of default, fast"),
        ("[black\n", "cannot be read as TOML"),
        ("black = 3\n", "'black' is 3"),
        ("[blakc]\nx = 1\n", "'blakc' is not known"),
        (
            "[hum]\nlikely = 9\nsure = 2\n",
            "section 'hum': likely (9) must not be above sure (2); correct one of them",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=r"mine\.toml") as error:
        load_profile(written(tmp_path, text))
    assert said in str(error.value)


def test_a_profile_that_is_not_there() -> None:
    with pytest.raises(SettingsError, match="neither a built-in profile"):
        load_profile("slow")


def test_fast_has_every_duration_at_its_floor() -> None:
    kinds = ("black", "freeze", "silence", "channel_loss", "hum", "hiss", "no_input", "stall", "track_loss")
    for name in kinds:
        fast, default = getattr(FAST, name), getattr(DEFAULT, name)
        assert fast.min_duration_s <= 1.0 < default.min_duration_s
        assert fast.clear_s <= default.clear_s
    assert set(BUILT_IN) == {"default", "fast"}


def test_the_fingerprint_changes_with_any_setting() -> None:
    assert fingerprint(DEFAULT.black) != fingerprint(FAST.black)
    assert fingerprint(DEFAULT.black) == fingerprint(Profile().black)


@pytest.mark.parametrize("text", ["true", '"4"', "[4]"])
def test_a_number_must_be_written_as_one(tmp_path: Path, text: str) -> None:
    assert load_profile(written(tmp_path, "[black]\nmin_duration_s = 4\n")).black.min_duration_s == 4
    with pytest.raises(SettingsError, match=r"black\.min_duration_s.*valid number"):
        load_profile(written(tmp_path, f"[black]\nmin_duration_s = {text}\n"))


def test_between_may_be_infinite_and_nothing_may_be_no_number(tmp_path: Path) -> None:
    endless = load_profile(written(tmp_path, 'extends = "fast"\n[blur]\nbetween = inf\n'))
    assert math.isinf(endless.blur.between)
    assert fingerprint(endless.blur) != fingerprint(FAST.blur)
    for text in ("between = nan", "between = 0.5", "margin = nan", "margin = inf", "grave_excess = nan"):
        with pytest.raises(SettingsError, match=text.split()[0]):
            load_profile(written(tmp_path, f"[blur]\n{text}\n"))
