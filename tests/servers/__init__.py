"""Real servers for the tests: started on loopback, with data of their own, and ended with the test run."""
