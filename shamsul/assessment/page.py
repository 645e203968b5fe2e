"""An assessment as a page to read and to print."""

from collections.abc import Mapping, Sequence
from html import escape

from shamsul.assessment.procedure import PROCEDURE
from shamsul.assessment.results import Assessment
from shamsul.assessment.words import apart, harmed, shown
from shamsul.reporting import page as common
from shamsul.reporting.page import Plate, Section
from shamsul.reporting.pictures import Picture
from shamsul.reporting.resampling import LEVEL

_INTERVAL = f"with {LEVEL:.0%} intervals"
_SECTIONS = (
    Section(
        "Telling cases apart",
        ("roc", "precision_recall"),
        {
            "labels": f"Images of each label, {_INTERVAL} of Wilson's",
            "discrimination": f"Areas under the curves {_INTERVAL}",
        },
    ),
    Section(
        "At the operating points",
        (),
        {
            "sensitivity": f"Sensitivity, of images with the finding, {_INTERVAL}",
            "specificity": f"Specificity, of images without it, {_INTERVAL}",
        },
    ),
    Section("Calibration", ("reliability",), {"calibration": "Probabilities and what is so"}),
    Section(
        "Subgroups",
        ("subgroups",),
        {"subgroups": f"AUROC of each group and its difference to all others {_INTERVAL}"},
    ),
)
_COMPARED = Section(
    "Beside the other model", (), {"comparison": f"AUROC less the other model's {_INTERVAL}"}
)

#: Label, kind of error, pictures.
Gallery = Sequence[tuple[str, str, Sequence[Plate]]]


def page(
    found: Assessment,
    pictures: Sequence[Picture],
    drawings: Mapping[str, str],
    gallery: Gallery = (),
) -> str:
    """One page with everything in it: no script, nothing to load.

    Parameters
    ----------
    found : Assessment
    pictures : sequence of Picture
    drawings : mapping of str to str
        Each picture as SVG by its name. Their identifiers must differ.
    gallery : sequence of (str, str, sequence of Plate)

    Returns
    -------
    str
        HTML, without a path or a patient.
    """
    settings = {
        "level": f"{LEVEL:.0%}",
        "replicates": f"{found.replicates:,}",
        "seed": found.seed,
    }
    parts = _SECTIONS if found.other is None else (*_SECTIONS, _COMPARED)
    software = ", ".join(" ".join(pair) for pair in found.software.items())
    body = [
        "<p>For research use only, not for diagnosis.</p>",
        common.facts(
            "What was assessed", [(name, value, False) for name, value in found.facts.items()]
        ),
        *_listed("What was left out", found.notes),
        "<p>All numbers, also those behind the figures, are in the CSV files and in report.json "
        "beside this page; card.md says the same in the form of a model card.</p>",
        *_listed("In words", [*apart(found), *harmed(found)], level=2),
        *common.sections(parts, shown(found), pictures, drawings, {}),
        *_gallery(gallery),
        *_listed("Limits", found.limits, level=2),
        common.methods(PROCEDURE, settings),
        f"<h2>Software</h2><p>Computed with {escape(software)}.</p>",
    ]
    return common.page(f"The model {found.manifest.name}", body, images=bool(gallery))


def _listed(title: str, sentences: Sequence[str], level: int = 3) -> list[str]:
    if not sentences:
        return []
    lines = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return [f"<h{level}>{escape(title)}</h{level}><ul>{lines}</ul>"]


def _gallery(gallery: Gallery) -> list[str]:
    if not gallery:
        return []
    body = [
        "<h2>The surest errors</h2>",
        "<p>As the model saw them, on its grid. Letters that are part of a film are in its picture "
        "too: look before you hand this page on.</p>",
    ]
    before = ""
    for label, kind, pictures in gallery:
        if label != before:
            body.append(f"<h3>{escape(label)}</h3>")
        before = label
        body += [f"<p>{escape(kind)}</p>", common.plates(pictures)]
    return body
