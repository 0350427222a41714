"""The only place with SQL."""

CURRENT = {"desk": 6, "cache": 5, "search": 3}
"""``PRAGMA user_version`` of each file. Here, because who only looks whether they are as expected needs nothing else."""
