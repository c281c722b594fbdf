"""Runs are kept from their start; marks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    when = sa.DateTime(timezone=True)
    op.add_column("prodgate_runs", sa.Column("started", when))
    op.execute("UPDATE prodgate_runs SET started = finished")
    with op.batch_alter_table("prodgate_runs") as runs:
        runs.alter_column("started", existing_type=when, nullable=False)
        runs.alter_column("finished", existing_type=when, nullable=True)
    op.create_index("prodgate_runs_by_pull", "prodgate_runs", ["repository", "pull"])
    op.create_index("prodgate_runs_by_start", "prodgate_runs", ["started"])
    op.create_table(
        "prodgate_marks",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("at", when, nullable=False),
    )
