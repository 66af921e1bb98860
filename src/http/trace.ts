/** Client ids that do not match are replaced. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-/;
const CLOUD_TRACE = /^([0-9a-f]{32})(?:[/;]|$)/i;

/** The request's trace: from `traceparent` (https://www.w3.org/TR/trace-context/), else from Google's older header. */
export function traceOf(headers: Headers): string | null {
  const [standard, older] = [headers.get("traceparent"), headers.get("x-cloud-trace-context")];
  const match = (standard && TRACEPARENT.exec(standard)) || (older && CLOUD_TRACE.exec(older)) || [];
  return match[1] ?? null;
}

/** The request's own id where it is valid, else its trace's, else a new one. */
export function requestIdOf(headers: Headers, newId: () => string): string {
  const given = headers.get("x-request-id");
  return given !== null && REQUEST_ID.test(given) ? given : (traceOf(headers) ?? newId());
}
