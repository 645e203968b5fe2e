"""Where studies and answers are kept: tables, their migrations, and who may sign in."""
