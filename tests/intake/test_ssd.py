"""The Standard Safeguarding Dataset: its tables come to the same records as the returns. Every child below is invented."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.intake import service as intake
from services.intake.readers.days import NotADay
from services.intake.readers.ssd import read_ssd_day
from services.intake.readers.ssd_charge import had_charge
from services.intake.readers.ssd_codes import ENDS, LEGAL_STATUSES, STARTS, read_category, read_code, read_placement
from services.intake.report import ImportReport
from services.kernel.errors import InvalidInput
from tests.intake.conftest import Unit, found
from tests.support.returns import SSD_COLUMNS, census_child, plan, section47, write_census, write_ssd, write_ssda903

AS_OF = date(2026, 8, 31)
ESTABLISHMENT = """
[unit]
name = "Unit"
organiser = "unit@example.org"
room_desk = "rooms@example.org"
[[iro]]
code = "IRO-01"
name = "First Officer"
email = "iro01@example.org"
wte = "1.0"
registration = "SW 123456"
[[iro]]
code = "IRO-02"
name = "Second Officer"
email = "iro02@example.org"
wte = "1.0"
"""
WHOLE: dict[str, list[str]] = {
    "person": ["C1,M,2012-01-01 00:00:00.000,NULL,NULL", "C2,F,2018-05-01,,", "C9,F,1980-01-01,,"],
    "cla_episodes": [
        "e1,C1,p1,2025-05-01 00:00:00,S - Started to be looked after,2025-08-01 00:00:00,X1,k1,2025-05-01",
        "e2,C1,p2,2025-08-01,Change of placement and carer(s) only,NULL,NULL,k1,2025-05-01",
    ],
    "cla_reviews": [
        "r1,k1,2025-05-28,2025-05-20 10:30:00,N,PN1 - Child physically attends and speaks",
        "r2,k1,2025-08-20,2025-08-10,,PN2",
        "r3,k1,2026-02-10,,N,",
        "r4,k1,2026-02-10,2026-02-01,Y,PN1",
    ],
    "legal_status": ["l1,C1,C2 - Full care order,2025-05-01,", "l2,C1,Private fostering,2020-01-01,"],
    "cla_placement": ["p1,U6", "p2,U4 - Foster placement with other foster carer(s) - long term fostering"],
    "s47_enquiry": ["s1,C2,2025-06-02T09:00:00,2025-06-20,N,", "s2,C2,2024-01-08,2024-01-20,Y,"],
    "initial_cp_conference": ["i1,s1,C2,N,2025-06-23,2025-06-20"],
    "cp_plans": ["t1,i1,C2,2025-06-20,,Neglect,N,Emotional abuse"],
    "cp_reviews": ["v1,C2,t1,2025-09-20,2025-09-15,Y", "v2,C2,t1,2026-03-15,,"],
}


async def take(unit: Unit, folder: Path) -> ImportReport:
    return await unit.take(intake.import_ssd, folder, as_of=AS_OF)


async def test_the_tables_come_to_the_records_that_the_returns_bring(unit: Unit, tmp_path: Path) -> None:
    report = await take(unit, write_ssd(tmp_path / "ssd", **WHOLE))
    assert found(report) == set()
    assert (report.counts.taken, report.counts.changed, report.counts.refused) == (2, 2, 0), "one adult is nobody's concern here"
    stated = {
        "care_period": await unit.rows("SELECT started_on::text, started_on_exact, ended_on, legal_status FROM care_period"),
        "care_status": await unit.rows("SELECT status, started_on::text, started_on_exact, ended_on FROM care_status"),
        "held_record": await unit.rows("SELECT kind, held_on::text, participation FROM held_record ORDER BY 2, 1"),
        "section47": await unit.rows(
            "SELECT initiating_discussion_on::text, conference_on::text, conference_not_required FROM section47 ORDER BY 1"
        ),
        "protection_plan": await unit.rows("SELECT started_on::text, ended_on, category FROM protection_plan"),
    }
    assert stated == {
        "care_period": [("2025-05-01", True, None, "C2")],
        "care_status": [("LONG_TERM_PLACEMENT", "2025-08-01", True, None)],
        "held_record": [
            ("CARE_REVIEW", "2025-05-20", "PN1"),
            ("INITIAL_CONFERENCE", "2025-06-20", None),
            ("CARE_REVIEW", "2025-08-10", "PN2"),
            ("REVIEW_CONFERENCE", "2025-09-15", None),
        ],
        "section47": [("2024-01-08", None, True), ("2025-06-02", "2025-06-20", False)],
        "protection_plan": [("2025-06-20", None, "EMO")],
    }
    assert await unit.rows("SELECT reference, sex, born_on::text FROM child JOIN child_fact f ON f.child_id = id ORDER BY 1") == [
        ("C1", "M", "2012-01-01"),
        ("C2", "F", "2018-05-01"),
    ]
    before = await unit.fingerprint()
    assert (await take(unit, tmp_path / "ssd")).counts.changed == 0
    assert await unit.fingerprint() == before


async def test_a_return_that_states_the_same_changes_no_record_and_contradicts_none(unit: Unit, tmp_path: Path) -> None:
    await take(unit, write_ssd(tmp_path / "ssd", **WHOLE))
    tables = ("care_episode", "care_period", "care_status", "held_record", "section47", "protection_plan")
    before = [await unit.rows(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables]
    report = await unit.ssda903(
        write_ssda903(
            tmp_path / "903",
            header=["C1,1,01/01/2012,"],
            episodes=["C1,01/05/2025,S,C2,U6,01/08/2025,X1", "C1,01/08/2025,P,C2,U4,,"],
            reviews=["C1,01/01/2012,20/05/2025,PN1", "C1,01/01/2012,10/08/2025,PN2"],
        )
    )
    assert found(report) == set()
    enquiry = section47("2025-06-02", conference="2025-06-20").replace(
        "<DateOfInitialCPC>", "<InitialCPCtarget>2025-06-23</InitialCPCtarget><DateOfInitialCPC>"
    )
    identifiers = "<PersonBirthDate>2018-05-01</PersonBirthDate><Sex>F</Sex>"
    plans = plan("2025-06-20", reviews=["2025-09-15"], category="EMO")
    census = write_census(tmp_path / "census.xml", census_child("C2", enquiry + plans, identifiers=identifiers))
    report = await unit.census(census)
    assert found(report) == set()
    assert [await unit.rows(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables] == before


async def test_a_corrected_dataset_corrects_and_takes_back(unit: Unit, tmp_path: Path) -> None:
    await take(unit, write_ssd(tmp_path, **WHOLE))
    less = {**WHOLE, "cla_reviews": WHOLE["cla_reviews"][:1], "cp_plans": ["t1,i1,C2,2025-06-20,2026-01-10,Neglect,N,"]}
    await take(unit, write_ssd(tmp_path, **less))
    assert await unit.rows("SELECT held_on::text FROM held_record WHERE upper_inf(recorded) AND kind = 'CARE_REVIEW'") == [("2025-05-20",)]
    assert await unit.rows("SELECT ended_on::text, category FROM protection_plan WHERE upper_inf(recorded)") == [("2026-01-10", "NEG")]


async def test_each_rule_of_the_dataset_finds_its_fault(unit: Unit, tmp_path: Path) -> None:
    tables = {
        "person": [f"{child},M,2012-01-01,,," for child in ("A", "B", "D", "E", "F", "G", "H", "I")],
        "cla_episodes": [
            "e1,A,,2025-05-01,S,,,ka,",
            "e2,B,,2025-05-01,Moved about,,,kb,",
            "e3,D,,2025-13-01,S,,,kd,",
            "e4,E,,01/05/2025,S,02/06/2025,E8 - Period of being looked-after ceased for any other reason,ke,",
            "e5,F,,2025-05-01,S,2025-06-01,Went away,kf,",
        ],
        "cla_reviews": ["r1,ka,,2025-05-20,,PN9", "r2,kx,,2025-05-20,,PN1", "r3,ke,,2025-05-20 10:00,,"],
        "legal_status": ["l1,E,V2,2025-05-01,2025-07-01"],
        "s47_enquiry": ["s1,G,,,N,", "s2,X,2025-06-02,,N,"],
        "initial_cp_conference": ["i1,,H,Y,,2025-06-20", "i2,,I,N,,tomorrow"],
        "cp_plans": ["t1,,H,2025-06-20,,Worry,N,", "t2,,A,2025-06-20,,Neglect,Y,"],
        "cp_reviews": ["v1,H,t1,,2025-09-15,N", "v2,A,t2,,2025-09-15,Y"],
        "family": ["f1,1,A", "f2,1,B"],
    }
    report = await take(unit, write_ssd(tmp_path, ["mother"], **tables))
    assert found(report) == {
        ("A", "LEGAL_STATUS_UNKNOWN"),
        ("B", "LEGAL_STATUS_UNKNOWN"),
        ("F", "LEGAL_STATUS_UNKNOWN"),
        ("B", "143"),
        ("D", "DATE"),
        ("F", "149"),
        ("F", "148"),
        ("X", "8675Q"),
        ("A", "167"),
        (None, "REVIEW_UNTRACED"),
        ("G", "8615"),
        ("X", "NO_PERSON"),
        ("I", "DATE"),
        ("H", "CATEGORY"),
        ("H", "INQUORATE"),
        ("A", "OTHER_AUTHORITY"),
        (None, "FAMILY_UNSPECIFIED"),
        (None, "TABLE_MISSING"),
    }
    taken = {reference for (reference,) in await unit.rows("SELECT reference FROM child")}
    assert taken == {"A", "E", "H"}
    assert await unit.rows("SELECT kind FROM held_record JOIN child k ON k.id = child_id WHERE reference = 'H' ORDER BY held_on") == [
        ("TRANSFER_IN_CONFERENCE",),
        ("REVIEW_CONFERENCE",),
    ]
    assert await unit.rows("SELECT count(*) FROM protection_plan") == [(1,)], "another authority's plan is not ours"
    lines = {finding.rule: (finding.file_name, finding.line) for finding in report.findings}
    assert lines["143"] == ("ssd_cla_episodes.csv", 3)
    assert lines["8615"] == ("ssd_s47_enquiry.csv", 2)
    assert lines["CATEGORY"] == ("ssd_cp_plans.csv", 2)


async def test_the_day_on_which_care_was_entered_is_known_where_the_first_episode_is_not_shown(unit: Unit, tmp_path: Path) -> None:
    tables = {"person": ["C1,M,2012-01-01,,"], "cla_episodes": ["e1,C1,,2025-08-01,P,,,k1,2019-03-04"], "cla_reviews": []}
    await take(unit, write_ssd(tmp_path, **tables))
    assert await unit.rows("SELECT started_on::text, started_on_exact FROM care_period") == [("2019-03-04", True)]


BARS = "SELECT r.code, m.child_reference, m.reason, m.source FROM may_not_chair m JOIN resource r ON r.id = m.iro_id ORDER BY 1, 2, 4"


async def test_who_had_charge_of_a_case_may_not_chair(unit: Unit, tmp_path: Path) -> None:
    (tmp_path / "establishment.toml").write_text(ESTABLISHMENT)
    await unit.take(intake.import_establishment, tmp_path / "establishment.toml")
    persons = {"person": ["C1,M,2012-01-01,,", "C2,F,2018-05-01,,"], "cla_episodes": WHOLE["cla_episodes"], "cla_reviews": []}
    professionals = [
        "11,S11,First Officer,sw123456,Independent Reviewing Officer",
        "12,IRO-02,Somebody,,Independent Reviewing Officer",
        "13,S13,Second Officer,SW999999,Social Worker",
    ]
    involvements = [
        "1,11,Allocated Case Worker,2019-02-01,2020-03-31,C1",
        "2,11,Independent Reviewing Officer,2025-05-01,,C2",
        "3,12,Team Manager,2021-01-01,,C2",
        "4,13,Social Worker,2021-01-01,,C1",
        "5,12,KAPAD,2021-01-01,,C1",
        "6,11,Social Worker,2027-01-01,,C2",
    ]
    folder = write_ssd(tmp_path / "ssd", **persons, professionals=professionals, involvements=involvements)
    report = await take(unit, folder)
    assert ("C1", "ROLE_UNKNOWN") in found(report), "what an officer is today says nothing of then"
    assert await unit.rows(BARS) == [
        ("IRO-01", "C1", "allocated case worker from 2019-02-01 to 2020-03-31", "SSD"),
        ("IRO-02", "C2", "team manager from 2021-01-01", "SSD"),
    ]
    write_ssd(folder, **persons, professionals=professionals, involvements=involvements[:2])
    await take(unit, folder)
    assert [row[:2] for row in await unit.rows(BARS)] == [("IRO-01", "C1")]
    (tmp_path / "establishment.toml").write_text(ESTABLISHMENT.replace('registration = "SW 123456"', 'may_not_chair = ["C1"]'))
    await unit.take(intake.import_establishment, tmp_path / "establishment.toml")
    (folder / "ssd_involvements.csv").unlink()
    write_ssd(folder, ["involvements"], **persons, professionals=professionals)
    await take(unit, folder)
    assert [row[:2] + row[3:] for row in await unit.rows(BARS)] == [("IRO-01", "C1", "ESTABLISHMENT"), ("IRO-01", "C1", "SSD")]


async def test_an_officer_who_has_the_child_now_is_listed(unit: Unit, tmp_path: Path) -> None:
    (tmp_path / "establishment.toml").write_text(ESTABLISHMENT)
    await unit.take(intake.import_establishment, tmp_path / "establishment.toml")
    await take(unit, write_ssd(tmp_path / "ssd", **WHOLE))
    (tmp_path / "allocations.csv").write_text("CHILD,IRO,FROM\nC1,IRO-02,01/06/2025\n")
    await unit.take(intake.import_allocations, tmp_path / "allocations.csv")
    people = {"professionals": ["7,IRO-02,Somebody,,Senior Social Worker"], "involvements": ["1,7,,2020-01-01,,C1"]}
    assert ("C1", "MAY_NOT_CHAIR") in found(await take(unit, write_ssd(tmp_path / "ssd", **WHOLE, **people)))


async def test_a_mother_who_is_a_child_in_these_records_is_a_parent(unit: Unit, tmp_path: Path) -> None:
    await take(unit, write_ssd(tmp_path, **WHOLE, mother=["1,C1,C2", "2,C9,C1"]))
    sql = (
        "SELECT k.reference, p.reference FROM parentage JOIN child k ON k.id = child_id JOIN child p ON p.id = parent_id "
        "WHERE upper_inf(recorded)"
    )
    assert await unit.rows(sql) == [("C2", "C1")]
    await take(unit, write_ssd(tmp_path, **WHOLE))
    assert await unit.rows(sql) == []


async def test_a_pupil_number_lies_in_another_table(unit: Unit, tmp_path: Path) -> None:
    await take(unit, write_ssd(tmp_path, **WHOLE, linked_identifiers=["1,C1,Unique Pupil Number,A123", "2,C1,NHS Number,99"]))
    assert await unit.rows("SELECT upn FROM child_fact WHERE upn IS NOT NULL") == [("A123",)]


async def test_tables_may_be_named_in_any_way_and_may_be_missing_but_not_all(unit: Unit, tmp_path: Path) -> None:
    folder = write_ssd(tmp_path / "some", set(SSD_COLUMNS) - {"person", "cla_episodes", "cla_reviews"}, **WHOLE)
    (folder / "ssd_person.csv").rename(folder / "PERSON.CSV")
    (folder / "ssd_cla_reviews.csv").rename(folder / "Cla_Reviews.csv")
    columns = (folder / "ssd_cla_episodes.csv").read_text().splitlines()
    columns[0] = columns[0].upper()
    reversed_columns = "\n".join(",".join(reversed(line.split(","))) for line in columns)
    (folder / "ssd_cla_episodes.csv").write_text(reversed_columns)
    report = await take(unit, folder)
    assert {rule for _, rule in found(report)} == {"TABLE_MISSING"}
    assert await unit.rows("SELECT started_on::text, ended_on, legal_status FROM care_period") == [("2025-05-01", None, None)]
    none = write_ssd(tmp_path / "none", set(SSD_COLUMNS) - {"person", "cla_episodes"}, **WHOLE)
    with pytest.raises(InvalidInput, match=r"ssd_person\.csv is needed, and ssd_cla_episodes\.csv, ssd_cla_reviews\.csv or"):
        await take(unit, none)


def test_a_day_is_read_from_an_instant_and_never_guessed() -> None:
    for text in ("2025-05-01", "2025-05-01 00:00:00.000", "2025-05-01T09:30:00Z", "2025-05-01 09:30", "01/05/2025", "01/05/2025 00:00"):
        assert read_ssd_day(text) == date(2025, 5, 1), text
    for text in ("", "1900-01-01", "1900-01-01 00:00:00"):
        assert read_ssd_day(text) is None, text
    for text in ("05/13/2025", "2025-05-01 x", "1/5/2025", "20250501", "2025-02-30", "2025-05-01 00:00:00 garbage"):
        with pytest.raises(NotADay):
            read_ssd_day(text)


def test_codes_are_read_alone_with_their_meaning_or_by_it() -> None:
    starts = {"S": "S", "p": "P", "L - Change of legal status only": "L", "Started to be looked-after": "S", "Q": None, "": None}
    statuses = {"V3": "V3", "C2 - Full care order": "C2", "Full Care Order": "C2", "Placement order granted": "E1", "SGO": None}
    ends = {"X1": "X1", "E4A - Returned home": "E4A", "Died": "E2", "Adopted – consent dispensed with": "E12", "Care ended": None}
    for said, meanings in ((starts, STARTS), (statuses, LEGAL_STATUSES), (ends, ENDS)):
        assert {text: read_code(text, meanings) for text in said} == said
    assert [read_placement(text) for text in ("A6", "K1 - Secure children's homes", "Foster", "")] == ["A6", "K1", None, None]
    assert [read_category(text) for text in ("NEG", "Neglect", "Multiple: Neglect, Emotional abuse", "Worry")] == [
        "NEG",
        "NEG",
        "MUL",
        None,
    ]


def test_the_words_of_a_role_say_who_had_charge() -> None:
    charge = (
        "Allocated Case Worker",
        "Senior Social Worker",
        "Assistant Team Manager",
        "Service Delivery Manager",
        "Personal Adviser",
        "CSW",
    )
    none = ("Independent Reviewing Officer", "IRO", "Child Protection Conference Chair", "Business Support Officer", "LADO", "Advocate")
    assert [had_charge(role) for role in charge] == [True] * len(charge)
    assert [had_charge(role) for role in none] == [False] * len(none)
    assert [had_charge(role) for role in ("KAPAD", "", "Health visitor")] == [None] * 3
