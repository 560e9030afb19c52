// Preloaded into the quick start: a user who may not install server programs.
process.getuid = () => 1_000
