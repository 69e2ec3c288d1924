import { type ObjectPrincipal, requireAllowed, requireListing } from "../../src/auth/scopes.ts";
import { checkRef, findMethod } from "../../src/core/classes.ts";
import { describeClasses } from "../../src/core/describe.ts";
import type { ObjectClasses } from "../../src/object-class.ts";
import { OBJECT_ERROR_STATUS, ObjectError } from "../../src/object-error.ts";
import {
  callRequest,
  DEFAULT_LIMITS,
  deleteRequest,
  type HealthView,
  initializeRequest,
  type ObjectRef,
  PROTOCOL_VERSION,
  WATCH_PROTOCOL,
} from "../../src/protocol.ts";
import { readJson } from "../../src/wire/body.ts";
import { COPY_BYTES, readAccept, releaseRequest } from "../../src/wire/copy.ts";
import { type Route, readRoute } from "../../src/wire/route.ts";
import { listObjects } from "./listing.ts";
import type { ObjectEnv, ObjectStub } from "./object-host.ts";
import { answerPreflight, type OriginEnv, readableBy } from "./origins.ts";
import { failed, valueOfOutcome } from "./outcome.ts";
import { principalOf, type TokenEnv } from "./principal.ts";
import { toWatch } from "./watch-request.ts";

export interface FrontEnv extends ObjectEnv, OriginEnv, TokenEnv {
  readonly OBJECTS: DurableObjectNamespace;
}

type ObjectRoute = Exclude<Route, { readonly kind: "health" | "classes" | "list" }>;

interface Asked {
  readonly request: Request;
  readonly env: FrontEnv;
  readonly classes: ObjectClasses;
}

/** Says who may do what before any object is woken. */
export async function answer(asked: Asked): Promise<Response> {
  const { request, env } = asked;
  const preflight = answerPreflight(request, env);
  return preflight ?? readableBy(request, env, await answerInWords(asked));
}

async function answerInWords(asked: Asked): Promise<Response> {
  try {
    return await take(asked);
  } catch (error) {
    const { error: wire } = failed(error);
    return Response.json({ error: wire }, { status: OBJECT_ERROR_STATUS[wire.code] });
  }
}

async function take({ request, env, classes }: Asked): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const route = readRoute(request.method, `${pathname}${search}`);
  if (route.kind === "health") return Response.json(healthOf(classes));
  const principal = await principalOf(request, env);
  if (route.kind === "classes") return Response.json(describeClasses(classes));
  if (route.kind === "list") {
    requireListing(principal, route.query.class);
    return Response.json(await listObjects(env, [...classes.keys()], route.query));
  }
  checkRef(classes, route.ref);
  return await takeObject({ request, env, classes }, route, principal);
}

async function takeObject(asked: Asked, route: ObjectRoute, principal: ObjectPrincipal) {
  const { request, env } = asked;
  const { ref } = route;
  const { name } = principal;
  const stub = () => objectOf(env, ref);
  switch (route.kind) {
    case "get":
      requireAllowed(principal, { kind: "read" }, ref);
      return Response.json(valueOfOutcome(await stub().get(ref)));
    case "events":
      requireAllowed(principal, { kind: "read" }, ref);
      return Response.json(valueOfOutcome(await stub().events(ref, route.query)));
    case "watch":
      requireAllowed(principal, { kind: "read" }, ref);
      return await watch(asked, route, principal);
    case "initialize": {
      requireAllowed(principal, { kind: "initialize" }, ref);
      const body = readJson(initializeRequest, await bodyOf(request));
      return Response.json(valueOfOutcome(await stub().initialize(ref, body, name)));
    }
    case "delete": {
      requireAllowed(principal, { kind: "delete" }, ref);
      const body = readJson(deleteRequest, await bodyOf(request));
      return Response.json(valueOfOutcome(await stub().remove(ref, body, name)));
    }
    case "call":
      return await call(asked, route, principal);
    case "copy":
    case "accept":
    case "release":
      requireAllowed(principal, { kind: "replicate" }, ref);
      return Response.json(await hand(asked, route.kind, ref));
  }
}

async function call({ request, env, classes }: Asked, { ref }: ObjectRoute, who: ObjectPrincipal) {
  const body = readJson(callRequest, await bodyOf(request));
  const { isReadOnly } = findMethod(checkRef(classes, ref), body.method);
  requireAllowed(who, { kind: "call", method: body.method, isReadOnly }, ref);
  return Response.json(valueOfOutcome(await objectOf(env, ref).call(ref, body, who.name)));
}

/** What hosts ask of each other. */
async function hand({ request, env }: Asked, kind: "copy" | "accept" | "release", ref: ObjectRef) {
  const stub = objectOf(env, ref);
  if (kind === "copy") return { copy: valueOfOutcome(await stub.copy(ref)) };
  if (kind === "release") {
    const { owner } = readJson(releaseRequest, await bodyOf(request));
    return { copy: valueOfOutcome(await stub.release(ref, owner)) };
  }
  const { copy, replaces } = readAccept(ref, await bodyOf(request, COPY_BYTES));
  valueOfOutcome(await stub.accept(copy, replaces));
  return { seq: copy.seq };
}

async function watch({ request, env }: Asked, { ref }: ObjectRoute, principal: ObjectPrincipal) {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    const error = { code: "unsupported", message: "Watch with a WebSocket." };
    return Response.json({ error }, { status: 426, headers: { upgrade: "websocket" } });
  }
  const { name: caller, scopes = null, expiresAt = null } = principal;
  const accepted = await objectOf(env, ref).fetch(
    toWatch(request.url, { ref, caller, scopes, expiresAt }),
  );
  if (accepted.webSocket === null) return accepted;
  const headers = new Headers(accepted.headers);
  const offered = request.headers.get("sec-websocket-protocol") ?? "";
  if (offered.split(/\s*,\s*/).includes(WATCH_PROTOCOL)) {
    headers.set("sec-websocket-protocol", WATCH_PROTOCOL);
  }
  return new Response(null, { status: 101, webSocket: accepted.webSocket, headers });
}

function objectOf(env: FrontEnv, ref: { readonly class: string; readonly id: string }): ObjectStub {
  return env.OBJECTS.getByName(`${ref.class}/${ref.id}`) as unknown as ObjectStub;
}

/** Beyond the arguments: the names in a body. */
const BODY_EXTRA = 4_096;
const MOST = DEFAULT_LIMITS.argsBytes + BODY_EXTRA;

/** No more is read than may be asked. */
async function bodyOf(request: Request, most = MOST): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > most) {
      throw new ObjectError("too_large", `A request may have ${most} bytes.`, { most });
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function healthOf(classes: ObjectClasses): HealthView {
  return { status: "ok", host: "worker", protocol: PROTOCOL_VERSION, classes: [...classes.keys()] };
}
