"""The reference standard of a study: whether its cases have findings, as far as that is known."""

from shamsul.annotations.annotation import of_findings
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN, counted
from shamsul.reading.database.findings import GivenFindings
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.store import Store
from shamsul.reading.exports.ratings import Truth


def reference_standard(
    store: Store, annotations: AnnotationArchive, study: str
) -> tuple[Truth, ...]:
    """Whether each case has each finding that is read in it; see `known_findings`."""
    read = {(one.case.name, one.reading.label) for one in Readings(store.database).of(study)}
    known = known_findings(store, annotations, study)
    return tuple(one for one in known if (one.case, one.label) in read)


def known_findings(store: Store, annotations: AnnotationArchive, study: str) -> tuple[Truth, ...]:
    """Whether each case has each finding that is known of any case, as far as that is known.

    What a case was given with comes first: phantoms, and cases of a list or folder that says it.
    Else an expert's mark of the finding says that it is there. An expert who marked something in
    the case, but not this finding, says that it is not, if they marked it in another case of the
    study: then they looked for it. What readers drew, where people looked and where parts of the
    body are says nothing.

    Returns
    -------
    tuple of Truth
        Sorted by case and label.

    Raises
    ------
    ValueError
        If there is no such study, or an annotation is damaged.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    cases = store.cases(study)
    given = GivenFindings(store.database).of(study)
    marked = {
        case.name: {
            (one.source, one.label)
            for one in of_findings(counted(annotations.describe(case.image_sha256)))
            if one.source != DRAWN
        }
        for case in cases
    }
    looked_for = set().union(*marked.values())
    labels = {label for _, label in looked_for}.union(*given.values())
    found = []
    for case in cases:
        by = {source for source, _ in marked[case.name]}
        told = given.get(case.name, {})
        for label in sorted(labels):
            if label in told:
                found.append(Truth(case.name, label, told[label], "given"))
            elif any((source, label) in marked[case.name] for source in by):
                found.append(Truth(case.name, label, True, "annotation"))
            elif any((source, label) in looked_for for source in by):
                found.append(Truth(case.name, label, False, "annotation"))
    return tuple(found)
