"""How well speech was understood: texts made alike, then errors counted. Knows no engine and no transport."""
