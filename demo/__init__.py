"""A synthetic organization on loopback AWS: what the demo reads and what the tests run on.

Here belong the emulated services and the invented organization behind them. Nothing here imports the
pipeline, the reports or the assets: they only meet over HTTP, as they would meet AWS.
"""
