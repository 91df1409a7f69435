"""What every service shares: serving, calling, errors, logs, settings. Knows no service."""
