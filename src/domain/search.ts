/** A text as a search compares it: case, accents, and how characters are composed or joined do not matter. */
export function foldText(text: string): string {
  const letters = text.normalize("NFD").replace(/[\p{Mn}\p{Default_Ignorable_Code_Point}]/gu, "");
  // Capitals tell that `ß` is `ss`; a sigma at a word's end is one like others.
  return letters.toUpperCase().toLowerCase().replaceAll("ς", "σ");
}

/** Tells pages whose decoded names hold a text. */
export function createPageMatcher(text: string): (page: string) => boolean {
  const wanted = foldText(text);
  return (page) => foldText(decodeName(page)).includes(wanted);
}

/** Escapes that are not UTF-8 stay as they are. */
function decodeName(page: string): string {
  return page.replace(/(?:%[0-9A-F]{2})+/g, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes;
    }
  });
}
