"""One entry of a catalog, checked, as a `Stream`. Owns the rules that one entry can break by itself, and those among
entries (an id only once). Does not own the file formats (`formats`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from monitor.errors import SettingsError
from monitor.media import check_url
from monitor.media.redact import HIDDEN, redact
from monitor.records import Expectation, Stream
from monitor.settings import explain, load_profile

MAX_PROBLEMS = 20
"""Problems of one file that are told at once; the others are counted."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _no_control(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must have no control characters (line ends, tabs)")
    return text


def _name(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        raise ValueError("must be printable, with no space around it")
    return text


Text = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_no_control)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_name)]
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$")]
"""A token of RFC 9110, section 5.6.2: anything else would be another header, or break the request."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExpectEntry(_Model):
    """`expect = {video = true, audio = true, audio_tracks = 2}`; see `records.Expectation`."""

    video: bool = True
    audio: bool = True
    audio_tracks: Annotated[int, Field(ge=0, le=1000)] | None = None

    @model_validator(mode="after")
    def _agree(self) -> ExpectEntry:
        if not self.audio and self.audio_tracks:
            raise ValueError("audio = false asks for no sound, audio_tracks for some; leave one out")
        if self.audio and self.audio_tracks == 0:
            raise ValueError("audio_tracks = 0 asks for no sound; write audio = false")
        return self


class StreamEntry(_Model):
    """A `[[stream]]` table, or a row; see `records.Stream` for what the keys mean."""

    id: Name
    url: Text
    labels: dict[Name, Annotated[str, AfterValidator(_no_control)]] = Field(default_factory=dict)
    profile: Text | None = None
    rendition: Text | None = None
    group: Name | None = None
    reference: Name | None = None
    headers: dict[HeaderName, Text] = Field(default_factory=dict)
    user_agent: Text | None = None
    expect: ExpectEntry = ExpectEntry()

    def stream(self) -> Stream:
        """The record."""
        expect = Expectation(self.expect.video, self.expect.audio, self.expect.audio_tracks)
        return Stream(
            **{name: getattr(self, name) for name in type(self).model_fields if name != "expect"}, expect=expect
        )


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it was written: where ("entry 3", "line 7") and its keys with their values."""

    where: str
    keys: Mapping[str, Any]


def check_entries(entries: Iterable[Written], problems: list[str], folder: Path | None) -> tuple[Stream, ...]:
    """The streams of all good entries, in their order; what is wrong with the others is added to `problems`.

    `folder`: where profiles that are files are looked up (None: the working directory).
    """
    streams: list[Stream] = []
    first: dict[str, str] = {}
    profiles: set[str] = set()
    references: list[tuple[Written, Stream]] = []
    for entry in entries:
        before = len(problems)
        stream = _check(entry, problems)
        if stream is None:
            continue
        if stream.id in first:
            problems.append(
                f"{entry.where}: key 'id' is {stream.id!r}, as it is in {first[stream.id]}; give each stream its own id"
            )
        first.setdefault(stream.id, entry.where)
        if stream.reference is not None:
            references.append((entry, stream))
        if stream.profile is not None and stream.profile not in profiles:
            profiles.add(stream.profile)
            try:
                load_profile(stream.profile, folder)
            except SettingsError as error:
                problems.append(f"{_title(entry)}: key 'profile': {error}")
        if len(problems) == before:
            streams.append(stream)
    for entry, stream in references:
        reference = stream.reference or ""
        if reference == stream.id:
            problems.append(f"{_title(entry)}: key 'reference' is its own id; name the stream that it is compared with")
        elif reference not in first:
            problems.append(
                f"{_title(entry)}: key 'reference' is {redact(reference)!r}, which is the id of no entry; "
                f"correct it, or add that stream"
            )
    return tuple(streams)


def raise_problems(shown: str, problems: list[str]) -> None:
    """Raise one SettingsError for all problems of the file `shown`, one on a line; nothing if there are none."""
    if not problems:
        return
    if len(problems) == 1:
        raise SettingsError(f"catalog {shown}: {problems[0]}")
    lines = problems[:MAX_PROBLEMS]
    if more := len(problems) - len(lines):
        lines.append(f"... and {more} more")
    raise SettingsError("\n  ".join([f"catalog {shown}: {len(problems)} problems", *lines]))


def _check(entry: Written, problems: list[str]) -> Stream | None:
    try:
        stream = StreamEntry.model_validate(entry.keys).stream()
    except ValidationError as error:
        problems.append(f"{_title(entry)}: {explain(_hide_secrets(error))}")
        return None
    try:
        check_url(stream.url)
    except SettingsError as error:
        problems.append(f"{_title(entry)}: key 'url': {error}")
    return stream


def _title(entry: Written) -> str:
    name = entry.keys.get("id")
    return f"{entry.where} (id {name!r:.80})" if name else entry.where


def _hide_secrets(error: ValidationError) -> ValidationError:
    """The same error with credentials gone from the values that it shows: URLs are redacted, headers hidden."""
    details: list[InitErrorDetails] = []
    for problem in error.errors(include_url=False):
        key = problem["loc"][0] if problem["loc"] else ""
        shown = problem["input"]
        if key == "headers":
            shown = HIDDEN
        elif isinstance(shown, str):
            shown = redact(shown)[:200]
        elif key in ("url", "user_agent"):
            shown = HIDDEN
        details.append(
            InitErrorDetails(type=problem["type"], loc=problem["loc"], input=shown, ctx=problem.get("ctx", {}))
        )
    return ValidationError.from_exception_data(error.title, details)
