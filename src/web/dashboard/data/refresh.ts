/** What a look for news found; `waiting`: nothing yet, and somebody watches for the first visit. */
export type News = "new" | "same" | "waiting";

const FIRST_MS = 10_000;
/** Where nothing changes for long, it is asked for less often. */
const LONGEST_MS = 60_000;
const WAITING_MS = 3_000;

/**
 * Calls `task` again and again while the page is seen, and at once when it is seen again. `reset` begins the pause anew, at its
 * shortest.
 */
export function keepFresh(task: () => Promise<News>): { reset(): void } {
  let pause = FIRST_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function plan(): void {
    clearTimeout(timer);
    if (document.visibilityState === "visible") timer = setTimeout(run, pause);
  }

  async function run(): Promise<void> {
    const news = await task();
    pause = news === "waiting" ? WAITING_MS : news === "new" ? FIRST_MS : Math.min(Math.max(pause, FIRST_MS) * 1.5, LONGEST_MS);
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
