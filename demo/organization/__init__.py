"""The synthetic organization: its people, the contents and defects of its accounts, and the changes of each night."""
