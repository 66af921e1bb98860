/** Exclusive locks with queues, as writers of an entity wait for each other. */
export interface Locks {
  /** Waits for all locks, one after the other, at most `limitMs`. Answers whether it has them; otherwise it has none. */
  acquire(owner: object, names: readonly string[], limitMs: number): Promise<boolean>;
  release(owner: object): void;
}

interface Waiter {
  readonly owner: object;
  readonly grant: (granted: boolean) => void;
}

export function createLocks(): Locks {
  const holders = new Map<string, object>();
  const queues = new Map<string, Waiter[]>();
  const held = new Map<object, string[]>();

  function take(owner: object, name: string): void {
    holders.set(name, owner);
    const names = held.get(owner);
    if (names) names.push(name);
    else held.set(owner, [name]);
  }

  function release(owner: object): void {
    for (const name of held.get(owner) ?? []) {
      holders.delete(name);
      const next = queues.get(name)?.shift();
      if (!next) continue;
      take(next.owner, name);
      next.grant(true);
    }
    held.delete(owner);
  }

  function wait(owner: object, name: string, limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const queue = queues.get(name) ?? [];
      queues.set(name, queue);
      const waiter: Waiter = {
        owner,
        grant(granted) {
          clearTimeout(timer);
          resolve(granted);
        },
      };
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(waiter), 1);
        resolve(false);
      }, limitMs);
      queue.push(waiter);
    });
  }

  return {
    async acquire(owner, names, limitMs) {
      const end = Date.now() + limitMs;
      for (const name of names) {
        if (holders.get(name) === owner) continue;
        if (!holders.has(name)) take(owner, name);
        else if (!(await wait(owner, name, Math.max(1, end - Date.now())))) {
          release(owner);
          return false;
        }
      }
      return true;
    },
    release,
  };
}
