"""Rehearses a change of policies on a night: what would break, what would turn, whether AWS would take it.

change       what is asked for: the files, the kind of policy and the target, read and resolved
edits        the change as edits of the night's raw tables, as AWS would list them after the attachment
closed       the Regions that it closes or opens, as edits too
session      the edited night, judged by the models that judge every night; and the night as it was, beside it
breaks       what principals used, evaluated before and after
losses       one action of one principal before and after: denied for certain, under conditions, or not newly
trail        what CloudTrail recorded, read from files and grouped
trail_bucket its files in a bucket, a page at a time
requests     those events evaluated before and after, each group once
callers      who can enter a role, before and after
lockouts     who must never be locked out, and whether the change does
limits       whether AWS would store and attach the policies
answer       all of it together
ready        the other way round: which guardrails nothing that was used stands against, and where
attachable   those as files to attach
"""
