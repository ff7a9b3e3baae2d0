"""What a WSGI server and the `flask` command run."""

from notes import create_app

app = create_app()
