"""Questions about a published night, answered offline by the policy evaluator: who can, what can, how.

Also `check`: what a policy would grant before it is merged. Nothing here calls AWS; what was not read is an answer of
its own, with the call that failed.
"""
