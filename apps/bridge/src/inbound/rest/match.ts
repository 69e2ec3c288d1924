import { nearestName, TrestleError } from "@trestle/protocol";
import { type Failure, RestRefusal } from "./failure.ts";
import { BASE } from "./path.ts";
import type { Route } from "./route.ts";

export interface Match {
  readonly route: Route;
  /** The named parts of the path. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Finds the route. Throws a refusal with 404 that names near paths, or 405 with `Allow`. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match {
  const asked = method === "HEAD" ? "GET" : method;
  const found = routes.flatMap((route) => {
    const parts = partsOf(route, path);
    return parts ? [{ route, parts }] : [];
  });
  const match = found.find(({ route }) => route.method === asked);
  if (match) return match;
  if (found.length === 0) throw new RestRefusal(unknownPath(routes, path));
  const allow = allowedMethods(found.map(({ route }) => route.method));
  throw new RestRefusal({
    code: "method_not_allowed",
    message: `${method} does not fit ${BASE}/${path}: use ${allow}.`,
    headers: { allow },
  });
}

/** `Allow` of a path, for whoever asks before calling. */
export function methodsAt(routes: readonly Route[], path: string): string {
  const found = routes.filter((route) => partsOf(route, path));
  return allowedMethods(found.map(({ method }) => method));
}

function allowedMethods(methods: readonly string[]): string {
  const heads = methods.includes("GET") ? ["HEAD"] : [];
  return [...new Set([...methods, ...heads, "OPTIONS"])].join(", ");
}

function partsOf({ path: pattern }: Route, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [index, word] of wanted.entries()) {
    const text = given[index] ?? "";
    if (word.startsWith(":")) parts[word.slice(1)] = decoded(text);
    else if (word !== text) return undefined;
  }
  return parts;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TrestleError("invalid_input", `"${text}" in the path is no valid percent-encoding.`);
  }
}

const MOST_NEAR = 5;

function unknownPath(routes: readonly Route[], path: string): Failure {
  const paths = [...new Set(routes.map((route) => route.path))];
  const [first = ""] = path.split("/");
  const near = nearestName(path, paths);
  const sameStart = paths.filter((each) => each.split("/")[0] === first);
  const listed = [...new Set([...(near === undefined ? [] : [near]), ...sameStart])];
  const shown = listed.slice(0, MOST_NEAR).map((each) => `${BASE}/${each}`);
  const advice =
    shown.length > 0 ? `Did you mean ${shown.join(", ")}?` : `GET ${BASE} lists what there is.`;
  return {
    code: "not_found",
    message: `Nothing at ${BASE}/${path}. ${advice}`,
    details: { near: shown },
  };
}
