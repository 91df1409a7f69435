"""The mesh as a conversation sees it, over gRPC and NATS. Decides nothing."""
