"""Bitemporal versions, set by set: what is in force and no longer stated is closed, what is stated and not in force is opened.

`desired_<table>` holds what should be in force, `spoken_<table>` the ids of the versions that the return speaks of; whatever
neither names stays as it is. A version keeps its id from the one with the same key that it replaces.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Versioned:
    """One bitemporal table: the columns that tell one record of a child from another, and those that may change.

    `told`: which record it is, as SQL over the row `f`. `own`: columns that no return states. `lasting`: those that may have come
    about since the window of the return closed, the day first; `horizon`: the table that says when it did. `sane`: what must hold
    of every record, as SQL over the row `m`.
    """

    table: str
    key: tuple[str, ...]
    payload: tuple[str, ...]
    identity: str = "id"
    told: str
    own: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()
    horizon: str = "return_horizon"
    sane: str = "true"


_IN_ORDER = "m.ended_on IS NULL OR m.ended_on >= m.started_on"

CHILD_FACT = Versioned(
    table="child_fact",
    key=(),
    payload=("born_on", "expected_on", "sex", "upn", "died_on", "adopted_on"),
    identity="child_id",
    told="'the child'",
    sane="m.died_on IS NULL OR m.born_on IS NULL OR m.died_on >= m.born_on",
)
CARE_EPISODE = Versioned(
    table="care_episode",
    key=("started_on",),
    payload=("ended_on", "reason_started", "legal_status", "placement", "reason_ended"),
    told="'episode from ' || f.started_on",
)
CARE_PERIOD = Versioned(
    table="care_period",
    key=("started_on",),
    payload=("started_on_exact", "ended_on", "end_reason", "legal_status", "short_break", "reviews_known_from"),
    told="'care from ' || f.started_on",
    lasting=("ended_on", "end_reason"),
    sane=_IN_ORDER,
)
CARE_STATUS = Versioned(
    table="care_status",
    key=("status", "started_on"),
    payload=("started_on_exact", "ended_on", "end_reason", "expected_end_on"),
    told="lower(replace(f.status, '_', ' ')) || ' from ' || f.started_on",
    own=("expected_end_on",),
    lasting=("ended_on", "end_reason"),
    sane=_IN_ORDER,
)
HELD_RECORD = Versioned(
    table="held_record",
    key=("kind", "held_on"),
    payload=("completed_on", "participation", "meeting_id", "to_reconvene", "without_meeting"),
    told="lower(replace(f.kind, '_', ' ')) || ' of ' || f.held_on",
    own=("completed_on", "meeting_id", "to_reconvene", "without_meeting"),
    sane="m.completed_on IS NULL OR m.completed_on >= m.held_on",
)
PROTECTION_PLAN = Versioned(
    table="protection_plan",
    key=("started_on",),
    payload=("ended_on", "end_reason", "category", "reviews_known_from"),
    told="'plan of ' || f.started_on",
    own=("end_reason",),
    lasting=("ended_on", "end_reason"),
    horizon="census_window",
    sane=_IN_ORDER,
)
SECTION47 = Versioned(
    table="section47",
    key=("initiating_discussion_on",),
    payload=("conference_target_on", "conference_on", "conference_not_required"),
    told="'enquiry of ' || f.initiating_discussion_on",
    lasting=("conference_on",),
    horizon="census_window",
    sane="m.conference_on IS NULL OR m.conference_on >= m.initiating_discussion_on",
)


def replacing(versioned: Versioned) -> str:
    """The script that brings one table to what is desired, and notes the children whose records it changed.

    A version that was opened at the very instant of the import is closed a microsecond later: none is ever overwritten. Versions
    go in child by child, so that the indexes and the rows that the foreign keys look up are still at hand.
    """
    table, identity = versioned.table, versioned.identity
    keys, columns = versioned.key, versioned.key + versioned.payload
    own = () if identity == "child_id" else (identity,)
    same_key = " AND ".join(["d.child_id = v.child_id", *(f"d.{name} = v.{name}" for name in keys)])
    same = f"{same_key} AND ({each_of('d', versioned.payload)}) IS NOT DISTINCT FROM ({each_of('v', versioned.payload)})"
    opened_id = "coalesce(o.id, gen_random_uuid()) AS id," if own else ""
    return f"""
        INSERT INTO spoken_{table} (id)
        SELECT v.{identity} FROM {table} v JOIN desired_{table} d ON {same_key} WHERE upper_inf(v.recorded);
        CREATE TEMP TABLE outdated_{table} ON COMMIT DROP AS
        SELECT DISTINCT {each_of("v", ("child_id", *own, *keys))},
               greatest(i.stamp, lower(v.recorded) + interval '1 microsecond') AS closed_at
        FROM {table} v JOIN spoken_{table} s ON s.id = v.{identity} CROSS JOIN staged_import i
        WHERE upper_inf(v.recorded) AND NOT EXISTS (SELECT FROM desired_{table} d WHERE {same});
        CREATE TEMP TABLE fresh_{table} ON COMMIT DROP AS
        SELECT DISTINCT ON ({each_of("d", ("child_id", *keys))}) {opened_id} {each_of("d", ("child_id", *columns))},
               coalesce(o.closed_at, i.stamp) AS opened_at
        FROM desired_{table} d CROSS JOIN staged_import i LEFT JOIN outdated_{table} o ON {same_key.replace("v.", "o.")}
        WHERE NOT EXISTS (SELECT FROM {table} v WHERE upper_inf(v.recorded) AND {same});
        {_stated_again(versioned)}
        UPDATE {table} v SET recorded = tstzrange(lower(v.recorded), o.closed_at) FROM outdated_{table} o
        WHERE v.{identity} = o.{identity} AND upper_inf(v.recorded);
        INSERT INTO {table} ({", ".join((*own, "child_id", *columns))}, recorded, source, import_id)
        SELECT {each_of("f", (*own, "child_id", *columns))}, tstzrange(f.opened_at, NULL), i.source, i.import_id
        FROM fresh_{table} f, staged_import i ORDER BY f.child_id;
        INSERT INTO changed_child SELECT child_id FROM outdated_{table} UNION SELECT child_id FROM fresh_{table};
    """  # noqa: S608 - the names come from the constants above


def _stated_again(versioned: Versioned) -> str:
    """Lists what is opened although it had been taken out otherwise than by a correction: its last version was closed, and at the
    instant of no import."""
    if not versioned.key:
        return ""
    table, key = versioned.table, ("child_id", *versioned.key)
    return f"""
        INSERT INTO staged_finding
        SELECT n.file_name, c.line, c.element, c.child, 'STATED_AGAIN', {versioned.told}
        FROM fresh_{table} f
        JOIN (SELECT {each_of("v", key)}, max(upper(v.recorded)) AS shut_at
              FROM {table} v WHERE v.child_id IN (SELECT child_id FROM fresh_{table})
              GROUP BY {each_of("v", key)} HAVING NOT bool_or(upper_inf(v.recorded))) s USING ({", ".join(key)})
        JOIN taken t ON t.child_id = f.child_id JOIN child_stated c USING (child), staged_file n
        WHERE n.part = 'child' AND NOT EXISTS (SELECT FROM import_report r WHERE r.made_at = s.shut_at)
          AND NOT EXISTS (SELECT FROM correction x WHERE x.at = s.shut_at);
    """  # noqa: S608 - the names come from the constants above


def each_of(alias: str, columns: tuple[str, ...]) -> str:
    """The columns of one row, as a list in SQL."""
    return ", ".join(f"{alias}.{column}" for column in columns)
