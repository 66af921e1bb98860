const FIRST_MS = 10_000;
/** Where nothing changes for long, it is asked for less often. */
const LONGEST_MS = 60_000;

/**
 * Calls `task` again and again while the page is seen, and at once when it is seen again. `task` answers whether there was anything
 * new. `reset` begins the pause anew, at its shortest.
 */
export function keepFresh(task: () => Promise<boolean>): { reset(): void } {
  let pause = FIRST_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function plan(): void {
    clearTimeout(timer);
    if (document.visibilityState === "visible") timer = setTimeout(run, pause);
  }

  async function run(): Promise<void> {
    const isNew = await task();
    pause = isNew ? FIRST_MS : Math.min(pause * 1.5, LONGEST_MS);
    plan();
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    pause = FIRST_MS;
    if (document.visibilityState === "visible") run();
  });
  return {
    reset() {
      pause = FIRST_MS;
      plan();
    },
  };
}
