"""Our own tables, beside the queue's in the same database. Every change of them is a migration."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

runs = sa.Table(
    "prodgate_runs",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("installation", sa.BigInteger, nullable=False),
    sa.Column("repository", sa.BigInteger, nullable=False),
    sa.Column("full_name", sa.String(300), nullable=False),
    sa.Column("pull", sa.Integer, nullable=False),
    sa.Column("head", sa.String(64), nullable=False),
    sa.Column("conclusion", sa.String(20), nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("started", sa.DateTime(timezone=True), nullable=False),
    sa.Column("finished", sa.DateTime(timezone=True)),
    sa.Index("prodgate_runs_by_pull", "repository", "pull"),
    sa.Index("prodgate_runs_by_start", "started"),
)
"""One judging of one head each. `conclusion` is empty while it runs; `report` is JSON, `{}` until it ends."""

leases = sa.Table(
    "prodgate_leases",
    metadata,
    sa.Column("executor", sa.String(64), primary_key=True),
    sa.Column("seen", sa.DateTime, nullable=False),
)
"""When each worker was last alive, by the database's clock."""

marks = sa.Table(
    "prodgate_marks",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)
"""How far work that goes through the past has come."""

writes = sa.Table(
    "prodgate_writes",
    metadata,
    sa.Column("installation", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Float(53), nullable=False),
    sa.Index("prodgate_writes_by_time", "installation", "at"),
)
"""What was written to GitHub within the last hour, in seconds since 1970."""

repairs = sa.Table(
    "prodgate_repairs",
    metadata,
    sa.Column("repository", sa.BigInteger, primary_key=True),
    sa.Column("commit", sa.String(64), primary_key=True),
    sa.Column("pull", sa.Integer, nullable=False),
    sa.Column("fixed", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("prodgate_repairs_by_pull", "repository", "pull"),
)
"""Commits that `/fix` made, with the findings that they fixed as JSON."""

claims = sa.Table(
    "prodgate_claims",
    metadata,
    sa.Column("repository", sa.BigInteger, primary_key=True),
    sa.Column("pull", sa.Integer, primary_key=True),
    sa.Column("branch", sa.String(255), primary_key=True),
    sa.Column("claims", sa.Text, nullable=False),
)
"""What open pull requests claim in the histories of their branches, as JSON."""
