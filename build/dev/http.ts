/** Node's HTTP, as `require` hands it over: `import` reads its every export, and one of those loads all of `fetch`, which takes 30 ms. */
export const http = process.getBuiltinModule("node:http");
