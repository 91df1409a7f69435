"""The engines. Importing this package imports no engine, so that no model library loads unasked."""
