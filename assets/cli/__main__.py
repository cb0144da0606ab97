"""`python -m assets.cli` runs the command `rolecall`."""

from assets.cli.main import main

if __name__ == "__main__":
    main()
