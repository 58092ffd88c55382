"""What thresholds are fitted on is never reported on."""

from __future__ import annotations

import csv
import shutil
import tomllib
from pathlib import Path

import pytest

from monitor.errors import SettingsError
from monitor.scoring.material import SHIPPED, Source, Split, gather, part


def test_a_clip_belongs_to_a_part_by_its_name_alone() -> None:
    nothing = Split()
    parts = [part(f"clip{n}.mp4", nothing) for n in range(400)]
    assert 150 < parts.count("tuning") < 250
    assert parts.count("tuning") + parts.count("reporting") == 400
    # Fixed for ever: another hash would move clips that thresholds were fitted on into reports.
    tuning, reporting = "tuning", "reporting"
    fixed = [tuning, reporting, reporting, tuning, tuning, tuning]
    assert [part(f"{name}.mp4", nothing) for name in "abcdef"] == fixed
    assert part("elsewhere/a.mkv", nothing) == part("a.mp4", nothing)


def test_what_a_split_says_goes_first_and_ignored_above_all() -> None:
    split = Split(tuning=("a.mp4", "live/*"), reporting=("b.mp4",), ignore=("test_*", "live/x.ts"))
    said = {name: part(name, split) for name in ("a.mp4", "sub/a.mp4", "live/1.ts", "b.mp4", "test_1.mp4", "live/x.ts")}
    assert list(said.values()) == ["tuning", "tuning", "tuning", "reporting", None, None]
    assert not split.says("c.mp4")
    assert split.unknown(["a.mp4", "live/x.ts", "test_9.ts"]) == ["b.mp4"]


def test_a_name_with_brackets_is_itself() -> None:
    assert part("film [1080p].mp4", Split(ignore=("film [1080p].mp4",))) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tuning = [", "cannot be read as TOML"),
        ('tunning = ["a"]', "'tunning' is not known"),
        ("tuning = 3", "'tuning' is 3"),
        ('tuning = ["a.ts"]\nreporting = ["a.ts"]', "a.ts stand in tuning and in reporting; take them out of one"),
        (None, "cannot be read"),
    ],
)
def test_a_split_that_cannot_be_taken(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "split.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match=said):
        Split.load(path)


def test_the_real_clips_are_all_told_apart(media: Path) -> None:
    """Each clip beside the project is named: none moves by its hash, and none is named that is not there."""
    split = Split.load(SHIPPED)
    with (media / "MANIFEST.csv").open() as rows:
        names = [row["file"] for row in csv.DictReader(rows)]
    assert [name for name in names if not split.says(name)] == []
    assert split.unknown(names) == ["tour_0????.ts", "tour_1????.ts"], "those are made (jobs/tour.py)"
    assert not set(split.tuning) & set(split.ignore)
    for use, least in (("tuning", 6), ("reporting", 8)):
        found = gather(media, use, None, ())  # type: ignore[arg-type]
        assert len(found.sources) == least
        assert len(found.clean) == least + 1
        assert found.notes == ("skipped: MANIFEST.csv (no media file)",)


def test_the_split_comes_with_the_package() -> None:
    root = Path(__file__).parents[2]
    written = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["monitor"]
    assert SHIPPED.relative_to(root / "monitor").as_posix() in written


@pytest.fixture
def folder(tmp_path: Path, source: Source) -> Path:
    """Clips by name; a text, a broken clip, and what they are for."""
    root = tmp_path / "media"
    (root / "more").mkdir(parents=True)
    for name in ("tune.ts", "show.ts", "more/show2.ts", "flicker.ts", "bars.ts"):
        shutil.copy(source.path, root / name)
    (root / "notes.txt").write_text("no clip")
    (root / "broken.ts").write_text("no clip")
    (root / "split.toml").write_text(
        'tuning = ["tune.ts"]\nreporting = ["show.ts", "more/*", "flicker.ts", "broken.ts"]\n'
        'only_clean = ["flicker.ts"]\nignore = ["bars.ts", "gone.ts"]\n'
    )
    return root


def names(paths: tuple[Path, ...]) -> list[str]:
    return [path.name for path in paths]


def test_a_folder_is_sorted_and_what_is_left_out_is_noted(folder: Path) -> None:
    found = gather(folder, "reporting", None, ())
    assert [each.name for each in found.sources] == ["more/show2.ts", "show.ts"]
    assert names(found.clean) == ["flicker.ts", "show2.ts", "show.ts"]
    assert len(found.notes) == 3
    assert found.notes[0].startswith("skipped: broken.ts (")
    assert found.notes[1] == "skipped: notes.txt (no media file)"
    assert found.notes[2] == f"{folder / 'split.toml'} names gone.ts, which is not there"
    assert [each.name for each in gather(folder, "tuning", None, ()).sources] == ["tune.ts"]


def test_a_given_split_is_taken_for_that_in_the_folder(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('reporting = ["tune.ts"]\ntuning = ["*.ts"]\nignore = ["notes.txt", "broken.ts"]')
    found = gather(folder, "tuning", other, ())
    assert {each.name for each in found.sources} == {"tune.ts", "show.ts", "more/show2.ts", "flicker.ts", "bars.ts"}
    assert found.notes == ()


def test_clean_material_goes_by_the_same_rules(folder: Path, source: Source, tmp_path: Path) -> None:
    single = tmp_path / "driving_30s.webm"
    shutil.copy(source.path, single)
    found = gather(folder, "tuning", None, (single, folder))
    assert [each.name for each in found.sources] == ["tune.ts"]
    # By the split that comes with the package; the others of the folder are for reporting.
    assert names(found.clean) == ["driving_30s.webm", "tune.ts"]
    with pytest.raises(SettingsError, match=r"--clean .*driving_30s.webm: no clip for reporting in it; "):
        gather(folder, "reporting", None, (single,))


def test_what_is_not_there(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(SettingsError, match=r"--media .*empty: no clip for tuning in it; it is empty; add clips"):
        gather(empty, "tuning", None, ())
    with pytest.raises(SettingsError, match="--media gone: no such folder"):
        gather(Path("gone"), "tuning", None, ())
    with pytest.raises(SettingsError, match="--clean gone: no such file or folder"):
        gather(folder, "tuning", None, (Path("gone"),))
    (empty / "a.txt").write_text("no clip")
    with pytest.raises(SettingsError, match=r"1 are no clips: a\.txt \(no media file\)"):
        gather(empty, "tuning", None, ())
    only = tmp_path / "only"
    only.mkdir()
    shutil.copy(folder / "tune.ts", only / "driving_30s.webm")
    with pytest.raises(SettingsError, match="1 are for the other use, or ignored; add clips, or say with --split"):
        gather(only, "reporting", None, ())
