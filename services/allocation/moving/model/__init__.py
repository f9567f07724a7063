"""Moves sought by CP-SAT. The only modules here that know the solver.

Where a unit is too large for the whole, the model that knows who goes to whom has those bundles and officers among whom
betterment is likely; then it proves nothing, and bounds come from counting and from the pooled model.
"""

from services.allocation.moving.model.solving import propose, solve

__all__ = ["propose", "solve"]
