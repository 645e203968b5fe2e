"""Small files of each format, as the programs and data sets write them."""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

SHAPE = (40, 60)


def write_json(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def write_table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def chexlocalize(path: Path, **labels: object) -> Path:
    image = {"img_size": list(SHAPE)} | {name.replace("_", " "): x for name, x in labels.items()}
    return write_json(path, {"patient1_study1_view1_frontal": image})


def runs(mask: np.ndarray) -> list[int]:
    """Run lengths down the columns, off first."""
    lengths, value = [0], False
    for pixel in mask.T.ravel().tolist():
        if pixel != value:
            lengths.append(0)
            value = pixel
        lengths[-1] += 1
    return lengths


def siim_pixels(mask: np.ndarray) -> str:
    """Run lengths of SIIM-ACR: pairs of gap and run."""
    lengths = runs(mask)
    return " ".join(map(str, lengths[: len(lengths) // 2 * 2])) or "-1"


def png(mask: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(file, "PNG")
    return file.getvalue()


def labelme(path: Path, *shapes: tuple[str, str, list[list[float]]], mask: np.ndarray) -> Path:
    drawn = [{"label": label, "shape_type": kind, "points": at} for label, kind, at in shapes]
    # The part of the picture between two pixels, both included.
    rows, columns = mask.shape
    corner = [[5, 3], [5 + columns - 1, 3 + rows - 1]]
    text = base64.b64encode(png(mask)).decode()
    drawn.append({"label": "Mass", "shape_type": "mask", "points": corner, "mask": text})
    return write_json(
        path,
        {
            "version": "5.5.0",
            "shapes": drawn,
            "imagePath": "..\\images\\chest.png",
            "imageHeight": SHAPE[0],
            "imageWidth": SHAPE[1],
        },
    )


def label_studio(path: Path, *regions: tuple[str, dict[str, object]], by: Sequence[int]) -> Path:
    """Each annotator draws all regions."""

    def region(kind: str, value: dict[str, object]) -> dict[str, object]:
        size = {"original_height": SHAPE[0], "original_width": SHAPE[1], "image_rotation": 0}
        return {"id": "r", "type": kind, "value": value, **size}

    done = [
        {
            "completed_by": who,
            "created_at": "2026-03-01T12:30:00.000000Z",
            "result": [region(*one) for one in regions],
        }
        for who in by
    ]
    data = {"image": "/data/upload/3/0a1b2c3d-chest_1.png"}
    return write_json(path, [{"id": 1, "data": data, "annotations": done}])


def radiograph_dicom():
    """A small digital radiograph as a DICOM data set."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    image.SOPInstanceUID = generate_uid(entropy_srcs=["image"])
    image.StudyInstanceUID = generate_uid(entropy_srcs=["study"])
    image.SeriesInstanceUID = generate_uid(entropy_srcs=["series"])
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.Modality, image.PatientID, image.PatientName = "OT", "1", "A^B"
    image.PatientBirthDate = image.PatientSex = image.AccessionNumber = ""
    image.StudyDate = image.StudyTime = image.StudyID = image.ReferringPhysicianName = ""
    image.Rows, image.Columns = SHAPE
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelRepresentation = 7, 0
    image.PixelData = bytes(SHAPE[0] * SHAPE[1])
    return image


def segmentation(path: Path, image, masks: dict[str, np.ndarray], kind: str = "BINARY") -> Path:
    import highdicom as hd
    from pydicom.sr.codedict import codes

    algorithm = hd.AlgorithmIdentificationSequence("by hand", codes.DCM.ArtificialIntelligence, "1")
    about = [
        hd.seg.SegmentDescription(
            number,
            label,
            codes.SCT.MorphologicallyAbnormalStructure,
            codes.SCT.Mass,
            hd.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
            algorithm,
        )
        for number, label in enumerate(masks, 1)
    ]
    hd.seg.Segmentation(
        source_images=[image],
        pixel_array=np.stack(list(masks.values()), -1)[None].astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues(kind),
        segment_descriptions=about,
        series_instance_uid=hd.UID(),
        series_number=1,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="us",
        manufacturer_model_name="test",
        software_versions="1",
        device_serial_number="1",
        content_creator_name="Ada^A",
    ).save_as(path)
    return path


def report(path: Path, image, regions: Sequence[tuple[str, Sequence[Sequence[float]]]]) -> Path:
    import highdicom as hd
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code

    source = hd.sr.SourceImageForRegion(image.SOPClassUID, image.SOPInstanceUID)
    groups = [
        hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=hd.sr.TrackingIdentifier(uid=hd.UID(), identifier=f"region {n}"),
            referenced_region=hd.sr.ImageRegion(
                hd.sr.GraphicTypeValues(kind), np.array(places, float), source
            ),
            finding_type=Code("F", "99TEST", "Pneumothorax"),
        )
        for n, (kind, places) in enumerate(regions)
    ]
    observer = hd.sr.ObserverContext(
        codes.DCM.Person, hd.sr.PersonObserverIdentifyingAttributes("Ada^A")
    )
    content = hd.sr.MeasurementReport(
        hd.sr.ObservationContext(observer),
        codes.cid7021.ImagingMeasurementReport,
        imaging_measurements=groups,
    )
    hd.sr.ComprehensiveSR(
        evidence=[image],
        content=content[0],
        series_instance_uid=hd.UID(),
        series_number=1,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="us",
    ).save_as(path)
    return path
