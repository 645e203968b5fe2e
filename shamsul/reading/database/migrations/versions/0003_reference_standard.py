"""Which findings the cases of a study have, where that was told with them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "finding",
        sa.Column("case_id", sa.Integer, sa.ForeignKey("study_case.id"), primary_key=True),
        sa.Column("label", sa.String(80), primary_key=True),
        sa.Column("present", sa.Boolean, nullable=False),
    )
