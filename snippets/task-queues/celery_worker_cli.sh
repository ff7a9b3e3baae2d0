#!/usr/bin/env bash
set -euo pipefail

# A worker for each kind of work, so that exports do not hold up mails. In production each of these
# two is a service of its own in the foreground, without the `&`.
celery -A shop worker --queues mail,exports --hostname mail@%h --concurrency 2 \
  --prefetch-multiplier 1 --max-tasks-per-child 500 --max-memory-per-child 400000 \
  --loglevel INFO --logfile worker.log &
worker=$!

# Exactly one, and its state on a disk that outlives it.
celery -A shop beat --schedule beat-state --loglevel INFO --logfile beat.log &
beat=$!

# Is the worker there? Ends with 69 if it does not answer.
node=mail@$(hostname)
until celery -A shop inspect ping --destination "$node" --json; do sleep 0.5; done

# Call a task by hand and wait for its result.
id=$(celery -A shop call shop.send_mail --args '["ada@example.com"]' --queue mail)
celery -A shop result "$id"

# What runs now, and how the worker is set up. Also: reserved, scheduled, active_queues.
# Without a destination all workers are asked, and what they say after a second is not heard.
celery -A shop inspect active --destination "$node" --timeout 30 --json
celery -A shop inspect stats --destination "$node" --timeout 30 --json

# Let a queue rest: the worker finishes what it has and takes no more from it.
celery -A shop control cancel_consumer mail --destination "$node" --timeout 30
celery -A shop call shop.send_mail --args '["bob@example.com"]' --queue mail

# Throw away what waits there. Without --queues: what waits in every queue the app knows.
celery -A shop purge --force --queues mail

# Stop. The worker waits for the running tasks, without limit.
kill -TERM "$beat" "$worker"
wait "$beat" "$worker"
