"""What each addressee must hear, by comparison of views alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.invitations.owe import Addressee, AddresseeKind, DiaryMeeting, Owed, Seen, owe
from services.kernel.errors import InvalidInput
from services.kernel.words import InvitationMethod

MEETING = UUID(int=1)
TEN = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)


def addressee(kind: AddresseeKind = AddresseeKind.IRO, code: str = "IRO-01", *, at: datetime = TEN, minutes: int = 60) -> Addressee:
    return Addressee(
        kind=kind,
        code=code,
        owner_id=uuid5(MEETING, code),
        email=f"{code.lower()}@example.org",
        arrives_at=at,
        leaves_at=at + timedelta(minutes=minutes),
    )


def meeting(*addressees: Addressee, location: str = "Meeting room A") -> DiaryMeeting:
    return DiaryMeeting(meeting_id=MEETING, reference="M-7KQ4-XW2P", location=location, addressees=addressees)


def told(owed: tuple[Owed, ...], before: dict[tuple[AddresseeKind, str], Seen] | None = None) -> dict[tuple[AddresseeKind, str], Seen]:
    """What the addressees have seen once all that is owed was delivered."""
    seen = dict(before or {})
    for each in owed:
        seen[each.kind, each.code] = Seen(
            uid=each.uid or f"uid-{each.kind}-{each.code}",
            kind=each.kind,
            code=each.code,
            owner_id=each.owner_id,
            sequence=each.sequence,
            cancelled=each.method is InvitationMethod.CANCEL,
            view=each.view,
        )
    return seen


def brief(owed: tuple[Owed, ...]) -> list[tuple[str, str, int]]:
    return [(each.code, each.method.value, each.sequence) for each in owed]


CHAIR = addressee()
NOTES = addressee(AddresseeKind.NOTE_TAKER, "NT-01")
DESK = addressee(AddresseeKind.ROOM_DESK, "ROOM-A", at=TEN - timedelta(minutes=30), minutes=120)


def test_a_first_booking_owes_everybody_a_request_at_sequence_0_and_no_uid_yet() -> None:
    first = owe([], meeting(CHAIR, NOTES, DESK))
    assert brief(first) == [("IRO-01", "REQUEST", 0), ("NT-01", "REQUEST", 0), ("ROOM-A", "REQUEST", 0)]
    assert {each.uid for each in first} == {None}


def test_nothing_changed_owes_nothing() -> None:
    seen = told(owe([], meeting(CHAIR, NOTES, DESK)))
    assert owe(seen.values(), meeting(DESK, NOTES, CHAIR)) == ()


def test_a_longer_turnaround_of_the_room_is_told_to_the_desk_alone() -> None:
    seen = told(owe([], meeting(CHAIR, NOTES, DESK)))
    longer = addressee(AddresseeKind.ROOM_DESK, "ROOM-A", at=TEN - timedelta(minutes=30), minutes=150)
    changed = owe(seen.values(), meeting(CHAIR, NOTES, longer))
    assert brief(changed) == [("ROOM-A", "REQUEST", 1)]
    assert changed[0].uid == "uid-ROOM_DESK-ROOM-A"
    assert changed[0].view.window.duration == timedelta(minutes=150)


def test_another_room_cancels_the_old_desk_entry_and_tells_everybody_the_place() -> None:
    seen = told(owe([], meeting(CHAIR, DESK)))
    other = addressee(AddresseeKind.ROOM_DESK, "ROOM-B", at=TEN - timedelta(minutes=30), minutes=120)
    moved = owe(seen.values(), meeting(CHAIR, other, location="Meeting room B"))
    assert brief(moved) == [("IRO-01", "REQUEST", 1), ("ROOM-A", "CANCEL", 1), ("ROOM-B", "REQUEST", 0)]
    cancelled = moved[1]
    assert cancelled.view.location == "Meeting room A"


def test_whoever_is_cancelled_and_asked_again_keeps_the_uid_and_hears_a_higher_sequence() -> None:
    seen = told(owe([], meeting(CHAIR)))
    seen = told(owe(seen.values(), meeting()), seen)
    assert owe(seen.values(), meeting()) == ()
    (again,) = owe(seen.values(), meeting(CHAIR))
    assert (again.method, again.sequence, again.uid) == (InvitationMethod.REQUEST, 2, "uid-IRO-IRO-01")


@pytest.mark.parametrize("email", ["other@example.org", None])
def test_a_new_address_is_told_and_the_old_one_hears_that_it_is_expected_no_more(email: str | None) -> None:
    seen = told(owe([], meeting(CHAIR)))
    (owed,) = owe(seen.values(), meeting(replace(CHAIR, email=email)))
    assert brief((owed,)) == [("IRO-01", "REQUEST", 2)]
    assert (owed.view.email, owed.left) == (email, seen[CHAIR.kind, CHAIR.code].view)


def test_the_same_address_in_other_letters_and_one_that_stays_away_already_have_not_been_left() -> None:
    seen = told(owe([], meeting(CHAIR)))
    (shouted,) = owe(seen.values(), meeting(replace(CHAIR, email="IRO-01@example.org")))
    assert (shouted.sequence, shouted.left) == (1, None)
    seen = told(owe(seen.values(), meeting()), seen)
    (again,) = owe(seen.values(), meeting(replace(CHAIR, email="other@example.org")))
    assert (again.sequence, again.left) == (2, None)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(InvalidInput, match="offset"):
        owe([], meeting(addressee(at=TEN.replace(tzinfo=None))))


_people = st.lists(
    st.builds(
        addressee,
        st.sampled_from(AddresseeKind),
        st.sampled_from(["A", "B"]),
        at=st.sampled_from([TEN, TEN + timedelta(days=1)]),
        minutes=st.sampled_from([60, 90]),
    ),
    unique_by=lambda each: (each.kind, each.code),
)


@settings(deadline=None)
@given(st.lists(st.builds(lambda people, where: meeting(*people, location=where), _people, st.sampled_from(["Room A", "see Convene"]))))
def test_over_any_history_calendars_end_true_and_sequences_only_rise(history: list[DiaryMeeting]) -> None:
    seen: dict[tuple[AddresseeKind, str], Seen] = {}
    for state in history:
        owed = owe(seen.values(), state)
        for each in owed:
            old = seen.get((each.kind, each.code))
            assert each.sequence == (0 if old is None else old.sequence + 1)
            assert each.uid == (None if old is None else old.uid)
        seen = told(owed, seen)
        live = {who for who, each in seen.items() if not each.cancelled}
        assert live == {(each.kind, each.code) for each in state.addressees}
        for person in state.addressees:
            view = seen[person.kind, person.code].view
            assert (view.window.start, view.window.end, view.location) == (person.arrives_at, person.leaves_at, state.location)
        assert owe(seen.values(), state) == ()
