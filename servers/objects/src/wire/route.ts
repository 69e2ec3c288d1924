import * as z from "zod";
import { CLASS_NAME } from "../object-class.ts";
import { ObjectError } from "../object-error.ts";
import {
  eventsQuery,
  type ListQuery,
  listQuery,
  OBJECT_ID,
  type ObjectRef,
  watchQuery,
} from "../protocol.ts";

/** What a request asks for, the same on both hosts. */
export type Route =
  | { readonly kind: "health" }
  | { readonly kind: "classes" }
  | { readonly kind: "list"; readonly query: ListQuery }
  | { readonly kind: ObjectKind; readonly ref: ObjectRef }
  | { readonly kind: "events"; readonly ref: ObjectRef; readonly query: EventsQuery }
  | { readonly kind: "watch"; readonly ref: ObjectRef; readonly query: WatchQuery };

type ObjectKind =
  | ("initialize" | "call" | "delete" | "get")
  /** From host to host: what is here, what takes its place, and that it goes. */
  | ("copy" | "accept" | "release");

export type EventsQuery = Readonly<z.output<typeof eventsQuery>>;
export type WatchQuery = Readonly<z.output<typeof watchQuery>>;

const SIMPLE: Readonly<Record<string, "health" | "classes">> = {
  "GET /v1/health": "health",
  "GET /v1/classes": "classes",
};

const ACTIONS: Readonly<Record<string, ObjectKind>> = {
  "POST initialize": "initialize",
  "POST call": "call",
  "DELETE ": "delete",
  "GET ": "get",
  "GET copy": "copy",
  "PUT copy": "accept",
  "POST release": "release",
};

/**
 * @param address Path and query, as they came.
 * @throws ObjectError `not_found` where nothing lies there, `invalid_input` where a name or a query cannot be.
 */
export function readRoute(method: string, address: string): Route {
  const url = new URL(address, "http://host");
  const simple = SIMPLE[`${method} ${url.pathname}`];
  if (simple !== undefined) return { kind: simple };
  if (method === "GET" && url.pathname === "/v1/objects") {
    return { kind: "list", query: queryOf(listQuery, url) };
  }
  const [empty, version, objects, ...rest] = url.pathname.split("/");
  const [name, id, action = "", more] = rest;
  if (
    empty !== "" ||
    version !== "v1" ||
    objects !== "objects" ||
    id === undefined ||
    more !== undefined
  ) {
    throw nothingAt(method, url);
  }
  const ref = readRef(name ?? "", id);
  if (method === "GET" && action === "events")
    return { kind: "events", ref, query: queryOf(eventsQuery, url) };
  if (method === "GET" && action === "watch")
    return { kind: "watch", ref, query: queryOf(watchQuery, url) };
  const kind = ACTIONS[`${method} ${action}`];
  if (kind === undefined) throw nothingAt(method, url);
  return { kind, ref };
}

/** @throws ObjectError `invalid_input` where these cannot be the names of a class and an object. */
export function readRef(className: string, rawId: string): ObjectRef {
  const id = decoded(rawId);
  if (!CLASS_NAME.test(className) || !OBJECT_ID.test(id)) {
    throw new ObjectError(
      "invalid_input",
      "An object is named /CLASS/ID: a class of small letters, digits and dashes, an id of at most 128 " +
        "letters, digits and . _ ~ @ : - that begins with a letter, a digit or an underscore.",
    );
  }
  return { class: className, id };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function queryOf<Schema extends z.ZodType>(schema: Schema, url: URL): z.output<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(url.searchParams));
  if (parsed.success) return parsed.data;
  throw new ObjectError("invalid_input", `The query is refused: ${z.prettifyError(parsed.error)}`);
}

function nothingAt(method: string, { pathname }: URL): ObjectError {
  return new ObjectError("not_found", `There is nothing at ${method} ${pathname.slice(0, 200)}.`);
}
