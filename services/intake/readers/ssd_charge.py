"""Who had charge of a case, by the words of a role: Care Planning Regulations 2010, reg. 46(3).

Whoever prepared the care plan or managed the case, the child's representative or personal adviser, their managers and whoever
controls what is spent on the case may not be the child's reviewing officer. Roles are an authority's own words.
"""

from __future__ import annotations

import re

_INDEPENDENT = re.compile(
    r"\b(iro|independent|reviewing|chair(person)?|conference (chair|manager|officer)|cp chair|lado|designated officer|advocate|"
    r"admin\w*|business support|minute|note[- ]?taker|clerk|participation|auditor|quality)\b"
)
_CHARGE = re.compile(
    r"\b(social worker|sw|asw|ssw|csw|case ?worker|caseworker|case ?holder|case manager|key ?worker|allocated|"
    r"practitioner|team manager|tm|assistant team manager|atm|practice manager|service manager|service delivery manager|group manager|"
    r"operations? manager|area manager|locality manager|manager|supervisor|head of|assistant director|personal adviser|personal advisor|"
    r"leaving care)\b"
)

_MANAGES = re.compile(r"\b(manager|tm|atm|supervisor|head of|assistant director)\b")
_WORKS = re.compile(
    r"\b(social worker|sw|asw|ssw|csw|case ?worker|case ?holder|case manager|key ?worker|practitioner|personal advis[eo]r)\b"
)


def had_charge(role: str) -> bool | None:
    """Whether someone in this role has charge of the case; None where the words do not say."""
    said = _said(role)
    if _INDEPENDENT.search(said):
        return False
    return True if _CHARGE.search(said) else None


def manages(role: str) -> bool:
    """Whether someone in this role manages those who have charge of the case, and has none of it in hand."""
    said = _said(role)
    return bool(had_charge(role)) and _MANAGES.search(said) is not None and _WORKS.search(said) is None


def _said(role: str) -> str:
    return " ".join(role.lower().replace("_", " ").split())
