"""Where a published night goes, a folder or a bucket, and the messages about it."""
