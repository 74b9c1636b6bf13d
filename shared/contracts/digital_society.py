"""digital_society: tickets, benefits, visits, emergencies, bookings; publishes nothing of its own yet."""
