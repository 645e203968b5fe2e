"""torchxrayvision's files: read as data, refused when hostile, downloaded all or nothing."""

import http.server
import os
import pickle
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from shamsul.classifiers import checkpoint, registry, weights
from shamsul.classifiers.downloads import Download, Downloads
from shamsul.classifiers.manifest import Manifest, ModelError, Resize

NAME = "xrv/densenet121-res224-chex"


@pytest.fixture(scope="module")
def torchxrayvision() -> ModuleType:
    with warnings.catch_warnings():
        import torchxrayvision
    return torchxrayvision


@pytest.fixture(scope="module")
def module(torchxrayvision: ModuleType) -> torch.nn.Module:
    """A DenseNet-121 with random weights and batch statistics that matter."""
    torch.manual_seed(0)
    module = torchxrayvision.models.DenseNet(num_classes=18)
    for name, buffer in module.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1)
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    return module.eval()


@pytest.fixture(scope="module", params=[True, False], ids=["zip", "before torch 1.6"])
def published(
    request: pytest.FixtureRequest,
    module: torch.nn.Module,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    path = tmp_path_factory.mktemp("published") / "module.pt"
    torch.save(module, path, _use_new_zipfile_serialization=request.param)
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serves a directory on this machine; ``/cut/NAME`` stops half-way."""
    root = tmp_path / "served"
    root.mkdir()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = root / Path(self.path).name
            if not path.is_file():
                self.send_error(404)
                return
            content = path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if "cut" in self.path else content)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}", root
        httpd.shutdown()
        thread.join()


def publish(monkeypatch: pytest.MonkeyPatch, torchxrayvision: ModuleType, url: str) -> None:
    table = torchxrayvision.models.model_urls
    entry = {**table["densenet121-res224-chex"], "weights_url": url}
    monkeypatch.setitem(table, "densenet121-res224-chex", entry)


def left_over(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def test_tensors_are_those_of_the_module(published: Path, module: torch.nn.Module) -> None:
    state = checkpoint.read_module(published)
    expected = module.state_dict()
    assert set(state) == set(expected)
    assert all(torch.equal(state[name], tensor) for name, tensor in expected.items())


@pytest.mark.long
def test_a_download_gives_the_original_logits_of_named_outputs(
    published: Path,
    module: torch.nn.Module,
    server: tuple[str, Path],
    installation: Path,
    torchxrayvision: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, root = server
    os.link(published, root / "chex.pt")
    publish(monkeypatch, torchxrayvision, f"{url}/chex.pt")
    steps: list[tuple[int, int | None]] = []
    filters = list(warnings.filters)
    folder = registry.download(NAME, progress=lambda *step: steps.append(step))
    assert warnings.filters == filters
    size = published.stat().st_size
    assert steps[-1] == (size, size) and len(steps) > 1
    assert {path.name for path in folder.iterdir()} == {"model.toml", "weights.safetensors"}
    assert left_over(installation) == sorted(folder.iterdir())

    manifest = Manifest.read(folder)
    assert len(manifest.labels) == 11 and manifest.labels[2:4] == ("Pneumothorax", "Edema")
    assert manifest.thresholds["Effusion"] == pytest.approx(0.27212676)
    assert manifest.resize is Resize.CENTRE_CROP
    assert manifest.source_sha256 == weights.sha256(published)

    grids = np.random.default_rng(0).random((1, 224, 224), np.float32)
    outputs = torchxrayvision.models.model_urls["chex"]["labels"]
    with torch.no_grad():
        original = module(torch.from_numpy(grids[:, None] * 2048 - 1024)).numpy()
    original = original[:, [index for index, label in enumerate(outputs) if label]]
    logits = registry.load(NAME).logits(grids)
    scale = abs(original).max()
    np.testing.assert_allclose(logits / scale, original / scale, atol=1e-5)

    (root / "chex.pt").unlink()
    torch.save(torchxrayvision.models.DenseNet(num_classes=18), root / "chex.pt")
    with pytest.raises(ModelError, match="is not the file it was"):
        registry.download(NAME)
    assert Manifest.read(folder) == manifest


@pytest.mark.parametrize(
    ("path", "match"),
    [
        ("missing.pt", "404"),
        ("cut/chex.pt", "was cut after"),
        ("chex.pt", "damaged, or no torch module"),
    ],
)
def test_a_failed_download_leaves_nothing(
    server: tuple[str, Path],
    installation: Path,
    torchxrayvision: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    match: str,
) -> None:
    url, root = server
    (root / "chex.pt").write_bytes(b"not a model" * 100_000)
    publish(monkeypatch, torchxrayvision, f"{url}/{path}")
    with pytest.raises(ModelError, match=match) as caught:
        registry.download(NAME)
    assert "\n" not in str(caught.value)
    assert left_over(installation) == []


def test_no_connection_is_one_sentence(
    installation: Path, torchxrayvision: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, torchxrayvision, "http://127.0.0.1:9/chex.pt")
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9 cannot be reached") as caught:
        registry.download(NAME)
    assert str(caught.value).endswith(
        "; to bring the file by hand, save http://127.0.0.1:9/chex.pt on another computer, put it "
        f"into {installation / 'xrv'} as chex.pt, and download again."
    )
    assert left_over(installation) == []


@pytest.mark.long
def test_a_file_that_was_brought_by_hand_needs_no_network(
    published: Path,
    installation: Path,
    torchxrayvision: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(monkeypatch, torchxrayvision, "http://127.0.0.1:9/chex.pt")
    registry.bring(NAME, b"something else")
    with pytest.raises(ModelError, match="damaged, or no torch module"):
        registry.download(NAME)
    registry.bring(NAME, published.read_bytes())
    folder = registry.download(NAME)
    assert Manifest.read(folder).source_sha256 == weights.sha256(published)
    assert left_over(installation) == sorted(folder.iterdir())


def test_labels_of_a_model_are_known_before_it_is_downloaded() -> None:
    assert len(registry.findings(NAME)) == 11
    assert "Edema" in registry.findings(NAME)
    with pytest.raises(ModelError, match="is not a model that can be downloaded"):
        registry.findings("phantom")


@pytest.mark.parametrize("path", ["chex.pt", "cut/chex.pt"])
def test_a_download_in_the_background_ends_with_a_sentence(
    server: tuple[str, Path],
    installation: Path,
    torchxrayvision: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    url, root = server
    content = b"not a model" * 100_000
    (root / "chex.pt").write_bytes(content)
    publish(monkeypatch, torchxrayvision, f"{url}/{path}")
    downloads = Downloads()
    assert downloads.of(NAME) is None
    downloads.start(NAME)
    known = downloads.of(NAME)
    assert known is not None
    known._thread.join(60)
    assert not known.is_going and known.failure.endswith(".")
    assert known.total == len(content)
    assert known.is_whole == (path == "chex.pt")
    assert left_over(installation) == []


def test_a_download_that_is_stopped_leaves_nothing(
    server: tuple[str, Path],
    installation: Path,
    torchxrayvision: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, root = server
    (root / "chex.pt").write_bytes(b"x" * 5_000_000)
    publish(monkeypatch, torchxrayvision, f"{url}/chex.pt")
    known = Download(NAME)
    known.stop()
    known._thread.join(60)
    assert (known.failure, known.received) == ("", 0)
    assert left_over(installation) == []


def test_a_cancelled_download_leaves_nothing(
    server: tuple[str, Path],
    installation: Path,
    torchxrayvision: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, root = server
    (root / "chex.pt").write_bytes(b"x" * 1_000_000)
    publish(monkeypatch, torchxrayvision, f"{url}/chex.pt")

    def cancel(received: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        registry.download(NAME, progress=cancel)
    assert left_over(installation) == []


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.command = f"touch {marker}"

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (self.command,)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_runs_a_command_is_refused(
    tmp_path: Path, torchxrayvision: ModuleType, zipped: bool
) -> None:
    marker = tmp_path / "marker"
    module = torchxrayvision.models.DenseNet(4, (1, 1, 1, 1), 8)
    module.extra = Hostile(marker)
    path = tmp_path / "module.pt"
    torch.save(module, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(ModelError, match=r"refers to (posix|nt)\.system, which no weights need"):
        checkpoint.read_module(path)
    assert not marker.exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_bare_pickle_is_refused(tmp_path: Path, protocol: int) -> None:
    marker = tmp_path / "marker"
    path = tmp_path / "module.pt"
    path.write_bytes(pickle.dumps(Hostile(marker), protocol))
    with pytest.raises(ModelError):
        checkpoint.read_module(path)
    assert not marker.exists()


def test_a_state_meant_for_setstate_is_only_data(
    tmp_path: Path, torchxrayvision: ModuleType
) -> None:
    """torch's own modules run code on their state; here it must stay without effect."""
    module = torchxrayvision.models.DenseNet(4, (1, 1, 1, 1), 8, num_classes=2)
    module.__dict__["forward"] = torch.nn.ReLU()
    module.__dict__["_buffers"]["classifier"] = torch.ones(1)
    path = tmp_path / "module.pt"
    torch.save(module, path)
    assert checkpoint.read_module(path)["classifier"].item() == 1


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("keep", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_refused(
    tmp_path: Path, torchxrayvision: ModuleType, zipped: bool, keep: float
) -> None:
    path = tmp_path / "module.pt"
    module = torchxrayvision.models.DenseNet(4, (1, 1, 1, 1), 8)
    torch.save(module, path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(ModelError, match="damaged, or no torch module"):
        checkpoint.read_module(path)


def test_flipped_bytes_never_raise_anything_else(
    tmp_path: Path, torchxrayvision: ModuleType
) -> None:
    path = tmp_path / "module.pt"
    torch.save(
        torchxrayvision.models.DenseNet(2, (1, 1, 1, 1), 2),
        path,
        _use_new_zipfile_serialization=False,
    )
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(content)
        for position in rng.integers(0, len(content) * 3 // 4, 3):
            broken[position] = rng.integers(256)
        path.write_bytes(broken)
        try:
            checkpoint.read_module(path)
        except ModelError as error:
            assert "\n" not in str(error)
