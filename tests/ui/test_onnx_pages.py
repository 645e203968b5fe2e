"""Pages of a study whose model is an ONNX file: what cannot explain it is not shown, and said."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from shamsul.classifiers import registry
from shamsul.classifiers.importing import import_weights
from shamsul.classifiers.manifest import Manifest, Scaling
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.explainers.registry import METHODS
from shamsul.reading import Store
from shamsul.settings import settings
from tests.classifiers.conftest import tiny
from tests.ui.conftest import Pages

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from tests.classifiers.onnx_graphs import SIZE, Small, graph

APP = Path(__file__).resolve().parents[2] / "app.py"
REFUSED = (
    "Grad-CAM",
    "LRP",
    "RAP",
    "RSP",
    "CAM",
    "Score-CAM",
    "Attention Rollout",
    "Integrated Gradients",
    "Model's own mask",
)
REASON = "theirs is an ONNX file, of which the outputs are known"


@pytest.fixture
def theirs(installation: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The demo's model is an ONNX file; gives its name."""
    labels = Manifest.read(registry.folder_of(registry.PHANTOM)).labels
    (installation / "theirs.onnx").write_bytes(graph(Small(labels=len(labels))).SerializeToString())
    manifest = tiny(
        name="theirs",
        arch="onnx",
        labels=labels,
        input_size=SIZE,
        normalisation=Scaling.UNIT,
        thresholds={},
        arch_options={},
    )
    import_weights(installation / "theirs.onnx", manifest, settings().models / "theirs")
    store = Store(settings().database)
    store.set_model("phantom-demo", "theirs")
    store.close()
    for name, method in METHODS.items():
        looks_inside = EXPLAINERS[name].looks_inside
        monkeypatch.setitem(METHODS, name, replace(method, looks_inside=looks_inside))
    return "theirs"


def test_review_shows_the_methods_that_can_explain_it(theirs: str, pages: Pages) -> None:
    pages.review()
    assert [column.title for column in pages.form()["maps"]] == ["LIME", "SHAP"]
    pages.app.session_state["settings"] = True
    pages.app.run()
    assert f"Not here: {', '.join(REFUSED)}; {REASON}" in pages.texts().replace("\\", "")
    pages.app.button_group(key="methods").set_value(["Occlusion", "LRP"]).run()
    pages.settle()
    assert [column.title for column in pages.form()["maps"]] == ["Occlusion"]


def test_models_lists_it(theirs: str, pages: Pages) -> None:
    pages.app.switch_page("pages/models.py").run()
    assert theirs in pages.texts()


@pytest.mark.parametrize("view", ["Cases", "Faithfulness"])
def test_evaluate_offers_what_can_be_computed(theirs: str, view: str) -> None:
    app = AppTest.from_file(str(APP), default_timeout=120).run()
    app.query_params["view"] = view
    app.switch_page("pages/evaluate.py").run()
    assert not app.exception
    (group,) = [one for one in app.button_group if one.label == "Methods and baselines"]
    able = ["LIME", "SHAP", "Occlusion", "RISE", "Centred Gaussian", "Lung-field prior"]
    assert sorted(group.options) == sorted(able)
    said = "\n".join(one.value for one in app.caption).replace("\\", "")
    assert f"Not here: {', '.join(REFUSED)}, Random model; {REASON}" in said
    if view == "Faithfulness":
        words = "Not here: Cascading randomisation, Independent randomisation; "
        assert words + REASON in said
