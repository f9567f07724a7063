"""What a finding means, as data: every rule that a return is judged by, with its severity and what follows.

REFUSED: the row states something that would have to be guessed (a day that is none, births that contradict each other, episodes
that overlap); nothing of that child changes. DOUBTFUL: taken as the sentence says, and listed. NOTE: worth knowing.
Numbers are the collection's own (SSDA903 and CIN census validation rules); names are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    REFUSED = "REFUSED"
    DOUBTFUL = "DOUBTFUL"
    NOTE = "NOTE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`meaning`: what is found; `follows`: what is done about it, None where each finding says so itself."""

    code: str
    severity: Severity
    meaning: str
    follows: str | None


def _refused(code: str, meaning: str) -> Rule:
    return Rule(code=code, severity=Severity.REFUSED, meaning=meaning, follows="nothing of this child was taken")


def _doubtful(code: str, meaning: str, follows: str | None = "taken as stated") -> Rule:
    return Rule(code=code, severity=Severity.DOUBTFUL, meaning=meaning, follows=follows)


def _note(code: str, meaning: str, follows: str = "taken") -> Rule:
    return Rule(code=code, severity=Severity.NOTE, meaning=meaning, follows=follows)


_ANY_RETURN = (
    _refused("ROW", "a line cannot be told apart into its columns"),
    _refused("CHILD_MISSING", "a row names no child"),
    _refused("DATE", "a day is not in the form of the return, does not exist, or lies outside 1900 to 2100"),
    _refused("BIRTH_CONTRADICTED", "one return states two days of birth for one child"),
    _refused("301", "the day of birth lies after the day of the return"),
    _refused("8535Q", "a child died before the day of birth"),
    _doubtful("DEATH_IN_FUTURE", "a death after the day of the return: it has not happened", "left out"),
    _doubtful("101", "the sex is no code of the return", "left blank"),
    _doubtful("INT32", "one child is stated twice with different particulars", "the later row stands"),
    _note("DUPLICATE", "a row is there twice", "counted once"),
    _note("STRAY_TEXT", "text stands between elements", "passed over"),
    _refused("IDENTITY_TWICE", "two references that are one child are stated differently in one file"),
    _note("IDENTITY_PROPOSED", "two references may be one child", "proposed"),
    _doubtful(
        "STATED_AGAIN",
        "what was taken out here otherwise than by a correction is stated",
        "the later statement stands: withdraw it again, or correct the source",
    ),
    _doubtful(
        "CORRECTED_HERE",
        "what a person has corrected or withdrawn here is stated as it was before",
        "what the person recorded stands: correct the source, or the record here",
    ),
    _doubtful("SOURCES_DISAGREE", "another source has stated the same fact differently", "the later statement stands"),
)

_SSDA903 = (
    _refused("102", "the day of birth is missing or no day"),
    _refused("INT03", "episodes of a child without a row in the header"),
    _refused("INT08", "reviews of a child without a row in the header"),
    _doubtful("EPI", "a row in the header without episodes", "the child is taken, without a period of care"),
    _refused("141", "the first day of an episode is missing or no day"),
    _refused("143", "the reason for a new episode is no code"),
    _refused("144", "the legal status is no code"),
    _refused("147", "the last day of an episode is no day"),
    _refused("149", "the reason for the end of an episode is no code"),
    _refused("356", "an episode ends before it begins"),
    _refused("501", "an episode begins before the one before it has ended"),
    _refused("142", "an episode begins although the one before it has not ended"),
    _refused("302", "an episode begins before the child was born"),
    _refused("437", "the child died, and yet has further episodes"),
    _doubtful("FOUND_OF_AGE", "the child was found to be of age (E15), and yet has further episodes (437)"),
    _doubtful("359", "care that went on after the 18th birthday", "taken, but no review is owed from the birthday on: is that day right?"),
    _doubtful("353", "an episode before 14 October 1991"),
    _doubtful("354", "an episode begins after the day of the return", "left out"),
    _doubtful("385", "an episode ends after the day of the return", "taken as not yet ended"),
    _doubtful("148", "the day of an end (DEC) without its reason (REC), or the reason without the day", follows=None),
    _doubtful("388", "REC is X1 (care goes on) but no episode begins that day", "care is taken to have gone on"),
    _doubtful("432", "an episode after the end of care is no start (RNE S)", "care is known to have begun again by then"),
    _doubtful("431", "care starts anew (RNE S) although it had not ended", "a new period of care, the old one ended"),
    _note("355", "care of less than a day", "taken: nobody was looked after"),
    _doubtful("365", "a short break (V3) of more than 17 days", "taken: from the 18th day on it is care like any other"),
    _refused("166", "the day of a review is missing or no day"),
    _doubtful("167", "a review's code of participation is missing or none of PN0 to PN7", "taken without participation"),
    _doubtful("440", "PN0 (under four) although the child was past the fourth birthday"),
    _doubtful("441", "PN1 to PN7 although the child was under four"),
    _doubtful("399", "reviews of a child whose episodes are all short breaks (V3, V4)", "taken as short-break reviews"),
    _doubtful("1012", "reviews of a child without episodes"),
    _refused("INT17", "the day of birth in the reviews is not the one in the header"),
    _refused("REVIEW_BEFORE_BIRTH", "a review before the child was born"),
    _doubtful("REVIEW_IN_FUTURE", "a review after the day of the return: it has not been held", "left out"),
    _doubtful("REVIEW_TWICE", "one review is stated twice with different participation", "the later row stands"),
    _doubtful(
        "REVIEW_ON_FIRST_DAY", "a review on the day on which care began", "taken, and the first review is still owed: is that day right?"
    ),
    _doubtful("REVIEW_OUTSIDE_CARE", "a review on a day on which the child is not known to have been in care"),
)

_CIN_CENSUS = (
    _doubtful("2884", "an initial conference is recorded both at the enquiry and at the details", "the enquiry's stands"),
    _doubtful("2885", "a plan does not begin on the day of an initial conference"),
    _doubtful("8841", "a review conference not after the first day of its plan", "left out"),
    _doubtful("8840", "a plan begins and ends on one day"),
    _doubtful("8675Q", "an enquiry more than 15 working days old without a conference"),
    _doubtful("8868", "a closed case whose enquiry has neither a conference nor 'not required'"),
    _doubtful("8875", "an initial conference on a Saturday or Sunday"),
    _refused("8935", "two plans of a child are open at once"),
    _refused("8940", "two plans of a child overlap"),
    _doubtful("8525Q", "both or neither of birth and expected birth are stated", "the day of birth stands"),
    _doubtful("8750", "an unborn child whose sex is not stated as unknown"),
    _refused("8520", "the day of birth lies after the day of the census"),
    _refused("8615", "an enquiry lacks its first day, or its conference was held before it"),
    _refused("FLAG", "a flag is neither true nor false"),
    _refused("8720", "a plan lacks its first day"),
    _refused("8925", "a plan ends before it begins"),
    _doubtful("8842Q", "a review conference without its day", "left out"),
    _doubtful("CATEGORY", "a plan's category of abuse is missing or unknown"),
    _doubtful("SECTION47_TWICE", "two enquiries of one day differ", "the later one stands"),
    _doubtful("IN_FUTURE", "a day lies after the day of the return: it has not happened", "left out"),
    _refused("8606", "an enquiry, conference, plan or review more than 40 weeks before the birth, or the expected birth"),
    _doubtful("8915", "a plan begins after the child's death", "left out"),
    _doubtful("8920", "a plan ends after the child's death"),
    _doubtful("AFTER_DEATH", "an enquiry, conference or review after the child's death", "left out"),
    _doubtful(
        "PLAN_OF_AGE", "an enquiry or a plan after the 18th birthday", "taken, but nothing is owed from the birthday on: is that day right?"
    ),
    _doubtful("REVIEW_OUTSIDE_PLAN", "a review conference on a day on which the child is not known to have been on a plan"),
)

_SSD = (
    _note("TABLE_MISSING", "a table of the dataset is not there", "what it would say is not spoken of"),
    _refused("NO_PERSON", "enquiries, conferences or plans of a child without a row in ssd_person"),
    _doubtful("REVIEW_UNTRACED", "a review that names no period of care of the dataset", "left out"),
    _note("LEGAL_STATUS_UNKNOWN", "an episode of which no legal status is stated"),
    _note("OTHER_AUTHORITY", "the plan of another authority, which reviews it", "left out"),
    _note("INQUORATE", "a review conference that was inquorate", "taken as held; if it is to meet again, record that"),
    _doubtful(
        "ROLE_UNKNOWN", "a role that says neither that it had charge of the case nor that it had not", "left out: if it bars, state it"
    ),
    _note("FAMILY_UNSPECIFIED", "families are no sibling groups", "left out: take brothers and sisters from a family file"),
)

_OWN_FILES = (
    _refused("CHILD_UNKNOWN", "no return has brought this child"),
    _refused("GROUP_CONTRADICTED", "a child is stated in two sibling groups"),
    _refused("OWN_PARENT", "a child is stated as its own parent"),
    _doubtful("PARENT_UNKNOWN", "no return has brought this parent", "the parent is left out"),
    _refused("IRO_UNKNOWN", "the establishment has no such officer"),
    _refused("ALLOCATION_CONTRADICTED", "a child is stated with two officers from one day on"),
    _doubtful("ALLOCATION_IN_FUTURE", "an allocation begins after the day of the import", "left out"),
    _doubtful("MAY_NOT_CHAIR", "the officer is not independent of this child's case", "what stands is taken, and should be changed"),
    _refused("ALLOCATION_REFUSED", "the allocation cannot be kept"),
    Rule(
        code="ABSENCE_OVER_MEETINGS",
        severity=Severity.REFUSED,
        meaning="an absence lies over meetings that stand",
        follows="with --release the resource is taken out of them",
    ),
    _doubtful("NAMED_NO_LONGER", "an officer, room, note-taker or police place is no longer in the file", follows=None),
    _doubtful("MEETINGS_OUTSIDE_HOURS", "meetings stand outside new hours", follows=None),
)


def _row_refused(code: str, meaning: str) -> Rule:
    return Rule(code=code, severity=Severity.REFUSED, meaning=meaning, follows="the row is not taken")


_WITHOUT = "the meeting is kept without, and lists it in its needs"
_DIARY = (
    _row_refused("DIARY_ROW", "a line cannot be told apart into its columns, or a code is too long"),
    _row_refused("DIARY_KIND", "the kind of meeting is none"),
    _row_refused("DIARY_CHILDREN", "a row is about nobody, or about too many"),
    _row_refused("DIARY_CHILD_UNKNOWN", "no record has brought this child"),
    _row_refused("DIARY_CHILD_GONE", "every child of a row died or was adopted: nothing is arranged for them any more"),
    _doubtful("DIARY_CHILD_LEFT_OUT", "one of the children of a row died or was adopted", "the meeting is about the others alone"),
    _row_refused("DIARY_HOUSEHOLD_UNKNOWN", "a foster home review is not about one known household"),
    _row_refused("DIARY_TIME", "a time is in neither form, or does not exist"),
    _row_refused("CLOCK_CHANGE", "an hour that the change of the clocks skips, or repeats"),
    _row_refused("DIARY_SPAN", "a meeting ends before it begins, on another day, or is too short or too long"),
    _row_refused("DIARY_REFUSED", "the meeting cannot be kept"),
    _doubtful("DIARY_PAST", "a meeting is over", "not booked: if it was held, the records bring it"),
    _doubtful("DIARY_TWICE", "a meeting is stated twice with different resources", "the later row stands"),
    _doubtful("DIARY_TAKEN", "what a meeting states is taken by another one at that time", _WITHOUT),
    _doubtful("DIARY_AWAY", "what a meeting states is not at work, or not in service, at that time", _WITHOUT),
    _doubtful("DIARY_RESOURCE_UNKNOWN", "a meeting states an officer, room, note-taker or team that the unit does not have", _WITHOUT),
    _doubtful(
        "DIARY_CHAIR",
        "the chair may not chair a meeting about these children",
        "kept without a chair, since no barred officer decides about a child: name one who may, and tell the one who is named",
    ),
    _note("DIARY_UNSTATED", "a meeting states nobody or nothing of a kind that it needs", "listed in its needs"),
    _note("DIARY_STILL_LACKS", "a meeting of an earlier diary still lacks something", "left as it is"),
    _doubtful("DIARY_ROOM", "the room has too few seats for such a meeting, or lacks a feature"),
    _doubtful("DIARY_HOURS", "a meeting lies outside the hours or the working days of its kind"),
    _doubtful("DIARY_PANEL", "a secure criteria review has no panel of three with one of outside", "taken as stated: say who comes"),
    _doubtful("DIARY_LATE", "a meeting comes after the day by which the law wants it", "taken as stated: find an earlier day"),
    _doubtful("DIARY_NOT_OWED", "nothing of the kind is owed for a child", "the meeting stands, and answers no duty of this child"),
    _note("DIARY_STANDS", "a meeting that was booked here stands for the same", "left as it is"),
    _doubtful("DIARY_CHANGED_SINCE", "a row was corrected, but its meeting was changed here since", "the meeting is left as it is"),
    _note("DIARY_LEFT_OUT", "a meeting of an earlier diary is not stated any more", "left as it is: cancel it if it will not be"),
    _note("MEETING_HELD", "a meeting of the diary is recorded as held on its day", "closed as held"),
    _doubtful("MEETING_PARTLY_HELD", "a meeting is recorded as held for some of its children", follows=None),
    _doubtful("MEETING_ON_ANOTHER_DAY", "what a meeting stands for was met on another day", follows=None),
    _doubtful("MEETING_BUSY", "a meeting that is held by the records was being changed", "left as it is"),
)

RULES: tuple[Rule, ...] = _ANY_RETURN + _SSDA903 + _CIN_CENSUS + _SSD + _OWN_FILES + _DIARY
SEVERITIES = {rule.code: rule.severity for rule in RULES}
