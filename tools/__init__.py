"""The commands behind the Makefile: environments, lock, checks and tests."""
