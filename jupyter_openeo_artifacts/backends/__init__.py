"""openEO backends: discovery, connections, logins there, and who may get a login."""
