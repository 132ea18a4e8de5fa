"""The clinic's account as code: one flat file per concern."""
