"""Would the tests of a snippet notice if it were wrong?

`operators` says how code can be changed, `mutants` makes the changed copies of a file,
`surviving` runs a snippet's own test on each, and `python -m tests.mutation` is `make mutate`.
Cosmic Ray brings most operators and applies them; its own runner changes files in place and knows
one test command for all, so the runs are ours.
"""
