"""What open pull requests claim in the histories of their branches."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "prodgate_claims",
        sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("pull", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("branch", sa.String(255), primary_key=True),
        sa.Column("claims", sa.Text, nullable=False),
    )
