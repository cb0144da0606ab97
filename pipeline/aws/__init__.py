"""Calls to AWS: sessions, an account's calls with their retries and ledger, and every way a call fails."""
