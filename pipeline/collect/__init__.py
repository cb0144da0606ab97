"""Collecting a night: scope, collection per account, memory of earlier nights, and the register."""
