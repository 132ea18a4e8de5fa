"""Tables of a clinic's own systems become conversions here, row by row, and no cell of them is ever shown."""
