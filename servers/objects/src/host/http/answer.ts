import type { IncomingMessage } from "node:http";
import type { Clock, Logger } from "@trestle/protocol";
import { type ObjectPrincipal, requireAllowed, requireListing } from "../../auth/scopes.ts";
import type { CheckToken } from "../../auth/tokens.ts";
import { checkRef, findMethod } from "../../core/classes.ts";
import type { ObjectClasses } from "../../object-class.ts";
import { ObjectError } from "../../object-error.ts";
import {
  callRequest,
  deleteRequest,
  type HealthView,
  initializeRequest,
  type ObjectRef,
  PROTOCOL_VERSION,
  TOKEN_PROTOCOL,
} from "../../protocol.ts";
import { readJson } from "../../wire/body.ts";
import { COPY_BYTES, readAccept, releaseRequest } from "../../wire/copy.ts";
import { type Route, readRoute, type WatchQuery } from "../../wire/route.ts";
import type { SharedObjects } from "../share-objects.ts";
import { readBody } from "./read-body.ts";

export interface HostParts {
  readonly objects: SharedObjects;
  readonly classes: ObjectClasses;
  readonly checkToken: CheckToken;
  readonly clock: Clock;
  readonly log: Logger;
}

type ObjectRoute = Exclude<Route, { readonly kind: "health" | "classes" | "list" }>;

/** Says who may do what before anything is opened or looked up. */
export async function answerRequest(parts: HostParts, request: IncomingMessage): Promise<unknown> {
  const route = readRoute(request.method ?? "", request.url ?? "");
  if (route.kind === "health") return healthOf(parts.classes);
  const principal = await parts.checkToken(tokenOf(request));
  if (route.kind === "classes") return parts.objects.classes();
  if (route.kind === "list") {
    requireListing(principal, route.query.class);
    return parts.objects.list(route.query);
  }
  return answerObject(parts, { route, principal, request });
}

interface Asked {
  readonly route: ObjectRoute;
  readonly principal: ObjectPrincipal;
  readonly request: IncomingMessage;
}

async function answerObject(parts: HostParts, { route, principal, request }: Asked) {
  const { objects, classes } = parts;
  const { ref } = route;
  const { name } = principal;
  checkRef(classes, ref);
  switch (route.kind) {
    case "get":
      requireAllowed(principal, { kind: "read" }, ref);
      return objects.get(ref);
    case "events":
      requireAllowed(principal, { kind: "read" }, ref);
      return objects.events(ref, route.query);
    case "initialize":
      requireAllowed(principal, { kind: "initialize" }, ref);
      return objects.initialize(ref, readJson(initializeRequest, await readBody(request)), name);
    case "delete":
      requireAllowed(principal, { kind: "delete" }, ref);
      return objects.delete(ref, readJson(deleteRequest, await readBody(request)), name);
    case "call": {
      const call = readJson(callRequest, await readBody(request));
      requireCall(classes, { ref, method: call.method, principal });
      return objects.call(ref, call, name);
    }
    case "copy":
    case "accept":
    case "release":
      requireAllowed(principal, { kind: "replicate" }, ref);
      return answerHanding(objects, { kind: route.kind, ref, request });
    case "watch":
      throw new ObjectError("unsupported", "Watch with a WebSocket.");
  }
}

interface Handing {
  readonly kind: "copy" | "accept" | "release";
  readonly ref: ObjectRef;
  readonly request: IncomingMessage;
}

/** What hosts ask of each other. */
async function answerHanding(objects: SharedObjects, { kind, ref, request }: Handing) {
  if (kind === "copy") return { copy: await objects.copy(ref) };
  if (kind === "release") {
    const { owner } = readJson(releaseRequest, await readBody(request));
    return { copy: await objects.release(ref, owner) };
  }
  const { copy, replaces } = readAccept(ref, await readBody(request, COPY_BYTES));
  await objects.accept(copy, replaces);
  return { seq: copy.seq };
}

export interface AskedCall {
  readonly ref: ObjectRef;
  readonly method: string;
  readonly principal: ObjectPrincipal;
}

export function requireCall(classes: ObjectClasses, { ref, method, principal }: AskedCall): void {
  const { isReadOnly } = findMethod(checkRef(classes, ref), method);
  requireAllowed(principal, { kind: "call", method, isReadOnly }, ref);
}

/** What is known of a socket before it opens. */
export interface Watch {
  readonly ref: ObjectRef;
  readonly query: WatchQuery;
  readonly principal: ObjectPrincipal;
}

/** Whether somebody may watch; thrown where not. */
export async function openWatch(parts: HostParts, request: IncomingMessage): Promise<Watch> {
  const route = readRoute(request.method ?? "", request.url ?? "");
  if (route.kind !== "watch") {
    throw new ObjectError("not_found", "WebSockets open at /v1/objects/CLASS/ID/watch.");
  }
  const { ref, query } = route;
  const principal = await parts.checkToken(tokenOf(request));
  checkRef(parts.classes, ref);
  requireAllowed(principal, { kind: "read" }, ref);
  return { ref, query, principal };
}

/** From its header, or from what a browser offers with a WebSocket. */
function tokenOf({ headers }: IncomingMessage): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const offered = headers["sec-websocket-protocol"]?.split(/\s*,\s*/) ?? [];
  return offered.find((each) => each.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
}

function healthOf(classes: ObjectClasses): HealthView {
  return { status: "ok", host: "local", protocol: PROTOCOL_VERSION, classes: [...classes.keys()] };
}
