"""How a forecast was made, in words, with the figures used."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from services.caseload.capacity import LONG_ABSENCE_DAYS
from services.caseload.outlook import RATE_DAYS, Means, Outlook, homes_points, per_week

_TWO_PLACES = Decimal("0.01")


def method_of(outlook: Outlook, means: Means, points: Decimal) -> str:
    today, flows = outlook.days[0].on.isoformat(), outlook.flows
    homes = sum(outlook.households.values())
    standing = f"{len(outlook.children)} children weigh {points} points today"
    if homes:
        standing += f", and {homes} foster homes to be reviewed {sum(homes_points(outlook, outlook.days[0]).values())}"
    care = f"{flows.into_care} children came into care and {flows.out_of_care} left it"
    plans = f"{flows.onto_plans} came onto a plan and {flows.off_plans} left one"
    return " ".join(
        (
            "Points, limit and state are those of the last day of each week.",
            f"Limits: contracts, reductions, leavers and absences of {LONG_ABSENCE_DAYS} days or longer as recorded on {today}, at the",
            "points per WTE of the scheme in force on the day.",
            f"{standing}.",
            "A child goes on its 18th birthday, and its brothers and sisters weigh from then on what the scheme says without it.",
            f"All else goes on at the rates of the {RATE_DAYS} days to {today}:",
            f"{care} before 18 ({_weekly(flows.into_care, flows.out_of_care)}),",
            f"each at {rounded(means.care_points)} points, the mean of the {means.in_care} in care today;",
            f"{plans} ({_weekly(flows.onto_plans, flows.off_plans)}),",
            f"each at {rounded(means.plan_points)} points, the mean of the {means.on_plans} on plans today who are not in care.",
            "Once some of these are 18, or another scheme is in force, it is the mean of those who are left, by that scheme.",
            "A child in care counts as in care, also while it is on a plan.",
            "As many as today are taken to have short breaks and to await a first conference.",
            "Nobody who comes or goes by a rate is anybody's: an officer's own row is of the children whom she has today.",
        )
    )


def _weekly(came: int, went: int) -> str:
    return f"{rounded(per_week(came))} and {rounded(per_week(went))} a week"


def rounded(value: Decimal) -> Decimal:
    return value.quantize(_TWO_PLACES, ROUND_HALF_UP)
