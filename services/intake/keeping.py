"""What a person has corrected here stands against a return that states again what was corrected: that is no news.

A statement that nobody had corrected is news and stands, column by column. So the same file twice changes nothing, whatever was
corrected between, one event never has two records, and each difference is listed as often as it is stated.
"""

from __future__ import annotations

from services.intake.versions import Versioned, each_of


def keeping(versioned: Versioned) -> str:
    """The script that brings `desired_<table>` to what persons have corrected of it, and lists what they have.

    A statement is of the record that once stated the same key. Where that and the statement do not go together (it would end
    before it begins), the statement stands as a whole and takes the record's place.
    """
    table, columns = versioned.table, versioned.key + versioned.payload
    return f"""
        {_corrected(versioned)}
        {_matched(versioned)}
        INSERT INTO staged_finding
        SELECT n.file_name, c.line, c.element, c.child, CASE WHEN m.sane THEN 'CORRECTED_HERE' ELSE 'SOURCES_DISAGREE' END,
               {versioned.told} || CASE WHEN m.gone THEN ' was withdrawn here' ELSE ': ' || m.differs || ' here' END
        FROM kept_{table} m JOIN desired_{table} f ON f.ctid = m.place
        JOIN taken t ON t.child_id = f.child_id JOIN child_stated c USING (child), staged_file n
        WHERE n.part = 'child';
        INSERT INTO spoken_{table} (id) SELECT record_id FROM kept_{table} WHERE NOT sane;
        DELETE FROM desired_{table} d USING kept_{table} m WHERE m.place = d.ctid AND m.sane;
        INSERT INTO desired_{table} ({", ".join(("child_id", *columns))})
        SELECT DISTINCT ON (m.record_id) {each_of("m", ("child_id", *columns))} FROM kept_{table} m
        WHERE m.sane AND NOT m.gone AND NOT EXISTS (SELECT FROM desired_{table} d WHERE {_same_key("d", "m", versioned)})
        ORDER BY m.record_id, m.place;
    """  # noqa: S608 - the names come from the constants of versions.py


def _corrected(versioned: Versioned) -> str:
    """Versions that a correction closed, each with what came in its place; what followed a correction was closed with it."""
    table, identity, columns = versioned.table, versioned.identity, versioned.key + versioned.payload
    was, now = (", ".join(f"{alias}.{name} AS {word}_{name}" for name in columns) for alias, word in (("c", "was"), ("n", "now")))
    return f"""
        CREATE TEMP TABLE corrected_{table} ON COMMIT DROP AS
        WITH shut AS MATERIALIZED (
            SELECT c.* FROM {table} c JOIN taken t ON t.child_id = c.child_id
            WHERE NOT upper_inf(c.recorded) AND (upper(c.recorded) IN (SELECT at FROM correction) OR EXISTS (
                SELECT FROM correction x
                WHERE x.record_id = c.{identity} AND upper(c.recorded) = greatest(x.at, lower(c.recorded) + interval '1 microsecond')))
        )
        SELECT c.{identity} AS record_id, c.child_id AS of_child, {was}, {now}, n.{identity} IS NULL AS gone
        FROM shut c LEFT JOIN {table} n ON n.{identity} = c.{identity} AND lower(n.recorded) = upper(c.recorded);
        ANALYZE corrected_{table};
    """  # noqa: S608 - as above


def _matched(versioned: Versioned) -> str:
    """What is desired and was corrected, as it is to be: by the record in force where a correction has changed that column, by
    the return where none has."""
    table, identity = versioned.table, versioned.identity
    was_key = " AND ".join(["c.of_child = d.child_id", *(f"c.was_{name} = d.{name}" for name in versioned.key)])
    merged = ", ".join([*(f"v.{name}" for name in versioned.key), *(f"{_merged(versioned, name)} AS {name}" for name in versioned.payload)])
    taken_by_another = ""
    if versioned.key:
        same_key = _same_key("o", "d", versioned)
        taken_by_another = (
            f"WHERE NOT EXISTS (SELECT FROM {table} o WHERE upper_inf(o.recorded) AND {same_key} AND o.{identity} <> c.record_id)"
        )
    told = ", ".join(
        f"CASE WHEN m.{name} IS DISTINCT FROM d.{name} THEN '{name.replace('_', ' ')} ' || coalesce(m.{name}::text, 'none') END"
        for name in versioned.key + versioned.payload
        if name not in versioned.own
    )
    return f"""
        CREATE TEMP TABLE kept_{table} ON COMMIT DROP AS
        WITH matched AS (
            SELECT DISTINCT ON (d.ctid) d.ctid AS place, c.record_id
            FROM desired_{table} d JOIN corrected_{table} c ON {was_key}
            LEFT JOIN {table} v ON v.{identity} = c.record_id AND upper_inf(v.recorded)
            {taken_by_another}
            ORDER BY d.ctid, v.{identity} IS NULL, c.record_id
        ), merged AS (
            SELECT p.place, p.record_id, d.child_id, v.{identity} IS NULL AS gone, {merged}
            FROM matched p JOIN desired_{table} d ON d.ctid = p.place
            CROSS JOIN LATERAL (SELECT {_news(versioned)}, bool_or(a.gone) AS gone FROM corrected_{table} a
                                WHERE a.record_id = p.record_id AND a.of_child = d.child_id) a
            LEFT JOIN {table} v ON v.{identity} = p.record_id AND v.child_id = d.child_id AND upper_inf(v.recorded)
            WHERE v.{identity} IS NOT NULL OR a.gone
        )
        SELECT m.*, m.gone OR ({versioned.sane}) AS sane, told.differs
        FROM merged m JOIN desired_{table} d ON d.ctid = m.place CROSS JOIN LATERAL (SELECT concat_ws(', ', {told}) AS differs) told
        WHERE m.gone OR told.differs <> '';
    """  # noqa: S608 - as above


def _news(versioned: Versioned) -> str:
    """Of each column, whether a correction has taken away the very value that is stated."""
    return ", ".join(
        f"bool_or(a.was_{name} IS NOT DISTINCT FROM d.{name} AND a.now_{name} IS DISTINCT FROM a.was_{name}) AS {name}"
        for name in versioned.payload
    )


def _merged(versioned: Versioned, name: str) -> str:
    if name in versioned.own and name not in versioned.lasting:
        return f"v.{name}"
    kept = f"a.{name}"
    if name in versioned.lasting:
        day = versioned.lasting[0]
        kept += f" OR a.{day} OR d.{day} IS NULL AND v.{day} > (SELECT h.last_day FROM {versioned.horizon} h)"  # noqa: S608
        if name in versioned.own:
            kept += f" OR v.{day} IS NOT DISTINCT FROM d.{day}"
    return f"CASE WHEN {kept} THEN v.{name} ELSE d.{name} END"


def _same_key(one: str, other: str, versioned: Versioned) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in ("child_id", *versioned.key))
