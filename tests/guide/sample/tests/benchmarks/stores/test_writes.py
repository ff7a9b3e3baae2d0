"""Stands for a test: the sample only needs its bytes."""
