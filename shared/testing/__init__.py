"""What the tests of every service use: a service on a real database, without a broker."""
