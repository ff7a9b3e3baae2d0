print("blue")
