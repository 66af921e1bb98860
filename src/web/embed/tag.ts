/** A member of `document` itself: the plain `document.currentScript` may be an image of that name. */
export const ofDocument = <Name extends keyof Document>(name: Name): Document[Name] =>
  window.Reflect.get(window.Document.prototype, name, document);

/** The document's elements that match a selector, in its order. */
export const select = <Found extends HTMLElement>(selector: string): Found[] =>
  [...ofDocument("querySelectorAll").call(document, selector)] as unknown as Found[];

/**
 * The address of a tag's service, without a slash at its end: by `data-service`, else by a `src` that ends with `/embed.js`. Consent
 * managers use that attribute as well, for names such as "Google Analytics".
 */
export const serviceOf = ({ dataset, src }: HTMLScriptElement): string | undefined =>
  /(http[^?#\s]+?)\/+embed\.js\b/.exec(`${dataset["service"]}/embed.js ${src}`)?.[1];
