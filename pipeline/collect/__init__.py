"""Collecting a night: its scope, what each account is asked, what is remembered of earlier nights, and the register."""
