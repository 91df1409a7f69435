"""The engine on aiortc. Imported only when it is chosen."""
