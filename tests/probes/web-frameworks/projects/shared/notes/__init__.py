"""Notes, as the probes of Django projects use them."""
