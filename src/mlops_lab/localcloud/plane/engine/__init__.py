"""Moto in process, made repeatable and storable. Importing it imports moto, so it is imported when a plane starts."""
