"""Any thing by its identifier, within the viewer's sight."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import strawberry

from graph import (
    allocation,
    booking,
    children,
    identities,
    imports,
    invitations,
    obligations,
    officers,
    planning,
    rebalancing,
    recorded,
    requests,
    working_time,
)
from graph.context import Info
from graph.names import Node, parse_id
from services.directory import reading as directory
from services.directory import reading_reductions as reductions
from services.history import reading_records as records
from services.intake import reading as imports_reading
from services.invitations import reading as invitations_reading
from services.kernel.errors import NotFound

Find = Callable[[Info, UUID], Awaitable[Node | None]]


def _found_by(read: Any, build: Callable[[Info, Any], Node]) -> Find:
    async def find(info: Info, identifier: UUID) -> Node | None:
        row = await info.context.loaders.load(read, identifier)
        return None if row is None else build(info, row)

    return find


def _if_met(find: Find) -> Find:
    """Officers, note-takers and police teams: by identifier alone only to whoever may list them, or is one."""

    async def guarded(info: Info, identifier: UUID) -> Node | None:
        return await find(info, identifier) if directory.may_meet(info.context.actor, identifier) else None

    return guarded


_FINDERS: Mapping[str, Find] = {
    "Child": children.child_by_id,
    "FosterHousehold": obligations.household_by_id,
    "CarePeriod": _found_by(records.CARE_PERIODS.by_ids, recorded.care_period_of),
    "ProtectionPlan": _found_by(records.PLANS.by_ids, recorded.protection_plan_of),
    "Enquiry": _found_by(records.ENQUIRIES.by_ids, recorded.enquiry_of),
    "CareStatusRecord": _found_by(records.STATUSES.by_ids, recorded.care_status_of),
    "Transfer": _found_by(records.TRANSFERS.by_ids, recorded.transfer_of),
    "EarlierReview": _found_by(records.EARLIER_REVIEWS.by_ids, recorded.earlier_review_of),
    "HeldRecord": _found_by(records.held, recorded.held_record_of),
    "IdentityLink": _found_by(identities.links, identities.link_of),
    "ImportReport": _found_by(imports_reading.reports, lambda _, row: imports.report_of(row)),
    "Allocation": allocation.allocation_by_id,
    "Iro": _if_met(officers.iro_by_id),
    "Obligation": obligations.obligation_by_id,
    "Meeting": booking.meeting_by_id,
    "Room": officers.room_by_id,
    "NoteTaker": _if_met(officers.note_taker_by_id),
    "PoliceTeam": _if_met(officers.police_team_by_id),
    "Absence": _found_by(directory.absences, lambda _, row: officers.absence_of(row)),
    "Reduction": _found_by(reductions.reductions, lambda _, row: working_time.reduction_of(row)),
    "Plan": planning.plan_by_id,
    "AllocationRun": allocation.run_by_id,
    "AllocationRequest": requests.request_by_id,
    "Rebalancing": rebalancing.rebalancing_by_id,
    "CalendarFeed": _found_by(invitations_reading.feeds, lambda _, row: invitations.feed_of(row)),
}


@strawberry.type
class NodeQuery:
    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:  # noqa: A002
        try:
            kind, identifier = parse_id(id)
        except NotFound:
            return None
        find = _FINDERS.get(kind)
        return None if find is None else await find(info, identifier)
