"""Hypothesis without a clock (the machines are shared) and without files of its own.

`pytest tests/policy --hypothesis-profile policy-long` looks longer.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("policy", deadline=None, database=None)
settings.register_profile("policy-long", settings.get_profile("policy"), max_examples=3000)
settings.load_profile("policy")
