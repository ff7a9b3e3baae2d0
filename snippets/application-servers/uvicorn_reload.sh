# Development: one process, which starts anew when a Python or YAML file below orders/ changes.
uvicorn orders.main:app --reload --reload-dir orders --reload-include "*.yaml"

# Production in a container: one process, and the platform runs as many containers as it takes.
uvicorn orders.main:app \
  --host 0.0.0.0 \
  --port 8000 \
  --timeout-graceful-shutdown 20 \
  --timeout-keep-alive 65 \
  --forwarded-allow-ips 10.0.0.0/8

# Production on a host: four processes; those that die are replaced.
uvicorn orders.main:app \
  --host 127.0.0.1 \
  --port 8000 \
  --workers 4 \
  --timeout-graceful-shutdown 20 \
  --timeout-keep-alive 65 \
  --limit-max-requests 10000 \
  --limit-max-requests-jitter 1000
