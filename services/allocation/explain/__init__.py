"""Why this officer and not another: in words, with what the whole would be with each of the others, counted anew.

Differences are those of the whole objective with every other decision as it stands; where there is one decision only,
that is the whole truth. A rule that forbids is named, with its source, before any difference. "Would fit if" was tried:
the rules were asked again under it.
"""

from services.allocation.explain.blocking import bars_on, blockers, collision
from services.allocation.explain.decisions import Decision, Explained, Rejected, Unallocated, explain, merits
from services.allocation.explain.differences import Difference, changed, count, differ, gain, in_percent

__all__ = [
    "Decision",
    "Difference",
    "Explained",
    "Rejected",
    "Unallocated",
    "bars_on",
    "blockers",
    "changed",
    "collision",
    "count",
    "differ",
    "explain",
    "gain",
    "in_percent",
    "merits",
]
