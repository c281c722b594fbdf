"""Writes to GitHub, counted for all workers together."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "prodgate_writes",
        sa.Column("installation", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
    )
    op.create_index("prodgate_writes_by_time", "prodgate_writes", ["installation", "at"])
