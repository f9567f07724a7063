"""The same bytes for the same arguments, whole or not at all, for any day."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.sample import SEED, write_sample
from deploy.sample.calendar import Calendar, easter, school_breaks
from deploy.sample.files import write_files
from deploy.sample.volumes import Volumes
from services.kernel.errors import InvalidInput
from services.statutory.working_days import england
from tests.sample.conftest import Write
from tests.sample.reading import Sample

FILES = {
    "ssda903/header.csv",
    "ssda903/episodes.csv",
    "ssda903/reviews.csv",
    "cin_census.xml",
    "family.csv",
    "establishment.toml",
    "diary.csv",
}
_OTHER_PROCESS = """
import sys
from datetime import date
from pathlib import Path
from deploy.sample import write_sample
write_sample(Path(sys.argv[1]), as_of=date(2026, 9, 1))
"""


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


def test_the_same_arguments_give_the_same_bytes_in_any_process(written: Write, tmp_path: Path) -> None:
    sample, _ = written(date(2026, 9, 1), 1)
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    subprocess.run([sys.executable, "-c", _OTHER_PROCESS, str(tmp_path)], check=True, env=environment)
    assert set(_contents(tmp_path)) == FILES
    assert _contents(tmp_path) == _contents(sample.folder)


def test_another_seed_gives_other_children_and_the_same_volumes(written: Write, tmp_path: Path) -> None:
    sample, summary = written(date(2026, 9, 1), 1)
    other = write_sample(tmp_path, as_of=date(2026, 9, 1), seed=SEED + 1)
    assert _contents(tmp_path)["ssda903/header.csv"] != _contents(sample.folder)["ssda903/header.csv"]
    assert (other.conferences, other.care_reviews, other.in_care) == (summary.conferences, summary.care_reviews, summary.in_care)


def test_a_sample_replaces_the_one_before_it(written: Write, tmp_path: Path) -> None:
    sample, _ = written(date(2026, 9, 1), 1)
    write_sample(tmp_path, as_of=date(2026, 11, 23))
    write_sample(tmp_path, as_of=date(2026, 9, 1))
    assert _contents(tmp_path) == _contents(sample.folder)


def test_the_files_have_the_departments_columns(sample: Sample) -> None:
    first = {name: (sample.folder / "ssda903" / f"{name}.csv").read_text().splitlines()[0] for name in ("header", "episodes", "reviews")}
    assert first["header"] == "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB"
    assert first["episodes"] == "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN"
    assert first["reviews"] == "CHILD,DOB,REVIEW,REVIEW_CODE"
    assert (sample.folder / "family.csv").read_text().splitlines()[0] == "CHILD,SIBLING_GROUP,PARENT"


def test_a_disk_that_fills_up_leaves_what_was_there_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "family.csv").write_text("as it was")
    whole = Path.write_text

    def write(path: Path, text: str, **more: str) -> int:
        if path.name == "second":
            whole(path, text[:3])
            raise OSError(28, "No space left on device")
        return whole(path, text, **more)

    monkeypatch.setattr(Path, "write_text", write)
    with pytest.raises(OSError, match="No space left"):
        write_files(tmp_path, {"family.csv": "new", "second": "never whole"})
    assert _contents(tmp_path) == {"family.csv": b"as it was"}
    assert [each.name for each in tmp_path.iterdir()] == ["family.csv"]


def test_a_folder_that_is_a_file_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OSError, match="taken"):
        write_sample(tmp_path / "taken", as_of=date(2026, 9, 1))


@pytest.mark.parametrize(("as_of", "scale"), [(date(1999, 1, 1), 1), (date(2099, 1, 1), 1), (date(2026, 9, 1), 0)])
def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path: Path, as_of: date, scale: int) -> None:
    with pytest.raises(InvalidInput, match="choose a"):
        write_sample(tmp_path, as_of=as_of, scale=scale)
    assert not list(tmp_path.iterdir())


UNTIDY_DAYS = [
    *(date(2028, 2, 29), date(2029, 2, 28), date(2026, 3, 31), date(2026, 12, 25), date(2027, 1, 1)),
    *(date(2026, 8, 31), date(2026, 7, 5), date(2027, 3, 26), date(2010, 1, 1), date(2055, 12, 31)),
]


@pytest.mark.parametrize("as_of", UNTIDY_DAYS, ids=str)
def test_the_volumes_hold_on_untidy_days(tmp_path: Path, as_of: date) -> None:
    _volumes_hold(tmp_path, as_of, SEED)


@settings(max_examples=6, deadline=None)
@given(as_of=st.dates(date(2012, 1, 1), date(2040, 12, 31)), seed=st.integers(0, 10**6))
def test_the_volumes_hold_on_any_day_with_any_seed(tmp_path_factory: pytest.TempPathFactory, as_of: date, seed: int) -> None:
    _volumes_hold(tmp_path_factory.mktemp("any"), as_of, seed)


def _volumes_hold(folder: Path, as_of: date, seed: int) -> None:
    write_sample(folder, as_of=as_of, seed=seed)
    sample, volumes = Sample(folder=folder, as_of=as_of), Volumes()
    assert sum(sample.within(each.conference_on) for each in sample.enquiries) == volumes.initial_children
    assert len(sample.review_conferences()) == volumes.review_children
    assert len(sample.conferences()) == volumes.conferences
    assert sum(sample.within(plan.ended_on) for plan in sample.plans) == 276
    assert len(sample.in_care) == 320
    assert sum(plan.ended_on is None for plan in sample.plans) == 180
    held = [each.conference_on for each in sample.enquiries if each.conference_on]
    assert all(map(england().is_working, held))


def test_easter_and_half_terms_are_where_they_should_be() -> None:
    assert [easter(year) for year in (2024, 2026, 2027, 2038)] == [
        date(2024, 3, 31),
        date(2026, 4, 5),
        date(2027, 3, 28),
        date(2038, 4, 25),
    ]
    found = {each.name: each for each in school_breaks(date(2026, 9, 1), date(2027, 8, 31))}
    assert (found["october"].first_day, found["october"].last_day) == (date(2026, 10, 26), date(2026, 10, 30))
    assert (found["february"].first_day, found["february"].last_day) == (date(2027, 2, 15), date(2027, 2, 19))
    assert (found["easter"].first_day, found["easter"].last_day) == (date(2027, 3, 22), date(2027, 4, 2))


def test_the_year_ends_on_the_day_and_starts_after_the_same_day_a_year_before() -> None:
    assert Calendar(england(), date(2028, 2, 29)).year_starts == date(2027, 3, 1)
    assert Calendar(england(), date(2026, 9, 1)).year_starts == date(2025, 9, 2)
