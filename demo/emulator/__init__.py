"""AWS on a loopback port: protocols, faults, and one function per emulated operation."""
