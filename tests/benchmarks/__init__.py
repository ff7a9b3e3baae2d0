"""Measurements whose figures fill the cells of comparison tables."""
