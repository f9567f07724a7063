"""Readers take files as they come, and never guess."""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.readers.allocations import read_allocations
from services.intake.readers.cin_census import PlanReviewRow, PlanRow, read_census
from services.intake.readers.days import NotADay, read_iso_day, read_uk_day
from services.intake.readers.establishment import read_establishment
from services.intake.readers.family import read_family
from services.intake.readers.lines import LONGEST_LINE, Columns, read_rows
from services.intake.readers.ssd import TABLES
from services.intake.readers.ssda903 import ChildRow, EpisodeRow, ReviewRow, read_episodes, read_header, read_reviews, read_xml
from services.kernel.errors import InvalidInput

AB = Columns(needed=("A", "B"), optional=("C",))


def rows(data: bytes, columns: Columns = AB) -> list[tuple[int, list[str], str | None]]:
    return [(line, list(values), fault) for line, values, fault in read_rows(io.BytesIO(data), "file.csv", columns)]


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)))
def test_every_day_is_read_as_it_is_written(day: date) -> None:
    assert read_uk_day(day.strftime("%d/%m/%Y")) == day
    assert read_uk_day(f" {day.strftime('%d/%m/%Y')} ") == day
    assert read_iso_day(day.isoformat()) == day


@given(st.text())
def test_any_text_is_a_day_or_a_fault(text: str) -> None:
    for read, form in ((read_uk_day, "%d/%m/%Y"), (read_iso_day, "%Y-%m-%d")):
        try:
            day = read(text)
        except NotADay:
            continue
        assert (day is None) == (not text.strip())
        assert day is None or day.strftime(form) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "2017-01-31",
        "1/2/2017",
        "01/02/17",
        "31/02/2017",
        "13/13/2017",
        "01-02-2017",
        "01/02/1899",
        "01/02/2101",
        "01/02/2017T00:00",
        "٠١/٠٢/٢٠١٧",
        "01.02.2017",
        "00/01/2017",
        "+1/02/2017",
        "01/02/201",
        "NULL",
    ],
)
def test_a_day_in_another_form_is_no_day(text: str) -> None:
    with pytest.raises(NotADay):
        read_uk_day(text)


def test_a_day_with_the_month_first_is_told_as_such() -> None:
    with pytest.raises(NotADay, match="only with the month first"):
        read_uk_day("02/13/2017")
    with pytest.raises(NotADay, match="does not exist"):
        read_uk_day("31/02/2017")


@given(st.binary(max_size=400))
def test_any_bytes_are_rows_or_one_clear_error(data: bytes) -> None:
    for read in (read_header, read_episodes, read_reviews, read_family, read_allocations, read_xml, read_census):
        with suppress(InvalidInput):
            list(read(io.BytesIO(data), "file"))
    for table in TABLES:
        names = ",".join(f"{table.prefix}_{name}" for name in (*table.needed, *table.optional))
        for start in (b"", names.encode() + b"\n"):
            with suppress(InvalidInput):
                list(table.rows(io.BytesIO(start + data), "file"))
    with suppress(InvalidInput):
        read_establishment(io.BytesIO(data), "file")


@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=8))
def test_any_lines_under_a_good_first_line_are_rows_or_faults(lines: list[bytes]) -> None:
    data = b"CHILD,SEX,DOB\n" + b"\n".join(lines)
    for row in read_header(io.BytesIO(data), "header.csv"):
        assert row.child or row.faults
        assert "\x00" not in "".join(str(part) for part in row)
        assert row.born_on is not None or row.faults


def test_a_quote_that_is_never_closed_spoils_one_row_alone() -> None:
    assert rows(b'A,B\n1,"x\n2,y\n')[0][2]
    assert rows(b'A,B\n1,"x\n2,y\n')[1] == (3, ["2", "y", ""], None)


def test_marks_encodings_line_ends_order_and_case_do_not_matter() -> None:
    told = [(2, ["1", "é", ""], None), (5, ["2", "ß", "c"], None)]
    assert rows("\ufeffa , B\r\n1,é\r\n\r\n,,\r\n2,ß,\r\n".encode())[0] == told[0]
    assert rows(b"b,Other,A,c\n\xe9,x,1\n\n , ,\n\xdf,x,2,c\n\n") == told


def test_other_separators_and_wide_characters_do_not_matter() -> None:
    told = [(2, ["1", "é", ""], None), (3, ["2", "ß,x", "c"], None)]
    text = "A;b;C\r\n1;é;\r\n2;ß,x;c\r\n"
    assert rows(text.encode()) == told
    assert rows(text.replace(";", "\t").encode("utf-16")) == told
    assert rows(text.encode("utf-16-be").join([b"\xfe\xff", b""])) == told
    many = "A,B\r\n" + "".join(f"{number},ü{number}\r\n" for number in range(20_000))
    assert rows(many.encode("utf-16")) == rows(many.encode())


def test_extra_fields_are_a_fault_only_where_they_hold_something() -> None:
    assert rows(b"A,B\n1,2,,\n1,2,3\n") == [
        (2, ["1", "2", ""], None),
        (3, ["1", "2", ""], "the line has 3 fields, the first line names 2 columns"),
    ]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "file.csv is empty"),
        (b"\r\n\r\n", "file.csv is empty"),
        (b"\n\nX,Y\n", "file.csv, line 3: column A, B is missing; expected A, B; found X, Y"),
        (b"A,B,a\n", "column A is there twice"),
        (b"PK\x03\x04....", "zip or spreadsheet"),
        (b"\xff\xfeA,B", "UTF-16"),
        (b"\xd0\xcf\x11\xe0A,B\n", "old spreadsheet"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"<?xml version='1.0'?>", "XML"),
        (b"A,B\n" + b"x" * (LONGEST_LINE + 1), "line 2 is longer"),
    ],
)
def test_a_file_that_is_no_such_csv_is_one_clear_error(data: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        rows(data)


def test_a_file_of_any_length_is_read_line_by_line() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            self.given += 1
            line = b"A,B\n" if self.given == 1 else b"1,2\n"
            buffer[:4] = line
            return 4

    endless = Endless()
    stream = read_rows(io.BufferedReader(endless, 64), "file.csv", AB)  # type: ignore[type-var]
    assert [next(stream)[1] for _ in range(3)] == [["1", "2", ""]] * 3
    assert endless.given < 100


XML = b"""<?xml version="1.0"?><EXPSSDA903><CHILDREN>
<CHILD><EPISODE><DECOM>01/02/2020</DECOM><RNE>S</RNE><LS>C2</LS><PL>U1</PL></EPISODE>
 <HEADER><CHILDID>A1</CHILDID><SEX>1</SEX><DOB>01/01/2010</DOB>
  <AREVIEW><REVIEW>01/03/2020</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW>
  <AREVIEW><REVIEW>2020-04-01</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW></HEADER></CHILD>
<CHILD><HEADER><CHILDID>A2</CHILDID><SEX>2</SEX><DOB>01/01/2011</DOB></HEADER>
 <EPISODE><DECOM>01/02/2021</DECOM><RNE>L</RNE><LS>v3</LS><DEC>01/03/2021</DEC><REC>E8</REC></EPISODE></CHILD>
</CHILDREN></EXPSSDA903>"""


def test_the_xml_return_gives_each_row_its_child_whatever_the_order() -> None:
    found = list(read_xml(io.BytesIO(XML), "file.xml"))
    episodes = [row for row in found if isinstance(row, EpisodeRow)]
    reviews = [row for row in found if isinstance(row, ReviewRow)]
    assert [(row.child, row.started_on, row.placement, row.line) for row in episodes] == [
        ("A1", date(2020, 2, 1), "U1", 2),
        ("A2", date(2021, 2, 1), None, 7),
    ]
    assert [(row.child, row.born_on, row.held_on) for row in reviews] == [
        ("A1", date(2010, 1, 1), date(2020, 3, 1)),
        ("A1", date(2010, 1, 1), None),
    ]
    assert reviews[1].faults == ["166", "REVIEW: '2020-04-01' is not a day in the form dd/mm/yyyy"]
    assert reviews[1].element == "CHILDREN[1]/CHILD[1]/HEADER[1]/AREVIEW[2]"


def test_the_census_reads_what_it_names_and_passes_over_the_rest() -> None:
    text = b"""<Message xmlns="urn:x"><Children><Child><CINdetails><ChildProtectionPlans><CPPstartDate>2026-01-02</CPPstartDate>
    <LatestCategoryOfAbuse>EMO</LatestCategoryOfAbuse><Reviews><CPPreviewDate>2026-03-01</CPPreviewDate>
    <CPPreviewDate>2026-13-01</CPPreviewDate></Reviews></ChildProtectionPlans></CINdetails>
    <ChildIdentifiers><LAchildID> c1 </LAchildID>oops<PersonBirthDate>2020-01-01</PersonBirthDate><Sex>F</Sex></ChildIdentifiers>
    </Child></Children></Message>"""
    found = list(read_census(io.BytesIO(text), "file.xml"))
    child, plan = found[0], next(row for row in found if isinstance(row, PlanRow))
    assert isinstance(child, ChildRow)
    assert (child.child, child.sex, child.born_on) == ("c1", "F", date(2020, 1, 1))
    assert child.faults is not None
    assert child.faults[0] == "STRAY_TEXT"
    assert (plan.child, plan.started_on, plan.category) == ("c1", date(2026, 1, 2), "EMO")
    reviews = [row for row in found if isinstance(row, PlanReviewRow)]
    assert [(row.held_on, bool(row.faults)) for row in reviews] == [(date(2026, 3, 1), False), (None, True)]


BOMB = b"""<!DOCTYPE Message [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Message>&b;</Message>"""


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<Message><Child></Message>", r"file, line 1, column \d+: broken XML \(mismatched tag\)"),
        (b"<Message>\n<Child>", r"file, line 2, column \d+: broken XML"),
        (b"<Report/>", "the root element is Report; expected Message"),
        (BOMB, "declares a document type or entities"),
        (b'<!DOCTYPE Message SYSTEM "http://example.org/x.dtd"><Message/>', "declares a document type"),
        (b"", "file is empty"),
        (b"PK\x03\x04", "zip"),
        (b"<Message>" + b"<a>" * 100, "nested deeper"),
        (b'<?xml version="1.0" encoding="no-such"?><Message/>', "file"),
    ],
)
def test_xml_that_cannot_be_read_is_one_clear_error(data: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        list(read_census(io.BytesIO(data), "file"))
