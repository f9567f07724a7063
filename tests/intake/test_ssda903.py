"""The yearly return: what its rows come to, and what each rule finds. Every child below is invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from services.intake.rules import RULES, Severity
from services.kernel.errors import InvalidInput
from tests.intake.conftest import Unit, found
from tests.support.returns import write_ssda903

GOOD = ("01/05/2025,S,C2,U1,,",)


@dataclass(frozen=True, slots=True)
class Case:
    """Rows without their child. `taken`: whether the child is, in spite of the finding; `also`: what follows from the fault."""

    rule: str
    taken: bool
    header: tuple[str, ...] = ("1,01/01/2012,",)
    episodes: tuple[str, ...] = GOOD
    reviews: tuple[str, ...] = ()
    also: str | None = None


CASES = (
    Case("ROW", False, header=("1,01/01/2012,,too,many",)),
    Case("102", False, header=("1,2012-01-01,",)),
    Case("DATE", False, reviews=("2012-01-01,01/06/2025,PN1",)),
    Case("147", False, episodes=("01/05/2025,S,C2,U1,31/02/2026,E8",), also="148"),
    Case("102", False, header=("1,,",)),
    Case("BIRTH_CONTRADICTED", False, header=("1,01/01/2012,", "1,02/01/2012,")),
    Case("301", False, header=("1,01/09/2026,",), also="302"),
    Case("101", True, header=("7,01/01/2012,",)),
    Case("INT32", True, header=("1,01/01/2012,", "2,01/01/2012,")),
    Case("DUPLICATE", True, header=("1,01/01/2012,", "1,01/01/2012,")),
    Case("DUPLICATE", True, episodes=GOOD * 2),
    Case("INT03", False, header=()),
    Case("INT08", False, header=(), episodes=(), reviews=("01/01/2012,01/06/2025,PN1",)),
    Case("EPI", True, episodes=()),
    Case("141", False, episodes=(",S,C2,U1,,",)),
    Case("141", False, episodes=("1/5/2025,S,C2,U1,,",)),
    Case("143", False, episodes=("01/05/2025,Z,C2,U1,,",)),
    Case("144", False, episodes=("01/05/2025,S,,U1,,",)),
    Case("149", False, episodes=("01/05/2025,S,C2,U1,01/06/2025,Q9",)),
    Case("437", False, episodes=("01/05/2025,S,C2,U1,01/06/2025,E2", "01/07/2025,S,C2,U1,,")),
    Case("FOUND_OF_AGE", True, episodes=("01/05/2025,S,C2,U1,01/06/2025,E15", "01/07/2025,S,C2,U1,,")),
    Case("359", True, header=("1,01/01/2008,",)),
    Case("353", True, header=("1,01/01/1991,",), episodes=("13/10/1991,S,C2,U1,01/12/1991,E8",)),
    Case("355", True, episodes=("01/05/2025,S,L1,U1,01/05/2025,E8",)),
    Case("365", True, episodes=("01/05/2025,S,V3,U6,19/05/2025,E8",)),
    Case("356", False, episodes=("01/05/2025,S,C2,U1,01/04/2025,E8",)),
    Case("501", False, episodes=("01/05/2025,S,C2,U1,01/07/2025,X1", "01/06/2025,P,C2,U1,,")),
    Case("142", False, episodes=("01/05/2025,S,C2,U1,,", "01/06/2025,P,C2,U1,,")),
    Case("501", False, episodes=("01/05/2025,S,C2,U1,,", "01/05/2025,S,C1,U1,,")),
    Case("302", False, header=("1,01/06/2025,",)),
    Case("354", True, episodes=(*GOOD, "01/09/2026,P,C2,U1,,")),
    Case("385", True, episodes=("01/05/2025,S,C2,U1,01/09/2026,E8",)),
    Case("148", True, episodes=("01/05/2025,S,C2,U1,,X1",)),
    Case("148", True, episodes=("01/05/2025,S,C2,U1,,E8",)),
    Case("148", True, episodes=("01/05/2025,S,C2,U1,01/06/2025,",)),
    Case("388", True, episodes=("01/05/2025,S,C2,U1,01/06/2025,X1",)),
    Case("432", True, episodes=("01/05/2025,S,C2,U1,01/06/2025,E8", "01/08/2025,P,C2,U1,,")),
    Case("431", True, episodes=("01/05/2025,S,C2,U1,01/06/2025,X1", "01/06/2025,S,C2,U1,,")),
    Case("166", False, reviews=("01/01/2012,2025-06-01,PN1",)),
    Case("166", False, reviews=("01/01/2012,,PN1",)),
    Case("167", True, reviews=("01/01/2012,01/06/2025,",)),
    Case("167", True, reviews=("01/01/2012,01/06/2025,PN8",)),
    Case("440", True, header=("1,31/05/2021,",), reviews=("31/05/2021,01/06/2025,PN0",)),
    Case("441", True, header=("1,02/06/2021,",), reviews=("02/06/2021,01/06/2025,PN1",)),
    Case("399", True, episodes=("01/05/2025,S,V4,U1,,",), reviews=("01/01/2012,01/06/2025,PN1",)),
    Case("1012", True, episodes=(), reviews=("01/01/2012,01/06/2025,PN1",)),
    Case("INT17", False, reviews=("02/01/2012,01/06/2025,PN1",)),
    Case("REVIEW_BEFORE_BIRTH", False, reviews=("01/01/2012,31/12/2011,PN1",)),
    Case("REVIEW_IN_FUTURE", True, reviews=("01/01/2012,01/09/2026,PN1",)),
    Case("REVIEW_TWICE", True, reviews=("01/01/2012,01/06/2025,PN1", "01/01/2012,01/06/2025,PN2")),
    Case("DUPLICATE", True, reviews=("01/01/2012,01/06/2025,PN1", "01/01/2012,01/06/2025,PN1")),
    Case("REVIEW_OUTSIDE_CARE", True, reviews=("01/01/2012,30/04/2025,PN1",)),
    Case("REVIEW_ON_FIRST_DAY", True, reviews=("01/01/2012,01/05/2025,PN1",)),
)


def _write(folder: Path, cases: tuple[Case, ...]) -> Path:
    """All cases in one return, a child each; the rows of a child lie far apart."""
    numbered = [(f"C{number:02}", case) for number, case in enumerate(cases)]

    def rows(part: str) -> list[str]:
        return [f"{child},{row}" for place in range(3) for child, case in numbered for row in getattr(case, part)[place : place + 1]]

    return write_ssda903(folder, header=rows("header"), episodes=rows("episodes"), reviews=rows("reviews"))


async def test_each_rule_finds_its_fault_and_nothing_else(unit: Unit, tmp_path: Path) -> None:
    report = await unit.ssda903(_write(tmp_path / "return", CASES))
    known = {reference for (reference,) in await unit.rows("SELECT reference FROM child")}
    for number, case in enumerate(CASES):
        child = f"C{number:02}"
        rules = {rule for reference, rule in found(report) if reference == child}
        assert rules == {case.rule, case.also} - {None}, case
        assert (child in known) == case.taken, case
    assert report.counts.refused == sum(not case.taken for case in CASES)
    assert report.counts.taken == len(known) == sum(case.taken for case in CASES)


def test_the_severity_of_a_rule_says_whether_the_child_is_taken() -> None:
    severities = {rule.code: rule.severity for rule in RULES}
    assert len(severities) == len(RULES)
    for case in CASES:
        assert (severities[case.rule] is Severity.REFUSED) == (not case.taken), case


async def test_no_header_row_for_a_child_missing_is_listed_without_one(unit: Unit, tmp_path: Path) -> None:
    report = await unit.ssda903(write_ssda903(tmp_path, header=[",1,01/01/2012,", "C1,1,01/01/2012,"], episodes=["C1," + GOOD[0]]))
    assert (None, "CHILD_MISSING") in found(report)
    assert report.counts.taken == 1


async def test_a_file_with_the_month_first_changes_nothing_though_most_of_its_days_exist(unit: Unit, tmp_path: Path) -> None:
    header = [f"C{number},1,{number:02}/{number + 8:02}/2012," for number in range(1, 13)]
    episodes = [f"C{number},05/01/2025,S,C2,U1,," for number in range(1, 13)]
    with pytest.raises(InvalidInput, match="8 of 12 children have days that exist only with the month first"):
        await unit.ssda903(write_ssda903(tmp_path / "all", header=header, episodes=episodes))
    assert await unit.rows("SELECT count(*) FROM child") == [(0,)]
    right = [f"C{number},1,{number:02}/08/2012," for number in range(1, 13)]
    report = await unit.ssda903(write_ssda903(tmp_path / "one", header=[*right[:11], header[11]], episodes=episodes))
    assert (report.counts.taken, report.counts.refused) == (11, 1)


async def test_a_review_on_the_last_day_of_a_time_in_care_is_its_own_though_another_begins(unit: Unit, tmp_path: Path) -> None:
    episodes = ["C1,01/05/2025,S,C2,U1,01/06/2025,E4A", "C1,01/06/2025,S,C2,U1,,", "C2,01/05/2025,S,V4,U1,,", "C3,01/05/2025,L,C2,U1,,"]
    reviews = ["C1,01/01/2012,01/06/2025,PN1", "C2,01/01/2012,01/05/2025,PN1", "C3,01/01/2012,01/05/2025,PN1"]
    header = [f"C{number},1,01/01/2012," for number in (1, 2, 3)]
    report = await unit.ssda903(write_ssda903(tmp_path / "return", header=header, episodes=episodes, reviews=reviews))
    assert found(report) == {("C2", "399")}


async def test_on_the_fourth_birthday_neither_code_is_wrong(unit: Unit, tmp_path: Path) -> None:
    folder = write_ssda903(
        tmp_path,
        header=["C1,1,01/06/2021,", "C2,1,01/06/2021,", "L1,1,29/02/2020,", "L2,1,29/02/2020,"],
        episodes=[f"{child},01/03/2022,S,C2,U1,," for child in ("C1", "C2", "L1", "L2")],
        reviews=[
            "C1,01/06/2021,01/06/2025,PN0",
            "C2,01/06/2021,01/06/2025,PN1",
            "L1,29/02/2020,29/02/2024,PN0",
            "L2,29/02/2020,28/02/2024,PN0",
        ],
    )
    assert found(await unit.ssda903(folder)) == set()


PERIODS: tuple[tuple[list[str], list[tuple[object, ...]]], ...] = (
    (["01/05/2025,S,C2,U1,,"], [("2025-05-01", True, None, None, False)]),
    (["01/05/2025,P,C2,U1,,"], [("2025-05-01", False, None, None, False)]),
    (
        ["01/06/2025,L,C1,U1,01/07/2025,E8", "01/05/2025,S,C2,U1,01/06/2025,X1"],
        [("2025-05-01", True, "2025-07-01", "E8", False)],
    ),
    (
        ["01/05/2025,S,V4,U1,01/06/2025,E8", "01/08/2025,S,C2,U1,,"],
        [("2025-05-01", True, "2025-06-01", "E8", True), ("2025-08-01", True, None, None, False)],
    ),
    (["01/05/2025,S,V3,U1,01/06/2025,X1", "01/06/2025,L,C2,U1,,"], [("2025-05-01", True, None, None, False)]),
    (
        ["01/05/2025,S,C2,U1,01/06/2025,E8", "01/08/2025,P,C2,U1,,"],
        [("2025-05-01", True, "2025-06-01", "E8", False), ("2025-08-01", False, None, None, False)],
    ),
    (["01/05/2025,S,C2,U1,01/06/2025,", "01/06/2025,P,C2,U1,,"], [("2025-05-01", True, None, None, False)]),
    (
        ["01/05/2025,S,C2,U1,01/06/2025,X1", "01/07/2025,S,C2,U1,,"],
        [("2025-05-01", True, "2025-07-01", None, False), ("2025-07-01", True, None, None, False)],
    ),
    (["01/05/2025,S,C2,U1,01/09/2026,E8"], [("2025-05-01", True, None, None, False)]),
)


async def test_episodes_join_to_periods_of_care(unit: Unit, tmp_path: Path) -> None:
    children = [(f"C{number}", episodes, periods) for number, (episodes, periods) in enumerate(PERIODS)]
    header = [f"{child},1,01/01/2012," for child, _, _ in children]
    await unit.ssda903(write_ssda903(tmp_path, header=header, episodes=[f"{child},{row}" for child, rows, _ in children for row in rows]))
    sql = (
        "SELECT started_on::text, started_on_exact, ended_on::text, end_reason, short_break FROM care_period "
        "JOIN child k ON k.id = child_id WHERE k.reference = $1 ORDER BY 1"
    )
    for child, episodes, periods in children:
        assert await unit.rows(sql, child) == periods, episodes


async def test_a_child_who_died_is_known_to_have(unit: Unit, tmp_path: Path) -> None:
    await unit.ssda903(write_ssda903(tmp_path, header=["C1,1,01/01/2012,"], episodes=["C1,01/05/2025,S,C2,U1,01/06/2025,E2"]))
    assert await unit.rows("SELECT died_on FROM child_fact") == [(date(2025, 6, 1),)]


HEADER = ["C1,1,01/01/2012,A1", "C2,2,02/02/2013,A2"]
EPISODES = ["C1,01/05/2025,S,C2,U1,,", "C2,01/06/2025,S,C2,U1,,"]
REVIEWS = ["C1,01/01/2012,20/05/2025,PN1", "C1,01/01/2012,10/08/2025,PN2", "C2,02/02/2013,20/06/2025,PN1"]


async def test_the_same_file_twice_changes_nothing(unit: Unit, tmp_path: Path) -> None:
    folder = write_ssda903(tmp_path, header=HEADER, episodes=EPISODES, reviews=REVIEWS)
    first = await unit.ssda903(folder)
    before = await unit.fingerprint()
    second = await unit.ssda903(folder)
    assert await unit.fingerprint() == before
    assert (first.counts.changed, second.counts.changed, second.counts.unchanged) == (2, 0, 2)
    assert before["obligation"], "records owe something"


async def test_a_corrected_file_corrects_and_the_past_can_still_be_read(unit: Unit, tmp_path: Path) -> None:
    await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=EPISODES, reviews=REVIEWS))
    told = unit.now
    corrected = ["C1,01/01/2012,21/05/2025,PN1", "C1,01/01/2012,10/08/2025,PN5", "C2,02/02/2013,20/06/2025,PN1"]
    report = await unit.ssda903(write_ssda903(tmp_path, header=["C1,2,01/01/2012,A1", HEADER[1]], episodes=EPISODES, reviews=corrected))
    assert (report.counts.changed, report.counts.unchanged) == (1, 1)
    sql = "SELECT held_on::text, participation FROM held_record JOIN child k ON k.id = child_id WHERE k.reference = 'C1' AND {} ORDER BY 1"
    assert await unit.rows(sql.format("upper_inf(recorded)")) == [("2025-05-21", "PN1"), ("2025-08-10", "PN5")]
    assert await unit.rows(sql.format("recorded @> $1::timestamptz"), told) == [("2025-05-20", "PN1"), ("2025-08-10", "PN2")]
    assert await unit.rows("SELECT sex, upper_inf(recorded) FROM child_fact JOIN child k ON k.id = child_id WHERE k.reference = 'C1'"
                           " ORDER BY lower(recorded)") == [("M", False), ("F", True)]  # fmt: skip
    ids = await unit.rows("SELECT count(DISTINCT id) FROM held_record WHERE held_on = '2025-08-10'")
    assert ids == [(1,)], "a version keeps the id of the one that it replaces"


async def test_a_later_year_keeps_what_it_does_not_show(unit: Unit, tmp_path: Path) -> None:
    first = write_ssda903(
        tmp_path / "2024",
        header=[*HEADER, "C3,1,03/03/2014,"],
        episodes=["C1,01/05/2024,S,C2,U1,01/08/2024,X1", "C1,01/08/2024,L,C1,U1,,", "C2,01/06/2024,S,C2,U1,,", "C3,01/06/2024,S,C2,U1,,"],
        reviews=["C1,01/01/2012,20/05/2024,PN1", "C2,02/02/2013,20/06/2024,PN1"],
    )
    await unit.ssda903(first, as_of=date(2025, 3, 31))
    later = write_ssda903(
        tmp_path / "2025",
        header=HEADER,
        episodes=["C1,01/08/2024,L,C1,U1,01/07/2025,X1", "C1,01/07/2025,P,C1,U1,,", "C2,01/06/2024,S,C2,U1,01/05/2025,E8"],
        reviews=["C1,01/01/2012,10/08/2025,PN2"],
    )
    report = await unit.ssda903(later, as_of=date(2026, 3, 31))
    assert found(report) == set()
    sql = (
        "SELECT k.reference, started_on::text, started_on_exact, ended_on::text FROM care_period "
        "JOIN child k ON k.id = child_id WHERE upper_inf(recorded) ORDER BY 1"
    )
    assert await unit.rows(sql) == [
        ("C1", "2024-05-01", True, None),
        ("C2", "2024-06-01", True, "2025-05-01"),
        ("C3", "2024-06-01", True, None),
    ]
    assert await unit.rows("SELECT count(*) FROM held_record WHERE upper_inf(recorded)") == [(3,)]


async def test_a_refused_child_keeps_what_was_known(unit: Unit, tmp_path: Path) -> None:
    await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=EPISODES, reviews=REVIEWS))
    before = await unit.fingerprint()
    worse = ["C1,01/05/2025,S,C2,U1,01/09/2025,E8", "C1,01/08/2025,S,C2,U1,,", EPISODES[1]]
    report = await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=worse, reviews=[]))
    assert (report.counts.refused, report.counts.taken) == (1, 1)
    after = await unit.fingerprint()
    (child,) = (await unit.rows("SELECT id::text FROM child WHERE reference = 'C1'"))[0]
    for table, rows in before.items():
        assert [row for row in rows if child in row[0]] == [row for row in after[table] if child in row[0]]


async def test_a_dry_run_reports_the_same_and_changes_nothing(unit: Unit, tmp_path: Path) -> None:
    folder = _write(tmp_path, CASES)
    before = await unit.fingerprint()
    tried = await unit.ssda903(folder, dry_run=True)
    assert await unit.fingerprint() == before
    assert await unit.rows("SELECT (SELECT count(*) FROM import_report) + (SELECT count(*) FROM audit_event)") == [(0,)]
    real = await unit.ssda903(folder)
    assert tried.counts == real.counts
    assert tried.findings == real.findings
    assert tried.lines()[0].startswith("Would take")
    assert real.lines()[0].startswith("Took")


async def test_folder_and_xml_come_to_the_same(unit: Unit, tmp_path: Path) -> None:
    xml = tmp_path / "return.xml"
    xml.write_text(
        "<EXPSSDA903>"
        "<CHILD><HEADER><CHILDID>C1</CHILDID><SEX>1</SEX><DOB>01/01/2012</DOB><UPN>A1</UPN>"
        "<AREVIEW><REVIEW>20/05/2025</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW>"
        "<AREVIEW><REVIEW>10/08/2025</REVIEW><REVIEW_CODE>PN2</REVIEW_CODE></AREVIEW></HEADER>"
        "<EPISODE><DECOM>01/05/2025</DECOM><RNE>S</RNE><LS>C2</LS><PL>U1</PL></EPISODE></CHILD>"
        "<CHILD><HEADER><CHILDID>C2</CHILDID><SEX>2</SEX><DOB>02/02/2013</DOB><UPN>A2</UPN>"
        "<AREVIEW><REVIEW>20/06/2025</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW></HEADER>"
        "<EPISODE><DECOM>01/06/2025</DECOM><RNE>S</RNE><LS>C2</LS><PL>U1</PL></EPISODE></CHILD></EXPSSDA903>"
    )
    report = await unit.ssda903(xml)
    assert (report.counts.rows, report.counts.changed, report.findings_total) == (7, 2, 0)
    before = await unit.fingerprint()
    report = await unit.ssda903(write_ssda903(tmp_path / "folder", header=HEADER, episodes=EPISODES, reviews=REVIEWS))
    assert report.counts.changed == 0
    assert await unit.fingerprint() == before


async def test_findings_say_file_line_child_rule_and_severity_and_are_kept(unit: Unit, tmp_path: Path) -> None:
    folder = write_ssda903(tmp_path, header=HEADER, episodes=EPISODES, reviews=[*REVIEWS, "C1,01/01/2012,1/9/2025,PN1"])
    report = await unit.ssda903(folder)
    (finding,) = report.findings
    assert report.lines()[1] == finding.sentence
    assert finding.sentence == (
        "REFUSED 166: reviews.csv, line 5, child C1: REVIEW: '1/9/2025' is not a day in the form dd/mm/yyyy; "
        "nothing of this child was taken"
    )
    kept = await unit.rows("SELECT file_name, line, child_reference, rule, severity FROM import_finding WHERE import_id = $1", report.id)
    assert kept == [("reviews.csv", 5, "C1", "166", "REFUSED")]
    json = report.as_json()
    assert json["counts"] == {"rows": 8, "taken": 1, "changed": 1, "unchanged": 0, "refused": 1, "findings": json["counts"]["findings"]}
    assert json["findings"][0]["childReference"] == "C1"
    assert await unit.rows("SELECT action, subject FROM audit_event WHERE action = 'IMPORT'") == [("IMPORT", f"import:{report.id}")]
