"""What the ratings of a reading study say: tables, figures, and a report of both."""
