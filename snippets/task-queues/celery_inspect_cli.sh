#!/usr/bin/env bash
set -euo pipefail

# Call a task by hand and wait for its result.
id=$(celery -A shop call shop.send_mail --args '["ada@example.com"]' --queue mail)
celery -A shop result "$id"

# What runs now, and how the worker is set up. Also: reserved, scheduled, active_queues.
# Without a destination all workers are asked, and what they say after a second is not heard.
node=mail@$(hostname)  # the worker that was started with --hostname mail@%h
celery -A shop inspect active --destination "$node" --timeout 30 --json
celery -A shop inspect stats --destination "$node" --timeout 30 --json

# Let a queue rest: the worker finishes what it has and takes no more from it.
celery -A shop control cancel_consumer mail --destination "$node" --timeout 30

# Throw away what waits there. Without --queues: what waits in every queue the app knows.
celery -A shop purge --force --queues mail

# Go on.
celery -A shop control add_consumer mail --destination "$node" --timeout 30
