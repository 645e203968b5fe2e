"""Weights as people have them: the same network under other names gives the same logits."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from shamsul.classifiers import architecture, weights
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.manifest import Manifest, ModelError
from shamsul.classifiers.matching import matched
from shamsul.classifiers.registry import load
from tests.classifiers.conftest import tiny

State = dict[str, torch.Tensor]

ARCHITECTURES = {
    "densenet": tiny(),
    "resnet": tiny(arch="torchvision/resnet18", arch_options={}),
}
GRIDS = np.random.default_rng(0).random((2, 32, 32), np.float32)


@pytest.fixture(params=ARCHITECTURES.values(), ids=list(ARCHITECTURES), scope="module")
def manifest(request: pytest.FixtureRequest) -> Manifest:
    found: Manifest = request.param
    return found


@pytest.fixture(scope="module")
def state(manifest: Manifest) -> State:
    torch.manual_seed(1)
    module = architecture.build(manifest)
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


@pytest.fixture
def logits(tmp_path: Path, manifest: Manifest) -> Callable[[object], np.ndarray]:
    """The logits of a folder whose weights.pt holds something."""

    def logits(content: object) -> np.ndarray:
        torch.save(content, tmp_path / "weights.pt")
        fields = {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}
        digest = weights.sha256(tmp_path / "weights.pt")
        Manifest(**{**fields, "sha256": digest}).write(tmp_path)
        return load(tmp_path).logits(GRIDS)

    return logits


def below(prefix: str, state: State) -> State:
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}


def old_densenet(state: State) -> State:
    """Names as torchvision wrote them before 2018."""
    return {re.sub(r"(norm|conv)([12])\.", r"\1.\2.", name): v for name, v in state.items()}


def head_in_a_sequential(number: int) -> Callable[[State], State]:
    def change(state: State) -> State:
        return {
            re.sub(r"^(classifier|fc)(\.\d+)?\.", rf"\1.{number}.", name): tensor
            for name, tensor in state.items()
        }

    return change


SHAPES: Mapping[str, Callable[[State], object]] = {
    "plain": lambda state: state,
    "DataParallel": lambda state: below("module.", state),
    "Lightning": lambda state: {
        "state_dict": below("model.", state),
        "epoch": 3,
        "hyper_parameters": {"lr": 1e-4},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(3)}}}],
    },
    "never listed": lambda state: below("zwerg_7.innen.", state),
    "compiled": lambda state: below("net._orig_mod.", state),
    "nested": lambda state: {"model": {"state_dict": state}, "optimizer": {"lr": 0.1}},
    "model_state_dict": lambda state: {"model_state_dict": state, "loss": 0.3},
    "net": lambda state: {"net": below("module.", state), "acc": 91.0},
    "old names": old_densenet,
    "CheXNet": lambda state: {
        "state_dict": below("module.densenet121.", old_densenet(head_in_a_sequential(0)(state))),
    },
    "head in a Sequential": head_in_a_sequential(1),
    "loss beside": lambda state: below("model.", state) | {"loss.pos_weight": torch.ones(2)},
    "averaged": lambda state: below("module.", state) | {"n_averaged": torch.tensor(3)},
    "equal copies": lambda state: {"state_dict": state, "state_dict_ema": state},
    "without counters": lambda state: {
        name: tensor for name, tensor in state.items() if "num_batches" not in name
    },
    "half precision beside": lambda state: {"model": state, "stats": {"mean": torch.zeros(3)}},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_the_same_network_gives_the_same_logits(
    manifest: Manifest,
    state: State,
    logits: Callable[[object], np.ndarray],
    shape: Callable[[State], object],
) -> None:
    module = architecture.build(manifest)
    module.load_state_dict(state)
    expected = Classifier(manifest, module).logits(GRIDS)
    np.testing.assert_array_equal(logits(shape(state)), expected)


def test_a_head_that_the_architecture_has_in_a_sequential_may_stand_alone() -> None:
    wanted = architecture.build(tiny(arch="torchvision/efficientnet_b0", arch_options={}))
    state = wanted.state_dict()
    for name in ("classifier", "classifier.0", "classifier.1.0"):
        given = {key.replace("classifier.1", name): value for key, value in state.items()}
        assert matched({"": given}, state).keys() == state.keys()


def test_a_second_set_is_named_and_alone_is_taken(
    state: State, logits: Callable[[object], np.ndarray]
) -> None:
    other = {name: tensor + (tensor.ndim > 1) for name, tensor in state.items()}
    for both in (
        {"state_dict": state, "state_dict_ema": other},
        below("state_dict.", state) | below("state_dict_ema.", other),
    ):
        with pytest.raises(ModelError, match="'state_dict' and 'state_dict_ema'; save the one"):
            logits(both)
    assert not np.array_equal(logits(other), logits(state))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda state: dict(list(state.items())[1:]), "is missing"),
        (lambda state: state | {"extra.weight": torch.ones(2)}, "extra.weight is not part"),
        (lambda state: below("module.", dict(list(state.items())[1:])), "below 'module'"),
        (lambda state: {"stem.kernel": torch.ones(2)}, "such as stem.kernel"),
        (
            lambda state: (
                {re.sub(r"^(classifier|fc)\.", r"\1.0.", name): v for name, v in state.items()}
                | {
                    f"{name}.3.{part}": torch.ones(2)
                    for name in ("classifier", "fc")
                    for part in ("weight", "bias")
                }
            ),
            "is missing|not part",
        ),
        (lambda state: {"epoch": 3}, "does not hold tensors by name"),
        (lambda state: [1, 2], "does not hold tensors by name"),
    ],
    ids=["less", "more", "less below", "others", "two layers", "numbers", "list"],
)
def test_what_does_not_fit_is_one_sentence(
    state: State,
    logits: Callable[[object], np.ndarray],
    change: Callable[[State], object],
    says: str,
) -> None:
    with pytest.raises(ModelError, match=says) as caught:
        logits(change(state))
    assert "\n" not in str(caught.value)


def test_a_file_that_holds_itself_ends(
    state: State, logits: Callable[[object], np.ndarray]
) -> None:
    content: dict[str, object] = {"model": state}
    content["again"] = content
    np.testing.assert_array_equal(logits(content), logits(state))


def test_a_whole_model_is_told_the_way_out(
    manifest: Manifest, logits: Callable[[object], np.ndarray]
) -> None:
    with pytest.raises(ModelError, match=r"save model\.state_dict\(\)"):
        logits(architecture.build(manifest))
