"""Studies, cases, answers and their revisions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "study",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("questionnaire", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "study_case",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("study_id", sa.Integer, sa.ForeignKey("study.id"), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("image_sha256", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.UniqueConstraint("study_id", "name"),
        sa.UniqueConstraint("study_id", "image_sha256"),
        sa.UniqueConstraint("study_id", "position"),
    )
    op.create_table(
        "answer",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.Integer, sa.ForeignKey("study_case.id"), nullable=False),
        sa.Column("reader", sa.String(80), nullable=False),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("method", sa.Text),
        sa.Column("control", sa.Text),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_index(
        "one_answer_per_question",
        "answer",
        [
            "case_id",
            "reader",
            "session",
            "label",
            sa.text("coalesce(method, '')"),
            sa.text("coalesce(control, '')"),
            "item",
        ],
        unique=True,
    )
    op.create_table(
        "revision",
        sa.Column("answer_id", sa.Integer, sa.ForeignKey("answer.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime, nullable=False),
        sa.Column("active_seconds", sa.Double, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("model_sha256", sa.String(64)),
        sa.Column("probability", sa.Double),
        sa.Column("blinded", sa.Boolean, nullable=False),
        sa.Column("case_order", sa.Integer, nullable=False),
        sa.Column("repeat_of", sa.String(80)),
        sa.Column("warm_up", sa.Boolean, nullable=False),
        sa.Column("method_name_shown", sa.Text),
        sa.Column("panel_position", sa.Integer),
        sa.Column("heatmap_sha256", sa.String(64)),
        sa.Column("opacity", sa.Double),
        sa.Column("normalisation", sa.Text),
    )
