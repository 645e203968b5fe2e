"""What leaves the database: tables for statisticians, and whole studies."""
