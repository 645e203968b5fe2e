"""Which findings the cases of a study have, as it was told with them."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from shamsul.reading.database.store import study_row
from shamsul.reading.database.tables import CaseRow, FindingRow
from shamsul.reading.database.transactions import Database

#: Whether a case has each finding, as far as that is known.
Findings = Mapping[str, bool]


class GivenFindings:
    """The findings that cases were given with.

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

    def of(self, study: str) -> dict[str, dict[str, bool]]:
        """Whether the cases of a study have each finding, by the case's name and the label.

        Raises
        ------
        ValueError
            If there is no such study.
        """

        def of(session: Session) -> dict[str, dict[str, bool]]:
            query = (
                select(CaseRow.name, FindingRow.label, FindingRow.present)
                .join(FindingRow.case)
                .where(CaseRow.study_id == study_row(session, study).id)
                .order_by(CaseRow.position, FindingRow.label)
            )
            found: dict[str, dict[str, bool]] = {}
            for case, label, present in session.execute(query):
                found.setdefault(case, {})[label] = present
            return found

        return self._database.read(of)

    def add(self, case_id: int, findings: Findings) -> None:
        """Keep the findings of a case; what is kept already stays."""

        def add(session: Session) -> None:
            # Locked, since two processes may start at once.
            session.get_one(CaseRow, case_id, with_for_update=True)
            for label, present in findings.items():
                if session.get(FindingRow, (case_id, label)) is None:
                    session.add(FindingRow(case_id=case_id, label=label, present=present))

        self._database.write(add)
