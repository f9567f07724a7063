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


SSD_COLUMNS = {
    "person": "pers_person_id,pers_sex,pers_dob,pers_expected_dob,pers_death_date",
    "cla_episodes": "clae_cla_episode_id,clae_person_id,clae_cla_placement_id,clae_cla_episode_start_date,clae_cla_episode_start_reason,"
    "clae_cla_episode_ceased_date,clae_cla_episode_ceased_reason,clae_cla_id,clae_entered_care_date",
    "cla_reviews": "clar_cla_review_id,clar_cla_id,clar_cla_review_due_date,clar_cla_review_date,clar_cla_review_cancelled,"
    "clar_cla_review_participation",
    "legal_status": "lega_legal_status_id,lega_person_id,lega_legal_status,lega_legal_status_start_date,lega_legal_status_end_date",
    "cla_placement": "clap_cla_placement_id,clap_cla_placement_type",
    "s47_enquiry": "s47e_s47_enquiry_id,s47e_person_id,s47e_s47_start_date,s47e_s47_end_date,s47e_s47_nfa,s47e_s47_outcome_json",
    "initial_cp_conference": "icpc_icpc_id,icpc_s47_enquiry_id,icpc_person_id,icpc_icpc_transfer_in,icpc_icpc_target_date,icpc_icpc_date",
    "cp_plans": "cppl_cp_plan_id,cppl_icpc_id,cppl_person_id,cppl_cp_plan_start_date,cppl_cp_plan_end_date,"
    "cppl_cp_plan_initial_category,cppl_cp_plan_ola,cppl_cp_plan_latest_category",
    "cp_reviews": "cppr_cp_review_id,cppr_person_id,cppr_cp_plan_id,cppr_cp_review_due,cppr_cp_review_date,cppr_cp_review_quorate",
    "involvements": "invo_involvements_id,invo_professional_id,invo_professional_role_id,invo_involvement_start_date,"
    "invo_involvement_end_date,invo_person_id",
    "professionals": "prof_professional_id,prof_staff_id,prof_professional_name,prof_social_worker_registration_no,"
    "prof_professional_job_title",
    "family": "fami_table_id,fami_family_id,fami_person_id",
    "mother": "moth_table_id,moth_person_id,moth_childs_person_id",
    "linked_identifiers": "link_table_id,link_person_id,link_identifier_type,link_identifier_value",
}
"""The columns of each table of the Standard Safeguarding Dataset that tests write, as its specification names them."""


def write_ssd(folder: Path, without: Iterable[str] = (), /, **tables: Sequence[str]) -> Path:
    """A folder with every table, but for those `without`; rows as they stand in the files, without the first line."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, first in SSD_COLUMNS.items():
        if name not in without:
            (folder / f"ssd_{name}.csv").write_text("\n".join([first, *tables.get(name, ())]) + "\n", encoding="utf-8")
    return folder
