"""Where consensus answers are kept: in a table of their own, by who kept them and when."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from shamsul.reading.database.store import study_row
from shamsul.reading.database.tables import CaseRow, ConsensusRow
from shamsul.reading.database.transactions import Database
from shamsul.reading.design.consensus import Consensus
from shamsul.reading.design.questionnaire import Kind, Question, Step
from shamsul.reading.design.study import Case, reader_name

#: What a comment may hold.
_COMMENT = Question("comment", "Comment", Kind.TEXT, Step.MAPS)


class Consensuses:
    """The consensus answers of studies, open or closed.

    Parameters
    ----------
    database : Database
        The store's.

    Raises
    ------
    shamsul.reading.database.transactions.StoreError
        From every method, if the database fails.
    """

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database, self._clock = database, clock

    def record(
        self,
        case: Case,
        label: str,
        item: str,
        scores: Mapping[str, object],
        comment: str,
        author: str,
    ) -> Consensus:
        """Keep what was agreed on; what was kept before stays as an earlier revision.

        Parameters
        ----------
        case : Case
        label : str
        item : str
            Id of a scale about maps.
        scores : mapping of str to object
            Points of the scale, or `CANNOT_JUDGE`, by method; None where there is no consensus.
            Without any score or comment the consensus is taken back.
        comment : str
        author : str

        Raises
        ------
        ValueError
            If there is no such case or scale, or a score or the comment cannot be kept.
        """
        author = reader_name(author)
        said = _COMMENT.clean(comment.strip()) or ""

        def record(session: Session) -> Consensus:
            row = session.get(CaseRow, case.id, with_for_update=True)
            if row is None or row.to_case() != case:
                raise ValueError(f"study {case.study!r} has no such case as {case.name!r}")
            wording = row.study.wordings[-1]
            question = wording.to_questionnaire().question(item)
            if question.step is not Step.MAPS or question.kind is not Kind.SCALE:
                raise ValueError(f"{item} is not a scale about maps")
            cleaned = {method: question.clean(score) for method, score in scores.items()}
            content = json.dumps(
                {m: question.plain(score) for m, score in cleaned.items() if score is not None}
            )
            before = _latest(session, case.id, label, item)
            same = (content, said, wording.version)
            if before is not None and (before.scores, before.comment, before.wording) == same:
                return before.to_consensus()
            new = ConsensusRow(
                case=row,
                label=label,
                item=item,
                number=before.number + 1 if before else 1,
                wording=wording.version,
                scores=content,
                comment=said,
                author=author,
                changed_at=self._clock(),
            )
            session.add(new)
            session.flush()
            return new.to_consensus()

        return self._database.write(record)

    def of(self, study: str) -> tuple[Consensus, ...]:
        """What stands now, by case, label and item; nothing that was taken back.

        Raises
        ------
        ValueError
            If there is no such study.
        """

        def of(session: Session) -> tuple[Consensus, ...]:
            query = (
                select(ConsensusRow)
                .join(ConsensusRow.case)
                .where(CaseRow.study_id == study_row(session, study).id)
                .order_by(CaseRow.position, ConsensusRow.number)
                .options(contains_eager(ConsensusRow.case).joinedload(CaseRow.study))
            )
            latest = {
                (row.case.position, row.label, row.item): row for row in session.scalars(query)
            }
            standing = (latest[key].to_consensus() for key in sorted(latest))
            return tuple(one for one in standing if one.scores or one.comment)

        return self._database.read(of)


def _latest(session: Session, case_id: int, label: str, item: str) -> ConsensusRow | None:
    query = (
        select(ConsensusRow)
        .where(
            ConsensusRow.case_id == case_id,
            ConsensusRow.label == label,
            ConsensusRow.item == item,
        )
        .order_by(ConsensusRow.number.desc())
        .limit(1)
    )
    return session.scalar(query)
