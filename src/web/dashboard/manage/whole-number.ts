/** A whole number as people write it, with their separators: "12,345", "12.345", "12 345". `null` for anything else. */
export function wholeNumber(text: string): number | null {
  const plain = text.trim();
  if (!/^\d+$|^\d{1,3}(?:[,.' \u00a0\u202f]\d{3})+$/.test(plain)) return null;
  const value = Number(plain.replace(/\D/g, ""));
  return Number.isSafeInteger(value) ? value : null;
}
