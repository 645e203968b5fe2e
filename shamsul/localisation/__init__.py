"""Do maps lie where experts say that findings are? Scores of maps against annotations."""
