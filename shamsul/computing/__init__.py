"""Who computes, in which order and in which process."""
