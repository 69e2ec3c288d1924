/** Pages of which origins may ask this worker from a browser: a list with commas, or `*`. By default none. */
export interface OriginEnv {
  readonly OBJECTS_ALLOWED_ORIGINS?: string;
}

const ALLOWED = {
  "access-control-allow-methods": "GET, POST, PUT, DELETE",
  "access-control-allow-headers": "authorization, content-type",
  "access-control-max-age": "86400",
} as const;

/** The answer to a browser that asks before it asks; undefined for every other request. */
export function answerPreflight(request: Request, env: OriginEnv): Response | undefined {
  if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) {
    return undefined;
  }
  const origin = allowedOrigin(request, env);
  if (origin === undefined) return new Response(null, { status: 403 });
  return new Response(null, { status: 204, headers: { ...ALLOWED, ...originHeaders(origin) } });
}

/** Lets the page read the answer. Tokens are all that counts: nothing comes along by itself, as cookies would. */
export function readableBy(request: Request, env: OriginEnv, response: Response): Response {
  const origin = allowedOrigin(request, env);
  if (origin === undefined || response.webSocket !== null) return response;
  const readable = new Response(response.body, response);
  for (const [name, value] of Object.entries(originHeaders(origin))) {
    readable.headers.set(name, value);
  }
  return readable;
}

function allowedOrigin({ headers }: Request, env: OriginEnv): string | undefined {
  const origin = headers.get("origin");
  const allowed = env.OBJECTS_ALLOWED_ORIGINS?.split(/\s*,\s*/) ?? [];
  if (origin === null || !(allowed.includes(origin) || allowed.includes("*"))) return undefined;
  return origin;
}

function originHeaders(origin: string): Record<string, string> {
  return { "access-control-allow-origin": origin, vary: "origin" };
}
