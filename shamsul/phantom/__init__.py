"""Synthetic frontal chest radiographs with exactly known findings."""

from .phantom import LABELS, Finding, Grade, Phantom
from .render import render

__all__ = ["LABELS", "Finding", "Grade", "Phantom", "render"]
