"""Runs and the workers' leases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "prodgate_runs",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("installation", sa.BigInteger, nullable=False),
        sa.Column("repository", sa.BigInteger, nullable=False),
        sa.Column("full_name", sa.String(300), nullable=False),
        sa.Column("pull", sa.Integer, nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("conclusion", sa.String(20), nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "prodgate_leases",
        sa.Column("executor", sa.String(64), primary_key=True),
        sa.Column("seen", sa.DateTime, nullable=False),
    )
