"""What a study asks of its readers: questions, design, the study file."""
