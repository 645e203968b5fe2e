"""An ONNX file is a model whose outputs are those of the network that it was made of."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from shamsul.classifiers import architecture, registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.importing import import_weights
from shamsul.classifiers.inference import equip, half_engine, is_measured
from shamsul.classifiers.manifest import Manifest, ModelError
from shamsul.classifiers.onnx_files import FILE, NEAREST, PROBABILITIES
from shamsul.classifiers.randomised import randomised_folder
from shamsul.classifiers.registry import load
from tests.classifiers.conftest import tiny

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from tests.classifiers.onnx_graphs import LABELS, SIZE, Small, graph, model  # noqa: E402

GRIDS = np.random.default_rng(0).random((11, SIZE, SIZE), np.float32)
MANIFEST = tiny(arch="onnx", labels=LABELS, input_size=SIZE, arch_options={})


def saved(content: "onnx.ModelProto", folder: Path) -> Path:
    path = folder / "theirs.onnx"
    path.write_bytes(content.SerializeToString())
    return path


def imported(content: "onnx.ModelProto", folder: Path, **changes: object) -> Classifier:
    manifest = replace(MANIFEST, **changes)  # type: ignore[arg-type]
    made = import_weights(saved(content, folder), manifest, folder / "mine")
    opened = load(folder / "mine")
    assert opened.manifest == made
    return opened


def reference(module: Small) -> np.ndarray:
    return Classifier(tiny(labels=LABELS), module).logits(GRIDS)


def test_logits_are_those_of_the_torch_network(tmp_path: Path) -> None:
    opened = imported(graph(Small()), tmp_path)
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {"model.toml", FILE}
    assert opened.manifest.arch_options == {PROBABILITIES: False}
    np.testing.assert_allclose(opened.logits(GRIDS), reference(Small()), atol=1e-4)
    assert opened.reference.name == "onnxruntime float32"


def test_a_file_of_three_channels_of_any_size_takes_the_size_that_is_asked_for(
    tmp_path: Path,
) -> None:
    color = {
        "channels": 3,
        "normalisation": replace(MANIFEST.scaling, mean=(0.5,) * 3, std=(1,) * 3),
    }
    opened = imported(graph(Small(3), size="side"), tmp_path, **color)
    with torch.no_grad():
        expected = Small(3)(opened.normalise(torch.from_numpy(GRIDS)))
    np.testing.assert_allclose(opened.logits(GRIDS), expected, atol=1e-4)


def test_a_file_for_one_image_is_asked_image_by_image(tmp_path: Path) -> None:
    opened = imported(graph(Small(), batch=1), tmp_path)
    np.testing.assert_allclose(opened.logits(GRIDS), reference(Small()), atol=1e-4)


@pytest.mark.parametrize("after", [("Sigmoid",), ("Sigmoid", "Identity"), ("Flatten", "Sigmoid")])
def test_of_a_sigmoid_at_the_end_the_logit_is_taken(tmp_path: Path, after: tuple[str, ...]) -> None:
    opened = imported(graph(Small(), after=after), tmp_path)
    assert opened.manifest.arch_options == {PROBABILITIES: True}
    expected = reference(Small())
    assert np.abs(expected).max() < 8
    np.testing.assert_allclose(opened.logits(GRIDS), expected, atol=1e-3)
    np.testing.assert_allclose(opened.logits(GRIDS), expected, rtol=1e-3)


def test_a_sigmoid_before_the_last_layer_is_none_at_the_end(tmp_path: Path) -> None:
    opened = imported(graph(Small(), after=("Sigmoid", "Neg")), tmp_path)
    np.testing.assert_allclose(
        opened.logits(GRIDS), -1 / (1 + np.exp(-reference(Small()))), atol=1e-5
    )


def test_logits_of_certain_probabilities_stay_finite(tmp_path: Path) -> None:
    module = Small()
    module.last.bias.data = torch.tensor([1000.0, -1000.0, 0.0])
    logits = imported(graph(module, after=("Sigmoid",)), tmp_path).logits(GRIDS)
    most = np.log((1 - NEAREST) / NEAREST)
    np.testing.assert_allclose(logits[:, :2], np.repeat([[most, -most]], len(GRIDS), 0), rtol=1e-6)


@pytest.mark.parametrize("probabilities", [True, False])
def test_what_the_outputs_are_can_be_said(tmp_path: Path, probabilities: bool) -> None:
    after = ("HardSigmoid",) if probabilities else ("Sigmoid",)
    told = {"arch_options": {PROBABILITIES: probabilities}}
    opened = imported(graph(Small(), after=after), tmp_path, **told)
    outputs = reference(Small())
    if probabilities:
        inside = np.clip(0.2 * outputs.astype(float) + 0.5, NEAREST, 1 - NEAREST)
        expected = np.log(inside / (1 - inside))
    else:
        expected = 1 / (1 + np.exp(-outputs))
    np.testing.assert_allclose(opened.logits(GRIDS), expected, atol=1e-3)


def test_what_model_toml_leaves_open_the_graph_says(tmp_path: Path) -> None:
    written = imported(graph(Small(), after=("Sigmoid",)), tmp_path)
    replace(written.manifest, arch_options={}).write(tmp_path / "mine")
    again = load(tmp_path / "mine")
    np.testing.assert_array_equal(again.logits(GRIDS), written.logits(GRIDS))


def other(change: Callable[["onnx.ModelProto"], object]) -> "onnx.ModelProto":
    content = graph(Small())
    change(content)
    return content


def with_two_inputs(content: "onnx.ModelProto") -> None:
    content.graph.input.append(helper.make_tensor_value_info("age", TensorProto.FLOAT, [1]))


def with_two_outputs(content: "onnx.ModelProto") -> None:
    content.graph.output.append(helper.make_tensor_value_info("f", TensorProto.FLOAT, ["n", 8]))


def with_their_operator(content: "onnx.ModelProto") -> None:
    content.graph.node[1].domain, content.graph.node[1].op_type = "theirs", "Foo"


def with_weights_elsewhere(content: "onnx.ModelProto") -> None:
    elsewhere(content.graph.initializer[0])


def elsewhere(tensor: "onnx.TensorProto") -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")


def with_weights_elsewhere_in_a_branch(content: "onnx.ModelProto") -> None:
    value = numpy_helper.from_array(np.zeros((1, 3), np.float32), "w")
    elsewhere(value)
    branch = helper.make_graph(
        [helper.make_node("Constant", [], ["v"], value=value)],
        "branch",
        [],
        [helper.make_tensor_value_info("v", TensorProto.FLOAT, [1, 3])],
    )
    content.graph.node.append(
        helper.make_node("If", ["image"], ["unused"], then_branch=branch, else_branch=branch)
    )


def with_one_output_left(content: "onnx.ModelProto") -> None:
    content.graph.initializer.append(
        numpy_helper.from_array(np.array([True, False, False]), "which")
    )
    content.graph.node.append(helper.make_node("Compress", ["0", "which"], ["one"], axis=1))
    (output,) = content.graph.output
    output.CopyFrom(helper.make_tensor_value_info("one", TensorProto.FLOAT, ["n", "left"]))


REFUSED = {
    "two inputs": (other(with_two_inputs), "more than one input, image, age"),
    "two outputs": (other(with_two_outputs), "more than one output, 0, f"),
    "their operator": (other(with_their_operator), "theirs:Foo.* is not a registered"),
    "weights elsewhere": (other(with_weights_elsewhere), "keeps weights in other files"),
    "in a branch": (other(with_weights_elsewhere_in_a_branch), "keeps weights in other files"),
    "another size": (
        graph(Small(), size=48),
        r"takes images of shape \(n, 1, 48, 48\), not \(n, 1, 32, 32\)\.$",
    ),
    "another number of channels": (graph(Small(3)), r"shape \(n, 3, 32, 32\), not"),
    "several at a time": (graph(Small(), batch=4), r"shape \(4, 1, 32, 32\), not"),
    "another number of outputs": (
        graph(Small(labels=2)),
        r"gives outputs of shape \(n, 2\), not \(n, 3\)",
    ),
    "a number of outputs that is not said": (
        other(with_one_output_left),
        r"gives outputs of shape \(1, 1\), not \(1, 3\)",
    ),
    "another kind of number": (
        model(
            [
                helper.make_node("Cast", ["image"], ["a"], to=TensorProto.FLOAT),
                helper.make_node("ReduceMean", ["a"], ["b"], axes=[2, 3], keepdims=0),
            ],
            {"image": (TensorProto.FLOAT16, ["n", 1, SIZE, SIZE])},
            {"b": (TensorProto.FLOAT, ["n", 1])},
            {},
        ),
        r"takes tensor\(float16\), not float32",
    ),
    "no number": (graph(Small(), after=("Sqrt", "Log", "Sqrt")), "not finite numbers"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_used_is_a_sentence_and_leaves_nothing(tmp_path: Path, kind: str) -> None:
    content, words = REFUSED[kind]
    (tmp_path / "weights.bin").write_bytes(bytes(100_000))
    with pytest.raises(ModelError, match=words) as refused:
        import_weights(saved(content, tmp_path), MANIFEST, tmp_path / "mine")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\x08"])
def test_a_file_of_something_else_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "some.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"some\.onnx"):
        import_weights(tmp_path / "some.onnx", MANIFEST, tmp_path / "mine")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"labels": ("Edema", "", "Pneumonia")}, "Every output of an ONNX file needs a label"),
        ({"arch_options": {"probabilities": 1}}, "arch_options .* only probabilities"),
        ({"arch_options": {"depth": 3}}, "arch_options .* only probabilities"),
        ({"arch_options": {"probabilities": True}}, "said to be probabilities, but are not"),
        ({"input_size": 4}, "input_size must be"),
    ],
)
def test_a_description_that_does_not_fit_is_a_sentence(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        imported(graph(Small()), tmp_path, **changes)


def test_a_file_that_was_changed_or_lost_is_refused(tmp_path: Path) -> None:
    imported(graph(Small()), tmp_path)
    file = tmp_path / "mine" / FILE
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(ModelError, match="SHA-256"):
        load(tmp_path / "mine")
    file.unlink()
    with pytest.raises(ModelError, match=r"holds no model\.onnx"):
        load(tmp_path / "mine")


def test_without_onnxruntime_one_is_told_what_to_install(
    tmp_path: Path, installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(graph(Small()), tmp_path)
    registry.add(tmp_path / "mine")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    (info,) = [one for one in registry.models() if one.name == "tiny"]
    assert info.manifest is not None and not info.fault
    with pytest.raises(ModelError, match=r"pip install 'shamsul\[onnx\]'"):
        load("tiny")


def test_nobody_looks_into_the_network(tmp_path: Path) -> None:
    opened = imported(graph(Small()), tmp_path)
    words = "is an ONNX file, of which the outputs are known"
    with pytest.raises(ModelError, match=words):
        _ = opened.module
    with pytest.raises(ModelError, match=words):
        architecture.build(opened.manifest)
    with pytest.raises(ModelError, match=words):
        randomised_folder(tmp_path / "mine", tmp_path / "twins")


def test_there_is_no_other_engine_to_choose(tmp_path: Path) -> None:
    opened = imported(graph(Small()), tmp_path)
    equip(opened)
    opened.rest()
    assert opened.exact is opened.reference and opened.half is None
    assert not opened.retreat() and opened.device.type == "cpu"
    assert is_measured(opened.manifest) and not half_engine(tmp_path / "mine", opened.manifest)


def test_a_model_toml_of_an_onnx_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    manifest = replace(MANIFEST, arch_options={PROBABILITIES: True})
    manifest.write(tmp_path)
    assert Manifest.read(tmp_path) == manifest
