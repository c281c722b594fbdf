"""Commits that `/fix` made."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "prodgate_repairs",
        sa.Column("repository", sa.BigInteger, primary_key=True),
        sa.Column("commit", sa.String(64), primary_key=True),
        sa.Column("pull", sa.Integer, nullable=False),
        sa.Column("fixed", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("prodgate_repairs_by_pull", "prodgate_repairs", ["repository", "pull"])
