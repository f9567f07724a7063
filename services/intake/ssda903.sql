-- The yearly return on children looked after, judged where its rows lie.

-- name: judge_episodes#
INSERT INTO staged_finding
SELECT file_name, s.line, s.element, nullif(s.child, ''), s.faults[i], s.faults[i + 1]
FROM staged_episode s CROSS JOIN generate_series(1, cardinality(s.faults), 2) i, staged_file WHERE part = 'episode';

INSERT INTO staged_finding
SELECT file_name, e.line, e.element, e.child, '354', format('the episode begins on %s, after %s', e.started_on, i.as_of)
FROM staged_episode e, staged_import i, staged_file WHERE part = 'episode' AND e.started_on > i.as_of;

INSERT INTO staged_finding
SELECT file_name, e.line, e.element, e.child, '385', format('the episode ends on %s, after %s', e.ended_on, i.as_of)
FROM staged_episode e, staged_import i, staged_file WHERE part = 'episode' AND e.ended_on > i.as_of AND e.started_on <= i.as_of;

CREATE TEMP TABLE episode_stated ON COMMIT DROP AS
SELECT DISTINCT ON (e.child, e.started_on) e.ctid AS place, e.line, e.element, e.child, e.started_on, e.reason_started, e.legal_status,
       e.placement, CASE WHEN e.ended_on <= i.as_of THEN e.ended_on END AS ended_on,
       CASE WHEN e.ended_on IS NULL OR e.ended_on <= i.as_of THEN e.reason_ended END AS reason_ended
FROM staged_episode e, staged_import i WHERE e.child <> '' AND e.started_on <= i.as_of
ORDER BY e.child, e.started_on, e.ctid DESC;
CREATE INDEX ON episode_stated (child, started_on);
ANALYZE episode_stated;

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child,
       CASE WHEN same THEN 'DUPLICATE' ELSE '501' END,
       format(CASE WHEN same THEN 'the episode of %s is stated again in line %s' ELSE 'another episode begins on %s, in line %s' END,
              s.started_on, e.line)
FROM staged_episode s JOIN episode_stated e USING (child, started_on)
JOIN staged_episode kept ON kept.ctid = e.place
CROSS JOIN LATERAL (SELECT (s.ended_on, s.reason_started, s.legal_status, s.placement, s.reason_ended) IS NOT DISTINCT FROM
    (kept.ended_on, kept.reason_started, kept.legal_status, kept.placement, kept.reason_ended) AS same) compared, staged_file
WHERE part = 'episode' AND s.ctid <> e.place;

INSERT INTO staged_finding
SELECT file_name, e.line, e.element, e.child, found.rule, found.message
FROM (SELECT *, lead(started_on) OVER w AS next_on, lead(reason_started) OVER w AS next_reason,
             lag(ended_on) OVER w AS last_ended, lag(reason_ended) OVER w AS last_reason, lag(started_on) OVER w AS last_on
      FROM episode_stated WINDOW w AS (PARTITION BY child ORDER BY started_on)) e
LEFT JOIN child_stated c USING (child) CROSS JOIN staged_import i
CROSS JOIN LATERAL (
    SELECT '356', format('begins on %s, ends on %s', e.started_on, e.ended_on)
    WHERE e.ended_on < e.started_on
    UNION ALL SELECT '501', format('ends on %s, the next begins on %s', e.ended_on, e.next_on)
    WHERE e.next_on < e.ended_on
    UNION ALL SELECT '142', format('begun on %s and not ended, yet the next begins on %s', e.started_on, e.next_on)
    WHERE e.ended_on IS NULL AND e.next_on IS NOT NULL AND e.reason_ended IS DISTINCT FROM 'X1'
    UNION ALL SELECT '302', format('begins on %s, born on %s', e.started_on, c.born_on)
    WHERE e.started_on < c.born_on
    UNION ALL SELECT '148', format('REC %s without DEC: taken as not ended', e.reason_ended)
    WHERE e.ended_on IS NULL AND e.reason_ended IS NOT NULL
    UNION ALL SELECT '148', format('DEC %s without REC: care ended then, unless the next episode begins that day', e.ended_on)
    WHERE e.ended_on IS NOT NULL AND e.reason_ended IS NULL
    UNION ALL SELECT '388', format('ended on %s with X1, and no episode begins that day', e.ended_on)
    WHERE e.reason_ended = 'X1' AND e.ended_on < i.as_of AND (e.next_on IS NULL OR e.next_on > e.ended_on AND e.next_reason <> 'S')
    UNION ALL SELECT '432',
        format('begins on %s with RNE %s after care had ended on %s', e.started_on, e.reason_started, e.last_ended)
    WHERE e.last_reason <> 'X1' AND e.last_ended IS NOT NULL AND e.reason_started <> 'S'
    UNION ALL SELECT '431', format('RNE S on %s, but the episode before did not end care', e.started_on)
    WHERE e.last_on IS NOT NULL AND (e.last_reason = 'X1' OR e.last_ended IS NULL) AND e.reason_started = 'S'
    UNION ALL SELECT CASE e.reason_ended WHEN 'E2' THEN '437' ELSE 'FOUND_OF_AGE' END, format('ended on %s with %s, yet another episode begins on %s', e.ended_on, e.reason_ended, e.next_on)
    WHERE e.reason_ended IN ('E2', 'E15') AND e.next_on IS NOT NULL
    UNION ALL SELECT '359', format('from %s to %s, born on %s', e.started_on, coalesce(e.ended_on::text, 'now'), c.born_on)
    WHERE e.next_on IS NULL AND coalesce(e.ended_on, i.as_of) > c.born_on + interval '18 years' + interval '1 month'
    UNION ALL SELECT '353', format('begins on %s', e.started_on)
    WHERE e.started_on < '1991-10-14'
    UNION ALL SELECT '355', format('begins and ends on %s', e.started_on)
    WHERE e.started_on = e.ended_on AND e.reason_ended IS DISTINCT FROM 'X1'
    UNION ALL SELECT '365', format('from %s to %s', e.started_on, e.ended_on)
    WHERE e.legal_status = 'V3' AND e.ended_on > e.started_on + 17
) found (rule, message), staged_file WHERE part = 'episode';

-- name: judge_reviews#
INSERT INTO staged_finding
SELECT file_name, s.line, s.element, nullif(s.child, ''), s.faults[i], s.faults[i + 1]
FROM staged_review s CROSS JOIN generate_series(1, cardinality(s.faults), 2) i, staged_file WHERE part = 'review';

CREATE TEMP TABLE review_stated ON COMMIT DROP AS
SELECT DISTINCT ON (r.child, r.held_on) r.ctid AS place, r.line, r.element, r.child, r.held_on, r.participation
FROM staged_review r, staged_import i WHERE r.child <> '' AND r.held_on <= i.as_of
ORDER BY r.child, r.held_on, r.ctid DESC;
CREATE INDEX ON review_stated (child, held_on);
ANALYZE review_stated;

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child,
       CASE WHEN s.participation IS DISTINCT FROM r.participation THEN 'REVIEW_TWICE' ELSE 'DUPLICATE' END,
       format('the review of %s is stated again in line %s', s.held_on, r.line)
FROM staged_review s JOIN review_stated r USING (child, held_on), staged_file WHERE part = 'review' AND s.ctid <> r.place;

INSERT INTO staged_finding
SELECT file_name, r.line, r.element, r.child, found.rule, found.message
FROM staged_review r JOIN child_stated c USING (child) CROSS JOIN staged_import i
CROSS JOIN LATERAL (
    SELECT 'INT17', format('born %s here, %s in the header', r.born_on, c.born_on)
    WHERE r.born_on <> c.born_on
    UNION ALL SELECT 'REVIEW_BEFORE_BIRTH', format('held on %s, born on %s', r.held_on, c.born_on)
    WHERE r.held_on < c.born_on
    UNION ALL SELECT 'REVIEW_IN_FUTURE', format('held on %s, after %s', r.held_on, i.as_of)
    WHERE r.held_on > i.as_of
    UNION ALL SELECT '440', format('PN0 on %s, born on %s', r.held_on, c.born_on)
    WHERE r.held_on > c.born_on + interval '4 years' AND r.participation = 'PN0'
    UNION ALL SELECT '441', format('%s on %s, born on %s', r.participation, r.held_on, c.born_on)
    WHERE r.held_on >= c.born_on AND r.held_on < c.born_on + interval '4 years' AND r.participation <> 'PN0'
) found (rule, message), staged_file WHERE part = 'review';

-- name: judge_whole_children#
-- What no single row shows: a child's rows may lie anywhere in the files.
INSERT INTO staged_finding
SELECT DISTINCT ON (s.child) file_name, s.line, s.element, s.child, 'INT03', format('%s has no row for this child', (SELECT h.file_name FROM staged_file h WHERE h.part = 'child'))
FROM staged_episode s, staged_file
WHERE part = 'episode' AND s.child <> '' AND NOT EXISTS (SELECT FROM child_stated c WHERE c.child = s.child) ORDER BY s.child, s.ctid;

INSERT INTO staged_finding
SELECT DISTINCT ON (s.child) file_name, s.line, s.element, s.child, 'INT08', format('%s has no row for this child', (SELECT h.file_name FROM staged_file h WHERE h.part = 'child'))
FROM staged_review s, staged_file
WHERE part = 'review' AND s.child <> '' AND NOT EXISTS (SELECT FROM child_stated c WHERE c.child = s.child) ORDER BY s.child, s.ctid;

CREATE TEMP TABLE child_without_episodes ON COMMIT DROP AS
SELECT child FROM child_stated EXCEPT SELECT child FROM staged_episode;

INSERT INTO staged_finding
SELECT file_name, c.line, c.element, c.child, 'EPI', 'the episodes have no row for this child'
FROM child_stated c JOIN child_without_episodes USING (child), staged_import i, staged_file
WHERE part = 'child' AND i.source = 'SSDA903' AND NOT EXISTS (SELECT FROM review_stated r WHERE r.child = c.child);

INSERT INTO staged_finding
SELECT DISTINCT ON (r.child) file_name, r.line, r.element, r.child, found.rule, found.message
FROM review_stated r
JOIN (SELECT child, '1012', 'reviews, but the episodes have no row for this child' FROM child_without_episodes
      UNION ALL
      SELECT child, '399', 'reviews, but every episode is a short break (V3, V4)' FROM episode_stated
      GROUP BY child HAVING bool_and(legal_status IN ('V3', 'V4'))) found (child, rule, message) USING (child), staged_import i, staged_file
WHERE part = 'review' AND i.source = 'SSDA903' ORDER BY r.child, r.held_on;

-- name: find_windows#
-- The return is a window that closes with the collection year of its last days (the outermost few of them aside), whenever it is
-- imported. Episodes that ended before it opened, or began after it closed, are known from other returns and stay; what had not
-- ended when it closed may have ended since. A child of whom nothing is taken says nothing of the window either.
CREATE TEMP TABLE return_horizon ON COMMIT DROP AS
SELECT least(i.as_of, make_date(extract(year FROM coalesce(d.day, i.as_of) - interval '3 months')::int + 1, 3, 31)) AS last_day
FROM staged_import i, (
    SELECT pg_temp.nth_day(array_agg(day), true) AS day
    FROM (SELECT child, started_on AS day FROM episode_stated
          UNION ALL SELECT child, ended_on FROM episode_stated WHERE ended_on IS NOT NULL
          UNION ALL SELECT child, held_on FROM review_stated) days JOIN taken USING (child)) d;

CREATE TEMP TABLE episode_window ON COMMIT DROP AS
SELECT make_date(extract(year FROM coalesce(e.day, i.as_of) - interval '3 months')::int
                 + CASE WHEN i.source = 'SSD' THEN 1 ELSE 0 END,  -- a dataset reaches back to a day in that year, not to its first
                 4, 1) AS first_day
FROM staged_import i, (
    SELECT pg_temp.nth_day(array_agg(ended_on), false) AS day
    FROM episode_stated JOIN taken USING (child) WHERE ended_on IS NOT NULL) e;

CREATE TEMP TABLE review_window ON COMMIT DROP AS
SELECT make_date(extract(year FROM pg_temp.nth_day(array_agg(held_on), false) - interval '3 months')::int, 4, 1) AS first_day
FROM review_stated JOIN taken USING (child);

-- Reviews before it may be in no record of ours, unless other returns have brought them.
CREATE TEMP TABLE review_view ON COMMIT DROP AS
SELECT coalesce(r.first_day, e.first_day) AS first_day, h.last_day,
       ARRAY['CARE_REVIEW', 'SHORT_BREAK_REVIEW', 'ADOPTION_REVIEW'] AS kinds
FROM review_window r CROSS JOIN episode_window e CROSS JOIN return_horizon h;

-- name: desire_episodes#
CREATE TEMP TABLE episode_child ON COMMIT DROP AS
SELECT t.child_id, min(e.started_on) AS first_on FROM episode_stated e JOIN taken t USING (child) GROUP BY t.child_id;

CREATE TEMP TABLE desired_care_episode ON COMMIT DROP AS
SELECT t.child_id, e.started_on, coalesce(e.ended_on, v.ended_on) AS ended_on, e.reason_started, e.legal_status, e.placement,
       CASE WHEN e.ended_on IS NULL AND v.ended_on IS NOT NULL THEN v.reason_ended ELSE e.reason_ended END AS reason_ended
FROM episode_stated e JOIN taken t USING (child) CROSS JOIN return_horizon
LEFT JOIN care_episode v ON v.child_id = t.child_id AND upper_inf(v.recorded) AND v.started_on = e.started_on AND v.ended_on > last_day
UNION ALL
SELECT v.child_id, v.started_on, v.ended_on, v.reason_started, v.legal_status, v.placement, v.reason_ended
FROM care_episode v JOIN episode_child c USING (child_id) CROSS JOIN episode_window CROSS JOIN return_horizon
WHERE upper_inf(v.recorded) AND (
    v.ended_on <= least(first_day, c.first_on) AND v.started_on < c.first_on OR v.started_on > last_day);
CREATE INDEX ON desired_care_episode (child_id);
ANALYZE desired_care_episode;

CREATE TEMP TABLE spoken_care_episode ON COMMIT DROP AS
SELECT v.id FROM care_episode v JOIN episode_child USING (child_id) WHERE upper_inf(v.recorded);

-- name: desire_periods#
-- RNE S starts a period of care, an end whose reason is not X1 ends it. An earliest episode that is no S: care had begun by then.
CREATE TEMP TABLE episode_placed ON COMMIT DROP AS
WITH told AS (
    SELECT *, ended_on IS NOT NULL AND reason_ended IS DISTINCT FROM 'X1'
              AND NOT coalesce(reason_ended IS NULL AND lead(started_on) OVER w = ended_on AND lead(reason_started) OVER w <> 'S', false)
              AS ends,
           row_number() OVER w AS place
    FROM desired_care_episode WINDOW w AS (PARTITION BY child_id ORDER BY started_on)
), begun AS (
    SELECT *, place = 1 OR reason_started = 'S' OR lag(ends) OVER w AS begins
    FROM told WINDOW w AS (PARTITION BY child_id ORDER BY place)
)
SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY child_id ORDER BY place) AS period FROM begun;
ANALYZE episode_placed;

CREATE TEMP TABLE period_derived ON COMMIT DROP AS
WITH ended AS (
    SELECT child_id, period, min(started_on) AS started_on, (array_agg(reason_started ORDER BY place))[1] = 'S' AS started_on_exact,
           (array_agg(CASE WHEN ends THEN ended_on END ORDER BY place DESC))[1] AS ended_on,
           (array_agg(CASE WHEN ends THEN reason_ended END ORDER BY place DESC))[1] AS end_reason,
           (array_agg(legal_status ORDER BY place DESC))[1] AS legal_status,
           coalesce(bool_and(coalesce(legal_status, '') IN ('V3', 'V4')), false) AS short_break
    FROM episode_placed GROUP BY child_id, period
)
SELECT child_id, period, started_on, started_on_exact,
       coalesce(ended_on, lead(started_on) OVER (PARTITION BY child_id ORDER BY started_on)) AS ended_on,
       end_reason, legal_status, short_break
FROM ended;
CREATE INDEX ON period_derived (child_id, period);

-- Another source may know the first day that this window does not show; it knows it still once this one has stated something else of
-- that record.
CREATE TEMP TABLE period_by_others ON COMMIT DROP AS
SELECT DISTINCT o.id, o.started_on FROM care_period o JOIN taken t ON t.child_id = o.child_id CROSS JOIN staged_import i WHERE o.source <> i.source;
CREATE TEMP TABLE desired_care_period ON COMMIT DROP AS
SELECT p.child_id, begun.started_on, begun.started_on_exact,
       coalesce(p.ended_on, since.ended_on) AS ended_on, coalesce(p.end_reason, since.end_reason) AS end_reason,
       p.legal_status, p.short_break,
       CASE WHEN NOT begun.started_on_exact OR known.from_day > begun.started_on THEN known.from_day END AS reviews_known_from
FROM period_derived p CROSS JOIN staged_import i CROSS JOIN review_view w
LEFT JOIN LATERAL (
    SELECT v.started_on, v.started_on_exact FROM care_period v
    WHERE v.child_id = p.child_id AND upper_inf(v.recorded) AND NOT p.started_on_exact
      AND (v.id, v.started_on) IN (SELECT o.id, o.started_on FROM period_by_others o)
      AND v.started_on <= p.started_on AND (v.ended_on IS NULL OR v.ended_on > p.started_on)
      AND NOT EXISTS (SELECT FROM period_derived e WHERE e.child_id = p.child_id AND e.started_on < p.started_on)
    ORDER BY v.started_on LIMIT 1) v ON true
LEFT JOIN LATERAL (
    SELECT min(e.entered_on) AS started_on FROM care_entered e JOIN taken t USING (child)
    WHERE t.child_id = p.child_id AND NOT p.started_on_exact AND e.entered_on <= p.started_on
      AND NOT EXISTS (SELECT FROM period_derived b WHERE b.child_id = p.child_id AND b.started_on < p.started_on AND b.ended_on > e.entered_on)
) entered ON true
CROSS JOIN LATERAL (
    SELECT coalesce(entered.started_on, v.started_on, p.started_on) AS started_on,
           entered.started_on IS NOT NULL OR coalesce(v.started_on_exact, p.started_on_exact) AS started_on_exact) begun
LEFT JOIN LATERAL (
    SELECT s.ended_on, s.end_reason FROM care_period s
    WHERE s.child_id = p.child_id AND upper_inf(s.recorded) AND s.started_on = begun.started_on
      AND p.ended_on IS NULL AND s.ended_on > w.last_day LIMIT 1) since ON true
LEFT JOIN LATERAL (  -- from when on they were known so far; nothing yet: null. What others stated, no window narrows.
    SELECT coalesce(k.reviews_known_from, CASE WHEN k.started_on_exact THEN k.started_on END) AS from_day, k.source <> i.source AS by_others
    FROM care_period k
    WHERE k.child_id = p.child_id AND upper_inf(k.recorded) AND begun.started_on < coalesce(k.ended_on, 'infinity')
      AND k.started_on < coalesce(p.ended_on, 'infinity')
    ORDER BY k.started_on DESC LIMIT 1) so_far ON true
CROSS JOIN LATERAL (SELECT CASE
    WHEN so_far.from_day IS NULL THEN w.first_day
    WHEN p.ended_on < w.first_day OR begun.started_on > w.last_day THEN so_far.from_day
    WHEN EXISTS (SELECT FROM unseen_year u WHERE u.first_day < greatest(so_far.from_day, w.first_day)
                 AND u.next_day > least(so_far.from_day, w.first_day))
        THEN CASE WHEN so_far.by_others THEN so_far.from_day ELSE greatest(so_far.from_day, w.first_day) END
    ELSE least(so_far.from_day, w.first_day) END AS from_day) known;
CREATE INDEX ON desired_care_period (child_id);
ANALYZE desired_care_period;

CREATE TEMP TABLE spoken_care_period ON COMMIT DROP AS
SELECT v.id FROM care_period v JOIN episode_child USING (child_id) CROSS JOIN staged_import i CROSS JOIN return_horizon
WHERE upper_inf(v.recorded) AND (v.source = i.source AND v.started_on <= last_day OR EXISTS (
    SELECT FROM desired_care_period d WHERE d.child_id = v.child_id
    AND d.started_on < coalesce(v.ended_on, 'infinity') AND v.started_on < coalesce(d.ended_on, 'infinity')));

-- name: compare_periods#
INSERT INTO staged_finding
SELECT file_name, c.line, c.element, c.child, 'SOURCES_DISAGREE',
       format('in care from %s to %s by %s; this return has other days', v.started_on, coalesce(v.ended_on::text, '…'), v.source)
FROM care_period v JOIN spoken_care_period USING (id) JOIN taken t ON t.child_id = v.child_id JOIN child_stated c USING (child)
CROSS JOIN staged_import i, staged_file
WHERE part = 'child' AND upper_inf(v.recorded) AND v.source <> i.source AND NOT EXISTS (
    SELECT FROM desired_care_period d WHERE d.child_id = v.child_id AND d.started_on = v.started_on
    AND (v.ended_on IS NULL OR d.ended_on IS NOT DISTINCT FROM v.ended_on));

-- name: desire_statuses#
-- What holds for some time of a child in care, as the episodes have it: LS V3 is one break of a series (V4 the agreement to a series,
-- which is a period of care and no break), J1 a remand, E1 (once D1) authority to place for adoption; PLACE A3 to A6 a placement for
-- adoption, K1 secure accommodation (of a child not remanded there), U1 and U4 long-term fostering. T0 to T4 are short stays
-- elsewhere, after which the child returns: the placement goes on.
CREATE TEMP TABLE episode_lived ON COMMIT DROP AS
SELECT e.*, CASE WHEN e.placement ~ '^T[0-4]$' THEN stay.placement ELSE e.placement END AS lives_in
FROM episode_placed e
LEFT JOIN LATERAL (
    SELECT p.placement FROM episode_placed p
    WHERE e.placement ~ '^T[0-4]$' AND p.child_id = e.child_id AND p.period = e.period AND p.place < e.place AND p.placement !~ '^T[0-4]$'
    ORDER BY p.place DESC LIMIT 1) stay ON true;

-- Where the records begin in the midst of a status, RNE says what had changed on that day: the legal status (L, B, U), the placement
-- (P, T, B, U). What had not changed held before, since nobody knows when. New carers (P, B) make another placement of those that are
-- a child's home with certain people.
CREATE TEMP TABLE status_derived ON COMMIT DROP AS
WITH stated AS (
    SELECT e.child_id, e.period, e.place, e.started_on, e.reason_started, s.status,
           CASE WHEN s.by_law THEN e.reason_started IN ('S', 'L', 'B', 'U')
                WHEN s.status = 'PLACED_FOR_ADOPTION' THEN e.reason_started IN ('S', 'P', 'T', 'B')
                ELSE e.reason_started IN ('S', 'P', 'T', 'B', 'U') END AS began_then,
           s.status IN ('PLACED_FOR_ADOPTION', 'LONG_TERM_PLACEMENT') AND e.reason_started IN ('P', 'B')
               AND NOT coalesce(e.placement ~ '^T[0-4]$', false) AND NOT coalesce(before.placement ~ '^T[0-4]$', false) AS anew
    FROM episode_lived e
    LEFT JOIN episode_lived before ON before.child_id = e.child_id AND before.period = e.period AND before.place = e.place - 1
    CROSS JOIN LATERAL (VALUES
        ('SHORT_BREAK', true, e.legal_status = 'V3'),
        ('REMAND', true, e.legal_status = 'J1'),
        ('AUTHORISED_FOR_ADOPTION', true, e.legal_status IN ('E1', 'D1')),
        ('PLACED_FOR_ADOPTION', false, e.lives_in IN ('A3', 'A4', 'A5', 'A6')),
        ('SECURE', false, e.lives_in = 'K1' AND e.legal_status IS DISTINCT FROM 'J1'),
        ('LONG_TERM_PLACEMENT', false, e.lives_in IN ('U1', 'U4'))) s (status, by_law, holds)
    WHERE s.holds
), parted AS (
    SELECT *, anew OR lag(place) OVER w IS DISTINCT FROM place - 1 AS begins
    FROM stated WINDOW w AS (PARTITION BY child_id, period, status ORDER BY place)
), numbered AS (
    SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY child_id, period, status ORDER BY place) AS span FROM parted
), spans AS (
    SELECT child_id, period, status, min(place) AS first_place, max(place) AS last_place, min(started_on) AS started_on,
           (array_agg(began_then ORDER BY place))[1] AS began_then
    FROM numbered GROUP BY child_id, period, status, span
)
SELECT s.child_id, s.status, s.started_on,
       s.began_then OR EXISTS (SELECT FROM episode_placed b WHERE b.child_id = s.child_id AND b.period = s.period
               AND b.place = s.first_place - 1 AND coalesce(b.ended_on, s.started_on) = s.started_on)
           AS started_on_exact,
       coalesce(after.started_on, p.ended_on) AS ended_on,
       CASE WHEN after.started_on IS NOT NULL THEN CASE s.status
                WHEN 'PLACED_FOR_ADOPTION' THEN 'DISRUPTED' WHEN 'AUTHORISED_FOR_ADOPTION' THEN 'REVOKED' ELSE 'ENDED' END
            WHEN p.ended_on IS NULL THEN NULL
            WHEN p.end_reason IN ('E11', 'E12') THEN 'ADOPTED'
            WHEN p.end_reason = 'E2' THEN 'DIED'
            ELSE 'CARE_ENDED' END AS end_reason
FROM spans s JOIN period_derived p USING (child_id, period)
LEFT JOIN episode_placed after ON after.child_id = s.child_id AND after.period = s.period AND after.place = s.last_place + 1;
CREATE INDEX ON status_derived (child_id, status);
ANALYZE status_derived;

-- Another source may know the first day that this window does not show, an end after it, and the day on which a remand is to end.
CREATE TEMP TABLE status_by_others ON COMMIT DROP AS
SELECT DISTINCT o.id, o.started_on FROM care_status o JOIN taken t ON t.child_id = o.child_id CROSS JOIN staged_import i WHERE o.source <> i.source;
CREATE TEMP TABLE desired_care_status ON COMMIT DROP AS
SELECT d.child_id, d.status, coalesce(known.started_on, d.started_on) AS started_on,
       coalesce(known.started_on_exact, d.started_on_exact) AS started_on_exact,
       coalesce(d.ended_on, since.ended_on) AS ended_on, coalesce(d.end_reason, since.end_reason) AS end_reason, said.expected_end_on
FROM status_derived d CROSS JOIN staged_import i CROSS JOIN return_horizon h
LEFT JOIN LATERAL (
    SELECT v.started_on, v.started_on_exact FROM care_status v
    WHERE v.child_id = d.child_id AND v.status = d.status AND upper_inf(v.recorded) AND NOT d.started_on_exact
      AND (v.id, v.started_on) IN (SELECT o.id, o.started_on FROM status_by_others o)
      AND v.started_on <= d.started_on AND (v.ended_on IS NULL OR v.ended_on > d.started_on)
    ORDER BY v.started_on LIMIT 1) known ON true
LEFT JOIN LATERAL (
    SELECT v.ended_on, v.end_reason FROM care_status v
    WHERE v.child_id = d.child_id AND v.status = d.status AND upper_inf(v.recorded) AND d.ended_on IS NULL
      AND v.started_on = coalesce(known.started_on, d.started_on) AND v.ended_on > h.last_day LIMIT 1) since ON true
LEFT JOIN LATERAL (
    SELECT max(v.expected_end_on) AS expected_end_on FROM care_status v
    WHERE v.child_id = d.child_id AND v.status = d.status AND upper_inf(v.recorded)
      AND v.started_on <= coalesce(d.ended_on, 'infinity') AND d.started_on <= coalesce(v.ended_on, 'infinity')) said ON true;
CREATE INDEX ON desired_care_status (child_id);
ANALYZE desired_care_status;

-- A return without placements says nothing of what follows from them.
CREATE TEMP TABLE spoken_care_status ON COMMIT DROP AS
SELECT v.id FROM care_status v JOIN episode_child USING (child_id) CROSS JOIN staged_import i CROSS JOIN return_horizon h
WHERE upper_inf(v.recorded)
  AND (v.status IN ('SHORT_BREAK', 'REMAND', 'AUTHORISED_FOR_ADOPTION') AND EXISTS (SELECT FROM staged_episode e WHERE e.legal_status IS NOT NULL)
       OR v.status IN ('PLACED_FOR_ADOPTION', 'SECURE', 'LONG_TERM_PLACEMENT') AND EXISTS (SELECT FROM staged_episode e WHERE e.placement IS NOT NULL))
  AND (v.source = i.source AND v.started_on <= h.last_day OR EXISTS (
       SELECT FROM desired_care_status d WHERE d.child_id = v.child_id AND d.status = v.status
       AND d.started_on < coalesce(v.ended_on, 'infinity') AND v.started_on < coalesce(d.ended_on, 'infinity')));

-- name: compare_statuses#
INSERT INTO staged_finding
SELECT file_name, c.line, c.element, c.child, 'SOURCES_DISAGREE',
       format('%s from %s to %s by %s; this return has other days', lower(replace(v.status, '_', ' ')), v.started_on,
              coalesce(v.ended_on::text, '…'), v.source)
FROM care_status v JOIN spoken_care_status USING (id) JOIN taken t ON t.child_id = v.child_id JOIN child_stated c USING (child)
CROSS JOIN staged_import i, staged_file
WHERE part = 'child' AND upper_inf(v.recorded) AND v.source <> i.source AND NOT EXISTS (
    SELECT FROM desired_care_status d WHERE d.child_id = v.child_id AND d.status = v.status AND d.started_on = v.started_on
    AND (v.ended_on IS NULL OR d.ended_on IS NOT DISTINCT FROM v.ended_on));

-- name: note_ends#
-- REC E2: the child died. E11, E12: a court made the adoption order.
UPDATE desired_child_fact d SET died_on = coalesce(d.died_on, e.died_on), adopted_on = coalesce(e.adopted_on, d.adopted_on)
FROM (SELECT child_id, max(ended_on) FILTER (WHERE reason_ended = 'E2') AS died_on,
             max(ended_on) FILTER (WHERE reason_ended IN ('E11', 'E12')) AS adopted_on
      FROM desired_care_episode GROUP BY child_id) e
WHERE d.child_id = e.child_id AND num_nonnulls(e.died_on, e.adopted_on) > 0;

-- name: desire_reviews#
-- The same review as the diary or another source has it keeps its kind and its meeting, also once this return has stated something
-- else of it. `by_hand`: no return can take it back by stating it no longer.
CREATE TEMP TABLE review_by_others ON COMMIT DROP AS
SELECT o.id, o.kind, bool_or(o.source NOT IN ('SSDA903', 'CIN_CENSUS', 'SSD')) AS by_hand
FROM held_record o JOIN taken t ON t.child_id = o.child_id CROSS JOIN staged_import i WHERE o.source <> i.source GROUP BY o.id, o.kind;
ANALYZE review_by_others;
CREATE TEMP TABLE review_known ON COMMIT DROP AS
SELECT DISTINCT ON (v.child_id, v.held_on) v.child_id, v.held_on, v.kind, v.completed_on, v.meeting_id, v.participation,
       v.to_reconvene, v.without_meeting, v.source
FROM held_record v JOIN taken USING (child_id) CROSS JOIN staged_import i
WHERE upper_inf(v.recorded) AND (v.meeting_id IS NOT NULL OR (v.id, v.kind) IN (SELECT o.id, o.kind FROM review_by_others o))
  AND v.kind IN ('CARE_REVIEW', 'SHORT_BREAK_REVIEW', 'ADOPTION_REVIEW')
ORDER BY v.child_id, v.held_on, v.meeting_id IS NULL;
ANALYZE review_known;

CREATE TEMP TABLE desired_held_record ON COMMIT DROP AS
SELECT t.child_id, r.held_on,
       coalesce(v.kind, CASE WHEN adoption.runs THEN 'ADOPTION_REVIEW' WHEN short.short_break THEN 'SHORT_BREAK_REVIEW' ELSE 'CARE_REVIEW' END) AS kind,
       v.completed_on, v.meeting_id, coalesce(v.to_reconvene, false) AS to_reconvene, coalesce(v.without_meeting, false) AS without_meeting,
       CASE WHEN v.source = i.source THEN r.participation ELSE coalesce(r.participation, v.participation) END AS participation
FROM review_stated r JOIN taken t USING (child) CROSS JOIN staged_import i
LEFT JOIN LATERAL (  -- the period of that day, else the child's last before it, else the first
    SELECT p.short_break FROM desired_care_period p WHERE p.child_id = t.child_id
    ORDER BY p.started_on <= r.held_on DESC, abs(p.started_on - r.held_on) LIMIT 1) short ON true
CROSS JOIN LATERAL (  -- once there is authority to place, adoption reviews take the place of the others
    SELECT EXISTS (SELECT FROM desired_care_status s WHERE s.child_id = t.child_id
                   AND s.status IN ('AUTHORISED_FOR_ADOPTION', 'PLACED_FOR_ADOPTION')
                   AND (s.started_on < r.held_on OR s.started_on = r.held_on AND NOT s.started_on_exact)
                   AND (s.ended_on IS NULL OR r.held_on <= s.ended_on)) AS runs) adoption
LEFT JOIN review_known v ON v.child_id = t.child_id AND v.held_on = r.held_on;

CREATE TEMP TABLE spoken_held_record ON COMMIT DROP AS
SELECT v.id FROM held_record v JOIN taken t ON t.child_id = v.child_id CROSS JOIN staged_import i
     CROSS JOIN review_window CROSS JOIN return_horizon
WHERE upper_inf(v.recorded) AND v.source = i.source AND v.meeting_id IS NULL
  AND v.id NOT IN (SELECT o.id FROM review_by_others o WHERE o.by_hand)
  AND v.kind IN ('CARE_REVIEW', 'SHORT_BREAK_REVIEW', 'ADOPTION_REVIEW')
  AND (v.held_on BETWEEN first_day AND last_day
       OR EXISTS (SELECT FROM desired_held_record d WHERE d.child_id = v.child_id AND d.held_on = v.held_on));

-- name: compare_reviews#
INSERT INTO staged_finding
SELECT file_name, r.line, r.element, r.child, 'SOURCES_DISAGREE',
       format('%s on %s here, %s by %s', r.participation, r.held_on, v.participation, v.source)
FROM review_stated r JOIN taken t USING (child) CROSS JOIN staged_import i
JOIN review_known v ON v.child_id = t.child_id AND v.held_on = r.held_on
JOIN desired_held_record d ON d.child_id = t.child_id AND d.held_on = r.held_on AND d.participation = r.participation, staged_file
WHERE part = 'review' AND v.source <> i.source AND r.participation <> v.participation;

INSERT INTO staged_finding
SELECT file_name, r.line, r.element, r.child, 'REVIEW_OUTSIDE_CARE', format('held on %s, outside every period of care', r.held_on)
FROM review_stated r JOIN taken t USING (child), staged_file
WHERE part = 'review' AND EXISTS (SELECT FROM desired_care_period p WHERE p.child_id = t.child_id) AND NOT EXISTS (
    SELECT FROM desired_care_period p WHERE p.child_id = t.child_id AND (p.started_on <= r.held_on OR NOT p.started_on_exact)
    AND (p.ended_on IS NULL OR r.held_on <= p.ended_on OR p.short_break));

INSERT INTO staged_finding
SELECT file_name, r.line, r.element, r.child, 'REVIEW_ON_FIRST_DAY', format('held on %s, when care began', r.held_on)
FROM review_stated r JOIN taken t USING (child), staged_file
WHERE part = 'review' AND EXISTS (
    SELECT FROM desired_care_period p
    WHERE p.child_id = t.child_id AND p.started_on = r.held_on AND p.started_on_exact AND NOT p.short_break) AND NOT EXISTS (
    SELECT FROM desired_care_period p WHERE p.child_id = t.child_id AND p.started_on < r.held_on AND p.ended_on = r.held_on);

-- name: rows_of_ssda903()$
SELECT (SELECT count(*) FROM staged_child) + (SELECT count(*) FROM staged_episode) + (SELECT count(*) FROM staged_review);

-- name: settle_ssda903#
ANALYZE staged_child;
ANALYZE staged_episode;
ANALYZE staged_review;
