"""Records in: each import is one transaction that takes each child whole or not at all, and says what it did not take.

The same file again changes nothing; a corrected file corrects. A file that cannot be read raises `InvalidInput` and changes
nothing. `dry_run` does everything and undoes it. Each source is a module of its own.
"""

from __future__ import annotations

from services.intake.diary import import_diary
from services.intake.establishing import import_establishment
from services.intake.identities import (
    DecideIdentity,
    IdentityDecided,
    IdentityLink,
    MergeIdentities,
    identity_links,
    merge_identities,
    reject_identity,
    undo_merge,
)
from services.intake.in_need import import_cin_census
from services.intake.looked_after import import_ssda903
from services.intake.own_files import import_allocations, import_family
from services.intake.report import Counts, Finding, ImportReport
from services.intake.safeguarding import import_ssd

__all__ = [
    "Counts",
    "DecideIdentity",
    "Finding",
    "IdentityDecided",
    "IdentityLink",
    "ImportReport",
    "MergeIdentities",
    "identity_links",
    "import_allocations",
    "import_cin_census",
    "import_diary",
    "import_establishment",
    "import_family",
    "import_ssd",
    "import_ssda903",
    "merge_identities",
    "reject_identity",
    "undo_merge",
]
