"""Windows that a reader may choose from: the file's own by name, and those that suit its values."""

import numpy as np
from numpy.typing import NDArray

from shamsul.radiographs.grayscale import CLIPPED_PERCENT, Grayscale, Window
from shamsul.radiographs.header import Header
from shamsul.radiographs.radiograph import NamedWindow, Radiograph

#: Hounsfield units, as Rescale Type has them (PS3.3 C.11.1.1.2).
HOUNSFIELD = "HU"
# Windows of chest CT: centre and width in Hounsfield units.
_OF_HOUNSFIELD = {"Lung": Window(-600, 1500), "Bone": Window(400, 1800)}

# Of Window Center & Width Explanation only these words are taken: it is free text, in which
# somebody may have written a name.
_WORDS = (
    " ABDOMEN ALGO1 ALGO2 BONE BONES BRIGHT BRIGHTER CHEST CONTRAST DARK DARKER DEFAULT FULL HARD"
    " HARDER HIGH LOW LUNG LUNGS MEDIASTINUM NORMAL ORIGINAL RANGE RIBS SOFT SOFTER SPINE STANDARD"
    " THORAX TISSUE USER WIDE WINDOW WINDOW1 WINDOW2 WINDOW3 1 2 3 4 5 "
)
# The percentiles of a million pixels are those of the image.
_SAMPLE = 1_000_000


def window_of(center: float | None, width: float | None, function: str) -> Window | None:
    """A stated window, None where it is absent or narrower than its function allows."""
    if center is None or width is None:
        return None
    if function not in ("LINEAR_EXACT", "SIGMOID"):
        return Window(center, width) if width >= 1 else None
    return Window(center, width, function) if width > 0 else None


def stated_windows(header: Header, grayscale: Grayscale) -> tuple[NamedWindow, ...]:
    """The windows of a file by their names (PS3.3 C.11.2.1.2).

    Parameters
    ----------
    header : Header
    grayscale : Grayscale
        By which the file is shown.

    Returns
    -------
    tuple of NamedWindow
        In the file's order, in values as they are shown. None where a table or a sigmoid has made
        these: a window is for what comes before.
    """
    function = header.text("VOILUTFunction")
    if not grayscale.is_linear or function == "SIGMOID":
        return ()
    names = header.texts("WindowCenterWidthExplanation")
    pairs = zip(header.numbers("WindowCenter"), header.numbers("WindowWidth"), strict=False)
    windows = []
    for number, (center, width) in enumerate(pairs):
        window = window_of(center, width, function)
        if window is not None:
            name = _plain(names[number]) if number < len(names) else ""
            black, white = grayscale.shown(window.limits)
            windows.append(NamedWindow(name or f"File's window {number + 1}", black, white))
    return tuple(windows)


def _plain(name: str) -> str:
    """An explanation of known words, else ""."""
    words = name.replace("_", " ").replace("-", " ").split()
    known = all(f" {word} " in _WORDS for word in words)
    return " ".join(words).capitalize() if known else ""


def presets(radiograph: Radiograph) -> tuple[NamedWindow, ...]:
    """The windows that a reader is offered, the one that is shown by default first.

    Parameters
    ----------
    radiograph : Radiograph

    Returns
    -------
    tuple of NamedWindow
        The file's, the full range of values, and one that leaves `CLIPPED_PERCENT` darker than
        black and as many brighter than white. Lung and bone are offered for Hounsfield units only:
        they are numbers of that scale, and a computed or digital radiograph's values depend on
        detector, exposure and processing, so that there no number is lung or bone.

    Examples
    --------
    >>> film = Radiograph(np.array([[0, 50, 100]], np.float32), (0.0, 255.0), None, "", "")
    >>> [window.name for window in presets(film)]
    ['As the file has it', 'Full range', 'Automatic']
    """
    values = radiograph.values
    first = NamedWindow("As the file has it", *radiograph.window)
    offered = [*(radiograph.windows or ()), NamedWindow("Full range", *_ends(values, 0))]
    if not any(np.allclose(one[1:], first[1:]) for one in radiograph.windows):
        offered.insert(0, first)
    sample = values.ravel()[:: max(1, values.size // _SAMPLE)]
    offered.append(NamedWindow("Automatic", *_ends(sample, CLIPPED_PERCENT)))
    if radiograph.unit == HOUNSFIELD:
        for name, window in _OF_HOUNSFIELD.items():
            offered.append(NamedWindow(name, *radiograph.shown(window.limits)))
    return tuple(one for one in offered if one.black < one.white)


def _ends(values: NDArray[np.float32], percent: float) -> tuple[float, float]:
    low, high = np.percentile(values, [percent, 100 - percent]).tolist()
    return low, high
