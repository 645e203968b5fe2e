"""The form that imports annotation files into a study."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from shamsul.annotations.formats import registry
from shamsul.annotations.formats.entry import Fault
from shamsul.annotations.formats.registry import FORMATS, Contents
from shamsul.annotations.image_names import Images
from shamsul.annotations.matching import Annotators
from shamsul.annotations.upload import lay_out
from shamsul.findings.labels import BUILT_IN, LabelTable
from shamsul.reading.design.study import Case, Study
from shamsul.settings import settings
from shamsul.studies import annotation_files
from shamsul.ui.shared import session
from shamsul.ui.shared.downloads import for_coordinators
from shamsul.ui.shared.wording import counted, plain

#: The model's label of what is not imported.
LEAVE_OUT = "leave out"
#: Columns of the table of labels.
_FOUND, _MARKS, _MODEL = "In the files", "Marks", "Label of the model"
_RULES = {
    Annotators.UNION: "what any of them marked",
    Annotators.MAJORITY: "what more than half of those who read an image marked",
    Annotators.EACH: "each one's marks, with who made them",
}
#: Session state: what files say that were read last, names of radiographs, whether an import was
#: asked for, and what became of the last one.
_READ, _NAMES = "annotations-read", "radiograph-names"
_ASKED, _IMPORTED = "import-asked", "annotations-imported"


@dataclass(frozen=True)
class _Imported:
    """What became of an import.

    Attributes
    ----------
    study : str
    files : tuple of str
        Which files were imported, by the uploader's identifiers.
    said : str
        A sentence.
    taken : bool
        Whether it is about what was taken.
    faults : tuple of Fault
    """

    study: str
    files: tuple[str, ...]
    said: str
    taken: bool
    faults: tuple[Fault, ...] = ()


def form(study: Study, cases: Sequence[Case]) -> None:
    """Files, their labels, and the import; what became of it stays until other files come."""
    asked = st.session_state.pop(_ASKED, False)
    try:
        labels = annotation_files.labels_of(session.store(), study.name)
    except ValueError as error:
        st.error(plain(str(error)))
        return
    left, right = st.columns([1, 1.4], gap="large")
    with left:
        files = st.file_uploader(
            "Annotation files",
            accept_multiple_files=True,
            key=f"annotation-files-{study.name}",
            help="JSON, CSV, DICOM SEG and SR, PNG masks, or one ZIP archive of a folder. Formats: "
            f"{', '.join(one.title for one in FORMATS.values())}.",
        )
        own = _names(study, cases)
    stamp = tuple(file.file_id for file in files)
    with right:
        if not files:
            st.caption(
                "Labels and annotators are chosen here before anything is imported. What the same "
                "source said of the same image and finding before is replaced; all else stays."
            )
        else:
            contents = _read(files, stamp, labels)
            if isinstance(contents, str):
                st.error(plain(contents))
                return
            images = Images(
                {one.image_sha256: [one.name, *own.get(one.image_sha256, ())] for one in cases}
            )
            _about(contents, images)
            table = _table(contents, labels, f"label-table-{study.name}-{'-'.join(stamp)}")
            rule, source = _rules(study)
            st.button(
                "Import",
                type="primary",
                icon=":material/download:",
                on_click=st.session_state.update,
                args=({_ASKED: True},),
            )
            if asked:
                with st.spinner("Importing …"):
                    imported = _import(study, stamp, contents, images, labels, table, rule, source)
                st.session_state[_IMPORTED] = imported
    last: _Imported | None = st.session_state.get(_IMPORTED)
    # With other files it is not about what is seen.
    if last is not None and last.study == study.name and stamp in ((), last.files):
        _tell(last)


def forget() -> None:
    """Say no more what became of the last import."""
    st.session_state.pop(_IMPORTED, None)


def _names(study: Study, cases: Sequence[Case]) -> Mapping[str, Collection[str]]:
    """Names of the cases' files, of radiographs that are hashed and forgotten."""
    number = st.session_state.setdefault("radiographs-round", 0)
    files = st.file_uploader(
        "Radiographs that the annotations name",
        accept_multiple_files="directory",
        key=f"named-radiographs-{number}",
        max_upload_size=settings().max_upload_mb,
        help="Only where cases have other names than the annotations' images. Give the folder of "
        "the very files that the cases were made of: their SHA-256 finds the cases. Nothing of "
        "them is kept.",
    )
    before = st.session_state.get(_NAMES)
    own: dict[str, set[str]] = before[1] if before and before[0] == study.name else {}
    if files:
        wanted = {case.image_sha256 for case in cases}
        for file in files:
            sha256, names = annotation_files.names_of_file(file.name, file)
            if sha256 in wanted:
                own.setdefault(sha256, set()).update(names)
        st.session_state[_NAMES] = study.name, own
        # A new key empties the widget, and with it the server's memory of the files.
        st.session_state["radiographs-round"] += 1
        st.rerun()
    if before and before[0] == study.name:
        if own:
            st.caption(f"File names of {len(own)} of {counted(len(cases), 'case')} are known.")
        else:
            st.warning("None of these files is a case of this study, bit for bit.")
    return own


def _read(files: Sequence[UploadedFile], stamp: object, labels: Collection[str]) -> Contents | str:
    """What files say, or a sentence why they say nothing; read once."""
    known = st.session_state.get(_READ)
    if known is None or known[0] != stamp:
        with st.spinner("Reading …"):
            known = stamp, _contents(files, labels)
        st.session_state[_READ] = known
    contents: Contents | str = known[1]
    return contents


def _contents(files: Sequence[UploadedFile], labels: Collection[str]) -> Contents | str:
    with TemporaryDirectory(prefix="shamsul-") as folder:
        try:
            path = lay_out([(file.name, file) for file in files], Path(folder), labels)
            return registry.read(path)
        except ValueError as error:
            return f"{error}."
        except OSError as error:
            return f"The files cannot be laid out on the disk: {error.strerror or error}."


def _about(contents: Contents, images: Images) -> None:
    """What is in the files."""
    there, named = annotation_files.matched(contents.entries, images)
    titles = ", ".join(FORMATS[name].title for name in contents.formats)
    st.markdown(plain(f"{titles}: {there} of {counted(named, 'image')} found in this study."))
    if there < named:
        st.caption(
            "If the others should be, give the folder of the radiographs on the left: annotations "
            "may call the images as their files are named."
        )


def _table(contents: Contents, labels: Collection[str], key: str) -> LabelTable:
    """The label of the model for each one in the files, as proposed or chosen."""
    found = annotation_files.proposals(contents.entries, labels, BUILT_IN)
    if not found:
        return BUILT_IN
    rows = [(one.label, one.marks, one.of_model or LEAVE_OUT) for one in found]
    edited = st.data_editor(
        pd.DataFrame(rows, columns=[_FOUND, _MARKS, _MODEL]),
        key=key,
        hide_index=True,
        height=min(320, 38 + 35 * len(rows)),
        disabled=[_FOUND, _MARKS],
        column_config={
            _FOUND: st.column_config.Column(width="large"),
            _MARKS: st.column_config.Column(width="small"),
            _MODEL: st.column_config.SelectboxColumn(options=[LEAVE_OUT, *labels], required=True),
        },
    )
    unknown = sum(one.of_model is None for one in found)
    first = f"{counted(unknown, 'unknown label')} first. " if unknown else ""
    st.caption(f"{first}Double-click a label of the model, or press Enter on it, to change it.")
    chosen = zip(edited[_FOUND], edited[_MODEL], strict=True)
    first_rows = tuple((label, "" if model == LEAVE_OUT else model) for label, model in chosen)
    return LabelTable(BUILT_IN.rows, first_rows)


def _rules(study: Study) -> tuple[Annotators, str]:
    """What is made of several annotators, and whose the annotations are."""
    left, right = st.columns([1.3, 1])
    rule = left.segmented_control(
        "Several annotators",
        list(_RULES),
        format_func=lambda rule: rule.value.capitalize(),
        default=Annotators.UNION,
        required=True,
        key="annotators",
        help="; ".join(f"{rule.value}: {words}" for rule, words in _RULES.items()),
    )
    source = right.text_input(
        "Source",
        max_chars=80,
        placeholder="the format's name",
        key=f"source-{study.name}",
        help="Whose annotations these are. Another name keeps two files of a format apart.",
    )
    return rule or Annotators.UNION, source.strip()


def _import(
    study: Study,
    stamp: tuple[str, ...],
    contents: Contents,
    images: Images,
    labels: Collection[str],
    table: LabelTable,
    rule: Annotators,
    source: str,
) -> _Imported:
    try:
        brought = annotation_files.give(
            contents.entries,
            images,
            labels,
            table,
            rule,
            source,
            archive=session.archive(),
            annotations=session.annotations(),
        )
    except ValueError as error:
        return _Imported(study.name, stamp, f"Nothing was imported: {error}.", False)
    count, cases = sum(map(len, brought.annotations.values())), len(brought.annotations)
    said = f"{counted(count, 'annotation')} imported, on {counted(cases, 'case')}."
    if not count:
        said = "Nothing of the files was imported; the messages say why."
    return _Imported(study.name, stamp, said, count > 0, brought.faults)


def _tell(imported: _Imported) -> None:
    """What was taken, and every fault."""
    (st.success if imported.taken else st.error)(plain(imported.said))
    if not imported.faults:
        return
    table = pd.DataFrame(
        [(one.file, one.entry, one.reason) for one in imported.faults],
        columns=["File", "Entry", "Reason"],
    )
    st.dataframe(
        table,
        hide_index=True,
        height=min(280, 38 + 35 * len(table)),
        column_config={
            "File": st.column_config.Column(width="small"),
            "Entry": st.column_config.Column(width="medium"),
        },
    )

    def content() -> bytes:
        # Imported here: it brings figures along, which take a second.
        from shamsul.reporting.files import csv

        return csv(table)

    st.download_button(
        "Download messages (CSV)",
        data=for_coordinators(content),
        file_name=f"{imported.study}.messages.csv",
        on_click="ignore",
    )
