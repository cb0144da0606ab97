"""Publishing a night: to a folder, to a bucket, and notifications about it."""
