"""Why a finding is as it is: what decided it, what it was read from, and what would turn it.

finding      one finding of the published database, with all of that
citations    the statements that its evidence cites
policies     the policies that bear on its resource
whatif       what would turn its verdict
settings     parameters and entries of the register that would
trials       changes of policies that would
candidates   what could be changed of policies
denials      statements that could be added
changes      changes of the published tables
search       the smallest sets of changes that turn a verdict
replay       the finding's control judged anew over changed tables
"""
