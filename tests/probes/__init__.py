"""Tests whose outcomes fill the cells of comparison tables."""
