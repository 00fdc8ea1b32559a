"""Access: who asks, what they may do, and for which tenants."""
