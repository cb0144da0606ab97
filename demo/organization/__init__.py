"""The synthetic organization: its people, what is right and wrong in its accounts, and what changes each night."""
