"""Plans, versions of questionnaires, readings, and accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _wordings()
    op.add_column("study", sa.Column("plan", sa.Text))
    op.add_column("study", sa.Column("closed_at", sa.DateTime))
    _answers()
    _readings()
    _accounts()


def _wordings() -> None:
    op.create_table(
        "wording",
        sa.Column("study_id", sa.Integer, sa.ForeignKey("study.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.execute(
        "INSERT INTO wording (study_id, version, content, created_at) "
        "SELECT id, 1, questionnaire, created_at FROM study"
    )
    op.drop_column("study", "questionnaire")
    op.create_table(
        "reader_answer",
        sa.Column("study_id", sa.Integer, sa.ForeignKey("study.id"), primary_key=True),
        sa.Column("reader", sa.String(80), primary_key=True),
        sa.Column("item", sa.String(80), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("wording", sa.Integer, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime, nullable=False),
    )


def _answers() -> None:
    # What a case repeats tells its answers from those of the first reading.
    op.add_column("answer", sa.Column("repeat_of", sa.String(80)))
    op.execute(
        "UPDATE answer SET repeat_of = "
        "(SELECT min(repeat_of) FROM revision WHERE revision.answer_id = answer.id)"
    )
    op.drop_index("one_answer_per_question", "answer")
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
            sa.text("coalesce(repeat_of, '')"),
            "item",
        ],
        unique=True,
    )
    op.drop_column("revision", "repeat_of")
    op.add_column("revision", sa.Column("wording", sa.Integer, nullable=False, server_default="1"))
    for name in ("window_centre", "window_width", "zoom", "threshold"):
        op.add_column("revision", sa.Column(name, sa.Double))


def _readings() -> None:
    op.create_table(
        "reading",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("study_id", sa.Integer, sa.ForeignKey("study.id"), nullable=False),
        sa.Column("case_id", sa.Integer, sa.ForeignKey("study_case.id"), nullable=False),
        sa.Column("reader", sa.String(80), nullable=False),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("case_order", sa.Integer, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("panels", sa.Text, nullable=False),
        sa.Column("arm", sa.String(16), nullable=False),
        sa.Column("warm_up", sa.Boolean, nullable=False),
        sa.Column("repeat", sa.Boolean, nullable=False),
        sa.UniqueConstraint("study_id", "reader", "session", "place"),
        sa.UniqueConstraint("case_id", "reader", "session", "label", "repeat"),
    )
    op.create_table(
        "reading_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "reading_id", sa.Integer, sa.ForeignKey("reading.id"), nullable=False, index=True
        ),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("step", sa.Integer),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("active_seconds", sa.Double, nullable=False),
    )


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False, unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("disabled_at", sa.DateTime),
    )
    op.create_table(
        "sign_in",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "failed_sign_in",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False, index=True),
        sa.Column("at", sa.DateTime, nullable=False),
    )
