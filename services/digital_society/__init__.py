"""数字社会: tickets, benefits, visits, emergencies, bookings; nothing of them yet."""
