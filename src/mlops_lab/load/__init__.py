"""Open-loop load: requests leave when their time has come, however long the answers to those before them take."""
