"""Makes the control plane true: reads public AWS APIs, runs tasks, balances load, ships logs."""
