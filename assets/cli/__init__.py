"""The command line: `main` defines the commands; the other modules do their work and format their output."""
