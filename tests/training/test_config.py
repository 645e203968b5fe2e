from pathlib import Path

import pytest

from shamsul.classifiers.manifest import Normalisation
from shamsul.storage.toml_file import TomlError
from shamsul.training import config
from shamsul.training.config import read_dataset, read_training

PRESETS = sorted((Path(config.__file__).parent / "presets").glob("*.toml"))
TEXT = """
[dataset]
kind = "phantoms"
folder = "."

[model]
name = "tiny"
arch = "torchvision/resnet18"
start = "nothing"
"""


def faults(text: str, folder: Path) -> list[str]:
    with pytest.raises(TomlError) as raised:
        read_training(text, folder)
    return [str(fault) for fault in raised.value.faults]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_every_preset_is_a_configuration(preset: Path, tmp_path: Path) -> None:
    for name in ("CheXpert-v1.0-small", "NIH", "egd-cxr"):
        (tmp_path / name).mkdir()
    file = read_training(preset.read_text(), tmp_path)
    assert file.model.name == {"example": "my-model"}.get(preset.stem, preset.stem)


def test_the_example_has_every_setting(tmp_path: Path) -> None:
    (tmp_path / "CheXpert-v1.0-small").mkdir()
    example = next(path for path in PRESETS if path.stem == "example")
    file = read_training(example.read_text(), tmp_path)
    left_out = {"split", "table", "columns", "options", "trained_on"}
    for table in (file.dataset, file.policy, file.model, file.recipe, file.augmentation):
        assert set(type(table).model_fields) - table.model_fields_set <= left_out


def test_a_normalisation_of_ones_own_is_the_models(tmp_path: Path) -> None:
    own = "channels = 1\nnormalisation = { mean = [0.5], std = [0.25] }\n"
    file = read_training(TEXT + own, tmp_path)
    assert file.model.to_manifest(("a",)).normalisation == Normalisation((0.5,), (0.25,))


def test_what_is_left_out_has_a_usual_value(tmp_path: Path) -> None:
    file = read_training(TEXT, tmp_path)
    assert (file.recipe.epochs, file.model.size, file.policy.uncertain) == (10, 224, "missing")
    assert file.folder == tmp_path and file.text == TEXT


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    wrong = TEXT.replace('"."', '"nowhere"').replace("phantoms", "photos") + (
        '\n[training]\nepochs = 0\nfrozen = ["stem"]\nspeed = 3\n[augmentation]\nflip = 2\n[gpu]\n'
    )
    told = faults(wrong, tmp_path)
    assert [fault.partition(":")[0] for fault in told] == [
        "line 3", "line 4", "line 12", "line 14", "line 16", "line 17",
    ]  # fmt: skip
    assert "there is no data set 'photos'; there are chexpert" in told[0]
    assert "there is no folder" in told[1]
    # The network's parameters are known only where the table of the training is.
    told = faults(TEXT + '\n[training]\nfrozen = ["stem"]', tmp_path)
    assert told == [
        "line 12: training.frozen: no parameter's name begins with 'stem', as 'conv1.weight' does"
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("resnet18", "resnet19", "There is no architecture torchvision/resnet19"),
        ('"nothing"', '"weights.pt"', "there is neither a file nor a folder"),
        ('"nothing"', '"imagenet"\noptions = { width_per_group = 32 }', "without options"),
        ('"nothing"', '"nothing"\nchannels = 1', '"imagenet" needs channels = 3'),
        (
            '"nothing"',
            '"nothing"\nnormalisation = { mean = [0.5], std = [0.2] }',
            "one mean and one std for each channel",
        ),
        ('"nothing"', '"nothing"\nnormalisation = { mean = [0.5], std = [0] }', "normalisation"),
        ('"nothing"', '"nothing"\nnormalisation = "log"', "normalisation"),
        ('"."', '"."\nvalidation = 0.6\ntest = 0.4', "leaves nothing for training"),
        ('"."', '"."\nsplit = "split.csv"', "there is no file"),
        ('"."', '"."\ntable = "mine.csv"', 'needs kind = "csv"'),
        ('"."', '"."\nlabels = ["Mass", "Mass"]', "names a label twice"),
        ("torchvision/resnet18", "resnet18", 'must be "torchvision/<model>"'),
        ("resnet18", "vit_b_16", "vit_b_16 cannot be built as described (Input shape indivisible"),
        ("resnet18", "inception_v3", "size: torchvision/inception_v3 cannot take it"),
        ('start = "nothing"', 'start = "nothing"\n[training]\nfrozen = "conv1"', "must be a list"),
        ('start = "nothing"', 'start = "nothing"\n[training]\nrate = true', "rate"),
        ('start = "nothing"', 'start = "nothing"\n[policy]\nper_label = 3', "must be a table"),
        ("tiny", "../tiny", "small letters"),
        ("torchvision/resnet18", "unet/resnet18", "nothing teaches the decoder"),
        ("torchvision/resnet18", "unet/vit_b_16", "no sequence of steps"),
        ("[model]", "[modell]", "there is no such table"),
    ],
)
def test_a_wrong_value_is_said_in_words(old: str, new: str, reason: str, tmp_path: Path) -> None:
    text = TEXT.replace(old, new)
    if "vit" in new or "inception" in new:
        text += "size = 60\n"
    assert any(reason in fault for fault in faults(text, tmp_path))


GUIDED = (
    TEXT.replace("torchvision", "unet")
    + """
options = { masks = "labels" }
[guidance]
annotations = "."
use = "findings"
losses = { "mask-bce" = 1 }
"""
)


def test_guidance_is_read(tmp_path: Path) -> None:
    guidance = read_training(GUIDED, tmp_path).guidance
    assert guidance is not None
    assert (guidance.use, guidance.losses) == ("findings", {"mask-bce": 1.0})
    assert read_training(TEXT, tmp_path).guidance is None


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"mask-bce"', '"mask"', "there is no loss 'mask'; there are mask-bce"),
        ('"mask-bce"', '"grad-cam-kl"', "nothing teaches the decoder"),
        ('"labels"', '"none"', "'mask-bce' needs a network with masks"),
        ('"findings"', '"gaze"', "gaze is of an image, not of its labels"),
        ("unet", "torchvision", 'needs arch = "unet/<encoder>"'),
        ('annotations = "."', 'annotations = "none"', "there is neither a file nor a folder"),
        ('annotations = "."', 'annotations = "."\nformat = "x"', "there is no format 'x'"),
        ("= 1 }", "= -1 }", "losses"),
        ('{ "mask-bce" = 1 }', "{}", "losses"),
    ],
)
def test_guidance_that_cannot_be_is_said_in_words(
    old: str, new: str, reason: str, tmp_path: Path
) -> None:
    assert any(reason in fault for fault in faults(GUIDED.replace(old, new), tmp_path))


def test_a_size_that_a_unet_cannot_halve_often_enough_is_refused(tmp_path: Path) -> None:
    told = faults(GUIDED.replace("[guidance]", "size = 100\n[guidance]"), tmp_path)
    assert any("divided by 32" in fault for fault in told)


def test_a_data_set_alone_needs_no_model(tmp_path: Path) -> None:
    assert read_dataset(TEXT.partition("[model]")[0], tmp_path).dataset.kind == "phantoms"
    assert read_dataset(TEXT, tmp_path).dataset.kind == "phantoms"
