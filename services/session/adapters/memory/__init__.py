"""Stores in memory: the fakes of the stores in Postgres, held to the same contract tests."""
