/** An element of the page that the script cannot do without. */
export function byId<K extends keyof HTMLElementTagNameMap = "div">(id: string, tag?: K): HTMLElementTagNameMap[K] {
  const element = document.getElementById(id);
  if (!element || (tag && element.localName !== tag)) throw new Error(`The page has no ${tag ?? "element"} #${id}.`);
  return element as HTMLElementTagNameMap[K];
}

/** The first element within another that a selector finds. */
export function within<K extends keyof HTMLElementTagNameMap>(parent: ParentNode, tag: K): HTMLElementTagNameMap[K] {
  const element = parent.querySelector(tag);
  if (!element) throw new Error(`The page has no ${tag} where there must be one.`);
  return element;
}

/** Makes an element. Children that are strings become text: nothing here reads markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Sets an element's text where it is another: what does not change is not touched, so that nobody is disturbed. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute where it is another; `null` removes it. */
export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Makes elements the children of another, in this order; those that are in their place already stay untouched. */
export function arrange(parent: Element, wanted: readonly Element[]): void {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const element of wanted) {
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
}
