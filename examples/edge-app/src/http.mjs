// As much of HTTP as the routes need: matching, JSON in and out, errors.

const BODY_BYTES_MAX = 64 * 1024;

export class HttpError extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

// `routes` maps "METHOD /path/:name" to a handler, which gets a request and returns `{ status, body, headers }`.
// `before` sees each request first and may refuse it by throwing.
export function requestListener(routes, before) {
  const table = Object.entries(routes).map(([route, handler]) => {
    const [method, path] = route.split(" ");
    return { method, pattern: new RegExp(`^${path.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`), handler };
  });
  return async (incoming, outgoing) => {
    let answer;
    try {
      answer = await dispatch(table, before, incoming);
    } catch (error) {
      if (!(error instanceof HttpError)) console.error(error);
      const { status = 500, message, headers } = error instanceof HttpError ? error : { message: "internal error" };
      answer = { status, body: { error: message }, headers };
    }
    const { status = 200, body, headers = {} } = answer;
    outgoing.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  };
}

async function dispatch(table, before, incoming) {
  const url = new URL(incoming.url, "http://localhost");
  const request = { headers: incoming.headers, query: url.searchParams, address: incoming.socket.remoteAddress };
  await before(request);
  const matching = table.filter(({ pattern }) => pattern.test(url.pathname));
  if (matching.length === 0) throw new HttpError(404, "no such route");
  const route = matching.find(({ method }) => method === incoming.method);
  if (!route) throw new HttpError(405, "no such method", { allow: matching.map(({ method }) => method).join(", ") });
  try {
    const { groups = {} } = route.pattern.exec(url.pathname);
    request.params = Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]));
  } catch {
    throw new HttpError(400, "a path segment is not percent-encoded UTF-8");
  }
  request.body = await readJson(incoming);
  return route.handler(request);
}

async function readJson(incoming) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new HttpError(413, `a body of more than ${BODY_BYTES_MAX} bytes`, { connection: "close" });
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new HttpError(400, "the body is not JSON");
  }
}
