"""What every test can use: the service fixtures."""

pytest_plugins = ["tests.services.plugin"]
