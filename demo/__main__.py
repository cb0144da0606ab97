"""``python -m demo serve``: serve the synthetic organization on a loopback port until stopped.

``examples`` and ``changes`` print the two tables of README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading

from demo.emulator.server import Emulator
from demo.organization.examples import as_table
from demo.organization.nights import changes_as_table


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="demo", description="A synthetic organization on loopback AWS.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("examples", help="where each control's good and bad example is, as a table")
    commands.add_parser("changes", help="what changes on each night, as a table")
    serve = commands.add_parser("serve", help="serve it until stopped")
    serve.add_argument("--port", type=int, default=0, help="0 takes a free port")
    serve.add_argument("--night", type=int, default=1, help="the night to begin with")
    serve.add_argument("--seed", type=int, default=1, help="another seed is another organization")
    serve.add_argument("--with-parent", action="store_true", help="end when the parent process ends")
    options = parser.parse_args(arguments)
    if options.command != "serve":
        print(as_table() if options.command == "examples" else changes_as_table())
        return 0
    return run(options.port, options.seed, options.night, options.with_parent)


def run(port: int, seed: int, night: int, with_parent: bool) -> int:
    """Serve until SIGTERM, SIGINT or, if requested, the end of the parent process. Prints one JSON line when ready."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parent = os.getppid()
    try:
        emulator = Emulator(seed, night)
        server = emulator.listen(port)
    except (ValueError, OSError, OverflowError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    print(json.dumps(emulator.ready_line(server.server_address[1])), flush=True)
    # Nobody need read on: what a library prints would fill the pipe and stop the server.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    while not stop.wait(0.5 if with_parent else None):
        if os.getppid() != parent:
            break
    server.shutdown()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
