import os

wsgi_app = "orders.main:app"
worker_class = "asgi"
bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))

timeout = 30  # a worker whose event loop hangs is killed and replaced
graceful_timeout = 25  # below the grace of the platform: 30 s on Kubernetes
keepalive = 65  # above the idle timeout of the proxy, or it sends into a closed connection

# Against memory that grows; the jitter keeps workers from restarting at the same moment.
max_requests = 10_000
max_requests_jitter = 2_000

# Imported once, before the fork: memory is shared, and a broken import ends the start at once.
preload_app = True

accesslog = "-"
access_log_format = '%(h)s "%(r)s" %(s)s %(B)s bytes %(M)s ms %({x-request-id}i)s'
