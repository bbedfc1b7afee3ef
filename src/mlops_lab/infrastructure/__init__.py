"""Runs Terraform over `infra/`: finds the binary, bootstraps the state, plans, applies, destroys, documents."""
