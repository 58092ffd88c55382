"""Which tracks of a ladder are watched."""

import pytest

from monitor.errors import SourceError
from monitor.media.ladder import Candidate, choose


def picture(index: int, height: int, rate: int = 0, variant: int | None = None) -> Candidate:
    return Candidate(index, "video", width=height * 16 // 9, height=height, bit_rate=rate, variant=variant)


def sound(
    index: int, variant: int | None = None, language: str | None = None, rate: int = 0, pid: int = 0
) -> Candidate:
    return Candidate(index, "audio", id=pid, bit_rate=rate, variant=variant, language=language)


MUXED = [
    *(picture(0, 360, variant=800), sound(1, 800)),
    *(picture(2, 1080, variant=5000), sound(3, 5000)),
    *(picture(4, 1080, variant=3000), sound(5, 3000)),
]


@pytest.mark.parametrize(
    ("rendition", "indexes"),
    [(None, [2, 3]), ("360p", [0, 1]), ("1080p", [2, 3]), ("1920x1080", [2, 3]), ("#0", [0, 1]), ("#2", [4, 5])],
)
def test_one_rendition_and_its_own_sound(rendition: str | None, indexes: list[int]) -> None:
    assert [c.index for c in choose(MUXED, rendition)] == indexes


@pytest.mark.parametrize("rendition", ["720p", "1280x720", "#3"])
def test_a_rendition_that_is_not_there_lists_what_is(rendition: str) -> None:
    with pytest.raises(SourceError, match=r"#0 640x360 1 kb/s, #1 1920x1080 5 kb/s"):
        choose(MUXED, rendition)


@pytest.mark.parametrize("rendition", ["", "hd", "720", "#-1", "720P "])
def test_a_name_of_another_form_is_refused(rendition: str) -> None:
    with pytest.raises(SourceError, match="must be like 720p, 1280x720 or #2"):
        choose(MUXED, rendition)


def test_of_shared_sound_each_language_once_in_its_best_quality() -> None:
    shared = [sound(0, None, "en", 64), sound(1, None, "fr", 64), sound(2, None, "en", 128)]
    tracks = [*shared, picture(3, 360, variant=800), picture(4, 720, variant=2000)]
    assert [c.index for c in choose(tracks, None)] == [4, 1, 2]


def test_sound_of_another_variant_is_not_fetched_and_its_own_is_preferred() -> None:
    groups = [sound(0, None, "en"), sound(1, 5000, "en"), sound(2, 800, "en"), sound(3, None, "fr")]
    tracks = [*groups, picture(4, 360, variant=800), picture(5, 1080, variant=5000)]
    assert [c.index for c in choose(tracks, None)] == [5, 1, 3]


def test_dash_where_sound_has_a_rate_of_its_own() -> None:
    tracks = [picture(0, 360, variant=800), picture(1, 720, variant=2000), sound(2, 64, "en"), sound(3, 128, "en")]
    assert [c.index for c in choose(tracks, "360p")] == [0, 3]


def test_of_two_variants_with_equal_rates_the_nearest_sound() -> None:
    twins = [picture(0, 720, variant=2000), sound(1, 2000), picture(2, 720, variant=2000), sound(3, 2000)]
    assert [c.index for c in choose(twins, "#1")] == [2, 3]


def test_equal_rates_with_ids_that_tell_nothing() -> None:
    """A packager that writes one BANDWIDTH for all: PIDs count up over the variants."""
    ladder = [picture(0, 360, variant=900), sound(1, 900, "en", pid=0), picture(2, 90, variant=900)]
    ladder.append(sound(3, 900, "en", pid=1))
    assert [c.index for c in choose(ladder, "90p")] == [2, 3]
    assert [c.index for c in choose(ladder, "360p")] == [0, 1]


def test_all_sound_of_an_ordinary_container() -> None:
    tracks = [sound(0, language="en", pid=1), picture(1, 720), sound(2, language="en", pid=2), picture(3, 360)]
    assert [c.index for c in choose(tracks, None)] == [1, 0, 2]
    assert [c.index for c in choose([sound(0), sound(1)], None)] == [0, 1]
