"""A census and a safeguarding dataset in which everything is wrong at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from tests.intake.ruined import Ruin
from tests.support.returns import write_ssd

CENSUS = "census.xml"


@dataclass(slots=True, kw_only=True)
class Census:
    """A census, one line each child."""

    lines: list[str] = field(
        default_factory=lambda: [
            '<?xml version="1.0" encoding="windows-1252"?>',
            "<Message><Header><CollectionDetails><ReferenceDate>2026-03-31</ReferenceDate></CollectionDetails></Header><Children>",
        ]
    )

    def child(self, reference: str, *details: str, born: str = "<PersonBirthDate>2018-05-01</PersonBirthDate>", sex: str = "M") -> int:
        identity = f"<LAchildID>{escape(reference)}</LAchildID>{born}<Sex>{sex}</Sex>"
        inner = "".join(f"<CINdetails>{each}</CINdetails>" for each in details)
        self.lines.append(f"<Child><ChildIdentifiers>{identity}</ChildIdentifiers>{inner}</Child>")
        return len(self.lines)

    def write(self, path: Path) -> None:
        path.write_bytes("\r\n".join([*self.lines, "</Children></Message>"]).encode("cp1252"))


def _enquiry(started: str, held: str = "", flag: str = "false") -> str:
    conference = f"<DateOfInitialCPC>{held}</DateOfInitialCPC>" if held else ""
    return f"<Section47><S47ActualStartDate>{started}</S47ActualStartDate>{conference}<ICPCnotRequired>{flag}</ICPCnotRequired></Section47>"


def _plan(started: str, ended: str = "", *reviews: str, category: str = "NEG") -> str:
    held = "".join(f"<Reviews><CPPreviewDate>{day}</CPPreviewDate></Reviews>" for day in reviews)
    end = f"<CPPendDate>{ended}</CPPendDate>" if ended else ""
    return (
        f"<ChildProtectionPlans><CPPstartDate>{started}</CPPstartDate>{end}"
        f"<LatestCategoryOfAbuse>{category}</LatestCategoryOfAbuse>{held}</ChildProtectionPlans>"
    )


_BEGUN = ("2025-06-02", "2025-06-19")
_OK = _enquiry(*_BEGUN) + _plan(_BEGUN[1])
_OK_KEPT = ("enquiry 2025-06-02", "initial 2025-06-19", "plan 2025-06-19..")


def ruin_in_need(path: Path) -> Ruin:
    """Writes a ruined census of 31 March 2026 and answers what is to become of it."""
    told, census = Ruin(), Census()
    _ruin_days(told, census)
    _ruin_enquiries(told, census)
    _ruin_plans(told, census)
    _ruin_markup(told, census)
    census.write(path)
    return told


def _ruin_days(told: Ruin, census: Census) -> None:
    for child, details in (
        ("D-UK", _enquiry("02/06/2025")),
        ("D-30FEB", _enquiry("2026-02-30")),
        ("D-SHORT", _enquiry("2025-6-2")),
        ("D-INSTANT", _enquiry("2025-06-02T10:00")),
        ("D-CONFERENCE", _enquiry("2025-06-02", "19.06.2025")),
        ("D-PLAN", _enquiry(*_BEGUN) + _plan("2025-06-1l")),
        ("D-REVIEW", _enquiry(*_BEGUN) + _plan(_BEGUN[1], "", "2025-13-01")),
    ):
        told.refuse(CENSUS, census.child(child, details), child, "DATE")
    told.tell(CENSUS, 7, "D-CONFERENCE", "8675Q")
    line = census.child("D-BORN", _OK, born="<PersonBirthDate>01/05/2018</PersonBirthDate>")
    told.refuse(CENSUS, line, "D-BORN", "DATE")
    line = census.child("D-BORN-2030", _OK, born="<PersonBirthDate>2030-05-01</PersonBirthDate>")
    told.refuse(CENSUS, line, "D-BORN-2030", "8520")
    line = census.child("D-NEITHER", _OK, born="")
    told.tell(CENSUS, line, "D-NEITHER", "8525Q")
    told.keep("D-NEITHER", *_OK_KEPT)
    both = "<PersonBirthDate>2025-06-01</PersonBirthDate><ExpectedPersonBirthDate>2025-07-01</ExpectedPersonBirthDate>"
    told.tell(CENSUS, census.child("D-BOTH", _OK, born=both), "D-BOTH", "8525Q")
    told.keep("D-BOTH", "born 2025-06-01", *_OK_KEPT)
    expected = "<ExpectedPersonBirthDate>2026-06-01</ExpectedPersonBirthDate>"
    told.tell(CENSUS, census.child("D-UNBORN-BOY", _enquiry("2026-03-20"), born=expected), "D-UNBORN-BOY", "8750", "8675Q")
    told.keep("D-UNBORN-BOY", "expected 2026-06-01", "enquiry 2026-03-20")


def _ruin_enquiries(told: Ruin, census: Census) -> None:
    born = "born 2018-05-01"
    told.refuse(CENSUS, census.child("S-NONE", "<Section47><ICPCnotRequired>false</ICPCnotRequired></Section47>"), "S-NONE", "8615")
    told.refuse(CENSUS, census.child("S-FLAG", _enquiry("2026-03-20", flag="perhaps")), "S-FLAG", "FLAG", "8675Q")
    told.refuse(CENSUS, census.child("S-BEFORE", _enquiry("2025-06-02", "2025-05-30")), "S-BEFORE", "8615")
    told.tell(CENSUS, census.child("S-OLD", _enquiry("2025-06-02")), "S-OLD", "8675Q")
    told.keep("S-OLD", born, "enquiry 2025-06-02")
    line = census.child("S-CLOSED", "<CINclosureDate>2025-09-01</CINclosureDate>" + _enquiry("2025-06-02"))
    told.tell(CENSUS, line, "S-CLOSED", "8868")
    told.keep("S-CLOSED", born, "enquiry 2025-06-02")
    told.tell(CENSUS, census.child("S-SATURDAY", _enquiry("2025-06-02", "2025-06-21")), "S-SATURDAY", "8875")
    told.keep("S-SATURDAY", born, "enquiry 2025-06-02", "initial 2025-06-21")
    line = census.child("S-BOTH", "<DateOfInitialCPC>2025-06-18</DateOfInitialCPC>" + _OK)
    told.tell(CENSUS, line, "S-BOTH", "2884")
    told.keep("S-BOTH", born, *_OK_KEPT)
    told.tell(CENSUS, census.child("S-2030", _enquiry("2030-06-03")), "S-2030", "IN_FUTURE")
    told.keep("S-2030", born)
    line = census.child("S-TWICE", _enquiry("2026-03-20") + _enquiry("2026-03-20"))
    told.tell(CENSUS, line, "S-TWICE", "DUPLICATE", "8675Q")
    told.keep("S-TWICE", born, "enquiry 2026-03-20")
    line = census.child("S-OTHERWISE", _enquiry("2025-06-02", "2025-06-18") + _enquiry(*_BEGUN))
    told.tell(CENSUS, line, "S-OTHERWISE", "SECTION47_TWICE")
    told.keep("S-OTHERWISE", born, "enquiry 2025-06-02", "initial 2025-06-19")


def _ruin_plans(told: Ruin, census: Census) -> None:
    born, begun = "born 2018-05-01", _enquiry(*_BEGUN)
    told.refuse(
        CENSUS,
        census.child(
            "P-NONE", begun + "<ChildProtectionPlans><Reviews><CPPreviewDate>2025-09-01</CPPreviewDate></Reviews></ChildProtectionPlans>"
        ),
        "P-NONE",
        "8720",
        "CATEGORY",
    )
    told.refuse(CENSUS, census.child("P-BACKWARDS", begun + _plan(_BEGUN[1], "2025-06-01")), "P-BACKWARDS", "8925")
    told.refuse(CENSUS, census.child("P-TWO-OPEN", begun + _plan(_BEGUN[1]) + _plan("2025-12-01")), "P-TWO-OPEN", "8935", "2885")
    line = census.child("P-OVERLAP", begun + _plan(_BEGUN[1], "2025-12-10") + _plan("2025-12-01"))
    told.refuse(CENSUS, line, "P-OVERLAP", "8940", "2885")
    told.tell(CENSUS, census.child("P-ANOTHER-DAY", begun + _plan("2025-06-20")), "P-ANOTHER-DAY", "2885")
    told.keep("P-ANOTHER-DAY", born, "enquiry 2025-06-02", "initial 2025-06-19", "plan 2025-06-20..")
    told.tell(CENSUS, census.child("P-ONE-DAY", begun + _plan(_BEGUN[1], _BEGUN[1])), "P-ONE-DAY", "8840")
    told.keep("P-ONE-DAY", born, "enquiry 2025-06-02", "initial 2025-06-19", "plan 2025-06-19..2025-06-19")
    told.tell(
        CENSUS, census.child("P-REVIEWED-AT-ONCE", begun + _plan(_BEGUN[1], "", _BEGUN[1], "2025-09-01")), "P-REVIEWED-AT-ONCE", "8841"
    )
    told.keep("P-REVIEWED-AT-ONCE", born, *_OK_KEPT, "conference 2025-09-01")
    told.tell(CENSUS, census.child("P-BLANK", begun + _plan(_BEGUN[1], "", "", "2025-09-01")), "P-BLANK", "8842Q")
    told.keep("P-BLANK", born, *_OK_KEPT, "conference 2025-09-01")
    told.tell(CENSUS, census.child("P-CATEGORY", begun + _plan(_BEGUN[1], category="BAD")), "P-CATEGORY", "CATEGORY")
    told.keep("P-CATEGORY", born, *_OK_KEPT)
    told.tell(CENSUS, census.child("P-2030", begun + _plan(_BEGUN[1], "", "2030-09-02")), "P-2030", "IN_FUTURE")
    told.keep("P-2030", born, *_OK_KEPT)
    told.tell(CENSUS, census.child("P-TWICE", begun + _plan(_BEGUN[1], "", "2025-09-01", "2025-09-01")), "P-TWICE", "DUPLICATE")
    told.keep("P-TWICE", born, *_OK_KEPT, "conference 2025-09-01")


def _ruin_markup(told: Ruin, census: Census) -> None:
    born = "born 2018-05-01"
    told.tell(CENSUS, census.child("M-STRAY", "see file 12 " + _OK), "M-STRAY", "STRAY_TEXT")
    told.keep("M-STRAY", born, *_OK_KEPT)
    census.child("Müller & Söhne", _OK)
    told.keep("Müller & Söhne", born, *_OK_KEPT)
    told.tell(CENSUS, census.child(" ", _OK), None, "CHILD_MISSING")
    census.child("M-UPPER", _OK.upper(), "")
    told.keep("M-UPPER", born, *_OK_KEPT)
    line = census.child("M-TWO-BIRTHS", _OK)
    census.child("M-TWO-BIRTHS", born="<PersonBirthDate>2018-05-02</PersonBirthDate>")
    told.refuse(CENSUS, line, "M-TWO-BIRTHS", "BIRTH_CONTRADICTED")


def ruin_dataset(folder: Path) -> Ruin:
    """Writes a ruined safeguarding dataset, without a table of families, and answers what is to become of it."""
    told, tables = Ruin(), _Dataset()
    _ruin_persons(told, tables)
    _ruin_care(told, tables)
    _ruin_protection(told, tables)
    write_ssd(folder, ("family",), **tables.rows)
    told.tell(folder.name, None, None, "TABLE_MISSING")
    return told


@dataclass(slots=True, kw_only=True)
class _Dataset:
    """Tables by name; `add` answers the number of the line."""

    rows: dict[str, list[str]] = field(default_factory=dict)

    def add(self, table: str, row: str) -> int:
        lines = self.rows.setdefault(table, [])
        lines.append(row)
        return len(lines) + 1

    def person(self, child: str, born: str = "2012-01-01 00:00:00.000", sex: str = "M") -> int:
        return self.add("person", f"{child},{sex},{born},NULL,1900-01-01")

    def in_care(
        self, child: str, started: str = "2025-05-01T00:00:00", ended: str = "NULL,NULL", status: str = "C2 - Full care order"
    ) -> int:
        self.person(child)
        if status:
            self.add("legal_status", f"x,{child},{status},2025-05-01,")
        return self.add("cla_episodes", f"e,{child},p1,{started},S - Started to be looked after,{ended},care {child},")


_IN_CARE = ("born 2012-01-01", "care 2025-05-01..")


def _ruin_persons(told: Ruin, tables: _Dataset) -> None:
    tables.add("cla_placement", "p1,U6 - Foster placement")
    tables.in_care("RIGHT")
    tables.add("cla_reviews", "r,care RIGHT,NULL,2025-05-20 14:30:00.000,N,PN1 - attends and speaks")
    tables.add("cla_reviews", "r,care RIGHT,2025-08-01,NULL,N,")
    tables.add("cla_reviews", "r,care RIGHT,2025-08-01,2025-08-01,Y,PN1")
    told.keep("RIGHT", *_IN_CARE, "review 2025-05-20 PN1")
    tables.person("OF NO CONCERN", "31/02/2012")
    for child, born in (("US", "05/13/2012"), ("WORDS", "1 May 2012"), ("SERIAL", "40909")):
        tables.in_care(child)
        tables.rows["person"].pop()
        told.refuse("ssd_person.csv", tables.person(child, born), child, "DATE")
    line = tables.person("TWO-BIRTHS")
    tables.in_care("TWO-BIRTHS")
    tables.rows["person"].pop()
    tables.person("TWO-BIRTHS", "2012-02-02")
    told.refuse("ssd_person.csv", line, "TWO-BIRTHS", "BIRTH_CONTRADICTED")


def _ruin_care(told: Ruin, tables: _Dataset) -> None:
    told.refuse("ssd_cla_episodes.csv", tables.in_care("30-FEBRUARY", "2025-02-30"), "30-FEBRUARY", "DATE")
    told.refuse("ssd_cla_episodes.csv", tables.in_care("BACKWARDS", ended="2025-04-01,E4A"), "BACKWARDS", "356")
    told.tell("ssd_cla_episodes.csv", tables.in_care("LATER", ended="2030-04-01,E4A"), "LATER", "385")
    told.keep("LATER", *_IN_CARE)
    told.tell("ssd_cla_episodes.csv", tables.in_care("LAWLESS", status=""), "LAWLESS", "LEGAL_STATUS_UNKNOWN")
    told.keep("LAWLESS", *_IN_CARE)
    told.tell("ssd_cla_reviews.csv", tables.add("cla_reviews", "r,care of nobody,NULL,2025-05-20,N,PN1"), None, "REVIEW_UNTRACED")
    tables.in_care("REVIEWED-2030")
    told.tell(
        "ssd_cla_reviews.csv", tables.add("cla_reviews", "r,care REVIEWED-2030,,2030-05-20,,PN1"), "REVIEWED-2030", "REVIEW_IN_FUTURE"
    )
    told.keep("REVIEWED-2030", *_IN_CARE)


def _ruin_protection(told: Ruin, tables: _Dataset) -> None:
    tables.person("PLANNED")
    tables.add("s47_enquiry", "s1,PLANNED,2025-06-02T09:15:00,NULL,N,")
    tables.add("initial_cp_conference", "i1,s1,PLANNED,N,NULL,2025-06-19 00:00:00")
    tables.add("cp_plans", "t1,i1,PLANNED,2025-06-19,NULL,Neglect,N,SSD_PH")
    told.tell("ssd_cp_reviews.csv", tables.add("cp_reviews", "v1,PLANNED,t1,NULL,2025-09-01,N"), "PLANNED", "INQUORATE")
    tables.add("cp_reviews", "v2,PLANNED,t1,2026-03-01,NULL,NULL")
    told.keep("PLANNED", "born 2012-01-01", "enquiry 2025-06-02", "initial 2025-06-19", "plan 2025-06-19..", "conference 2025-09-01")
    tables.person("ELSEWHERE")
    tables.add("s47_enquiry", "s2,ELSEWHERE,2025-06-02,2025-06-10,Y,")
    told.tell("ssd_cp_plans.csv", tables.add("cp_plans", "t2,,ELSEWHERE,2025-06-19,,Neglect,Y,"), "ELSEWHERE", "OTHER_AUTHORITY")
    told.keep("ELSEWHERE", "born 2012-01-01", "enquiry 2025-06-02")
    told.refuse("ssd_s47_enquiry.csv", tables.add("s47_enquiry", "s3,NOBODY,2025-06-02,,Y,"), "NOBODY", "NO_PERSON")
    tables.person("UNDATED")
    told.refuse("ssd_s47_enquiry.csv", tables.add("s47_enquiry", "s4,UNDATED,NULL,,Y,"), "UNDATED", "8615")
