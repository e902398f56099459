"""What storage, its login service and login providers answer, and what each answer means."""
