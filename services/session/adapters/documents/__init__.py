"""Documents into text: parsers, and the limited process in which they run.
Knows nothing of résumés' meaning."""
