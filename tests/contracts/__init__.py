"""Services that are specified by black-box tests and implemented once per technology."""
