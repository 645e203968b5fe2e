"""``python -m shamsul`` is the command ``shamsul``."""

from shamsul.cli import main

main()
