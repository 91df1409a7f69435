"""Concrete ports: everything here touches the outside world."""
