"""Tests of the built site: its files, and what a browser makes of them."""
