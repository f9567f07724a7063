"""The census of children in need: what it comes to, and what each rule finds. Every child below is invented."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from services.intake.rules import RULES, Severity
from tests.intake.conftest import Unit, found
from tests.support.returns import census_child, plan, section47, write_census, write_ssda903

BORN = "<PersonBirthDate>2018-05-01</PersonBirthDate><Sex>F</Sex>"
DIED = "<PersonBirthDate>2018-05-01</PersonBirthDate><PersonDeathDate>2026-06-01</PersonDeathDate><Sex>F</Sex>"
DUE = "<ExpectedPersonBirthDate>2026-10-01</ExpectedPersonBirthDate>"


@dataclass(frozen=True, slots=True)
class Case:
    """`rule` None: nothing is found."""

    rule: str | None
    taken: bool
    details: tuple[str, ...]
    identifiers: str = BORN


CASES = (
    Case(None, True, (section47("2026-06-01", conference="2026-06-19") + plan("2026-06-19", reviews=["2026-08-20"]),)),
    Case(None, True, (section47("2026-06-01", not_required="true"),)),
    Case(None, True, (section47("2026-08-10"),)),
    Case(None, True, (section47("2026-06-01", conference="2026-06-19"),), f"{DUE}<Sex>U</Sex>"),
    Case("2884", True, ("<DateOfInitialCPC>2026-06-18</DateOfInitialCPC>" + section47("2026-06-01", conference="2026-06-19"),)),
    Case("2885", True, (section47("2026-06-01", conference="2026-06-19") + plan("2026-06-22"),)),
    Case("8841", True, (section47("2026-06-01", conference="2026-06-19") + plan("2026-06-19", reviews=["2026-06-19"]),)),
    Case("8840", True, (section47("2026-06-01", conference="2026-06-19") + plan("2026-06-19", ended="2026-06-19"),)),
    Case("8675Q", True, (section47("2026-08-06"),)),
    Case("8868", True, ("<CINclosureDate>2026-08-20</CINclosureDate>" + section47("2026-06-01"),)),
    Case("8875", True, (section47("2026-06-01", conference="2026-06-20"),)),
    Case("8935", False, (plan("2026-01-05"), plan("2026-02-05"))),
    Case("8940", False, (plan("2026-01-05", ended="2026-03-05"), plan("2026-02-05"))),
    Case("8940", False, (plan("2026-01-05"), plan("2026-01-05", category="PHY"))),
    Case("8525Q", True, (), BORN + DUE),
    Case("8525Q", True, (), "<Sex>M</Sex>"),
    Case("8750", True, (), f"{DUE}<Sex>M</Sex>"),
    Case("8615", False, (section47(""),)),
    Case("8615", False, (section47("2026-08-10", conference="2026-08-07"),)),
    Case("FLAG", False, (section47("2026-08-10", not_required="perhaps"),)),
    Case("SECTION47_TWICE", True, (section47("2026-08-10"), section47("2026-08-10", conference="2026-08-21"))),
    Case("8720", False, (plan(""),)),
    Case("8925", False, (plan("2026-03-02", ended="2026-03-01"),)),
    Case("CATEGORY", True, (plan("2026-03-02", category=""),)),
    Case("IN_FUTURE", True, (section47("2026-08-10", conference="2026-09-01"),)),
    Case("IN_FUTURE", True, (plan("2026-03-02", ended="2026-09-01", reviews=["2026-06-01"]),)),
    Case("IN_FUTURE", True, (plan("2026-03-02", reviews=["2026-06-01", "2026-09-02"]),)),
    Case("DUPLICATE", True, (section47("2026-08-10") * 2,)),
    Case("DUPLICATE", True, (plan("2026-03-02") * 2,)),
    Case("DUPLICATE", True, (plan("2026-03-02", reviews=["2026-06-01"] * 2),)),
    Case("STRAY_TEXT", True, (), f"stray{BORN}"),
    Case("8606", False, (section47("2017-07-24", conference="2017-08-14"),)),
    Case(None, True, (section47("2017-07-25", conference="2017-08-14"),)),
    Case("8606", False, (section47("2025-12-15", not_required="true"),), f"{DUE}<Sex>U</Sex>"),
    Case("8606", False, (plan("2017-07-24"),)),
    Case("8915", True, (plan("2026-06-02"),), DIED),
    Case(None, True, (section47("2026-05-12", conference="2026-06-01") + plan("2026-06-01"),), DIED),
    Case("8920", True, (plan("2026-03-02", ended="2026-06-02"),), DIED),
    Case("AFTER_DEATH", True, (section47("2026-06-02", not_required="true"),), DIED),
    Case("AFTER_DEATH", True, (plan("2026-03-02", reviews=["2026-06-02"]),), DIED),
    Case("PLAN_OF_AGE", True, (plan("2026-03-02"),), "<PersonBirthDate>2008-07-30</PersonBirthDate><Sex>1</Sex>"),
    Case(None, True, (plan("2026-03-02"),), "<PersonBirthDate>2008-07-31</PersonBirthDate><Sex>1</Sex>"),
    Case("PLAN_OF_AGE", True, (section47("2026-05-12", not_required="true"),), "<PersonBirthDate>2008-05-12</PersonBirthDate><Sex>1</Sex>"),
    Case(None, True, (section47("2026-05-12", not_required="true"),), "<PersonBirthDate>2008-05-13</PersonBirthDate><Sex>1</Sex>"),
    Case("REVIEW_OUTSIDE_PLAN", True, (plan("2026-01-05", ended="2026-03-02", reviews=["2026-03-03"]),)),
    Case(None, True, (plan("2026-01-05", ended="2026-03-02", reviews=["2026-03-02"]),)),
    Case("DATE", False, (section47("10/08/2026"),)),
    Case("DATE", False, (plan("2026-03-02", reviews=["2026-06-31"]),)),
)


async def test_each_rule_finds_its_fault_and_nothing_else(unit: Unit, tmp_path: Path) -> None:
    children = [census_child(f"C{number:02}", *case.details, identifiers=case.identifiers) for number, case in enumerate(CASES)]
    report = await unit.census(write_census(tmp_path / "census.xml", *children))
    known = {reference for (reference,) in await unit.rows("SELECT reference FROM child")}
    for number, case in enumerate(CASES):
        child = f"C{number:02}"
        assert {rule for reference, rule in found(report) if reference == child} == ({case.rule} - {None}), case
        assert (child in known) == case.taken, case


async def test_a_finding_says_what_follows_once(unit: Unit, tmp_path: Path) -> None:
    follows = {rule.code: rule.follows for rule in RULES}
    children = [census_child(f"C{number:02}", *case.details, identifiers=case.identifiers) for number, case in enumerate(CASES)]
    odd = census_child("C99", identifiers="<PersonBirthDate>2018-05-01</PersonBirthDate><Sex>7</Sex>")
    report = await unit.census(write_census(tmp_path / "census.xml", *children, odd))
    assert "101" in {finding.rule for finding in report.findings}
    for finding in report.findings:
        told = follows[finding.rule]
        assert told is not None
        assert finding.message.endswith(f"; {told}")
        assert finding.message.count(told) == 1, finding.message


def test_the_severity_of_a_rule_says_whether_the_child_is_taken() -> None:
    severities = {rule.code: rule.severity for rule in RULES}
    for case in CASES:
        assert case.rule is None or (severities[case.rule] is Severity.REFUSED) == (not case.taken), case


async def test_enquiries_conferences_plans_and_reviews_are_recorded(unit: Unit, tmp_path: Path) -> None:
    children = [
        census_child("S", section47("2026-06-01", conference="2026-06-19") + plan("2026-06-19", reviews=["2026-08-20"])),
        census_child("T", "<DateOfInitialCPC>2026-06-10</DateOfInitialCPC>" + plan("2026-06-10")),
        census_child("U", section47("2026-06-01", conference="2026-06-19"), identifiers=f"{DUE}<Sex>U</Sex>"),
        census_child(
            "F", section47("2026-08-10", conference="2026-09-01") + plan("2026-08-01", ended="2026-09-01", reviews=["2026-09-02"])
        ),
    ]
    await unit.census(write_census(tmp_path / "census.xml", *children))
    held = "SELECT k.reference, kind, held_on::text FROM held_record JOIN child k ON k.id = child_id ORDER BY 1, 3"
    assert await unit.rows(held) == [
        ("S", "INITIAL_CONFERENCE", "2026-06-19"),
        ("S", "REVIEW_CONFERENCE", "2026-08-20"),
        ("T", "TRANSFER_IN_CONFERENCE", "2026-06-10"),
        ("U", "PRE_BIRTH_CONFERENCE", "2026-06-19"),
    ]
    plans = "SELECT k.reference, started_on::text, ended_on::text, category FROM protection_plan JOIN child k ON k.id = child_id ORDER BY 1"
    assert await unit.rows(plans) == [
        ("F", "2026-08-01", None, "NEG"),
        ("S", "2026-06-19", None, "NEG"),
        ("T", "2026-06-10", None, "NEG"),
    ]
    enquiries = "SELECT k.reference, conference_on::text FROM section47 JOIN child k ON k.id = child_id ORDER BY 1"
    assert await unit.rows(enquiries) == [("F", None), ("S", "2026-06-19"), ("U", "2026-06-19")]
    facts = "SELECT born_on::text, expected_on::text, sex FROM child_fact JOIN child k ON k.id = child_id WHERE k.reference = 'U'"
    assert await unit.rows(facts) == [(None, "2026-10-01", "U")]


async def test_a_death_is_believed_and_what_follows_it_is_left_out(unit: Unit, tmp_path: Path) -> None:
    before = section47("2026-02-02", conference="2026-02-20") + plan("2026-02-20", reviews=["2026-05-20"])
    after = section47("2026-06-03", conference="2026-06-20") + plan("2026-06-20", reviews=["2026-08-20"])
    cut = section47("2026-05-20", conference="2026-06-02")
    children = [census_child(name, said, identifiers=DIED) for name, said in (("B", before), ("A", after), ("C", cut))]
    await unit.census(write_census(tmp_path / "census.xml", *children))
    assert await unit.rows("SELECT died_on::text, count(*) FROM child_fact GROUP BY 1") == [("2026-06-01", 3)]
    held = "SELECT k.reference, held_on::text FROM held_record JOIN child k ON k.id = child_id ORDER BY 1, 2"
    assert await unit.rows(held) == [("B", "2026-02-20"), ("B", "2026-05-20")]
    enquiries = "SELECT k.reference, conference_on::text FROM section47 JOIN child k ON k.id = child_id ORDER BY 1"
    assert await unit.rows(enquiries) == [("B", "2026-02-20"), ("C", None)]
    assert await unit.rows("SELECT k.reference FROM protection_plan JOIN child k ON k.id = child_id") == [("B",)]


async def test_the_same_file_twice_changes_nothing_and_a_corrected_one_corrects(unit: Unit, tmp_path: Path) -> None:
    path = tmp_path / "census.xml"
    details = section47("2026-06-01", conference="2026-06-19") + plan("2026-06-19", reviews=["2026-08-20"])
    other = census_child("C2", section47("2026-08-10"))
    await unit.census(write_census(path, census_child("C1", details), other))
    before = await unit.fingerprint()
    again = await unit.census(path)
    assert await unit.fingerprint() == before
    assert before["obligation"]
    assert again.counts.unchanged == 2
    corrected = section47("2026-06-02", conference="2026-06-19") + plan("2026-06-19", ended="2026-08-21", reviews=["2026-08-21"])
    report = await unit.census(write_census(path, census_child("C1", corrected)))
    assert (report.counts.changed, report.counts.taken) == (1, 1)
    assert await unit.rows("SELECT initiating_discussion_on::text FROM section47 WHERE upper_inf(recorded) ORDER BY 1") == [
        ("2026-06-02",),
        ("2026-08-10",),
    ]
    assert await unit.rows("SELECT ended_on::text FROM protection_plan WHERE upper_inf(recorded)") == [("2026-08-21",)]
    assert await unit.rows("SELECT held_on::text FROM held_record WHERE upper_inf(recorded) ORDER BY 1") == [
        ("2026-06-19",),
        ("2026-08-21",),
    ]


async def test_what_lies_before_the_year_of_a_census_is_not_withdrawn_by_it(unit: Unit, tmp_path: Path) -> None:
    old = section47("2024-06-03", conference="2024-06-21") + plan("2024-06-21", ended="2025-02-03", reviews=["2024-09-10"])
    await unit.census(write_census(tmp_path / "a.xml", census_child("C1", old), reference_day="2025-03-31"))
    before = await unit.rows("SELECT id, held_on FROM held_record")
    later = section47("2026-02-02", conference="2026-02-20") + plan("2026-02-20", ended="2026-03-20")
    await unit.census(write_census(tmp_path / "b.xml", census_child("C1", later)))
    before += await unit.rows("SELECT id, held_on FROM held_record WHERE held_on > '2026-01-01'")
    for _ in range(2):
        assert await unit.rows("SELECT id, held_on FROM held_record WHERE upper_inf(recorded) ORDER BY 2") == sorted(
            before, key=itemgetter(1)
        )
        assert await unit.rows("SELECT count(*) FROM protection_plan WHERE upper_inf(recorded)") == [(2,)]
        older = await unit.census(tmp_path / "a.xml")
    assert older.counts.changed == 0, "the older census again withdraws nothing of the later year"


async def test_birth_turns_an_unborn_child_into_a_born_one(unit: Unit, tmp_path: Path) -> None:
    await unit.census(write_census(tmp_path / "a.xml", census_child("C1", identifiers=f"{DUE}<Sex>U</Sex>")))
    await unit.census(
        write_census(tmp_path / "b.xml", census_child("C1", identifiers="<PersonBirthDate>2026-08-30</PersonBirthDate><Sex>M</Sex>"))
    )
    sql = "SELECT born_on::text, expected_on::text, sex FROM child_fact WHERE upper_inf(recorded)"
    assert await unit.rows(sql) == [("2026-08-30", None, "M")]


async def test_of_two_sources_the_later_statement_stands_and_the_conflict_is_listed(unit: Unit, tmp_path: Path) -> None:
    folder = write_ssda903(tmp_path / "return", header=["C1,1,01/05/2018,A1"], episodes=["C1,01/05/2025,S,C2,U1,,"])
    await unit.ssda903(folder)
    report = await unit.census(write_census(tmp_path / "census.xml", census_child("C1")))
    assert found(report) == set(), "what the census does not state, it does not contradict"
    assert await unit.rows("SELECT upn, source FROM child_fact WHERE upper_inf(recorded)") == [("A1", "SSDA903")]
    other = "<PersonBirthDate>2018-05-02</PersonBirthDate><Sex>2</Sex>"
    report = await unit.census(write_census(tmp_path / "census.xml", census_child("C1", identifiers=other)))
    assert [finding.rule for finding in report.findings] == ["SOURCES_DISAGREE"] * 2
    assert "born 2018-05-02 here, 2018-05-01 by SSDA903" in report.findings[0].message
    assert await unit.rows("SELECT born_on::text, sex, upn, source FROM child_fact WHERE upper_inf(recorded)") == [
        ("2018-05-02", "F", "A1", "CIN_CENSUS")
    ]
