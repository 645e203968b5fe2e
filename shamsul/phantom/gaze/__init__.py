"""A simulated reader who looks at phantoms: where, how long, and what is missed.

This is a simulation, made to try what learns from gaze without the gaze of people. It is no
evidence about readers: numbers that are not from the papers that `habits` names are our choice.
"""

from .habits import Habits, habits_of
from .look import look
from .scanpath import DEGREE, Outcome, Phase, Scanpath, heatmap

__all__ = ["DEGREE", "Habits", "Outcome", "Phase", "Scanpath", "habits_of", "heatmap", "look"]
