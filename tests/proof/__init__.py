"""How the guide proves itself.

`things` says what is to be proven, `running` runs one thing's test in a process of its own,
`recorder` is the pytest plugin in that process which writes down what happened, `proving` turns
that record into a proof, and `python -m tests.proof` is `make prove`.
"""
