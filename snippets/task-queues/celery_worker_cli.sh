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
until celery -A shop inspect ping --destination "mail@$(hostname)" --json; do sleep 0.5; done

# `kill -TERM` stops each of them. The worker waits for its running tasks, without limit.
wait "$beat" "$worker"
