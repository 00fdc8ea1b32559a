"""Which sites of an application answer which users: what a product that steers by DNS needs to know."""
