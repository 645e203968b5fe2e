"""Where settings come from: the environment, then Streamlit's secrets file, then defaults."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

_PACKAGE = Path(__file__).resolve().parent
_BUNDLE = _PACKAGE / "_bundle"  # only where a wheel was installed: see scripts/bundle.py
#: Where the app, its pages, the assets and what pages show of the docs are.
HOME = _BUNDLE if _BUNDLE.is_dir() else _PACKAGE.parent
#: Bundled model, lung field and demo study.
ASSETS = HOME / "assets"
#: The secrets file beside the app, then that of the current folder, which wins.
SECRETS = (HOME / ".streamlit" / "secrets.toml", Path(".streamlit/secrets.toml"))


class SettingsError(ValueError):
    """A setting has no sense; the message is one sentence that names it."""


class _SecretsTable(TomlConfigSettingsSource):
    """The ``[shamsul]`` table of Streamlit's secrets file; other tables are not ours."""

    def _read_file(self, path: Path) -> dict[str, Any]:  # type: ignore[override]
        try:
            table = super()._read_file(path).get("shamsul", {})
        except (OSError, RecursionError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not valid TOML"
            raise SettingsError(f"{path} cannot be read: {reason}.") from None
        if not isinstance(table, dict):
            raise SettingsError(f"[shamsul] in {path} is not a table.")
        return {name.lower().removeprefix("shamsul_"): value for name, value in table.items()}


class Settings(BaseSettings):
    """Settings of one installation.

    Each is an environment variable ``SHAMSUL_<NAME>`` or a key of the ``[shamsul]`` table in
    ``.streamlit/secrets.toml``; the environment wins.
    """

    model_config = SettingsConfigDict(env_prefix="SHAMSUL_", toml_file=SECRETS, extra="ignore")

    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("shamsul", appauthor=False),
        description="Where cases, ratings and computed maps are kept.",
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL of the ratings; empty: SQLite in the data directory.",
    )
    models_dir: Path | None = Field(
        default=None, description="Where downloaded models are kept; unset: in the data directory."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="Where networks run; auto: a GPU if there is one."
    )
    ray_address: str = Field(
        default="",
        description="Ray cluster whose machines compute, as HOST:PORT, auto for the one that runs "
        "here, or ray://HOST:PORT from outside of it; empty: this machine.",
    )
    map_storage: Literal["float32", "float16"] = Field(
        default="float32",
        description="How maps are kept; float16: in about half of the room, right to a 4096th of "
        "each map's largest value.",
    )
    theme: Literal["dark", "light"] = Field(
        default="dark", description="How pages look until somebody chooses in the app's menu."
    )
    max_upload_mb: int = Field(
        default=200, gt=0, description="Largest radiograph file accepted, in MiB."
    )
    study_folders: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(),
        description="Folders below which the cases of a study file may lie; on the command line "
        "those below the study file's own may too.",
    )
    sign_in: Literal["open", "accounts", "oidc"] = Field(
        default="open",
        description="How readers are known; open: by the name they type, on this machine only; "
        "accounts: by a password; oidc: by an OpenID Connect provider.",
    )
    oidc_role_claim: str = Field(
        default="",
        description="Claim of the ID token that says who is a reader or a coordinator; empty: the "
        "accounts do.",
    )
    oidc_readers: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Values of that claim, comma-separated, that make a reader."
    )
    oidc_coordinators: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Values of that claim, comma-separated, that make a coordinator."
    )
    log: Literal["text", "json"] = Field(
        default="text",
        description="How the server logs; json: a JSON object a line, also what is done and how "
        "long it takes, and nothing that names anybody.",
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of this machine that answers /metrics and /healthz; 0: none does.",
    )
    frame_ancestors: str = Field(
        default="'self'",
        pattern=r"^[^;,\r\n]*$",
        description="Which sites may show the app in a frame, as in a Content-Security-Policy.",
    )

    @field_validator("study_folders", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Several, as in PATH, where they come from the environment."""
        return [one for one in value.split(os.pathsep) if one] if isinstance(value, str) else value

    @field_validator("oidc_readers", "oidc_coordinators", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return [one.strip() for one in value.split(",") if one.strip()]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SecretsTable(settings_cls)

    @property
    def database(self) -> str:
        """SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'shamsul.db'}"

    @property
    def database_shown(self) -> str:
        """The URL in force as it may be shown: without its password."""
        return re.sub(r"(?<=://)([^:/@]*):[^@]*@", r"\1:***@", self.database)

    @property
    def models(self) -> Path:
        """Directory of downloaded models in force."""
        return self.models_dir or self.data_dir / "models"

    @property
    def maps(self) -> Path:
        """Directory of computed heatmaps."""
        return self.data_dir / "maps"

    @property
    def scores(self) -> Path:
        """Directory of the scores of heatmaps."""
        return self.data_dir / "scores"

    @property
    def measures(self) -> Path:
        """Directory of what measures gave that need no annotation."""
        return self.data_dir / "measures"

    @property
    def units(self) -> Path:
        """Directory of what is known of models' single units."""
        return self.data_dir / "units"

    @property
    def images(self) -> Path:
        """Directory of data sets' images on the grids of models."""
        return self.data_dir / "images"

    @property
    def runs(self) -> Path:
        """Directory of trainings."""
        return self.data_dir / "runs"

    @property
    def thumbnails(self) -> Path:
        """Directory of small pictures of the radiographs."""
        return self.data_dir / "thumbnails"

    @property
    def reports(self) -> Path:
        """Directory of the reports of models, a folder for each registered one."""
        return self.data_dir / "reports"

    @property
    def radiographs(self) -> Path:
        """Directory of stored, de-identified radiographs."""
        return self.data_dir / "radiographs"


@cache
def settings() -> Settings:
    """Settings of this process, read once.

    Raises
    ------
    SettingsError
        If one has no sense.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"SHAMSUL_{'_'.join(map(str, first['loc'])).upper()}"
        raise SettingsError(f"The setting {name} cannot be used: {first['msg']}.") from None
