from tests.reading.conftest import case, rating, store, url

__all__ = ["case", "rating", "store", "url"]
