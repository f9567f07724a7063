"""Returns in which everything is wrong at once that has ever been wrong in one, and what is to be said and kept of each row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

Told = tuple[str, int | None, str | None, str]
"""(file, line, child, rule): one finding."""

HEADER, EPISODES, REVIEWS = "Header.CSV", "EPISODES.csv", "reviews.csv"
_MARK = b"\xef\xbb\xbf"


@dataclass(slots=True, kw_only=True)
class Ruin:
    """A ruined return: `told` is every finding, `kept` every fact (child, what, days) and no other; `refused`: of whom nothing is."""

    told: list[Told] = field(default_factory=list)
    kept: dict[str, list[str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def keep(self, child: str, *facts: str) -> None:
        self.kept.setdefault(child, []).extend(facts)

    def tell(self, file: str, line: int | None, child: str | None, *rules: str) -> None:
        self.told += [(file, line, child, rule) for rule in rules]

    def refuse(self, file: str, line: int | None, child: str, *rules: str) -> None:
        """Nothing at all is taken of this child."""
        self.tell(file, line, child, *rules)
        self.refused.add(child)


@dataclass(slots=True, kw_only=True)
class Table:
    """One CSV file as lines of bytes; `add` answers the number of the line."""

    lines: list[bytes]
    encoding: str = "utf-8"

    def add(self, *values: str, encoding: str | None = None) -> int:
        return self.raw(",".join(values).encode(encoding or self.encoding))

    def raw(self, line: bytes) -> int:
        self.lines.append(line)
        return len(self.lines)

    def write(self, path: Path, *, start: bytes = b"", end: bytes = b"\n") -> None:
        path.write_bytes(start + end.join(self.lines) + end)


@dataclass(slots=True, kw_only=True)
class Return:
    """The three tables of a return, their columns in an order of their own."""

    marked: dict[tuple[str, int], int] = field(default_factory=dict)
    markup: list[str] = field(default_factory=lambda: ['<?xml version="1.0"?>', "<EXPSSDA903>"])
    header: Table = field(default_factory=lambda: Table(lines=[b"DOB,upn,Ethnic,CHILD, Sex ,MOTHER"]))
    episodes: Table = field(default_factory=lambda: Table(lines=[b"", b"LS,DECOM,CHILD,REC,DEC,PLACE,RNE,PL_POST"]))
    reviews: Table = field(default_factory=lambda: Table(lines=[b"REVIEW_CODE,REVIEW,DOB,CHILD"]))

    def child(self, child: str, born: str = "01/01/2012", sex: str = "1") -> int:
        line = self.header.add(born, "", "WBRI", child, sex, "")
        return self._mark(HEADER, line, f"<HEADER>{_elements(CHILDID=child, SEX=sex, DOB=born)}</HEADER>")

    def episode(self, child: str, decom: str, dec: str = "", *, rec: str = "", rne: str = "S", ls: str = "C2", place: str = "U6") -> int:
        line = self.episodes.add(ls, decom, child, rec, dec, place, rne, "")
        said = _elements(DECOM=decom, RNE=rne, LS=ls, PL=place, DEC=dec, REC=rec)
        return self._mark(EPISODES, line, f"<HEADER>{_elements(CHILDID=child)}</HEADER><EPISODE>{said}</EPISODE>")

    def review(self, child: str, held: str, code: str = "PN1", born: str = "01/01/2012") -> int:
        line = self.reviews.add(code, held, born, child)
        said = _elements(DOB=born, REVIEW=held, REVIEW_CODE=code)
        return self._mark(REVIEWS, line, f"<HEADER>{_elements(CHILDID=child)}<AREVIEW>{said}</AREVIEW></HEADER>")

    def _mark(self, file: str, line: int, markup: str) -> int:
        """The same row as one line of XML; answers the line in its table."""
        self.markup.append(f"<CHILD>{markup}</CHILD>")
        self.marked[file, line] = len(self.markup)
        return line


def _elements(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def ruin_marked_up(path: Path) -> Ruin:
    """Writes as one XML file what `ruin_looked_after` writes as tables, but for what only tables can have."""
    told, tables = Ruin(), Return()
    _ruin_header(told, tables)
    _ruin_episodes(told, tables)
    _ruin_reviews(told, tables)
    path.write_text("\n".join([*tables.markup, "</EXPSSDA903>"]), encoding="utf-8")
    told.told = [(path.name, tables.marked[file, line or 0], child, rule) for file, line, child, rule in told.told]
    return told


def ruin_looked_after(folder: Path) -> Ruin:
    """Writes a ruined SSDA903 return (CSV) as of 31 August 2026 and answers what is to become of it."""
    told, tables = Ruin(), Return()
    _ruin_header(told, tables)
    _ruin_episodes(told, tables)
    _ruin_reviews(told, tables)
    _ruin_form(told, tables)
    folder.mkdir()
    tables.header.write(folder / HEADER, start=_MARK, end=b"\r\n")
    tables.episodes.write(folder / EPISODES, end=b"\n")
    tables.reviews.write(folder / REVIEWS, end=b"\r\n")
    (folder / "OC2.csv").write_bytes(b"\x00 a table of which nobody asked")
    return told


def _ruin_header(told: Ruin, tables: Return) -> None:
    for child, born in (
        ("B-ISO", "2012-01-01"),
        ("B-31FEB", "31/02/2012"),
        ("B-US", "05/13/2012"),
        ("B-SHORT", "1/5/2012"),
        ("B-2DIGIT", "01/05/12"),
        ("B-SERIAL", "40909"),
        ("B-1066", "14/10/1066"),
        ("B-NONE", ""),
    ):
        told.refuse(HEADER, tables.child(child, born), child, "102")
        tables.episode(child, "01/05/2025")
    line = tables.child("TWICE")
    tables.child("TWICE")
    told.tell(HEADER, line, "TWICE", "DUPLICATE")
    told.keep("TWICE", "born 2012-01-01", "care 2025-05-01..")
    tables.episode("TWICE", "01/05/2025")
    line = tables.child("TWO-BIRTHS", "01/01/2012")
    tables.child("TWO-BIRTHS", "02/01/2012")
    told.refuse(HEADER, line, "TWO-BIRTHS", "BIRTH_CONTRADICTED")
    tables.episode("TWO-BIRTHS", "01/05/2025")
    line = tables.child("TWO-SEXES", sex="1")
    tables.child("TWO-SEXES", sex="F")
    told.tell(HEADER, line, "TWO-SEXES", "INT32")
    told.keep("TWO-SEXES", "born 2012-01-01", "care 2025-05-01..")
    tables.episode("TWO-SEXES", "01/05/2025")
    told.tell(HEADER, tables.child("NO-SEX", sex="X"), "NO-SEX", "101")
    told.keep("NO-SEX", "born 2012-01-01", "care 2025-05-01..")
    tables.episode("NO-SEX", "01/05/2025")
    told.refuse(HEADER, tables.child("B-2030", "01/01/2030"), "B-2030", "301")
    told.tell(HEADER, len(tables.header.lines), "B-2030", "EPI")
    told.tell(HEADER, tables.child("NO-EPISODES"), "NO-EPISODES", "EPI")
    told.keep("NO-EPISODES", "born 2012-01-01")


def _ruin_episodes(told: Ruin, tables: Return) -> None:
    for rules, child, decom, dec, more in (
        (("141",), "E-ISO", "2025-05-01", "", {}),
        (("141",), "E-30FEB", "30/02/2025", "", {}),
        (("141",), "E-NONE", "", "", {}),
        (("147", "148"), "E-END", "01/05/2025", "31/06/2025", {"rec": "E4A"}),
        (("143",), "E-RNE", "01/05/2025", "", {"rne": "Q"}),
        (("144",), "E-LS", "01/05/2025", "", {"ls": "CARE"}),
        (("149",), "E-REC", "01/05/2025", "01/06/2025", {"rec": "HOME"}),
        (("356",), "E-BACKWARDS", "01/05/2025", "01/04/2025", {"rec": "E4A"}),
        (("302",), "E-UNBORN", "01/05/2011", "", {}),
    ):
        tables.child(child)
        told.refuse(EPISODES, tables.episode(child, decom, dec, **more), child, *rules)
    tables.child("OVERLAP")
    line = tables.episode("OVERLAP", "01/05/2025", "01/08/2025", rec="X1")
    tables.episode("OVERLAP", "01/07/2025", rne="P")
    told.refuse(EPISODES, line, "OVERLAP", "501")
    tables.child("OPEN-TWICE")
    line = tables.episode("OPEN-TWICE", "01/05/2025")
    tables.episode("OPEN-TWICE", "01/07/2025", rne="P")
    told.refuse(EPISODES, line, "OPEN-TWICE", "142")
    tables.child("SAME-TWICE")
    line = tables.episode("SAME-TWICE", "01/05/2025")
    tables.episode("SAME-TWICE", "01/05/2025")
    told.tell(EPISODES, line, "SAME-TWICE", "DUPLICATE")
    told.keep("SAME-TWICE", "born 2012-01-01", "care 2025-05-01..")
    tables.child("NOT-YET")
    tables.episode("NOT-YET", "01/05/2025", "01/06/2025", rec="E4A")
    told.tell(EPISODES, tables.episode("NOT-YET", "01/09/2030"), "NOT-YET", "354")
    told.keep("NOT-YET", "born 2012-01-01", "care 2025-05-01..2025-06-01")
    tables.child("ENDS-LATER")
    told.tell(EPISODES, tables.episode("ENDS-LATER", "01/05/2025", "01/09/2030", rec="E4A"), "ENDS-LATER", "385")
    told.keep("ENDS-LATER", "born 2012-01-01", "care 2025-05-01..")
    tables.child("NO-REASON")
    told.tell(EPISODES, tables.episode("NO-REASON", "01/05/2025", "01/06/2025"), "NO-REASON", "148")
    told.keep("NO-REASON", "born 2012-01-01", "care 2025-05-01..2025-06-01")
    tables.child("GOES-ON")
    told.tell(EPISODES, tables.episode("GOES-ON", "01/05/2025", "01/06/2025", rec="X1"), "GOES-ON", "388")
    told.keep("GOES-ON", "born 2012-01-01", "care 2025-05-01..")
    tables.child("BEGUN-AGAIN")
    tables.episode("BEGUN-AGAIN", "01/05/2025", "01/06/2025", rec="E4A")
    told.tell(EPISODES, tables.episode("BEGUN-AGAIN", "01/08/2025", rne="L"), "BEGUN-AGAIN", "432")
    told.keep("BEGUN-AGAIN", "born 2012-01-01", "care 2025-05-01..2025-06-01", "care by 2025-08-01..")
    tables.child("STARTS-TWICE")
    tables.episode("STARTS-TWICE", "01/05/2025", "01/06/2025", rec="X1")
    told.tell(EPISODES, tables.episode("STARTS-TWICE", "01/06/2025"), "STARTS-TWICE", "431")
    told.keep("STARTS-TWICE", "born 2012-01-01", "care 2025-05-01..2025-06-01", "care 2025-06-01..")
    tables.child("LONG-BREAK")
    told.tell(EPISODES, tables.episode("LONG-BREAK", "01/05/2026", "25/05/2026", ls="V3", rec="E8", place="R1"), "LONG-BREAK", "365")
    told.keep("LONG-BREAK", "born 2012-01-01", "care 2026-05-01..2026-05-25")
    told.refuse(EPISODES, tables.episode("NO-HEADER", "01/05/2025"), "NO-HEADER", "INT03")


def _ruin_reviews(told: Ruin, tables: Return) -> None:
    for rules, child, held, code, born in (
        (("166",), "R-ISO", "2025-05-20", "PN1", "01/01/2012"),
        (("166",), "R-29FEB", "29/02/2026", "PN1", "01/01/2012"),
        (("166",), "R-NONE", "", "PN1", "01/01/2012"),
        (("REVIEW_BEFORE_BIRTH",), "R-UNBORN", "20/05/2011", "PN0", "01/01/2012"),
        (("INT17",), "R-OTHER-BIRTH", "20/05/2025", "PN1", "01/01/2013"),
    ):
        tables.child(child)
        tables.episode(child, "01/05/2025")
        told.refuse(REVIEWS, tables.review(child, held, code, born), child, *rules)
    for rule, child, held, code, kept in (
        ("REVIEW_IN_FUTURE", "R-2030", "20/05/2030", "PN1", ()),
        ("440", "TEN-YEARS-OLD", "20/05/2025", "PN0", ("review 2025-05-20 PN0",)),
        ("167", "R-PN9", "20/05/2025", "PN9", ("review 2025-05-20 -",)),
        ("167", "R-NO-CODE", "20/05/2025", "", ("review 2025-05-20 -",)),
    ):
        tables.child(child)
        tables.episode(child, "01/05/2025")
        told.tell(REVIEWS, tables.review(child, held, code), child, rule)
        told.keep(child, "born 2012-01-01", "care 2025-05-01..", *kept)
    tables.child("TOO-YOUNG", "01/03/2025")
    tables.episode("TOO-YOUNG", "01/05/2025")
    told.tell(REVIEWS, tables.review("TOO-YOUNG", "20/05/2025", "PN7", "01/03/2025"), "TOO-YOUNG", "441")
    told.keep("TOO-YOUNG", "born 2025-03-01", "care 2025-05-01..", "review 2025-05-20 PN7")
    tables.child("GONE-HOME")
    tables.episode("GONE-HOME", "01/05/2025", "01/06/2025", rec="E4A")
    told.tell(REVIEWS, tables.review("GONE-HOME", "20/07/2025"), "GONE-HOME", "REVIEW_OUTSIDE_CARE")
    told.keep("GONE-HOME", "born 2012-01-01", "care 2025-05-01..2025-06-01", "review 2025-07-20 PN1")
    tables.child("SAID-TWICE")
    tables.episode("SAID-TWICE", "01/05/2025")
    line = tables.review("SAID-TWICE", "20/05/2025", "PN1")
    tables.review("SAID-TWICE", "20/05/2025", "PN1")
    told.tell(REVIEWS, line, "SAID-TWICE", "DUPLICATE")
    told.keep("SAID-TWICE", "born 2012-01-01", "care 2025-05-01..", "review 2025-05-20 PN1")
    tables.child("SAID-OTHERWISE")
    tables.episode("SAID-OTHERWISE", "01/05/2025")
    line = tables.review("SAID-OTHERWISE", "20/05/2025", "PN1")
    tables.review("SAID-OTHERWISE", "20/05/2025", "PN6")
    told.tell(REVIEWS, line, "SAID-OTHERWISE", "REVIEW_TWICE")
    told.keep("SAID-OTHERWISE", "born 2012-01-01", "care 2025-05-01..", "review 2025-05-20 PN6")
    tables.child("ON-BREAKS")
    tables.episode("ON-BREAKS", "01/05/2026", "03/05/2026", ls="V3", rec="E8", place="R1")
    told.tell(REVIEWS, tables.review("ON-BREAKS", "02/05/2026"), "ON-BREAKS", "399")
    told.keep("ON-BREAKS", "born 2012-01-01", "care 2026-05-01..2026-05-03", "review 2026-05-02 PN1")
    tables.child("UNSEEN")
    told.tell(REVIEWS, tables.review("UNSEEN", "20/05/2025"), "UNSEEN", "1012")
    told.keep("UNSEEN", "born 2012-01-01", "review 2025-05-20 PN1")
    told.refuse(REVIEWS, tables.review("NO-HEADER-EITHER", "20/05/2025"), "NO-HEADER-EITHER", "INT08")


def _ruin_form(told: Ruin, tables: Return) -> None:
    """What is wrong with lines rather than with what they say; and rows that are right, in spite of it all."""
    for table in (tables.header, tables.episodes, tables.reviews):
        for blank in (b"", b"   ", b",,,", b'"","",'):
            table.raw(blank)
    tables.header.add("01/01/2012", "", "WBRI", "Bünde–1", "2", "", encoding="cp1252")
    tables.episodes.add("C2", "01/05/2025", "Bünde–1", "", "", "U6", "S", "", encoding="cp1252")
    tables.reviews.add("PN1", "20/05/2025", "01/01/2012", "Bünde–1")
    told.keep("Bünde–1", "born 2012-01-01", "care 2025-05-01..", "review 2025-05-20 PN1")
    tables.header.raw(b' 01/01/2012 ,,,"  QUOTED ",1 ,,,,,')
    tables.episodes.raw(b'" c2 ", 01/05/2025,QUOTED,,,u6,s')
    tables.reviews.raw(b'"pn1 ",20/05/2025,,QUOTED,,')
    told.keep("QUOTED", "born 2012-01-01", "care 2025-05-01..", "review 2025-05-20 PN1")
    told.tell(HEADER, tables.header.add("01/01/2012", "", "", "", "1", ""), None, "CHILD_MISSING")
    told.tell(REVIEWS, tables.reviews.add("PN1", "20/05/2025", "01/01/2012", ""), None, "CHILD_MISSING")
    tables.child("CUT")
    tables.episode("CUT", "01/05/2025")
    told.refuse(REVIEWS, tables.reviews.raw(b'PN1,20/05/2025,01/01/2012,"CUT'), "CUT", "ROW")
    tables.child("TOO-MUCH")
    told.refuse(EPISODES, tables.episodes.add("C2", "01/05/2025", "TOO-MUCH", "", "", "U6", "S", "", "what?"), "TOO-MUCH", "ROW")
    tables.child("NUL")
    told.refuse(EPISODES, tables.episodes.raw(b"C2,01/05/2025,NU\x00L,,,U6,S,"), "NUL", "ROW")
    for table in (tables.header, tables.episodes, tables.reviews):
        table.raw(b"")
        table.raw(b"\x1a")
