"""The one door: bytes of a file to a radiograph, or one sentence why not."""

from shamsul.radiographs import refusal
from shamsul.radiographs.directory import Directory
from shamsul.radiographs.radiograph import Radiograph, RadiographError
from shamsul.radiographs.readers import read_apart


def read_radiograph(data: bytes, *, max_bytes: int | None = None) -> Radiograph:
    """Read a DICOM, PNG or JPEG file; its content decides which, never its name.

    Parameters
    ----------
    data : bytes
        The whole file.
    max_bytes : int, optional
        Largest file accepted; by default any.

    Returns
    -------
    Radiograph
        Brightness in stored resolution, without any identifying attribute.

    Raises
    ------
    RadiographError
        Not an acceptable radiograph. Carries one sentence for the reader, which never quotes the
        file; no other exception leaves this function, nor is one chained to it.

    Notes
    -----
    The file is read in a process of its own, within limits of time and memory, see
    :mod:`shamsul.radiographs.readers`.

    See Also
    --------
    shamsul.radiographs.dicom.read_dicom : which DICOM files are accepted, and how they are shown.
    shamsul.radiographs.picture.read_picture : the same of PNG and JPEG.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("L", (3, 2), 255).save(file, "PNG")
    >>> read_radiograph(file.getvalue()).pixels.tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    read = read_file(data, max_bytes=max_bytes)
    if isinstance(read, Directory):
        raise RadiographError(refusal.DIRECTORY)
    return read


def read_file(data: bytes, *, max_bytes: int | None = None) -> Radiograph | Directory:
    """Read a file as :func:`read_radiograph` does, or a DICOMDIR that may have come with others.

    Raises
    ------
    RadiographError
        Neither is in it; as of :func:`read_radiograph`.
    """
    read = _read(data, max_bytes)
    if isinstance(read, str):
        raise RadiographError(read)
    return read


def _read(data: bytes, max_bytes: int | None) -> Radiograph | Directory | str:
    """What is in the file, or the sentence with which it is refused."""
    if max_bytes is not None and len(data) > max_bytes:
        return refusal.too_many_bytes(max_bytes)
    return read_apart(data) if data else refusal.EMPTY
