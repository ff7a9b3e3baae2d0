"""What every test can use: the service fixtures."""

pytest_plugins = ["tests.scheduling", "tests.services.plugin"]
