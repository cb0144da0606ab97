"""The emulated services, in one or more modules each: one public function per operation, named as in boto3.

A function takes a :class:`demo.emulator.wire.Call` and returns the operation's output as botocore's service model
shapes it; the server serializes it in the service's own protocol. It raises :class:`demo.emulator.errors.ApiError` for
an error of the service. An operation without a function is answered with ``NotImplementedByEmulator``.
"""
