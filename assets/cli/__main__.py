"""`python -m assets.cli` is the command `rolecall`."""

from assets.cli.main import main

if __name__ == "__main__":
    main()
