"""An invented patient lives here, who is sent through the airlock and must never be seen again."""
