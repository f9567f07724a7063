-- name: state_seen()$
-- Which transactions this one can see the deeds of: as long as it is the same, nothing at all was written.
SELECT pg_current_snapshot()::text;
