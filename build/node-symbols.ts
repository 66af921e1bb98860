/** Stands in for `@whatwg-node/disposablestack`, of which its sibling asks for these symbols alone: Node has them itself. */
export const DisposableSymbols = Symbol;
