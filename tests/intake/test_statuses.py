"""What episodes say beside the period of care: breaks, remands, adoption, secure accommodation, long-term fostering. All invented."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.intake.conftest import Unit, found
from tests.support.returns import write_ssda903

Status = tuple[str, str, bool, str | None, str | None]

# Rows of one child, and the statuses that they come to: which, from, exactly then, until, why.
STATUSES: tuple[tuple[str, list[str], list[Status]], ...] = (
    (
        "each break of a series is one, and the agreement to a series is none",
        ["01/05/2025,S,V3,U6,03/05/2025,E8", "06/06/2025,S,V3,U6,08/06/2025,E8", "01/08/2025,S,V4,U6,,"],
        [("SHORT_BREAK", "2025-05-01", True, "2025-05-03", "CARE_ENDED"), ("SHORT_BREAK", "2025-06-06", True, "2025-06-08", "CARE_ENDED")],
    ),
    (
        "a remand is one however often the child moves",
        ["01/05/2025,S,J1,K1,01/06/2025,X1", "01/06/2025,P,J1,K2,20/06/2025,E14"],
        [("REMAND", "2025-05-01", True, "2025-06-20", "CARE_ENDED")],
    ),
    (
        "a remanded child is under no secure order, the same child in care is",
        ["01/05/2025,S,J1,K1,01/06/2025,X1", "01/06/2025,L,C1,K1,,"],
        [("REMAND", "2025-05-01", True, "2025-06-01", "ENDED"), ("SECURE", "2025-06-01", True, None, None)],
    ),
    (
        "one secure order goes on in another secure home",
        [
            "01/05/2025,S,C2,U6,01/06/2025,X1",
            "01/06/2025,P,C2,K1,01/07/2025,X1",
            "01/07/2025,P,C2,K1,01/08/2025,X1",
            "01/08/2025,P,C2,K2,,",
        ],
        [("SECURE", "2025-06-01", True, "2025-08-01", "ENDED")],
    ),
    (
        "authority, placement, order",
        [
            "01/05/2025,S,C2,U6,01/06/2025,X1",
            "01/06/2025,L,E1,U6,01/09/2025,X1",
            "01/09/2025,P,E1,A6,10/02/2026,E11",
        ],
        [
            ("AUTHORISED_FOR_ADOPTION", "2025-06-01", True, "2026-02-10", "ADOPTED"),
            ("PLACED_FOR_ADOPTION", "2025-09-01", True, "2026-02-10", "ADOPTED"),
        ],
    ),
    (
        "a freeing order is authority too",
        ["01/05/2004,S,D1,A5,10/02/2005,E12"],
        [
            ("AUTHORISED_FOR_ADOPTION", "2004-05-01", True, "2005-02-10", "ADOPTED"),
            ("PLACED_FOR_ADOPTION", "2004-05-01", True, "2005-02-10", "ADOPTED"),
        ],
    ),
    (
        "a placement after which the child lives elsewhere was disrupted",
        ["01/05/2025,S,E1,A6,01/08/2025,X1", "01/08/2025,P,E1,U6,,"],
        [
            ("AUTHORISED_FOR_ADOPTION", "2025-05-01", True, None, None),
            ("PLACED_FOR_ADOPTION", "2025-05-01", True, "2025-08-01", "DISRUPTED"),
        ],
    ),
    (
        "another family is another placement",
        ["01/05/2025,S,C2,A4,01/08/2025,X1", "01/08/2025,P,C2,A4,,"],
        [("PLACED_FOR_ADOPTION", "2025-05-01", True, "2025-08-01", "DISRUPTED"), ("PLACED_FOR_ADOPTION", "2025-08-01", True, None, None)],
    ),
    (
        "an order while placed starts no other placement",
        ["01/05/2025,S,C2,A3,01/08/2025,X1", "01/08/2025,U,E1,A5,,"],
        [("AUTHORISED_FOR_ADOPTION", "2025-08-01", True, None, None), ("PLACED_FOR_ADOPTION", "2025-05-01", True, None, None)],
    ),
    (
        "a stay elsewhere of some days ends no placement",
        ["01/05/2025,S,C2,A4,01/08/2025,X1", "01/08/2025,P,C2,T3,15/08/2025,X1", "15/08/2025,P,C2,A4,,"],
        [("PLACED_FOR_ADOPTION", "2025-05-01", True, None, None)],
    ),
    (
        "an order that is discharged was revoked",
        ["01/05/2025,S,E1,U6,01/08/2025,X1", "01/08/2025,L,C2,U6,,"],
        [("AUTHORISED_FOR_ADOPTION", "2025-05-01", True, "2025-08-01", "REVOKED")],
    ),
    (
        "long-term fostering, with these carers and then with those",
        ["01/05/2025,S,C2,U4,01/08/2025,X1", "01/08/2025,L,C1,U4,01/10/2025,X1", "01/10/2025,P,C1,U1,,"],
        [("LONG_TERM_PLACEMENT", "2025-05-01", True, "2025-10-01", "ENDED"), ("LONG_TERM_PLACEMENT", "2025-10-01", True, None, None)],
    ),
    (
        "at the edge of the window a change of placement says nothing of how long the order has stood",
        ["01/05/2025,P,E1,A6,,"],
        [("AUTHORISED_FOR_ADOPTION", "2025-05-01", False, None, None), ("PLACED_FOR_ADOPTION", "2025-05-01", True, None, None)],
    ),
    (
        "at the edge of the window a change of status says nothing of how long the child has lived there",
        ["01/05/2025,L,E1,U4,,"],
        [("AUTHORISED_FOR_ADOPTION", "2025-05-01", True, None, None), ("LONG_TERM_PLACEMENT", "2025-05-01", False, None, None)],
    ),
    (
        "at the edge of the window the same carers and a new order may be a placement of before",
        ["01/05/2025,U,E1,A5,,"],
        [("AUTHORISED_FOR_ADOPTION", "2025-05-01", True, None, None), ("PLACED_FOR_ADOPTION", "2025-05-01", False, None, None)],
    ),
    ("plain care has none", ["01/05/2025,S,C2,U6,01/06/2025,X1", "01/06/2025,P,C2,K2,,"], []),
    (
        "the child died in care",
        ["01/05/2025,S,E1,U6,01/08/2025,E2"],
        [("AUTHORISED_FOR_ADOPTION", "2025-05-01", True, "2025-08-01", "DIED")],
    ),
)
SQL = (
    "SELECT status, started_on::text, started_on_exact, ended_on::text, end_reason FROM care_status "
    "JOIN child k ON k.id = child_id WHERE upper_inf(recorded) AND k.reference = $1 ORDER BY 1, 2"
)


async def test_episodes_say_what_holds_of_a_child_in_care(unit: Unit, tmp_path: Path) -> None:
    children = [(f"C{number:02}", *case) for number, case in enumerate(STATUSES)]
    folder = write_ssda903(
        tmp_path,
        header=[f"{child},1,01/01/1998," for child, *_ in children],
        episodes=[f"{child},{row}" for child, _, rows, _ in children for row in rows],
    )
    await unit.ssda903(folder)
    for child, why, _, statuses in children:
        assert await unit.rows(SQL, child) == statuses, why
    before = await unit.fingerprint()
    assert (await unit.ssda903(folder)).counts.changed == 0
    assert await unit.fingerprint() == before


HEADER = ["C1,1,01/01/2019,"]


async def test_a_child_who_was_adopted_is_known_to_have_been(unit: Unit, tmp_path: Path) -> None:
    await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=["C1,01/05/2025,S,E1,A6,10/02/2026,E12"]))
    assert await unit.rows("SELECT adopted_on, died_on FROM child_fact") == [(date(2026, 2, 10), None)]
    assert await unit.rows("SELECT count(*) FROM obligation WHERE state = 'OPEN'") == [(0,)]


async def test_a_review_is_of_the_kind_that_the_child_was_owed_that_day(unit: Unit, tmp_path: Path) -> None:
    episodes = [
        "C1,01/05/2024,S,C2,U6,01/06/2025,X1",
        "C1,01/06/2025,L,E1,U6,01/09/2025,X1",
        "C1,01/09/2025,P,E1,A6,01/02/2026,X1",
        "C1,01/02/2026,B,C2,U6,,",
        "C2,01/05/2025,S,V3,U6,03/05/2025,E8",
        "C2,01/06/2025,S,V3,U6,03/06/2025,E8",
    ]
    days = ["10/05/2025", "01/06/2025", "20/08/2025", "20/09/2025", "10/03/2026"]
    reviews = [*(f"C1,01/01/2019,{day},PN1" for day in days), "C2,01/01/2019,10/05/2025,PN1"]
    report = await unit.ssda903(write_ssda903(tmp_path, header=[*HEADER, "C2,1,01/01/2019,"], episodes=episodes, reviews=reviews))
    assert found(report) == {("C2", "399")}
    sql = "SELECT held_on::text, kind FROM held_record JOIN child k ON k.id = child_id WHERE k.reference = $1 ORDER BY 1"
    assert await unit.rows(sql, "C1") == [
        ("2025-05-10", "CARE_REVIEW"),
        ("2025-06-01", "CARE_REVIEW"),
        ("2025-08-20", "ADOPTION_REVIEW"),
        ("2025-09-20", "ADOPTION_REVIEW"),
        ("2026-03-10", "CARE_REVIEW"),
    ]
    assert await unit.rows(sql, "C2") == [("2025-05-10", "SHORT_BREAK_REVIEW")]


async def test_a_corrected_return_corrects_a_status_and_keeps_its_identity(unit: Unit, tmp_path: Path) -> None:
    await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=["C1,01/05/2025,S,J1,K2,,"]))
    await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=["C1,01/05/2025,S,J1,K2,20/06/2025,E14"]))
    sql = "SELECT count(DISTINCT id), count(*), max(ended_on) FILTER (WHERE upper_inf(recorded)) FROM care_status"
    assert await unit.rows(sql) == [(1, 2, date(2025, 6, 20))]
    await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=["C1,01/05/2025,S,C2,K2,,"]))
    assert await unit.rows(SQL, "C1") == []


async def test_a_return_without_placements_takes_no_placement_back(unit: Unit, tmp_path: Path) -> None:
    folder = write_ssda903(tmp_path, header=HEADER, episodes=["C1,01/05/2025,S,E1,A6,,"])
    await unit.ssda903(folder)
    (folder / "episodes.csv").write_text("CHILD,DECOM,RNE,LS,DEC,REC\nC1,01/05/2025,S,E1,,\n")
    await unit.ssda903(folder)
    assert [row[0] for row in await unit.rows(SQL, "C1")] == ["AUTHORISED_FOR_ADOPTION", "PLACED_FOR_ADOPTION"]


async def test_what_a_person_recorded_of_a_status_stays_where_the_return_cannot_know_it(unit: Unit, tmp_path: Path) -> None:
    """The return cannot know when a remand is to end, nor what its window does not show; the same days are no other status."""
    async with unit.resources.database.connection() as connection:
        child = await connection.fetchval("INSERT INTO child (id, reference) VALUES (gen_random_uuid(), 'C1') RETURNING id")
        for status, started, expected in (
            ("REMAND", date(2025, 5, 1), date(2025, 7, 1)),
            ("AUTHORISED_FOR_ADOPTION", date(2024, 3, 4), None),
        ):
            await connection.execute(
                "INSERT INTO care_status (id, child_id, recorded, status, started_on, expected_end_on, source) "
                "VALUES (gen_random_uuid(), $1, tstzrange('2025-05-02', NULL), $2, $3, $4, 'RECORDED')",
                child, status, started, expected,
            )  # fmt: skip
    await unit.ssda903(write_ssda903(tmp_path / "one", header=HEADER, episodes=["C1,01/05/2025,S,J1,K2,,"]))
    sql = "SELECT status, started_on::text, expected_end_on::text, source FROM care_status WHERE upper_inf(recorded) ORDER BY 1"
    authorised = ("AUTHORISED_FOR_ADOPTION", "2024-03-04", None, "RECORDED")
    assert await unit.rows(sql) == [authorised, ("REMAND", "2025-05-01", "2025-07-01", "RECORDED")]
    await unit.ssda903(write_ssda903(tmp_path / "two", header=HEADER, episodes=["C1,01/06/2025,P,E1,U6,,"]))
    assert authorised in await unit.rows(sql)
