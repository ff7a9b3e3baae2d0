# Each is a process of its own, in a terminal here or in a container.
uvicorn invoices:app --port 8000
taskiq worker invoices:broker --workers 1
# Sends the retries when they are due; by default it looks once a minute.
taskiq scheduler invoices:scheduler --update-interval 1
