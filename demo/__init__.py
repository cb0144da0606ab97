"""A synthetic organization on a loopback AWS, used by the demo and by the tests.

It contains the emulated services and the synthetic organization behind them. Nothing here imports the
pipeline, the reports or the assets: they communicate over HTTP only, as with AWS.
"""
