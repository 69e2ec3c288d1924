import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Operation } from "@neon/sdk";
import { type Clock, systemClock } from "@trestle/protocol";
import { ApiError } from "./api-error.ts";
import { deleteBranch } from "./branches.ts";
import { createDatabases } from "./databases.ts";
import { type Failure, type FailureSpec, takeFailure } from "./failures.ts";
import { isBusy } from "./operations.ts";
import type { Parts } from "./parts.ts";
import { createRoutes, type Route } from "./routes.ts";
import { createWorld } from "./world.ts";

export interface NeonApiOptions {
  /** A Postgres in which databases may be made. */
  readonly postgresUrl?: string;
  readonly clock?: Pick<Clock, "now">;
  /** How often an operation is looked at until it is finished; 2 where left out. */
  readonly looks?: number;
  /** Listing projects needs an organisation, as it does for personal keys. */
  readonly orgRequired?: boolean;
  /** Whether branches may expire; they may where left out. */
  readonly expiry?: boolean;
}

export interface NeonApi {
  readonly url: string;
  readonly apiKey: string;
  /** What was asked, oldest first. */
  readonly requests: { readonly method: string; readonly path: string; readonly status: number }[];
  fail(spec: FailureSpec): void;
  failOperation(action: Operation["action"]): void;
  /** Where a branch's database really is, with the password of its role. */
  databaseUrl(projectId: string, branchId: string, database?: string): string;
  branchNames(projectId: string): string[];
  /** Removes a branch as its expiry would. */
  expire(projectId: string, branchId: string): Promise<void>;
  /** Ends the server and drops its databases. */
  close(): Promise<void>;
}

const POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres";

/** Serves Neon's management API over HTTP on 127.0.0.1. */
export async function startNeonApi(options: NeonApiOptions = {}): Promise<NeonApi> {
  const suffix = randomBytes(4).toString("hex");
  const apiKey = `napi_secretkeyofthetestkit${suffix}`;
  const parts: Parts = {
    world: createWorld((options.clock ?? systemClock).now),
    databases: createDatabases(options.postgresUrl ?? POSTGRES),
    steps: { looks: options.looks ?? 2, failing: undefined },
    options: {
      prefix: `neon_${suffix}`,
      role: "postgres",
      orgRequired: options.orgRequired ?? false,
      expiry: options.expiry ?? true,
    },
  };
  const failures: Failure[] = [];
  const requests: NeonApi["requests"] = [];
  const routes = createRoutes();
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").replace(/^\/api\/v2/, "");
    const method = request.method ?? "GET";
    void answer({ parts, routes, apiKey }, request, takeFailure(failures, method, path)).then(
      (outcome) => {
        requests.push({ method, path, status: outcome.status });
        send(response, outcome);
      },
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2`,
    apiKey,
    requests,
    fail: (spec) => failures.push({ ...spec, left: spec.times ?? 1 }),
    failOperation: (action) => {
      parts.steps.failing = action;
    },
    databaseUrl: (projectId, branchId, name = "neondb") =>
      databaseUrl(parts, projectId, branchId, name),
    branchNames: (id) => branchesOf(parts, id).map(({ branch }) => branch.name),
    expire: async (...ids) => {
      await deleteBranch(parts, { ids, query: new URLSearchParams(), body: undefined });
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await dropAll(parts);
    },
  };
}

interface Outcome {
  readonly status: number;
  readonly body?: unknown;
  readonly retryAfter?: number | undefined;
}

const RESET: Outcome = { status: 0 };

async function answer(
  known: { parts: Parts; routes: Route[]; apiKey: string },
  request: IncomingMessage,
  failure: Failure | undefined,
): Promise<Outcome> {
  try {
    const body = await readBody(request);
    if (failure?.status === "reset") return RESET;
    if (failure) throw new ApiError(failure.status, failure.message ?? "injected by the test");
    if (request.headers.authorization !== `Bearer ${known.apiKey}`) {
      throw new ApiError(401, "authentication failed: token is not valid");
    }
    return await route(known, request, body);
  } catch (error) {
    if (error instanceof ApiError) {
      return { status: error.status, body: error.body, retryAfter: failure?.retryAfter };
    }
    return { status: 500, body: new ApiError(500, String(error)).body };
  }
}

async function route(
  { parts, routes }: { parts: Parts; routes: Route[] },
  { method, url }: IncomingMessage,
  body: unknown,
): Promise<Outcome> {
  const { pathname, searchParams } = new URL(url ?? "/", "http://127.0.0.1");
  const path = pathname.replace(/^\/api\/v2/, "");
  for (const candidate of routes) {
    const match = candidate.method === method && candidate.path.exec(path);
    if (!match) continue;
    const ids = match.slice(1).map(decodeURIComponent);
    const record = parts.world.projects.get(ids[0] ?? "");
    if (method !== "GET" && record && isBusy(record)) {
      throw new ApiError(
        423,
        "project already has running conflicting operations, scheduling of new ones is prohibited",
      );
    }
    const answered = await candidate.answer(parts, { ids, query: searchParams, body });
    return { status: candidate.status, body: answered };
  }
  throw new ApiError(404, `this path is not served: ${method} ${path}`);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? undefined : JSON.parse(text);
}

function send(response: ServerResponse, { status, body, retryAfter }: Outcome): void {
  if (status === 0) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    "content-type": "application/json",
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  });
  response.end(JSON.stringify(body));
}

function branchesOf({ world }: Parts, projectId: string) {
  return [...(world.projects.get(projectId)?.branches.values() ?? [])];
}

function databaseUrl(parts: Parts, projectId: string, branchId: string, name: string): string {
  const held = branchesOf(parts, projectId).find(({ branch }) => branch.id === branchId);
  const real = held?.databases.find(({ shown }) => shown.name === name)?.real;
  if (held === undefined || real === undefined)
    throw new Error(`There is no ${name} on ${branchId}.`);
  return parts.databases.url(real, { name: held.role.name, password: held.password });
}

async function dropAll(parts: Parts): Promise<void> {
  const branches = [...parts.world.projects.keys()].flatMap((id) => branchesOf(parts, id));
  for (const { databases } of branches) {
    for (const { real } of databases) await parts.databases.drop(real);
  }
  await parts.databases.close();
}
