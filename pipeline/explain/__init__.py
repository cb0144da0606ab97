"""Explains a finding: what decided it, the calls behind it, and what would change its verdict.

finding      one finding of the published database, fully explained
citations    the statements that its evidence cites
policies     the policies that apply to its resource
whatif       what would change its verdict
settings     parameters and register entries that would change it
trials       policy changes that would change it
candidates   what could be changed of policies
denials      statements that could be added
changes      changes of the published tables
removal      what closes when a user, role or policy goes
search       the smallest sets of changes that change a verdict
replay       re-runs the finding's control on modified tables
"""
