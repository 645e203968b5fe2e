"""Where settings come from."""

from pathlib import Path

import pytest

from shamsul.settings import Settings, SettingsError, settings


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SHAMSUL_{name.upper()}", raising=False)


def secrets(text: str) -> None:
    Path(".streamlit").mkdir()
    Path(".streamlit/secrets.toml").write_text(text, encoding="utf-8")


def test_defaults_keep_everything_in_the_data_directory() -> None:
    found = Settings()
    assert found.data_dir.name == "shamsul"
    assert found.database == f"sqlite:///{found.data_dir / 'shamsul.db'}"
    assert found.models == found.data_dir / "models"


def test_environment_wins_over_the_secrets_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets('[shamsul]\ndata_dir = "/from/secrets"\nmax_upload_mb = 7\n[other]\nkey = 1\n')
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path))
    found = Settings()
    assert found.data_dir == tmp_path
    assert found.max_upload_mb == 7


def test_keys_of_the_secrets_table_may_be_written_as_in_the_environment() -> None:
    secrets('[shamsul]\nSHAMSUL_DATABASE_URL = "sqlite:///elsewhere.db"\n')
    assert Settings().database == "sqlite:///elsewhere.db"


def test_secrets_without_our_table_are_none_of_ours() -> None:
    secrets("[auth]\nmax_upload_mb = 3\n")
    assert Settings().max_upload_mb == 200


def test_values_of_a_claim_are_separated_by_commas_or_a_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secrets('[shamsul]\noidc_readers = ["cn=readers,ou=clinic"]\n')
    monkeypatch.setenv("SHAMSUL_OIDC_COORDINATORS", " study office ,it,, ")
    assert Settings().oidc_readers == ("cn=readers,ou=clinic",)
    assert Settings().oidc_coordinators == ("study office", "it")


def test_password_of_the_database_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAMSUL_DATABASE_URL", "postgresql+psycopg://reader:hunter2@db/shamsul")
    assert "hunter2" not in Settings().database_shown
    assert "db/shamsul" in Settings().database_shown


@pytest.mark.parametrize("text", ["abc", "0", "-5"])
def test_setting_without_sense_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SHAMSUL_MAX_UPLOAD_MB", text)
    settings.cache_clear()
    with pytest.raises(SettingsError, match="SHAMSUL_MAX_UPLOAD_MB"):
        settings()
    settings.cache_clear()


def test_nothing_is_served_or_logged_otherwise_unless_it_is_asked_for() -> None:
    assert (Settings().metrics_port, Settings().log) == (0, "text")


def test_secrets_that_are_no_table_are_named() -> None:
    secrets("shamsul = 3\n")
    with pytest.raises(SettingsError, match="not a table"):
        Settings()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[shamsul\n", "it is not valid TOML"),
        (b'[shamsul]\ndata_dir = "\xff"\n', "it is not valid TOML"),
        (b'[shamsul]\ndata_dir = "\\ud800"\n', "it is not valid TOML"),
        (b"a = " + b"[" * 20_000, "it is not valid TOML"),
    ],
    ids=["syntax", "bytes", "half a character", "brackets"],
)
def test_a_damaged_secrets_file_is_named(content: bytes, says: str) -> None:
    secrets("")
    assert Settings().max_upload_mb == 200
    Path(".streamlit/secrets.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=rf"^\S*secrets\.toml cannot be read: {says}\.$"):
        Settings()
