"""What is decided while somebody speaks: pure rules on audio time. Knows no model, no thread and no clock."""
