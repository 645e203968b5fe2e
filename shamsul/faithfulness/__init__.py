"""Do the model's outputs follow its maps? Measures of maps that need no annotation."""
