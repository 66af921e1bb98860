/**
 * Ids that no other process makes: the time of its start and chance, then a number. They need not be hard to guess, and `node:crypto`
 * takes long to load.
 */
export function createIds(): () => string {
  const chance = () => Math.random().toString(36).slice(2);
  const prefix = `${Date.now().toString(36)}${chance()}${chance()}`;
  let last = 0;
  return () => {
    last += 1;
    return `${prefix}-${last.toString(36)}`;
  };
}
