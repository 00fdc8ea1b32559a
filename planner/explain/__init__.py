"""Why a request does not fit, why it is where it is, and what would make it fit: use cases over a snapshot."""
