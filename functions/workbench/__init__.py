"""The `airlock` command: the product on one desk, in no zip."""
