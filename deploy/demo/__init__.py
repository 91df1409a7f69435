"""A whole interview through the public API, from a résumé to a checked report. Knows no service's insides."""
