"""The executable checks of the plan: one per outcome, each looks at the running system and returns its evidence."""
