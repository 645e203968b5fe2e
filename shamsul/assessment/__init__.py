"""How good a model is on a data set: numbers with intervals, a report, a card."""
