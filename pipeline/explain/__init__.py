"""Why a finding is as it is: what decided it, what it was read from, and what would turn it.

finding    one finding of the published database, with all of that
whatif     what would turn its verdict
changes    policies changed, and the search for the smallest change that turns it
replay     the finding's control judged anew over changed tables
held       the policies that a finding is about
"""
