"""Tools of the developers, not installed: the generator of docs/ and the benchmarks."""
