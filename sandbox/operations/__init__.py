"""What can be done to the sandbox's GitHub, once for REST and GraphQL: change the state, then fire the events."""
