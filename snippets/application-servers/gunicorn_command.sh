# One of these, run where the package lies. SIGTERM stops it, SIGHUP replaces the workers.

# FastAPI, Starlette, Django on ASGI: Gunicorn's own worker, no Uvicorn beneath it.
gunicorn orders.main:app \
  --worker-class asgi \
  --workers 4 \
  --bind 0.0.0.0:8000 \
  --timeout 30 \
  --graceful-timeout 20 \
  --keep-alive 65 \
  --access-logfile -

# Django on WSGI: threads, so that a slow client or query does not hold a whole process.
gunicorn shop.wsgi:application \
  --worker-class gthread \
  --workers 4 \
  --threads 8 \
  --bind 0.0.0.0:8000 \
  --timeout 30 \
  --graceful-timeout 20 \
  --keep-alive 65 \
  --access-logfile -

# Flask: the same, with an application factory.
gunicorn "accounts:create_app()" \
  --worker-class gthread \
  --workers 4 \
  --threads 8 \
  --bind 0.0.0.0:8000 \
  --timeout 30 \
  --graceful-timeout 20 \
  --keep-alive 65 \
  --access-logfile -
