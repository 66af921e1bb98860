declare module "punycode/" {
  /** A host name with its `xn--` labels in their own script. */
  export function toUnicode(host: string): string;
}
