"""Every sentence with which a file is refused; none quotes the file."""

#: Largest picture accepted, in pixels; a 43 cm detector at 0.05 mm has 74 million.
MAX_PIXELS = 100_000_000

EMPTY = "The file is empty."
NOT_AN_IMAGE = "The file is not a DICOM, PNG or JPEG image."
TOO_MANY_PIXELS = "The image has more than 100 million pixels, too many for a radiograph."
TOO_DEMANDING = "Reading the file takes more time or memory than any radiograph needs."
NOT_READ = "The file was not read, for the process that reads files does not run."
DAMAGED = "The file is damaged or incomplete and cannot be read."
BITS_CONTRADICT = "The file contradicts itself: Bits Stored does not fit into Bits Allocated."
SAMPLES_CONTRADICT = (
    "The file contradicts itself: Samples per Pixel does not fit Photometric Interpretation."
)
SIZE_CONTRADICTS = (
    "The file contradicts itself: the compressed image has other Rows or Columns than it states."
)
SEGMENTS_CONTRADICT = (
    "The file contradicts itself: the compressed image has other Bits Allocated or Samples per "
    "Pixel than it states."
)
CODED_OTHERWISE = (
    "The file contradicts itself: its image is coded otherwise than its Transfer Syntax says."
)
UNDEFINED_LENGTH = (
    "The file contradicts itself: the length of its Pixel Data is undefined, as only that of "
    "compressed data may be."
)
NO_IMAGE = "The DICOM file holds no image, or was cut short before it."
DIRECTORY = "The file is a DICOMDIR, which lists images but holds none."
SEVERAL = "The file holds several images, but a single radiograph is needed."
UNSUPPORTED = "The image is compressed or coded in a way that cannot be read here."
COLOUR = "The image is in colour, so it is not a radiograph."
NOT_A_PROJECTION = "The file is not a chest radiograph: it comes from another kind of examination."

#: What the reader would call a file of each modality (PS3.3 C.7.3.1.1.1) that is refused.
OTHER_MODALITIES = {
    "AU": "a sound recording",
    "BMD": "a bone density measurement",
    "CT": "a CT image",
    "DOC": "a document",
    "ECG": "an electrocardiogram",
    "EPS": "an electrophysiology recording",
    "ES": "an endoscopy image",
    "FID": "a set of alignment marks",
    "GM": "a microscopy image",
    "HD": "a haemodynamic recording",
    "IO": "a dental radiograph",
    "IVOCT": "an intravascular image",
    "IVUS": "an intravascular ultrasound image",
    "KO": "a key image note",
    "MG": "a mammogram",
    "MR": "an MR image",
    "NM": "a nuclear medicine image",
    "OP": "an eye photograph",
    "OPT": "an eye tomogram",
    "PR": "a presentation state",
    "PT": "a PET image",
    "PX": "a panoramic dental radiograph",
    "REG": "an image registration",
    "RF": "a fluoroscopy image",
    "RTDOSE": "a radiotherapy dose",
    "RTIMAGE": "a radiotherapy image",
    "RTPLAN": "a radiotherapy plan",
    "RTRECORD": "a radiotherapy record",
    "RTSTRUCT": "a radiotherapy structure set",
    "SEG": "a segmentation",
    "SM": "a microscopy image",
    "SR": "a structured report",
    "US": "an ultrasound image",
    "XA": "an angiogram",
    "XC": "a photograph",
}


def too_many_bytes(limit: int) -> str:
    """Refusal of a file of more than `limit` bytes."""
    return f"The file is larger than the {limit / 2**20:.4g} MiB accepted here."


def other_modality(modality: str) -> str:
    """Refusal of a file of another modality; an unknown code is not repeated."""
    name = OTHER_MODALITIES.get(modality)
    return NOT_A_PROJECTION if name is None else f"The file is {name}, not a chest radiograph."
