"""What people read: executed notebooks, pages, diagrams, tables."""
