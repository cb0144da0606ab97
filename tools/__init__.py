"""Developer tools, not installed: the docs generator and the benchmarks."""
