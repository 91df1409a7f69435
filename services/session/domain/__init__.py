"""Pure rules. Knows no clock, no I/O, no transport and no database."""
