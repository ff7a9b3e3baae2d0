"""The tests of Stackproof, and what they share."""
