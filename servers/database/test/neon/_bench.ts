import {
  type Clock,
  type JsonObject,
  type Logger,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { type AnswerQuestion, type AskedClient, connectAskedClient } from "@trestle/testkit";
import { askPostgres, LOCAL_POSTGRES } from "@trestle/testkit/local-postgres";
import { type NeonApi, type NeonApiOptions, startNeonApi } from "@trestle/testkit/neon-api";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { createStandaloneHost, serveHttp } from "@trestle-mcp/server-kit";
import { expect, onTestFinished } from "vitest";
import { type Config, config } from "../../src/config.ts";
import { server } from "../../src/index.ts";
import { createState, type State } from "../../src/state.ts";

export interface Bench {
  readonly api: NeonApi;
  /** Where the servers keep what they prepared. */
  readonly dataDir: string;
  /** All that was logged and answered so far. */
  readonly seen: string[];
  /** A client of a server of its own; without an answer its user can not be asked. */
  connect(
    settings?: Record<string, string>,
    answer?: AnswerQuestion,
  ): Promise<Pick<AskedClient, "questions"> & { call: Call; restart(): Promise<{ call: Call }> }>;
}

export type Call = (tool: string, args?: JsonObject) => Promise<Answer>;

export interface Answer {
  readonly result: JsonObject;
  readonly text: string;
  readonly code: string | undefined;
}

/** The server in front of Neon's API, and real clients of it. */
export async function startBench(options: NeonApiOptions & { clock?: Clock } = {}): Promise<Bench> {
  const api = await startNeonApi({ looks: 1, ...options });
  const seen: string[] = [];
  onTestFinished(api.close);
  const log = recordTo(seen);
  const parts = { api, seen, log, dataDir: temporaryFolder(), clock: options.clock ?? systemClock };
  return {
    api,
    seen,
    dataDir: parts.dataDir,
    async connect(settings = {}, answer) {
      const opened = await open(parts, settings, answer);
      return {
        questions: opened.client.questions,
        call: opened.call,
        restart: async () => {
          await opened.close();
          return open(parts, settings, answer);
        },
      };
    },
  };
}

interface Parts {
  readonly api: NeonApi;
  readonly seen: string[];
  readonly log: Logger;
  readonly dataDir: string;
  readonly clock: Clock;
}

async function open(
  { api, seen, ...host }: Parts,
  settings: Record<string, string>,
  answer: AnswerQuestion | undefined,
) {
  const instance = server.mount(createStandaloneHost(host), {
    NEON_API_KEY: api.apiKey,
    NEON_API_URL: api.url,
    DATABASE_URL: `${LOCAL_POSTGRES}/postgres`,
    ...settings,
  });
  const serving = await serveHttp(instance, { port: 0, log: host.log });
  const client = await connectAskedClient(serving.url, "auto", answer);
  let closed: Promise<void> | undefined;
  const close = async () => {
    await client.close();
    await serving.close();
    await instance.close();
  };
  const closeOnce = () => {
    closed ??= close();
    return closed;
  };
  onTestFinished(closeOnce);
  const call: Call = async (tool, args = {}) => {
    const raw = await client.callTool(tool, args);
    seen.push(JSON.stringify(raw));
    return toAnswer(raw);
  };
  return { client, call, close: closeOnce };
}

function toAnswer(raw: JsonObject): Answer {
  const { "trestle/error": error } = (raw._meta ?? {}) as { "trestle/error"?: { code: string } };
  const content = raw.content as { text: string }[];
  return {
    result: (raw.structuredContent ?? {}) as JsonObject,
    text: content.map(({ text }) => text).join("\n"),
    code: error?.code,
  };
}

/** What the tools share, for tests that go past them. */
export function openState({ api, dataDir }: Bench, given: Partial<Config>): State {
  const settings = {
    url: `${LOCAL_POSTGRES}/postgres`,
    neonApiKey: api.apiKey,
    neonApiUrl: api.url,
    ...given,
  };
  const parts = { dataDir, clock: systemClock, log: silentLogger };
  const state = createState({ config: config.parse(settings), ...parts });
  onTestFinished(state.close);
  return state;
}

export const ADMIN = { DATABASE_MODE: "admin" };

/** A project with one table on its default branch. */
export async function makeProject(bench: Bench, name = "hotel") {
  const { call } = await bench.connect(ADMIN);
  const { result, text } = await call("create_project", { name });
  expect(result.id, text).toBeDefined();
  const projectId = String(result.id);
  const { result: listed } = await call("list_branches", { projectId });
  const [main] = listed.branches as { id: string }[];
  const mainId = main?.id ?? "";
  await askPostgres(
    bench.api.databaseUrl(projectId, mainId),
    "CREATE TABLE guest (id int, name text)",
  );
  await askPostgres(
    bench.api.databaseUrl(projectId, mainId),
    "INSERT INTO guest VALUES (1, 'Ana')",
  );
  return { projectId, mainId };
}

/** No key and no password, in nothing that was answered or logged. */
export function expectNoSecrets({ api, seen }: Bench): void {
  const all = seen.join("\n");
  expect(all).not.toContain(api.apiKey);
  expect(all).not.toMatch(/npg_Secret/);
}

/** Every line as it was written, before anything could take secrets out of it. */
function recordTo(seen: string[]): Logger {
  const record = (message: string, fields?: object) =>
    void seen.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const log: Logger = {
    debug: record,
    info: record,
    warn: record,
    error: record,
    child: () => log,
  };
  return log;
}
