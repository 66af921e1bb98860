/** Stands in for `node:http2` where all that is asked of it is whether a request is one of its own. */
export class Http2ServerRequest {}

export const constants = { NGHTTP2_NO_ERROR: 0 };
