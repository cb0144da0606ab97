"""Calls to AWS: sessions, an account's calls with retries and ledger, and classification of failures."""
