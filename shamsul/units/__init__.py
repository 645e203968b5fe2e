"""What single units of a network look for, and what the outputs owe to them.

A unit is a channel of a layer. Layers are those that everything before them passes, so that what
their units get is all that there is.
"""
