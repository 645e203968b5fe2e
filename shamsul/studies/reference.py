"""The reference standard of a study: whether its cases have the findings that are read."""

from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN, counted
from shamsul.annotations.marks import Gaze
from shamsul.reading.database.findings import GivenFindings
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.store import Store
from shamsul.reading.exports.ratings import Truth


def reference_standard(
    store: Store, annotations: AnnotationArchive, study: str
) -> tuple[Truth, ...]:
    """Whether each case has each finding that is read in it, as far as that is known.

    What a case was given with comes first: phantoms, and cases of a list or folder that says it.
    Else an expert's mark of the finding says that it is there. An expert who marked something in
    the case, but not this finding, says that it is not, if they marked it in another case of the
    study: then they looked for it. What readers drew and where people looked says nothing.

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
    given = GivenFindings(store.database).of(study)
    read = {(one.case, one.reading.label) for one in Readings(store.database).of(study)}
    marked = {
        case.name: {
            (one.source, one.label)
            for one in counted(annotations.describe(case.image_sha256))
            if one.source != DRAWN and one.kind != Gaze.kind
        }
        for case in store.cases(study)
    }
    looked_for = set().union(*marked.values())
    found = []
    for case, label in sorted(read, key=lambda pair: (pair[0].order, pair[1])):
        by = {source for source, _ in marked[case.name]}
        if label in given.get(case.name, {}):
            found.append(Truth(case.name, label, given[case.name][label], "given"))
        elif any((source, label) in marked[case.name] for source in by):
            found.append(Truth(case.name, label, True, "annotation"))
        elif any((source, label) in looked_for for source in by):
            found.append(Truth(case.name, label, False, "annotation"))
    return tuple(found)
