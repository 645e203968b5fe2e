from tests.localisation.conftest import chexlocalize_case, polygons, write_maps

__all__ = ["chexlocalize_case", "polygons", "write_maps"]
