"""The codes of the Standard Safeguarding Dataset: exports carry them alone, with their meaning, or the meaning alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CODE = re.compile(r"(PN[0-7]|X1|E[0-9]{1,2}[AB]?|[A-Z][0-9]|[A-Z])(?=$|[\s\-–—:(,.])", re.IGNORECASE)

STARTS: Mapping[str, str] = {
    "started to be looked": "S",
    "change of legal status only": "L",
    "change of placement and carer": "P",
    "change of placement (but same carer": "T",
    "change of legal status and placement and carer": "B",
    "change of legal status and change of placement (but same carer": "U",
}
LEGAL_STATUSES: Mapping[str, str] = {
    "interim care order": "C1",
    "full care order": "C2",
    "freeing order": "D1",
    "placement order": "E1",
    "single period of accommodation under section 20": "V2",
    "accommodated under an agreed series of short-term breaks, when individual": "V3",
    "accommodated under an agreed series of short-term breaks, when agreements": "V4",
    "under police protection": "L1",
    "emergency protection order": "L2",
    "under child assessment order": "L3",
    "remanded to local authority accommodation": "J1",
    "placed in local authority accommodation under the police": "J2",
    "sentenced to youth rehabilitation order": "J3",
}
ENDS: Mapping[str, str] = {
    "episode ceases, and new episode begins": "X1",
    "adopted - application": "E11",
    "adopted - consent": "E12",
    "died": "E2",
    "care taken over by another": "E3",
    "returned home to live with parent(s), relative(s), or other person(s) with parental responsibility as part": "E4A",
    "returned home to live with parent(s), relative(s), or other person(s) with parental responsibility which was not": "E4B",
    "left care to live with parent(s)": "E13",
    "residence order": "E41",
    "special guardianship order made to former foster carer(s), who": "E45",
    "special guardianship order made to former foster carer(s), other": "E46",
    "special guardianship order made to carer(s), other than former foster carer(s), who": "E47",
    "special guardianship order made to carer(s), other than former foster carer(s), other": "E48",
    "moved into independent living arrangement and no longer looked-after: supportive": "E5",
    "moved into independent living arrangement and no longer looked-after: accommodation": "E6",
    "transferred to residential care": "E7",
    "period of being looked-after ceased": "E8",
    "sentenced to custody": "E9",
    "accommodation on remand ended": "E14",
    "age assessment determined": "E15",
    "child moved abroad": "E16",
    "aged 18 (or over) and remained": "E17",
}
CATEGORIES: Mapping[str, str] = {"neglect": "NEG", "physical": "PHY", "sexual": "SAB", "emotional": "EMO", "multiple": "MUL"}
_CATEGORY_CODES = frozenset(CATEGORIES.values())
_PLACEMENT = re.compile(r"[A-Z][0-9]")


def read_code(text: str, meanings: Mapping[str, str]) -> str | None:
    """The code that a text begins with or means; None where it is neither."""
    found = _CODE.match(text)
    if found and (code := found[1].upper()) in meanings.values():
        return code
    said = " ".join(text.lower().replace("–", "-").replace("’", "'").split())
    fitting = [start for start in meanings if said.startswith(start)]
    return meanings[max(fitting, key=len)] if fitting else None


def read_placement(text: str) -> str | None:
    """The two characters of a placement's code; None where the text does not begin with them."""
    found = _CODE.match(text)
    code = found[1].upper() if found else ""
    return code if _PLACEMENT.fullmatch(code) else None


def read_participation(text: str) -> str | None:
    """PN0 to PN7; None where the text does not begin with one."""
    found = _CODE.match(text)
    code = found[1].upper() if found else ""
    return code if code.startswith("PN") else None


def read_category(text: str) -> str | None:
    """The census's category of abuse of a code or a word; None where it is neither."""
    said = text.strip()
    if said.upper() in _CATEGORY_CODES:
        return said.upper()
    return next((code for word, code in CATEGORIES.items() if said.lower().startswith(word)), None)
