"""What is documented exists, and what exists is documented."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from shamsul.annotations.formats.registry import FORMATS
from shamsul.classifiers.registry import models
from shamsul.cli.app import THEMES
from shamsul.explainers.baselines import BASELINES
from shamsul.explainers.registry import METHODS
from shamsul.faithfulness.registry import MEASURES
from shamsul.reading.database.accounts import (
    MOST_FAILURES,
    REMEMBER_FAILURES,
    SHORTEST_PASSWORD,
    SIGNED_IN_FOR,
)
from shamsul.settings import Settings
from shamsul.training.datasets.policies import SMOOTHED_ONES, SMOOTHED_ZEROS, Uncertain
from shamsul.training.datasets.registry import DATASETS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FAITHFULNESS = (ROOT / "docs" / "faithfulness.md").read_text(encoding="utf-8")
SIGN_IN = (ROOT / "docs" / "sign-in.md").read_text(encoding="utf-8")
SHAMSUL = [sys.executable, "-c", "from shamsul.cli import main; main()"]


def test_every_method_model_and_setting_is_in_the_readme() -> None:
    for method in METHODS.values():
        assert f"`{method.name}` {method.title}" in README
    for info in models():
        if info.name.startswith("xrv/"):
            assert info.name.removeprefix("xrv/densenet121-res224") in README
    for name in Settings.model_fields:
        assert f"`SHAMSUL_{name.upper()}`" in README


def test_every_way_to_sign_in_is_documented() -> None:
    ways = get_args(Settings.model_fields["sign_in"].annotation)
    assert re.findall(r"^## ([a-z]+)$", SIGN_IN, re.M) == list(ways)
    for fact in (SHORTEST_PASSWORD, MOST_FAILURES, REMEMBER_FAILURES.seconds // 60):
        assert re.search(rf"\b{fact}\b", SIGN_IN)
    assert f"{SIGNED_IN_FOR.seconds // 3600} hours" in SIGN_IN


def test_every_command_about_users_is_documented() -> None:
    help_text = subprocess.run(
        [*SHAMSUL, "users", "--help"], capture_output=True, text=True, check=True
    ).stdout
    commands = re.findall(r"^  ([a-z]+)  ", help_text.partition("Commands:")[2], re.M)
    assert len(commands) == 6
    for command in commands:
        assert re.search(rf"`(shamsul users )?{command}\b|shamsul users {command}", SIGN_IN), (
            command
        )


@pytest.mark.parametrize(
    "document",
    ["README.md", *(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))],
)
def test_every_linked_file_exists(document: str) -> None:
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


STUDIES = (ROOT / "docs/studies.md").read_text(encoding="utf-8")


ANNOTATIONS = (ROOT / "docs/annotations.md").read_text(encoding="utf-8")


def test_every_format_of_annotations_is_documented_with_its_link() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", ANNOTATIONS, re.M)
    assert {name for name, _ in rows} == set(FORMATS)
    for name, rest in rows:
        assert f"({FORMATS[name].link})" in rest, name


def test_every_data_set_and_policy_is_documented() -> None:
    page = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.M) == list(DATASETS)
    for rule in Uncertain:
        assert f"`{rule.value}`" in page
    for low, high in (SMOOTHED_ONES, SMOOTHED_ZEROS):
        assert f"{low:g} to {high:g} (" in page


@pytest.mark.long
def test_every_documented_command_exists() -> None:
    pattern = r"^shamsul ((?:models|phantom|study|users|annotations) [a-z]+|[a-z]+)"
    commands = set(re.findall(pattern, README + STUDIES + ANNOTATIONS, re.M))
    assert {"predict", "explain", "models", "phantom render", "export", "analyse"} <= commands
    for command in commands:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "from shamsul.cli import main; main()",
                *command.split(),
                "--help",
            ],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, command


def test_every_measure_and_baseline_is_documented() -> None:
    for one in (*MEASURES.values(), *BASELINES.values()):
        assert f"| `{one.name}` |" in FAITHFULNESS
        for parameter in one.parameters:
            assert f"`{parameter.name}`" in FAITHFULNESS


@pytest.mark.long
def test_every_option_in_the_readme_exists() -> None:
    help_text = ""
    commands = (
        ["app"],
        ["predict"],
        ["explain"],
        ["models", "import"],
        ["phantom", "render"],
        ["export"],
        ["analyse"],
        ["study", "plan"],
        ["annotations", "import"],
        ["faithfulness"],
        ["evaluate"],
        ["train"],
        ["units"],
        ["shortcuts"],
        ["users", "add"],
    )
    for command in commands:
        call = [sys.executable, "-c", "from shamsul.cli import main; main()", *command, "--help"]
        help_text += subprocess.run(call, capture_output=True, text=True, check=True).stdout
    text = README + ANNOTATIONS
    lines = [line for line in text.splitlines() if line.startswith("shamsul ")]
    for option in set(re.findall(r"--[a-z-]+", "\n".join(lines))):
        assert option in help_text, option


def test_every_theme_is_documented_and_leaves_no_colour_to_another() -> None:
    assert get_args(Settings.model_fields["theme"].annotation) == THEMES
    for name in THEMES:
        assert f"`{name}`" in README
    assert "--theme light" in README and "`SHAMSUL_THEME`" in README
    # Streamlit's own options would hold whatever is chosen in the app's menu.
    assert "--theme." not in README
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    colours = {name: set(config["theme"] | config["theme"][name]) for name in THEMES}
    assert colours["dark"] == colours["light"] > {"backgroundColor", "textColor", "primaryColor"}
    # What stands in both themes must be right in both.
    assert set(config["theme"]) == {"primaryColor", *THEMES}


def test_the_documented_study_file_has_every_setting_and_is_in_order(tmp_path: Path) -> None:
    from shamsul.reading.design.study_file import (
        CaseSource,
        Known,
        LabelSource,
        Switches,
        read_study_file,
    )

    (text,) = re.findall(r"```toml\n(.*?)```", STUDIES, re.S)
    known = Known({"phantom": ("Edema",)}, tuple(METHODS), ("shamsul-2023",), {"phantom-demo": 8})
    file = read_study_file(text, known, folder=tmp_path)
    assert file.study.plan is not None
    assert file.study.plan.design.warm_up == 1
    for table in (CaseSource, LabelSource, Switches):
        for name, field in table.model_fields.items():
            assert re.search(rf"^(# )?{field.alias or name} = ", text, re.M), name
    for name in ("scale", "percent", "choice", "tags", "text", "number", "point", "rank"):
        assert name in text


def test_ci_runs_the_documented_test_command() -> None:
    (command,) = re.findall(r"^(python3 -m venv .*pytest.*)$", README, re.M)
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_example_model_is_a_valid_manifest(tmp_path: Path) -> None:
    from shamsul.classifiers.manifest import Manifest

    (example,) = re.findall(r"```toml\n(.*?)```", README, re.S)
    text = re.sub(r'sha256 = "\.\.\."', f'sha256 = "{"0" * 64}"', example)
    text = "\n".join(line.strip() for line in text.splitlines())
    tomllib.loads(text)
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    manifest = Manifest.read(tmp_path)
    assert manifest.thresholds["Cardiomegaly"] == 0.4


def test_keys_that_are_told_are_those_of_the_viewer() -> None:
    from shamsul.ui.shared.keys import FILM

    source = "".join(
        file.read_text(encoding="utf-8")
        for file in (ROOT / "shamsul/ui/shared/viewer").glob("*.js")
    ).lower()
    told = {key for keys, _ in FILM[1] for key in keys if len(key) == 1 and key not in "12…"}
    assert len(told) > 15
    written = set(re.findall(r"keys? `([A-Z])`|hold `([A-Z])`", README))
    for key in told | {one.lower() for pair in written for one in pair if one}:
        assert f'"{key}"' in source or f"'{key}'" in source or f"{key}:" in source, key


@pytest.mark.long
def test_demo_is_what_the_documented_command_renders() -> None:
    from PIL import Image

    from shamsul.phantom import render

    (seed,) = re.findall(r"phantom render --count 8 --seed (\d+) --out assets/demo", README)
    expected = render(int(seed)).pixels * 255
    with Image.open(ROOT / "assets/demo/phantom-0001.png") as image:
        # Rounding differs between versions of numpy; another patient would differ by dozens.
        assert np.abs(np.asarray(image) - expected).max() < 3


def test_the_leaderboard_has_every_method_and_baseline() -> None:
    page = (ROOT / "docs" / "phantom-benchmark.md").read_text(encoding="utf-8")
    assert re.search(r"`shamsul evaluate --phantom \d+ --seed \d+`, \d{4}-\d\d-\d\d", page)
    # Of a model without a decoder and without attention.
    methods = [one for one in METHODS.values() if not one.needs_masks and not one.needs_attention]
    for one in (*methods, *BASELINES.values()):
        assert f"| {one.title} | " in page, one.name


ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_room_has_its_line() -> None:
    rows = set(re.findall(r"^\| `([a-z_]+)/` \|", ARCHITECTURE, re.M))
    packages = {path.parent.name for path in (ROOT / "shamsul").glob("*/__init__.py")}
    assert rows == packages


@pytest.mark.parametrize("text", [ARCHITECTURE, CONTRIBUTING], ids=["architecture", "contributing"])
def test_files_on_the_way_through_the_house_exist(text: str) -> None:
    paths = [path.relative_to(ROOT).as_posix() for path in (ROOT / "shamsul").rglob("*.*")]
    paths += [path.relative_to(ROOT).as_posix() for path in ROOT.glob("[a-z]*/**/*.py")]
    named = re.findall(r"`([\w/]+\.(?:py|js))`", text)
    assert len(named) > 8
    for name in named:
        if "NAME" not in name and name != "app.py":
            assert any(path.endswith(f"/{name}") or path == name for path in paths), name


def test_the_citation_is_of_this_version_and_names_the_paper() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"version: {project['version']}\n" in citation
    assert "doi: 10.5617/nmi.10471" in citation
    assert f"license: {project['license']}\n" in citation


def test_commit_hooks_run_what_is_installed_and_fetch_nothing() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (\S+)", hooks) == ["local"]
    assert set(re.findall(r"language: (\S+)", hooks)) == {"system"}
    entries = [entry.split()[0] for entry in re.findall(r"entry: (.+)", hooks)]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = " ".join(project["optional-dependencies"]["test"])
    for tool in entries:
        assert tool in installed, tool
    assert "pre-commit" in installed


OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_metric_and_field_of_the_log_is_documented() -> None:
    from shamsul.operations.log import FIELDS, LEFT_OUT
    from shamsul.operations.metrics import REGISTRY

    rows = set(re.findall(r"^\| `(shamsul_\w+)` \|", OPERATIONS, re.M))
    kept = {one.name + "_total" * (one.type == "counter") for one in REGISTRY.collect()}
    assert rows == kept
    lines = [json.loads(line) for line in re.findall(r'^\{"time.*$', OPERATIONS, re.M)]
    assert set(FIELDS) <= {field for line in lines for field in line}
    assert LEFT_OUT in [line["message"] for line in lines]


def test_every_outcome_of_a_job_and_sample_of_a_line_is_real() -> None:
    from shamsul.computing.jobs import Outcome

    for outcome in Outcome:
        assert f"`{outcome.value}`" in OPERATIONS
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "shamsul").rglob("*.py"))
    for said in re.findall(r'"message": "(.*?)"', OPERATIONS):
        assert f'"{said}"' in source or said == f"A job is {Outcome.DONE.value}."
