"""What an import did: for people as lines, for programs as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.intake.rules import Severity

SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was refused, is doubtful, or is worth knowing; with line or element, or both."""

    file_name: str
    line: int | None
    element: str | None
    child_reference: str | None
    rule: str
    severity: Severity
    message: str

    @property
    def sentence(self) -> str:
        """Where, whose, which rule, what: one line."""
        line = f", line {self.line}" if self.line else ""
        element = f", {self.element}" if self.element else ""
        child = f", child {self.child_reference}" if self.child_reference else ""
        return f"{self.severity.value} {self.rule}: {self.file_name}{line}{element}{child}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Children taken are the changed and the unchanged ones. The rows of an establishment are its officers, rooms, note-takers, teams;
    of a diary meetings are counted, not children."""

    rows: int = 0
    taken: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    findings: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        names = ("rows", "taken", "changed", "unchanged", "refused", "findings")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """`findings` are the first of `findings_total`, the gravest first; all of them are kept with the report's id."""

    id: UUID
    source: str
    file_name: str
    as_of: date
    dry_run: bool
    counts: Counts
    findings: tuple[Finding, ...]

    @property
    def findings_total(self) -> int:
        return sum(self.counts.findings.values())

    def lines(self) -> list[str]:
        """The first line says it all; then the findings."""
        counts = self.counts
        told = ", ".join(f"{number} {severity.lower()}" for severity, number in counts.findings.items() if number) or "none"
        first = f"{self._deed()} ({counts.rows} rows; findings: {told})."
        rest = self.findings_total - len(self.findings)
        more = [f"… and {rest} more findings, kept with import {self.id}."] if rest > 0 and not self.dry_run else []
        return [first, *(finding.sentence for finding in self.findings), *more]

    def _deed(self) -> str:
        counts, tried = self.counts, "Would take" if self.dry_run else "Took"
        source = f"from {self.file_name} as of {self.as_of.isoformat()}"
        if self.source == "ESTABLISHMENT":
            return f"{tried} {counts.rows} officers, rooms, note-takers and police teams {source}"
        changes = f"{counts.changed} changed, {counts.unchanged} unchanged, {counts.refused} refused"
        if self.source == "DIARY":
            return f"{tried} {counts.taken} meetings {source}: {changes}"
        return f"{tried} {counts.taken} children {source}: {changes}"

    def as_json(self) -> dict[str, Any]:
        """Everything that `lines` tells, as plain values."""
        return {
            "id": str(self.id),
            "source": self.source,
            "fileName": self.file_name,
            "asOf": self.as_of.isoformat(),
            "dryRun": self.dry_run,
            "counts": self.counts.as_json(),
            "findingsTotal": self.findings_total,
            "findings": [
                {
                    "fileName": finding.file_name,
                    "line": finding.line,
                    "element": finding.element,
                    "childReference": finding.child_reference,
                    "rule": finding.rule,
                    "severity": finding.severity.value,
                    "message": finding.message,
                }
                for finding in self.findings
            ],
        }
