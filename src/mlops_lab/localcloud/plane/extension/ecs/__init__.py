"""Amazon ECS, truthful: a task is what its agent reports, a service's counts are its tasks."""
