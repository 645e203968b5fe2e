"""What the worklist says of cases: where from, since when, a note, what the model makes of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "case_listing",
        sa.Column("case_id", sa.Integer, sa.ForeignKey("study_case.id"), primary_key=True),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("added_at", sa.DateTime),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("removed_at", sa.DateTime),
    )
    op.create_table(
        "appraisal",
        sa.Column("image_sha256", sa.String(64), primary_key=True),
        sa.Column("model", sa.String(64), primary_key=True),
        sa.Column("warnings", sa.Integer, nullable=False),
        sa.Column("top_label", sa.Text, nullable=False),
        sa.Column("top_probability", sa.Double, nullable=False),
        sa.Column("maps", sa.Integer, nullable=False),
        sa.Column("disagreement", sa.Double),
    )
    op.create_table(
        "probability",
        sa.Column("image_sha256", sa.String(64), primary_key=True),
        sa.Column("model", sa.String(64), primary_key=True),
        sa.Column("label", sa.String(80), primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
    )
