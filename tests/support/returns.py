"""Small returns for tests: written as files, since that is how they come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

HEADER = "CHILD,SEX,DOB,UPN"
EPISODES = "CHILD,DECOM,RNE,LS,PLACE,DEC,REC"
REVIEWS = "CHILD,DOB,REVIEW,REVIEW_CODE"


def write_ssda903(
    folder: Path,
    *,
    header: Iterable[str] = (),
    episodes: Iterable[str] = (),
    reviews: Iterable[str] = (),
) -> Path:
    """A folder with the three files; rows as they stand in the file, without the first line."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, first, rows in (("header", HEADER, header), ("episodes", EPISODES, episodes), ("reviews", REVIEWS, reviews)):
        (folder / f"{name}.csv").write_text("\n".join([first, *rows]) + "\n", encoding="utf-8")
    return folder


def census_child(reference: str, *details: str, identifiers: str = "<PersonBirthDate>2018-05-01</PersonBirthDate><Sex>1</Sex>") -> str:
    """One `Child` of a census; `details` are the contents of its `CINdetails`."""
    inner = "".join(f"<CINdetails>{each}</CINdetails>" for each in details)
    return f"<Child><ChildIdentifiers><LAchildID>{reference}</LAchildID>{identifiers}</ChildIdentifiers>{inner}</Child>"


def section47(started: str, *, conference: str = "", not_required: str = "false") -> str:
    """One enquiry; days in ISO."""
    held = f"<DateOfInitialCPC>{conference}</DateOfInitialCPC>" if conference else ""
    flag = f"<ICPCnotRequired>{not_required}</ICPCnotRequired>"
    return f"<Section47><S47ActualStartDate>{started}</S47ActualStartDate>{held}{flag}</Section47>"


def plan(started: str, *, ended: str = "", reviews: Sequence[str] = (), category: str = "NEG") -> str:
    """One child protection plan with its reviews; days in ISO."""
    end = f"<CPPendDate>{ended}</CPPendDate>" if ended else ""
    held = "".join(f"<CPPreviewDate>{day}</CPPreviewDate>" for day in reviews)
    return (
        f"<ChildProtectionPlans><CPPstartDate>{started}</CPPstartDate>{end}<InitialCategoryOfAbuse>{category}</InitialCategoryOfAbuse>"
        f"<LatestCategoryOfAbuse>{category}</LatestCategoryOfAbuse><Reviews>{held}</Reviews></ChildProtectionPlans>"
    )


def write_census(path: Path, *children: str, reference_day: str = "2026-03-31") -> Path:
    """A census file."""
    header = f"<Header><CollectionDetails><ReferenceDate>{reference_day}</ReferenceDate></CollectionDetails></Header>"
    path.write_text(f"<Message>{header}<Children>{''.join(children)}</Children></Message>", encoding="utf-8")
    return path
