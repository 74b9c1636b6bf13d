"""digital_society: tickets, benefits, visits, emergencies; publishes nothing of its own yet."""
