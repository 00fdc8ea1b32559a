"""`python -m api.cli` is `bayplan`."""

from api.cli import main

main()
