"""Each snippet's own test: what it is for holds, what it guards against is refused."""
