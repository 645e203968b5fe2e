"""What models make of the radiographs in the worklist: computed once, and kept."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shamsul.reading.database.store import study_row, there
from shamsul.reading.database.tables import AppraisalRow, CaseRow, ProbabilityRow
from shamsul.reading.database.transactions import Database
from shamsul.reading.design.listing import Appraisal
from shamsul.reading.design.study import Case


class Appraisals:
    """The appraisals of radiographs, by model.

    Parameters
    ----------
    database : Database
        The store's.

    Raises
    ------
    shamsul.reading.database.transactions.StoreError
        From every method, if the database fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, study: str, model: str) -> dict[int, tuple[Case, int | None]]:
        """Of each case of a study, by its number, the methods whose maps its appraisal knows.

        None where a model has not appraised it.

        Raises
        ------
        ValueError
            If there is no such study.
        """

        def read(session: Session) -> dict[int, tuple[Case, int | None]]:
            appraised = AppraisalRow.image_sha256 == CaseRow.image_sha256
            query = (
                select(CaseRow.id, CaseRow.name, CaseRow.image_sha256, CaseRow.position)
                .add_columns(AppraisalRow.maps)
                .outerjoin(AppraisalRow, appraised & (AppraisalRow.model == model))
                .where(CaseRow.study_id == study_row(session, study).id, there())
                .order_by(CaseRow.position)
            )
            return {
                row.id: (Case(row.id, study, row.name, row.image_sha256, row.position), row.maps)
                for row in session.execute(query)
            }

        return self._database.read(read)

    def get(self, image_sha256: str, model: str) -> Appraisal | None:
        """What a model makes of a radiograph, if that is kept."""

        def read(session: Session) -> Appraisal | None:
            row = session.get(AppraisalRow, (image_sha256, model))
            if row is None:
                return None
            query = select(ProbabilityRow.label, ProbabilityRow.value).where(
                ProbabilityRow.image_sha256 == image_sha256, ProbabilityRow.model == model
            )
            probabilities = {label: value for label, value in session.execute(query)}
            return Appraisal(row.warnings, probabilities, row.top_label, row.maps, row.disagreement)

        return self._database.read(read)

    def put(self, image_sha256: str, model: str, appraisal: Appraisal) -> None:
        """Keep what a model makes of a radiograph."""

        def work(session: Session) -> None:
            for table in (ProbabilityRow, AppraisalRow):
                session.execute(
                    delete(table).where(table.image_sha256 == image_sha256, table.model == model)
                )
            session.add(
                AppraisalRow(
                    image_sha256=image_sha256,
                    model=model,
                    warnings=appraisal.warnings,
                    top_label=appraisal.top,
                    top_probability=appraisal.probabilities[appraisal.top],
                    maps=appraisal.maps,
                    disagreement=appraisal.disagreement,
                )
            )
            session.add_all(
                ProbabilityRow(image_sha256=image_sha256, model=model, label=label, value=value)
                for label, value in appraisal.probabilities.items()
            )

        self._database.write(work)
