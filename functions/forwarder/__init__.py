"""Clean events become disclosures here: one network, one queue, one secret."""
