"""Notes, kept in PostgreSQL and read and written over HTTP."""
