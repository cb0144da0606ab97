"""The command line: `main` has the commands, the modules beside it what each of them prints."""
