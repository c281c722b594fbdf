"""Brings our tables to the newest revision."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

LOCK = 0x70726F64
"""Of PostgreSQL's advisory locks: processes that start together migrate one after the other."""


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Applies what is missing, all of it or nothing; raises `sqlalchemy.exc.SQLAlchemyError`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
