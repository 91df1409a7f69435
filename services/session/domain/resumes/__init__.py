"""What a résumé says, as pure functions over its text. Knows no file format, database or model."""
