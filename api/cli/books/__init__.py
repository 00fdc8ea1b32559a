"""Commands on the books: a database instead of a world folder. Each is a few lines over a use case of the ledger."""
