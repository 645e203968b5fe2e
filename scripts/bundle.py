"""Build hook: puts into a wheel what stands beside the package in the repository.

An editable installation gets no copy; ``shamsul/settings.py`` finds either.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BESIDE = (
    "app.py",
    "pages",
    ".streamlit/config.toml",
    "assets/demo",
    "assets/models",
    "assets/icon.png",
    "assets/lung_field.png",
    "docs/disagreement.md",
    "docs/phantom-benchmark.md",
)


class Bundle(BuildHookInterface):
    """Adds them to the folder ``_bundle`` of the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say what goes where; `version` is ``editable`` where nothing is copied."""
        if version == "standard":
            build_data["force_include"] |= {path: f"shamsul/_bundle/{path}" for path in BESIDE}
