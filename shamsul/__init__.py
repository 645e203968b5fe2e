"""SHAMSUL: explain chest radiograph classifiers side by side, and judge the explanations."""

from importlib.metadata import version

__version__ = version("shamsul")
