"""AWS on a loopback port: the wire, the faults, and a function for each emulated operation."""
