/* Nothing to run: it stands where the first paint shall not wait for what follows. */
