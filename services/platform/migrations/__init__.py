"""Migrations: ordered by alembic, written in SQL."""
