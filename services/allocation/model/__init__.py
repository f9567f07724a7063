"""The allocation as a CP-SAT model: one function for each rule, under the names of `rules`.

Groups that are alike for every rule (same points, same officers barred, the same missed with each officer) are one *pool*,
of which the model counts how many go to each officer: ten times the children are hardly more variables. Those in a pool
who ask for one officer in particular are a *kind* of it, with a count of their own for her alone. Groups that may have to
part, and parents with their children, are decided child by child.

The terms are settled in the problem's order: each is brought to its least while those before it keep their values. A
term whose value meets a bound that counting gives (`bounds`) needs no search. What is not proven is said so: a bound
below the value. Same problem, seed, workers and effort give the same answer, unless the clock cuts the search short.
"""

from services.allocation.model.hard import HARD
from services.allocation.model.soft import SOFT
from services.allocation.model.solving import decide, solve

__all__ = ["HARD", "SOFT", "decide", "solve"]
