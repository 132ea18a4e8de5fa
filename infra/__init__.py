"""The clinic's account as code: one flat file per concern."""

from infra.node import use_packaged_node

use_packaged_node()  # before anything imports the CDK, which starts Node at import
