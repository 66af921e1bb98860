// A test process that is told to end does so as any other: by an exit, at which the programs that it started are killed.
// Suites that share a process share its listeners.
const scope: typeof globalThis & { endsAtSignals?: true } = globalThis;
if (!scope.endsAtSignals) for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
scope.endsAtSignals = true;
