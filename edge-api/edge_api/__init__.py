"""The HTTP edge: REST, one socket per interview, and the page. It has no database and decides no right."""
