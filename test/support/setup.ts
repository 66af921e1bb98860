// A test process that is told to end does so as any other: by an exit, at which the programs that it started are killed.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
