"""The embedded cloud: AWS on loopback, as a control plane that answers and an agent that makes it true."""
