state = {"a": 1}
print(state["a"])
